package mail

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"cecoia.example/tickets"
)

// peer is a mail server that does as it is told.
type peer struct {
	addr string
	pool *x509.CertPool

	mu       sync.Mutex
	sessions int
	signedIn []string
	got      []string // messages accepted
	from     []string
	// rcpt and data answer the next commands, in order; then all is well.
	rcpt, data []error
	hangUp     bool // cut the connection after a message was stored, before the answer
	conns      []net.Conn
}

type peerSession struct {
	*peer
	conn *smtp.Conn
}

func (p *peer) next(list *[]error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(*list) == 0 {
		return nil
	}
	err := (*list)[0]
	*list = (*list)[1:]
	return err
}

func (s peerSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s peerSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if password != "right" {
			return smtp.ErrAuthFailed
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.signedIn = append(s.signedIn, username)
		return nil
	}), nil
}
func (s peerSession) Mail(from string, _ *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from = append(s.from, from)
	return nil
}
func (s peerSession) Rcpt(string, *smtp.RcptOptions) error { return s.next(&s.rcpt) }
func (s peerSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.next(&s.data); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, string(b))
	if s.hangUp {
		s.hangUp = false
		return errors.Join(s.conn.Conn().Close(), errors.New("gone"))
	}
	return nil
}
func (s peerSession) Reset()        {}
func (s peerSession) Logout() error { return nil }

// newPeer starts a peer; with TLS it offers STARTTLS, its certificate is in pool.
func newPeer(t *testing.T, withTLS bool) *peer {
	t.Helper()
	p := &peer{}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sessions++
		p.conns = append(p.conns, c.Conn())
		return peerSession{p, c}, nil
	}))
	server.Domain = "localhost"
	server.ErrorLog = quiet{}
	server.AllowInsecureAuth = !withTLS
	if withTLS {
		var certificate tls.Certificate
		certificate, p.pool = selfSigned(t)
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	l := listen(t)
	p.addr = l.Addr().String()
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	// The listener first: a server closed before it began to serve knows none.
	t.Cleanup(func() { _ = l.Close(); _ = server.Close(); <-done })
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func mailer(t *testing.T, url string, o Options) *Mailer {
	t.Helper()
	o.Portal, o.Keyring = portal, keyring(t)
	o.Servers = func(tickets.AcademyID) string { return url }
	o.Logger = slog.New(slog.DiscardHandler)
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func plain(p *peer) string { return "smtp://" + p.addr + "?tls=none" }

func taken() tickets.Notice { return notice(tickets.TemplateTaken, "fr", "") }

func want(t *testing.T, r tickets.Receipt, outcome tickets.Outcome) {
	t.Helper()
	if r.Outcome != outcome {
		t.Errorf("outcome %s (%s), want %s", r.Outcome, r.Err, outcome)
	}
}

func TestConnectionsAreKeptAndTheFirstMailIsTheThread(t *testing.T) {
	p := newPeer(t, false)
	m := mailer(t, plain(p), Options{})
	first := m.Send(t.Context(), taken())
	want(t, first, tickets.Delivered)
	if first.Thread != tickets.MessageID(taken().Delivery, "creteil.example") {
		t.Errorf("thread %q", first.Thread)
	}
	n := taken()
	n.Thread = first.Thread
	second := m.Send(t.Context(), n)
	want(t, second, tickets.Delivered)
	if second.Thread != "" {
		t.Errorf("a later mail changes the thread to %q", second.Thread)
	}
	want(t, m.Send(t.Context(), guidance("fr", tickets.Guidance{MessageID: "x@x.example"})), tickets.Delivered)
	if p.sessions != 1 || len(p.got) != 3 || p.from[2] != "" {
		t.Errorf("%d sessions, %d mails, senders %q", p.sessions, len(p.got), p.from)
	}
}

func TestAConnectionIsRenewedAfterSoManyMails(t *testing.T) {
	p := newPeer(t, false)
	m := mailer(t, plain(p), Options{MaxMails: 2})
	for range 4 {
		want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	}
	if p.sessions != 2 {
		t.Errorf("%d sessions, want 2", p.sessions)
	}
}

func TestAConnectionTheServerClosedCostsNothing(t *testing.T) {
	p := newPeer(t, false)
	m := mailer(t, plain(p), Options{})
	want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	_ = p.conns[0].Close()
	want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	if len(p.got) != 2 {
		t.Errorf("%d mails", len(p.got))
	}
}

func TestAnIdleConnectionIsProbedThenGivenUp(t *testing.T) {
	p := newPeer(t, false)
	now := time.Now()
	m := mailer(t, plain(p), Options{Now: func() time.Time { return now }, MaxIdle: time.Minute})
	want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	now = now.Add(10 * time.Second)
	want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	if p.sessions != 1 {
		t.Errorf("%d sessions after a short rest", p.sessions)
	}
	now = now.Add(2 * time.Minute)
	want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	if p.sessions != 2 {
		t.Errorf("%d sessions after a long rest", p.sessions)
	}
}

func TestReplyCodes(t *testing.T) {
	answer := func(code int) error { return &smtp.SMTPError{Code: code, Message: "as told"} }
	for name, c := range map[string]struct {
		rcpt, data error
		want       tickets.Outcome
	}{
		"unknown recipient":       {rcpt: answer(550), want: tickets.Permanent},
		"mailbox busy":            {rcpt: answer(450), want: tickets.Retry},
		"sign-in required":        {rcpt: answer(530), want: tickets.Retry},
		"closing":                 {rcpt: answer(421), want: tickets.Retry},
		"message refused":         {data: answer(554), want: tickets.Permanent},
		"message refused for now": {data: answer(451), want: tickets.Retry},
		"closing after message":   {data: answer(421), want: tickets.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, false)
			if c.rcpt != nil {
				p.rcpt = []error{c.rcpt}
			}
			if c.data != nil {
				p.data = []error{c.data}
			}
			m := mailer(t, plain(p), Options{})
			r := m.Send(t.Context(), taken())
			want(t, r, c.want)
			if !strings.Contains(r.Err, "as told") {
				t.Errorf("the receipt does not say why: %q", r.Err)
			}
			want(t, m.Send(t.Context(), taken()), tickets.Delivered) // the pool is sound
			if len(p.got) != 1 {
				t.Errorf("%d mails", len(p.got))
			}
		})
	}
}

func TestALostAnswerIsUncertainAndTheRetryIsTheSameMail(t *testing.T) {
	p := newPeer(t, false)
	p.hangUp = true
	m := mailer(t, plain(p), Options{})
	r := m.Send(t.Context(), taken())
	want(t, r, tickets.Uncertain)
	n := taken()
	n.Attempts = 2
	want(t, m.Send(t.Context(), n), tickets.Delivered)
	if len(p.got) != 2 || p.got[0] != p.got[1] {
		t.Errorf("%d mails, or they differ", len(p.got))
	}
}

// scripted answers each line it reads with the next of its lines, then falls
// silent; "354" lets a message pass to its end.
func scripted(t *testing.T, lines ...string) string {
	t.Helper()
	l := listen(t)
	var conns sync.WaitGroup
	t.Cleanup(conns.Wait)
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			conns.Go(func() {
				buffer := make([]byte, 64<<10)
				message := false
				for _, line := range lines {
					_, _ = io.WriteString(c, line+"\r\n")
					for got := ""; !strings.HasSuffix(got, "\r\n") || message && !strings.HasSuffix(got, "\r\n.\r\n"); {
						n, err := c.Read(buffer)
						if err != nil {
							return
						}
						got += string(buffer[:n])
					}
					message = strings.HasPrefix(line, "354")
				}
				_, _ = c.Read(buffer) // silence, until the client leaves
			})
		}
	})
	t.Cleanup(func() { _ = l.Close() })
	return "smtp://" + l.Addr().String() + "?tls=none"
}

func TestSilence(t *testing.T) {
	short := Options{ConnectTimeout: 100 * time.Millisecond, CommandTimeout: 100 * time.Millisecond, DataTimeout: 100 * time.Millisecond}
	t.Run("at the greeting", func(t *testing.T) {
		want(t, mailer(t, scripted(t), short).Send(t.Context(), taken()), tickets.Retry)
	})
	t.Run("at RCPT", func(t *testing.T) {
		want(t, mailer(t, scripted(t, "220 hello", "250 hello", "250 ok"), short).Send(t.Context(), taken()), tickets.Retry)
	})
	t.Run("after the message", func(t *testing.T) {
		url := scripted(t, "220 hello", "250 hello", "250 ok", "250 ok", "354 go on")
		want(t, mailer(t, url, short).Send(t.Context(), taken()), tickets.Uncertain)
	})
	t.Run("until the sender is told to stop", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		url := scripted(t, "220 hello", "250 hello", "250 ok", "250 ok", "354 go on")
		want(t, mailer(t, url, Options{}).Send(ctx, taken()), tickets.Uncertain)
	})
}

func TestAServerThatIsAwayIsLeftAloneForAMoment(t *testing.T) {
	l := listen(t)
	addr := l.Addr().String()
	_ = l.Close()
	now := time.Now()
	m := mailer(t, "smtp://"+addr+"?tls=none", Options{Now: func() time.Time { return now }})
	r := m.Send(t.Context(), taken())
	want(t, r, tickets.Retry)
	if !strings.Contains(r.Err, "refused") {
		t.Errorf("first: %s", r.Err)
	}
	r = m.Send(t.Context(), taken())
	want(t, r, tickets.Retry)
	if !strings.Contains(r.Err, "left alone") {
		t.Errorf("at once after: %s", r.Err)
	}
	now = now.Add(time.Minute)
	if r = m.Send(t.Context(), taken()); !strings.Contains(r.Err, "refused") {
		t.Errorf("a minute later: %s", r.Err)
	}
}

func TestProtectionIsNeverGivenUpSilently(t *testing.T) {
	bare := newPeer(t, false)
	r := mailer(t, "smtp://user:right@"+bare.addr, Options{}).Send(t.Context(), taken())
	want(t, r, tickets.Retry)
	if !strings.Contains(r.Err, "STARTTLS") || len(bare.signedIn) != 0 || len(bare.got) != 0 {
		t.Errorf("%s; signed in %v, %d mails", r.Err, bare.signedIn, len(bare.got))
	}

	p := newPeer(t, true)
	url := "smtp://user:right@" + p.addr
	want(t, mailer(t, url, Options{TLS: &tls.Config{RootCAs: p.pool, MinVersion: tls.VersionTLS12}}).Send(t.Context(), taken()), tickets.Delivered)
	if len(p.signedIn) != 1 || p.signedIn[0] != "user" {
		t.Errorf("signed in %v", p.signedIn)
	}
	want(t, mailer(t, url, Options{}).Send(t.Context(), taken()), tickets.Retry) // a certificate of nobody's
	r = mailer(t, "smtp://user:wrong@"+p.addr, Options{TLS: &tls.Config{RootCAs: p.pool, MinVersion: tls.VersionTLS12}}).Send(t.Context(), taken())
	want(t, r, tickets.Retry)
	if strings.Contains(r.Err, "wrong") {
		t.Errorf("the receipt tells the password: %s", r.Err)
	}
	if len(p.got) != 1 {
		t.Errorf("%d mails", len(p.got))
	}
}

func TestNoAddressIsPermanentAndNoConnectionIsMade(t *testing.T) {
	p := newPeer(t, false)
	n := taken()
	n.Recipient.Email = ""
	want(t, mailer(t, plain(p), Options{}).Send(t.Context(), n), tickets.Permanent)
	if p.sessions != 0 {
		t.Error("it connected")
	}
}

func TestServerURLs(t *testing.T) {
	for url, want := range map[string]endpoint{
		"smtp://mx.example":              {host: "mx.example", addr: "mx.example:587", security: startTLS},
		"smtp://u:p%40@mx.example:2525":  {host: "mx.example", addr: "mx.example:2525", username: "u", password: "p@"},
		"smtps://mx.example":             {host: "mx.example", addr: "mx.example:465", security: implicitTLS},
		"smtp://127.0.0.1:2525?tls=none": {host: "127.0.0.1", addr: "127.0.0.1:2525", security: noTLS},
	} {
		if got, err := parseServer(url); err != nil || got != want {
			t.Errorf("%s: %+v, %v", url, got, err)
		}
	}
	for _, url := range []string{"", "mx.example", "http://mx.example", "smtp://mx.example?tls=maybe", "smtp://u:secret%zz@mx.example"} {
		err := CheckServer(url)
		if err == nil {
			t.Errorf("%q passes", url)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

func TestManyAtOnceShareFewConnections(t *testing.T) {
	p := newPeer(t, false)
	m := mailer(t, plain(p), Options{MaxConns: 3})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { want(t, m.Send(t.Context(), taken()), tickets.Delivered) })
	}
	all.Wait()
	if len(p.got) != 50 || p.sessions > 3 {
		t.Errorf("%d mails over %d sessions", len(p.got), p.sessions)
	}
}
