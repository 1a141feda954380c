package postgres_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// What the domain computes is kept as it is, to the microsecond.
func TestAStopwatchIsKept(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	w.open(t, "creteil", tickets.Card{})
	var seen int
	change := func(got tickets.Ticket, events []tickets.Event) (tickets.Ticket, []tickets.Delivery, bool) {
		seen++
		if got.ID != c.ID || len(events) != 2 || events[0].Action != tickets.ActionOpen || events[1].Action != tickets.ActionNote {
			return got, nil, false
		}
		got.TakeUpDue, got.DueSoon, got.Due, got.RunningSince = noon.Add(time.Minute), noon.Add(2*time.Hour), noon.Add(50*time.Hour), noon.Add(time.Microsecond)
		got.Spent = 1234*time.Hour + time.Microsecond
		got.Solution = "nothing else is kept"
		return got, []tickets.Delivery{{
			Academy: c.Academy, ID: newID(), Cause: newID(), Ticket: c.ID, Seq: 2, Channel: tickets.Chat,
			Recipient: "group:desk", Template: "card", Rule: "x", Due: noon, CreatedAt: noon,
		}}, true
	}
	w.do(t, by("creteil", "agathe"), c, tickets.ActionNote, "Une note")
	last, kept, err := w.Retime(t.Context(), "creteil", uuid.Nil, change)
	if err != nil || last != uuid.Nil || kept != 1 || seen != 2 {
		t.Fatalf("%d kept of %d, last %s, %v", kept, seen, last, err)
	}
	got, err := w.CaseByID(t.Context(), person("creteil", "agathe"), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := got.Ticket
	want.TakeUpDue, want.DueSoon, want.Due, want.RunningSince = noon.Add(time.Minute), noon.Add(2*time.Hour), noon.Add(50*time.Hour), noon.Add(time.Microsecond)
	want.Spent, want.Version = 1234*time.Hour+time.Microsecond, 2
	same(t, "kept", got.Ticket, want)
	if got.Solution != "" {
		t.Errorf("the solution became %q", got.Solution)
	}
	if n := count(t, w, `SELECT count(*) FROM deliveries WHERE ticket = $1 AND rule = 'x'`, c.ID); n != 1 {
		t.Errorf("%d cards owed", n)
	}
	if kept := w.do(t, by("creteil", "agathe"), c, tickets.ActionNote, "Encore").Case; kept.Spent != want.Spent || !kept.TakeUpDue.Equal(want.TakeUpDue) {
		t.Errorf("after a note: %+v", kept.Ticket)
	}
}

// Open tickets are gone through in slices, each once; those that are closed, and
// those of others, never.
func TestManyTicketsAreRetimed(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	w.fill(t, c, 450)
	closed := w.open(t, "creteil", tickets.Card{})
	w.do(t, by("creteil", "claire"), closed, tickets.ActionWithdraw, "Trouvé")
	w.open(t, "paris", tickets.Card{})
	seen := map[uuid.UUID]int{}
	calls := 0
	for last := uuid.Nil; ; calls++ {
		next, _, err := w.Retime(t.Context(), "creteil", last, func(t tickets.Ticket, _ []tickets.Event) (tickets.Ticket, []tickets.Delivery, bool) {
			seen[t.ID]++
			return t, nil, false
		})
		if err != nil {
			t.Fatal(err)
		}
		if last = next; last == uuid.Nil {
			break
		}
	}
	if len(seen) != 451 || seen[closed.ID] != 0 || calls < 2 {
		t.Errorf("%d tickets in %d calls, the closed one %d times", len(seen), calls+1, seen[closed.ID])
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s: %d times", id, n)
		}
	}
	w.Close()
	if _, _, err := w.Retime(t.Context(), "creteil", uuid.Nil, nil); err == nil {
		t.Error("no error of a database that is gone")
	}
}

// What is late is found by an index that holds the open tickets alone.
func TestWhatIsLateIsFoundByItsIndex(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	w.fill(t, c, 5000)
	must(t)(nil, w.exec(t, `UPDATE tickets SET take_up_due = opened_at + interval '1 year', due_soon = opened_at + interval '2 years', due_at = opened_at + interval '3 years'`))
	must(t)(nil, w.exec(t, `UPDATE tickets SET take_up_due = $2 WHERE id = $1`, c.ID, noon))
	must(t)(nil, w.exec(t, `ANALYZE tickets`))
	rows, err := w.Pool().Query(t.Context(), `EXPLAIN SELECT id FROM tickets
		WHERE academy = 'creteil' AND status IN ('new', 'in_progress') AND least(take_up_due, due_soon, due_at) <= $1`, noon)
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		var line string
		must(t)(nil, rows.Scan(&line))
		plan.WriteString(line + "\n")
	}
	if !strings.Contains(plan.String(), "tickets_late") {
		t.Errorf("the plan is\n%s", &plan)
	}
}

// Tickets that were there before stopwatches were go on as they can.
func TestOlderTicketsGetAStopwatch(t *testing.T) {
	w := newWorld(t)
	agathe, claire := by("creteil", "agathe"), by("creteil", "claire")
	running, waiting, reopened, closed := w.open(t, "creteil", tickets.Card{}), w.open(t, "creteil", tickets.Card{}), w.open(t, "creteil", tickets.Card{}), w.open(t, "creteil", tickets.Card{})
	w.do(t, agathe, waiting, tickets.ActionAsk, "Laquelle ?")
	w.do(t, claire, reopened, tickets.ActionWithdraw, "Trouvé")
	again := w.do(t, claire, reopened, tickets.ActionReopen, "Non")
	w.do(t, claire, closed, tickets.ActionWithdraw, "Trouvé")
	due := noon.Add(40 * time.Hour)
	must(t)(nil, w.exec(t, `UPDATE tickets SET due_at = $1`, due))
	migration, err := os.ReadFile("migrations/022_deadlines.sql")
	if err != nil {
		t.Fatal(err)
	}
	must(t)(nil, w.exec(t, `ALTER TABLE tickets DROP COLUMN take_up_due CASCADE, DROP COLUMN due_soon CASCADE, DROP COLUMN spent CASCADE, DROP COLUMN running_since CASCADE`))
	must(t)(nil, w.exec(t, string(migration)))
	for what, x := range map[string]struct {
		c          tickets.Case
		due, since time.Time
	}{
		"running":  {running, due, running.OpenedAt},
		"waiting":  {waiting, time.Time{}, time.Time{}},
		"reopened": {reopened, due, again.StatusAt},
		"closed":   {closed, due, time.Time{}},
	} {
		got, err := w.CaseByID(t.Context(), person("creteil", "agathe"), x.c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Due.Equal(x.due) || !got.RunningSince.Equal(x.since) || got.Spent != 0 || !got.TakeUpDue.IsZero() || !got.DueSoon.IsZero() {
			t.Errorf("%s: %+v", what, got.Ticket)
		}
	}
}
