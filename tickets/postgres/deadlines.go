package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// retimed is how many tickets Retime locks at once: for a moment, as people wait.
const retimed = 200

// Retime computes anew when the next open tickets after that id are due; see
// [tickets.Stopwatches]. Each call is one transaction.
func (db *DB) Retime(ctx context.Context, academy tickets.AcademyID, after uuid.UUID,
	change func(tickets.Ticket, []tickets.Event) (tickets.Ticket, []tickets.Delivery, bool),
) (last uuid.UUID, kept int, err error) {
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		open, err := all(ctx, tx, scanTicket, `SELECT `+ticketColumns+` FROM tickets
			WHERE academy = $1 AND id > $2 AND status <> 'closed' ORDER BY id LIMIT $3 FOR NO KEY UPDATE`, academy, after, retimed)
		if err != nil || len(open) == 0 {
			return err
		}
		ids := make([]uuid.UUID, len(open))
		for i, t := range open {
			ids[i] = t.ID
		}
		events, err := all(ctx, tx, scanEvent, `SELECT `+eventColumns+` FROM events
			WHERE academy = $1 AND ticket = ANY ($2) ORDER BY ticket, seq`, academy, ids)
		if err != nil {
			return err
		}
		of := map[uuid.UUID][]tickets.Event{}
		for _, e := range events {
			of[e.Ticket] = append(of[e.Ticket], e)
		}
		var b pgx.Batch
		var owed []tickets.Delivery
		for _, t := range open {
			t, tell, changed := change(t, of[t.ID])
			if !changed {
				continue
			}
			b.Queue(`UPDATE tickets SET take_up_due = $3, due_soon = $4, due_at = $5, spent = $6, running_since = $7 WHERE academy = $1 AND id = $2`,
				academy, t.ID, nullableTime(t.TakeUpDue), nullableTime(t.DueSoon), nullableTime(t.Due), t.Spent, nullableTime(t.RunningSince))
			owed = append(owed, tell...)
			kept++
		}
		queueDeliveries(&b, academy, owed)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		if len(open) == retimed {
			last = ids[len(ids)-1]
		}
		return nil
	})
	if err != nil {
		return uuid.Nil, 0, fmt.Errorf("postgres.Retime(%s): %w", academy, err)
	}
	return last, kept, nil
}
