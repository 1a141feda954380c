package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// Standings returns how the open tickets stand, by group and theme.
func (db *DB) Standings(ctx context.Context, academy tickets.AcademyID, now time.Time) ([]tickets.Standing, error) {
	out, err := all(ctx, db.pool, func(row pgx.CollectableRow) (s tickets.Standing, err error) {
		var oldest *time.Time
		err = row.Scan(&s.Group, &s.Theme, &s.New, &s.InProgress, &s.Waiting, &s.Resolved, &s.Late, &oldest)
		s.Oldest = timeOf(oldest)
		return s, err
	}, `SELECT group_code, category,
			count(*) FILTER (WHERE status = 'new'), count(*) FILTER (WHERE status = 'in_progress'),
			count(*) FILTER (WHERE status = 'waiting'), count(*) FILTER (WHERE status = 'resolved'),
			count(*) FILTER (WHERE status IN ('new', 'in_progress') AND least(take_up_due, due_at) <= $2),
			min(status_at) FILTER (WHERE status = 'new')
		FROM tickets WHERE academy = $1 AND status <> 'closed'
		GROUP BY group_code, category ORDER BY group_code, category`, academy, now)
	if err != nil {
		return nil, fmt.Errorf("postgres.Standings(%s): %w", academy, err)
	}
	return out, nil
}

// unmoving are the actions that bring a ticket to no other status, group or person.
const unmoving = `'{note,inform,requalify,rate}'`

// Histories calls each with the history of every ticket to which something
// happened since from and before until. It holds a connection until it returns.
func (db *DB) Histories(ctx context.Context, academy tickets.AcademyID, from, until time.Time, each func(tickets.History)) error {
	rows, err := db.pool.Query(ctx, `SELECT e.ticket, t.group_code, e.action, e.actor, e.at, e.to_status,
			e.detail->>'assignee', coalesce(e.detail->>'group', ''), coalesce(e.detail->>'from_group', '')
		FROM events e JOIN tickets t ON t.academy = $1 AND t.id = e.ticket
		WHERE e.academy = $1 AND e.action <> ALL (`+unmoving+`) AND e.ticket IN (
			SELECT ticket FROM events WHERE academy = $1 AND at >= $2 AND at < $3 AND action <> ALL (`+unmoving+`))
		ORDER BY e.ticket, e.seq`, academy, from, until)
	if err != nil {
		return fmt.Errorf("postgres.Histories(%s): %w", academy, err)
	}
	defer rows.Close()
	var h tickets.History
	var of uuid.UUID
	for rows.Next() {
		var ticket uuid.UUID
		var actor, assignee uuid.NullUUID
		var group string
		e := tickets.Event{Academy: academy}
		if err := rows.Scan(&ticket, &group, &e.Action, &actor, &e.At, &e.To, &assignee, &e.Detail.Group, &e.Detail.FromGroup); err != nil {
			return fmt.Errorf("postgres.Histories(%s): %w", academy, err)
		}
		e.Ticket, e.Actor, e.Detail.Assignee = ticket, actor.UUID, assignee.UUID
		if ticket != of {
			if len(h.Events) > 0 {
				each(h)
			}
			h, of = tickets.History{Group: group, Events: h.Events[:0]}, ticket
		}
		h.Events = append(h.Events, e)
	}
	if len(h.Events) > 0 {
		each(h)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("postgres.Histories(%s): %w", academy, err)
	}
	return nil
}

// MailsRefused counts the mails to the no-reply address that people wrote and
// that became part of no ticket, by the day in a time zone. What machines wrote,
// and what nobody vouches for, is none.
func (db *DB) MailsRefused(ctx context.Context, academy tickets.AcademyID, zone string, from, until time.Time) ([]tickets.MailsRefused, error) {
	out, err := all(ctx, db.pool, pgx.RowToStructByPos[tickets.MailsRefused], `
		SELECT to_char(m.received_at AT TIME ZONE $2, 'YYYY-MM-DD') AS day, coalesce(t.group_code, ''), count(*)
		FROM inbound_mails m LEFT JOIN tickets t ON t.academy = $1 AND t.id = m.ticket
		WHERE m.academy = $1 AND m.received_at >= $3 AND m.received_at < $4 AND m.verdict IN ('answer', 'portal', 'hold')
		GROUP BY 1, 2 ORDER BY 1, 2`, academy, zone, from, until)
	if err != nil {
		return nil, fmt.Errorf("postgres.MailsRefused(%s): %w", academy, err)
	}
	return out, nil
}
