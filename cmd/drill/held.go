package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// held is what a gateway holds when a load has just ended.
type held struct {
	goroutines int
	files      int // descriptors, without the connections to Postgres and Redis
	postgres   int // connections, of all gateways
	redis      int
}

// The pools open connections as they need them and keep those: up to so many are
// no leak.
const (
	mostPostgres = 34 // the pool of cmd/cecoia, and a migration's or a lock's own
	mostRedis    = 50 // two pools of 10 a core, and subscriptions
	// slack is how much the rest may differ between two such moments: kept-alive
	// connections to mail and chat, with who reads and writes them.
	slack = 16
)

// held counts what the first gateway holds.
func (s *site) held(ctx context.Context) (held, error) {
	figures, err := s.gateways[0].Figures(ctx)
	if err != nil {
		return held{}, err
	}
	h := held{goroutines: int(figures["go_goroutines"])}
	h.postgres, err = s.count(ctx, `SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = current_database()
		AND pid <> pg_backend_pid() AND application_name <> 'drill'`)
	if err != nil {
		return held{}, err
	}
	clients, err := s.redisDo(ctx, "CLIENT", "LIST")
	if err != nil {
		return held{}, err
	}
	h.redis = strings.Count(clients, "id=") - strings.Count(clients, "cmd=client") // without our own
	h.files = int(figures["process_open_fds"]) - h.postgres - h.redis
	return h, nil
}

// warm runs a load on which nothing breaks, and takes what the gateway holds
// after it as what it may hold after any other.
func (s *site) warm(ctx context.Context, p pace) error {
	s.rows++
	l, err := startLoad(ctx, s, p)
	if err != nil {
		return err
	}
	pause(ctx, 3*time.Second)
	l.end()
	if _, err := s.settle(ctx); err != nil {
		return err
	}
	s.usual, err = s.held(ctx)
	return err
}

// leaks waits until the gateway holds what is usual, and says what it holds
// beyond when it never does.
func (s *site) leaks(ctx context.Context) ([]string, error) {
	began := time.Now()
	for {
		now, err := s.held(ctx)
		if err != nil && ctx.Err() == nil && time.Since(began) < 45*time.Second {
			pause(ctx, 250*time.Millisecond) // it is too busy to tell
			continue
		}
		if err != nil {
			return nil, err
		}
		var grown []string
		check := func(what string, now, most int) {
			if now > most {
				grown = append(grown, fmt.Sprintf("%d %s are held, at most %d are expected", now, what, most))
			}
		}
		check("goroutines", now.goroutines, s.usual.goroutines+slack)
		check("descriptors", now.files, s.usual.files+slack)
		check("connections to Postgres", now.postgres, mostPostgres)
		check("connections to Redis", now.redis, mostRedis)
		if len(grown) == 0 || time.Since(began) > 45*time.Second {
			return grown, nil
		}
		pause(ctx, 250*time.Millisecond)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}
