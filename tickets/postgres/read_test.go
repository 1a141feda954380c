package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// Two academies have the same numbers, and never see each other's.
func TestAcademiesAreApart(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	mine := w.open(t, "creteil", tickets.Card{Summary: "creteil"})
	theirs := w.open(t, "paris", tickets.Card{Summary: "paris"})
	if mine.Number != theirs.Number {
		t.Fatalf("numbers %s and %s", mine.Number, theirs.Number)
	}
	for _, login := range []string{"claire", "agathe", "sylvie"} {
		viewer := person("paris", login)
		for what, ref := range map[string]tickets.Ref{"bare": {Rank: 1}, "full": mine.Number.Ref()} {
			got, err := w.Case(ctx, viewer, ref)
			if err != nil || got.ID != theirs.ID {
				t.Errorf("%s, %s: %s, %v", login, what, got.Summary, err)
			}
		}
		_, err := w.CaseByID(ctx, viewer, mine.ID)
		code(t, "by id", err, tickets.NotFound)
		page, err := w.List(ctx, viewer, tickets.Query{Scope: tickets.ScopeDesk})
		if err != nil || page.Total != 1 || page.Cases[0].ID != theirs.ID {
			t.Errorf("%s lists %s, %v", login, asJSON(page), err)
		}
	}
	// Even with an id of the other's: everything is asked of one's own academy.
	if events, err := w.Events(ctx, "paris", mine.ID, true); err != nil || len(events) != 0 {
		t.Errorf("events: %v, %v", events, err)
	}
	if got := w.enqueue(t, "paris", "e", w.now.Add(time.Hour)); len(got) != 1 {
		t.Errorf("enqueued %v", got)
	}
	agathe := by("paris", "agathe")
	agathe.Command = "the same command"
	if r := w.do(t, agathe, theirs, tickets.ActionTake, ""); r.ID != theirs.ID {
		t.Errorf("took %s", r.Summary)
	}
	agathe = by("creteil", "agathe")
	agathe.Command = "the same command"
	if r := w.do(t, agathe, mine, tickets.ActionTake, ""); r.Repeated || r.ID != mine.ID {
		t.Errorf("took %s, repeated %v", r.Summary, r.Repeated)
	}
}

// The queries see what the domain's rule lets be seen.
func TestVisibility(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	var all []tickets.Case
	for _, private := range []bool{false, true} {
		for _, group := range []string{"desk", "network"} {
			c := w.open(t, "creteil", tickets.Card{Private: private, Summary: fmt.Sprintf("private %v in %s", private, group)})
			must(t)(nil, w.exec(t, `UPDATE tickets SET group_code = $1 WHERE academy = 'creteil' AND id = $2`, group, c.ID))
			c.Group = group
			all = append(all, c)
		}
	}
	for _, viewer := range []tickets.Person{
		person("creteil", "claire"), person("creteil", "denis"), person("creteil", "agathe"),
		person("creteil", "reseau"), person("creteil", "sylvie"), person("paris", "agathe"),
	} {
		var visible []string
		for _, c := range all {
			sees := viewer.SeesTicket(c.Ticket)
			if sees {
				visible = append(visible, c.Summary)
			}
			_, err := w.CaseByID(ctx, viewer, c.ID)
			_, byRef := w.Case(ctx, viewer, c.Number.Ref())
			_, updating := w.Update(ctx, c.Number.Ref(), tickets.Attempt{Viewer: viewer}, func(c tickets.Case, _ tickets.Ticket) (tickets.Ticket, *tickets.Event, []tickets.Delivery, error) {
				return c.Ticket, nil, nil, nil
			})
			for _, err := range []error{err, byRef, updating} {
				if sees && err != nil || !sees && tickets.CodeOf(err) != tickets.NotFound {
					t.Errorf("%s, %s: %v", viewer.Login, c.Summary, err)
				}
			}
		}
		page, err := w.List(ctx, viewer, tickets.Query{Scope: tickets.ScopeDesk, Oldest: true})
		if err != nil {
			t.Fatal(err)
		}
		var listed []string
		for _, c := range page.Cases {
			listed = append(listed, c.Summary)
		}
		if !slices.Equal(listed, visible) || page.Total != len(visible) {
			t.Errorf("%s of %s lists %q, want %q", viewer.Login, viewer.Academy, listed, visible)
		}
	}
}

// A bare rank is that of the most recent day on which the viewer sees it.
func TestBareRank(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	first := w.open(t, "creteil", tickets.Card{})
	w.now = w.now.Add(24 * time.Hour)
	second := w.open(t, "creteil", tickets.Card{})
	w.now = w.now.Add(24 * time.Hour)
	private := w.open(t, "creteil", tickets.Card{Private: true})
	if second.Number.Day != "261122" || private.Number.Day != "261123" || private.Number.Rank != 1 {
		t.Fatalf("numbers %s, %s", second.Number, private.Number)
	}
	must(t)(nil, w.exec(t, `UPDATE tickets SET group_code = 'network' WHERE id = $1`, private.ID))
	for login, want := range map[string]tickets.Case{"claire": private, "reseau": private, "agathe": second} {
		got, err := w.Case(ctx, person("creteil", login), tickets.Ref{Rank: 1})
		if err != nil || got.ID != want.ID {
			t.Errorf("%s: %s, %v, want %s", login, got.Number, err, want.Number)
		}
	}
	got, err := w.Case(ctx, person("creteil", "agathe"), first.Number.Ref())
	if err != nil || got.ID != first.ID {
		t.Errorf("in full: %s, %v", got.Number, err)
	}
}

// The trace names who acted, also when they have left the directory since.
func TestThoseWhoLeftAreStillNamed(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	w.do(t, by("creteil", "aurel"), c, tickets.ActionNote, "vu")
	must(t)(nil, w.exec(t, `UPDATE people SET active = false WHERE id = $1`, person("creteil", "aurel").ID))
	v, err := w.desk().View(t.Context(), by("creteil", "agathe"), c.Number.Ref())
	if err != nil || len(v.Events) != 2 || v.Who(v.Events[1].Actor).Name() != person("creteil", "aurel").Name() {
		t.Errorf("%+v, %v", v.People, err)
	}
	other, err := w.People(t.Context(), "paris", []uuid.UUID{person("creteil", "aurel").ID})
	if err != nil || len(other) != 0 {
		t.Errorf("another academy's people: %v, %v", other, err)
	}
}

func TestListAndCounters(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	claire, denis, agathe := person("creteil", "claire"), person("creteil", "denis"), person("creteil", "agathe")
	desk := w.desk()
	var opened []tickets.Case
	for i := range 7 {
		kind, card := tickets.Incident, tickets.Card{Description: "x"}
		if i%2 == 1 {
			kind, card.Beneficiary = tickets.Service, denis.ID
		}
		c, err := desk.Open(ctx, by("creteil", "claire"), kind, card)
		if err != nil {
			t.Fatal(err)
		}
		opened = append(opened, c)
	}
	caller := by("creteil", "agathe")
	w.do(t, caller, opened[0], tickets.ActionTake, "")
	w.do(t, caller, opened[1], tickets.ActionResolve, "Fait.")
	w.do(t, by("creteil", "claire"), opened[2], tickets.ActionWithdraw, "Plus la peine.")
	must(t)(nil, w.exec(t, `UPDATE tickets SET group_code = 'network' WHERE id = $1`, opened[6].ID))

	list := func(viewer tickets.Person, q tickets.Query) string {
		t.Helper()
		page, err := w.List(ctx, viewer, q)
		if err != nil {
			t.Fatal(err)
		}
		s := fmt.Sprint(page.Total, ":")
		for _, c := range page.Cases {
			s += fmt.Sprint(" ", c.Number.Rank)
			if c.Who(c.Requester).Login != "claire" {
				t.Errorf("%s: requester %+v", c.Number, c.Who(c.Requester))
			}
		}
		return s
	}
	mine, all := tickets.ScopeMine, tickets.ScopeDesk
	open := []tickets.Status{tickets.StatusNew, tickets.StatusInProgress, tickets.StatusWaiting, tickets.StatusResolved}
	for _, x := range []struct {
		viewer tickets.Person
		q      tickets.Query
		want   string
	}{
		{claire, tickets.Query{Scope: mine}, "7: 7 6 5 4 3 2 1"},
		{denis, tickets.Query{Scope: mine}, "3: 6 4 2"},
		{agathe, tickets.Query{Scope: mine}, "0:"},
		{denis, tickets.Query{Scope: all}, "3: 6 4 2"},
		{agathe, tickets.Query{Scope: all, Oldest: true}, "7: 1 2 3 4 5 6 7"},
		{agathe, tickets.Query{Scope: all, Oldest: true, Limit: 3, Offset: 2}, "7: 3 4 5"},
		{agathe, tickets.Query{Scope: all, Offset: 9}, "7:"},
		{agathe, tickets.Query{Scope: all, Statuses: open, Oldest: true}, "6: 1 2 4 5 6 7"},
		{agathe, tickets.Query{Scope: all, Statuses: []tickets.Status{tickets.StatusClosed}}, "1: 3"},
		{agathe, tickets.Query{Scope: all, Kind: tickets.Service, Statuses: open}, "3: 6 4 2"},
		{agathe, tickets.Query{Scope: all, Group: "network"}, "1: 7"},
		{agathe, tickets.Query{Scope: all, Assignee: agathe.ID}, "2: 2 1"},
		{agathe, tickets.Query{Scope: all, Unassigned: true, Group: "desk", Statuses: open}, "3: 6 5 4"},
	} {
		if got := list(x.viewer, x.q); got != x.want {
			t.Errorf("%s, %+v: %s, want %s", x.viewer.Login, x.q, got, x.want)
		}
	}

	for _, x := range []struct {
		viewer tickets.Person
		want   tickets.Counters
	}{
		{claire, tickets.Counters{Validations: 1, Incidents: 3, Services: 3}},
		{denis, tickets.Counters{Validations: 1, Services: 3}},
		{agathe, tickets.Counters{}},
	} {
		got, err := w.Counters(ctx, x.viewer)
		if err != nil || got != x.want {
			t.Errorf("%s: %+v, %v, want %+v", x.viewer.Login, got, err, x.want)
		}
	}
}
