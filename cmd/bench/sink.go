package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// sink is a mail server that takes every mail, and keeps nothing but how many
// there were, when they came, and the latest.
type sink struct {
	addr   string
	server *smtp.Server

	mu     sync.Mutex
	count  int
	until  int           // so many are waited for
	all    chan struct{} // closes when they have come
	sample []byte
	// awaited are the tickets of which a mail is waited for; come, those of which
	// one has come.
	awaited map[string]chan time.Time
	come    map[string]time.Time
}

func openSink(ctx context.Context) (*sink, error) {
	s := &sink{awaited: map[string]chan time.Time{}, come: map[string]time.Time{}, all: make(chan struct{})}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return sinkSession{s}, nil }))
	s.server.Domain = "sink.example"
	s.server.ErrorLog = log.New(io.Discard, "", 0) // of clients that went away
	l, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	s.addr = l.Addr().String()
	go func() { _ = s.server.Serve(l) }() // always ends with an error: that it was closed
	return s, nil
}

func (s *sink) close() { _ = s.server.Close() }

// expect has what comes from now on counted, and not awaited by its ticket, and
// returns a func that waits until n have come. 0 ends that.
func (s *sink) expect(n int) func(context.Context) error {
	all := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count, s.until, s.all = 0, n, all
	return func(ctx context.Context) error {
		select {
		case <-all:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// latest returns the mail that came last.
func (s *sink) latest() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sample
}

// await returns when the mail about that ticket came.
func (s *sink) await(ctx context.Context, ticket string) (time.Time, error) {
	s.mu.Lock()
	if at, ok := s.come[ticket]; ok {
		delete(s.come, ticket)
		s.mu.Unlock()
		return at, nil
	}
	coming := make(chan time.Time, 1)
	s.awaited[ticket] = coming
	s.mu.Unlock()
	select {
	case at := <-coming:
		return at, nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	case <-time.After(time.Minute):
		return time.Time{}, fmt.Errorf("no mail about %s in a minute", ticket)
	}
}

// took notes a mail that was taken.
func (s *sink) took(mail []byte) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sample = mail
	if s.until > 0 {
		if s.count++; s.count == s.until {
			close(s.all)
		}
		return
	}
	_, after, _ := bytes.Cut(mail, []byte("\nSubject: ["))
	ticket, _, _ := bytes.Cut(after, []byte("]"))
	if coming, ok := s.awaited[string(ticket)]; ok {
		delete(s.awaited, string(ticket))
		coming <- now
		return
	}
	s.come[string(ticket)] = now
}

// sinkSession is one connection to the sink.
type sinkSession struct{ *sink }

// Mail takes any sender.
func (sinkSession) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt takes any recipient.
func (sinkSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Data reads the mail and takes it.
func (s sinkSession) Data(r io.Reader) error {
	var mail bytes.Buffer
	mail.Grow(16 << 10)
	if _, err := io.Copy(&mail, r); err != nil {
		return err
	}
	s.took(mail.Bytes())
	return nil
}

// Reset forgets nothing: nothing is kept.
func (sinkSession) Reset() {}

// Logout ends the session.
func (sinkSession) Logout() error { return nil }

// bareMail is a pool of SMTP connections that sends mails and does nothing else.
type bareMail []*smtp.Client

// dialBare opens so many connections to the sink.
func dialBare(addr string, connections int) (bareMail, error) {
	var pool bareMail
	for range connections {
		c, err := smtp.Dial(addr)
		if err != nil {
			return nil, errors.Join(err, pool.close())
		}
		pool = append(pool, c)
		if err := c.Hello("bench.example"); err != nil {
			return nil, errors.Join(err, pool.close())
		}
	}
	return pool, nil
}

func (p bareMail) close() (err error) {
	for _, c := range p {
		err = errors.Join(err, c.Quit())
	}
	return err
}

// transact sends one mail on one connection.
func (p bareMail) transact(on int, mail []byte) error {
	c := p[on]
	if err := c.Mail("bench@creteil.example", nil); err != nil {
		return err
	}
	if err := c.Rcpt("personne@creteil.example", nil); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(mail); err != nil {
		return err
	}
	return w.Close()
}

// burst sends the mail so many times, on all connections at once.
func (p bareMail) burst(mail []byte, count int) error {
	failed := make(chan error, len(p))
	for on := range p {
		go func() {
			for n := on; n < count; n += len(p) {
				if err := p.transact(on, mail); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	var err error
	for range p {
		err = errors.Join(err, <-failed)
	}
	return err
}
