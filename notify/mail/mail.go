// Package mail tells people by mail: it words a notice as a letter, writes it
// as a message (RFC 5322, MIME) and hands it to the academy's mail server by
// SMTP over connections kept alive.
//
// letter.go says what is told, compose.go how it is written, pool.go and
// server.go how it is sent. What must not live here: who is told, retries and
// their times (notify), reading mail (ingest/mail), and words for people (they
// are in tickets/locale).
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"cecoia.example/notify"
	"cecoia.example/tickets"
)

// Options are what a Mailer is made of.
type Options struct {
	Portal  tickets.Portal   // required
	Keyring *tickets.Keyring // required
	// Servers returns the mail server of an academy as a URL:
	// smtp://user:password@host:port with STARTTLS required, smtps:// with TLS
	// from the start, smtp://…?tls=none in the clear. It is asked for each mail.
	// Required.
	Servers func(tickets.AcademyID) string

	// MaxConns is how many connections a server gets at once. Default 4.
	MaxConns int
	// MaxIdle is how long an unused connection is kept. Default 30 s.
	MaxIdle time.Duration
	// MaxMails is how many mails one connection carries. Default 100.
	MaxMails int
	// ConnectTimeout bounds connecting, TLS, greeting and sign-in together.
	// Default 10 s.
	ConnectTimeout time.Duration
	// CommandTimeout bounds the answer to one command. Default 30 s.
	CommandTimeout time.Duration
	// DataTimeout bounds the answer to a whole message. Default 60 s.
	DataTimeout time.Duration
	// Hostname is what we call ourselves in EHLO. Default the machine's name.
	Hostname string
	// TLS adds to how servers are verified, a private authority for example; the
	// name to verify is set from the URL. Default the system's authorities.
	TLS *tls.Config

	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Logger receives one line when a server goes away and one when it is back;
	// slog.Default() when nil.
	Logger *slog.Logger
}

// Mailer sends notices by mail. It is safe for concurrent use.
type Mailer struct {
	opts Options

	mu      sync.Mutex
	servers map[string]*server // by URL
}

var _ notify.Channel = (*Mailer)(nil)

// New returns a mailer. It connects to nothing yet.
func New(o Options) (*Mailer, error) {
	if o.Keyring == nil || o.Servers == nil || o.Portal.Base == "" {
		return nil, errors.New("mail.New: Portal, Keyring and Servers are required")
	}
	setDefault(&o.MaxConns, 4)
	setDefault(&o.MaxIdle, 30*time.Second)
	setDefault(&o.MaxMails, 100)
	setDefault(&o.ConnectTimeout, 10*time.Second)
	setDefault(&o.CommandTimeout, 30*time.Second)
	setDefault(&o.DataTimeout, 60*time.Second)
	if o.Hostname == "" {
		name, err := os.Hostname()
		if err != nil || name == "" {
			name = "localhost"
		}
		o.Hostname = name
	}
	if o.TLS == nil {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Mailer{opts: o, servers: map[string]*server{}}, nil
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Send writes the notice as a mail and hands it to the academy's server. The
// same notice gives the same mail, Message-ID included. A refusal of the
// recipient or of the message for good (5xx) is permanent; a server that is
// away, refuses for now (4xx) or refuses us (our sign-in, our sender address) is
// tried again; one that falls silent after the message leaves it uncertain.
func (m *Mailer) Send(ctx context.Context, n tickets.Notice) tickets.Receipt {
	msg, err := compose(n, m.opts.Portal, m.opts.Keyring)
	if err != nil {
		return tickets.Receipt{Outcome: tickets.Permanent, Err: err.Error()}
	}
	s, err := m.server(m.opts.Servers(n.Academy.ID))
	if err != nil {
		return tickets.Receipt{Outcome: tickets.Retry, Err: err.Error()} // a setting, for the administrator to mend
	}
	if outcome, err := s.send(ctx, msg); err != nil {
		return tickets.Receipt{Outcome: outcome, Err: err.Error()}
	}
	r := tickets.Receipt{Outcome: tickets.Delivered}
	if n.Thread == "" && n.Template != tickets.TemplateGuidance {
		r.Thread = msg.id
	}
	return r
}

// server returns the pool of a URL, made at its first use.
func (m *Mailer) server(url string) (*server, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.servers[url]; ok {
		return s, nil
	}
	e, err := parseServer(url)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	s := newServer(e, m.opts)
	m.servers[url] = s
	return s, nil
}

// Close says goodbye to the servers. No Send may be under way or follow.
func (m *Mailer) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	var leaving sync.WaitGroup
	for _, s := range m.servers {
		leaving.Go(func() { s.closeIdle(0) })
	}
	leaving.Wait()
}
