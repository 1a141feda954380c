// Package redis runs the Redis of the demo and of the tests: in process
// (StartEmbedded, the default when no Redis address is configured) or the real
// redis-server as a child process (StartServer, for tests and drills).
//
// It knows nothing of what is stored there: that is ingest and notify.
package redis

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// Options says where a Redis listens.
type Options struct {
	// Addr is a loopback address, as 127.0.0.1:6379. Default: a free port for
	// the embedded one, a Unix socket in a folder of its own for a Server.
	Addr string
	// Logger receives what redis-server reports; the embedded one reports
	// nothing. Default: discarded.
	Logger *slog.Logger
}

// An Embedded is a Redis inside this process. It forgets everything when
// closed: Redis only wakes workers, Postgres decides.
type Embedded struct {
	redis    *miniredis.Miniredis
	password string
	stop     chan struct{}
	ticking  sync.WaitGroup
	close    sync.Once
}

// StartEmbedded starts a Redis inside this process. A random password, part of
// URL, keeps the machine's other users out. The error of a port in use names
// the address.
func StartEmbedded(ctx context.Context, opts Options) (*Embedded, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("redis.StartEmbedded: %w", err)
	}
	if opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
	e := &Embedded{redis: miniredis.NewMiniRedis(), password: rand.Text(), stop: make(chan struct{})}
	e.redis.RequireAuth(e.password)
	if err := e.redis.StartAddr(opts.Addr); err != nil {
		return nil, fmt.Errorf("redis.StartEmbedded: listening on %s: %w", opts.Addr, err)
	}
	e.ticking.Add(1)
	go e.tick()
	return e, nil
}

// tick makes keys expire: miniredis only counts the time it is told of.
func (e *Embedded) tick() {
	defer e.ticking.Done()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-e.stop:
			return
		case now := <-ticker.C:
			e.redis.FastForward(now.Sub(last))
			last = now
		}
	}
}

// URL returns the address with its password, as go-redis' ParseURL reads it.
func (e *Embedded) URL() string {
	u := url.URL{Scheme: "redis", User: url.UserPassword("", e.password), Host: e.redis.Addr(), Path: "/0"}
	return u.String()
}

// Close ends the server and its connections. A second call does nothing.
func (e *Embedded) Close() {
	e.close.Do(func() {
		close(e.stop)
		e.ticking.Wait()
		e.redis.Close()
	})
}
