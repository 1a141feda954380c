package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// MailFacts looks up the sender's address and the ticket, uuid.Nil for none. It
// checks no permission: what is known of the ticket is for the decision alone.
func (db *DB) MailFacts(ctx context.Context, academy tickets.AcademyID, sender string, ticket uuid.UUID, now time.Time) (tickets.MailFacts, error) {
	f, err := db.mailFacts(ctx, academy, storable(sender), ticket, now)
	if err != nil {
		return tickets.MailFacts{}, fmt.Errorf("postgres.MailFacts(%s): %w", academy, err)
	}
	return f, nil
}

func (db *DB) mailFacts(ctx context.Context, academy tickets.AcademyID, sender string, ticket uuid.UUID, now time.Time) (tickets.MailFacts, error) {
	var f tickets.MailFacts
	var b pgx.Batch
	b.Queue(`SELECT `+personColumns+` FROM people p WHERE p.academy = $1 AND p.email_key = lower($2)`, academy, sender).
		Query(func(rows pgx.Rows) error {
			p, err := pgx.CollectOneRow(rows, scanPerson)
			f.Person, f.Known = p, err == nil
			return ignoreAbsent(err)
		})
	b.Queue(`SELECT `+ticketColumns+` FROM tickets WHERE academy = $1 AND id = $2`, academy, ticket).
		Query(func(rows pgx.Rows) (err error) {
			f.Ticket.Ticket, err = pgx.CollectOneRow(rows, scanTicket)
			return ignoreAbsent(err)
		})
	b.Queue(`SELECT coalesce(bool_or(sender = lower($2) AND ticket IS NOT DISTINCT FROM $3), false),
			count(*) FILTER (WHERE sender = lower($2)), count(*) FILTER (WHERE guided_at > $5)
		FROM inbound_mails WHERE academy = $1 AND guided_at > $4`,
		academy, sender, nullable(ticket), now.Add(-24*time.Hour), now.Add(-time.Hour)).
		QueryRow(func(row pgx.Row) error { return row.Scan(&f.Answered, &f.AnsweredDay, &f.AnsweredAll) })
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return tickets.MailFacts{}, err
	}
	f.Participant = f.Known && f.Ticket.Party(f.Person.ID)
	if f.Ticket.ID != uuid.Nil {
		who, err := people(ctx, db.pool, academy, named(f.Ticket.Ticket))
		if err != nil {
			return tickets.MailFacts{}, err
		}
		f.Ticket.People = who
	}
	return f, nil
}

func ignoreAbsent(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// KeepMail records the mail, the draft and the delivery owed (either may be nil)
// in one transaction. It changes nothing and returns false when the mail was
// recorded before: by (Mailbox, UIDValidity, UID), or by Hash within the day
// before m.ReceivedAt. A draft joins the one that is there: see
// [tickets.Desk.RefuseMail]; of more than [tickets.MaxText] characters the
// newest are kept.
func (db *DB) KeepMail(ctx context.Context, m tickets.InboundMail, draft *tickets.ReplyDraft, owed *tickets.Delivery) (bool, error) {
	kept := false
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		var first pgx.Batch
		queueMail(&first, m, owed, &kept)
		if err := tx.SendBatch(ctx, &first).Close(); err != nil || !kept {
			return err
		}
		var b pgx.Batch
		if draft != nil {
			queueDraft(&b, *draft)
		}
		if owed != nil {
			d := *owed
			d.Recipient = tickets.Recipient(storable(string(d.Recipient)))
			queueDelivery(&b, d)
		}
		return tx.SendBatch(ctx, &b).Close()
	})
	if err != nil {
		return false, fmt.Errorf("postgres.KeepMail(%s, %s): %w", m.Academy, m.ID, err)
	}
	return kept, nil
}

func queueMail(b *pgx.Batch, m tickets.InboundMail, owed *tickets.Delivery, kept *bool) {
	var guidedAt *time.Time
	if owed != nil {
		guidedAt = &owed.CreatedAt
	}
	// One at a time per message: the same one by two doors is found below.
	b.Queue(`SELECT pg_advisory_xact_lock(hashtextextended('mail ' || $1 || ' ' || encode($2, 'hex'), 0))`,
		string(m.Academy), m.Hash[:])
	b.Queue(`INSERT INTO inbound_mails (academy, id, mailbox, uidvalidity, uid, hash, message_id, sender,
			person, ticket, row, verdict, received_at, guided_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
		WHERE NOT EXISTS (SELECT FROM inbound_mails
			WHERE academy = $1 AND hash = $6 AND received_at > $13::timestamptz - interval '1 day')
		ON CONFLICT DO NOTHING`,
		m.Academy, m.ID, m.Mailbox, int64(m.UIDValidity), int64(m.UID), m.Hash[:], storable(m.MessageID), storable(m.Sender),
		nullable(m.Person), nullable(m.Ticket), m.Row, m.Verdict, m.ReceivedAt, guidedAt).Exec(affected(kept))
}

func queueDraft(b *pgx.Batch, d tickets.ReplyDraft) {
	b.Queue(`INSERT INTO reply_drafts AS old (academy, ticket, person, text, created_at, expires_at)
		VALUES ($1, $2, $3, right($4, $7), $5, $6)
		ON CONFLICT (academy, ticket, person) DO UPDATE SET
			text = CASE WHEN old.expires_at <= excluded.created_at THEN excluded.text
				ELSE right(old.text || E'\n\n' || excluded.text, $7) END,
			created_at = excluded.created_at, expires_at = excluded.expires_at
		WHERE old.academy = $1`,
		d.Academy, d.Ticket, d.Person, storable(d.Text), d.CreatedAt, d.ExpiresAt, tickets.MaxText)
}

// ReplyDraft returns the person's draft on the ticket, unless expired.
func (db *DB) ReplyDraft(ctx context.Context, academy tickets.AcademyID, ticket, person uuid.UUID, now time.Time) (tickets.ReplyDraft, error) {
	d, err := one(ctx, db.pool, pgx.RowToStructByName[tickets.ReplyDraft],
		`SELECT academy, ticket, person, text, created_at, expires_at FROM reply_drafts
		WHERE academy = $1 AND ticket = $2 AND person = $3 AND expires_at > $4`, academy, ticket, person, now)
	if err != nil {
		return tickets.ReplyDraft{}, fmt.Errorf("postgres.ReplyDraft(%s, %s): %w", academy, ticket, absent(err, "draft.not_found"))
	}
	return d, nil
}
