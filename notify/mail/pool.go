package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"cecoia.example/tickets"
)

const (
	// probeAfter is how long a connection may rest before it is asked whether it
	// is still there.
	probeAfter = 2 * time.Second
	// longestAnswer is how much of a server's answer is logged, in bytes.
	longestAnswer = 200
	// farewell bounds the QUIT of a connection that is given up.
	farewell = time.Second
	// firstRest and longestRest bound how long a server that does not answer is
	// left alone. Meanwhile mails for it fail at once, so that they do not take
	// the places of those for other servers.
	firstRest, longestRest = time.Second, 30 * time.Second
)

// server is a mail server with its kept-alive connections.
type server struct {
	endpoint endpoint
	account  Account
	opts     Options
	slots    chan struct{} // one token per connection in use
	pace     *pace

	away atomic.Bool // it did not let us in, and has taken no mail since

	mu       sync.Mutex
	idle     []*conn // the most recently used last
	failures int     // attempts to connect since one succeeded
	rest     time.Time
	sweep    *time.Timer // says goodbye to the idle when no mail comes
	closed   bool
	leaving  sync.WaitGroup // connections saying goodbye
}

func newServer(e endpoint, a Account, o Options) *server {
	if e.connections == 0 {
		e.connections = o.MaxConns
	}
	s := &server{endpoint: e, account: a, opts: o, slots: make(chan struct{}, e.connections), pace: newPace(e.perMinute, e.connections)}
	s.sweep = time.AfterFunc(o.MaxIdle, func() { s.closeIdle(o.MaxIdle) })
	return s
}

// send hands one message over. With an error it says what to make of it.
func (s *server) send(ctx context.Context, m mail) (tickets.Outcome, error) {
	release, err := s.enter(ctx)
	if err != nil {
		return tickets.Deferred, fmt.Errorf("mail server: %w", err)
	}
	defer release()
	if err := s.pace.wait(ctx, s.opts.Now, s.opts.Patience); err != nil {
		return tickets.Deferred, fmt.Errorf("mail server: %w", err)
	}
	for {
		c, fresh, err := s.take(ctx)
		if err != nil {
			return tickets.Retry, fmt.Errorf("mail server: %w", err)
		}
		var outcome tickets.Outcome
		var said string
		usable := c.within(ctx, func() { outcome, said, err = c.transmit(m) })
		s.put(ctx, c, usable, err)
		if err == nil && s.opts.Logger.Enabled(ctx, slog.LevelDebug) {
			s.opts.Logger.Debug("mail: taken by the server", "trace", tickets.TraceOf(ctx).ID(),
				"message", m.id, "server", s.endpoint.addr, "answer", said[:min(len(said), longestAnswer)])
		}
		if errors.Is(err, errSessionGone) && ctx.Err() == nil {
			if !fresh {
				// A server may close a connection at any moment between two
				// mails: that it did is learnt at the first command.
				continue
			}
			s.connected(err) // it let us in for nothing
		}
		if outcome == tickets.Delivered && s.away.CompareAndSwap(true, false) && s.opts.Back != nil {
			s.opts.Back()
		}
		return outcome, err
	}
}

// enter waits for one of the server's connections, not for ever: whoever waits
// here keeps mails for other servers waiting behind it.
func (s *server) enter(ctx context.Context) (release func(), err error) {
	release = func() { <-s.slots }
	select {
	case s.slots <- struct{}{}:
		return release, nil
	default:
	}
	patience := time.NewTimer(s.opts.Patience)
	defer patience.Stop()
	select {
	case s.slots <- struct{}{}:
		return release, nil
	case <-patience.C:
		return nil, errors.New("all connections are busy")
	case <-ctx.Done():
		return nil, fmt.Errorf("all connections are busy: %w", ctx.Err())
	}
}

// take returns an idle connection that still answers, or a fresh one.
func (s *server) take(ctx context.Context) (c *conn, fresh bool, err error) {
	s.closeIdle(s.opts.MaxIdle)
	for {
		s.mu.Lock()
		now := s.opts.Now()
		if len(s.idle) == 0 {
			rest := s.rest
			s.mu.Unlock()
			if now.Before(rest) {
				return nil, false, errors.New("it did not answer a moment ago and is left alone")
			}
			c, err := s.dial(ctx)
			if err == nil || !errors.Is(ctx.Err(), context.Canceled) { // else it was us who went away
				s.connected(err)
			}
			return c, true, err
		}
		c := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		s.mu.Unlock()
		if now.Sub(c.since) < probeAfter {
			return c, false, nil
		}
		probe, cancel := context.WithTimeout(ctx, s.opts.ConnectTimeout)
		var failed error
		usable := c.within(probe, func() { failed = c.Noop() })
		cancel()
		if usable && failed == nil {
			return c, false, nil
		}
		_ = c.wire.Close()
	}
}

// connected keeps count of failures to connect, and logs the first and the end.
func (s *server) connected(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		if s.failures > 0 {
			s.opts.Logger.Info("mail: the server answers again", "server", s.endpoint.addr)
		}
		s.failures = 0
		return
	}
	if s.failures == 0 {
		s.opts.Logger.Error("mail: the server does not let us in; mails wait", "server", s.endpoint.addr, "error", err)
	}
	s.away.Store(true)
	s.rest = s.opts.Now().Add(min(firstRest<<min(s.failures, 10), longestRest))
	s.failures++
}

// put keeps the connection for the next mail, or ends it.
func (s *server) put(ctx context.Context, c *conn, usable bool, err error) {
	var refusal *smtp.SMTPError
	switch {
	case !usable, err != nil && (!errors.As(err, &refusal) || refusal.Code == 421):
		_ = c.wire.Close()
		return
	case err != nil:
		var failed error
		if !c.within(ctx, func() { failed = c.Reset() }) || failed != nil {
			_ = c.wire.Close()
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.mails++
	c.since = s.opts.Now()
	if s.closed || c.mails >= s.opts.MaxMails || c.since.Sub(c.born) >= s.opts.MaxAge {
		s.leaving.Go(func() { quit(c) })
		return
	}
	s.idle = append(s.idle, c)
	s.sweep.Reset(s.opts.MaxIdle)
}

// closeIdle says goodbye on connections idle for that long, without waiting for
// the server's.
func (s *server) closeIdle(idle time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.idle[:0]
	for _, c := range s.idle {
		if s.opts.Now().Sub(c.since) < idle {
			kept = append(kept, c)
			continue
		}
		s.leaving.Go(func() { quit(c) })
	}
	clear(s.idle[len(kept):])
	s.idle = kept
}

// close says goodbye on all connections; a silent server costs one farewell.
func (s *server) close() {
	s.mu.Lock()
	s.closed = true
	s.sweep.Stop()
	s.mu.Unlock()
	s.closeIdle(0)
	s.leaving.Wait()
}

func quit(c *conn) {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	c.within(ctx, func() { _ = c.Quit() })
	_ = c.wire.Close()
}
