package postgres_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// A trace goes from the request into what it owes, to whoever sends it and into
// the log, by which it is found.
func TestATraceLeadsToItsDeliveries(t *testing.T) {
	w := newWorld(t)
	trace := tickets.NewTrace()
	ctx := tickets.WithTrace(t.Context(), trace)
	c, err := w.desk().Open(ctx, by("creteil", "claire"), tickets.Incident, tickets.Card{Description: "Panne", Beneficiary: person("creteil", "denis").ID})
	if err != nil {
		t.Fatal(err)
	}
	w.open(t, "creteil", tickets.Card{}) // of a request that nobody follows
	now := w.now.Add(time.Second)
	notices := w.lease(t, "creteil", deliveries(t, w), now)
	for _, n := range notices {
		if want := map[bool]tickets.Trace{true: trace, false: ""}[n.Ticket == c.ID]; n.Trace != want {
			t.Errorf("%s of %s is of %q, want %q", n.Template, n.Ticket, n.Trace, want)
		}
	}
	mail := to(t, notices, tickets.Mail, tickets.ToPerson(person("creteil", "denis").ID))
	w.record(t, "creteil", tickets.Receipt{Delivery: mail.ID, Outcome: tickets.Delivered, At: now})
	found, err := w.Deliveries(t.Context(), "creteil", tickets.DeliveryQuery{Trace: trace.Short()})
	if err != nil || len(found) != 2 {
		t.Fatalf("%d deliveries of the trace, %v", len(found), err)
	}
	for _, r := range found {
		if r.Trace != trace || r.About.Number != c.Number || (r.State == tickets.DeliveryDelivered) != (r.ID == mail.ID) {
			t.Errorf("%+v", r)
		}
	}
	if found, err := w.Deliveries(t.Context(), "creteil", tickets.DeliveryQuery{Trace: "%"}); err != nil || len(found) != 2 {
		t.Errorf("the wildcard is a letter like others: %d, %v", len(found), err)
	}
}

// fail gives a delivery up.
func (w *world) fail(t *testing.T, a tickets.AcademyID, id uuid.UUID, at time.Time) {
	t.Helper()
	if got := w.lease(t, a, []uuid.UUID{id}, at); len(got) != 1 {
		t.Fatalf("%d leased", len(got))
	}
	w.record(t, a, tickets.Receipt{Delivery: id, Outcome: tickets.Permanent, Dead: true, Err: "550 no such user", At: at})
}

func TestTheDeadAreReplayed(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	agathe := by("creteil", "agathe")
	w.do(t, agathe, c, tickets.ActionInform, "Un technicien passe demain.")
	w.do(t, agathe, c, tickets.ActionInform, "Ou après-demain.")
	now := w.now.Add(time.Second)
	claire := tickets.ToPerson(person("creteil", "claire").ID)
	mail := to(t, w.lease(t, "creteil", deliveries(t, w), now), tickets.Mail, claire)
	if len(mail.Earlier) != 1 {
		t.Fatalf("one mail tells %d things", 1+len(mail.Earlier))
	}
	w.record(t, "creteil", tickets.Receipt{Delivery: mail.ID, Outcome: tickets.Permanent, Dead: true, Err: "550 no such user", At: now})
	w.do(t, agathe, c, tickets.ActionInform, "Demain, finalement.") // waits behind

	sylvie := by("creteil", "sylvie")
	dead := tickets.DeliveryQuery{States: []tickets.DeliveryState{tickets.DeliveryDead}}
	desk := tickets.NewDesk(tickets.Options{Store: w.DB, Now: func() time.Time { return now }})
	found, err := desk.Deliveries(t.Context(), sylvie, dead)
	if err != nil || len(found) != 2 || found[0].Err != "550 no such user" || found[0].About.Number != c.Number {
		t.Fatalf("%+v, %v", found, err)
	}
	backlog := func() map[tickets.DeliveryState]int {
		all, err := desk.Backlog(t.Context(), sylvie)
		if err != nil {
			t.Fatal(err)
		}
		out := map[tickets.DeliveryState]int{}
		for _, b := range all {
			if b.Channel == tickets.Mail {
				out[b.State] += b.Count
			}
		}
		return out
	}
	if got := backlog(); got[tickets.DeliveryDead] != 2 || got[tickets.DeliveryWaiting] != 1 {
		t.Errorf("backlog %v", got)
	}

	// By the id of either thing that the mail told, and once.
	told := []uuid.UUID{found[0].ID, found[1].ID, newID()}
	if n, err := desk.Replay(t.Context(), sylvie, told); err != nil || n != 1 {
		t.Fatalf("%d replayed, %v", n, err)
	}
	if n, err := desk.Replay(t.Context(), sylvie, told); err != nil || n != 0 {
		t.Fatalf("%d replayed again, %v", n, err)
	}
	if got := backlog(); got[tickets.DeliveryDead] != 0 || got[tickets.DeliveryWaiting] != 3 {
		t.Errorf("backlog %v", got)
	}
	again := to(t, w.lease(t, "creteil", deliveries(t, w), now), tickets.Mail, claire)
	if again.ID != mail.ID || again.Attempts != 2 || len(again.Earlier) != 1 || again.Event.ID != mail.Event.ID || again.Digest {
		t.Errorf("replayed: %s, attempt %d, tells %d more, event %s", again.ID, again.Attempts, len(again.Earlier), again.Event.ID)
	}
	if n := w.record(t, "creteil", tickets.Receipt{Delivery: mail.ID, Outcome: tickets.Delivered, At: now}); n != 1 {
		t.Errorf("%d wait behind it", n)
	}
}

// Who is being sent in the lane is awaited: two of a lane never go at once.
func TestAReplayWaitsForItsLane(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	now := w.now.Add(time.Second)
	first := deliveries(t, w)
	w.fail(t, "creteil", first[0], now)
	w.do(t, by("creteil", "agathe"), c, tickets.ActionNote, "x")
	now = w.now.Add(time.Second)
	if got := w.lease(t, "creteil", deliveries(t, w), now); len(got) != 1 {
		t.Fatalf("%d leased", len(got))
	}
	if n, err := w.Replay(t.Context(), "creteil", first, now); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if got := w.enqueue(t, "creteil", "e", now.Add(29*time.Second)); len(got) != 0 {
		t.Errorf("%v are sent beside another of their lane", got)
	}
	if got := w.enqueue(t, "creteil", "e", now.Add(31*time.Second)); !slices.Equal(got, first) {
		t.Errorf("%v next, want %v", got, first)
	}
}

// What was owed anew under the same cause is not owed twice, and nothing is lost.
func TestWhatIsOwedAnewIsNotReplayed(t *testing.T) {
	w := newWorld(t)
	w.open(t, "creteil", tickets.Card{})
	now := w.now.Add(time.Second)
	id := deliveries(t, w)[0]
	w.fail(t, "creteil", id, now)
	must(t)(nil, w.exec(t, `INSERT INTO deliveries (academy, id, cause, ticket, seq, channel, recipient, template, rule, due, created_at)
		SELECT academy, $1, cause, ticket, seq, channel, recipient, template, rule, ended_at, ended_at FROM delivery_log WHERE academy = 'creteil'`, newID()))
	if n, err := w.Replay(t.Context(), "creteil", []uuid.UUID{id}, now); n != 0 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if n := count(t, w, `SELECT count(*) FROM delivery_log WHERE academy = 'creteil' AND dead`); n != 1 {
		t.Errorf("%d dead", n)
	}
}

// Only the supervision looks and replays, in its academy, and of a private ticket
// that is not theirs to see they learn nothing.
func TestTheSupervisionSeesTheOutbox(t *testing.T) {
	w := newWorld(t)
	w.open(t, "creteil", tickets.Card{Private: true})
	must(t)(nil, w.exec(t, `UPDATE tickets SET group_code = 'network' WHERE academy = 'creteil'`))
	id := deliveries(t, w)[0]
	w.fail(t, "creteil", id, w.now.Add(time.Second))
	desk := w.desk()
	for _, login := range []string{"claire", "agathe", "reseau"} {
		who := by("creteil", login)
		_, err := desk.Backlog(t.Context(), who)
		code(t, login, err, tickets.Forbidden)
		_, err = desk.Deliveries(t.Context(), who, tickets.DeliveryQuery{})
		code(t, login, err, tickets.Forbidden)
		_, err = desk.Replay(t.Context(), who, []uuid.UUID{id})
		code(t, login, err, tickets.Forbidden)
	}
	if n, err := desk.Replay(t.Context(), by("paris", "sylvie"), []uuid.UUID{id}); n != 0 || err != nil {
		t.Errorf("another academy replays %d, %v", n, err)
	}
	_, err := desk.Replay(t.Context(), by("creteil", "sylvie"), make([]uuid.UUID, tickets.MaxReplayed+1))
	code(t, "too many", err, tickets.Invalid)
	found, err := desk.Deliveries(t.Context(), by("creteil", "sylvie"), tickets.DeliveryQuery{})
	if err != nil || len(found) != 1 || found[0].ID != id {
		t.Fatalf("%+v, %v", found, err)
	}
	if found[0].Ticket != uuid.Nil || found[0].About.ID != uuid.Nil {
		t.Errorf("of a private ticket: %+v", found[0])
	}
}
