package mail_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"cecoia.example/deploy/local/mail"
	"cecoia.example/deploy/local/wait"
)

func TestMain(m *testing.M) { wait.Main(m) }

const (
	person  = "demandeur@creteil.example"
	noReply = "no-reply@creteil.example"
)

func accounts() []mail.Account {
	return []mail.Account{
		{Address: person, Password: "demo", Name: "Noé Exemple", Group: "Créteil"},
		{Address: "agent@creteil.example", Password: "demo", Group: "Créteil"},
		{Address: noReply, Password: "secret", Group: "Créteil"},
		{Address: "bounce@creteil.example", Password: "secret", Group: "Créteil"},
		{Address: "demandeur@paris.example", Password: "demo"},
	}
}

func start(t *testing.T, opts mail.Options) *mail.Server {
	t.Helper()
	opts.Accounts = accounts()
	s, err := mail.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *mail.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
}

// connect returns an SMTP client, signed in when user is not empty.
func connect(t *testing.T, s *mail.Server, user, password string) *smtp.Client {
	t.Helper()
	c := dial(t, s.SMTPAddr())
	if user != "" {
		if err := c.Auth(sasl.NewPlainClient("", user, password)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func dial(t *testing.T, addr string) *smtp.Client {
	t.Helper()
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SubmissionTimeout = time.Minute
	return c
}

func crlf(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n" }

func send(t *testing.T, s *mail.Server, from string, to []string, message string) error {
	t.Helper()
	return connect(t, s, "", "").SendMail(from, to, strings.NewReader(message))
}

func mustSend(t *testing.T, s *mail.Server, from string, to []string, message string) {
	t.Helper()
	if err := send(t, s, from, to, message); err != nil {
		t.Fatal(err)
	}
}

// header returns the values of a field, folded lines joined.
func header(raw []byte, name string) []string {
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	head = strings.NewReplacer("\r\n ", " ", "\r\n\t", " ").Replace(head)
	var values []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if field, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(field, name) {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

func code(err error) int {
	var refusal *smtp.SMTPError
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return 0
}

func TestDeliveryStamps(t *testing.T) {
	at := time.Date(2026, 11, 21, 10, 32, 0, 0, time.UTC)
	s := start(t, mail.Options{Hostname: "mail.creteil.example", Now: func() time.Time { return at }})
	forged := crlf("Return-Path: <forged@x.example>",
		"Authentication-Results: mail.creteil.example;", "\tdmarc=pass header.from=creteil.example",
		"Authentication-Results:", " MAIL.creteil.example; dmarc=pass",
		"Authentication-Results: elsewhere.example; dmarc=fail",
		"From: "+person, "To: no-reply+abc@creteil.example", "Subject: x", "",
		"Return-Path: in the body")

	mustSend(t, s, person, []string{"No-Reply+abc@creteil.example"}, forged)
	c := connect(t, s, person, "demo")
	if err := c.SendMail(person, []string{noReply}, strings.NewReader(forged)); err != nil {
		t.Fatal(err)
	}
	if err := c.SendMail("", []string{noReply}, strings.NewReader(forged)); err != nil {
		t.Fatal(err)
	}

	got := s.Messages(noReply)
	if len(got) != 3 {
		t.Fatalf("%d messages, want 3", len(got))
	}
	wants := []struct{ path, to, with, results string }{
		{"<" + person + ">", "No-Reply+abc@creteil.example", "ESMTP", "spf=none"},
		{"<" + person + ">", noReply, "ESMTPA", "spf=pass"},
		{"<>", noReply, "ESMTPA", "spf=none"},
	}
	for i, want := range wants {
		raw := got[i].Raw
		if path := header(raw, "Return-Path"); len(path) != 1 || path[0] != want.path {
			t.Errorf("%d: Return-Path %q, want %q", i, path, want.path)
		}
		for _, field := range []string{"Delivered-To", "X-Original-To"} {
			if to := header(raw, field); len(to) != 1 || to[0] != want.to {
				t.Errorf("%d: %s %q, want %q", i, field, to, want.to)
			}
		}
		if received := header(raw, "Received"); len(received) != 1 || !strings.Contains(received[0], "with "+want.with+" id "+got[i].ID) {
			t.Errorf("%d: Received %q, want with %s", i, received, want.with)
		}
		results := header(raw, "Authentication-Results")
		if len(results) != 2 || !strings.HasPrefix(results[0], "mail.creteil.example;") || !strings.Contains(results[0], want.results) {
			t.Fatalf("%d: Authentication-Results %q, want %s", i, results, want.results)
		}
		if pass := strings.Contains(results[0], "dmarc=pass"); pass != (want.results == "spf=pass") {
			t.Errorf("%d: %s", i, results[0])
		}
		if !strings.HasSuffix(string(raw), "\r\n\r\nReturn-Path: in the body\r\n") {
			t.Errorf("%d: the body was changed: %q", i, raw)
		}
		if !got[i].Received.Equal(at) || got[i].Folder != "INBOX" {
			t.Errorf("%d: %s %s", i, got[i].Received, got[i].Folder)
		}
	}
}

func TestATrustedNetworkVouchesForItsOwnAccountsOnly(t *testing.T) {
	s := start(t, mail.Options{TrustNetwork: true})
	for i, c := range []struct{ envelope, from, want string }{
		{person, person, "dmarc=pass"},
		{person, "agent@creteil.example", "dmarc=none"},
		{"nobody@creteil.example", "nobody@creteil.example", "dmarc=none"},
		{"", person, "dmarc=none"},
	} {
		mustSend(t, s, c.envelope, []string{noReply}, crlf("From: "+c.from, "Subject: x", "", "x"))
		got := s.Messages(noReply)
		if results := header(got[len(got)-1].Raw, "Authentication-Results"); len(got) != i+1 || !strings.Contains(results[0], c.want) {
			t.Errorf("%+v: %q", c, results)
		}
	}
}

func TestRefusals(t *testing.T) {
	s := start(t, mail.Options{})
	message := crlf("From: "+person, "Subject: x", "", "x")
	for _, to := range []string{"nobody@creteil.example", "demandeur@elsewhere.example", "nobody+x@creteil.example"} {
		err := send(t, s, person, []string{to}, message)
		if code(err) != 550 || !strings.Contains(err.Error(), to) {
			t.Errorf("to %s: %v, want 550", to, err)
		}
	}
	if err := connect(t, s, "", "").Auth(sasl.NewPlainClient("", person, "wrong")); code(err) != 535 {
		t.Errorf("wrong password: %v, want 535", err)
	}
	for _, from := range []string{"agent@creteil.example", person + ", agent@creteil.example", "not an address"} {
		err := connect(t, s, person, "demo").SendMail(person, []string{noReply}, strings.NewReader(crlf("From: "+from, "", "x")))
		if code(err) != 550 {
			t.Errorf("signed in, From %s: %v, want 550", from, err)
		}
	}
	loop := strings.Repeat("Received: from a by b; Sat, 21 Nov 2026 10:00:00 +0000\r\n", 51) + message
	if err := send(t, s, person, []string{noReply}, loop); code(err) != 554 {
		t.Errorf("looping: %v, want 554", err)
	}
	huge := message + strings.Repeat(strings.Repeat("x", 998)+"\r\n", 36<<10)
	if err := send(t, s, person, []string{noReply}, huge); code(err) != 552 {
		t.Errorf("36 MB: %v, want 552", err)
	}
	if left := s.Messages(noReply); len(left) != 0 {
		t.Errorf("refused and stored: %d", len(left))
	}
}

// One message to two addresses of one mailbox and to another mailbox.
func TestRecipients(t *testing.T) {
	s := start(t, mail.Options{})
	mustSend(t, s, "", []string{"bounce+1@creteil.example", "bounce+2@creteil.example", person}, "no header at all\r\n")
	if n := len(s.Messages("bounce@creteil.example")); n != 1 {
		t.Errorf("bounce@ has %d messages, want 1", n)
	}
	if n := len(s.Messages(person)); n != 1 {
		t.Errorf("%s has %d messages, want 1", person, n)
	}
}

func TestUTF8(t *testing.T) {
	s := start(t, mail.Options{})
	c := connect(t, s, "", "")
	if err := c.Mail("été@creteil.example", &smtp.MailOptions{UTF8: true, Body: smtp.Body8BitMIME}); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt(person, nil); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, crlf("From: été@creteil.example", "Subject: Été", "", "déjà"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := s.Messages(person)
	if len(got) != 1 || header(got[0].Raw, "Return-Path")[0] != "<été@creteil.example>" || !strings.Contains(string(got[0].Raw), "déjà") {
		t.Errorf("got %q", got)
	}
}

func TestFaults(t *testing.T) {
	s := start(t, mail.Options{})
	message := crlf("From: a@x.example", "", "x")
	for fault, want := range map[mail.Fault]int{mail.Answer421: 421, mail.Answer450: 450, mail.Answer550: 550} {
		s.Fail(fault, 1)
		if err := send(t, s, "a@x.example", []string{person}, message); code(err) != want {
			t.Errorf("fault %d: %v, want %d", fault, err, want)
		}
	}
	s.Fail(mail.Drop, 1)
	if err := send(t, s, "a@x.example", []string{person}, message); err == nil || code(err) != 0 {
		t.Errorf("drop: %v, want a lost connection", err)
	}
	if n := len(s.Messages(person)); n != 0 {
		t.Fatalf("%d stored, want none", n)
	}
	s.Fail(mail.DropStored, 1)
	if err := send(t, s, "a@x.example", []string{person}, message); err == nil || code(err) != 0 {
		t.Errorf("drop after storing: %v, want a lost connection", err)
	}
	if n := len(s.Messages(person)); n != 1 {
		t.Fatalf("%d stored, want 1", n)
	}

	s.Fail(mail.Hang, 1)
	hanging := make(chan error, 1)
	c := connect(t, s, "", "")
	go func() { hanging <- c.SendMail("a@x.example", []string{person}, strings.NewReader(message)) }()
	wait.Until(t, "it hangs", func() bool { return s.FaultsLeft() == 0 })
	select {
	case err := <-hanging:
		t.Errorf("answered while hanging: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	s.Fail(mail.NoFault, 0)
	if err := <-hanging; code(err) != 450 {
		t.Errorf("after hanging: %v, want 450", err)
	}
	mustSend(t, s, "a@x.example", []string{person}, message)

	// A hanging message does not hold Close.
	s.Fail(mail.Hang, -1)
	go func() { hanging <- c.SendMail("a@x.example", []string{person}, strings.NewReader(message)) }()
	stop(t, s)
	if err := <-hanging; err == nil {
		t.Error("accepted while closing")
	}
}

func TestAwait(t *testing.T) {
	s := start(t, mail.Options{})
	found := make(chan error, 1)
	go func() {
		m, err := s.Await(t.Context(), person, func(m mail.Message) bool {
			return strings.Contains(string(m.Raw), "Subject: second")
		})
		if err == nil && m.Folder != "INBOX" {
			err = fmt.Errorf("folder %q", m.Folder)
		}
		found <- err
	}()
	mustSend(t, s, "", []string{person}, crlf("Subject: first", "", ""))
	mustSend(t, s, "", []string{person}, crlf("Subject: second", "", ""))
	if err := <-found; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Await(ctx, noReply, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestAddresses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	for _, opts := range []mail.Options{{SMTPAddr: addr}, {IMAPAddr: addr}, {PageAddr: addr}} {
		if _, err := mail.Start(t.Context(), opts); err == nil || !strings.Contains(err.Error(), addr) {
			t.Errorf("error %v, want one that names %s", err, addr)
		}
	}
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:25"} {
		if _, err := mail.Start(t.Context(), mail.Options{SMTPAddr: addr}); err == nil || !strings.Contains(err.Error(), "loopback") {
			t.Errorf("%s: %v, want a refusal", addr, err)
		}
	}
	for _, bad := range []string{"", "no-at", "a+b@x.example", "a/b@x.example", "Name <a@x.example>"} {
		if _, err := mail.Start(t.Context(), mail.Options{Accounts: []mail.Account{{Address: bad}}}); err == nil {
			t.Errorf("account %q accepted", bad)
		}
	}
}

// Closing right after the start, before the listeners are even served, ends.
func TestCloseAtOnce(t *testing.T) {
	for range 50 {
		s, err := mail.Start(t.Context(), mail.Options{Dir: t.TempDir(), Accounts: accounts()})
		if err != nil {
			t.Fatal(err)
		}
		stop(t, s)
	}
}

// What was saved comes back: folders, flags, times; UIDVALIDITY rises.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	at := time.Date(2026, 11, 21, 10, 32, 0, 0, time.UTC)
	opts := mail.Options{Dir: dir, Now: func() time.Time { return at }}
	s := start(t, opts)
	for _, subject := range []string{"one", "two", "three"} {
		mustSend(t, s, "", []string{noReply}, crlf("Subject: "+subject, "", ""))
	}
	c := signIn(t, s, noReply, "secret", nil)
	if err := c.Create("Traités", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	before, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Store(imap.UIDSetNum(2), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen, imap.FlagAnswered}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Move(imap.UIDSetNum(2), "Traités").Wait(); err != nil {
		t.Fatal(err)
	}
	want := s.Messages(noReply)
	stop(t, s)

	s = start(t, opts)
	got := s.Messages(noReply)
	if len(got) != len(want) {
		t.Fatalf("%d messages, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].ID != want[i].ID || got[i].Folder != want[i].Folder || string(got[i].Raw) != string(want[i].Raw) || !got[i].Received.Equal(at) {
			t.Errorf("message %d: %s in %s at %s", i, got[i].ID, got[i].Folder, got[i].Received)
		}
	}
	c = signIn(t, s, noReply, "secret", nil)
	after, err := c.Select("INBOX", nil).Wait()
	if err != nil || after.UIDValidity <= before.UIDValidity {
		t.Errorf("UIDVALIDITY %d after %d, %v", after.UIDValidity, before.UIDValidity, err)
	}
	if _, err := c.Select("Traités", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	answered, err := c.UIDSearch(&imap.SearchCriteria{Flag: []imap.Flag{imap.FlagSeen, imap.FlagAnswered}}, nil).Wait()
	if err != nil || len(answered.AllUIDs()) != 1 {
		t.Errorf("flags are gone: %v, %v", answered, err)
	}
}
