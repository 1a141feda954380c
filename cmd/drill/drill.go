package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cecoia.example/deploy/local/gateway"
)

const (
	// before and after are how long the load runs around a fault.
	before, after = time.Second, 2 * time.Second
	// settleWithin is how long what is owed may take to arrive once everything
	// works again: a killed worker's lease, and the longest backoff so far.
	settleWithin = 3 * time.Minute
)

// drill deals the faults one after the other under one load, waits until nothing
// is owed, and tells what became of it.
func (s *site) drill(ctx context.Context, p pace, quick bool, struck ...fault) (row, error) {
	s.rows++
	r := row{name: struck[0].name}
	if len(struck) > 1 {
		r.name = fmt.Sprintf("%d faults", len(struck))
	}
	may := fault{}
	for _, f := range struck {
		if f.prepare != nil {
			if err := f.prepare(ctx, s); err != nil {
				return r, fmt.Errorf("preparing %s: %w", f.name, err)
			}
		}
		may.full = may.full || f.full
		may.gone, may.away, may.doubles, may.refuses = may.gone || f.gone, may.away || f.away, may.doubles || f.doubles, may.refuses || f.refuses
	}
	l, err := startLoad(ctx, s, p)
	if err != nil {
		return r, err
	}
	looking, endLook := context.WithCancel(ctx)
	defer endLook()
	var w watch
	looked := make(chan struct{})
	visitor := newBrowser(newFront(s, func(a gateway.Addresses) string { return a.Portal }), requester(0))
	if err := visitor.signIn(ctx); err != nil {
		return r, err
	}
	go func() { defer close(looked); w.run(looking, visitor) }()

	pause(ctx, before)
	var dealt error
	for _, f := range struck {
		if dealt = s.deal(ctx, f, blow{quick: quick, load: l}); dealt != nil {
			break
		}
	}
	pause(ctx, after)
	l.end()
	endLook()
	<-looked
	visitor.client.CloseIdleConnections()
	if err := errors.Join(dealt, ctx.Err()); err != nil {
		return r, err
	}
	settled, err := s.settle(ctx)
	if err != nil {
		return r, err
	}
	r.settled = settled
	if err := s.tally(ctx, l, &r); err != nil {
		return r, err
	}
	if err := s.documents(ctx, l, &r); err != nil {
		return r, err
	}
	r.judge(may, l, &w)
	left, err := s.leaks(ctx)
	if err != nil {
		return r, err
	}
	r.broken = append(r.broken, left...)
	return r, nil
}

// deal breaks one thing and mends it.
func (s *site) deal(ctx context.Context, f fault, b blow) error {
	lasts := f.lasts
	if b.quick {
		lasts = f.quick
	}
	if f.begin != nil {
		if err := f.begin(ctx, s, b); err != nil {
			return fmt.Errorf("breaking %s: %w", f.name, err)
		}
	}
	pause(ctx, lasts)
	if f.end != nil {
		if err := f.end(ctx, s, b); err != nil {
			return fmt.Errorf("mending %s: %w", f.name, err)
		}
	}
	return nil
}

// settle waits until nothing is owed and no command waits, and returns how long
// that took.
func (s *site) settle(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	for ctx.Err() == nil {
		owed, err := s.count(ctx, `SELECT (SELECT count(*) FROM deliveries WHERE academy = $1) + (SELECT count(*) FROM commands WHERE academy = $1 AND NOT finished)`, academy)
		if err == nil && owed == 0 || time.Since(began) > settleWithin {
			return time.Since(began), err // what is still owed is lost, as the tally says
		}
		pause(ctx, 50*time.Millisecond)
	}
	return 0, ctx.Err()
}
