// Package mail tells people by mail: it words a notice as a letter, writes it
// as a message (RFC 5322, MIME) and hands it to the academy's mail server by
// SMTP over connections kept alive.
//
// letter.go and guidance.go say what is told, letter.html and text.go show it,
// header.go and compose.go write the message, dkim.go signs it.
// pool.go keeps the connections, pace.go the server's rate; server.go connects,
// signin.go proves who we are, transmit.go carries one message and reads the
// answers. What must not live here: who is told, retries and their times
// (notify), reading mail (ingest/mail), and words for people (they are in
// tickets/locale).
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"cecoia.example/notify"
	"cecoia.example/tickets"
)

// Options are what a Mailer is made of.
type Options struct {
	Portal  tickets.Portal   // required
	Keyring *tickets.Keyring // required
	// Accounts returns how an academy's mail leaves. It is asked for each mail;
	// accounts with the same URL share their connections. Required.
	Accounts func(tickets.AcademyID) Account

	// Refused is told of an address that a server says there is no mail for, as it
	// is written to. Default: nobody is told.
	Refused func(context.Context, tickets.Bounce)
	// Back is told that a server which did not let us in has taken a mail again.
	// It must not block. Default: nobody is told.
	Back func()

	// MaxConns is how many connections a server gets at once, unless its URL
	// says. Default 4.
	MaxConns int
	// MaxIdle is how long an unused connection is kept. Default 30 s.
	MaxIdle time.Duration
	// MaxAge is how long a connection is used. Default 10 min.
	MaxAge time.Duration
	// MaxMails is how many mails one connection carries. Default 100.
	MaxMails int
	// Patience is how long a mail waits for a free connection, or for its turn
	// where the server's rate is limited, before it is put off. Default 5 s.
	Patience time.Duration
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

// Account is how an academy's mail leaves: by which server, as whom, signed or
// not.
type Account struct {
	// URL describes the server: smtp://user:password@host:port with STARTTLS
	// required, smtps:// with TLS from the start, smtp://…?tls=none in the clear
	// (and then without a user, unless it is this machine). After the ?, joined
	// by &: auth is plain, login or xoauth2 (without: XOAUTH2 when there is a
	// token, else PLAIN, or LOGIN where the server takes no PLAIN); connections
	// is how many it gets at once; per_minute is how many mails it takes in a
	// minute (without: as many as it can).
	URL string
	// Token returns the OAuth 2.0 access token for XOAUTH2, "" for none. It is
	// asked at each sign-in, as tokens are short-lived. nil for none.
	Token func() (string, error)
	// DKIM signs the mails; nil leaves that to the server.
	DKIM *Signer
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
	if o.Keyring == nil || o.Accounts == nil || o.Portal.Base == "" {
		return nil, errors.New("mail.New: Portal, Keyring and Accounts are required")
	}
	setDefault(&o.MaxConns, 4)
	setDefault(&o.MaxIdle, 30*time.Second)
	setDefault(&o.MaxAge, 10*time.Minute)
	setDefault(&o.MaxMails, 100)
	setDefault(&o.Patience, 5*time.Second)
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
	if strings.ContainsFunc(o.Hostname, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("mail.New: %q is no name to present oneself with", o.Hostname)
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
// tried again; one that falls silent after the message leaves it uncertain. What
// finds no free connection, or would be more than the server takes in a minute,
// is deferred.
func (m *Mailer) Send(ctx context.Context, n tickets.Notice) tickets.Receipt {
	msg, err := compose(n, m.opts.Portal, m.opts.Keyring)
	if err != nil {
		return tickets.Receipt{Outcome: tickets.Permanent, Err: err.Error()}
	}
	defer msg.free()
	account := m.opts.Accounts(n.Academy.ID)
	s, err := m.server(account)
	if err != nil {
		return tickets.Receipt{Outcome: tickets.Retry, Err: err.Error()} // a setting, for the administrator to mend
	}
	if account.DKIM != nil {
		if msg.signature, err = account.DKIM.sign(msg.data); err != nil {
			return tickets.Receipt{Outcome: tickets.Retry, Err: fmt.Sprintf("DKIM: %v", err)}
		}
	}
	if outcome, err := s.send(ctx, msg); err != nil {
		m.tellRefused(ctx, n, msg, err)
		return tickets.Receipt{Outcome: outcome, Err: err.Error(), RetryAt: m.retryAt(outcome, err)}
	}
	r := tickets.Receipt{Outcome: tickets.Delivered}
	if n.Thread == "" && n.Template != tickets.TemplateGuidance {
		r.Thread = msg.id
	}
	return r
}

// retryAt returns when the server said to come back, the zero time when it did
// not.
func (m *Mailer) retryAt(outcome tickets.Outcome, err error) time.Time {
	var soon tooSoon
	if errors.As(err, &soon) {
		return soon.at
	}
	if wait := retryAfter(err); outcome == tickets.Retry && wait > 0 {
		return m.opts.Now().Add(wait)
	}
	return time.Time{}
}

// server returns the pool of an account's server, made at its first use.
func (m *Mailer) server(a Account) (*server, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.servers[a.URL]; ok {
		return s, nil
	}
	e, err := parseServer(a.URL)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	s := newServer(e, a, m.opts)
	m.servers[a.URL] = s
	return s, nil
}

// Close says goodbye to the servers. No Send may be under way or follow.
func (m *Mailer) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	var leaving sync.WaitGroup
	for _, s := range m.servers {
		leaving.Go(s.close)
	}
	leaving.Wait()
}
