package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// AcceptCommand keeps a command that the chat has been told is accepted, so that
// it is done whatever the queue forgets, and says whether it is the first to. The
// same id again changes nothing.
func (db *DB) AcceptCommand(ctx context.Context, academy tickets.AcademyID, id string, payload []byte, at time.Time) (first bool, err error) {
	if payload == nil {
		payload = []byte{}
	}
	tag, err := db.pool.Exec(ctx, `INSERT INTO commands (academy, id, payload, accepted_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (academy, id) DO NOTHING`, academy, storable(id), payload, at)
	if err != nil {
		return false, fmt.Errorf("postgres.AcceptCommand(%s, %s): %w", academy, id, err)
	}
	return tag.RowsAffected() > 0, nil
}

// FinishCommand says that a command is done and forgets its words. The id stays
// for a day, so that accepting it again changes nothing. Absent is no error.
func (db *DB) FinishCommand(ctx context.Context, academy tickets.AcademyID, id string) error {
	_, err := db.pool.Exec(ctx, `UPDATE commands SET finished = true, payload = ''
		WHERE academy = $1 AND id = $2 AND NOT finished`, academy, storable(id))
	if err != nil {
		return fmt.Errorf("postgres.FinishCommand(%s, %s): %w", academy, id, err)
	}
	return nil
}

// AcceptedCommands returns up to limit commands accepted before that time and not
// finished, oldest first.
func (db *DB) AcceptedCommands(ctx context.Context, academy tickets.AcademyID, before time.Time, limit int) (payloads [][]byte, err error) {
	payloads, err = all(ctx, db.pool, pgx.RowTo[[]byte], `SELECT payload FROM commands
		WHERE academy = $1 AND NOT finished AND accepted_at < $2 ORDER BY accepted_at, id LIMIT $3`, academy, before, limit)
	if err != nil {
		return nil, fmt.Errorf("postgres.AcceptedCommands(%s): %w", academy, err)
	}
	return payloads, nil
}
