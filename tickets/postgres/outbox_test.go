package postgres_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

const visibility = time.Minute

// enqueue returns what the relay would put on the queue of that epoch now.
func (w *world) enqueue(t *testing.T, a tickets.AcademyID, epoch string, now time.Time) []uuid.UUID {
	t.Helper()
	if _, err := w.LookAnew(t.Context(), a, now); err != nil {
		t.Fatal(err)
	}
	var ids []uuid.UUID
	n, err := w.Enqueue(t.Context(), a, epoch, now, visibility, 500, func(_ context.Context, keys []tickets.DeliveryKey) error {
		for _, k := range keys {
			if k.Academy != a || k.Channel == "" {
				t.Errorf("key %+v", k)
			}
			ids = append(ids, k.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != len(ids) || !slices.IsSortedFunc(ids, func(x, y uuid.UUID) int { return slices.Compare(x[:], y[:]) }) {
		t.Errorf("%d of %v", n, ids)
	}
	return ids
}

func (w *world) lease(t *testing.T, a tickets.AcademyID, ids []uuid.UUID, now time.Time) []tickets.Notice {
	t.Helper()
	out, err := w.Lease(t.Context(), a, ids, now, now.Add(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (w *world) record(t *testing.T, a tickets.AcademyID, rs ...tickets.Receipt) int {
	t.Helper()
	for i := range rs {
		rs[i].Academy = a
	}
	n, err := w.Record(t.Context(), a, rs)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// to picks the notice for a recipient.
func to(t *testing.T, notices []tickets.Notice, ch tickets.Channel, r tickets.Recipient) tickets.Notice {
	t.Helper()
	for _, n := range notices {
		if n.Channel == ch && n.Delivery.Recipient == r {
			return n
		}
	}
	t.Fatalf("no notice for %s by %s among %d", r, ch, len(notices))
	return tickets.Notice{}
}

// Deliveries of a lane come one by one, in the order of their events.
func TestLaneOrder(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	agathe := by("creteil", "agathe")
	w.do(t, agathe, c, tickets.ActionAsk, "Quel écran ?") // what asks ends what a mail tells
	w.do(t, agathe, c, tickets.ActionInform, "Patience.")
	w.do(t, agathe, c, tickets.ActionNote, "x")
	now := w.now.Add(time.Second)
	all := deliveries(t, w)
	if len(all) != 5 { // three cards, two mails
		t.Fatalf("%d deliveries", len(all))
	}
	desk, claire := tickets.ToGroup("desk"), tickets.ToPerson(person("creteil", "claire").ID)
	for _, want := range []struct{ card, mail tickets.Action }{
		{tickets.ActionOpen, tickets.ActionAsk}, {tickets.ActionAsk, tickets.ActionInform}, {tickets.ActionNote, ""},
	} {
		heads := w.enqueue(t, "creteil", "e1", now)
		notices := w.lease(t, "creteil", all, now) // asking for all gives the heads
		if len(heads) != len(notices) {
			t.Errorf("%d heads enqueued, %d leased", len(heads), len(notices))
		}
		card := to(t, notices, tickets.Chat, desk)
		if card.Event.Action != want.card || card.Template != tickets.TemplateCard {
			t.Errorf("card of %s, want %s", card.Event.Action, want.card)
		}
		if want.mail == "" {
			break
		}
		mail := to(t, notices, tickets.Mail, claire)
		if mail.Event.Action != want.mail {
			t.Errorf("mail of %s, want %s", mail.Event.Action, want.mail)
		}
		waiting := w.record(t, "creteil",
			tickets.Receipt{Delivery: card.ID, Outcome: tickets.Delivered, At: now},
			tickets.Receipt{Delivery: mail.ID, Outcome: tickets.Delivered, At: now})
		left := count(t, w, `SELECT count(*) FROM deliveries`)
		if want.card == tickets.ActionOpen && (waiting != 3 || left != 3) || want.card == tickets.ActionAsk && (waiting != 1 || left != 1) {
			t.Errorf("after %s: %d wait behind, %d are left", want.card, waiting, left)
		}
	}
}

func deliveries(t *testing.T, w *world) []uuid.UUID {
	t.Helper()
	rows, err := w.Pool().Query(t.Context(), `SELECT id FROM deliveries ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []uuid.UUID
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		out = append(out, id)
	}
	return out
}

// A notice has all that a channel needs.
func TestNotice(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	agathe, claire := by("creteil", "agathe"), by("creteil", "claire")
	must(t)(nil, w.LinkAccount(ctx, "creteil", agathe.Person.ID, tickets.Chat, "u-agathe"))
	c := w.open(t, "creteil", tickets.Card{})
	w.do(t, agathe, c, tickets.ActionTake, "")
	w.do(t, claire, c, tickets.ActionComplement, "Celui de gauche.")
	now := w.now.Add(time.Second)
	notices := w.lease(t, "creteil", deliveries(t, w), now)
	card := to(t, notices, tickets.Chat, tickets.ToGroup("desk"))
	if card.Thread != "" || card.Account != "" || card.Recipient.ID != uuid.Nil || card.Attempts != 1 ||
		card.Academy.Name != "Académie de creteil" || card.Delivery.Academy != "creteil" || card.Data != nil {
		t.Errorf("card %s", asJSON(card))
	}
	// The case is as it stands now, the event as it happened.
	if card.Case.Version != 3 || card.Case.Status != tickets.StatusInProgress || card.Event.Seq != 1 ||
		card.Case.Who(agathe.Person.ID).GivenName != "Agathe" || card.Case.Who(claire.Person.ID).GivenName != "Claire" {
		t.Errorf("case %s", asJSON(card.Case))
	}
	direct := to(t, notices, tickets.Chat, tickets.ToPerson(agathe.Person.ID))
	if direct.Account != "u-agathe" || direct.Recipient.Login != "agathe" || direct.Event.Text != "Celui de gauche." {
		t.Errorf("direct message %s", asJSON(direct))
	}
	mail := to(t, notices, tickets.Mail, tickets.ToPerson(claire.Person.ID))
	if mail.Account != "" || mail.Recipient.Email != "claire@creteil.example" {
		t.Errorf("mail %s", asJSON(mail))
	}

	// The thread of a lane is its own.
	w.record(t, "creteil", tickets.Receipt{Delivery: card.ID, Outcome: tickets.Delivered, Thread: "post-1", At: now})
	notices = w.lease(t, "creteil", deliveries(t, w), now)
	if n := to(t, notices, tickets.Chat, tickets.ToGroup("desk")); n.Thread != "post-1" || n.Event.Action != tickets.ActionTake {
		t.Errorf("thread %q of %s", n.Thread, n.Event.Action)
	}
	ticket, whom, err := w.ThreadTicket(ctx, "creteil", tickets.Chat, "post-1")
	if err != nil || ticket != c.ID || whom != tickets.ToGroup("desk") {
		t.Errorf("ThreadTicket = %s, %s, %v", ticket, whom, err)
	}
	for _, a := range []tickets.AcademyID{"paris", "creteil"} {
		_, _, err = w.ThreadTicket(ctx, a, tickets.Mail, "post-1")
		code(t, "the thread elsewhere", err, tickets.NotFound)
	}
}

// A later thread replaces the lane's; one that is another ticket's does not, and
// does no harm.
func TestThreads(t *testing.T) {
	w := newWorld(t)
	first, second := w.open(t, "creteil", tickets.Card{}), w.open(t, "creteil", tickets.Card{})
	now := w.now.Add(time.Second)
	receipts := func(thread string, outcome tickets.Outcome) (out []tickets.Receipt) {
		for _, n := range w.lease(t, "creteil", deliveries(t, w), now) {
			out = append(out, tickets.Receipt{Delivery: n.ID, Outcome: outcome, Thread: thread, At: now})
		}
		return out
	}
	w.record(t, "creteil", receipts("shared", tickets.Delivered)[:1]...)
	now = now.Add(time.Minute)
	w.record(t, "creteil", receipts("shared", tickets.Delivered)...)
	if n := count(t, w, `SELECT count(*) FROM threads`); n != 1 {
		t.Errorf("%d threads", n)
	}
	w.do(t, by("creteil", "agathe"), first, tickets.ActionNote, "x")
	w.do(t, by("creteil", "agathe"), second, tickets.ActionNote, "x")
	now = w.now.Add(time.Minute)
	rs := receipts("", tickets.Delivered)
	rs[0].Thread, rs[1].Thread = "moved", "second"
	w.record(t, "creteil", rs...)
	for ref, want := range map[string]tickets.Case{"moved": first, "second": second} {
		if got, _, err := w.ThreadTicket(t.Context(), "creteil", tickets.Chat, ref); err != nil || got != want.ID {
			t.Errorf("%s is of %s, %v", ref, got, err)
		}
	}
}

// A leased delivery is nobody else's until its lease is over or a retry is due.
func TestLeases(t *testing.T) {
	w := newWorld(t)
	w.open(t, "creteil", tickets.Card{})
	ids := deliveries(t, w)
	early := noon
	if n := w.lease(t, "creteil", ids, early); len(n) != 0 {
		t.Errorf("leased before it is due")
	}
	now := w.now.Add(time.Second)
	if n := w.lease(t, "paris", ids, now); len(n) != 0 {
		t.Errorf("leased by another academy")
	}
	if got := w.enqueue(t, "creteil", "e1", now); len(got) != 1 {
		t.Errorf("enqueued %v", got)
	}
	if got := w.enqueue(t, "creteil", "e1", now.Add(time.Second)); len(got) != 0 {
		t.Errorf("enqueued again %v", got)
	}
	if n := w.lease(t, "creteil", ids, now); len(n) != 1 || n[0].Attempts != 1 {
		t.Fatalf("lease %s", asJSON(n))
	}
	if n := w.lease(t, "creteil", ids, now.Add(29*time.Second)); len(n) != 0 {
		t.Error("leased twice")
	}
	if got := w.enqueue(t, "creteil", "e2", now.Add(29*time.Second)); len(got) != 0 {
		t.Error("enqueued while leased")
	}
	// The worker was killed: after its lease, and the queue's visibility, again.
	if got := w.enqueue(t, "creteil", "e1", now.Add(visibility)); len(got) != 1 {
		t.Error("forgotten after its lease")
	}
	now = now.Add(visibility)
	if n := w.lease(t, "creteil", ids, now); len(n) != 1 || n[0].Attempts != 2 {
		t.Fatalf("second lease %s", asJSON(n))
	}
	w.record(t, "creteil", tickets.Receipt{
		Delivery: ids[0], Outcome: tickets.Retry, Err: "451 \xff\x00 later", At: now, RetryAt: now.Add(time.Hour),
	})
	if got := w.enqueue(t, "creteil", "e1", now.Add(59*time.Minute)); len(got) != 0 {
		t.Error("enqueued before the retry is due")
	}
	now = now.Add(time.Hour)
	if got := w.enqueue(t, "creteil", "e1", now); len(got) != 1 {
		t.Error("the retry was forgotten: it must not wait for visibility")
	}
	n := w.lease(t, "creteil", ids, now)
	if len(n) != 1 || n[0].Attempts != 3 {
		t.Fatalf("third lease %s", asJSON(n))
	}
	if waiting := w.record(t, "creteil", tickets.Receipt{Delivery: ids[0], Outcome: tickets.Delivered, At: now}); waiting != 0 {
		t.Errorf("%d wait behind", waiting)
	}
	// Recorded twice is recorded once.
	w.record(t, "creteil", tickets.Receipt{Delivery: ids[0], Outcome: tickets.Permanent, Dead: true, At: now})
	if n := count(t, w, `SELECT count(*) FROM delivery_log WHERE attempts = 3 AND outcome = 'delivered' AND NOT dead AND ended_at = $1`, now); n != 1 {
		t.Errorf("%d rows in the log", n)
	}
	if n := count(t, w, `SELECT count(*) FROM delivery_log`); n != 1 {
		t.Errorf("%d rows in the log", n)
	}
}

// A worker that was away for longer than its lease does not take the delivery
// from the one that has it now.
func TestALateReceiptFreesNobodysLease(t *testing.T) {
	w := newWorld(t)
	w.open(t, "creteil", tickets.Card{})
	now := w.now.Add(time.Second)
	ids := w.enqueue(t, "creteil", "e1", now)
	first := w.lease(t, "creteil", ids, now)
	now = now.Add(visibility)
	second := w.lease(t, "creteil", ids, now)
	if len(first) != 1 || len(second) != 1 {
		t.Fatalf("leased %d, then %d", len(first), len(second))
	}
	w.record(t, "creteil", tickets.Receipt{Delivery: ids[0], Lease: first[0].Lease, Outcome: tickets.Retry, At: now})
	if third := w.lease(t, "creteil", ids, now); len(third) != 0 {
		t.Error("leased to two workers at once")
	}
	w.record(t, "creteil", tickets.Receipt{Delivery: ids[0], Lease: second[0].Lease, Outcome: tickets.Retry, At: now})
	if third := w.lease(t, "creteil", ids, now); len(third) != 1 {
		t.Error("its own worker's receipt frees it")
	}
}

// When the queue has forgotten (another epoch), everything undelivered goes on
// it again, once.
func TestEpochChange(t *testing.T) {
	w := newWorld(t)
	for range 4 {
		w.open(t, "creteil", tickets.Card{})
	}
	w.open(t, "paris", tickets.Card{})
	now := w.now.Add(time.Second)
	first := w.enqueue(t, "creteil", "e1", now)
	w.record(t, "creteil", tickets.Receipt{Delivery: first[0], Outcome: tickets.Delivered, At: now})
	again := w.enqueue(t, "creteil", "e2", now)
	if len(first) != 4 || !slices.Equal(again, first[1:]) {
		t.Errorf("first %v, again %v", first, again)
	}
	if third := w.enqueue(t, "creteil", "e2", now); len(third) != 0 {
		t.Errorf("again %v", third)
	}
	// What the queue refuses is not marked as being on it.
	boom := errors.New("redis is away")
	_, err := w.Enqueue(t.Context(), "creteil", "e3", now, visibility, 2, func(_ context.Context, keys []tickets.DeliveryKey) error {
		if len(keys) != 2 {
			t.Errorf("%d pushed, the limit is 2", len(keys))
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("Enqueue = %v", err)
	}
	if got := w.enqueue(t, "creteil", "e3", now); len(got) != 3 {
		t.Errorf("after a refused push: %v", got)
	}
}

// A dead delivery leaves its lane and is kept.
func TestDead(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	w.do(t, by("creteil", "agathe"), c, tickets.ActionNote, "x")
	now := w.now.Add(time.Second)
	for i, outcome := range []tickets.Outcome{tickets.Permanent, tickets.Uncertain} {
		n := w.lease(t, "creteil", deliveries(t, w), now)
		if len(n) != 1 || n[0].Event.Seq != i+1 {
			t.Fatalf("lease %s", asJSON(n))
		}
		waiting := w.record(t, "creteil", tickets.Receipt{Delivery: n[0].ID, Outcome: outcome, Dead: true, Err: "no such channel", At: now})
		if waiting != 1-i {
			t.Errorf("%d wait behind", waiting)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM delivery_log WHERE dead AND error = 'no such channel' AND outcome IN ('permanent', 'uncertain')`); n != 2 {
		t.Errorf("%d dead in the log", n)
	}
	if left := deliveries(t, w); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// Who waits behind a retry is not looked at before it, and comes at once after it.
func TestWaitingBehindARetry(t *testing.T) {
	w := newWorld(t)
	c, other := w.open(t, "creteil", tickets.Card{}), w.open(t, "creteil", tickets.Card{})
	w.do(t, by("creteil", "agathe"), c, tickets.ActionNote, "x")
	w.do(t, by("creteil", "agathe"), other, tickets.ActionNote, "x")
	now := w.now.Add(time.Second)
	retry := now.Add(time.Hour)
	for _, n := range w.lease(t, "creteil", deliveries(t, w), now) {
		r := tickets.Receipt{Delivery: n.ID, Outcome: tickets.Retry, At: now}
		if n.Ticket == c.ID {
			r.RetryAt = retry
		}
		w.record(t, "creteil", r)
	}
	if n := count(t, w, `SELECT count(*) FROM deliveries WHERE ticket = $1 AND due = $2`, c.ID, retry); n != 2 {
		t.Errorf("%d due with the retry, want both of the lane", n)
	}
	if n := count(t, w, `SELECT count(*) FROM deliveries WHERE ticket = $1 AND due <= $2`, other.ID, now); n != 2 {
		t.Errorf("%d due of the other lane, want both", n)
	}
	for seq := 1; seq <= 2; seq++ {
		n := w.lease(t, "creteil", w.enqueue(t, "creteil", "e1", retry), retry)
		if len(n) != 2 || n[0].Seq != seq {
			t.Fatalf("leased %s", asJSON(n))
		}
		w.record(t, "creteil", tickets.Receipt{Delivery: n[0].ID, Outcome: tickets.Delivered, At: retry},
			tickets.Receipt{Delivery: n[1].ID, Outcome: tickets.Delivered, At: retry})
	}
}

// What waits for a channel to come back is due when it is back: who waits behind
// it too, what is held or waits on another channel not.
func TestWhatWaitsForAChannelIsTriedWhenItIsBack(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	w.do(t, by("creteil", "agathe"), c, tickets.ActionTake, "")
	w.do(t, by("creteil", "agathe"), c, tickets.ActionNote, "x")
	now := w.now.Add(time.Second)
	for _, n := range w.lease(t, "creteil", deliveries(t, w), now) {
		w.record(t, "creteil", tickets.Receipt{Delivery: n.ID, Outcome: tickets.Retry, At: now, RetryAt: now.Add(time.Hour), Err: "away"})
	}
	posts := count(t, w, `SELECT count(*) FROM deliveries WHERE channel = 'chat'`)
	mails := count(t, w, `SELECT count(*) FROM deliveries WHERE channel = 'mail'`)
	if posts < 2 || mails == 0 || len(w.enqueue(t, "creteil", "e1", now)) != 0 {
		t.Fatalf("%d posts and %d mails, some of them due", posts, mails)
	}
	if n, err := w.RetryNow(t.Context(), "paris", tickets.Chat, now); n != 0 || err != nil {
		t.Errorf("elsewhere %d, %v", n, err)
	}
	if _, err := w.Pool().Exec(t.Context(), `UPDATE deliveries SET held = true WHERE channel = 'chat' AND id = (SELECT max(id::text)::uuid FROM deliveries WHERE channel = 'chat')`); err != nil {
		t.Fatal(err)
	}
	if n, err := w.RetryNow(t.Context(), "creteil", tickets.Chat, now); n != posts-1 || err != nil {
		t.Errorf("%d of %d posts, %v", n, posts, err)
	}
	if due := count(t, w, `SELECT count(*) FROM deliveries WHERE due <= $1 AND channel = 'chat'`, now); due != posts-1 {
		t.Errorf("%d posts are due of %d", due, posts)
	}
	if due := count(t, w, `SELECT count(*) FROM deliveries WHERE due <= $1 AND channel = 'mail'`, now); due != 0 {
		t.Errorf("%d mails are due", due)
	}
}

// A worker may hear of a delivery before the relay has committed: it waits for
// the relay instead of missing its turn.
func TestLeaseWaitsForTheRelay(t *testing.T) {
	w := newWorld(t)
	w.open(t, "creteil", tickets.Card{})
	now := w.now.Add(time.Second)
	var leased []tickets.Notice
	var wg sync.WaitGroup
	_, err := w.Enqueue(t.Context(), "creteil", "e1", now, visibility, 10, func(_ context.Context, keys []tickets.DeliveryKey) error {
		wg.Go(func() {
			var err error
			if leased, err = w.Lease(t.Context(), "creteil", []uuid.UUID{keys[0].ID}, now, now.Add(time.Minute)); err != nil {
				t.Error(err)
			}
		})
		until(t, w, `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if len(leased) != 1 {
		t.Errorf("leased %d", len(leased))
	}
}

// Many workers, redelivered ids, retries: each delivery is recorded once, each
// lane in order, without deadlock.
func TestConcurrentWorkers(t *testing.T) {
	w := newWorld(t)
	for range 6 {
		c := w.open(t, "creteil", tickets.Card{})
		w.do(t, by("creteil", "agathe"), c, tickets.ActionTake, "")
		w.do(t, by("creteil", "agathe"), c, tickets.ActionInform, "Patience.")
		w.do(t, by("creteil", "agathe"), c, tickets.ActionNote, "x")
	}
	now := w.now.Add(time.Second)
	total := len(deliveries(t, w))
	var mu sync.Mutex
	sent := map[string]int{} // by event and channel
	last := map[tickets.Recipient]map[uuid.UUID]int{}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for began := time.Now(); time.Since(began) < 2*time.Minute; { // who finds everything leased comes again at once
				var ids []uuid.UUID
				rows, err := w.Pool().Query(t.Context(), `SELECT id FROM deliveries WHERE academy = 'creteil' ORDER BY random()`)
				if err != nil {
					t.Error(err)
					return
				}
				for rows.Next() {
					var id uuid.UUID
					if err := rows.Scan(&id); err != nil {
						t.Error(err)
					}
					ids = append(ids, id)
				}
				if len(ids) == 0 {
					return
				}
				notices, err := w.Lease(t.Context(), "creteil", ids, now, now.Add(time.Minute))
				if err != nil {
					t.Error(err)
					return
				}
				var receipts []tickets.Receipt
				mu.Lock()
				for _, n := range notices {
					r := tickets.Receipt{Academy: "creteil", Delivery: n.ID, Outcome: tickets.Delivered, At: now}
					if n.Attempts == 1 && worker%2 == 0 {
						r.Outcome = tickets.Uncertain
					} else {
						sent[n.Event.ID.String()+string(n.Channel)]++
						for _, e := range n.Earlier {
							sent[e.Event.ID.String()+string(n.Channel)]++
						}
						lane := last[n.Delivery.Recipient]
						if lane == nil {
							lane = map[uuid.UUID]int{}
							last[n.Delivery.Recipient] = lane
						}
						if n.Seq <= lane[n.Ticket] {
							t.Errorf("seq %d after %d", n.Seq, lane[n.Ticket])
						}
						lane[n.Ticket] = n.Seq
					}
					receipts = append(receipts, r)
				}
				mu.Unlock()
				if _, err := w.Record(t.Context(), "creteil", receipts); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for id, n := range sent {
		if n != 1 {
			t.Errorf("%s was delivered %d times", id, n)
		}
	}
	if logged := count(t, w, `SELECT count(*) FROM delivery_log WHERE outcome = 'delivered'`); len(sent) != total || logged != total {
		t.Errorf("%d owed, %d sent, %d logged", total, len(sent), logged)
	}
}
