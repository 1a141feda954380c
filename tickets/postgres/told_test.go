package postgres_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// tells is what a notice tells, in its order.
func tells(n tickets.Notice) []tickets.Action {
	var out []tickets.Action
	for _, e := range n.Earlier {
		out = append(out, e.Event.Action)
	}
	return append(out, n.Event.Action)
}

// mailDue leases the one mail that is due, nil when none is.
func (w *world) mailDue(t *testing.T, now time.Time) *tickets.Notice {
	t.Helper()
	var mails []tickets.Notice
	for _, n := range w.lease(t, "creteil", w.enqueue(t, "creteil", "e1", now), now) {
		if n.Channel == tickets.Mail {
			mails = append(mails, n)
			continue
		}
		w.record(t, "creteil", tickets.Receipt{Delivery: n.ID, Outcome: tickets.Delivered, At: now})
	}
	if len(mails) > 1 {
		t.Fatalf("%d mails", len(mails))
	}
	if len(mails) == 0 {
		return nil
	}
	return &mails[0]
}

func deliver1(t *testing.T, w *world, n *tickets.Notice, at time.Time) {
	t.Helper()
	w.record(t, "creteil", tickets.Receipt{Delivery: n.ID, Lease: n.Lease, Outcome: tickets.Delivered, At: at})
}

func defer1(t *testing.T, w *world, n *tickets.Notice, h tickets.Hold, at time.Time) {
	t.Helper()
	if h.Until.IsZero() {
		t.Fatalf("%v is not held", tells(*n))
	}
	w.record(t, "creteil", tickets.Receipt{Delivery: n.ID, Lease: n.Lease, Outcome: tickets.Deferred, RetryAt: h.Until, Digest: h.Digest, At: at})
}

const window = 20 * time.Second

// The first mail goes at once, further changes within the window in one mail
// when it ends.
func TestRapidChangesAreToldTogether(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	agathe := by("creteil", "agathe")
	w.do(t, agathe, c, tickets.ActionTake, "")
	now := w.now
	first := w.mailDue(t, now)
	if first == nil || first.Event.Action != tickets.ActionTake || !first.Told.IsZero() || first.Hold(now, window) != (tickets.Hold{}) {
		t.Fatalf("first %s", asJSON(first))
	}
	deliver1(t, w, first, now)
	told := now

	w.do(t, agathe, c, tickets.ActionInform, "un")
	n := w.mailDue(t, w.now)
	if !n.Told.Equal(told) || n.Attempts != 1 {
		t.Fatalf("second %s", asJSON(n))
	}
	h := n.Hold(w.now, window)
	if !h.Until.Equal(told.Add(window)) {
		t.Fatalf("held until %s", h.Until)
	}
	defer1(t, w, n, h, w.now)
	if again := w.mailDue(t, w.now); again != nil {
		t.Fatalf("leased while held: %v", tells(*again))
	}
	w.do(t, agathe, c, tickets.ActionInform, "deux")
	n = w.mailDue(t, w.now) // whoever comes has it looked at anew
	if got := tells(*n); !slices.Equal(got, []tickets.Action{tickets.ActionInform, tickets.ActionInform}) || n.Attempts != 1 {
		t.Fatalf("tells %v at attempt %d", got, n.Attempts)
	}
	defer1(t, w, n, n.Hold(w.now, window), w.now)
	if again := w.mailDue(t, w.now); again != nil {
		t.Fatalf("leased while held: %v", tells(*again))
	}
	end := told.Add(window)
	n = w.mailDue(t, end)
	if n == nil || n.Event.Text != "deux" || len(n.Earlier) != 1 || n.Earlier[0].Event.Text != "un" ||
		n.Earlier[0].Template != tickets.TemplateInformed || n.Earlier[0].Rule == "" || n.Earlier[0].Case.ID != c.ID ||
		n.Attempts != 1 || n.Hold(end, window) != (tickets.Hold{}) {
		t.Fatalf("at the end %s", asJSON(n))
	}
	deliver1(t, w, n, end)
	if left := deliveries(t, w); len(left) != 0 {
		t.Errorf("%d are left", len(left))
	}
	if n := count(t, w, `SELECT count(*) FROM delivery_log WHERE told_with = $1 AND outcome = 'delivered'`, n.ID); n != 1 {
		t.Errorf("%d told with it in the log", n)
	}
}

// What asks something is never held back, and takes along what is.
func TestWhatAsksIsNotHeldBack(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	agathe := by("creteil", "agathe")
	w.do(t, agathe, c, tickets.ActionTake, "")
	deliver1(t, w, w.mailDue(t, w.now), w.now)
	w.do(t, agathe, c, tickets.ActionInform, "un")
	held := w.mailDue(t, w.now)
	w.do(t, agathe, c, tickets.ActionAsk, "Quel écran ?") // while the worker has it
	defer1(t, w, held, held.Hold(w.now, window), w.now)
	w.do(t, agathe, c, tickets.ActionInform, "trois")
	n := w.mailDue(t, w.now)
	if n == nil || !slices.Equal(tells(*n), []tickets.Action{tickets.ActionInform, tickets.ActionAsk}) ||
		n.ID != held.ID || n.Template != tickets.TemplateAsked || n.Hold(w.now, window) != (tickets.Hold{}) {
		t.Fatalf("told %s", asJSON(n))
	}
	deliver1(t, w, n, w.now)
	n = w.mailDue(t, w.now)
	if n == nil || n.Event.Text != "trois" || n.Hold(w.now, window).Until.IsZero() {
		t.Fatalf("behind it %s", asJSON(n))
	}
}

// A worker that hears of a freed delivery before the relay has committed waits
// for the relay, as for any other.
func TestLeaseWaitsForTheRelayThatFreedIt(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	agathe := by("creteil", "agathe")
	w.do(t, agathe, c, tickets.ActionTake, "")
	deliver1(t, w, w.mailDue(t, w.now), w.now)
	w.do(t, agathe, c, tickets.ActionInform, "un")
	held := w.mailDue(t, w.now)
	defer1(t, w, held, held.Hold(w.now, window), w.now)
	w.do(t, agathe, c, tickets.ActionAsk, "Quel écran ?")
	now := w.now
	var leased []tickets.Notice
	var wg sync.WaitGroup
	if _, err := w.LookAnew(t.Context(), "creteil", now); err != nil {
		t.Fatal(err)
	}
	_, err := w.Enqueue(t.Context(), "creteil", "e1", now, visibility, 10, func(context.Context, []tickets.DeliveryKey) error {
		wg.Go(func() {
			var err error
			if leased, err = w.Lease(t.Context(), "creteil", []uuid.UUID{held.ID}, now, now.Add(time.Minute)); err != nil {
				t.Error(err)
			}
		})
		until(t, w, `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)
		return nil
	})
	wg.Wait()
	if err != nil || len(leased) != 1 || leased[0].Template != tickets.TemplateAsked {
		t.Errorf("leased %s, %v", asJSON(leased), err)
	}
}

// What may have arrived is tried again as it was, whatever came meanwhile.
func TestARepeatedAttemptTellsTheSame(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	agathe := by("creteil", "agathe")
	w.do(t, agathe, c, tickets.ActionTake, "")
	w.do(t, agathe, c, tickets.ActionInform, "un")
	now := w.now
	first := w.mailDue(t, now)
	w.do(t, agathe, c, tickets.ActionAsk, "Quel écran ?")
	for i, outcome := range []tickets.Outcome{tickets.Uncertain, tickets.Retry, ""} { // "" is a crash
		if outcome != "" {
			w.record(t, "creteil", tickets.Receipt{Delivery: first.ID, Outcome: outcome, At: now})
		}
		now = now.Add(2 * visibility)
		n := w.mailDue(t, now)
		if n == nil || n.ID != first.ID || n.Attempts != i+2 || !slices.Equal(tells(*n), tells(*first)) {
			t.Fatalf("attempt %d tells %s", i+2, asJSON(n))
		}
	}
	deliver1(t, w, first, now)
	if n := w.mailDue(t, now); n == nil || n.Template != tickets.TemplateAsked {
		t.Fatalf("then %s", asJSON(n))
	}
}

// What waits behind a retry is due as soon as a worker that was late has
// delivered what was to be tried again.
func TestALateWorkerSparesTheWaitForTheRetry(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	agathe := by("creteil", "agathe")
	w.do(t, agathe, c, tickets.ActionTake, "")
	now := w.now
	late := w.mailDue(t, now)
	now = now.Add(2 * visibility)
	second := w.mailDue(t, now)
	w.do(t, agathe, c, tickets.ActionAsk, "Quel écran ?")
	if second.ID != late.ID || second.Attempts != 2 {
		t.Fatalf("second attempt %s", asJSON(second))
	}
	retry := tickets.Receipt{Delivery: second.ID, Lease: second.Lease, Outcome: tickets.Retry, At: now, RetryAt: now.Add(time.Hour)}
	w.record(t, "creteil", retry)
	if n := w.mailDue(t, now); n != nil {
		t.Fatalf("before the retry %s", asJSON(n))
	}
	deliver1(t, w, late, now)
	n := w.mailDue(t, now)
	if n == nil || n.Template != tickets.TemplateAsked || n.Hold(now, window) != (tickets.Hold{}) {
		t.Fatalf("then %s", asJSON(n))
	}
}

// messages makes agathe the assignee of tickets, each with a complement: a
// direct message is owed about each.
func (w *world) messages(t *testing.T, many int) (agathe tickets.Caller) {
	t.Helper()
	agathe = by("creteil", "agathe")
	for range many {
		c := w.open(t, "creteil", tickets.Card{})
		w.do(t, agathe, c, tickets.ActionTake, "")
		w.do(t, by("creteil", "claire"), c, tickets.ActionComplement, c.Number.String())
	}
	return agathe
}

// direct leases what is due to the recipient in chat, as a worker that is given
// every id.
func (w *world) direct(t *testing.T, now time.Time, whom tickets.Recipient) (out []tickets.Notice) {
	t.Helper()
	notices, err := w.Lease(t.Context(), "creteil", w.direct0(t, whom), now, now.Add(30*time.Second))
	if err != nil {
		t.Error(err)
	}
	return notices
}

func (w *world) direct0(t *testing.T, whom tickets.Recipient) (ids []uuid.UUID) {
	t.Helper()
	rows, err := w.Pool().Query(t.Context(), `SELECT id FROM deliveries WHERE channel = 'chat' AND recipient = $1`, whom)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			t.Error(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// What waits for the digest is told in one message, whoever looks at once.
func TestOneDigest(t *testing.T) {
	w := newWorld(t)
	agathe := w.messages(t, 5)
	me := tickets.ToPerson(agathe.Person.ID)
	must(t)(nil, w.SetDirectMessages(t.Context(), "creteil", agathe.Person.ID, tickets.DirectMessages{
		Paces:  map[tickets.Template]tickets.Pace{tickets.TemplateComplement: tickets.PaceDigest},
		Digest: []tickets.Minute{14 * 60},
	}))
	for _, n := range w.direct(t, w.now, me) {
		h := n.Hold(w.now, window)
		if !h.Digest || h.Until.Hour() != 14 {
			t.Fatalf("hold %+v", h)
		}
		defer1(t, w, &n, h, w.now)
	}
	at := time.Date(2026, 11, 21, 13, 0, 0, 0, time.UTC) // 14:00 in Paris
	for range 3 {
		var mu sync.Mutex
		var got []tickets.Notice
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				n := w.direct(t, at, me)
				mu.Lock()
				defer mu.Unlock()
				got = append(got, n...)
			})
		}
		wg.Wait()
		if len(got) != 1 || !got[0].Digest || len(got[0].Earlier) != 4 || got[0].Hold(at, window).Until != (time.Time{}) {
			t.Fatalf("digests %s", asJSON(got))
		}
		seen := map[uuid.UUID]bool{got[0].Case.ID: true}
		last := got[0].Earlier[0].Event.At
		for _, e := range got[0].Earlier {
			seen[e.Case.ID] = true
			if e.Case.Who(agathe.Person.ID).GivenName != "Agathe" || e.Event.At.Before(last) || e.Event.ID == uuid.Nil {
				t.Errorf("tells %s", asJSON(e))
			}
			last = e.Event.At
		}
		if len(seen) != 5 || got[0].Event.At.Before(last) {
			t.Errorf("of %d tickets", len(seen))
		}
		w.record(t, "creteil", tickets.Receipt{Delivery: got[0].ID, Lease: got[0].Lease, Outcome: tickets.Uncertain, At: at})
		at = at.Add(time.Minute)
	}
	for _, n := range w.direct(t, at, me) {
		w.record(t, "creteil", tickets.Receipt{Delivery: n.ID, Outcome: tickets.Delivered, Thread: "digest", At: at})
	}
	if left := w.direct0(t, me); len(left) != 0 {
		t.Errorf("%d are left", len(left))
	}
	if n := count(t, w, `SELECT count(*) FROM threads WHERE recipient = $1 AND ref IS NULL AND told_at = $2`, me, at); n != 5 {
		t.Errorf("%d told, want 5 without a thread", n)
	}
}

// What somebody never wants is suppressed alone: what is behind it goes its way.
func TestSuppressed(t *testing.T) {
	w := newWorld(t)
	agathe := w.messages(t, 1)
	me := tickets.ToPerson(agathe.Person.ID)
	must(t)(nil, w.SetDirectMessages(t.Context(), "creteil", agathe.Person.ID, tickets.DirectMessages{
		Paces: map[tickets.Template]tickets.Pace{tickets.TemplateComplement: tickets.PaceNever},
	}))
	n := w.direct(t, w.now, me)
	if len(n) != 1 || n[0].Hold(w.now, window).Never == "" {
		t.Fatalf("%s", asJSON(n))
	}
	w.record(t, "creteil", tickets.Receipt{Delivery: n[0].ID, Outcome: tickets.Suppressed, Err: "chosen", At: w.now})
	if n := count(t, w, `SELECT count(*) FROM delivery_log WHERE outcome = 'suppressed' AND NOT dead AND error = 'chosen'`); n != 1 {
		t.Errorf("%d in the log", n)
	}
	if n := count(t, w, `SELECT count(*) FROM threads WHERE recipient = $1`, me); n != 0 {
		t.Errorf("told")
	}
}

// Something wanted now is told now, with what is held before it, and without
// what is never wanted; and what is held for somebody is free when they choose anew.
func TestPacesOfOneTicket(t *testing.T) {
	w := newWorld(t)
	agathe := w.messages(t, 1)
	claire := by("creteil", "claire")
	me := tickets.ToPerson(agathe.Person.ID)
	set := func(complement tickets.Pace) {
		t.Helper()
		must(t)(nil, w.SetDirectMessages(t.Context(), "creteil", agathe.Person.ID, tickets.DirectMessages{
			Paces: map[tickets.Template]tickets.Pace{tickets.TemplateComplement: complement, tickets.TemplateMentioned: tickets.PaceNever},
		}))
	}
	set(tickets.PaceDigest)
	n := w.direct(t, w.now, me)
	defer1(t, w, &n[0], n[0].Hold(w.now, window), w.now)
	c := n[0].Case
	if _, err := w.desk().Do(t.Context(), by("creteil", "sylvie"), c.Number.Ref(), tickets.ActionNote,
		tickets.Input{Text: "@agathe", Mentions: []uuid.UUID{agathe.Person.ID}}); err != nil {
		t.Fatal(err)
	}
	if got := w.enqueue(t, "creteil", "e1", w.now); !slices.Contains(got, n[0].ID) {
		t.Errorf("who came did not have it looked at anew")
	}
	n = w.direct(t, w.now, me)
	if len(n) != 1 || len(n[0].Earlier) != 0 {
		t.Fatalf("gathered what is never told: %s", asJSON(n))
	}
	defer1(t, w, &n[0], n[0].Hold(w.now, window), w.now)
	if got := w.enqueue(t, "creteil", "e2", w.now); slices.Contains(got, n[0].ID) {
		t.Errorf("looked at again and again")
	}
	w.do(t, agathe, c, tickets.ActionResolve, "fait")
	w.do(t, claire, c, tickets.ActionRefuse, "non")
	w.enqueue(t, "creteil", "e1", w.now)
	n = w.direct(t, w.now, me)
	if len(n) != 1 || !slices.Equal(tells(n[0]), []tickets.Action{tickets.ActionComplement, tickets.ActionRefuse}) ||
		n[0].Digest || n[0].Hold(w.now, window) != (tickets.Hold{}) {
		t.Fatalf("%s", asJSON(n))
	}
	deliver1(t, w, &n[0], w.now)
	n = w.direct(t, w.now, me)
	if len(n) != 1 || n[0].Template != tickets.TemplateMentioned || n[0].Hold(w.now, window).Never == "" {
		t.Fatalf("%s", asJSON(n))
	}
	w.record(t, "creteil", tickets.Receipt{Delivery: n[0].ID, Outcome: tickets.Suppressed, At: w.now})

	w.do(t, claire, c, tickets.ActionComplement, "encore")
	n = w.direct(t, w.now, me)
	defer1(t, w, &n[0], n[0].Hold(w.now, window), w.now)
	if got := w.direct(t, w.now, me); len(got) != 0 {
		t.Fatalf("not held: %s", asJSON(got))
	}
	set(tickets.PaceNow)
	n = w.direct(t, w.now, me)
	if len(n) != 1 || n[0].Digest || n[0].Hold(w.now, window) != (tickets.Hold{}) {
		t.Fatalf("%s", asJSON(n))
	}
}
