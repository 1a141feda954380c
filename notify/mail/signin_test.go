package mail

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"cecoia.example/tickets"
)

// trusting is a mailer by the account, which trusts the peer.
func trusting(t *testing.T, p *peer, a Account) *Mailer {
	t.Helper()
	m, err := New(Options{
		Portal: portal, Keyring: keyring(t), Accounts: func(tickets.AcademyID) Account { return a },
		TLS: &tls.Config{RootCAs: p.pool, MinVersion: tls.VersionTLS12}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func TestSigningIn(t *testing.T) {
	token := func() (string, error) { return "right", nil }
	for name, c := range map[string]struct {
		offers []string
		url    string // after the address
		token  func() (string, error)
		want   string
	}{
		"PLAIN where it is taken":        {[]string{"LOGIN", "PLAIN"}, "", nil, "PLAIN user"},
		"LOGIN where nothing else is":    {[]string{"LOGIN"}, "", nil, "LOGIN user"},
		"LOGIN when told so":             {[]string{"LOGIN", "PLAIN"}, "?auth=login", nil, "LOGIN user"},
		"XOAUTH2 when there is a token":  {[]string{"PLAIN", "XOAUTH2"}, "", token, "XOAUTH2 user"},
		"PLAIN when told so":             {[]string{"PLAIN", "XOAUTH2"}, "?auth=plain", token, "PLAIN user"},
		"XOAUTH2 when told so":           {[]string{"PLAIN", "XOAUTH2"}, "?auth=xoauth2", token, "XOAUTH2 user"},
		"XOAUTH2 without a token":        {[]string{"PLAIN", "XOAUTH2"}, "?auth=xoauth2", nil, ""},
		"XOAUTH2 with a token of before": {[]string{"XOAUTH2"}, "", func() (string, error) { return "expired", nil }, ""},
		"a token that cannot be read":    {[]string{"PLAIN", "XOAUTH2"}, "", func() (string, error) { return "", errors.New("no such file") }, ""},
		"a mechanism the server has not": {[]string{"CRAM-MD5"}, "", nil, ""},
		"LOGIN where only PLAIN is":      {[]string{"PLAIN"}, "?auth=login", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, true)
			p.mechanisms = c.offers
			r := trusting(t, p, Account{URL: "smtp://user:right@" + p.addr + c.url, Token: c.token}).Send(t.Context(), taken())
			if c.want == "" {
				want(t, r, tickets.Retry) // an administrator mends it
				if len(p.got) != 0 || strings.Contains(r.Err, "expired") {
					t.Errorf("%d mails; %s", len(p.got), r.Err)
				}
				return
			}
			want(t, r, tickets.Delivered)
			if !slices.Equal(p.signedIn, []string{c.want}) {
				t.Errorf("signed in by %q, want %q", p.signedIn, c.want)
			}
		})
	}
}

func TestAWrongPasswordIsNotTold(t *testing.T) {
	p := newPeer(t, true)
	for _, mechanism := range []string{"PLAIN", "LOGIN"} {
		p.mechanisms = []string{mechanism}
		r := trusting(t, p, Account{URL: "smtp://user:hunter2@" + p.addr}).Send(t.Context(), taken())
		want(t, r, tickets.Retry)
		if strings.Contains(r.Err, "hunter2") || !strings.Contains(r.Err, "sign-in") {
			t.Errorf("%s: %s", mechanism, r.Err)
		}
	}
	if len(p.got) != 0 {
		t.Error("a mail went anyway")
	}
}

// Tokens live an hour: each sign-in asks for the one of then.
func TestTheTokenIsAskedForAtEachSignIn(t *testing.T) {
	p := newPeer(t, true)
	p.mechanisms = []string{"XOAUTH2"}
	current := "first"
	p.passwords = []string{"first"}
	m := trusting(t, p, Account{URL: "smtp://user@" + p.addr, Token: func() (string, error) { return current, nil }})
	want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	current, p.passwords = "second", []string{"second"}
	_ = p.conns[0].Close()
	want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	if len(p.signedIn) != 2 {
		t.Errorf("signed in %d times", len(p.signedIn))
	}
}
