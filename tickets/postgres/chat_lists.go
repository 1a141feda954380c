package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// RememberList keeps how the page after the list that the person saw last is
// typed, "" for none, in place of the one before.
func (db *DB) RememberList(ctx context.Context, academy tickets.AcademyID, person uuid.UUID, next string, at time.Time) error {
	_, err := db.pool.Exec(ctx, `INSERT INTO chat_lists (academy, person, next, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (academy, person) DO UPDATE SET (next, at) = (excluded.next, excluded.at)`, academy, person, next, at)
	if err != nil {
		return fmt.Errorf("postgres.RememberList(%s, %s): %w", academy, person, err)
	}
	return nil
}

// NextList returns what RememberList kept since then, or a NotFound refusal.
func (db *DB) NextList(ctx context.Context, academy tickets.AcademyID, person uuid.UUID, since time.Time) (string, error) {
	next, err := one(ctx, db.pool, pgx.RowTo[string], `SELECT next FROM chat_lists WHERE academy = $1 AND person = $2 AND at >= $3`,
		academy, person, since)
	if err != nil {
		return "", fmt.Errorf("postgres.NextList(%s, %s): %w", academy, person, absent(err, "list.none"))
	}
	return next, nil
}
