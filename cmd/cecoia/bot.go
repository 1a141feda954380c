package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// botLookEvery is how often it is asked whether the chat takes the bot's account.
// A report of [tickets.AlertBot] stands for several of these.
const botLookEvery = 20 * time.Second

// botWatch reports to the supervisors of every academy that the chat refuses the
// bot's account: all their deliveries to the chat wait then, and the bot hears
// nothing. It asks by itself rather than wait for something to post, so that the
// report stands for as long as it is so, and ends when it is not; and so that
// what waits for a chat that was away is posted when it is back.
type botWatch struct {
	db   *postgres.DB
	desk *tickets.Desk
	// accepted asks the chat; an error says nothing either way.
	accepted func(context.Context) (bool, error)
	back     func(context.Context) // has what waits for the chat tried now
	every    time.Duration
	log      *slog.Logger

	known, refused bool // what was last found and reported
	away           bool // the last look found nothing out
}

// run looks until ctx ends, the first time at once.
func (w *botWatch) run(ctx context.Context) error {
	ticker := time.NewTicker(w.every)
	defer ticker.Stop()
	for {
		w.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// look asks once and reports a refusal each time, an acceptance where there was
// none before: after a start, too, as it may be what mended it. What could not be
// reported is with the next look.
func (w *botWatch) look(ctx context.Context) {
	accepted, err := w.accepted(ctx)
	away := w.away
	if w.away = err != nil; w.away {
		return
	}
	if accepted && (away || w.refused || !w.known) {
		w.back(ctx)
	}
	if accepted && w.known && !w.refused {
		return
	}
	report := w.desk.AlertOver
	if !accepted {
		report = func(ctx context.Context, academy tickets.AcademyID, rule tickets.AlertRule) error {
			return w.desk.Alert(ctx, academy, rule, 1)
		}
	}
	academies, err := w.db.Academies(ctx)
	for _, a := range academies {
		err = errors.Join(err, report(ctx, a.ID, tickets.AlertBot))
	}
	switch {
	case err != nil && ctx.Err() == nil:
		w.log.Warn("supervisors could not be told of the bot's account", "refused", !accepted, "error", err)
		return
	case !accepted && !w.refused:
		w.log.Error("Mattermost refuses the bot's account: posts wait until CECOIA_MATTERMOST_TOKEN is renewed, or the account activated")
	case accepted && w.refused:
		w.log.Info("Mattermost takes the bot's account again")
	}
	w.known, w.refused = true, !accepted
}
