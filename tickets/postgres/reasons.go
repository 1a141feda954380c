package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// Whys returns the latest things told to the recipient of the ticket on the
// channel, and what waits to be, at most limit, the oldest first. What was given
// up, or never told as somebody chose, is not among them. It checks no permission.
func (db *DB) Whys(ctx context.Context, academy tickets.AcademyID, ticket uuid.UUID, ch tickets.Channel, to tickets.Recipient, limit int) ([]tickets.Why, error) {
	out, err := all(ctx, db.pool, scanWhy, `SELECT * FROM (
			SELECT d.rule, d.template, coalesce(e.action, '') AS action, e.actor, coalesce(e.at, d.created_at) AS at, d.told, d.seq, d.id
			FROM (
				SELECT cause, rule, template, created_at, NULL::timestamptz AS told, seq, id FROM deliveries
				WHERE academy = $1 AND ticket = $2 AND channel = $3 AND recipient = $4
				UNION ALL
				SELECT cause, rule, template, created_at, ended_at, seq, id FROM delivery_log
				WHERE academy = $1 AND ticket = $2 AND channel = $3 AND recipient = $4 AND outcome = 'delivered'
			) d LEFT JOIN events e ON e.academy = $1 AND e.ticket = $2 AND e.id = d.cause
			ORDER BY d.seq DESC, d.id DESC LIMIT $5
		) latest ORDER BY seq, id`, academy, ticket, ch, to, limit)
	if err != nil {
		return nil, fmt.Errorf("postgres.Whys(%s, %s): %w", academy, ticket, err)
	}
	return out, nil
}

func scanWhy(row pgx.CollectableRow) (tickets.Why, error) {
	var w tickets.Why
	var actor uuid.NullUUID
	var told *time.Time
	err := row.Scan(&w.Rule, &w.Template, &w.Action, &actor, &w.At, &told, nil, nil)
	w.Actor = actor.UUID
	if told != nil {
		w.Told = *told
	}
	return w, err
}
