package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

// did are the actions on a ticket, in order, each with who it is by.
func (w *world) did(t *testing.T, c tickets.Case) []string {
	t.Helper()
	events, err := w.Events(t.Context(), c.Academy, c.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range events {
		by := "clock"
		for _, login := range []string{"agathe", "sylvie", "claire", "denis"} {
			if e.Actor == person(c.Academy, login).ID {
				by = login
			}
		}
		out = append(out, fmt.Sprintf("%s %s", e.Action, by))
	}
	return out
}

// mails counts what is owed by mail about a ticket, by template.
func mails(t *testing.T, w *world, c tickets.Case, tpl tickets.Template) int {
	t.Helper()
	return count(t, w, `SELECT count(*) FROM deliveries WHERE ticket = $1 AND channel = 'mail' AND template = $2`, c.ID, tpl)
}

// Five tickets alike make a storm, a supervisor makes a major incident of it; the
// tickets join it, those to come too, and each follows what happens to it.
func TestAStormBecomesAMajorIncident(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) // a Monday
	desk, room := clocked(w)
	var struck []tickets.Case
	strike := func() tickets.Case {
		t.Helper()
		c, err := desk.Open(ctx, by("creteil", "claire"), tickets.Incident, tickets.Card{
			Description: "Plus de messagerie.", Summary: "Messagerie", Urgency: tickets.High, Theme: "mail", Entity: "0941234F",
		})
		if err != nil {
			t.Fatal(err)
		}
		struck = append(struck, c)
		return c
	}
	tick := func(d time.Duration) {
		t.Helper()
		w.now = w.now.Add(d)
		if _, err := room.Tick(ctx, "creteil"); err != nil {
			t.Fatal(err)
		}
		for range 2 { // whoever follows twice follows once
			if _, err := desk.FollowMajors(ctx, "creteil"); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 5 {
		strike()
	}
	alone := w.open(t, "creteil", tickets.Card{Theme: "mail", Entity: "0930001W"})
	tick(time.Minute)
	tick(time.Minute)
	sylvie := by("creteil", "sylvie")
	board, err := room.Board(ctx, sylvie)
	if err != nil || len(board.Alerts) == 0 || board.Alerts[0].Rule != tickets.AlertStorm || board.Alerts[0].Total != 5 {
		t.Fatalf("the board %+v, %v", board.Alerts, err)
	}
	storm := oncall.Ref{Rank: board.Alerts[0].Rank}
	words := func(_ tickets.Academy, _, subject string, total int, _ time.Time) (summary, description string) {
		return "Messagerie indisponible", fmt.Sprintf("%d demandes de %s.", total, subject)
	}
	if _, _, err := room.Declare(ctx, desk, by("creteil", "claire"), storm, words); tickets.CodeOf(err) != tickets.Forbidden {
		t.Errorf("declared by staff: %v", err)
	}
	major, card, err := room.Declare(ctx, desk, sylvie, storm, words)
	if err != nil || !major.Major || major.Urgency != tickets.Critical || major.Description != "5 demandes de 094." ||
		card.Major != major.Number.String() || card.State != oncall.StateHeld || card.NextStep != 0 { // who makes it has seen the storm
		t.Fatalf("declared %+v, told %+v, %v", major.Ticket, card, err)
	}
	if again, _, err := room.Declare(ctx, desk, sylvie, storm, words); err != nil || again.ID != major.ID {
		t.Errorf("declared twice it is %s and %s, %v", major.Number, again.Number, err)
	}
	tick(time.Second)
	late := strike()
	tick(time.Second)
	for _, c := range struck {
		if got := w.did(t, c); !slices.Equal(got, []string{"open claire", "join sylvie"}) || mails(t, w, c, tickets.TemplateJoined) != 1 {
			t.Errorf("%s: %v", c.Number, got)
		}
	}
	if got := w.did(t, alone); len(got) != 1 {
		t.Errorf("of another place: %v", got)
	}
	joined, total, err := desk.Joined(ctx, sylvie, major.ID, 3)
	if err != nil || len(joined) != 3 || total != 6 || joined[0].Parent != major.ID {
		t.Errorf("%d joined of %d, %v", len(joined), total, err)
	}

	// One goes its own way, and is not taken back.
	if _, err := desk.Do(ctx, by("creteil", "agathe"), late.Number.Ref(), tickets.ActionLeave, tickets.Input{}); err != nil {
		t.Fatal(err)
	}
	agathe := by("creteil", "agathe")
	act := func(action tickets.Action, in tickets.Input) {
		t.Helper()
		if _, err := desk.Do(ctx, agathe, major.Number.Ref(), action, in); err != nil {
			t.Fatal(err)
		}
	}
	act(tickets.ActionTake, tickets.Input{})
	act(tickets.ActionNote, tickets.Input{Text: "Pour nous seuls."})
	act(tickets.ActionInform, tickets.Input{Text: "Le serveur redémarre."})
	tick(time.Second)
	if _, err := desk.Do(ctx, agathe, struck[0].Number.Ref(), tickets.ActionClose, tickets.Input{Text: "C’était autre chose."}); err != nil {
		t.Fatal(err)
	}
	act(tickets.ActionResolve, tickets.Input{Text: "Le serveur a redémarré."})
	tick(time.Second)
	for i, want := range map[int][]string{
		0: {"open claire", "join sylvie", "take agathe", "inform agathe", "close agathe"},
		1: {"open claire", "join sylvie", "take agathe", "inform agathe", "resolve agathe"},
		5: {"open claire", "join sylvie", "leave agathe"},
	} {
		if got := w.did(t, struck[i]); !slices.Equal(got, want) {
			t.Errorf("%d: %v", i, got)
		}
	}
	v, err := desk.View(ctx, by("creteil", "claire"), struck[1].Number.Ref())
	if err != nil || v.Status != tickets.StatusResolved || v.Solution != "Le serveur a redémarré." {
		t.Fatalf("%+v, %v", v.Ticket, err)
	}
	for _, e := range v.Events[1:] {
		if e.Detail.Major != major.Number.String() || e.Origin != tickets.FromClock {
			t.Errorf("%s: %+v from %s", e.Action, e.Detail, e.Origin)
		}
	}
	// Whom it is not resolved for says so, and goes on without the others.
	if _, err := desk.Do(ctx, by("creteil", "claire"), struck[1].Number.Ref(), tickets.ActionRefuse, tickets.Input{Text: "Pas ici."}); err != nil {
		t.Fatal(err)
	}
	tick(time.Second)
	if got := w.did(t, struck[1]); got[len(got)-1] != "refuse claire" {
		t.Errorf("refused: %v", got)
	}
	left := struck[1]

	tick(16 * time.Minute)
	past, err := room.Past(ctx, sylvie, w.now.Add(-time.Hour), 10)
	if err != nil || len(past) == 0 {
		t.Fatalf("the storm is not over: %+v, %v", past, err)
	}
	for _, a := range past {
		if a.Rule == tickets.AlertStorm && (a.Told.State != oncall.StateResolved || a.Told.Total != 6 || a.Told.Joined != 5 || a.Told.Settled != 4 || a.Told.Major != major.Number.String()) {
			t.Errorf("its last words are %+v", a.Told)
		}
	}

	// The incident is over: what goes on without it is late by itself.
	w.now = w.now.Add(7 * 24 * time.Hour)
	tick(time.Second)
	if board, err = room.Board(ctx, sylvie); err != nil {
		t.Fatal(err)
	}
	late = tickets.Case{}
	for _, card := range board.Alerts {
		near, err := room.Look(ctx, sylvie, card.Alert)
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range near.Tickets {
			if card.Rule == tickets.AlertOverdue && of.Ticket == left.ID {
				late = left
			}
		}
	}
	if late.ID == uuid.Nil {
		t.Errorf("%s is overdue, and no alert says so: %+v", left.Number, board.Alerts)
	}
}

// Who joins late follows what still holds: not what was said before it began
// again.
func TestWhoJoinsLate(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	desk, _ := clocked(w)
	agathe, sylvie := by("creteil", "agathe"), by("creteil", "sylvie")
	card := tickets.Card{Summary: "Réseau coupé", Description: "Partout.", Urgency: tickets.Critical, Private: true}
	if _, err := desk.Declare(ctx, by("creteil", "claire"), "la coupure", card); tickets.CodeOf(err) != tickets.Forbidden {
		t.Errorf("declared by staff: %v", err)
	}
	major, err := desk.Declare(ctx, sylvie, "la coupure", card)
	if err != nil || major.Private {
		t.Fatalf("%+v, %v", major.Ticket, err)
	}
	act := func(by tickets.Caller, c tickets.Case, action tickets.Action, in tickets.Input) error {
		w.now = w.now.Add(time.Minute)
		_, err := desk.Do(ctx, by, c.Number.Ref(), action, in)
		return err
	}
	for _, x := range []struct {
		by     tickets.Caller
		action tickets.Action
	}{{agathe, tickets.ActionTake}, {agathe, tickets.ActionInform}, {agathe, tickets.ActionResolve}, {sylvie, tickets.ActionRefuse}, {agathe, tickets.ActionInform}} {
		must(t)(nil, act(x.by, major, x.action, tickets.Input{Text: "Des mots."}))
	}

	// On the form, people join what is known; what is over by then joins nothing.
	known, err := desk.Majors(ctx, by("creteil", "claire"))
	if err != nil || len(known) != 1 || known[0].ID != major.ID {
		t.Fatalf("%d known, %v", len(known), err)
	}
	joined := w.open(t, "creteil", tickets.Card{Parent: major.ID})
	never := w.open(t, "creteil", tickets.Card{Parent: newID()})
	if joined.Parent != major.ID || never.Parent != uuid.Nil {
		t.Errorf("parents %s and %s", joined.Parent, never.Parent)
	}
	if _, err := desk.FollowMajors(ctx, "creteil"); err != nil {
		t.Fatal(err)
	}
	if got := w.did(t, joined); !slices.Equal(got, []string{"open claire", "take agathe", "inform agathe"}) {
		t.Errorf("%v", got)
	}

	// What cannot be joined says why.
	other := w.open(t, "creteil", tickets.Card{})
	for name, x := range map[string]struct {
		c    tickets.Case
		into tickets.Ref
	}{
		"nothing":        {other, tickets.Ref{}},
		"not_major":      {other, never.Number.Ref()},
		"major":          {major, major.Number.Ref()},
		"ticket.no_such": {other, tickets.Ref{Rank: 999}},
	} {
		var refused *tickets.Error
		err := act(agathe, x.c, tickets.ActionJoin, tickets.Input{Into: x.into})
		if !errors.As(err, &refused) || refused.Code != tickets.Invalid || refused.Message != "join."+name && refused.Message != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t)(nil, act(agathe, other, tickets.ActionJoin, tickets.Input{Into: major.Number.Ref()}))
	must(t)(nil, act(agathe, major, tickets.ActionClose, tickets.Input{Text: "Coupure finie."}))
	if _, err := desk.FollowMajors(ctx, "creteil"); err != nil {
		t.Fatal(err)
	}
	if got := w.did(t, other); !slices.Equal(got, []string{"open claire", "join agathe", "take agathe", "inform agathe", "close agathe"}) {
		t.Errorf("%v", got)
	}
	err = act(agathe, never, tickets.ActionJoin, tickets.Input{Into: major.Number.Ref()})
	if tickets.CodeOf(err) != tickets.Invalid {
		t.Errorf("joined what is closed: %v", err)
	}
	if n, err := desk.FollowMajors(ctx, "creteil"); n != 0 || err != nil {
		t.Errorf("%d steps more, %v", n, err)
	}
}
