package main

import (
	"context"
	"log/slog"
	"time"

	"cecoia.example/tickets/postgres"
)

// tick is how often the clock looks at what time alone makes due.
const tick = 10 * time.Minute

// runClock does what time alone makes due, until ctx ends: it makes the coming
// days' partitions and removes what has expired. Doing it twice, or on two
// machines, changes nothing more.
func runClock(ctx context.Context, db *postgres.DB, log *slog.Logger) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		if err := tidy(ctx, db, log, time.Now()); err != nil && ctx.Err() == nil {
			log.Error("clock: tidying failed; again at the next tick", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func tidy(ctx context.Context, db *postgres.DB, log *slog.Logger, now time.Time) error {
	if err := db.EnsurePartitions(ctx, now); err != nil {
		return err
	}
	academies, err := db.Academies(ctx)
	if err != nil {
		return err
	}
	for _, a := range academies {
		removed, err := db.Purge(ctx, a.ID, now)
		if err != nil {
			return err
		}
		if removed > 0 {
			log.Info("clock: expired things removed", "academy", a.ID, "count", removed)
		}
	}
	return nil
}
