package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// Signal keeps that a rule was reported: as standing until then, since now
// unless it stood already. See [tickets.Alerts].
func (db *DB) Signal(ctx context.Context, academy tickets.AcademyID, rule tickets.AlertRule, count int, now, until time.Time) error {
	if _, err := db.pool.Exec(ctx, `INSERT INTO signals AS old (academy, rule, count, since, until) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (academy, rule) DO UPDATE SET count = excluded.count, until = excluded.until,
			since = CASE WHEN old.until > excluded.since THEN old.since ELSE excluded.since END
		WHERE old.academy = $1`, academy, rule, count, now, until); err != nil {
		return fmt.Errorf("postgres.Signal(%s, %s): %w", academy, rule, err)
	}
	return nil
}

// CountMails counts the inbound mails since then that one of these rows of the
// decision table decided on, and that were not answered.
func (db *DB) CountMails(ctx context.Context, academy tickets.AcademyID, rows []int, since time.Time) (int, error) {
	n, err := one(ctx, db.pool, pgx.RowTo[int],
		`SELECT count(*) FROM inbound_mails WHERE academy = $1 AND row = ANY ($2) AND received_at > $3
			AND verdict <> 'answer'`, academy, rows, since)
	if err != nil {
		return 0, fmt.Errorf("postgres.CountMails(%s): %w", academy, err)
	}
	return n, nil
}
