package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cecoia.example/tickets"
)

// Three open days after the resolution its requester is reminded, after seven
// their silence closes the ticket; with each thing that they say it begins anew.
func TestSilenceIsRemindedOfAndThenClosesTheTicket(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	paris, err := time.LoadLocation("Europe/Paris")
	must(t)(nil, err)
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, paris) }
	w.now = at(20, 10) // a Friday
	desk, _ := clocked(w)
	silent, talks := w.open(t, "creteil", tickets.Card{}), w.open(t, "creteil", tickets.Card{})
	agathe := by("creteil", "agathe")
	for _, c := range []tickets.Case{silent, talks} {
		_, err := desk.Do(ctx, agathe, c.Number.Ref(), tickets.ActionResolve, tickets.Input{Text: "Réparé."})
		must(t)(nil, err)
	}
	var did []string
	look := func(until time.Time) {
		t.Helper()
		for w.now.Before(until) {
			w.now = w.now.Add(time.Hour)
			if _, err := desk.Chase(ctx, "creteil"); err != nil {
				t.Fatal(err)
			}
			if n, err := desk.Chase(ctx, "creteil"); n != 0 || err != nil {
				t.Fatalf("%d again, %v", n, err)
			}
			for name, c := range map[string]tickets.Case{"silent": silent, "talks": talks} {
				events, err := w.Events(ctx, "creteil", c.ID, true)
				must(t)(nil, err)
				last := events[len(events)-1]
				if line := fmt.Sprintf("%s %s %s", name, last.Action, last.At.In(paris).Format("02 15")); last.Origin == tickets.FromClock && !slices.Contains(did, line) {
					did = append(did, line)
				}
			}
		}
	}
	look(at(24, 12))
	if _, err := desk.Do(ctx, by("creteil", "claire"), talks.Number.Ref(), tickets.ActionComplement, tickets.Input{Text: "Je regarde demain."}); err != nil {
		t.Fatal(err)
	}
	look(at(30, 23))
	slices.Sort(did)
	// From Friday 20th, 10:00: Wednesday 25th and Tuesday 1st; from Tuesday 24th, 12:00: Friday 27th.
	if want := []string{"silent remind 25 10", "talks remind 27 12"}; !slices.Equal(did, want) {
		t.Errorf("%v, want %v", did, want)
	}
	look(at(31, 20)) // the 1st of December
	c, err := desk.Case(ctx, agathe, silent.Number.Ref())
	if err != nil || c.Status != tickets.StatusClosed || c.Closure != tickets.ClosedBySilence || !c.LapseAt.IsZero() {
		t.Errorf("%+v, %v", c.Ticket, err)
	}
	if mails(t, w, silent, tickets.TemplateReminded) != 1 || mails(t, w, silent, tickets.TemplateClosed) != 1 || mails(t, w, talks, tickets.TemplateClosed) != 0 {
		t.Error("the mails are others")
	}
	if _, err := desk.Do(ctx, by("creteil", "claire"), silent.Number.Ref(), tickets.ActionReopen, tickets.Input{Text: "Pas du tout réparé."}); err != nil {
		t.Errorf("opened again: %v", err)
	}
}
