package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// Visit returns the person's latest visit to the ticket, zero for none.
func (db *DB) Visit(ctx context.Context, academy tickets.AcademyID, ticket, person uuid.UUID) (tickets.Visit, error) {
	v, err := one(ctx, db.pool, pgx.RowToStructByPos[tickets.Visit], `SELECT seq, seen_before, at FROM visits
		WHERE academy = $1 AND person = $2 AND ticket = $3`, academy, person, ticket)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return tickets.Visit{}, fmt.Errorf("postgres.Visit(%s, %s): %w", academy, ticket, err)
	}
	return v, nil
}

// SaveVisit keeps a visit in place of the one before; what was seen stays seen,
// whichever of two pages is written last.
func (db *DB) SaveVisit(ctx context.Context, academy tickets.AcademyID, ticket, person uuid.UUID, v tickets.Visit) error {
	_, err := db.pool.Exec(ctx, `INSERT INTO visits (academy, person, ticket, seq, seen_before, at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (academy, person, ticket) DO UPDATE SET
			seq = greatest(visits.seq, excluded.seq), seen_before = excluded.seen_before, at = excluded.at
		WHERE visits.academy = $1`, academy, person, ticket, v.Seq, v.Before, v.At)
	if err != nil {
		return fmt.Errorf("postgres.SaveVisit(%s, %s): %w", academy, ticket, err)
	}
	return nil
}

// Unseen returns, for those of the tickets that have news for the viewer, how
// many: additions of others since their last visit, that they may read. Tickets
// where the viewer never came count only when they are a party. It checks no
// permission on the tickets.
func (db *DB) Unseen(ctx context.Context, viewer tickets.Person, ids []uuid.UUID) (map[uuid.UUID]int, error) {
	rows, err := db.pool.Query(ctx, `SELECT t.id, count(*)
		FROM tickets t
		LEFT JOIN visits v ON v.academy = t.academy AND v.ticket = t.id AND v.person = $2
		JOIN events e ON e.academy = t.academy AND e.ticket = t.id AND e.seq > coalesce(v.seq, 0)
		WHERE t.academy = $1 AND t.id = ANY ($4)
			AND (v.person IS NOT NULL OR $2 IN (t.requester, t.beneficiary))
			AND e.actor IS DISTINCT FROM $2 AND (NOT e.internal OR $3)
		GROUP BY t.id`, viewer.Academy, viewer.ID, viewer.Agent(), ids)
	if err != nil {
		return nil, fmt.Errorf("postgres.Unseen(%s): %w", viewer.Academy, err)
	}
	unseen := map[uuid.UUID]int{}
	var id uuid.UUID
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error { unseen[id] = n; return nil }); err != nil {
		return nil, fmt.Errorf("postgres.Unseen(%s): %w", viewer.Academy, err)
	}
	return unseen, nil
}
