package postgres

import (
	"context"
	"encoding/json"
	"fmt"

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

// LatestForm returns the author's most recently changed form of that kind.
func (db *DB) LatestForm(ctx context.Context, academy tickets.AcademyID, author uuid.UUID, kind tickets.Kind) (tickets.Form, error) {
	f, err := one(ctx, db.pool, scanForm, `SELECT `+formColumns+` FROM forms
		WHERE academy = $1 AND author = $2 AND kind = $3 ORDER BY updated_at DESC, id DESC LIMIT 1`, academy, author, kind)
	if err != nil {
		return tickets.Form{}, fmt.Errorf("postgres.LatestForm(%s, %s): %w", academy, author, absent(err, "draft.not_found"))
	}
	return f, nil
}

// SaveForm creates or replaces a form. It refuses with [tickets.Expired] to
// bring back one that was sent, or to replace another author's.
func (db *DB) SaveForm(ctx context.Context, f tickets.Form) error {
	card, err := json.Marshal(f.Card)
	if err != nil {
		return fmt.Errorf("postgres.SaveForm(%s, %s): %w", f.Academy, f.ID, err)
	}
	kept := false
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
		WHERE forms.academy = $1 AND forms.author = $6`,
		f.Academy, f.ID, f.Kind, f.Number.Day, f.Number.Rank, f.Author, string(card), f.UpdatedAt).
		Exec(affected(&kept))
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("postgres.SaveForm(%s, %s): %w", f.Academy, f.ID, err)
	}
	if !kept {
		return &tickets.Error{Code: tickets.Expired, Message: "form.expired"}
	}
	return nil
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
