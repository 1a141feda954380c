package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// MailedTo returns the address that the mail of that delivery is for, lower
// case: the directory's of today when it is for a person, "" when it has none.
// It returns a NotFound refusal when there is no such delivery by mail.
func (db *DB) MailedTo(ctx context.Context, academy tickets.AcademyID, delivery uuid.UUID) (string, error) {
	to, err := one(ctx, db.pool, pgx.RowTo[tickets.Recipient], `SELECT recipient FROM deliveries
			WHERE academy = $1 AND id = $2 AND channel = 'mail'
		UNION ALL SELECT recipient FROM delivery_log
			WHERE academy = $1 AND id = $2 AND channel = 'mail'
		LIMIT 1`, academy, delivery)
	var address string
	if id, ok := to.Person(); err == nil && ok {
		address, err = one(ctx, db.pool, pgx.RowTo[string], `SELECT lower(email) FROM people WHERE academy = $1 AND id = $2`, academy, id)
	} else if bare, ok := to.Address(); err == nil && ok {
		address, err = one(ctx, db.pool, pgx.RowTo[string], `SELECT lower($2) FROM academies WHERE academy = $1`, academy, bare)
	}
	if err != nil {
		return "", fmt.Errorf("postgres.MailedTo(%s, %s): %w", academy, delivery, absent(err, "delivery.not_found"))
	}
	return address, nil
}

// KeepBounce keeps what was said of an address about one mail, and mutes the
// address when mute says so: see [tickets.Bounces].
func (db *DB) KeepBounce(ctx context.Context, m tickets.Muting, delivery uuid.UUID, kind tickets.BounceKind, since time.Time, mute func(failed int) bool) (tickets.BounceTally, error) {
	var tally tickets.BounceTally
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		confirmed, err := db.lockAddress(ctx, tx, m, delivery, &tally)
		if err != nil || tally.Late {
			return err
		}
		if confirmed.After(since) {
			since = confirmed
		}
		var b pgx.Batch
		b.Queue(`INSERT INTO bounces AS old (academy, address, delivery, kind, status, diagnostic, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (academy, address, delivery) DO UPDATE
				SET kind = excluded.kind, status = excluded.status, diagnostic = excluded.diagnostic, at = excluded.at
			WHERE old.academy = $1 AND old.kind = 'delayed' AND excluded.kind <> 'delayed'
				OR old.academy = $1 AND old.kind = 'failed' AND excluded.kind = 'gone'`,
			m.Academy, m.Address, delivery, kind, m.Status, storable(m.Diagnostic), m.Since)
		b.Queue(`SELECT count(*) FROM bounces WHERE academy = $1 AND address = $2 AND kind <> 'delayed' AND at > $3`,
			m.Academy, m.Address, since).QueryRow(func(row pgx.Row) error { return row.Scan(&tally.Failed) })
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		if tally.Muted.ID == uuid.Nil && mute(tally.Failed) {
			tally.Muted = m
			_, err = tx.Exec(ctx, `INSERT INTO mutings (academy, id, address, status, diagnostic, since)
				VALUES ($1, $2, $3, $4, $5, $6)`, m.Academy, m.ID, m.Address, m.Status, storable(m.Diagnostic), m.Since)
			if err != nil {
				return err
			}
		}
		tally.All, err = one(ctx, tx, pgx.RowTo[int], `SELECT count(*) FROM mutings WHERE academy = $1 AND ended_at IS NULL`, m.Academy)
		return err
	})
	if err != nil {
		return tickets.BounceTally{}, fmt.Errorf("postgres.KeepBounce(%s, %s): %w", m.Academy, delivery, err)
	}
	return tally, nil
}

// lockAddress makes what concerns the address wait for the transaction's end. It
// returns when its owner last confirmed it, and notes in the tally the muting it
// is under and whether the mail had left by then.
func (db *DB) lockAddress(ctx context.Context, tx pgx.Tx, m tickets.Muting, delivery uuid.UUID, tally *tickets.BounceTally) (confirmed time.Time, err error) {
	var b pgx.Batch
	b.Queue(`SELECT pg_advisory_xact_lock(hashtextextended('address ' || $1 || ' ' || $2, 0))`, string(m.Academy), m.Address)
	b.Queue(`SELECT `+mutingColumns+` FROM mutings WHERE academy = $1 AND address = $2 AND ended_at IS NULL`, m.Academy, m.Address).
		Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectOneRow(rows, scanMuting)
			tally.Muted = found
			return ignoreAbsent(err)
		})
	b.Queue(`WITH word AS (SELECT max(ended_at) AS given FROM mutings WHERE academy = $1 AND address = $2)
		SELECT given, EXISTS (SELECT FROM delivery_log l WHERE l.academy = $1 AND l.id = $3 AND l.ended_at <= given)
		FROM word`, m.Academy, m.Address, delivery).
		QueryRow(func(row pgx.Row) error {
			var at *time.Time
			err := row.Scan(&at, &tally.Late)
			if at != nil {
				confirmed = *at
			}
			return err
		})
	return confirmed, tx.SendBatch(ctx, &b).Close()
}

// mutingColumns are those of a muting.
const mutingColumns = `academy, id, address, status, diagnostic, since`

var scanMuting = pgx.RowToStructByPos[tickets.Muting]

// Muting returns the muting that the address is under, or a NotFound refusal.
func (db *DB) Muting(ctx context.Context, academy tickets.AcademyID, address string) (tickets.Muting, error) {
	m, err := one(ctx, db.pool, scanMuting, `SELECT `+mutingColumns+` FROM mutings
		WHERE academy = $1 AND address = $2 AND ended_at IS NULL`, academy, storable(address))
	if err != nil {
		return tickets.Muting{}, fmt.Errorf("postgres.Muting(%s): %w", academy, absent(err, "muting.not_found"))
	}
	return m, nil
}

// queueMuted asks which of the recipients cannot be written to. What it returns
// tells, once the batch was sent; mails are in it by the address they are for.
func queueMuted(b *pgx.Batch, academy tickets.AcademyID, leased []told, people []uuid.UUID) map[string]tickets.Muting {
	muted := map[string]tickets.Muting{}
	var bare []string
	byMail := false
	for _, l := range leased {
		byMail = byMail || l.head.Channel == tickets.Mail
		if address, ok := l.head.Recipient.Address(); ok {
			bare = append(bare, strings.ToLower(address))
		}
	}
	if byMail {
		b.Queue(`SELECT `+mutingColumns+` FROM mutings WHERE academy = $1 AND ended_at IS NULL AND (address = ANY ($2)
				OR address IN (SELECT lower(email) FROM people WHERE academy = $1 AND id = ANY ($3)))`, academy, bare, people).
			Query(func(rows pgx.Rows) error {
				found, err := pgx.CollectRows(rows, scanMuting)
				for _, m := range found {
					muted[m.Address] = m
				}
				return err
			})
	}
	return muted
}

// EndMuting ends a muting by its owner's word, and owes them anew the mails that
// wait for it: see [tickets.Bounces].
func (db *DB) EndMuting(ctx context.Context, m tickets.Muting, by uuid.UUID, at time.Time, limit int, renew func(tickets.Delivery) tickets.Delivery) (int, error) {
	var lost []tickets.Delivery
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		since, err := one(ctx, tx, pgx.RowTo[time.Time], `UPDATE mutings SET ended_at = $4, ended_by = $5
			WHERE academy = $1 AND id = $2 AND address = $3 AND ended_at IS NULL RETURNING since`,
			m.Academy, m.ID, m.Address, at, by)
		if err != nil {
			return absent(err, "muting.not_found")
		}
		read := func(row pgx.CollectableRow) (tickets.Delivery, error) { return scanDelivery(row) }
		lost, err = all(ctx, tx, read, lostMails, pgx.NamedArgs{
			"academy": m.Academy, "address": m.Address, "by": by, "to": tickets.ToPerson(by), "since": since, "limit": limit,
		})
		if err != nil {
			return err
		}
		var b pgx.Batch
		for _, d := range lost {
			queueDelivery(&b, renew(d))
		}
		return tx.SendBatch(ctx, &b).Close()
	})
	if err != nil {
		return 0, fmt.Errorf("postgres.EndMuting(%s, %s): %w", m.Academy, m.ID, err)
	}
	return len(lost), nil
}

// lostMails are the latest of each ticket that asked for what it still waits for,
// where they came back or were not sent. The log has no due time: a delivery's
// columns get one.
const lostMails = `WITH latest AS (
		SELECT DISTINCT ON (l.ticket) l.* FROM tickets t
		JOIN delivery_log l ON l.academy = @academy AND l.ticket = t.id AND l.channel = 'mail' AND l.recipient = @to
			AND (t.status = 'waiting' AND l.template = 'asked' OR t.status = 'resolved' AND l.template = 'resolved')
		WHERE t.academy = @academy AND (t.requester = @by OR t.beneficiary = @by)
		ORDER BY l.ticket, l.seq DESC, l.ended_at DESC)
	SELECT academy, id, cause, ticket, seq, channel, recipient, template, rule, data, ended_at AS due, attempts, created_at, trace
	FROM latest l
	WHERE (outcome = 'suppressed' AND ended_at >= @since OR EXISTS (SELECT FROM bounces b
			WHERE b.academy = @academy AND b.address = @address
				AND b.delivery = coalesce(l.told_with, l.id) AND b.kind <> 'delayed'))
		AND NOT EXISTS (SELECT FROM deliveries d
			WHERE d.academy = @academy AND d.ticket = l.ticket AND d.channel = 'mail' AND d.recipient = @to)
	ORDER BY created_at DESC LIMIT @limit`
