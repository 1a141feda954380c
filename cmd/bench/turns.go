package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
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
	return latencyOf(took), nil
}

// latencyOf sorts what operations took, at least one of them.
func latencyOf(took []time.Duration) latency {
	return latency{p50: percentile(took, 50), p99: percentile(took, 99)}
}

// perSecond is how many operations a second were done, so many at once without
// a pause, that each took so long.
func perSecond(took []time.Duration, atOnce int) float64 {
	var all time.Duration
	for _, t := range took {
		all += t
	}
	return float64(atOnce*len(took)) / all.Seconds()
}

// perSecondSince is how many of so many operations a second were done since then.
func perSecondSince(count int, began time.Time) float64 {
	return float64(count) / time.Since(began).Seconds()
}

// medians are those of several turns.
func medians(of []latency) latency {
	p50, p99 := make([]time.Duration, len(of)), make([]time.Duration, len(of))
	for i, l := range of {
		p50[i], p99[i] = l.p50, l.p99
	}
	return latency{median(p50), median(p99)}
}

// steadyRate is how many operations a second are to be sustained.
const steadyRate = 200

// sustain starts an operation [steadyRate] times a second, whether the ones before
// have ended or not, and measures each from the moment it was due: an operation
// that holds others up counts for them, too. The first error ends it.
func sustain(ctx context.Context, length time.Duration, op func(context.Context) error) (latency, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	took := make([]time.Duration, max(int(length.Seconds()*steadyRate), few))
	began := time.Now()
	var wg sync.WaitGroup
	for i := range took {
		due := began.Add(time.Duration(i) * time.Second / steadyRate)
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			if err := op(ctx); err != nil {
				cancel(err)
			}
			took[i] = time.Since(due)
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return latency{}, err
	}
	return latencyOf(took), nil
}

// throughput runs op again and again, as many at once as told, and returns how
// many a second were done. The first error ends it.
func throughput(ctx context.Context, atOnce int, length time.Duration, op func(context.Context) error) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var done atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range atOnce {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := op(ctx); err != nil {
					cancel(err)
					return
				}
				done.Add(1)
				if time.Since(began) > length {
					return
				}
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	return float64(done.Load()) / time.Since(began).Seconds(), nil
}

// takeTurns gives each operation a turn, A B C A B C…, and returns the medians
// of each: what disturbs the machine for a while disturbs them all. They are long
// ones, as the slowest of a hundred are asked for.
func (b *bench) takeTurns(ctx context.Context, ops ...func(context.Context) error) ([]latency, error) {
	turns := make([][]latency, len(ops))
	for round := range b.Rounds {
		for i, op := range ops {
			l, err := turn(ctx, 1, 2*b.Turn, op)
			if err != nil {
				return nil, fmt.Errorf("round %d: %w", round+1, err)
			}
			turns[i] = append(turns[i], l)
		}
	}
	out := make([]latency, len(ops))
	for i := range ops {
		out[i] = medians(turns[i])
	}
	return out, nil
}
