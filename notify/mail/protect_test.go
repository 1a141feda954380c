package mail

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"cecoia.example/tickets"
)

// heard keeps what a server was told in the clear.
type heard struct {
	mu    sync.Mutex
	lines []string
}

func (h *heard) line(r *bufio.Reader) string {
	line := hear(r)
	h.mu.Lock()
	defer h.mu.Unlock()
	if line != "" {
		h.lines = append(h.lines, line)
	}
	return line
}

// betrayed says whether the server was told more than who calls.
func (h *heard) betrayed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, line := range h.lines {
		if verb, _, _ := strings.Cut(line, " "); verb != "EHLO" && verb != "HELO" && verb != "STARTTLS" && verb != "QUIT" {
			return true
		}
	}
	return false
}

// Somebody on the way strips STARTTLS from what the server offers, refuses it in
// its name, or answers ahead of it: nothing is said in the clear.
func TestProtectionIsNeverGivenUp(t *testing.T) {
	for name, talk := range map[string]func(h *heard, c net.Conn, r *bufio.Reader){
		"stripped": func(h *heard, c net.Conn, r *bufio.Reader) {
			say(c, "220 hello")
			for h.line(r) != "" {
				say(c, "250-hello", "250 AUTH PLAIN LOGIN")
			}
		},
		"no EHLO": func(h *heard, c net.Conn, r *bufio.Reader) {
			say(c, "220 hello")
			for line := h.line(r); line != ""; line = h.line(r) {
				if strings.HasPrefix(line, "EHLO") {
					say(c, "502 what?")
				} else {
					say(c, "250 ok")
				}
			}
		},
		"refused": func(h *heard, c net.Conn, r *bufio.Reader) {
			say(c, "220 hello")
			h.line(r)
			say(c, "250-hello", "250-AUTH PLAIN", "250 STARTTLS")
			h.line(r)
			say(c, "454 4.7.0 TLS not available")
			for h.line(r) != "" {
				say(c, "250 ok")
			}
		},
		"answered ahead": func(h *heard, c net.Conn, r *bufio.Reader) {
			say(c, "220 hello")
			h.line(r)
			say(c, "250-hello", "250 STARTTLS")
			h.line(r)
			say(c, "220 go", "250-hello", "250 AUTH PLAIN", "235 ok", "250 ok", "250 ok", "354 ok", "250 ok")
			if first, err := r.ReadByte(); err == nil && first != 22 { // a TLS handshake, RFC 8446 section 5.1
				h.mu.Lock()
				h.lines = append(h.lines, "in the clear: "+string(first))
				h.mu.Unlock()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var h heard
			addr := hostile(t, func(c net.Conn, r *bufio.Reader, _ int) { talk(&h, c, r) })
			r := mailer(t, "smtp://user:right@"+addr, connectSoon).Send(t.Context(), taken())
			want(t, r, tickets.Retry)
			if h.betrayed() {
				t.Errorf("it was told %q", h.lines)
			}
		})
	}
}

// Whoever answers must prove to be the server of that name, to a standard of
// today; else nobody signs in and no mail leaves.
func TestWhoTheServerIs(t *testing.T) {
	good, trusted := selfSigned(t, nil)
	otherName, otherTrusted := selfSigned(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"mx.paris.example"} })
	expired, expiredTrusted := selfSigned(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) })
	for name, c := range map[string]struct {
		certificate tls.Certificate
		trusted     *x509.CertPool
		newest      uint16
		why         string
	}{
		"all is well":     {good, trusted, 0, ""},
		"nobody's":        {good, x509.NewCertPool(), 0, "unknown authority"},
		"another server":  {otherName, otherTrusted, 0, "doesn't contain any IP SANs"},
		"expired":         {expired, expiredTrusted, 0, "expired"},
		"TLS 1.1 at best": {good, trusted, tls.VersionTLS11, "protocol version"},
	} {
		for _, scheme := range []string{"smtp", "smtps"} {
			t.Run(name+" by "+scheme, func(t *testing.T) {
				config := &tls.Config{Certificates: []tls.Certificate{c.certificate}, MinVersion: tls.VersionTLS10, MaxVersion: c.newest}
				l := listen(t)
				if scheme == "smtps" {
					l = tls.NewListener(l, config)
				}
				p := &peer{}
				p.serve(t, l, config)
				r := mailer(t, scheme+"://user:right@"+p.addr, Options{TLS: &tls.Config{RootCAs: c.trusted}}).Send(t.Context(), taken())
				if c.why == "" {
					want(t, r, tickets.Delivered)
					return
				}
				want(t, r, tickets.Retry)
				if !strings.Contains(r.Err, c.why) {
					t.Errorf("it does not say why: %s", r.Err)
				}
				p.mu.Lock()
				defer p.mu.Unlock()
				if len(p.signedIn) != 0 || len(p.got) != 0 {
					t.Errorf("signed in as %q, %d mails", p.signedIn, len(p.got))
				}
			})
		}
	}
}

func TestServerURLs(t *testing.T) {
	for url, want := range map[string]endpoint{
		"smtp://mx.example":              {host: "mx.example", addr: "mx.example:587", security: startTLS},
		"smtp://u:p%40@mx.example:2525":  {host: "mx.example", addr: "mx.example:2525", username: "u", password: "p@"},
		"smtps://mx.example":             {host: "mx.example", addr: "mx.example:465", security: implicitTLS},
		"smtp://127.0.0.1:2525?tls=none": {host: "127.0.0.1", addr: "127.0.0.1:2525", security: noTLS},
		"smtp://mx.example?tls=none":     {host: "mx.example", addr: "mx.example:25", security: noTLS},
		"smtp://u@mx.example?auth=xoauth2&connections=8&per_minute=600": {
			host: "mx.example", addr: "mx.example:587", username: "u", mechanism: "xoauth2", connections: 8, perMinute: 600},
	} {
		if got, err := parseServer(url); err != nil || got != want {
			t.Errorf("%s: %+v, %v", url, got, err)
		}
	}
	for _, url := range []string{
		"", "mx.example", "http://mx.example", "smtp://mx.example?tls=maybe", "smtp://u:secret%zz@mx.example", "smtps://mx.example?tls=none",
		"smtp://u:secret@mx.example?tls=none", // in the clear
		"smtp://u:secret@mx.example?tsl=none", "smtp://u:secret@mx.example?auth=cram-md5", "smtp://mx.example?auth=plain",
		"smtp://mx.example?connections=0", "smtp://mx.example?per_minute=many", "smtp://u:secret@mx.example?connections=%zz",
	} {
		err := CheckServer(url)
		if err == nil {
			t.Errorf("%q passes", url)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

// Our name is what the server hears each time it asks, before STARTTLS too.
func TestWeSayOurName(t *testing.T) {
	for _, withTLS := range []bool{true, false} {
		p := newPeer(t, withTLS)
		o := Options{Hostname: "cecoia.creteil.example"}
		url := "smtp://" + p.addr + "?tls=none"
		if withTLS {
			url = "smtp://" + p.addr
			o.TLS = &tls.Config{RootCAs: p.pool, MinVersion: tls.VersionTLS12}
		}
		m := mailer(t, url, o)
		if r := m.Send(t.Context(), taken()); r.Outcome != tickets.Delivered {
			t.Fatalf("TLS %v: %+v", withTLS, r)
		}
		for _, name := range p.names {
			if name != o.Hostname {
				t.Errorf("TLS %v: we are called %q", withTLS, name)
			}
		}
		if len(p.names) == 0 {
			t.Error("we said no name")
		}
	}
	if _, err := New(Options{Portal: portal, Keyring: keyring(t), Accounts: func(tickets.AcademyID) Account { return Account{} }, Hostname: "two words"}); err == nil {
		t.Error("a name of two words")
	}
}
