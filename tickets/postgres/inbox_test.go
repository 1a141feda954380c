package postgres_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// mail is one that claire sent, as the n-th of the mailbox.
func mail(n uint32) tickets.InboundMail {
	return tickets.InboundMail{
		Academy: "creteil", Mailbox: "INBOX", UIDValidity: 1 << 31, UID: n, Hash: [32]byte{byte(n), byte(n >> 8)},
		MessageID: "m@creteil.example", Sender: "claire@creteil.example", Person: person("creteil", "claire").ID,
		Row: 7, Verdict: "guide",
	}
}

func TestRefusedMail(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	desk, claire := w.desk(), by("creteil", "claire")
	c := w.open(t, "creteil", tickets.Card{})
	facts := func() tickets.MailFacts {
		t.Helper()
		f, err := desk.MailFacts(ctx, "creteil", tickets.MailQuestion{Sender: "Claire@creteil.example", Ticket: c.ID})
		if err != nil {
			t.Fatal(err)
		}
		return f[0]
	}
	f := facts()
	if !f.Known || !f.Participant || f.Person.Login != "claire" || f.Ticket.ID != c.ID || f.Answered || f.AnsweredDay+f.AnsweredAll != 0 {
		t.Errorf("facts %s", asJSON(f))
	}
	same(t, "the ticket", f.Ticket, tickets.Ticket{
		Academy: c.Academy, ID: c.ID, Number: c.Number, Requester: c.Requester, Card: tickets.Card{Private: c.Private, Beneficiary: c.Beneficiary},
	})

	m := mail(1)
	m.Ticket = c.ID
	guide := &tickets.Guidance{Lang: tickets.French, MessageID: "m@creteil.example", Quoted: "nul \x00"}
	for i := range 2 {
		kept, err := desk.RefuseMail(ctx, m, "Bonjour \x00\xff,\nc’est l’écran de gauche.", guide)
		if err != nil || kept != (i == 0) {
			t.Fatalf("time %d: kept %v, %v", i+1, kept, err)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM deliveries WHERE template = 'guidance'`); n != 1 {
		t.Errorf("%d guidance mails owed", n)
	}
	d, err := w.ReplyDraft(ctx, "creteil", c.ID, claire.Person.ID, w.now)
	if err != nil || d.Text != "Bonjour \uFFFD\uFFFD,\nc’est l’écran de gauche." || !d.ExpiresAt.After(w.now.Add(6*24*time.Hour)) {
		t.Errorf("draft %s, %v", asJSON(d), err)
	}
	if f := facts(); !f.Answered || f.AnsweredDay != 1 || f.AnsweredAll != 1 {
		t.Errorf("answered: %s", asJSON(f))
	}

	// A second reply joins the draft.
	m = mail(2)
	m.Ticket = c.ID
	must(t)(desk.RefuseMail(ctx, m, "PS : merci.", nil))
	d, err = w.ReplyDraft(ctx, "creteil", c.ID, claire.Person.ID, w.now)
	if err != nil || !strings.HasPrefix(d.Text, "Bonjour") || !strings.HasSuffix(d.Text, "gauche.\n\nPS : merci.") {
		t.Errorf("merged %q, %v", d.Text, err)
	}
	// Sent once more, or through both doors, it is there once, and no other draft
	// than the one that its author may have open.
	opened := d
	for n, again := range map[uint32]string{8: "PS : merci.", 9: opened.Text} {
		m = mail(n)
		m.Ticket = c.ID
		w.now = w.now.Add(time.Second)
		must(t)(desk.RefuseMail(ctx, m, again, nil))
		d, err = w.ReplyDraft(ctx, "creteil", c.ID, claire.Person.ID, w.now)
		if err != nil || d.Text != opened.Text || !d.CreatedAt.Equal(opened.CreatedAt) || !d.ExpiresAt.After(opened.ExpiresAt) {
			t.Errorf("the same words again: %q of %s until %s, %v", d.Text, d.CreatedAt, d.ExpiresAt, err)
		}
	}
	// Nothing that is there gives way: neither to a very long reply, nor to words
	// that may be another's, which leave room for hers.
	before := d.Text
	reply := func(n uint32, text string, doubtful bool) string {
		t.Helper()
		m := mail(n)
		m.Ticket = c.ID
		must(t)(desk.RefuseMails(ctx, "creteil", []tickets.RefusedMail{{Mail: m, Text: text, Doubtful: doubtful}}))
		d, err = w.ReplyDraft(ctx, "creteil", c.ID, claire.Person.ID, w.now)
		if err != nil {
			t.Fatal(err)
		}
		return d.Text
	}
	flood := strings.Repeat("x", 2*tickets.MaxText)
	if got := reply(3, flood, true); !strings.HasPrefix(got, before+"\n\nx") || len([]rune(got)) != tickets.MaxText {
		t.Errorf("doubtful words: %d characters", len([]rune(got)))
	}
	if got := reply(5, strings.Repeat("é", tickets.MaxText-3)+"fin", false); !strings.HasPrefix(got, before) || !strings.HasSuffix(got, "éfin") {
		t.Errorf("a long reply: %d characters", len([]rune(got)))
	}
	long := d.Text
	if got := reply(6, flood, true); got != long {
		t.Errorf("doubtful words changed it: %d characters", len([]rune(got)))
	}
	if got := reply(7, strings.Repeat(flood, 4), false); !strings.HasPrefix(got, long) || len([]rune(got)) != 4*tickets.MaxText {
		t.Errorf("no end: %d characters", len([]rune(got)))
	}

	// It is hers, here.
	for what, err := range map[string]error{
		"another's": draftError(t, w, "creteil", c.ID, person("creteil", "denis").ID, w.now),
		"elsewhere": draftError(t, w, "paris", c.ID, claire.Person.ID, w.now),
		"expired":   draftError(t, w, "creteil", c.ID, claire.Person.ID, w.now.Add(8*24*time.Hour)),
	} {
		code(t, what, err, tickets.NotFound)
	}
	// An expired one gives way.
	w.now = w.now.Add(8 * 24 * time.Hour)
	m = mail(4)
	m.Ticket = c.ID
	must(t)(desk.RefuseMail(ctx, m, "Toujours rien.", nil))
	d, err = w.ReplyDraft(ctx, "creteil", c.ID, claire.Person.ID, w.now)
	if err != nil || d.Text != "Toujours rien." {
		t.Errorf("after expiry %q, %v", d.Text, err)
	}
	// Another's words leave it; hers to the desk end it.
	w.do(t, by("creteil", "agathe"), c, tickets.ActionAsk, "Lequel ?")
	if draftError(t, w, "creteil", c.ID, claire.Person.ID, w.now) != nil {
		t.Error("the desk's words ended her draft")
	}
	// One that came after the page was opened stays: its author has not seen it.
	w.do(t, claire, c, tickets.ActionComplement, "Sans le brouillon.")
	late := tickets.Input{Text: "Celui de gauche.", Draft: d.CreatedAt.Add(-time.Second)}
	must(t)(desk.Do(ctx, claire, c.Number.Ref(), tickets.ActionComplement, late))
	if draftError(t, w, "creteil", c.ID, claire.Person.ID, w.now) != nil {
		t.Error("a draft that she had not seen ended")
	}
	must(t)(desk.Do(ctx, claire, c.Number.Ref(), tickets.ActionComplement, tickets.Input{Text: "Tout.", Draft: d.CreatedAt}))
	code(t, "once sent", draftError(t, w, "creteil", c.ID, claire.Person.ID, w.now), tickets.NotFound)

	// She may throw one away that she has seen; nobody else's goes with it.
	m = mail(10)
	m.Ticket = c.ID
	must(t)(desk.RefuseMail(ctx, m, "Laissez tomber.", nil))
	d, err = w.ReplyDraft(ctx, "creteil", c.ID, claire.Person.ID, w.now)
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range []struct {
		who  tickets.Caller
		seen time.Time
	}{{claire, time.Time{}}, {claire, d.CreatedAt.Add(-time.Second)}, {by("creteil", "agathe"), w.now}} {
		if err := desk.DiscardDraft(ctx, kept.who, c.Number.Ref(), kept.seen); err != nil || draftError(t, w, "creteil", c.ID, claire.Person.ID, w.now) != nil {
			t.Errorf("%s, %s: her draft is gone, %v", kept.who.Person.Login, kept.seen, err)
		}
	}
	if err := desk.DiscardDraft(ctx, claire, c.Number.Ref(), d.CreatedAt); err != nil {
		t.Fatal(err)
	}
	code(t, "once discarded", draftError(t, w, "creteil", c.ID, claire.Person.ID, w.now), tickets.NotFound)
}

func draftError(t *testing.T, w *world, a tickets.AcademyID, ticket, who uuid.UUID, now time.Time) error {
	t.Helper()
	_, err := w.ReplyDraft(t.Context(), a, ticket, who, now)
	return err
}

// The guidance's delivery has no event, but its ticket and its data.
func TestGuidanceNotice(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	c := w.open(t, "creteil", tickets.Card{})
	for n, ticket := range []uuid.UUID{c.ID, uuid.Nil, uuid.Nil} {
		m := mail(uint32(n))
		m.Ticket = ticket
		must(t)(w.desk().RefuseMail(ctx, m, "", &tickets.Guidance{Lang: tickets.French, Subject: "Re: écran"}))
	}
	now := w.now.Add(time.Second)
	seen := 0
	for _, n := range w.lease(t, "creteil", deliveries(t, w), now) {
		if n.Template != tickets.TemplateGuidance {
			continue
		}
		var g tickets.Guidance
		if err := json.Unmarshal(n.Data, &g); err != nil || g.Subject != "Re: écran" {
			t.Errorf("data %s, %v", n.Data, err)
		}
		if n.Event.ID != uuid.Nil || n.Case.ID != n.Ticket || n.Delivery.Recipient != "address:claire@creteil.example" || n.Recipient.ID != uuid.Nil {
			t.Errorf("notice %s", asJSON(n))
		}
		seen++
	}
	if seen != 3 { // without a ticket each is a lane of its own
		t.Errorf("%d guidance mails leased, want 3", seen)
	}
}

// The same mail is handled once: by its place in the mailbox, or by its bytes
// within a day, whichever door and however many at once.
func TestMailHandledOnce(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	keep := func(m tickets.InboundMail) bool {
		t.Helper()
		m.ID = newID()
		kept, err := w.KeepMails(ctx, m.Academy, []tickets.MailRecord{{Mail: m}})
		if err != nil {
			t.Fatal(err)
		}
		return kept[0]
	}
	m := mail(1)
	m.ReceivedAt = noon
	if !keep(m) || keep(m) {
		t.Error("by its place")
	}
	other := m
	other.Hash = [32]byte{9}
	if keep(other) {
		t.Error("the same place, other bytes")
	}
	elsewhere := m
	elsewhere.Mailbox, elsewhere.UID = "", 0
	elsewhere.ReceivedAt = noon.Add(23 * time.Hour)
	if keep(elsewhere) {
		t.Error("the same bytes by the other door")
	}
	elsewhere.ReceivedAt = noon.Add(25 * time.Hour)
	if !keep(elsewhere) {
		t.Error("the same bytes a day later are another mail")
	}
	elsewhere.Academy, elsewhere.ReceivedAt = "paris", noon
	if !keep(elsewhere) {
		t.Error("another academy's mail")
	}
	var kept atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			batch := make([]tickets.MailRecord, 5)
			for n := range batch {
				m := mail(uint32(100 + n))
				m.ID, m.ReceivedAt = newID(), noon
				if i%2 == 0 {
					m.Mailbox = ""
				}
				batch[n].Mail = m
			}
			if i%3 == 0 { // locks are taken in one order, whatever that of the mails
				slices.Reverse(batch)
			}
			first, err := w.KeepMails(ctx, "creteil", batch)
			if err != nil {
				t.Error(err)
			}
			for _, ok := range first {
				if ok {
					kept.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if kept.Load() != 5 {
		t.Errorf("%d kept, want 5", kept.Load())
	}
}

// Many mails at once are kept as one by one: the same twice counts once, and
// what one person wrote about one ticket is one draft, in order.
func TestMailsTogether(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	one, two := w.open(t, "creteil", tickets.Card{}), w.open(t, "creteil", tickets.Card{})
	refused := func(n uint32, ticket uuid.UUID, text string) tickets.RefusedMail {
		m := mail(n)
		m.Ticket = ticket
		return tickets.RefusedMail{Mail: m, Text: text, Guide: &tickets.Guidance{Lang: tickets.French, Subject: text}}
	}
	batch := []tickets.RefusedMail{
		refused(1, one.ID, "Un"), refused(2, two.ID, "À part"), refused(3, one.ID, "Deux"), refused(1, one.ID, "Un"), refused(4, uuid.Nil, "Nulle part"),
	}
	for i, want := range [][]bool{{true, true, true, false, true}, {false, false, false, false, false}} {
		first, err := w.desk().RefuseMails(ctx, "creteil", batch)
		if err != nil || !slices.Equal(first, want) {
			t.Errorf("time %d: %v, %v", i+1, first, err)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM deliveries WHERE template = 'guidance'`); n != 4 {
		t.Errorf("%d guidance mails owed", n)
	}
	claire := person("creteil", "claire").ID
	for ticket, want := range map[uuid.UUID]string{one.ID: "Un\n\nDeux", two.ID: "À part"} {
		if d, err := w.ReplyDraft(ctx, "creteil", ticket, claire, w.now); err != nil || d.Text != want {
			t.Errorf("draft %q, %v", d.Text, err)
		}
	}
	facts, err := w.desk().MailFacts(ctx, "creteil", tickets.MailQuestion{Sender: "claire@creteil.example", Ticket: two.ID},
		tickets.MailQuestion{Sender: "claire@creteil.example"}, tickets.MailQuestion{Sender: "denis@creteil.example", Ticket: two.ID}, tickets.MailQuestion{})
	if err != nil || len(facts) != 4 {
		t.Fatalf("%d facts, %v", len(facts), err)
	}
	for i, want := range []struct {
		answered, known bool
		day             int
	}{{true, true, 4}, {true, true, 4}, {false, true, 0}, {false, false, 0}} {
		if f := facts[i]; f.Answered != want.answered || f.Known != want.known || f.AnsweredDay != want.day || f.AnsweredAll != 4 {
			t.Errorf("%d: %s", i, asJSON(f))
		}
	}
	same(t, "the ticket", facts[2].Ticket, facts[0].Ticket)
	if first, err := w.desk().RefuseMails(ctx, "creteil", nil); err != nil || len(first) != 0 {
		t.Errorf("none: %v, %v", first, err)
	}
}

func TestMailFactsOfStrangers(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	ask := func(a tickets.AcademyID, sender string, ticket uuid.UUID) (tickets.MailFacts, error) {
		f, err := w.MailFacts(t.Context(), a, []tickets.MailQuestion{{Sender: sender, Ticket: ticket}}, noon)
		if err != nil {
			return tickets.MailFacts{}, err
		}
		return f[0], nil
	}
	f, err := ask("creteil", "\xff\x00stranger@elsewhere.example", newID())
	if err != nil || f.Known || f.Participant || f.Ticket.ID != uuid.Nil {
		t.Errorf("facts %s, %v", asJSON(f), err)
	}
	f, err = ask("creteil", "agathe@creteil.example", c.ID)
	if err != nil || !f.Known || f.Participant {
		t.Errorf("an agent: %s, %v", asJSON(f), err)
	}
	f, err = ask("paris", "claire@paris.example", c.ID)
	if err != nil || !f.Known || f.Participant || f.Ticket.ID != uuid.Nil {
		t.Errorf("another academy's ticket: %s, %v", asJSON(f), err)
	}
}
