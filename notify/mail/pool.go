package mail

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"cecoia.example/tickets"
)

const (
	// probeAfter is how long a connection may rest before it is asked whether it
	// is still there.
	probeAfter = 2 * time.Second
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
	opts     Options
	slots    chan struct{} // one token per connection in use

	mu       sync.Mutex
	idle     []*conn // the most recently used last
	failures int     // attempts to connect since one succeeded
	rest     time.Time
}

func newServer(e endpoint, o Options) *server {
	return &server{endpoint: e, opts: o, slots: make(chan struct{}, o.MaxConns)}
}

// send hands one message over. With an error it says what to make of it.
func (s *server) send(ctx context.Context, m mail) (tickets.Outcome, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return tickets.Retry, fmt.Errorf("mail server: all connections are busy: %w", ctx.Err())
	}
	for {
		c, fresh, err := s.take(ctx)
		if err != nil {
			return tickets.Retry, fmt.Errorf("mail server: %w", err)
		}
		var outcome tickets.Outcome
		usable := c.within(ctx, func() { outcome, err = c.transmit(m) })
		s.put(ctx, c, usable, err)
		// A server may close a connection at any moment between two mails: that
		// it did is learnt at the first command.
		if errors.Is(err, errSessionGone) && !fresh && ctx.Err() == nil {
			continue
		}
		return outcome, err
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
			if !errors.Is(ctx.Err(), context.Canceled) { // else it was us who went away
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
	c.mails++
	if c.mails >= s.opts.MaxMails {
		quit(c)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.since = s.opts.Now()
	s.idle = append(s.idle, c)
}

// closeIdle says goodbye on connections idle for that long.
func (s *server) closeIdle(idle time.Duration) {
	s.mu.Lock()
	var old, kept []*conn
	for _, c := range s.idle {
		if s.opts.Now().Sub(c.since) >= idle {
			old = append(old, c)
		} else {
			kept = append(kept, c)
		}
	}
	s.idle = kept
	s.mu.Unlock()
	var leaving sync.WaitGroup
	for _, c := range old {
		leaving.Go(func() { quit(c) }) // a silent server costs one farewell, not one each
	}
	leaving.Wait()
}

func quit(c *conn) {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	c.within(ctx, func() { _ = c.Quit() })
	_ = c.wire.Close()
}

// errSessionGone says that the connection failed before the message began.
var errSessionGone = errors.New("the connection is gone")

// transmit carries one message and says what to make of an error. Up to the
// final dot the server has not accepted it; from there to its answer nobody
// knows.
func (c *conn) transmit(m mail) (tickets.Outcome, error) {
	var opts *smtp.MailOptions
	if !ascii(m.to) {
		if ok, _ := c.Extension("SMTPUTF8"); !ok {
			return tickets.Permanent, errors.New("the mail server takes no address outside ASCII")
		}
		opts = &smtp.MailOptions{UTF8: true}
	}
	if err := c.Mail(m.from, opts); err != nil {
		if code := codeOf(err); code == 0 || code == 421 {
			err = errors.Join(errSessionGone, err)
		}
		return tickets.Retry, fmt.Errorf("MAIL: %w", err) // it refuses us, not the mail
	}
	if err := c.Rcpt(m.to, nil); err != nil {
		return outcomeOf(err, tickets.Retry), fmt.Errorf("RCPT: %w", err)
	}
	w, err := c.Data()
	if err != nil {
		return outcomeOf(err, tickets.Retry), fmt.Errorf("DATA: %w", err)
	}
	if _, err := w.Write(m.data); err != nil {
		return tickets.Retry, fmt.Errorf("message: %w", err)
	}
	if _, err := w.CloseWithResponse(); err != nil {
		return outcomeOf(err, tickets.Uncertain), fmt.Errorf("end of message: %w", err)
	}
	return tickets.Delivered, nil
}

func codeOf(err error) int {
	var refusal *smtp.SMTPError
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return 0
}

// outcomeOf reads a reply code (RFC 5321 section 4.2.1, RFC 4954 section 6 for
// those that ask us to sign in); silent is what a failure without one means.
func outcomeOf(err error, silent tickets.Outcome) tickets.Outcome {
	switch code := codeOf(err); {
	case code == 0:
		return silent
	case code == 530, code == 534, code == 535, code == 538:
		return tickets.Retry
	case code >= 500:
		return tickets.Permanent
	}
	return tickets.Retry
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
