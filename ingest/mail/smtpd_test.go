package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"

	"cecoia.example/tickets"
)

var testPortal = tickets.NewPortal("https://portail.creteil.example")

func (w *world) listenerOptions() ListenerOptions {
	return ListenerOptions{
		Academies: []tickets.Academy{testAcademy, {ID: "paris", NoReply: "no-reply@paris.example", Bounce: "bounce@paris.example"}},
		Desk:      w.desk, Files: w.files, Keyring: w.keys, Portal: testPortal,
		AuthServID: func(tickets.AcademyID) string { return "mx.creteil.example" },
		Timeout:    time.Minute, Logger: slog.New(slog.NewTextHandler(w.log, nil)),
	}
}

// listen serves until the test ends, or stop is called.
func listen(t testing.TB, o ListenerOptions, change ...func(*Listener)) (addr string, stop func()) {
	t.Helper()
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return on.Addr().String(), serve(t, on, o, change...)
}

func serve(t testing.TB, on net.Listener, o ListenerOptions, change ...func(*Listener)) (stop func()) {
	t.Helper()
	l, err := NewListener(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(l)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Serve(ctx, on) }()
	var ended bool
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("Serve did not return")
		}
	}
	t.Cleanup(stop)
	return stop
}

// submit sends a mail in a session of its own and returns the refusal, nil for
// 250, and what it answers.
func submit(t testing.TB, addr, from string, to []string, raw []byte) *smtp.SMTPError {
	t.Helper()
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = c.SendMail(from, to, bytes.NewReader(raw))
	var refused *smtp.SMTPError
	if err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
	return refused
}

// envelope takes a mail as the world writes it apart: what its Return-Path says
// is for the envelope.
func envelope(raw []byte) (from string, data []byte) {
	line, rest, _ := bytes.Cut(raw, []byte("\r\n"))
	return strings.Trim(strings.TrimPrefix(string(line), "Return-Path: "), "<>"), rest
}

func (w *world) tokenAddress() string {
	return tickets.WithToken(testAcademy.NoReply, w.keys.ReplyToken(testAcademy.ID, w.ticket.ID))
}

// A person's reply is refused with the link to where their words wait; nothing
// is owed by mail; sent again it is refused again, and kept once.
func TestReplyIsRefusedInItsSession(t *testing.T) {
	w := newWorld(t)
	addr, _ := listen(t, w.listenerOptions())
	from, data := envelope(w.reply(1, "C'est la salle 204."))
	for range 3 {
		refused := submit(t, addr, from, []string{w.tokenAddress()}, data)
		if refused == nil || refused.Code != 550 || refused.EnhancedCode != (smtp.EnhancedCode{5, 7, 1}) ||
			!strings.HasSuffix(refused.Message, " "+testPortal.Ticket(w.ticket.Ticket)) {
			t.Fatalf("%+v\n%s", refused, w.log)
		}
		for _, c := range refused.Message {
			if c < ' ' || c > '~' {
				t.Errorf("%q in %q", c, refused.Message)
			}
		}
		if len(refused.Message) > 400 || strings.Contains(refused.Message, "Ada") {
			t.Errorf("it says %q", refused.Message)
		}
	}
	if v := w.view(t); v.Draft == nil || v.Draft.Text != "C'est la salle 204." {
		t.Errorf("draft %+v", v.Draft)
	}
	if n := w.guidances(t); n != 0 {
		t.Errorf("%d guidance mails are owed", n)
	}
	if n := w.figure(t, `SELECT count(*) FROM inbound_mails WHERE row = 12 AND mailbox = ''`); n != 1 {
		t.Errorf("%d records", n)
	}
	// The raw message is kept, the envelope above it.
	var hash []byte
	if err := w.db.Pool().QueryRow(t.Context(), `SELECT hash FROM inbound_mails`).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	f, err := w.files.Open(t.Context(), testAcademy.ID, [32]byte(hash))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	kept, err := io.ReadAll(f)
	want := "Return-Path: <" + from + ">\r\nX-Original-To: " + w.tokenAddress() + "\r\n" + string(data)
	if err != nil || string(kept) != want {
		t.Errorf("kept %q, %v", kept, err)
	}
}

// Who writes again and again is refused again and again: nothing is sent from
// here, so no brake holds a refusal back.
func TestRefusalsAreNotHeldBack(t *testing.T) {
	w := newWorld(t)
	addr, _ := listen(t, w.listenerOptions())
	for n := range 8 {
		from, data := envelope(w.reply(n, fmt.Sprintf("Message %d", n)))
		if refused := submit(t, addr, from, []string{w.tokenAddress()}, data); refused == nil || refused.Code != 550 {
			t.Fatalf("%d: %+v", n, refused)
		}
	}
}

// Only what a person is to hear of is refused: the rest is taken, so that no
// server writes a report in answer to a machine or to a forged sender.
func TestOnlyPeopleAreRefused(t *testing.T) {
	w := newWorld(t)
	addr, _ := listen(t, w.listenerOptions())
	for i, c := range []struct {
		row    int
		from   string
		fields []string
		code   int
	}{
		{1, w.ada.Email, []string{"X-Cecoia-Loop: creteil"}, 250},
		{2, "", nil, 250},
		{2, w.ada.Email, []string{"Content-Type: multipart/report; report-type=delivery-status; boundary=b"}, 250},
		{3, w.ada.Email, []string{"Auto-Submitted: auto-replied"}, 250},
		{4, w.ada.Email, []string{"X-Autoreply: yes"}, 250},
		{5, w.ada.Email, []string{"List-Id: <x.creteil.example>"}, 250},
		{6, w.ada.Email, []string{"X-Auto-Response-Suppress: All"}, 250},
		{7, "owner-x@creteil.example", nil, 250},
		{9, "ada@elsewhere.example", nil, 250},
		{12, w.ada.Email, nil, 550},
	} {
		_, data := envelope(w.reply(100+i, fmt.Sprintf("Bonjour, %d.", c.row), c.fields...))
		refused := submit(t, addr, c.from, []string{w.tokenAddress()}, data)
		code := 250
		if refused != nil {
			code = refused.Code
		}
		if code != c.code {
			t.Errorf("row %d: %+v, want %d", c.row, refused, c.code)
		}
		if n := w.figure(t, `SELECT row FROM inbound_mails ORDER BY received_at DESC, id DESC LIMIT 1`); n != c.row {
			t.Errorf("%v: row %d, want %d", c.fields, n, c.row)
		}
		if w.log.count(fmt.Sprintf(" row=%d verdict=", c.row)) == 0 {
			t.Errorf("row %d is not in the log", c.row)
		}
		// Row 6 is told on the portal: the words wait there, as those of any
		// participant whom no machine's mark or bounce stands for.
		if v := w.view(t); c.row == 6 && (v.Draft == nil || !strings.HasSuffix(v.Draft.Text, "Bonjour, 6.")) {
			t.Errorf("draft %+v", v.Draft)
		}
	}
	// Row 10: nobody vouches for the sender.
	from, data := envelope(w.reply(200, "Bonjour"))
	_, data, _ = bytes.Cut(data, []byte("\r\n")) // without Authentication-Results
	if refused := submit(t, addr, from, []string{w.tokenAddress()}, data); refused != nil {
		t.Errorf("row 10: %+v", refused)
	}
	if n := w.guidances(t); n != 0 {
		t.Errorf("%d mails are owed", n)
	}
}

// The link of a ticket is for who takes part in it: of a private one, and for
// others, there is only the portal's first page.
func TestRefusalTellsStrangersNothing(t *testing.T) {
	w := newWorld(t)
	addr, _ := listen(t, w.listenerOptions())
	private, err := w.desk.Open(t.Context(), tickets.Caller{Person: w.ada, Origin: tickets.FromPortal}, tickets.Incident,
		tickets.Card{Beneficiary: w.ada.ID, Description: "Secret", Private: true})
	if err != nil {
		t.Fatal(err)
	}
	other := tickets.WithToken(testAcademy.NoReply, w.keys.ReplyToken(testAcademy.ID, private.ID))
	for name, c := range map[string]struct {
		author, to, contains string
	}{
		"private ticket":       {w.ada.Email, other, "votre texte vous attend"},
		"a colleague":          {"bob.exemple@creteil.example", w.tokenAddress(), "Personne ne lit"},
		"a stranger":           {"nobody@creteil.example", w.tokenAddress(), "Personne ne lit"},
		"no ticket":            {w.ada.Email, testAcademy.NoReply, "Personne ne lit"},
		"a token of elsewhere": {w.ada.Email, tickets.WithToken(testAcademy.NoReply, "abcdefgh"), "Personne ne lit"},
	} {
		raw := fmt.Sprintf("Authentication-Results: mx.creteil.example; dmarc=pass\r\nFrom: <%s>\r\nTo: <%s>\r\nSubject: x\r\nMessage-ID: <%s@creteil.example>\r\n\r\nBonjour\r\n",
			c.author, c.to, uuid.NewString())
		refused := submit(t, addr, c.author, []string{c.to}, []byte(raw))
		if refused == nil || refused.Code != 550 || !strings.HasSuffix(refused.Message, " https://portail.creteil.example/") ||
			!strings.Contains(refused.Message, c.contains) || strings.Contains(refused.Message, private.Number.String()) {
			t.Errorf("%s: %+v", name, refused)
		}
	}
}

// Whose reply holds no words of theirs is not told that words wait.
func TestRefusalOfAReplyWithoutWords(t *testing.T) {
	w := newWorld(t)
	addr, _ := listen(t, w.listenerOptions())
	from, data := envelope(w.reply(1, "> Votre demande est prise en compte.\r\n"))
	refused := submit(t, addr, from, []string{w.tokenAddress()}, data)
	if refused == nil || refused.Code != 550 || strings.Contains(refused.Message, "votre texte") || !strings.HasSuffix(refused.Message, " "+testPortal.Ticket(w.ticket.Ticket)) {
		t.Errorf("%+v", refused)
	}
}

// Mail to the bounce address is never refused, whoever writes.
func TestBounceAddressRefusesNothing(t *testing.T) {
	w := newWorld(t)
	addr, _ := listen(t, w.listenerOptions())
	to := "bounce+token@creteil.example"
	from, data := envelope(w.reply(1, "Bonjour"))
	data = bytes.ReplaceAll(data, []byte(w.tokenAddress()), []byte(to))
	for _, from := range []string{from, ""} {
		if refused := submit(t, addr, from, []string{to}, data); refused != nil {
			t.Errorf("from %q: %+v", from, refused)
		}
	}
	if n := w.guidances(t); n != 0 {
		t.Errorf("%d mails are owed", n)
	}
}

func TestRecipientPolicy(t *testing.T) {
	w := newWorld(t)
	addr, _ := listen(t, w.listenerOptions())
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail(w.ada.Email, nil); err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		to   string
		code int
	}{
		{"somebody@creteil.example", 550}, {"postmaster@creteil.example", 550}, {"no-reply@elsewhere.example", 550},
		{"No-Reply+ABC@CRETEIL.example", 0}, {"no-reply@creteil.example", 0},
		{"bounce+x@creteil.example", 452}, {"no-reply@paris.example", 452},
	} {
		err := c.Rcpt(s.to, nil)
		var refused *smtp.SMTPError
		if errors.As(err, &refused); (refused == nil) != (s.code == 0) || refused != nil && refused.Code != s.code {
			t.Errorf("%s: %v, want %d", s.to, err, s.code)
		}
	}
	// Begun anew, the other academy's is fine.
	if err := errors.Join(c.Reset(), c.Mail(w.ada.Email, nil), c.Rcpt("no-reply@paris.example", nil)); err != nil {
		t.Error(err)
	}
	// A sender that could not be written into a header field.
	if err := errors.Join(c.Reset(), c.Mail(`"a b"@creteil.example`, nil)); err == nil {
		t.Error("a sender with a space was taken")
	}
	// Who tries one address after the other is hung up on.
	_ = c.Reset()
	_ = c.Mail(w.ada.Email, nil)
	for range maxStrangers + 5 {
		err = c.Rcpt("x@creteil.example", nil)
	}
	var refused *smtp.SMTPError
	if err == nil || errors.As(err, &refused) {
		t.Errorf("still answered: %v", err)
	}
}

// outOfOrder is a store or a disk that is out of order.
type outOfOrder struct {
	tickets.Store
	tickets.Files
}

var errBroken = errors.New("out of order")

func (outOfOrder) KeepMails(context.Context, tickets.AcademyID, []tickets.MailRecord) ([]bool, error) {
	return nil, errBroken
}

func (outOfOrder) Put(context.Context, tickets.AcademyID, io.Reader, int64) (tickets.Stored, error) {
	return tickets.Stored{}, errBroken
}

// What could not be kept or recorded is put off, never refused or taken: the
// other server still has it.
func TestNothingIsSaidBeforeItIsRecorded(t *testing.T) {
	w := newWorld(t)
	disk, register := w.listenerOptions(), w.listenerOptions()
	disk.Files = outOfOrder{Files: w.files}
	register.Desk = tickets.NewDesk(tickets.Options{Store: outOfOrder{Store: w.db}, Files: w.files})
	from, data := envelope(w.reply(1, "Bonjour"))
	for name, o := range map[string]ListenerOptions{"disk": disk, "register": register} {
		addr, stop := listen(t, o)
		if refused := submit(t, addr, from, []string{w.tokenAddress()}, data); refused == nil || refused.Code != 451 || strings.Contains(refused.Message, "order") {
			t.Errorf("%s: %+v", name, refused)
		}
		stop()
	}
	addr, _ := listen(t, w.listenerOptions())
	if refused := submit(t, addr, from, []string{w.tokenAddress()}, data); refused == nil || refused.Code != 550 {
		t.Errorf("afterwards: %+v", refused)
	}
	if v := w.view(t); v.Draft == nil || v.Draft.Text != "Bonjour" {
		t.Errorf("draft %+v", v.Draft)
	}
}

// Too large, told or found out, also in chunks (RFC 3030): the author reads what
// to do instead. The limit is not announced: a server that knows it refuses by
// itself, in its own words.
func TestTooLargeMailsAreRefused(t *testing.T) {
	w := newWorld(t)
	addr, _ := listen(t, w.listenerOptions())
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if supported, limit := c.Extension("SIZE"); !supported || limit != "" {
		t.Errorf("SIZE %v %q", supported, limit)
	}
	holds := func(what string, err error) {
		t.Helper()
		var refused *smtp.SMTPError
		if !errors.As(err, &refused) || refused.Code != 552 || refused.EnhancedCode != (smtp.EnhancedCode{5, 3, 4}) ||
			!strings.HasPrefix(refused.Message, "Plus de 25 Mo") || !strings.HasSuffix(refused.Message, ": "+testPortal.Home()) {
			t.Errorf("%s: %v", what, err)
		}
	}
	holds("a size that is told", c.Mail(w.ada.Email, &smtp.MailOptions{Size: MaxMessage + 1}))
	if err := c.Mail(w.ada.Email, &smtp.MailOptions{Size: MaxMessage}); err != nil {
		t.Errorf("as large as may be: %v", err)
	}
	addr, _ = listen(t, w.listenerOptions(), func(l *Listener) {
		for _, d := range l.doors {
			d.bounds.Message = 1 << 20
		}
	})
	from, data := envelope(w.reply(1, strings.Repeat("une ligne de texte\n", 1<<20/19)))
	if refused := submit(t, addr, from, []string{w.tokenAddress()}, data); refused != nil {
		holds("a size that is found out", refused)
	} else {
		t.Error("a size that is found out: taken")
	}
	chunks, _ := greeting(t, addr)
	fmt.Fprintf(chunks, "EHLO x\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nBDAT %d LAST\r\n%sQUIT\r\n", from, w.tokenAddress(), len(data), data)
	if answers, _ := io.ReadAll(chunks); !strings.Contains(string(answers), "\r\n552 5.3.4 Plus de 25 Mo") {
		t.Errorf("in chunks: %q", answers)
	}
	if n := w.figure(t, `SELECT count(*) FROM inbound_mails`); n != 0 {
		t.Errorf("%d records", n)
	}
}

// A mail that comes in chunks (RFC 3030) and is cut is no mail.
func TestCutChunksAreNoMail(t *testing.T) {
	w := newWorld(t)
	addr, _ := listen(t, w.listenerOptions())
	from, data := envelope(w.reply(1, "Bonjour"))
	send := func(announced int, end func(*net.TCPConn)) string {
		c, _ := greeting(t, addr)
		fmt.Fprintf(c, "EHLO x\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nBDAT %d LAST\r\n%s", from, w.tokenAddress(), announced, data)
		end(c.(*net.TCPConn))
		answers, _ := io.ReadAll(c)
		return string(answers)
	}
	cut := send(len(data)+10, func(c *net.TCPConn) { _ = c.CloseWrite() })
	if strings.Contains(cut, "\r\n550 5.7.1") || w.figure(t, `SELECT count(*) FROM inbound_mails`) != 0 {
		t.Errorf("a cut mail was handled: %q", cut)
	}
	whole := send(len(data), func(c *net.TCPConn) { _, _ = c.Write([]byte("QUIT\r\n")) })
	if !strings.Contains(whole, "\r\n550 5.7.1") {
		t.Errorf("a whole one: %q", whole)
	}
}

func TestSTARTTLS(t *testing.T) {
	certificate := httptest.NewTLSServer(nil)
	defer certificate.Close()
	w := newWorld(t)
	o := w.listenerOptions()
	o.TLS = &tls.Config{Certificates: certificate.TLS.Certificates, MinVersion: tls.VersionTLS12}
	addr, _ := listen(t, o)
	trust := x509.NewCertPool()
	trust.AddCert(certificate.Certificate())
	c, err := smtp.DialStartTLS(addr, &tls.Config{RootCAs: trust, ServerName: "example.com", MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	from, data := envelope(w.reply(1, "Bonjour"))
	var refused *smtp.SMTPError
	if err := c.SendMail(from, []string{w.tokenAddress()}, bytes.NewReader(data)); !errors.As(err, &refused) || refused.Code != 550 {
		t.Errorf("%v", err)
	}
}
