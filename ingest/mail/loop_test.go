package mail

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// gateway is one academy's no-reply door over a register in memory.
type gateway struct {
	*door
	register *memory
}

// memory is what a door needs of a register. The guidance that is owed stays in
// owed.
type memory struct {
	tickets.Store
	tickets.Files
	academy tickets.Academy
	mu      sync.Mutex
	mails   []tickets.MailRecord
	owed    []tickets.Delivery
	alerts  int
}

func (m *memory) Academy(context.Context, tickets.AcademyID) (tickets.Academy, error) {
	return m.academy, nil
}

func (m *memory) MailFacts(_ context.Context, _ tickets.AcademyID, asked []tickets.MailQuestion, now time.Time) ([]tickets.MailFacts, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]tickets.MailFacts, len(asked))
	for _, r := range m.mails {
		if r.Owed == nil || now.Sub(r.Mail.ReceivedAt) > 24*time.Hour {
			continue
		}
		for i, q := range asked {
			out[i].AnsweredAll++
			if r.Mail.Sender == q.Sender {
				out[i].AnsweredDay++
				out[i].Answered = out[i].Answered || r.Mail.Ticket == q.Ticket
			}
		}
	}
	return out, nil
}

func (m *memory) KeepMails(_ context.Context, _ tickets.AcademyID, records []tickets.MailRecord) ([]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := make([]bool, len(records))
	for i, r := range records {
		first[i] = true
		m.mails = append(m.mails, r)
		if r.Owed != nil {
			m.owed = append(m.owed, *r.Owed)
		}
	}
	return first, nil
}

func (m *memory) CountMails(_ context.Context, _ tickets.AcademyID, rows []int, _ time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, r := range m.mails {
		if slices.Contains(rows, r.Mail.Row) {
			n++
		}
	}
	return n, nil
}

// PutAll keeps nothing: only the hashes are looked at.
func (m *memory) PutAll(_ context.Context, _ tickets.AcademyID, contents [][]byte) ([]tickets.Stored, error) {
	out := make([]tickets.Stored, len(contents))
	for i, c := range contents {
		out[i] = tickets.Stored{SHA256: sha256.Sum256(c), Size: int64(len(c))}
	}
	return out, nil
}

func (m *memory) Signal(context.Context, tickets.AcademyID, tickets.AlertRule, int, time.Time, time.Time) error {
	m.alerts++
	return nil
}

// newGateway has addresses that look like a person's, so that only what a mail
// says of itself can tell.
func newGateway(t testing.TB, id tickets.AcademyID) *gateway {
	a := tickets.Academy{
		ID: id, Timezone: "Europe/Paris", NoReply: "assistance@" + string(id) + ".example", Bounce: "retours@" + string(id) + ".example",
		Groups: []tickets.Group{{Code: "supervision", Supervises: true}},
	}
	m := &memory{academy: a}
	return &gateway{register: m, door: &door{
		academy: a, desk: tickets.NewDesk(tickets.Options{Store: m}), files: m, keyring: testKeyring(t), authServID: "mx." + string(id) + ".example",
		bounds: defaultBounds, now: time.Now, log: slog.New(slog.DiscardHandler), received: newReceivedCounter(id, "no-reply"),
	}}
}

// receive handles mails and returns the guidance that they cause.
func (g *gateway) receive(t testing.TB, raws ...string) []tickets.Delivery {
	t.Helper()
	arrivals := make([]arrival, len(raws))
	for i, raw := range raws {
		arrivals[i] = arrival{small: []byte(raw)}
	}
	g.register.owed = nil
	cases, first, err := g.decide(t.Context(), arrivals)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		g.recorded(t.Context(), c, first[i])
	}
	return g.register.owed
}

// marks are what tells that a mail of ours is one, by name.
var marks = []string{"Return-Path", "Auto-Submitted", "X-Auto-Response-Suppress", tickets.LoopHeader}

// letter is the guidance mail as notify/mail sends it, without the marks that a
// server on its way has lost. Without its empty Return-Path it has its From's.
func (g *gateway) letter(t testing.TB, d tickets.Delivery, lost ...string) string {
	t.Helper()
	var guide tickets.Guidance
	if err := json.Unmarshal(d.Data, &guide); err != nil {
		t.Fatal(err)
	}
	to, ok := d.Recipient.Address()
	if !ok {
		t.Fatalf("for %s", d.Recipient)
	}
	_, theirs, _ := strings.Cut(to, "@")
	fields := []string{
		"Return-Path: <>", "Authentication-Results: mx." + theirs + "; dmarc=pass",
		"From: " + g.academy.NoReply, "To: " + to, "Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All",
		tickets.LoopHeader + ": " + string(g.academy.ID), "Message-ID: <" + tickets.MessageID(d, g.academy.MailDomain()) + ">",
		"In-Reply-To: <" + guide.MessageID + ">", "Subject: Re: " + guide.Subject,
	}
	fields = slices.DeleteFunc(fields, func(f string) bool {
		name, _, _ := strings.Cut(f, ":")
		return slices.Contains(lost, name)
	})
	if slices.Contains(lost, "Return-Path") {
		fields = append([]string{"Return-Path: <" + g.academy.NoReply + ">"}, fields...)
	}
	return strings.Join(fields, "\r\n") + "\r\n\r\n> " + guide.Quoted + "\r\n"
}

// begin is a mail that looks like a person's, from one gateway's address to the
// other's.
func begin(from, to *gateway) string {
	return fmt.Sprintf("Return-Path: <%[1]s>\r\nAuthentication-Results: mx.%[3]s; dmarc=pass\r\nFrom: %[1]s\r\nTo: %[2]s\r\nMessage-ID: <%[4]s@elsewhere.example>\r\nSubject: x\r\n\r\nBonjour\r\n",
		from.academy.NoReply, to.academy.NoReply, to.academy.MailDomain(), uuid.NewString())
}

// exchange lets two gateways answer each other until none does, and returns how
// many letters that took.
func exchange(t *testing.T, lost ...string) int {
	t.Helper()
	one, other := newGateway(t, "creteil"), newGateway(t, "paris")
	raw, letters := begin(other, one), 0
	for letters < 100 {
		owed := one.receive(t, raw)
		if len(owed) == 0 {
			return letters
		}
		letters++
		raw = one.letter(t, owed[0], lost...)
		one, other = other, one
	}
	return letters
}

// Two gateways that answer each other end after one letter, whichever marks are
// lost on the way as long as one is left; without any, the brakes end it.
func TestTwoGatewaysEnd(t *testing.T) {
	for kept := range 1 << len(marks) {
		var lost []string
		for i, mark := range marks {
			if kept&(1<<i) == 0 {
				lost = append(lost, mark)
			}
		}
		letters := exchange(t, lost...)
		switch {
		case kept != 0 && letters != 1:
			t.Errorf("without %v: %d letters", lost, letters)
		case kept == 0 && letters > 2: // each has answered the other once
			t.Errorf("without any mark: %d letters", letters)
		}
	}
}

// A mail of ours that comes back to ourselves is never answered, and told.
func TestOurOwnMailEnds(t *testing.T) {
	g := newGateway(t, "creteil")
	owed := g.receive(t, begin(newGateway(t, "paris"), g))
	if len(owed) != 1 {
		t.Fatalf("%d letters", len(owed))
	}
	returned := strings.Replace(g.letter(t, owed[0], marks...), "To: assistance@paris.example", "To: "+g.academy.NoReply, 1)
	for range 3 {
		if again := g.receive(t, returned); len(again) != 0 {
			t.Fatal("we answer ourselves")
		}
	}
	if g.register.alerts == 0 {
		t.Error("supervisors do not hear of it")
	}
}

// Automatic replies of every kind, ten thousand of them, cause no letter.
func TestAutomaticRepliesCauseNoLetter(t *testing.T) {
	g, other := newGateway(t, "creteil"), newGateway(t, "paris")
	kinds := []string{
		// 1
		"X-Cecoia-Loop: paris", "Message-ID: <" + tickets.MessageID(tickets.Delivery{ID: uuid.New(), Ticket: uuid.New()}, "creteil.example") + ">",
		"From: " + g.academy.NoReply, "From: retours+x@creteil.example",
		// 2
		"Return-Path: <>", "From: MAILER-DAEMON@creteil.example", "Content-Type: multipart/report; boundary=b",
		"Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
		// 3
		"Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated", "Auto-Submitted: auto-notified; owner-email=\"x@y.example\"",
		"Auto-Submitted: (vacation) AUTO-REPLIED (vacation)", "auto-submitted: auto-replied", "Auto-Submitted: x-unheard-of",
		// 4
		"X-Autoreply: yes", "X-Autorespond: x", "X-Mail-Autoreply: x", "X-AutoReply-From: a@b.example", "X-Autogenerated: Reply",
		"X-FC-MachineGenerated: true", "X-POST-MessageClass: 9; Autoresponder", "Delivered-To: Autoresponder",
		"Precedence: auto_reply", "X-Precedence: auto_reply", "Preference: auto_reply",
		// 5
		"Precedence: bulk", "Precedence: list", "Precedence: junk", "List-Id: <x.y.example>", "List-Unsubscribe: <mailto:x@y.example>",
		"List-Post: NO", "Mailing-List: x", "Feedback-ID: 1:2:3:x",
		// 6
		"X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress: DR, AutoReply", "X-Auto-Response-Suppress: autoreply",
		// 7
		"From: postmaster@paris.example", "From: noreply@paris.example", "From: No-Reply@paris.example", "From: listserv@paris.example",
		"From: majordomo@paris.example", "From: x-request@paris.example", "From: owner-x@paris.example", "Sender: owner-x@paris.example",
		// 8
		"To: somebody-else@creteil.example",
	}
	people := []string{"ada", "bob", "claude"}
	var batch []string
	letters := 0
	for n := range 10_000 {
		kind := kinds[n%len(kinds)]
		name, _, _ := strings.Cut(kind, ":")
		raw := strings.ReplaceAll(begin(other, g), "assistance@paris", fmt.Sprintf("%s.%d@paris", people[n%3], n))
		var fields []string
		for f := range strings.SplitSeq(raw, "\r\n") {
			if !strings.HasPrefix(f, name+":") {
				fields = append(fields, f)
			}
		}
		batch = append(batch, kind+"\r\n"+strings.Join(fields, "\r\n"))
		if len(batch) == 500 {
			letters += len(g.receive(t, batch...))
			batch = nil
		}
	}
	if letters != 0 || len(g.register.mails) != 10_000 {
		t.Errorf("%d letters for %d mails", letters, len(g.register.mails))
	}
	// The same without any sign of a machine is answered: the test can fail.
	if owed := g.receive(t, begin(other, g)); len(owed) != 1 {
		t.Errorf("a person gets %d letters", len(owed))
	}
}

// A storm that looks like people is held by the breaker, and told.
func TestTheBreakerHoldsAStorm(t *testing.T) {
	g, other := newGateway(t, "creteil"), newGateway(t, "paris")
	letters := 0
	for range 10 {
		var batch []string
		for range 100 {
			raw := begin(other, g)
			batch = append(batch, strings.ReplaceAll(raw, "assistance@paris", uuid.NewString()+"@paris"))
		}
		letters += len(g.receive(t, batch...))
	}
	if letters != 300 {
		t.Errorf("%d letters within an hour, not 300", letters)
	}
	if g.register.alerts == 0 {
		t.Error("supervisors do not hear of it")
	}
}
