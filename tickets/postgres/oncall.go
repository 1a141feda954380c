package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

var _ oncall.Store = (*DB)(nil)

// Supervise locks the academy's supervision, calls change with the scene as it
// stands for the command, and keeps what it returns: see [oncall.Store].
func (db *DB) Supervise(ctx context.Context, academy tickets.AcademyID, now time.Time, command string, change func(oncall.Scene) (oncall.Changes, error)) error {
	definition, err := db.Academy(ctx, academy)
	if err != nil {
		return fmt.Errorf("postgres.Supervise(%s): %w", academy, err)
	}
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('supervision ' || $1, 0))`, string(academy)); err != nil {
			return err
		}
		s, err := scene(ctx, tx, definition, now)
		if err != nil {
			return err
		}
		if command != "" {
			if err := done(ctx, tx, command, &s); err != nil {
				return err
			}
		}
		changes, err := change(s)
		if err != nil {
			return err
		}
		return keep(ctx, tx, academy, changes)
	})
	if err != nil && tickets.CodeOf(err) == "" {
		return fmt.Errorf("postgres.Supervise(%s): %w", academy, err)
	}
	return err
}

// done tells the scene what the command has done already.
func done(ctx context.Context, tx pgx.Tx, command string, s *oncall.Scene) error {
	var b pgx.Batch
	id := func(id uuid.UUID) { s.Done = id }
	queueEach(&b, pgx.RowTo[uuid.UUID], id,
		`SELECT alert FROM alert_traces WHERE academy = $1 AND command = $2 AND command <> ''`, s.Academy.ID, command)
	queueEach(&b, pgx.RowTo[uuid.UUID], id,
		`SELECT id FROM duty_turns WHERE academy = $1 AND command = $2 AND command <> ''`, s.Academy.ID, command)
	queueEach(&b, scanSilence, func(q oncall.Silence) {
		if s.Done = q.ID; !q.Until.After(s.Now) {
			s.Silences = append(s.Silences, q)
		}
	}, `SELECT `+silenceColumns+` FROM silences WHERE academy = $1 AND command = $2 AND command <> ''`, s.Academy.ID, command)
	return tx.SendBatch(ctx, &b).Close()
}

// Scene returns what supervision knows, without locking it.
func (db *DB) Scene(ctx context.Context, academy tickets.AcademyID, now time.Time) (oncall.Scene, error) {
	definition, err := db.Academy(ctx, academy)
	if err == nil {
		var s oncall.Scene
		if s, err = scene(ctx, db.pool, definition, now); err == nil {
			return s, nil
		}
	}
	return oncall.Scene{}, fmt.Errorf("postgres.Scene(%s): %w", academy, err)
}

// Roster returns a scene with no more than who is of the desk, and on duty.
func (db *DB) Roster(ctx context.Context, academy tickets.AcademyID, now time.Time) (oncall.Scene, error) {
	definition, err := db.Academy(ctx, academy)
	if err == nil {
		s := oncall.Scene{Academy: definition, Now: now, Desk: map[uuid.UUID]tickets.Person{}}
		var b pgx.Batch
		queueRoster(&b, &s)
		if err = db.pool.SendBatch(ctx, &b).Close(); err == nil {
			return s, nil
		}
	}
	return oncall.Scene{}, fmt.Errorf("postgres.Roster(%s): %w", academy, err)
}

// keep writes what was decided: what it is about first, what is owed last.
func keep(ctx context.Context, tx pgx.Tx, academy tickets.AcademyID, c oncall.Changes) error {
	var b pgx.Batch
	for _, f := range c.Firings {
		b.Queue(`INSERT INTO firings AS old (`+firingColumns+`) VALUES (`+parameters(1, firingColumnCount)+`)
			ON CONFLICT (academy, id) DO UPDATE SET severity = excluded.severity, theme = excluded.theme, group_code = excluded.group_code,
				since = excluded.since, count = excluded.count, low = excluded.low, alert = excluded.alert, ended_at = excluded.ended_at
			WHERE old.academy = $1`, firingValues(f)...)
	}
	for _, a := range c.Alerts {
		told, err := json.Marshal(a.Told)
		if err != nil {
			return err
		}
		b.Queue(`INSERT INTO alerts AS old (`+alertColumns+`) VALUES (`+parameters(1, alertColumnCount)+`)
			ON CONFLICT (academy, id) DO UPDATE SET severity = excluded.severity, ended_at = excluded.ended_at, total = excluded.total,
				revision = excluded.revision, posted_at = excluded.posted_at, edited_at = excluded.edited_at, told = excluded.told,
				step = excluded.step, next_at = excluded.next_at, hold = excluded.hold, owner = excluded.owner,
				held_until = excluded.held_until, major = excluded.major
			WHERE old.academy = $1`, alertValues(a, told)...)
	}
	for _, t := range c.Traces {
		b.Queue(`INSERT INTO alert_traces (academy, alert, at, what, actor, detail, command) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			t.Academy, t.Alert, t.At, t.What, nullable(t.By), t.Detail, storable(t.Command))
	}
	for _, s := range c.Silences {
		b.Queue(`INSERT INTO silences AS old (`+silenceColumns+`, command) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (academy, id) DO UPDATE SET ends_at = excluded.ends_at WHERE old.academy = $1`,
			s.Academy, s.ID, s.Rank, s.Rule, s.Theme, s.By, storable(s.Reason), s.From, s.Until, storable(s.Command))
	}
	for _, t := range c.Turns {
		b.Queue(`INSERT INTO duty_turns (`+turnColumns+`, command) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			t.Academy, t.ID, t.Person, t.By, t.From, t.Until, t.At, storable(t.Command))
	}
	if !c.RoundupAt.IsZero() {
		b.Queue(`INSERT INTO roundups AS old (academy, at) VALUES ($1, $2)
			ON CONFLICT (academy) DO UPDATE SET at = excluded.at WHERE old.academy = $1`, academy, c.RoundupAt)
	}
	queueDeliveries(&b, academy, c.Deliveries)
	if b.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, &b).Close()
}

// Alert returns one alert, over or not.
func (db *DB) Alert(ctx context.Context, academy tickets.AcademyID, id uuid.UUID) (oncall.Alert, error) {
	found, err := all(ctx, db.pool, scanAlert, `SELECT `+alertColumns+` FROM alerts WHERE academy = $1 AND id = $2`, academy, id)
	if err != nil {
		return oncall.Alert{}, fmt.Errorf("postgres.Alert(%s, %s): %w", academy, id, err)
	}
	if len(found) == 0 {
		return oncall.Alert{}, &tickets.Error{Code: tickets.NotFound, Message: "alert.unknown"}
	}
	return found[0], nil
}

// PastAlerts returns the alerts that ended since then, the latest first.
func (db *DB) PastAlerts(ctx context.Context, academy tickets.AcademyID, since time.Time, limit int) ([]oncall.Alert, error) {
	out, err := all(ctx, db.pool, scanAlert, `SELECT `+alertColumns+` FROM alerts
		WHERE academy = $1 AND ended_at >= $2 ORDER BY ended_at DESC, rank DESC LIMIT $3`, academy, since, limit)
	if err != nil {
		return nil, fmt.Errorf("postgres.PastAlerts(%s): %w", academy, err)
	}
	return out, nil
}

// Traces returns what happened to an alert, in order.
func (db *DB) Traces(ctx context.Context, academy tickets.AcademyID, alert uuid.UUID) ([]oncall.Trace, error) {
	out, err := all(ctx, db.pool, func(row pgx.CollectableRow) (t oncall.Trace, err error) {
		var by uuid.NullUUID
		err = row.Scan(&t.Academy, &t.Alert, &t.At, &t.What, &by, &t.Detail)
		t.By = by.UUID
		return t, err
	}, `SELECT academy, alert, at, what, actor, detail FROM alert_traces
		WHERE academy = $1 AND alert = $2 ORDER BY seq`, academy, alert)
	if err != nil {
		return nil, fmt.Errorf("postgres.Traces(%s, %s): %w", academy, alert, err)
	}
	return out, nil
}
