package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// latency is what a turn, or the median of several, took per operation.
type latency struct{ p50, p99 time.Duration }

// enough is how many operations a turn ends with, when it has not taken its
// time; few is how many it has whatever the time. Under a hundred the p99 is
// the slowest.
const (
	enough = 1000
	few    = 3
)

// turn runs op again and again, as many at once as told, until the time is up.
// The first error ends it.
func turn(ctx context.Context, atOnce int, length time.Duration, op func(context.Context) error) (latency, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	until := time.Now().Add(length)
	for range atOnce {
		wg.Go(func() {
			for {
				began := time.Now()
				if err := op(ctx); err != nil {
					cancel(err)
					return
				}
				now := time.Now()
				mu.Lock()
				took = append(took, now.Sub(began))
				done := len(took) >= enough || len(took) >= few && now.After(until)
				mu.Unlock()
				if done || ctx.Err() != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return latency{}, err
	}
	return latency{p50: percentile(took, 50), p99: percentile(took, 99)}, nil
}

// takeTurns gives each operation a turn, A B C A B C…, and returns the medians
// of each: what disturbs the machine for a while disturbs them all.
func (b *bench) takeTurns(ctx context.Context, atOnce int, ops ...func(context.Context) error) ([]latency, error) {
	p50, p99 := make([][]time.Duration, len(ops)), make([][]time.Duration, len(ops))
	for round := range b.Rounds {
		for i, op := range ops {
			l, err := turn(ctx, atOnce, b.Turn, op)
			if err != nil {
				return nil, fmt.Errorf("round %d: %w", round+1, err)
			}
			p50[i], p99[i] = append(p50[i], l.p50), append(p99[i], l.p99)
		}
	}
	out := make([]latency, len(ops))
	for i := range ops {
		out[i] = latency{median(p50[i]), median(p99[i])}
	}
	return out, nil
}
