package postgres_test

import (
	"testing"

	"cecoia.example/tickets"
)

// A list is counted so far and no further, and still read to its end.
func TestListsAreCountedToABound(t *testing.T) {
	w := newWorld(t)
	w.open(t, "creteil", tickets.Card{Description: "Le premier."})
	w.crowd(t, 3*tickets.MaxCounted-1)
	agathe, zoe := person("creteil", "agathe"), person("creteil", "zoe")
	for _, test := range []struct {
		name   string
		viewer tickets.Person
		q      tickets.Query
		shown  int
		total  int
		more   bool
	}{
		{"all", agathe, tickets.Query{Scope: tickets.ScopeDesk}, 20, tickets.MaxCounted, true},
		{"beyond the bound", agathe, tickets.Query{Scope: tickets.ScopeDesk, Offset: 2000}, 20, 2020, true},
		{"the last page", agathe, tickets.Query{Scope: tickets.ScopeDesk, Offset: 2990}, 10, 3000, false},
		{"past it", agathe, tickets.Query{Scope: tickets.ScopeDesk, Offset: 5000}, 0, 3000, false},
		{"common words", agathe, tickets.Query{Scope: tickets.ScopeDesk, Text: "commun"}, 20, tickets.MaxCounted, true},
		{"more common ones", agathe, tickets.Query{Scope: tickets.ScopeDesk, Text: "quelques"}, 20, tickets.MaxCounted, true},
		{"more common ones, among the open", agathe, tickets.Query{Scope: tickets.ScopeDesk, Text: "quelques", Statuses: []tickets.Status{tickets.StatusNew}}, 20, tickets.MaxCounted, true},
		{"rare words", agathe, tickets.Query{Scope: tickets.ScopeDesk, Text: "rare", Oldest: true}, 20, 29, false},
		{"words of nobody else's", zoe, tickets.Query{Scope: tickets.ScopeMine, Text: "quelques"}, 0, 0, false},
	} {
		page, err := w.List(t.Context(), test.viewer, test.q)
		if err != nil || len(page.Cases) != test.shown || page.Total != test.total || page.More != test.more {
			t.Errorf("%s: %d of %d, more %v, %v; want %+v", test.name, len(page.Cases), page.Total, page.More, err, test)
		}
		counted, err := w.Count(t.Context(), test.viewer, test.q)
		if want := min(test.total, tickets.MaxCounted); err != nil || min(counted[0], tickets.MaxCounted) != want || test.more && counted[0] != tickets.MaxCounted+1 {
			t.Errorf("%s: counted %v, %v", test.name, counted, err)
		}
	}
}
