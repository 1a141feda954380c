package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"

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
	mechanism          string // of AUTH; "" is what the server takes
	username, password string
	connections        int // at once; 0 is the default
	perMinute          int // mails; 0 is as many as the server takes
}

// CheckServer says what is wrong in a mail server's URL, without repeating it:
// it holds a password.
func CheckServer(serverURL string) error {
	_, err := parseServer(serverURL)
	return err
}

// parseServer reads the URL that Account describes.
func parseServer(serverURL string) (endpoint, error) {
	if serverURL == "" {
		return endpoint{}, errors.New("none is set for this academy")
	}
	u, err := url.Parse(serverURL)
	if err != nil || u.Hostname() == "" {
		return endpoint{}, errors.New("the address must be of the form smtp://user:password@host:port")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return endpoint{}, errors.New("what follows the ? of the address cannot be read")
	}
	for name := range query {
		if !slices.Contains([]string{"tls", "auth", "connections", "per_minute"}, name) {
			return endpoint{}, errors.New("after the ? stand tls, auth, connections and per_minute, nothing else")
		}
	}
	e := endpoint{host: u.Hostname()}
	port := u.Port()
	mode := query.Get("tls")
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
	if err := e.parseAuth(query.Get("auth")); err != nil {
		return endpoint{}, err
	}
	if e.connections, err = positive(query, "connections"); err != nil {
		return endpoint{}, err
	}
	e.perMinute, err = positive(query, "per_minute")
	return e, err
}

func (e *endpoint) parseAuth(auth string) error {
	switch auth {
	case "":
	case "plain", "login", "xoauth2":
		e.mechanism = auth
		if e.username == "" {
			return errors.New("auth needs a user before the @")
		}
	default:
		return errors.New("auth is plain, login or xoauth2")
	}
	// Without protection anybody on the way would read the password.
	if e.username != "" && e.security == noTLS && !loopback(e.host) {
		return errors.New("tls=none takes no user: the password would travel in the clear")
	}
	return nil
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// positive returns a whole number of the query, 0 when it is not there.
func positive(query url.Values, name string) (int, error) {
	if !query.Has(name) {
		return 0, nil
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s must be a whole number above 0", name)
	}
	return n, nil
}

// longestTalk is how many bytes a server may say in one exchange with us; a mail
// takes less than one thousand.
const longestTalk = 256 << 10

// wire is a connection that obeys limits of its own: go-smtp sets deadlines
// command by command, with none while it writes a message, knows no context, and
// reads an answer for as long as it goes on.
type wire struct {
	net.Conn
	limit  time.Time
	budget int // how much more may be read
}

// SetDeadline sets the deadline or the limit, whichever comes first; it is what
// go-smtp calls, with zero for none.
func (w *wire) SetDeadline(t time.Time) error {
	if t.IsZero() || !w.limit.IsZero() && t.After(w.limit) {
		t = w.limit
	}
	return w.Conn.SetDeadline(t)
}

func (w *wire) Read(b []byte) (int, error) {
	if w.budget <= 0 {
		return 0, errors.New("the server does not end its answer")
	}
	n, err := w.Conn.Read(b[:min(len(b), w.budget)])
	w.budget -= n
	return n, err
}

// named says our name where go-smtp says localhost, as it does before STARTTLS
// whatever our name is: some servers refuse that one.
type named struct {
	net.Conn
	name string
}

func (n named) Write(b []byte) (int, error) {
	for _, verb := range []string{"EHLO ", "HELO "} {
		if string(b) == verb+"localhost\r\n" {
			_, err := n.Conn.Write([]byte(verb + n.name + "\r\n"))
			return len(b), err
		}
	}
	return n.Conn.Write(b)
}

// conn is one session with a server, used by one goroutine at a time.
type conn struct {
	*smtp.Client
	wire  *wire
	mails int       // carried so far
	born  time.Time // connected then
	since time.Time // idle since then
}

// within runs f bounded by ctx: when it ends the connection is cut, whatever it
// waits for. It says false when the connection is of no more use.
func (c *conn) within(ctx context.Context, f func()) bool {
	c.wire.budget = longestTalk
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
	c := &conn{wire: &wire{Conn: raw}, born: s.opts.Now()}
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
		client, err := smtp.NewClientStartTLS(named{c.wire, s.opts.Hostname}, config)
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
	if err := s.signIn(c.Client); err != nil {
		return fmt.Errorf("sign-in: %w", err)
	}
	return nil
}
