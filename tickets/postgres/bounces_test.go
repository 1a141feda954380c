package postgres_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// mailed opens a ticket of claire's, asks her something, and returns the mail
// that says so, as sent.
func (w *world) mailed(t *testing.T, a tickets.AcademyID) (tickets.Case, uuid.UUID) {
	t.Helper()
	c := w.open(t, a, tickets.Card{})
	w.do(t, by(a, "agathe"), c, tickets.ActionAsk, "Quel écran ?")
	return c, w.sendMails(t, a, tickets.Receipt{Outcome: tickets.Delivered})
}

// sendMails records that outcome of each mail that is owed, and returns the last.
func (w *world) sendMails(t *testing.T, a tickets.AcademyID, r tickets.Receipt) (last uuid.UUID) {
	t.Helper()
	now := w.later()
	for _, n := range w.lease(t, a, deliveries(t, w), now) {
		one := tickets.Receipt{Outcome: tickets.Delivered}
		if n.Channel == tickets.Mail {
			last, one = n.ID, r
		}
		one.Delivery, one.At = n.ID, now
		w.record(t, a, one)
	}
	if last == uuid.Nil {
		t.Fatal("no mail was owed")
	}
	return last
}

// later is a moment after all that has happened.
func (w *world) later() time.Time {
	w.pass(time.Second)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func refusal(delivery uuid.UUID, status string) tickets.Bounce {
	return tickets.Bounce{
		Academy: "creteil", Delivery: delivery, Addresses: []string{"claire@creteil.example"},
		Status: status, Diagnostic: "smtp; 550 nul \x00",
	}
}

func bounced(t *testing.T, w *world, b tickets.Bounce, want tickets.BounceOutcome) {
	t.Helper()
	if got, err := w.desk().MailBounced(t.Context(), b); err != nil || got != want {
		t.Errorf("%s: %q, %v, want %q", b.Status, got, err, want)
	}
}

func alerts(t *testing.T, w *world) int {
	t.Helper()
	return count(t, w, `SELECT count(*) FROM signals WHERE rule = 'address_muted'`)
}

// An address that does not exist is muted at once, once, and supervisors are told.
func TestAnAddressThatIsGone(t *testing.T) {
	w := newWorld(t)
	_, mail := w.mailed(t, "creteil")
	claire := by("creteil", "claire")
	if _, muted, err := w.desk().Muting(t.Context(), claire); err != nil || muted {
		t.Fatalf("muted %v, %v", muted, err)
	}
	var group sync.WaitGroup
	for range 4 { // the same report by several doors
		group.Go(func() { bounced(t, w, refusal(mail, "5.1.1"), tickets.BounceMuted) })
	}
	group.Wait()
	m, muted, err := w.desk().Muting(t.Context(), claire)
	if err != nil || !muted || m.Address != "claire@creteil.example" || m.Status != "5.1.1" || m.Since.Before(noon) || m.Diagnostic != "smtp; 550 nul \uFFFD" {
		t.Errorf("%+v, %v, %v", m, muted, err)
	}
	if n := count(t, w, `SELECT count(*) FROM mutings`); n != 1 {
		t.Errorf("%d mutings", n)
	}
	if n := alerts(t, w); n != 1 {
		t.Errorf("%d alerts", n)
	}
	if _, muted, err := w.desk().MutedAddress(t.Context(), "creteil", "CLAIRE@creteil.example"); err != nil || !muted {
		t.Errorf("in capitals: %v, %v", muted, err)
	}
	for _, other := range []tickets.Caller{by("paris", "claire"), by("creteil", "denis")} {
		if _, muted, err := w.desk().Muting(t.Context(), other); err != nil || muted {
			t.Errorf("%s: muted %v, %v", other.Person.Email, muted, err)
		}
	}
}

// Refusals for good mute at the third mail within 14 days; delays never do.
func TestAnAddressThatRefuses(t *testing.T) {
	w := newWorld(t)
	var mails []uuid.UUID
	for range 6 {
		_, mail := w.mailed(t, "creteil")
		mails = append(mails, mail)
	}
	for _, mail := range mails {
		bounced(t, w, refusal(mail, "4.4.7"), tickets.BounceCounted)
	}
	delay := refusal(mails[0], "5.2.2")
	delay.Delayed = true
	bounced(t, w, delay, tickets.BounceCounted)
	for range 5 { // one mail is one
		bounced(t, w, refusal(mails[0], "5.2.2"), tickets.BounceCounted)
	}
	bounced(t, w, refusal(mails[1], "5.2.2"), tickets.BounceCounted)
	w.pass(15 * 24 * time.Hour)
	bounced(t, w, refusal(mails[2], "5.2.2"), tickets.BounceCounted)
	bounced(t, w, refusal(mails[3], "5.7.1"), tickets.BounceCounted)
	bounced(t, w, refusal(mails[4], "5.0.0"), tickets.BounceMuted)
	if n := count(t, w, `SELECT count(*) FROM bounces WHERE kind = 'failed'`); n != 5 {
		t.Errorf("%d refusals kept", n)
	}
}

// Reports are forged: what they say counts only of the address that the mail
// they name was written to.
func TestForgedReportsMuteNobody(t *testing.T) {
	w := newWorld(t)
	_, mail := w.mailed(t, "creteil")
	for what, change := range map[string]func(*tickets.Bounce){
		"another address":        func(b *tickets.Bounce) { b.Addresses = []string{"denis@creteil.example", "claire@ailleurs.example"} },
		"no address":             func(b *tickets.Bounce) { b.Addresses = nil },
		"an empty address":       func(b *tickets.Bounce) { b.Addresses = []string{""} },
		"no such mail":           func(b *tickets.Bounce) { b.Delivery = newID() },
		"no mail":                func(b *tickets.Bounce) { b.Delivery = uuid.Nil },
		"another academy's mail": func(b *tickets.Bounce) { b.Academy = "paris" },
		"a success":              func(b *tickets.Bounce) { b.Status = "2.0.0" },
	} {
		b := refusal(mail, "5.1.1")
		change(&b)
		got, err := w.desk().MailBounced(t.Context(), b)
		if err != nil || got == tickets.BounceMuted || got == tickets.BounceCounted {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	card := count(t, w, `SELECT count(*) FROM delivery_log WHERE channel = 'chat'`)
	if n := count(t, w, `SELECT count(*) FROM bounces`) + count(t, w, `SELECT count(*) FROM mutings`); n != 0 || card == 0 {
		t.Errorf("%d rows kept", n)
	}
	// Of a forwarded mail both are named.
	b := refusal(mail, "5.1.1")
	b.Addresses = []string{"claire@ailleurs.example", "claire@creteil.example"}
	bounced(t, w, b, tickets.BounceMuted)
}

// The owner ends it: what waits for their word is sent anew, reports on mails
// of before are late, one on a later mail mutes again.
func TestTheOwnerConfirms(t *testing.T) {
	w := newWorld(t)
	claire := by("creteil", "claire")
	asked, first := w.mailed(t, "creteil")
	answered, second := w.mailed(t, "creteil")
	w.do(t, claire, answered, tickets.ActionComplement, "Celui de gauche.")
	w.sendMailsMaybe(t)
	bounced(t, w, refusal(first, "5.1.1"), tickets.BounceMuted)
	m, _, _ := w.desk().Muting(t.Context(), claire)
	// Meanwhile another is resolved, whose mail is not sent.
	resolved := w.open(t, "creteil", tickets.Card{})
	w.do(t, by("creteil", "agathe"), resolved, tickets.ActionResolve, "Câble rebranché.")
	w.sendMails(t, "creteil", tickets.Receipt{Outcome: tickets.Suppressed, Err: "adresse muette"})

	for what, by := range map[string]tickets.Caller{"denis": by("creteil", "denis"), "paris": by("paris", "claire")} {
		_, err := w.desk().ConfirmAddress(t.Context(), by, m.ID)
		code(t, what, err, tickets.NotFound)
	}
	_, err := w.desk().ConfirmAddress(t.Context(), claire, newID())
	code(t, "another muting", err, tickets.NotFound)

	renewed, err := w.desk().ConfirmAddress(t.Context(), claire, m.ID)
	if err != nil || renewed != 2 {
		t.Fatalf("%d mails anew, %v", renewed, err)
	}
	for what, c := range map[string]tickets.Case{"asked": asked, "resolved": resolved} {
		if n := count(t, w, `SELECT count(*) FROM deliveries WHERE ticket = $1 AND channel = 'mail' AND template = $2 AND attempts = 0`, c.ID, what); n != 1 {
			t.Errorf("%s: %d mails owed", what, n)
		}
	}
	_, err = w.desk().ConfirmAddress(t.Context(), claire, m.ID)
	code(t, "again", err, tickets.NotFound)
	if n := count(t, w, `SELECT count(*) FROM mutings WHERE ended_by = $1`, claire.Person.ID); n != 1 {
		t.Error("who confirmed is not kept")
	}

	bounced(t, w, refusal(second, "5.1.1"), tickets.BounceForgotten)
	bounced(t, w, refusal(first, "5.1.1"), tickets.BounceForgotten)
	again := w.sendMails(t, "creteil", tickets.Receipt{Outcome: tickets.Delivered})
	bounced(t, w, refusal(again, "5.1.1"), tickets.BounceMuted)
	if other, muted, err := w.desk().Muting(t.Context(), claire); err != nil || !muted || other.ID == m.ID {
		t.Errorf("%+v, %v, %v", other, muted, err)
	}
}

// What is owed to a muted address says so when it is leased; by whatever kind of
// recipient, and by mail alone.
func TestMutedNoticesAreHeldForEver(t *testing.T) {
	w := newWorld(t)
	_, mail := w.mailed(t, "creteil")
	bounced(t, w, refusal(mail, "5.1.1"), tickets.BounceMuted)
	c := w.open(t, "creteil", tickets.Card{})
	w.do(t, by("creteil", "agathe"), c, tickets.ActionAsk, "Quel écran ?")
	for i, to := range []string{"Claire@creteil.example", "denis@creteil.example"} {
		must(t)(nil, w.exec(t, `INSERT INTO deliveries (academy, id, cause, seq, channel, recipient, template, rule, due, created_at)
			VALUES ('creteil', $1, $1, 0, 'mail', $2, 'guidance', 'reply-is-refused', $3, $3)`,
			newID(), tickets.ToAddress(to), noon.Add(time.Duration(i))))
	}
	seen := map[string]bool{}
	now := w.later()
	for _, n := range w.lease(t, "creteil", deliveries(t, w), now) {
		h := n.Hold(now, time.Minute)
		seen[string(n.Channel)+" "+string(n.Template)+" "+n.Muted.Address] = h.Never != ""
		if h.Never != "" && !strings.Contains(h.Never, "5.1.1") {
			t.Errorf("the reason: %q", h.Never)
		}
	}
	want := map[string]bool{
		"chat card ": false, "mail asked claire@creteil.example": true,
		"mail guidance claire@creteil.example": true, "mail guidance ": false,
	}
	same(t, "held", seen, want)
}

// sendMailsMaybe delivers what is owed, if anything.
func (w *world) sendMailsMaybe(t *testing.T) {
	t.Helper()
	now := w.later()
	for _, n := range w.lease(t, "creteil", deliveries(t, w), now) {
		w.record(t, "creteil", tickets.Receipt{Delivery: n.ID, Outcome: tickets.Delivered, At: now})
	}
}

func TestBouncesArePurged(t *testing.T) {
	w := newWorld(t)
	_, mail := w.mailed(t, "creteil")
	bounced(t, w, refusal(mail, "5.2.2"), tickets.BounceCounted)
	_, gone := w.mailed(t, "creteil")
	bounced(t, w, refusal(gone, "5.1.1"), tickets.BounceMuted)
	m, _, _ := w.desk().Muting(t.Context(), by("creteil", "claire"))
	purge := func(after time.Duration, want string) {
		t.Helper()
		must(t)(w.Purge(t.Context(), "creteil", noon.Add(after)))
		must(t)(w.Purge(t.Context(), "paris", noon.Add(after)))
		got := ""
		for _, table := range []string{"bounces", "mutings"} {
			got += string(rune('0' + count(t, w, `SELECT count(*) FROM `+table)))
		}
		if got != want {
			t.Errorf("after %v: %s bounces and mutings, want %s", after, got, want)
		}
	}
	purge(29*24*time.Hour, "21")
	purge(31*24*time.Hour, "21") // of an address that is muted they say why
	must(t)(w.desk().ConfirmAddress(t.Context(), by("creteil", "claire"), m.ID))
	purge(31*24*time.Hour, "01")
	purge(364*24*time.Hour, "01")
	purge(366*24*time.Hour, "00")

	// Of an address that nobody has any more nobody could say that it works.
	_, again := w.mailed(t, "creteil")
	bounced(t, w, refusal(again, "5.1.1"), tickets.BounceMuted)
	purge(400*24*time.Hour, "11")
	must(t)(nil, w.Deactivate(t.Context(), "creteil", person("creteil", "claire").ID))
	purge(300*24*time.Hour, "11")
	purge(400*24*time.Hour, "10") // what it was muted for goes next
	purge(400*24*time.Hour, "00")
}
