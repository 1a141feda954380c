package postgres_test

import (
	"sync"
	"testing"
	"time"

	"cecoia.example/tickets"
)

func TestCommands(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	for i, id := range []string{"b", "a", "c", "a"} {
		must(t)(w.AcceptCommand(ctx, "creteil", id, []byte{byte(i)}, noon.Add(time.Duration(i)*time.Second)))
	}
	must(t)(w.AcceptCommand(ctx, "paris", "a", nil, noon))
	accepted := func(before time.Time, limit int) string {
		t.Helper()
		payloads, err := w.AcceptedCommands(ctx, "creteil", before, limit)
		if err != nil {
			t.Fatal(err)
		}
		s := ""
		for _, p := range payloads {
			s += string('0' + rune(p[0]))
		}
		return s
	}
	if got := accepted(noon.Add(time.Minute), 10); got != "012" {
		t.Errorf("accepted %s", got)
	}
	if got := accepted(noon.Add(2*time.Second), 10) + " " + accepted(noon.Add(time.Minute), 1); got != "01 0" {
		t.Errorf("accepted %s", got)
	}
	must(t)(nil, w.FinishCommand(ctx, "creteil", "b"))
	must(t)(nil, w.FinishCommand(ctx, "creteil", "unknown"))
	must(t)(w.AcceptCommand(ctx, "creteil", "b", []byte{9}, noon))
	if got := accepted(noon.Add(time.Minute), 10); got != "12" {
		t.Errorf("after one is done: %s", got)
	}
	if n := count(t, w, `SELECT count(*) FROM commands WHERE finished AND payload = ''`); n != 1 {
		t.Error("the words of a command that is done are kept")
	}
}

func TestPurge(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	claire := by("creteil", "claire")
	f, err := w.desk().StartForm(ctx, claire, tickets.Incident)
	if err != nil {
		t.Fatal(err)
	}
	c := w.open(t, "creteil", tickets.Card{})
	must(t)(w.AddAttachment(ctx, attachment(f.ID, claire.Person.ID, noon), 9))
	bound := attachment(c.ID, claire.Person.ID, noon)
	must(t)(w.AddAttachment(ctx, bound, 9))
	w.do(t, claire, c, tickets.ActionComplement, "Avec une image.")
	m := mail(1)
	m.Ticket = c.ID
	must(t)(w.desk().RefuseMail(ctx, m, "Bonjour.", nil))
	must(t)(w.AcceptCommand(ctx, "creteil", "done", nil, noon))
	must(t)(nil, w.FinishCommand(ctx, "creteil", "done"))
	must(t)(w.AcceptCommand(ctx, "creteil", "owed", nil, noon))

	for _, x := range []struct {
		after time.Duration
		want  int
	}{{time.Hour, 0}, {25 * time.Hour, 1}, {8 * 24 * time.Hour, 1}, {29 * 24 * time.Hour, 0}, {31 * 24 * time.Hour, 2}, {999 * 24 * time.Hour, 0}} {
		if n, err := w.Purge(ctx, "paris", noon.Add(x.after)); err != nil || n != 0 {
			t.Errorf("paris after %v: %d, %v", x.after, n, err)
		}
		if n, err := w.Purge(ctx, "creteil", noon.Add(x.after)); err != nil || n != x.want {
			t.Errorf("after %v: %d, %v, want %d", x.after, n, err, x.want)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM attachments WHERE id = $1`, bound.ID); n != 1 {
		t.Error("a document of a ticket was purged")
	}
	if n := count(t, w, `SELECT count(*) FROM commands WHERE id = 'owed'`); n != 1 {
		t.Error("a command that is owed was purged")
	}
}

// The log has a partition for each of the next days; what the default took
// before moves to it.
func TestPartitions(t *testing.T) {
	w := newWorld(t)
	w.open(t, "creteil", tickets.Card{})
	w.open(t, "creteil", tickets.Card{})
	now := time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC)
	late := now.AddDate(0, 0, 100)
	at := []time.Time{now, late}
	for i, n := range w.lease(t, "creteil", deliveries(t, w), now) {
		w.record(t, "creteil", tickets.Receipt{Delivery: n.ID, Outcome: tickets.Delivered, At: at[i]})
	}
	if n := count(t, w, `SELECT count(*) FROM delivery_log_default`); n != 2 {
		t.Fatalf("%d in the default partition", n)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := w.EnsurePartitions(t.Context(), now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := count(t, w, `SELECT count(*) FROM pg_inherits WHERE inhparent = 'delivery_log'::regclass`); n != 9 {
		t.Errorf("%d partitions, want eight days and the default", n)
	}
	if n := count(t, w, `SELECT count(*) FROM delivery_log_20261121`); n != 1 {
		t.Errorf("%d rows of the day", n)
	}
	if n := count(t, w, `SELECT count(*) FROM delivery_log_default`); n != 1 {
		t.Errorf("%d rows left in the default", n)
	}
	must(t)(nil, w.EnsurePartitions(t.Context(), late))
	if n := count(t, w, `SELECT count(*) FROM delivery_log_default`); n != 0 {
		t.Errorf("%d rows left in the default", n)
	}
	if n := count(t, w, `SELECT count(*) FROM delivery_log`); n != 2 {
		t.Errorf("%d rows in all", n)
	}
}

// The documents of a refused reply go when its draft does, not before.
func TestPurgeOfARefusedReplysDocuments(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	claire := by("creteil", "claire")
	c := w.open(t, "creteil", tickets.Card{})
	m := mail(1)
	m.Ticket = c.ID
	must(t)(w.desk().RefuseMail(ctx, m, "Bonjour.", nil))
	must(t)(w.AddAttachment(ctx, attachment(c.ID, claire.Person.ID, noon), 9))
	w.now = noon.Add(6 * 24 * time.Hour)
	m = mail(2)
	m.Ticket = c.ID
	must(t)(w.desk().RefuseMail(ctx, m, "Encore.", nil)) // keeps the draft for longer
	for _, x := range []struct{ days, want int }{{7, 0}, {12, 0}, {14, 2}} {
		if n, err := w.Purge(ctx, "creteil", noon.Add(time.Duration(x.days)*24*time.Hour)); err != nil || n != x.want {
			t.Errorf("after %d days: %d, %v, want %d", x.days, n, err, x.want)
		}
	}
}
