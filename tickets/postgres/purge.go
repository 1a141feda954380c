package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cecoia.example/tickets"
)

// How long things stay that nobody waits for any more.
const (
	formsKept    = 30 * 24 * time.Hour  // since they were last touched
	commandsKept = 24 * time.Hour       // since they were accepted, once done
	linksKept    = 24 * time.Hour       // requests to be linked, since they were made
	bouncesKept  = 30 * 24 * time.Hour  // since they came, of addresses that are not muted
	mutingsKept  = 365 * 24 * time.Hour // since they ended, or began where nobody has the address any more
)

// Purge forgets the academy's expired reply drafts, the forms that nobody has
// touched for 30 days, pending documents as old that no form waits for, those of a
// refused reply with its draft, commands
// done since a day, requests to be linked as old, bounces of 30 days and mutings
// that ended a year ago. It returns how many rows that was. The bytes of
// documents are not its business.
func (db *DB) Purge(ctx context.Context, academy tickets.AcademyID, now time.Time) (removed int, err error) {
	count := func(tag pgconn.CommandTag) error {
		removed += int(tag.RowsAffected())
		return nil
	}
	var b pgx.Batch
	b.Queue(`DELETE FROM reply_drafts WHERE academy = $1 AND expires_at <= $2`, academy, now).Exec(count)
	b.Queue(`DELETE FROM forms WHERE academy = $1 AND updated_at < $2`, academy, now.Add(-formsKept)).Exec(count)
	b.Queue(`DELETE FROM attachments a WHERE a.academy = $1 AND a.event IS NULL AND a.at < $2
		AND NOT EXISTS (SELECT FROM forms f WHERE f.academy = $1 AND f.id = a.ticket)`,
		academy, now.Add(-formsKept)).Exec(count)
	b.Queue(`DELETE FROM attachments a WHERE a.academy = $1 AND a.event IS NULL AND a.at <= $2
		AND EXISTS (SELECT FROM tickets t WHERE t.academy = $1 AND t.id = a.ticket)
		AND NOT EXISTS (SELECT FROM reply_drafts d WHERE d.academy = $1 AND d.ticket = a.ticket AND d.person = a.author)`,
		academy, now.Add(-tickets.ReplyDraftKept)).Exec(count)
	b.Queue(`DELETE FROM commands WHERE academy = $1 AND finished AND accepted_at < $2`,
		academy, now.Add(-commandsKept)).Exec(count)
	b.Queue(`DELETE FROM link_requests WHERE academy = $1 AND at < $2`, academy, now.Add(-linksKept)).Exec(count)
	b.Queue(`DELETE FROM bounces b WHERE b.academy = $1 AND b.at < $2
		AND NOT EXISTS (SELECT FROM mutings m WHERE m.academy = $1 AND m.address = b.address AND m.ended_at IS NULL)`,
		academy, now.Add(-bouncesKept)).Exec(count)
	b.Queue(`DELETE FROM mutings m WHERE m.academy = $1 AND (m.ended_at < $2 OR m.since < $2
		AND NOT EXISTS (SELECT FROM people p WHERE p.academy = $1 AND p.email_key = m.address))`,
		academy, now.Add(-mutingsKept)).Exec(count)
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return 0, fmt.Errorf("postgres.Purge(%s): %w", academy, err)
	}
	return removed, nil
}

// partitionsAhead is how many days of the delivery log are made in advance, so
// that a clock that stands still for some days is no trouble.
const partitionsAhead = 7

// EnsurePartitions makes the delivery log's partitions of the UTC day it is at
// now and of the seven next. Rows of such a day that went to the default
// partition meanwhile move to it.
func (db *DB) EnsurePartitions(ctx context.Context, now time.Time) error {
	day := now.UTC().Truncate(24 * time.Hour)
	for range partitionsAhead + 1 {
		if err := db.ensurePartition(ctx, day); err != nil {
			return fmt.Errorf("postgres.EnsurePartitions(%s): %w", day.Format(time.DateOnly), err)
		}
		day = day.AddDate(0, 0, 1)
	}
	return nil
}

// ensurePartition makes the partition of one day. It fills it before attaching
// it, as the server refuses one whose rows are still in the default.
func (db *DB) ensurePartition(ctx context.Context, day time.Time) error {
	name := "delivery_log_" + day.Format("20060102")
	from, to := day.Format(time.RFC3339), day.AddDate(0, 0, 1).Format(time.RFC3339)
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('delivery_log partitions', 0))`); err != nil {
			return err
		}
		there, err := one(ctx, tx, pgx.RowTo[bool], `SELECT to_regclass($1) IS NOT NULL`, name)
		if err != nil || there {
			return err
		}
		// Names and bounds are made of a date: nothing in them needs quoting.
		_, err = tx.Exec(ctx, fmt.Sprintf(`
			LOCK TABLE delivery_log_default IN ACCESS EXCLUSIVE MODE;
			CREATE TABLE %[1]s (LIKE delivery_log INCLUDING ALL);
			WITH moved AS (
				DELETE FROM delivery_log_default WHERE ended_at >= '%[2]s' AND ended_at < '%[3]s' RETURNING *)
			INSERT INTO %[1]s SELECT * FROM moved;
			ALTER TABLE delivery_log ATTACH PARTITION %[1]s FOR VALUES FROM ('%[2]s') TO ('%[3]s')`, name, from, to))
		return err
	})
}
