package main

import (
	"context"
	"log/slog"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
	"cecoia.example/tickets/postgres"
)

// superviseEvery is how often alerts are looked at. Each process with the clock's
// role does, one at a time for an academy: so when one dies, the others are
// there already.
const superviseEvery = 5 * time.Second

// superviseWithin bounds one look at one academy.
const superviseWithin = time.Minute

// runSupervision decides on alerts until ctx ends. A look that fails is made up
// for by the next.
func runSupervision(ctx context.Context, db *postgres.DB, room *oncall.Room, beat pulse, log *slog.Logger) error {
	ticker := time.NewTicker(superviseEvery)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case at := <-ticker.C:
			beat.due("alerts", at)
		}
		err := superviseAll(ctx, db, room)
		beat.done("alerts", err)
		switch {
		case err == nil && failing:
			log.Info("supervision: alerts are looked at again")
		case err != nil && !failing && ctx.Err() == nil: // once, however long it lasts
			log.Error("supervision: alerts could not be looked at; trying on", "error", err)
		}
		failing = err != nil
	}
}

// superviseAll looks at each academy; the first failure is returned, the others
// are looked at nevertheless.
func superviseAll(ctx context.Context, db *postgres.DB, room *oncall.Room) error {
	academies, err := db.Academies(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, a := range academies {
		if err := supervise(ctx, room, a.ID); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

func supervise(ctx context.Context, room *oncall.Room, academy tickets.AcademyID) error {
	ctx, cancel := context.WithTimeout(ctx, superviseWithin)
	defer cancel()
	_, err := room.Tick(ctx, academy)
	return err
}
