package postgres

import (
	"context"
	"fmt"
	"time"

	"cecoia.example/tickets"
)

// Unanswered returns what waits in vain to be validated; see [tickets.Silent].
func (db *DB) Unanswered(ctx context.Context, academy tickets.AcademyID, now time.Time, limit int) ([]tickets.Ticket, error) {
	out, err := all(ctx, db.pool, scanTicket, `SELECT `+ticketColumns+` FROM tickets
		WHERE academy = $1 AND status = 'resolved' AND lapse_at IS NOT NULL AND least(remind_at, lapse_at) <= $2
		ORDER BY least(remind_at, lapse_at), id LIMIT $3`, academy, now, limit)
	if err != nil {
		return nil, fmt.Errorf("postgres.Unanswered(%s): %w", academy, err)
	}
	return out, nil
}
