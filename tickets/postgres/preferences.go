package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// SetLang keeps the language that the person chose; it goes before that of the
// directory, at every import. Nobody active of that id is a NotFound refusal.
func (db *DB) SetLang(ctx context.Context, academy tickets.AcademyID, person uuid.UUID, lang tickets.Lang) error {
	tag, err := db.pool.Exec(ctx, `UPDATE people SET lang_chosen = $3 WHERE academy = $1 AND id = $2 AND active`, academy, person, lang)
	if err == nil && tag.RowsAffected() == 0 {
		err = absent(pgx.ErrNoRows, "person.not_found")
	}
	if err != nil {
		return fmt.Errorf("postgres.SetLang(%s, %s): %w", academy, person, err)
	}
	return nil
}

// ChosenLang returns the language that the person chose, "" when they chose
// none: then the directory's is only a guess.
func (db *DB) ChosenLang(ctx context.Context, academy tickets.AcademyID, person uuid.UUID) (tickets.Lang, error) {
	lang, err := one(ctx, db.pool, pgx.RowTo[tickets.Lang], `SELECT coalesce(lang_chosen, '') FROM people
		WHERE academy = $1 AND id = $2 AND active`, academy, person)
	if err != nil {
		return "", fmt.Errorf("postgres.ChosenLang(%s, %s): %w", academy, person, absent(err, "person.not_found"))
	}
	return lang, nil
}

// DirectMessages returns how the person wants to be told in chat. Nobody active
// of that id is a NotFound refusal.
func (db *DB) DirectMessages(ctx context.Context, academy tickets.AcademyID, person uuid.UUID) (tickets.DirectMessages, error) {
	d, err := one(ctx, db.pool, pgx.RowTo[tickets.DirectMessages],
		`SELECT direct_messages FROM people WHERE academy = $1 AND id = $2 AND active`, academy, person)
	if err != nil {
		return tickets.DirectMessages{}, fmt.Errorf("postgres.DirectMessages(%s, %s): %w", academy, person, absent(err, "person.not_found"))
	}
	return d, nil
}

// SetDirectMessages keeps how the person wants to be told in chat, whatever the
// directory imports, and frees what is held for them: the next attempt at it
// looks at what they want now. Nobody active of that id is a NotFound refusal.
func (db *DB) SetDirectMessages(ctx context.Context, academy tickets.AcademyID, person uuid.UUID, d tickets.DirectMessages) error {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE people SET direct_messages = $3 WHERE academy = $1 AND id = $2 AND active`, academy, person, d)
		if err == nil && tag.RowsAffected() == 0 {
			err = absent(pgx.ErrNoRows, "person.not_found")
		}
		if err != nil {
			return err
		}
		return freeHeld(ctx, tx, academy, tickets.Chat, tickets.ToPerson(person))
	})
	if err != nil {
		return fmt.Errorf("postgres.SetDirectMessages(%s, %s): %w", academy, person, err)
	}
	return nil
}

// Deactivate takes the person out of the directory: they can no longer sign in,
// their sessions end at their next request, no chat account is theirs and no
// group has them. What they did keeps their name; an import brings them back.
// Nobody active of that id is a NotFound refusal.
func (db *DB) Deactivate(ctx context.Context, academy tickets.AcademyID, person uuid.UUID) error {
	left := false
	var b pgx.Batch
	b.Queue(`UPDATE people SET active = false, password_hash = '' WHERE academy = $1 AND id = $2 AND active`, academy, person).
		Exec(affected(&left))
	b.Queue(`DELETE FROM memberships WHERE academy = $1 AND person = $2`, academy, person)
	b.Queue(`DELETE FROM accounts WHERE academy = $1 AND person = $2`, academy, person)
	err := db.pool.SendBatch(ctx, &b).Close()
	if err == nil && !left {
		err = absent(pgx.ErrNoRows, "person.not_found")
	}
	if err != nil {
		return fmt.Errorf("postgres.Deactivate(%s, %s): %w", academy, person, err)
	}
	return nil
}
