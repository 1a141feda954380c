package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

const formColumns = `academy, id, kind, day, rank, author, card, updated_at`

func scanForm(row pgx.CollectableRow) (tickets.Form, error) {
	var f tickets.Form
	err := row.Scan(&f.Academy, &f.ID, &f.Kind, &f.Number.Day, &f.Number.Rank, &f.Author, &f.Card, &f.UpdatedAt)
	f.Number.Kind = f.Kind
	return f, err
}

// Form returns one form of that author.
func (db *DB) Form(ctx context.Context, academy tickets.AcademyID, author, id uuid.UUID) (tickets.Form, error) {
	f, err := one(ctx, db.pool, scanForm, `SELECT `+formColumns+` FROM forms
		WHERE academy = $1 AND id = $2 AND author = $3`, academy, id, author)
	if err != nil {
		return tickets.Form{}, fmt.Errorf("postgres.Form(%s, %s): %w", academy, id, absent(err, "draft.not_found"))
	}
	return f, nil
}

// Forms returns the author's forms, the most recently changed first, at most
// limit.
func (db *DB) Forms(ctx context.Context, academy tickets.AcademyID, author uuid.UUID, limit int) ([]tickets.Form, error) {
	out, err := all(ctx, db.pool, scanForm, `SELECT `+formColumns+` FROM forms
		WHERE academy = $1 AND author = $2 ORDER BY updated_at DESC, id DESC LIMIT $3`, academy, author, limit)
	if err != nil {
		return nil, fmt.Errorf("postgres.Forms(%s, %s): %w", academy, author, err)
	}
	return out, nil
}

// SaveForm creates or replaces a form. It refuses with [tickets.Expired] to
// bring back one that was sent, or to replace another author's, and with
// [tickets.Conflict] to replace one whose UpdatedAt is no longer seen; the zero
// time skips that check.
func (db *DB) SaveForm(ctx context.Context, f tickets.Form, seen time.Time) error {
	card, err := json.Marshal(f.Card)
	if err != nil {
		return fmt.Errorf("postgres.SaveForm(%s, %s): %w", f.Academy, f.ID, err)
	}
	kept, changed := false, false
	var b pgx.Batch
	// Sending deletes the row: who waits here for that to end sees, in the next
	// statement, the ticket it made.
	b.Queue(`SELECT FROM forms WHERE academy = $1 AND id = $2 FOR UPDATE`, f.Academy, f.ID)
	b.Queue(`INSERT INTO forms (`+formColumns+`)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8
		WHERE NOT EXISTS (SELECT FROM tickets WHERE academy = $1 AND id = $2)
		ON CONFLICT (academy, id) DO UPDATE SET
			kind = excluded.kind, day = excluded.day, rank = excluded.rank,
			card = excluded.card, updated_at = excluded.updated_at
		WHERE forms.academy = $1 AND forms.author = $6 AND ($9::timestamptz IS NULL OR forms.updated_at = $9)`,
		f.Academy, f.ID, f.Kind, f.Number.Day, f.Number.Rank, f.Author, string(card), f.UpdatedAt, nullableTime(seen)).
		Exec(affected(&kept))
	b.Queue(`SELECT FROM forms WHERE academy = $1 AND id = $2 AND author = $3`, f.Academy, f.ID, f.Author).
		Exec(affected(&changed))
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("postgres.SaveForm(%s, %s): %w", f.Academy, f.ID, err)
	}
	switch {
	case kept:
		return nil
	case changed:
		return &tickets.Error{Code: tickets.Conflict, Message: "form.changed"}
	}
	return &tickets.Error{Code: tickets.Expired, Message: "form.expired"}
}

// DropForm forgets a form and its pending documents; absent is no error.
func (db *DB) DropForm(ctx context.Context, academy tickets.AcademyID, author, id uuid.UUID) error {
	var b pgx.Batch
	b.Queue(`DELETE FROM attachments WHERE academy = $1 AND ticket = $2 AND author = $3 AND event IS NULL
		AND EXISTS (SELECT FROM forms WHERE academy = $1 AND id = $2 AND author = $3)`, academy, id, author)
	b.Queue(`DELETE FROM forms WHERE academy = $1 AND id = $2 AND author = $3`, academy, id, author)
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("postgres.DropForm(%s, %s): %w", academy, id, err)
	}
	return nil
}
