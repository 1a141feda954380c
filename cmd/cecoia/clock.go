package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cecoia.example/tickets/postgres"
)

// tick is how often the clock looks at what time alone makes due.
const tick = 10 * time.Minute

// runClock does what time alone makes due, until ctx ends: it makes the coming
// days' partitions and removes what has expired. Doing it twice, or on two
// machines, changes nothing more.
func runClock(ctx context.Context, db *postgres.DB, beat pulse, log *slog.Logger) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for at := time.Now(); ; {
		beat.due("tidy", at)
		err := tidy(ctx, db, log, time.Now())
		beat.done("tidy", err)
		if err != nil && ctx.Err() == nil {
			log.Error("clock: tidying failed; again at the next tick", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case at = <-ticker.C:
		}
	}
}

// tidy does all of it once; what fails does not hold the rest.
func tidy(ctx context.Context, db *postgres.DB, log *slog.Logger, now time.Time) error {
	failed := db.EnsurePartitions(ctx, now)
	academies, err := db.Academies(ctx)
	failed = errors.Join(failed, err)
	for _, a := range academies {
		removed, err := db.Purge(ctx, a.ID, now)
		failed = errors.Join(failed, err)
		if removed > 0 {
			log.Info("clock: expired things removed", "academy", a.ID, "count", removed)
		}
	}
	return failed
}
