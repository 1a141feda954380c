package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	mailserver "cecoia.example/deploy/local/mail"
	"cecoia.example/tickets"
)

// From the SMTP session of a mail server that stamps what it authenticated, to
// the guidance that is owed and the draft on the portal.
func TestThroughAMailServer(t *testing.T) {
	w := newWorld(t)
	site, err := mailserver.Start(t.Context(), mailserver.Options{
		Dir: t.TempDir(),
		Accounts: []mailserver.Account{
			{Address: testAcademy.NoReply, Password: "hunter2"}, {Address: w.ada.Email, Password: "demo"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := site.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	o := w.options("imap://no-reply%40creteil.example:hunter2@" + site.IMAPAddr() + "/?tls=none")
	o.AuthServID = "mail.example"
	start(t, o)

	send := func(signedIn bool, n int, text string) {
		c, err := smtp.Dial(site.SMTPAddr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if signedIn {
			if err := c.Auth(sasl.NewPlainClient("", w.ada.Email, "demo")); err != nil {
				t.Fatal(err)
			}
		}
		to := tickets.WithToken(testAcademy.NoReply, w.keys.ReplyToken(testAcademy.ID, w.ticket.ID))
		raw := fmt.Sprintf("From: Ada <%s>\r\nTo: %s\r\nSubject: Re: x\r\nMessage-ID: <%d@creteil.example>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0100\r\n\r\n%s\r\n", w.ada.Email, to, n, text)
		if err := c.SendMail(w.ada.Email, []string{to}, strings.NewReader(raw)); err != nil {
			t.Fatal(err)
		}
		_ = c.Quit()
	}
	in := func(folder string) func(mailserver.Message) bool {
		return func(m mailserver.Message) bool { return m.Folder == folder }
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()

	send(false, 1, "Je dis que je suis Ada.")
	if _, err := site.Await(ctx, testAcademy.NoReply, in(folderQuarantine)); err != nil {
		t.Fatalf("%v\n%s", err, w.log)
	}
	if n := w.guidances(t); n != 0 {
		t.Errorf("%d answers to a sender nobody vouches for", n)
	}
	send(true, 2, "C'est la salle 204.")
	if _, err := site.Await(ctx, testAcademy.NoReply, in(folderRefused)); err != nil {
		t.Fatalf("%v\n%s", err, w.log)
	}
	if n := w.guidances(t); n != 1 {
		t.Errorf("%d answers", n)
	}
	if v := w.view(t); v.Draft == nil || !strings.HasSuffix(v.Draft.Text, "C'est la salle 204.") {
		t.Errorf("draft %+v", v.Draft)
	}
}

// The connection is encrypted and the server's certificate verified.
func TestImplicitTLS(t *testing.T) {
	certificate := httptest.NewTLSServer(nil)
	defer certificate.Close()
	box := newMailbox(t, imap.CapMove)
	box.hook(func(h *hooks) {
		h.conn = func(c net.Conn) net.Conn {
			return tls.Server(c, &tls.Config{Certificates: certificate.TLS.Certificates, MinVersion: tls.VersionTLS12})
		}
	})
	a, err := parseAccount("imaps://no-reply:hunter2@" + box.addr)
	if err != nil {
		t.Fatal(err)
	}
	times := Timeouts{Connect: 30 * time.Second}.withDefaults()
	if s, err := open(t.Context(), a, nil, times); err == nil {
		s.close()
		t.Fatal("an unknown certificate was accepted")
	}
	trust := x509.NewCertPool()
	trust.AddCert(certificate.Certificate())
	s, err := open(t.Context(), a, &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12}, times)
	if err != nil {
		t.Fatal(err)
	}
	s.close()
}

// Without a word in the URL, a server that offers no encryption is left before
// the password is sent.
func TestNoPlaintextByAccident(t *testing.T) {
	box := newMailbox(t, imap.CapMove)
	a, err := parseAccount("imap://no-reply:hunter2@" + box.addr)
	if err != nil {
		t.Fatal(err)
	}
	s, err := open(t.Context(), a, nil, Timeouts{Connect: 30 * time.Second}.withDefaults())
	if err == nil {
		s.close()
		t.Fatal("signed in in the clear")
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}

func TestEachVerdictHasItsFolder(t *testing.T) {
	for v, folder := range map[Verdict]string{
		File: folderAutomatic, Silent: folderAutomatic, Bounce: folderBounces, Quarantine: folderQuarantine,
		Portal: folderRefused, Hold: folderRefused, Answer: folderRefused,
	} {
		if folderOf(v) != folder {
			t.Errorf("%s goes to %s", v, folderOf(v))
		}
	}
}
