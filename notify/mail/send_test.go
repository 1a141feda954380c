package mail

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"cecoia.example/tickets"
)

func mailer(t *testing.T, url string, o Options) *Mailer {
	t.Helper()
	o.Portal, o.Keyring = portal, keyring(t)
	o.Accounts = func(tickets.AcademyID) Account { return Account{URL: url} }
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
	says := func(code int, text string) error { return &smtp.SMTPError{Code: code, Message: text + ", as told"} }
	answer := func(code int) error { return says(code, "no") }
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
		// Postfix says so at RCPT, Exchange after the message; it is about us.
		"our sender is not ours":   {rcpt: says(553, "5.7.1 <no-reply@creteil.example>: Sender address rejected: not owned by user app"), want: tickets.Retry},
		"our sender is no address": {rcpt: &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 8}, Message: "no such domain, as told"}, want: tickets.Retry},
		"we may not relay":         {rcpt: says(554, "5.7.1 <alix@creteil.example>: Relay access denied"), want: tickets.Retry},
		"we are on a list":         {rcpt: says(554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked"), want: tickets.Retry},
		"we may not send as":       {data: says(550, "5.7.60 SMTP; Client does not have permissions to send as this sender"), want: tickets.Retry},
		"enough for a day":         {data: says(550, "5.4.5 Daily user sending limit exceeded"), want: tickets.Retry},
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

func TestAServerThatIsAwayIsLeftAloneForAMoment(t *testing.T) {
	addr, _ := deaf(t)
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

func TestNoAddressIsPermanentAndNoConnectionIsMade(t *testing.T) {
	p := newPeer(t, false)
	n := taken()
	n.Recipient.Email = ""
	want(t, mailer(t, plain(p), Options{}).Send(t.Context(), n), tickets.Permanent)
	if p.sessions != 0 {
		t.Error("it connected")
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
