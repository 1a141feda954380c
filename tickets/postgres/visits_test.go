package postgres_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

func TestVisits(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	c := w.open(t, "creteil", tickets.Card{})
	claire, agathe, aurel := person("creteil", "claire"), person("creteil", "agathe"), person("creteil", "aurel")
	unseen := func(what string, viewer tickets.Person, want int) {
		t.Helper()
		got, err := w.Unseen(ctx, viewer, []uuid.UUID{c.ID, newID()})
		if err != nil || got[c.ID] != want || len(got) > 1 {
			t.Errorf("%s: %v, %v, want %d", what, got, err, want)
		}
	}
	if v, err := w.Visit(ctx, "creteil", c.ID, claire.ID); err != nil || v != (tickets.Visit{}) {
		t.Errorf("before any visit: %+v, %v", v, err)
	}
	unseen("nothing but one's own", claire, 0)
	w.do(t, by("creteil", "agathe"), c, tickets.ActionTake, "")
	w.do(t, by("creteil", "agathe"), c, tickets.ActionNote, "Entre nous")
	unseen("a party who never came", claire, 1)
	unseen("an agent who never came", aurel, 0)
	unseen("another academy's", person("paris", "claire"), 0)

	saved := tickets.Visit{Seq: 2, Before: 1, At: noon}
	must(t)(nil, w.SaveVisit(ctx, "creteil", c.ID, aurel.ID, saved))
	if v, err := w.Visit(ctx, "creteil", c.ID, aurel.ID); err != nil || v.Seq != 2 || v.Before != 1 || !v.At.Equal(noon) {
		t.Errorf("%+v, %v", v, err)
	}
	unseen("an agent who came before the note", aurel, 1)
	unseen("who wrote it", agathe, 0)

	// Of two pages written at once the one that showed more counts.
	must(t)(nil, w.SaveVisit(ctx, "creteil", c.ID, aurel.ID, tickets.Visit{Seq: 3, Before: 2, At: noon}))
	must(t)(nil, w.SaveVisit(ctx, "creteil", c.ID, aurel.ID, saved))
	unseen("seen stays seen", aurel, 0)
	var wg sync.WaitGroup
	for seq := range 8 {
		wg.Go(func() {
			if err := w.SaveVisit(ctx, "creteil", c.ID, claire.ID, tickets.Visit{Seq: seq + 1, At: noon}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if v, err := w.Visit(ctx, "creteil", c.ID, claire.ID); err != nil || v.Seq != 8 {
		t.Errorf("eight at once: %+v, %v", v, err)
	}
	if n := count(t, w, `SELECT count(*) FROM visits WHERE academy = 'creteil'`); n != 2 {
		t.Errorf("%d rows for two people", n)
	}
	if v, err := w.Visit(ctx, "paris", c.ID, aurel.ID); err != nil || v != (tickets.Visit{}) {
		t.Errorf("another academy has the visit: %+v, %v", v, err)
	}
}

// The page writes when something new was shown, and only then.
func TestAVisitIsWrittenWhenThereIsSomethingToRemember(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	desk := w.desk()
	c := w.open(t, "creteil", tickets.Card{})
	claire := by("creteil", "claire")
	see := func() tickets.View {
		t.Helper()
		v, err := desk.View(ctx, claire, c.Number.Ref())
		if err != nil {
			t.Fatal(err)
		}
		must(t)(nil, desk.Visited(ctx, claire, v))
		return v
	}
	written := func() string {
		t.Helper()
		var version string
		must(t)(nil, w.Pool().QueryRow(ctx, `SELECT xmin::text FROM visits WHERE ticket = $1`, c.ID).Scan(&version))
		return version
	}
	see()
	before := written()
	for range 3 {
		see()
		w.pass(time.Hour)
	}
	if written() != before {
		t.Error("a visit without news was written")
	}
	w.do(t, by("creteil", "agathe"), c, tickets.ActionInform, "Du nouveau")
	v := see()
	if written() == before || !v.News(v.Events[1]) || v.News(v.Events[0]) {
		t.Error("the news were not seen")
	}
	if v := see(); !v.News(v.Events[1]) {
		t.Error("within the visit the news are old already")
	}
	w.pass(time.Hour)
	if v := see(); v.News(v.Events[1]) {
		t.Error("an hour later they are still new")
	}
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func TestAgents(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	zoe := person("creteil", "zoe")
	zoe.FamilyName, zoe.Memberships = "Abeille", []tickets.Membership{{Group: "network", Role: tickets.RoleAgent}, {Group: "desk", Role: tickets.RoleAgent}}
	must(t)(nil, w.ImportPeople(ctx, "creteil", []postgres.Entry{{Person: zoe}}))
	names := func(group string) (out []string) {
		t.Helper()
		found, err := w.Agents(ctx, "creteil", group)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range found {
			out = append(out, p.Login)
			if len(p.Memberships) == 0 {
				t.Errorf("%s has no membership", p.Login)
			}
		}
		return out
	}
	for group, want := range map[string][]string{
		"": {"zoe", "agathe", "aurel", "reseau", "sylvie"}, "desk": {"zoe", "agathe", "aurel", "sylvie"},
		"network": {"zoe", "reseau"}, "ailleurs": nil,
	} {
		if got := names(group); !slices.Equal(got, want) {
			t.Errorf("group %q: %v, want %v", group, got, want)
		}
	}
	must(t)(nil, w.exec(t, `UPDATE people SET active = false WHERE academy = 'creteil' AND login = 'aurel'`))
	if got := names("desk"); slices.Contains(got, "aurel") {
		t.Errorf("who left is offered: %v", got)
	}
	if _, err := w.desk().Agents(ctx, by("creteil", "claire"), ""); tickets.CodeOf(err) != tickets.Forbidden {
		t.Errorf("staff lists the desk: %v", err)
	}
}
