package oncall

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

func cardOf(t *testing.T, d tickets.Delivery) Card {
	t.Helper()
	var c Card
	if err := json.Unmarshal(d.Data, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// A ticket that nobody takes: the card after the gathering, the rise at three
// times the time with a post of its own, duty, deputy, everybody; then it is
// taken, and the card says that it is over.
func TestATicketThatNobodyTakes(t *testing.T) {
	w := newWorld(t)
	id := w.ticket(nil)
	expect(t, w.pass(time.Hour, 10*time.Second),
		"Mon 09:10:30 post A1 untaken messagerie 1 firing",
		"Mon 09:20:30 chat to Zoé A1 untaken messagerie 1 firing",
		"Mon 09:20:30 edit A1 untaken messagerie 1 firing",
		"Mon 09:30:00 post A1 untaken messagerie 1 firing", // three times the time
		"Mon 09:30:30 chat to Yan A1 untaken messagerie 1 firing",
		"Mon 09:30:30 edit A1 untaken messagerie 1 firing",
		"Mon 09:40:30 mail to Zoé A1 untaken messagerie 1 firing",
		"Mon 09:40:30 mail to Yan A1 untaken messagerie 1 firing",
		"Mon 09:40:30 edit A1 untaken messagerie 1 firing",
	)
	w.take(id)
	expect(t, w.pass(time.Minute, 10*time.Second), "Mon 10:00:10 edit A1 untaken messagerie 0 resolved")
	if len(w.scene.Alerts) != 0 || len(w.past) != 1 {
		t.Errorf("%d alerts stand, %d are past", len(w.scene.Alerts), len(w.past))
	}
}

// What is seen is not escalated until that expires; then it goes on.
func TestAcknowledgementHoldsAndExpires(t *testing.T) {
	w := newWorld(t)
	w.ticket(func(x *tickets.Ticket) { x.Urgency = tickets.High })
	expect(t, w.pass(12*time.Minute, 10*time.Second), "Mon 09:10:30 post A1 untaken messagerie 1 firing")
	expect(t, w.act(1, func(d *decision, a *Alert) { d.acknowledge(a, lead) }), "Mon 09:12:00 edit A1 untaken messagerie 1 acknowledged")
	// It gets worse: who saw the lesser has not seen this.
	expect(t, w.pass(20*time.Minute, 10*time.Second), "Mon 09:30:00 chat to Zoé A1 untaken messagerie 1 firing", "Mon 09:30:00 post A1 untaken messagerie 1 firing")
	expect(t, w.act(1, func(d *decision, a *Alert) { d.acknowledge(a, second) }), "Mon 09:32:00 edit A1 untaken messagerie 1 acknowledged")
	expect(t, w.pass(61*time.Minute, 10*time.Second),
		"Mon 10:32:00 chat to Yan A1 untaken messagerie 1 firing",
		"Mon 10:32:00 post A1 untaken messagerie 1 firing")
}

// Low urgency is told and never escalated; nothing speaks at night.
func TestLowUrgencyAndNights(t *testing.T) {
	w := newWorld(t)
	w.ticket(func(x *tickets.Ticket) { x.Urgency = tickets.Low })
	expect(t, w.pass(3*time.Hour, 30*time.Second), "Mon 09:10:30 post A1 untaken messagerie 1 firing")
	w = newWorld(t)
	w.scene.Now = at(t, "2026-11-23 17:55")
	w.ticket(nil)
	expect(t, w.pass(14*time.Hour, time.Minute))
	expect(t, w.pass(20*time.Minute, time.Minute), "Tue 08:06:00 post A1 untaken messagerie 1 firing")
}

// A clock that was down for a day fires what is still true, once, and takes one
// step at a time.
func TestAClockThatWasDown(t *testing.T) {
	w := newWorld(t)
	week := func(x *tickets.Ticket) { x.DueSoon, x.Due = at(t, "2026-11-27 12:00"), at(t, "2026-11-30 12:00") }
	taken := w.ticket(week)
	w.ticket(week)
	w.scene.Now = at(t, "2026-11-24 09:00")
	w.take(taken)
	expect(t, w.pass(2*time.Minute, 10*time.Second), "Tue 09:00:40 post A1 untaken messagerie 1 firing")
}

// Many alike are one storm, which hides what it explains, is edited now and then
// however many come, and ends with its sum.
func TestAStorm(t *testing.T) {
	w := newWorld(t)
	posts, edits := 0, 0
	for range 1000 {
		w.ticket(nil)
		w.scene.Now = w.scene.Now.Add(60 * time.Millisecond)
		if w.opened%50 != 0 {
			continue
		}
		for _, d := range w.tick().Deliveries {
			if cardOf(t, d).Anew {
				posts++
			} else {
				edits++
			}
		}
	}
	if posts+edits > 5 {
		t.Errorf("%d posts and %d edits within the minute", posts, edits)
	}
	told := w.pass(30*time.Minute, time.Minute)
	last := w.past[len(w.past)-1]
	if last.Rule != tickets.AlertStorm || last.Total != 1000 || last.Subject != "094" {
		t.Errorf("the storm ended as %+v\n%s", last, lines(told))
	}
	untaken := 0
	for _, a := range w.scene.Alerts {
		if a.Rule == tickets.AlertUntaken {
			untaken++
		}
	}
	if untaken != 1 {
		t.Errorf("after the storm %d alerts say that nobody took them", untaken)
	}
}

// Those who say that theirs is the major incident that is known make no storm.
func TestWhatJoinsAMajorIncidentIsNoStorm(t *testing.T) {
	w := newWorld(t)
	known := uuid.New()
	storms := func() (total int) {
		w.pass(2*time.Minute, 30*time.Second)
		for _, a := range w.scene.Alerts {
			if a.Rule == tickets.AlertStorm {
				total += a.Total
			}
		}
		return total
	}
	for range 4 {
		w.ticket(nil)
	}
	for range 6 {
		w.ticket(func(of *tickets.Ticket) { of.Parent = known })
	}
	if n := storms(); n != 0 {
		t.Errorf("a storm of %d", n)
	}
	w.ticket(nil)
	if n := storms(); n != 5 {
		t.Errorf("a fifth that joined nothing makes a storm of %d", n)
	}
}

// A silence keeps a rule quiet, and says so; nothing is lost by it.
func TestSilence(t *testing.T) {
	w := newWorld(t)
	w.scene.Silences = []Silence{{ID: uuid.New(), Rank: 1, Rule: tickets.AlertUntaken, From: w.scene.Now, Until: w.scene.Now.Add(time.Hour)}}
	w.ticket(nil)
	expect(t, w.pass(59*time.Minute, 30*time.Second))
	expect(t, w.pass(2*time.Minute, 30*time.Second), "Mon 10:00:00 post A1 untaken messagerie 1 firing")
}

// What warns of the ways that alerts travel goes by mail at once, and not
// through the queue.
func TestTheWatchdog(t *testing.T) {
	w := newWorld(t)
	w.scene.Now = at(t, "2026-11-22 03:00") // a Sunday night
	w.scene.Lines = []Line{{Channel: tickets.Chat, Pending: 12, Oldest: w.scene.Now.Add(-3 * time.Minute)}}
	told := w.pass(time.Minute, 10*time.Second)
	expect(t, told,
		"Sun 03:00:40 post A1 consumer_stopped  12 firing",
		"Sun 03:00:40 mail to Zoé A1 consumer_stopped  12 firing",
		"Sun 03:00:40 mail to Yan A1 consumer_stopped  12 firing")
}
