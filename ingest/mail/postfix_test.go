package mail

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	mailserver "cecoia.example/deploy/local/mail"
	"cecoia.example/deploy/local/postfix"
	"cecoia.example/deploy/local/postfix/postfixtest"
	"cecoia.example/deploy/local/wait"
)

// site is a site as deploy/postfix describes it: Postfix in front, the people's
// mailboxes behind it, and our two addresses routed to the listener.
type site struct {
	*world
	postfix   *postfix.Server
	mailboxes *mailserver.Server
}

// deployed reads a file of deploy/postfix, the very one that sites copy.
func deployed(t *testing.T, name string, replaced ...string) string {
	t.Helper()
	b, err := os.ReadFile("../../deploy/postfix/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(append([]string{"/etc/postfix/", "CONFIG/"}, replaced...)...).Replace(string(b))
}

func newSite(t *testing.T) *site {
	t.Helper()
	w := newWorld(t)
	listener, _ := listen(t, w.listenerOptions())
	mailboxes, err := mailserver.Start(t.Context(), mailserver.Options{
		Accounts: []mailserver.Account{{Address: w.ada.Email, Password: "demo"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	// What the site's own configuration is here: mail of its domain goes to the
	// mailboxes, and whom a filter (OpenDMARC) vouches for is written down.
	own := `
myhostname = mx.creteil.example
relay_domains = creteil.example
relay_transport = relay:[` + strings.Replace(mailboxes.SMTPAddr(), ":", "]:", 1) + `
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_sender_restrictions = check_sender_access texthash:CONFIG/authenticated
`
	p := postfixtest.New(t, postfix.Options{
		Main: deployed(t, "main.cf") + own, Master: deployed(t, "master.cf"),
		Files: map[string]string{
			"cecoia-transport": deployed(t, "cecoia-transport", "[127.0.0.1]:2526", strings.Replace("["+listener, ":", "]:", 1)),
			"authenticated":    w.ada.Email + " PREPEND Authentication-Results: mx.creteil.example; dmarc=pass header.from=creteil.example\n",
		},
	})
	s := &site{world: w, postfix: p, mailboxes: mailboxes}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log:\n%s", w.log)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := mailboxes.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

// send hands a mail to Postfix, which takes it.
func (s *site) send(t *testing.T, from, to string, data []byte) {
	t.Helper()
	if refused := submit(t, s.postfix.SMTPAddr(), from, []string{to}, data); refused != nil {
		t.Fatal(refused)
	}
}

func (s *site) logged(what string) int {
	return strings.Count(strings.Join(s.postfix.Log(), "\n"), what)
}

func TestBehindPostfix(t *testing.T) {
	s := newSite(t)
	t.Run("machines hear nothing", s.makesNoNoise)
	t.Run("our mail returns", s.returnsOurMail)
	t.Run("people are told", s.tellsTheAuthor)
}

// The author of a reply finds the refusal in their own mailbox, in Postfix' words
// around ours, with the link.
func (s *site) tellsTheAuthor(t *testing.T) {
	_, data := envelope(s.reply(1, "C'est la salle 204."))
	_, data, _ = bytes.Cut(data, []byte("\r\n")) // Postfix writes the Authentication-Results
	s.send(t, s.ada.Email, s.tokenAddress(), data)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	m, err := s.mailboxes.Await(ctx, s.ada.Email, func(mailserver.Message) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(strings.Fields(string(m.Raw)), " ")
	for _, want := range []string{"550 5.7.1 Reponse non transmise", testPortal.Ticket(s.ticket.Ticket), "MAILER-DAEMON@mx.creteil.example"} {
		if !strings.Contains(said, want) {
			t.Errorf("the report does not say %q:\n%s", want, m.Raw)
		}
	}
	if v := s.view(t); v.Draft == nil || !strings.HasSuffix(v.Draft.Text, "C'est la salle 204.") {
		t.Errorf("draft %+v", v.Draft)
	}
	if n := s.guidances(t); n != 0 {
		t.Errorf("%d guidance mails are owed", n)
	}
}

// Machines, lists, forged senders and reports get no answer from anybody.
func (s *site) makesNoNoise(t *testing.T) {
	forged := "claude.modele@elsewhere.example"
	for i, c := range []struct {
		from, to string
		fields   []string
		row      int
	}{
		{s.ada.Email, s.tokenAddress(), []string{"Auto-Submitted: auto-replied"}, 3},
		{"", s.tokenAddress(), []string{"Auto-Submitted: auto-replied"}, 2},
		{s.ada.Email, s.tokenAddress(), []string{"List-Id: <x.creteil.example>", "Precedence: list"}, 5},
		{s.ada.Email, s.tokenAddress(), []string{"X-Auto-Response-Suppress: All"}, 6},
		{forged, s.tokenAddress(), nil, 9},
		{"", "bounce+token@creteil.example", []string{"Content-Type: multipart/report; boundary=b"}, 2},
		{s.ada.Email, "bounce+token@creteil.example", []string{"Auto-Submitted: auto-replied"}, 3},
	} {
		_, data := envelope(s.reply(i, "Bonjour", c.fields...))
		_, data, _ = bytes.Cut(data, []byte("\r\n"))
		s.send(t, c.from, c.to, data)
		s.eventually(t, "it is recorded", func() bool { return s.figure(t, `SELECT count(*) FROM inbound_mails`) == i+1 })
	}
	wait.Until(t, "Postfix has done with them", func() bool { return s.logged("status=sent (250") == 7 && s.logged(": removed") == 7 })
	if s.logged("non-delivery notification") != 0 || len(s.mailboxes.Messages(s.ada.Email)) != 0 || s.guidances(t) != 0 {
		t.Error("somebody was answered")
	}
}

// A mail of ours that nobody takes comes back to the listener as a report, and
// is for the bounces' pipeline.
func (s *site) returnsOurMail(t *testing.T) {
	before := s.figure(t, `SELECT count(*) FROM inbound_mails WHERE row = 2 AND verdict = 'bounce'`)
	removed := s.logged(": removed")
	ours := "From: no-reply@creteil.example\r\nTo: parti@creteil.example\r\nMessage-ID: <x@creteil.example>\r\nX-Cecoia-Loop: creteil\r\nSubject: x\r\n\r\nBonjour\r\n"
	s.send(t, "bounce+token@creteil.example", "parti@creteil.example", []byte(ours))
	s.eventually(t, "the report is recorded", func() bool {
		return s.figure(t, `SELECT count(*) FROM inbound_mails WHERE row = 2 AND verdict = 'bounce'`) == before+1
	})
	wait.Until(t, "Postfix has done with it", func() bool { return s.logged(": removed") == removed+2 })
	if s.log.count("mail: returned") == 0 {
		t.Error("the report did not reach the bounces' pipeline")
	}
	if s.logged("non-delivery notification") != 1 {
		t.Error("a report was made on a report")
	}
}
