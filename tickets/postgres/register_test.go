package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cecoia.example/tickets"
)

func TestCreateAndRead(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	claire, denis := person("creteil", "claire"), person("creteil", "denis")
	c := w.open(t, "creteil", tickets.Card{
		Beneficiary: denis.ID, Phone: "1", OtherPhone: "2", Availability: "matin", Place: "ici", Entity: "0940001R",
		Equipment: "PC-1", EquipmentInfo: "sous le bureau", Urgency: tickets.Critical, Theme: "mail", Subject: "quota",
		RequestType: "panne", Summary: "Écran noir", Description: "Rien.\nDu tout.",
	})
	if c.Number.String() != "I261121_001" {
		t.Errorf("number %s", c.Number)
	}
	same(t, "people", c.People, map[string]tickets.Person{claire.ID.String(): claire, denis.ID.String(): denis})
	for what, ref := range map[string]tickets.Ref{"full": c.Number.Ref(), "bare": {Rank: 1}} {
		got, err := w.Case(ctx, claire, ref)
		if err != nil {
			t.Fatal(err)
		}
		same(t, what, got, c)
	}
	got, err := w.CaseByID(ctx, denis, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "by id", got, c)
	events, err := w.Events(ctx, "creteil", c.ID, false)
	if err != nil || len(events) != 1 {
		t.Fatalf("events: %+v, %v", events, err)
	}
	e := events[0]
	if e.Seq != 1 || e.Action != tickets.ActionOpen || e.Actor != claire.ID || e.Origin != tickets.FromPortal ||
		e.To != tickets.StatusNew || e.Text != "Rien.\nDu tout." || !e.At.Equal(c.OpenedAt) || e.At.Location() != time.UTC {
		t.Errorf("event %+v", e)
	}
	// Card in the desk’s channel, mail to the beneficiary.
	if n := count(t, w, `SELECT count(*) FROM deliveries WHERE academy = 'creteil' AND cause = $1`, e.ID); n != 2 {
		t.Errorf("%d deliveries owed, want 2", n)
	}
	wrongKind := c.Number.Ref()
	wrongKind.Kind = tickets.Service
	_, err = w.Case(ctx, claire, wrongKind)
	code(t, "the wrong letter", err, tickets.NotFound)
}

// The same id twice is one ticket; the same command is one ticket.
func TestCreateTwice(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	first := w.open(t, "creteil", tickets.Card{})
	again := first.Ticket
	again.Number.Rank, again.Description = 77, "autre"
	event := tickets.Event{
		Academy: "creteil", ID: newID(), Ticket: again.ID, Seq: 1, Action: tickets.ActionOpen,
		Actor: again.Requester, Origin: tickets.FromPortal, At: noon, To: tickets.StatusNew,
	}
	got, err := w.Create(ctx, again, event, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the first", got, first)

	caller := by("creteil", "claire")
	caller.Command = "command-1"
	made := map[string]bool{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c, err := w.desk().Open(ctx, caller, tickets.Service, tickets.Card{Description: "Un compte."})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			made[c.ID.String()] = true
		})
	}
	wg.Wait()
	if len(made) != 1 {
		t.Errorf("one command made %d tickets", len(made))
	}
	if n := count(t, w, `SELECT count(*) FROM events`); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
}

// A counter that lags behind its tickets costs a number, not a ticket.
func TestCreateMendsTheCounter(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.open(t, "creteil", tickets.Card{})
	}
	must(t)(nil, w.exec(t, `UPDATE day_counters SET last = 1 WHERE academy = 'creteil'`))
	if c := w.open(t, "creteil", tickets.Card{}); c.Number.Rank != 4 {
		t.Errorf("rank %d, want 4", c.Number.Rank)
	}
	if c := w.open(t, "creteil", tickets.Card{}); c.Number.Rank != 5 {
		t.Errorf("rank %d, want 5", c.Number.Rank)
	}
}

func TestConcurrentOpening(t *testing.T) {
	w := newWorld(t)
	var ranks sync.Map
	var wg sync.WaitGroup
	desk := w.desk()
	for i := range 32 {
		a := []tickets.AcademyID{"creteil", "paris"}[i%2]
		wg.Go(func() {
			for range 5 {
				c, err := desk.Open(t.Context(), by(a, "claire"), tickets.Incident, tickets.Card{Description: "x"})
				if err != nil {
					t.Error(err)
					return
				}
				if _, twice := ranks.LoadOrStore(fmt.Sprint(a, c.Number.Rank), true); twice {
					t.Errorf("%s of %s was given twice", c.Number, a)
				}
			}
		})
	}
	wg.Wait()
	for _, a := range []tickets.AcademyID{"creteil", "paris"} {
		if n := count(t, w, `SELECT max(rank) FROM tickets WHERE academy = $1`, a); n != 80 {
			t.Errorf("%s: the last rank is %d, want 80 without gaps", a, n)
		}
	}
}

func TestConcurrentTaking(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	var taken, repeated, conflicts atomic.Int64
	var wg sync.WaitGroup
	desk := w.desk()
	for i := range 16 {
		who := by("creteil", []string{"agathe", "aurel"}[i%2])
		wg.Go(func() {
			r, err := desk.Do(t.Context(), who, c.Number.Ref(), tickets.ActionTake, tickets.Input{})
			switch {
			case tickets.CodeOf(err) == tickets.Conflict:
				conflicts.Add(1)
			case err != nil:
				t.Error(err)
			case r.Repeated:
				repeated.Add(1)
			default:
				taken.Add(1)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 || repeated.Load() != 7 || conflicts.Load() != 8 {
		t.Errorf("%d took it, %d had, %d were too late", taken.Load(), repeated.Load(), conflicts.Load())
	}
	if n := count(t, w, `SELECT count(*) FROM events WHERE ticket = $1`, c.ID); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
}

func TestUpdateKeepsAll(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	c := w.open(t, "creteil", tickets.Card{Urgency: tickets.High})
	agathe, claire := by("creteil", "agathe"), by("creteil", "claire")
	w.do(t, agathe, c, tickets.ActionTake, "")
	w.do(t, agathe, c, tickets.ActionAsk, "Quel écran ?")
	w.do(t, agathe, c, tickets.ActionNote, "Encore lui.")
	w.do(t, claire, c, tickets.ActionComplement, "Celui de gauche.")
	w.do(t, agathe, c, tickets.ActionResolve, "Allumez-le.")
	w.do(t, claire, c, tickets.ActionRefuse, "Il l’est.")
	w.do(t, agathe, c, tickets.ActionResolve, "Remplacé.")
	r, err := w.desk().Do(ctx, claire, c.Number.Ref(), tickets.ActionValidate, tickets.Input{Rating: 4})
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.Case(ctx, agathe.Person, tickets.Ref{Rank: 1})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "as returned, as kept", got, r.Case)
	if got.Status != tickets.StatusClosed || got.Closure != tickets.ClosedValidated || got.Rating != 4 ||
		got.Solution != "Remplacé." || got.Refusals != 1 || got.Version != 9 || got.Assignee != agathe.Person.ID ||
		got.StatusAction != tickets.ActionValidate || got.StatusBy != claire.Person.ID {
		t.Errorf("ticket %s", asJSON(got))
	}
	if got.Who(agathe.Person.ID).Name() != "Agathe Modèle" {
		t.Errorf("the assignee is not named: %v", got.People)
	}
	for internal, want := range map[bool]int{true: 9, false: 8} {
		events, err := w.Events(ctx, "creteil", c.ID, internal)
		if err != nil || len(events) != want {
			t.Errorf("internal %v: %d events, %v", internal, len(events), err)
		}
		for i, e := range events {
			if internal && e.Seq != i+1 {
				t.Errorf("event %d has seq %d", i, e.Seq)
			}
		}
	}
}

// An error of change comes back as it is and nothing is kept.
func TestUpdateRefused(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	mine := errors.New("no")
	attempt := tickets.Attempt{Viewer: person("creteil", "agathe")}
	_, err := w.Update(t.Context(), c.Number.Ref(), attempt, func(c tickets.Case, _ tickets.Ticket) (tickets.Ticket, *tickets.Event, []tickets.Delivery, error) {
		c.Solution = "x"
		return c.Ticket, nil, nil, mine
	})
	if err != mine { //nolint:errorlint // as it is
		t.Errorf("Update = %v", err)
	}
	// The second delivery fails after the ticket and the event were written.
	_, err = w.Update(t.Context(), c.Number.Ref(), attempt, func(c tickets.Case, _ tickets.Ticket) (tickets.Ticket, *tickets.Event, []tickets.Delivery, error) {
		e := tickets.Event{
			Academy: "creteil", ID: newID(), Ticket: c.ID, Seq: 2, Action: "take", Actor: attempt.Viewer.ID,
			Origin: tickets.FromChat, At: noon, From: "new", To: "in_progress",
		}
		c.Version, c.Status = 2, tickets.StatusInProgress
		d := tickets.Delivery{
			Academy: "creteil", ID: newID(), Cause: e.ID, Ticket: c.ID, Seq: 2, Channel: tickets.Chat,
			Recipient: "group:desk", Template: "card", Due: noon, CreatedAt: noon,
		}
		return c.Ticket, &e, []tickets.Delivery{d, d}, nil
	})
	if err == nil || tickets.CodeOf(err) != "" {
		t.Errorf("Update = %v, want an internal error", err)
	}
	got, err := w.CaseByID(t.Context(), attempt.Viewer, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "unchanged", got, c)
	_, err = w.Update(t.Context(), tickets.Ref{Rank: 99}, attempt, nil)
	code(t, "an absent one", err, tickets.NotFound)
}

// A command is applied once, however often and however many at once it comes.
func TestCommandAppliedOnce(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	other := w.open(t, "creteil", tickets.Card{})
	caller := by("creteil", "agathe")
	caller.Command = "trigger-1"
	var applied atomic.Int64
	var wg sync.WaitGroup
	desk := w.desk()
	for i := range 16 {
		ref := []tickets.Ref{c.Number.Ref(), other.Number.Ref()}[i%2] // a redelivery may resolve otherwise
		wg.Go(func() {
			r, err := desk.Do(t.Context(), caller, ref, tickets.ActionNote, tickets.Input{Text: "Vu."})
			if err != nil {
				t.Error(err)
				return
			}
			if !r.Repeated {
				applied.Add(1)
			}
			if r.Event == nil || r.Event.Text != "Vu." || r.Event.Ticket != r.ID {
				t.Errorf("result %s", asJSON(r))
			}
		})
	}
	wg.Wait()
	if applied.Load() != 1 {
		t.Errorf("applied %d times", applied.Load())
	}
	if n := count(t, w, `SELECT count(*) FROM events WHERE command = 'trigger-1'`); n != 1 {
		t.Errorf("%d events", n)
	}
	// Another person's command of that id is not theirs to have been answered.
	thief := by("creteil", "aurel")
	thief.Command = "trigger-1"
	if r, err := desk.Do(t.Context(), thief, c.Number.Ref(), tickets.ActionNote, tickets.Input{Text: "x"}); err == nil {
		t.Errorf("answered %s", asJSON(r))
	}
}

// The same words within the window are the same command; later they are not.
func TestFingerprint(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	caller := by("creteil", "agathe")
	caller.Fingerprint = "note 1 Vu."
	desk := w.desk()
	act := func() tickets.Result {
		t.Helper()
		r, err := desk.Do(t.Context(), caller, tickets.Ref{Rank: 1}, tickets.ActionNote, tickets.Input{Text: "Vu."})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := act()
	second := act()
	if first.Repeated || !second.Repeated || second.Event.ID != first.Event.ID {
		t.Errorf("first %v, second %v", first.Repeated, second.Repeated)
	}
	w.now = w.now.Add(2 * time.Minute)
	if act().Repeated {
		t.Error("two minutes later it is another command")
	}
	if n := count(t, w, `SELECT count(*) FROM events WHERE ticket = $1`, c.ID); n != 3 {
		t.Errorf("%d events, want 3", n)
	}
}

// Of two merges that cross, one finds the other done: no two tickets close as
// duplicates of each other.
func TestMergesThatCross(t *testing.T) {
	w := newWorld(t)
	desk := w.desk()
	for range 10 {
		a, b := w.open(t, "creteil", tickets.Card{}), w.open(t, "creteil", tickets.Card{})
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, pair := range [][2]tickets.Case{{a, b}, {b, a}} {
			wg.Go(func() {
				_, errs[i] = desk.Do(t.Context(), by("creteil", "agathe"), pair[0].Number.Ref(), tickets.ActionMerge,
					tickets.Input{Into: pair[1].Number.Ref()})
			})
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("both or neither: %v, %v", errs[0], errs[1])
		}
		code(t, "the later", errors.Join(errs...), tickets.Invalid)
	}
	c := w.open(t, "creteil", tickets.Card{})
	_, err := desk.Do(t.Context(), by("creteil", "agathe"), c.Number.Ref(), tickets.ActionMerge, tickets.Input{Into: tickets.Ref{Rank: 999}})
	code(t, "into nothing", err, tickets.Invalid)
	elsewhere := w.open(t, "paris", tickets.Card{})
	for range 30 { // past the numbers of the other academy
		elsewhere = w.open(t, "paris", tickets.Card{})
	}
	_, err = desk.Do(t.Context(), by("creteil", "agathe"), c.Number.Ref(), tickets.ActionMerge, tickets.Input{Into: elsewhere.Number.Ref()})
	code(t, "into another academy's", err, tickets.Invalid)
}
