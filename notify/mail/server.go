package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// security is how a connection is protected.
type security int

const (
	startTLS    security = iota // required: no falling back to the clear
	implicitTLS                 // RFC 8314
	noTLS                       // asked for explicitly
)

// endpoint is a mail server as its URL describes it.
type endpoint struct {
	host, addr         string
	security           security
	username, password string
}

// CheckServer says what is wrong in a mail server's URL, without repeating it:
// it holds a password.
func CheckServer(serverURL string) error {
	_, err := parseServer(serverURL)
	return err
}

func parseServer(serverURL string) (endpoint, error) {
	if serverURL == "" {
		return endpoint{}, errors.New("none is set for this academy")
	}
	u, err := url.Parse(serverURL)
	if err != nil || u.Hostname() == "" {
		return endpoint{}, errors.New("the address must be of the form smtp://user:password@host:port")
	}
	e := endpoint{host: u.Hostname()}
	port := u.Port()
	mode := u.Query().Get("tls")
	switch {
	case u.Scheme == "smtps" && mode == "":
		e.security = implicitTLS
		port = cmp.Or(port, "465")
	case u.Scheme == "smtp" && (mode == "" || mode == "starttls"):
		e.security = startTLS
		port = cmp.Or(port, "587")
	case u.Scheme == "smtp" && mode == "none":
		e.security = noTLS
		port = cmp.Or(port, "25")
	default:
		return endpoint{}, errors.New("the address must begin with smtp:// (with ?tls=none for no protection) or smtps://")
	}
	e.addr = net.JoinHostPort(e.host, port)
	if u.User != nil {
		e.username = u.User.Username()
		e.password, _ = u.User.Password()
	}
	return e, nil
}

// wire is a connection that obeys a limit of its own: go-smtp sets deadlines
// command by command, with none while it writes a message, and knows no context.
type wire struct {
	net.Conn
	limit time.Time
}

// SetDeadline sets the deadline or the limit, whichever comes first; it is what
// go-smtp calls, with zero for none.
func (w *wire) SetDeadline(t time.Time) error {
	if t.IsZero() || !w.limit.IsZero() && t.After(w.limit) {
		t = w.limit
	}
	return w.Conn.SetDeadline(t)
}

// conn is one session with a server, used by one goroutine at a time.
type conn struct {
	*smtp.Client
	wire  *wire
	mails int       // carried so far
	since time.Time // idle since then
}

// within runs f bounded by ctx: when it ends the connection is cut, whatever it
// waits for. It says false when the connection is of no more use.
func (c *conn) within(ctx context.Context, f func()) bool {
	c.wire.limit, _ = ctx.Deadline()
	_ = c.wire.SetDeadline(time.Time{}) // a closed connection says so at its use
	stop := context.AfterFunc(ctx, func() { _ = c.wire.Close() })
	f()
	return stop()
}

// dial connects, protects the connection as the endpoint says and signs in.
func (s *server) dial(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.ConnectTimeout)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.endpoint.addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	c := &conn{wire: &wire{Conn: raw}}
	if !c.within(ctx, func() { err = s.open(ctx, c) }) && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = c.wire.Close()
		return nil, err
	}
	return c, nil
}

func (s *server) open(ctx context.Context, c *conn) error {
	config := s.opts.TLS.Clone()
	config.ServerName = s.endpoint.host
	switch s.endpoint.security {
	case implicitTLS:
		protected := tls.Client(c.wire, config)
		if err := protected.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
		c.Client = smtp.NewClient(protected)
	case startTLS:
		client, err := smtp.NewClientStartTLS(c.wire, config)
		if err != nil {
			return fmt.Errorf("STARTTLS: %w", err)
		}
		c.Client = client
	case noTLS:
		c.Client = smtp.NewClient(c.wire)
	}
	c.CommandTimeout, c.SubmissionTimeout = s.opts.CommandTimeout, s.opts.DataTimeout
	if err := c.Hello(s.opts.Hostname); err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	if s.endpoint.username == "" {
		return nil
	}
	auth := sasl.NewPlainClient("", s.endpoint.username, s.endpoint.password)
	if !c.SupportsAuth(sasl.Plain) && c.SupportsAuth(sasl.Login) {
		auth = sasl.NewLoginClient(s.endpoint.username, s.endpoint.password)
	}
	if err := c.Auth(auth); err != nil {
		return fmt.Errorf("sign-in: %w", err)
	}
	return nil
}
