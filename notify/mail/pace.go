package mail

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace keeps to the number of mails per minute that a server takes from us. Who
// comes a moment too early waits; the others are told when to come back, each at
// a moment of their own, so that they hold no place meanwhile.
type pace struct {
	limiter  *rate.Limiter
	interval time.Duration

	mu   sync.Mutex
	last time.Time // the latest moment that somebody was told
}

// newPace lets so many mails pass in a minute, of which a few at once; 0 is no
// limit.
func newPace(perMinute, atOnce int) *pace {
	if perMinute == 0 {
		return &pace{limiter: rate.NewLimiter(rate.Inf, 0)}
	}
	interval := time.Minute / time.Duration(perMinute)
	return &pace{limiter: rate.NewLimiter(rate.Every(interval), min(atOnce, perMinute)), interval: interval}
}

// tooSoon is the refusal of a mail that would be one too many, with the moment to
// try again.
type tooSoon struct{ at time.Time }

// Error tells the moment.
func (e tooSoon) Error() string {
	return fmt.Sprintf("as many mails as it takes in a minute are sent: this one is for %s", e.at.UTC().Format(time.RFC3339))
}

// wait returns nil when a mail may be sent, after patience at most, or [tooSoon].
func (p *pace) wait(ctx context.Context, clock func() time.Time, patience time.Duration) error {
	now := clock()
	reserved := p.limiter.ReserveN(now, 1)
	delay := reserved.DelayFrom(now)
	if delay == 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); delay > patience || ok && time.Until(deadline) < delay {
		reserved.CancelAt(now)
		return tooSoon{p.next(now.Add(delay))}
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		reserved.CancelAt(clock())
		return fmt.Errorf("waiting for its turn: %w", ctx.Err())
	}
}

// next returns the first moment from the given one on that nobody else was told.
func (p *pace) next(from time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if after := p.last.Add(p.interval); after.After(from) {
		from = after
	}
	p.last = from
	return from
}
