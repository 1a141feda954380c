package mail

import (
	"bytes"
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/google/uuid"

	"cecoia.example/deploy/local/dovecot"
	"cecoia.example/tickets"
)

// sentMail is a mail to Ada that says that the desk asks her something, as it
// was handed to the mail server.
func (w *world) sentMail(t testing.TB) tickets.Delivery {
	t.Helper()
	c, err := w.desk.Open(t.Context(), tickets.Caller{Person: w.ada, Origin: tickets.FromPortal}, tickets.Incident,
		tickets.Card{Beneficiary: w.ada.ID, Description: "Souris muette."})
	if err != nil {
		t.Fatal(err)
	}
	d := tickets.Delivery{ID: uuid.Must(uuid.NewV7()), Ticket: c.ID}
	if _, err := w.db.Pool().Exec(t.Context(), `INSERT INTO deliveries
			(academy, id, cause, ticket, seq, channel, recipient, template, rule, due, created_at)
		VALUES ('creteil', $1, $1, $2, 2, 'mail', $3, 'asked', 'requester-is-asked', now(), now())`,
		d.ID, d.Ticket, tickets.ToPerson(w.ada.ID)); err != nil {
		t.Fatal(err)
	}
	return d
}

// returnedFor makes a report of testdata/bounces one on that mail.
func (w *world) returnedFor(t testing.TB, name string, d tickets.Delivery, token string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "bounces", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	raw = bytes.ReplaceAll(raw, []byte(returnedMail), []byte(tickets.MessageID(d, testAcademy.MailDomain())))
	raw = bytes.ReplaceAll(raw, []byte("bounce+jetonjetonjetonjetonjetonjetonjetonjetonje@creteil.example"), []byte(tickets.WithToken(testAcademy.Bounce, token)))
	return bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
}

func (w *world) muted(t testing.TB) bool {
	t.Helper()
	_, muted, err := w.desk.Muting(t.Context(), tickets.Caller{Person: w.ada})
	if err != nil {
		t.Fatal(err)
	}
	return muted
}

// The mailbox of the bounce address: reports mute and are filed, by token or by
// Message-ID; what is no report mutes nobody; nothing is answered.
func TestTheBounceMailbox(t *testing.T) {
	for _, x := range []struct {
		name, report string
		token        bool // the signed one is in the address
		change       func([]byte) []byte
		muted        bool
		folder       string
	}{
		{"by Message-ID", "postfix", false, nil, true, folderBounces},
		{"by token", "exim-warning-text", true, func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("451 4.7.1 Greylisting in action"), []byte("550 5.1.1 unknown"))
		}, true, folderBounces},
		{"by neither", "exim-warning-text", false, func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("451 4.7.1 Greylisting in action"), []byte("550 5.1.1 unknown"))
		}, false, folderBounces},
		{"of a forwarded mailbox", "forwarded-mailbox", true, func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("Status: 5.0.0"), []byte("Status: 5.1.1"))
		}, true, folderBounces},
		{"about another address", "postfix", true, func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("ada.exemple@"), []byte("bob.exemple@"))
		}, false, folderBounces},
		{"a delay", "postfix-delayed", true, nil, false, folderBounces},
		{"one refusal", "zimbra", true, nil, false, folderBounces},
		{"a success", "several-recipients", true, nil, false, folderBounces},
		{"out of office", "away-null-path", true, nil, false, folderAutomatic},
		{"a receipt", "read-receipt", true, nil, false, folderBounces},
		{"a complaint", "complaint", true, nil, false, folderBounces},
		{"a person", "person", true, nil, false, folderAutomatic},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d := w.sentMail(t)
			token := w.keys.ReplyToken(testAcademy.ID, d.ID) // signed, for another purpose
			if x.token {
				token = w.keys.BounceToken(testAcademy.ID, d.ID)
			}
			raw := w.returnedFor(t, x.report, d, token)
			if x.change != nil {
				raw = x.change(raw)
			}
			box := newMailbox(t, imap.CapMove, imap.CapIdle)
			o := w.options(box.url())
			o.Bounces = true
			start(t, o)
			box.put(t, raw)
			w.eventually(t, "the mail in "+x.folder, func() bool { return box.count(x.folder) == 1 })
			if w.muted(t) != x.muted {
				t.Errorf("muted: %v\n%s", !x.muted, w.log)
			}
			if n := w.guidances(t); n != 0 {
				t.Errorf("%d answers", n)
			}
			if n := w.figure(t, "SELECT count(*) FROM reply_drafts"); n != 0 {
				t.Errorf("%d drafts", n)
			}
		})
	}
}

// The same on a real server, all of them at once, over TLS: what is about another
// address or no report mutes nobody, the one that is of hers does.
func TestTheBounceMailboxOnDovecot(t *testing.T) {
	w := newWorld(t)
	d := w.sentMail(t)
	token := w.keys.BounceToken(testAcademy.ID, d.ID)
	box := newDovebox(t, dovecot.Options{TLS: true})
	o := w.options(strings.Replace(box.url(), "?tls=none", "", 1)) // STARTTLS
	o.Bounces, o.TLS = true, &tls.Config{RootCAs: box.server.Roots(), MinVersion: tls.VersionTLS12}
	elsewhere := bytes.ReplaceAll(w.returnedFor(t, "postfix", d, token), []byte("ada.exemple@"), []byte("bob.exemple@"))
	box.put(t, elsewhere)
	for _, name := range []string{"postfix-delayed", "several-recipients", "read-receipt", "complaint", "away-null-path", "person"} {
		box.put(t, w.returnedFor(t, name, d, token))
	}
	start(t, o)
	w.eventually(t, "all filed", func() bool {
		return box.count("INBOX") == 0 && box.count(folderBounces) == 5 && box.count(folderAutomatic) == 2
	})
	if w.muted(t) {
		t.Errorf("muted\n%s", w.log)
	}
	box.put(t, w.returnedFor(t, "exchange", d, token))
	w.eventually(t, "the report filed", func() bool { return box.count(folderBounces) == 6 })
	if !w.muted(t) {
		t.Errorf("not muted\n%s", w.log)
	}
	if n := w.guidances(t) + w.figure(t, "SELECT count(*) FROM reply_drafts"); n != 0 {
		t.Errorf("%d answers and drafts", n)
	}
}

// A report that reaches the no-reply address, as some servers answer the author,
// counts the same.
func TestAReportToTheNoReplyAddress(t *testing.T) {
	w := newWorld(t)
	d := w.sentMail(t)
	raw := w.returnedFor(t, "exchange", d, "x")
	raw = bytes.ReplaceAll(raw, []byte(tickets.WithToken(testAcademy.Bounce, "x")), []byte(testAcademy.NoReply))
	box := newMailbox(t, imap.CapMove, imap.CapIdle)
	start(t, w.options(box.url()))
	box.put(t, raw)
	w.eventually(t, "the report filed", func() bool { return box.count(folderBounces) == 1 })
	if !w.muted(t) {
		t.Error("not muted")
	}
}

// While the register is away a report waits; told twice, it counts once.
func TestReportsAreNotLost(t *testing.T) {
	w := newWorld(t)
	d := w.sentMail(t)
	box := newMailbox(t, imap.CapMove, imap.CapIdle)
	exec := func(sql string) {
		t.Helper()
		if _, err := w.db.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`ALTER TABLE bounces RENAME TO elsewhere`)
	o := w.options(box.url())
	o.Bounces = true
	stop := start(t, o)
	box.put(t, w.returnedFor(t, "zimbra", d, w.keys.BounceToken(testAcademy.ID, d.ID)))
	w.eventually(t, "a failure", func() bool { return w.log.count("a bounce of") > 0 })
	if n := box.count(folderBounces); n > 0 {
		t.Errorf("%d reports moved that are not taken into account", n)
	}
	stop()
	exec(`ALTER TABLE elsewhere RENAME TO bounces`)
	start(t, o)
	w.eventually(t, "the report filed", func() bool { return box.count(folderBounces) == 1 })
	box.put(t, w.returnedFor(t, "zimbra", d, w.keys.BounceToken(testAcademy.ID, d.ID)))
	w.eventually(t, "the second filed", func() bool { return box.count(folderBounces) == 2 })
	if n := w.figure(t, "SELECT count(*) FROM bounces"); n != 1 {
		t.Errorf("%d bounces of one mail", n)
	}
}

// Reports are read beside everything else: the numbers are those of the table.
func TestWhatReachesTheBounceAddress(t *testing.T) {
	for fields, want := range map[string]Decision{
		"From: a@creteil.example":                             {Row: 8, Verdict: Silent},
		"From: a@creteil.example\nAuto-Submitted: auto-reply": {Row: 3, Verdict: File},
		"Return-Path: <>\nX-Autoreply: yes":                   {Row: 4, Verdict: File},
		"List-Id: <x>":                                        {Row: 5, Verdict: File},
		"Return-Path: <>":                                     {Row: 2, Verdict: Bounce},
		"From: no-reply@creteil.example":                      {Row: 1, Verdict: File},
	} {
		e := Evidence{Message: parse(t, fields+"\n\nx\n"), Academy: testAcademy}
		got := classifyReturned(e, Report{})
		if got.Row != want.Row || got.Verdict != want.Verdict || got.Reason == "" {
			t.Errorf("%s: %+v", strings.ReplaceAll(fields, "\n", ", "), got)
		}
	}
	report := Report{Recipients: []Reported{{Address: "a@creteil.example"}}}
	e := Evidence{Message: parse(t, "Auto-Submitted: auto-replied\n\nx\n"), Academy: testAcademy}
	if got := classifyReturned(e, report); got.Verdict != Bounce {
		t.Errorf("a report that says it is automatic: %+v", got)
	}
}
