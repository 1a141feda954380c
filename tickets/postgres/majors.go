package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// Majors returns the major incidents that are worked on; see [tickets.Majors].
func (db *DB) Majors(ctx context.Context, academy tickets.AcademyID, limit int) ([]tickets.Ticket, error) {
	out, err := all(ctx, db.pool, scanTicket, `SELECT `+ticketColumns+` FROM tickets
		WHERE academy = $1 AND major AND status NOT IN ('resolved', 'closed') ORDER BY opened_at DESC, id LIMIT $2`, academy, limit)
	if err != nil {
		return nil, fmt.Errorf("postgres.Majors(%s): %w", academy, err)
	}
	return out, nil
}

// Joined returns what is joined to a major incident, and how many there are; see
// [tickets.Majors].
func (db *DB) Joined(ctx context.Context, viewer tickets.Person, major uuid.UUID, limit int) ([]tickets.Ticket, int, error) {
	args := viewerArgs(viewer)
	args["major"], args["limit"] = major, limit
	var out []tickets.Ticket
	total := 0
	var b pgx.Batch
	queueEach(&b, scanTicket, func(t tickets.Ticket) { out = append(out, t) }, `SELECT `+ticketColumns+` FROM tickets
		WHERE academy = @academy AND parent = @major AND `+seen+` ORDER BY opened_at, id LIMIT @limit`, args)
	b.Queue(`SELECT count(*) FROM tickets WHERE academy = $1 AND parent = $2`, viewer.Academy, major).
		QueryRow(func(row pgx.Row) error { return row.Scan(&total) })
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return nil, 0, fmt.Errorf("postgres.Joined(%s, %s): %w", viewer.Academy, major, err)
	}
	return out, total, nil
}

// Struck returns the tickets of storms that are to join the incident that was
// declared for them; see [tickets.Majors].
func (db *DB) Struck(ctx context.Context, academy tickets.AcademyID, limit int) ([]tickets.MajorStep, error) {
	out, err := all(ctx, db.pool, scanMajorStep, `SELECT `+majorStepColumns+`
		FROM tickets m
		JOIN events e ON e.academy = m.academy AND e.ticket = m.id AND e.seq = 1
		JOIN alerts a ON a.academy = m.academy AND a.major = m.id
		JOIN firings f ON f.academy = a.academy AND f.alert = a.id
		JOIN tickets t ON t.academy = f.academy AND t.id = f.ticket
		WHERE m.academy = $1 AND m.major AND m.status NOT IN ('resolved', 'closed')
			AND t.parent IS NULL AND t.status <> 'closed' AND NOT t.major
			AND NOT EXISTS (SELECT FROM events l WHERE l.academy = t.academy AND l.ticket = t.id AND l.action = 'leave')
		ORDER BY t.opened_at, t.id LIMIT $2`, academy, limit)
	if err != nil {
		return nil, fmt.Errorf("postgres.Struck(%s): %w", academy, err)
	}
	return out, nil
}

// Behind returns what tickets have not followed yet of their major incidents; see
// [tickets.Majors].
func (db *DB) Behind(ctx context.Context, academy tickets.AcademyID, limit int) ([]tickets.MajorStep, error) {
	out, err := all(ctx, db.pool, scanMajorStep, `SELECT `+majorStepColumns+`
		FROM tickets t
		JOIN tickets m ON m.academy = t.academy AND m.id = t.parent AND m.version > t.followed
		JOIN events e ON e.academy = m.academy AND e.ticket = m.id AND e.seq > t.followed AND e.action = ANY ($2)
			AND (e.action = 'take' OR NOT EXISTS (SELECT FROM events r
				WHERE r.academy = m.academy AND r.ticket = m.id AND r.seq > e.seq AND r.action IN ('refuse', 'reopen', 'unmerge')))
		WHERE t.academy = $1 AND t.parent IS NOT NULL AND t.status <> 'closed'
		ORDER BY t.id, e.seq LIMIT $3`, academy, tickets.Followed(), limit)
	if err != nil {
		return nil, fmt.Errorf("postgres.Behind(%s): %w", academy, err)
	}
	return out, nil
}

// Follow says how far the ticket has followed its major incident; see
// [tickets.Majors].
func (db *DB) Follow(ctx context.Context, academy tickets.AcademyID, ticket uuid.UUID, seq int) error {
	_, err := db.pool.Exec(ctx, `UPDATE tickets SET followed = greatest(followed, $3) WHERE academy = $1 AND id = $2`, academy, ticket, seq)
	if err != nil {
		return fmt.Errorf("postgres.Follow(%s, %s): %w", academy, ticket, err)
	}
	return nil
}

// majorStepColumns are those of a step: of the event e of the incident m, and the ticket t.
var majorStepColumns = "e." + strings.ReplaceAll(eventColumns, ",", ", e.") + `, t.kind, t.day, t.rank, t.id, m.kind, m.day, m.rank`

func scanMajorStep(row pgx.CollectableRow) (tickets.MajorStep, error) {
	var s tickets.MajorStep
	var err error
	s.Event, err = scanEventAnd(row, &s.Ticket.Kind, &s.Ticket.Day, &s.Ticket.Rank, &s.ID, &s.Major.Kind, &s.Major.Day, &s.Major.Rank)
	return s, err
}
