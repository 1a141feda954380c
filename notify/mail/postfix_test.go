package mail

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"cecoia.example/deploy/local/postfix"
	"cecoia.example/deploy/local/postfix/postfixtest"
	"cecoia.example/deploy/local/wait"
	"cecoia.example/tickets"
)

// A Postfix as a site runs it: TLS required, refusals held back to RCPT, and
// what it accepts relayed to the next server.
func TestThroughPostfix(t *testing.T) {
	next := newPeer(t, false)
	certificate, trusted := selfSigned(t, nil)
	server := postfixtest.New(t, postfix.Options{
		Main: fmt.Sprintf(`myhostname = mx.example
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = CONFIG/chain.pem
smtpd_sender_restrictions = check_sender_access regexp:CONFIG/senders
smtpd_recipient_restrictions = check_recipient_access regexp:CONFIG/recipients
relayhost = [%s]:%s
smtp_tls_security_level = none
`, "127.0.0.1", next.addr[strings.LastIndex(next.addr, ":")+1:]),
		Files: map[string]string{
			"chain.pem":  chain(t, certificate),
			"senders":    "/@paris[.]example$/ REJECT not owned by us\n",
			"recipients": "/^nobody@/ 550 5.1.1 no such user\n/^grey@/ 450 4.7.1 Greylisted, try again in 300 seconds\n",
		},
	})

	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := NewSigner("creteil.example", "s", pemKey(t, private))
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(Options{
		Portal: portal, Keyring: keyring(t), Logger: slog.New(slog.DiscardHandler),
		TLS:      &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12},
		Accounts: func(tickets.AcademyID) Account { return Account{URL: "smtp://" + server.SMTPAddr(), DKIM: signer} },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)

	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			n := notice(tickets.TemplateAsked, "fr", "Quel est le message ?\n.\nFrom here")
			n.ID = id(byte(100 + i))
			want(t, m.Send(t.Context(), n), tickets.Delivered)
		})
	}
	all.Wait()
	to := func(address string, outcome tickets.Outcome) tickets.Receipt {
		n := taken()
		n.Recipient.Email = address
		r := m.Send(t.Context(), n)
		want(t, r, outcome)
		return r
	}
	to("nobody@creteil.example", tickets.Permanent)
	if r := to("grey@creteil.example", tickets.Retry); time.Until(r.RetryAt) < 4*time.Minute {
		t.Errorf("greylisted until %s", r.RetryAt)
	}
	n := taken()
	n.Academy.Bounce = "bounce@paris.example"
	if r := m.Send(t.Context(), n); r.Outcome != tickets.Retry || !strings.Contains(r.Err, "Sender address rejected") {
		t.Errorf("our sender is refused: %s, %s", r.Outcome, r.Err)
	}

	wait.Until(t, "Postfix relays what it accepted", func() bool { return next.count() == 20 })
	next.mu.Lock()
	defer next.mu.Unlock()
	for i, message := range next.got {
		if err := verify(t, message, "s._domainkey.creteil.example", public); err != nil {
			t.Errorf("the signature did not survive: %v\n%s", err, message)
		}
		if !strings.Contains(message, "X-Cecoia-Delivery: ") || !strings.HasPrefix(next.from[i], "bounce+") {
			t.Errorf("from %s\n%s", next.from[i], message)
		}
	}
}

// count is how many messages were accepted so far.
func (p *peer) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.got)
}

// chain is the key and the certificate as one file.
func chain(t *testing.T, c tls.Certificate) string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = errors.Join(pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: key}), pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
