package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
)

// ranks are those of the tickets, in order.
func ranks(cases []tickets.Case) string {
	var out []string
	for _, c := range cases {
		out = append(out, fmt.Sprint(c.Number.Rank))
	}
	return strings.Join(out, " ")
}

// listed are the tickets of a query, which List, Count and Walk tell alike.
func (w *world) listed(t *testing.T, viewer tickets.Person, q tickets.Query) string {
	t.Helper()
	page, err := w.List(t.Context(), viewer, q)
	if err != nil {
		t.Fatal(err)
	}
	counted, err := w.Count(t.Context(), viewer, tickets.Query{Scope: tickets.ScopeMine}, q)
	if err != nil || counted[1] != page.Total {
		t.Errorf("%s, %+v: counted %v, listed %d, %v", viewer.Login, q, counted, page.Total, err)
	}
	var walked []tickets.Case
	q.Limit = page.Total + 1
	more, err := w.Walk(t.Context(), viewer, q, func(cases []tickets.Case) error {
		walked = append(walked, cases...)
		return nil
	})
	if err != nil || more || ranks(walked) != ranks(page.Cases) {
		t.Errorf("%s, %+v: walked %s, more %v, %v; listed %s", viewer.Login, q, ranks(walked), more, err, ranks(page.Cases))
	}
	return ranks(page.Cases)
}

func TestListsByTheirFilters(t *testing.T) {
	w := newWorld(t)
	agathe, denis := person("creteil", "agathe"), person("creteil", "denis")
	for _, card := range []tickets.Card{
		{Summary: "Écran noir", Theme: "mail"},
		{Description: "Boîte pleine, depuis lundi", Beneficiary: denis.ID},
		{Description: "Dossier médical", Private: true, Theme: "mail"},
		{Description: "Réseau coupé"},
	} {
		w.open(t, "creteil", card)
		w.now = w.now.Add(time.Hour)
	}
	w.open(t, "paris", tickets.Card{Summary: "Écran noir", Theme: "mail"})
	must(t)(nil, w.exec(t, `UPDATE tickets SET group_code = 'network' WHERE academy = 'creteil' AND rank IN (3, 4)`))
	must(t)(nil, w.exec(t, `UPDATE tickets SET due_at = $1 WHERE academy = 'creteil' AND rank IN (1, 2, 3)`, noon))
	must(t)(nil, w.exec(t, `UPDATE tickets SET category = 'mail', status = 'resolved' WHERE academy = 'creteil' AND rank = 2`))
	must(t)(nil, w.exec(t, `UPDATE tickets SET assignee = $1 WHERE academy = 'creteil' AND rank = 1`, agathe.ID))

	desk := func(q tickets.Query) tickets.Query { q.Scope, q.Oldest = tickets.ScopeDesk, true; return q }
	for _, x := range []struct {
		viewer string
		q      tickets.Query
		want   string
	}{
		{"claire", tickets.Query{Scope: tickets.ScopeRequested, Oldest: true}, "1 2 3 4"},
		{"claire", tickets.Query{Scope: tickets.ScopeBenefits, Oldest: true}, "1 3 4"},
		{"denis", tickets.Query{Scope: tickets.ScopeRequested}, ""},
		{"denis", tickets.Query{Scope: tickets.ScopeBenefits}, "2"},
		{"agathe", tickets.Query{Scope: tickets.ScopeTeam, Oldest: true}, "1 2"},
		{"reseau", tickets.Query{Scope: tickets.ScopeTeam, Oldest: true}, "3 4"},
		{"claire", tickets.Query{Scope: tickets.ScopeTeam}, ""},
		{"agathe", desk(tickets.Query{}), "1 2 4"},
		{"reseau", desk(tickets.Query{}), "1 2 3 4"},
		{"agathe", desk(tickets.Query{Theme: "mail"}), "1 2"}, // as requalified
		{"reseau", desk(tickets.Query{Theme: "mail"}), "1 2 3"},
		{"agathe", desk(tickets.Query{Theme: tickets.WithoutTheme}), "4"},
		{"agathe", desk(tickets.Query{Text: "ecran"}), "1"},
		{"agathe", desk(tickets.Query{Text: "PLEINE boite"}), "2"},
		{"agathe", desk(tickets.Query{Text: "pleine ecran"}), ""},
		{"agathe", desk(tickets.Query{Text: "médical"}), ""},
		{"reseau", desk(tickets.Query{Text: "medical"}), "3"},
		{"agathe", desk(tickets.Query{Text: "I261121_003"}), ""},
		{"reseau", desk(tickets.Query{Text: "i261121_3"}), "3"},
		{"agathe", desk(tickets.Query{Text: "100 % \x00 ' \\ \u202e"}), ""},
		{"agathe", desk(tickets.Query{From: noon.Add(2 * time.Hour)}), "4"},
		{"agathe", desk(tickets.Query{To: noon.Add(30 * time.Minute)}), "1"},
		{"agathe", desk(tickets.Query{From: noon.Add(30 * time.Minute), To: noon.Add(90 * time.Minute)}), "2"},
		{"agathe", desk(tickets.Query{DueBefore: noon}), ""},
		{"agathe", desk(tickets.Query{DueBefore: noon.Add(time.Minute)}), "1"}, // 2 is resolved
		{"reseau", desk(tickets.Query{DueBefore: noon.Add(time.Minute)}), "1 3"},
		{"agathe", desk(tickets.Query{Assignee: agathe.ID}), "1"},
		{"agathe", desk(tickets.Query{Unassigned: true}), "2 4"},
	} {
		if got := w.listed(t, person("creteil", x.viewer), x.q); got != x.want {
			t.Errorf("%s, %+v: %q, want %q", x.viewer, x.q, got, x.want)
		}
	}
}

func TestListsInEachOrder(t *testing.T) {
	w := newWorld(t)
	desk := w.desk()
	for _, x := range []struct {
		by   string
		card tickets.Card
	}{
		{"claire", tickets.Card{Summary: "Zéro", Urgency: tickets.Low, Entity: "0940001R"}},
		{"agathe", tickets.Card{Summary: "Été", Urgency: tickets.Critical}},
		{"denis", tickets.Card{Description: "éclair", Urgency: tickets.High, Entity: "EN/RECTORAT"}},
	} {
		card := x.card
		if card.Description == "" {
			card.Description = "a"
		}
		if _, err := desk.Open(t.Context(), by("creteil", x.by), tickets.Incident, card); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(23 * time.Hour) // the third begins a day's ranks anew
	}
	must(t)(nil, w.exec(t, `UPDATE tickets SET due_at = $1 WHERE summary = 'Été'`, noon))
	must(t)(nil, w.exec(t, `UPDATE tickets SET status = 'waiting' WHERE summary = 'Été'`))
	for _, x := range []struct {
		sort    tickets.Sort
		up, dwn string
	}{
		{tickets.SortOpened, "Zéro Été éclair", "éclair Été Zéro"},
		{tickets.SortNumber, "Zéro Été éclair", "éclair Été Zéro"},
		{tickets.SortDescription, "éclair Été Zéro", "Zéro Été éclair"},
		{tickets.SortDue, "Été éclair Zéro", "Été éclair Zéro"},
		{tickets.SortUrgency, "Été éclair Zéro", "Zéro éclair Été"},
		{tickets.SortStatus, "éclair Zéro Été", "Été éclair Zéro"},
		{tickets.SortEntity, "Zéro éclair Été", "éclair Zéro Été"},
		{tickets.SortAuthor, "Été Zéro éclair", "éclair Zéro Été"},
		{"", "éclair Été Zéro", "éclair Été Zéro"},
	} {
		for desc, want := range map[bool]string{false: x.up, true: x.dwn} {
			q := tickets.Query{Scope: tickets.ScopeDesk, Sort: x.sort, Desc: desc}
			page, err := w.List(t.Context(), person("creteil", "agathe"), q)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range page.Cases {
				got = append(got, strings.TrimPrefix(c.Summary+" "+c.Description, " "))
				got[len(got)-1], _, _ = strings.Cut(got[len(got)-1], " ")
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s, desc %v: %v, want %s", x.sort, desc, got, want)
			}
			w.listed(t, person("creteil", "agathe"), q)
		}
	}
}

// fill makes copies of a ticket, with the ranks that follow.
func (w *world) fill(t *testing.T, c tickets.Case, n int) {
	t.Helper()
	must(t)(nil, w.exec(t, `INSERT INTO tickets SELECT (jsonb_populate_record(t, jsonb_build_object(
			'id', gen_random_uuid(), 'rank', rank + n, 'opened_at', opened_at + n * interval '1 second'))).*
		FROM tickets t, generate_series(1, $2) n WHERE id = $1`, c.ID, n))
}

// A walk reads many tickets a slice at a time, as they stood when it began, and
// stops where it is told to.
func TestWalk(t *testing.T) {
	w := newWorld(t)
	ctx, claire := t.Context(), person("creteil", "claire")
	w.fill(t, w.open(t, "creteil", tickets.Card{}), 1100)
	q := tickets.Query{Scope: tickets.ScopeMine, Sort: tickets.SortNumber, Limit: 5000}
	var seen []int
	slicesSeen := 0
	more, err := w.Walk(ctx, claire, q, func(cases []tickets.Case) error {
		if slicesSeen++; slicesSeen == 1 { // a change on the way is not in it
			w.open(t, "creteil", tickets.Card{Summary: "après"})
			must(t)(nil, w.exec(t, `UPDATE tickets SET day = '990101' WHERE rank = 900`))
		}
		for _, c := range cases {
			seen = append(seen, c.Number.Rank)
			if c.Who(c.Requester).Login != "claire" {
				t.Fatalf("%s: requester %+v", c.Number, c.Who(c.Requester))
			}
		}
		return nil
	})
	if err != nil || more || len(seen) != 1101 || !slices.IsSorted(seen) || slicesSeen < 3 {
		t.Errorf("%d tickets in %d slices, more %v, sorted %v, %v", len(seen), slicesSeen, more, slices.IsSorted(seen), err)
	}
	for limit, want := range map[int]bool{1: true, 500: true, 501: true, 1000: true, 1101: true, 1102: false} {
		q.Limit = limit
		n := 0
		more, err := w.Walk(ctx, claire, q, func(cases []tickets.Case) error { n += len(cases); return nil })
		if err != nil || more != want || n != limit {
			t.Errorf("at most %d: %d, more %v, %v", limit, n, more, err)
		}
	}
	enough := errors.New("the reader left")
	if _, err := w.Walk(ctx, claire, q, func([]tickets.Case) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("an error on the way: %v", err)
	}
	if n := w.Pool().Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections are still held", n)
	}
}
