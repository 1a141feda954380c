package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// comeback has what waits on a channel tried again as soon as the channel is
// back, not when its turn comes: after a long outage that is up to a quarter of
// an hour away.
type comeback struct {
	db   *postgres.DB
	now  func() time.Time
	log  *slog.Logger
	mail chan struct{} // rings when a mail server takes mail again
}

// mailBack says that a mail server takes mail again. It never blocks.
func (c *comeback) mailBack() {
	select {
	case c.mail <- struct{}{}:
	default:
	}
}

// run waits for mail servers that come back, until ctx ends.
func (c *comeback) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.mail:
			c.retry(ctx, tickets.Mail)
		}
	}
}

// retry has what waits on the channel tried now, of every academy.
func (c *comeback) retry(ctx context.Context, ch tickets.Channel) {
	academies, err := c.db.Academies(ctx)
	waited := 0
	for _, a := range academies {
		n, e := c.db.RetryNow(ctx, a.ID, ch, c.now())
		waited, err = waited+n, errors.Join(err, e)
	}
	if err != nil && ctx.Err() == nil {
		c.log.Warn("what waits is sent when its turn comes", "channel", ch, "error", err)
	}
	if waited > 0 {
		c.log.Info("the channel is back: what waited is sent", "channel", ch, "count", waited)
	}
}
