package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// OweAlert keeps a delivery without a ticket unless one of the same (Cause,
// Channel, Recipient) was ever owed; while that one waits for its first attempt,
// it gets the new Data. It returns whether the delivery is new.
func (db *DB) OweAlert(ctx context.Context, d tickets.Delivery) (bool, error) {
	first := false
	var b pgx.Batch
	b.Queue(`SELECT pg_advisory_xact_lock(hashtextextended('alert ' || $1 || ' ' || $2::text, 0))`, string(d.Academy), d.Cause)
	b.Queue(`UPDATE deliveries SET data = $5
		WHERE academy = $1 AND cause = $2 AND channel = $3 AND recipient = $4 AND attempts = 0`,
		d.Academy, d.Cause, d.Channel, d.Recipient, string(d.Data))
	b.Queue(`INSERT INTO deliveries (academy, id, cause, seq, channel, recipient, template, rule, data, due, created_at, trace)
		SELECT $1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10, $11
		WHERE NOT EXISTS (SELECT FROM delivery_log
			WHERE academy = $1 AND cause = $3 AND channel = $4 AND recipient = $5)
		ON CONFLICT ON CONSTRAINT deliveries_cause_key DO NOTHING`,
		d.Academy, d.ID, d.Cause, d.Channel, d.Recipient, d.Template, d.Rule, string(d.Data), d.Due, d.CreatedAt, d.Trace).
		Exec(affected(&first))
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error { return tx.SendBatch(ctx, &b).Close() })
	if err != nil {
		return false, fmt.Errorf("postgres.OweAlert(%s, %s): %w", d.Academy, d.Rule, err)
	}
	return first, nil
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
