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

// AddLinkRequest keeps a request to be linked and the mail that it owes, and
// returns who gets it: see [tickets.Linking].
func (db *DB) AddLinkRequest(ctx context.Context, r tickets.LinkRequest, address string, most int, since, repeated time.Time, owed tickets.Delivery) (person uuid.UUID, err error) {
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		// One at a time per account, and then per person: the counts hold.
		if err := lockLinking(ctx, tx, r.Academy, r.Account); err != nil {
			return err
		}
		before, err := one(ctx, tx, pgx.RowTo[uuid.NullUUID], `SELECT person FROM link_requests
			WHERE academy = $1 AND channel = $2 AND account = $3
				AND (command = $4 AND $4 <> '' OR fingerprint = $5 AND $5 <> '' AND at > $6 AND state = 'pending')
			ORDER BY at DESC, id DESC LIMIT 1`, r.Academy, r.Channel, r.Account, r.Command, r.Fingerprint, repeated)
		if !errors.Is(err, pgx.ErrNoRows) {
			person = before.UUID
			return err
		}
		made, err := one(ctx, tx, pgx.RowTo[int], `SELECT count(*) FROM link_requests
			WHERE academy = $1 AND channel = $2 AND account = $3 AND at > $4`, r.Academy, r.Channel, r.Account, since)
		if err != nil {
			return err
		}
		if made >= most {
			return &tickets.Error{Code: tickets.Conflict, Message: "link.too_many", Args: []any{most}}
		}
		if person, err = db.linkable(ctx, tx, r, address, most, since); err != nil {
			return err
		}
		var b pgx.Batch
		b.Queue(`INSERT INTO link_requests (academy, id, channel, account, person, at, tries, state, last_try, command, fingerprint)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			r.Academy, r.ID, r.Channel, r.Account, nullable(person), r.At, r.Tries, r.State, r.LastTry, r.Command, r.Fingerprint)
		if person != uuid.Nil {
			owed.Recipient = tickets.ToPerson(person)
			queueDelivery(&b, owed)
		}
		return tx.SendBatch(ctx, &b).Close()
	})
	if err != nil {
		return uuid.Nil, fmt.Errorf("postgres.AddLinkRequest(%s, %s): %w", r.Academy, r.Channel, err)
	}
	return person, nil
}

// linkable returns the active person of that address, unless they were mailed
// most codes since then; uuid.Nil for nobody.
func (db *DB) linkable(ctx context.Context, tx pgx.Tx, r tickets.LinkRequest, address string, most int, since time.Time) (uuid.UUID, error) {
	person, err := one(ctx, tx, pgx.RowTo[uuid.UUID], `SELECT id FROM people WHERE academy = $1 AND email_key = lower($2)`, r.Academy, storable(address))
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, nil
	}
	if err != nil {
		return uuid.Nil, err
	}
	if err := lockLinking(ctx, tx, r.Academy, person.String()); err != nil {
		return uuid.Nil, err
	}
	mailed, err := one(ctx, tx, pgx.RowTo[int], `SELECT count(*) FROM link_requests
		WHERE academy = $1 AND person = $2 AND at > $3`, r.Academy, person, since)
	if err != nil || mailed >= most {
		return uuid.Nil, err
	}
	return person, nil
}

func lockLinking(ctx context.Context, tx pgx.Tx, academy tickets.AcademyID, whom string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('linking ' || $1 || ' ' || $2, 0))`, string(academy), whom)
	return err
}

// ChangeLinkRequest keeps what change makes of the account's latest request, and
// links the account when that is done: see [tickets.Linking].
func (db *DB) ChangeLinkRequest(ctx context.Context, by tickets.Applicant, at time.Time, change func(tickets.LinkRequest) tickets.LinkRequest) error {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		r, err := one(ctx, tx, scanLinkRequest, `SELECT academy, id, channel, account, person, at, tries, state, last_try, command, fingerprint
			FROM link_requests WHERE academy = $1 AND channel = $2 AND account = $3
			ORDER BY at DESC, id DESC LIMIT 1 FOR UPDATE`, by.Academy, by.Channel, by.Account)
		if err != nil {
			return absent(err, "link.no_code")
		}
		after := change(r)
		linked := true
		var b pgx.Batch
		b.Queue(`UPDATE link_requests SET tries = $3, state = $4, last_try = $5 WHERE academy = $1 AND id = $2`,
			r.Academy, r.ID, after.Tries, after.State, after.LastTry)
		if r.State != tickets.LinkDone && after.State == tickets.LinkDone {
			queueLink(&b, r.Academy, r.Person, r.Channel, r.Account, &at, &linked)
		}
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		if !linked {
			return absent(pgx.ErrNoRows, "person.not_found")
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("postgres.ChangeLinkRequest(%s, %s): %w", by.Academy, by.Channel, err)
	}
	return nil
}

func scanLinkRequest(row pgx.CollectableRow) (tickets.LinkRequest, error) {
	var r tickets.LinkRequest
	var person uuid.NullUUID
	err := row.Scan(&r.Academy, &r.ID, &r.Channel, &r.Account, &person, &r.At, &r.Tries, &r.State, &r.LastTry, &r.Command, &r.Fingerprint)
	r.Person = person.UUID
	return r, err
}

// LinkAccount says who a person is on a channel, instead of what was said
// before. An account linked to somebody else becomes theirs no longer: the
// latest proof wins. A person that is not there is a NotFound refusal.
func (db *DB) LinkAccount(ctx context.Context, academy tickets.AcademyID, person uuid.UUID, ch tickets.Channel, account string) error {
	linked := false
	var b pgx.Batch
	queueLink(&b, academy, person, ch, account, nil, &linked)
	err := db.pool.SendBatch(ctx, &b).Close()
	if err == nil && !linked {
		err = absent(pgx.ErrNoRows, "person.not_found")
	}
	if err != nil {
		return fmt.Errorf("postgres.LinkAccount(%s, %s, %s): %w", academy, person, ch, err)
	}
	return nil
}

// queueLink makes the account the person's, if they are active; at is the
// database's own time when nil. An account that is theirs already stays as it is.
func queueLink(b *pgx.Batch, academy tickets.AcademyID, person uuid.UUID, ch tickets.Channel, account string, at *time.Time, linked *bool) {
	b.Queue(`DELETE FROM accounts WHERE academy = $1 AND channel = $2 AND account = $3 AND person <> $4
		AND EXISTS (SELECT FROM people p WHERE p.academy = $1 AND p.id = $4 AND p.active)`,
		academy, ch, account, person)
	b.Queue(`INSERT INTO accounts (academy, channel, person, account, linked_at)
		SELECT p.academy, $2, p.id, $3, coalesce($5, now()) FROM people p WHERE p.academy = $1 AND p.id = $4 AND p.active
		ON CONFLICT (academy, channel, person) DO UPDATE SET account = excluded.account,
			linked_at = CASE WHEN accounts.account = excluded.account THEN accounts.linked_at ELSE excluded.linked_at END
		WHERE accounts.academy = $1`,
		academy, ch, account, person, at).Exec(affected(linked))
}

// Unlink makes the account of that person nobody's; absent is no error.
func (db *DB) Unlink(ctx context.Context, academy tickets.AcademyID, ch tickets.Channel, account string, person uuid.UUID) error {
	if _, err := db.pool.Exec(ctx, `DELETE FROM accounts WHERE academy = $1 AND channel = $2 AND account = $3 AND person = $4`,
		academy, ch, account, person); err != nil {
		return fmt.Errorf("postgres.Unlink(%s, %s, %s): %w", academy, ch, person, err)
	}
	return nil
}

// LinkedSince returns since when the account is that person's; the zero time
// when it is not known.
func (db *DB) LinkedSince(ctx context.Context, academy tickets.AcademyID, ch tickets.Channel, account string, person uuid.UUID) (time.Time, error) {
	at, err := one(ctx, db.pool, pgx.RowTo[*time.Time], `SELECT linked_at FROM accounts
		WHERE academy = $1 AND channel = $2 AND account = $3 AND person = $4`, academy, ch, account, person)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && at == nil {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("postgres.LinkedSince(%s, %s, %s): %w", academy, ch, person, err)
	}
	return *at, nil
}

// PersonByAccount returns the active person who proved to own the account, or a
// NotFound refusal.
func (db *DB) PersonByAccount(ctx context.Context, academy tickets.AcademyID, ch tickets.Channel, account string) (tickets.Person, error) {
	p, err := one(ctx, db.pool, scanPerson, `SELECT `+personColumns+`
		FROM accounts a JOIN people p ON p.academy = a.academy AND p.id = a.person
		WHERE a.academy = $1 AND a.channel = $2 AND a.account = $3 AND p.active`, academy, ch, account)
	if err != nil {
		return tickets.Person{}, fmt.Errorf("postgres.PersonByAccount(%s, %s): %w", academy, ch, absent(err, "person.not_found"))
	}
	return p, nil
}

// Unlinked returns those of the people of whom no account on the channel is
// known, in no order.
func (db *DB) Unlinked(ctx context.Context, academy tickets.AcademyID, ch tickets.Channel, people []uuid.UUID) ([]uuid.UUID, error) {
	out, err := all(ctx, db.pool, pgx.RowTo[uuid.UUID], `SELECT id FROM unnest($3::uuid[]) AS id WHERE NOT EXISTS (
		SELECT FROM accounts a WHERE a.academy = $1 AND a.channel = $2 AND a.person = id)`, academy, ch, people)
	if err != nil {
		return nil, fmt.Errorf("postgres.Unlinked(%s, %s): %w", academy, ch, err)
	}
	return out, nil
}
