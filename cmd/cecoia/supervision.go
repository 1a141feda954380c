package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
	"cecoia.example/tickets/postgres"
)

// superviseEvery is how often alerts are looked at, and what the clock has to do to
// tickets. Each process with the clock's
// role does, one at a time for an academy: so when one dies, the others are
// there already.
const superviseEvery = 5 * time.Second

// superviseWithin bounds one look at one academy.
const superviseWithin = time.Minute

// supervision is the part of the clock that decides on alerts, and acts on
// tickets where nobody does: silence, and what follows a major incident.
type supervision struct {
	db   *postgres.DB
	room *oncall.Room
	desk *tickets.Desk
	// direct sends what warns of the queue past it.
	direct func(context.Context, []tickets.DeliveryKey) error
	every  time.Duration
	beat   pulse
	log    *slog.Logger
}

// run decides on alerts until ctx ends. A look that fails is made up for by the
// next.
func (s *supervision) run(ctx context.Context) error {
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case at := <-ticker.C:
			s.beat.due("alerts", at)
		}
		err := s.lookAtAll(ctx)
		s.beat.done("alerts", err)
		switch {
		case err == nil && failing:
			s.log.Info("supervision: alerts are looked at again")
		case err != nil && !failing && ctx.Err() == nil: // once, however long it lasts
			s.log.Error("supervision: alerts could not be looked at; trying on", "error", err)
		}
		failing = err != nil
	}
}

// lookAtAll looks at each academy; the first failure is returned, the others
// are looked at nevertheless.
func (s *supervision) lookAtAll(ctx context.Context) error {
	academies, err := s.db.Academies(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, a := range academies {
		if err := s.look(ctx, a.ID); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

func (s *supervision) look(ctx context.Context, academy tickets.AcademyID) error {
	ctx, cancel := context.WithTimeout(ctx, superviseWithin)
	defer cancel()
	direct, err := s.room.Tick(ctx, academy)
	if err == nil && len(direct) > 0 {
		err = s.direct(ctx, direct)
	}
	_, chased := s.desk.Chase(ctx, academy)
	_, followed := s.desk.FollowMajors(ctx, academy)
	return errors.Join(err, chased, followed)
}
