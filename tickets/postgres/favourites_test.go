package postgres_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// labels writes a person's favourites, tickets by summary, searches by label.
func (w *world) labels(t *testing.T, who tickets.Caller) string {
	t.Helper()
	found, err := w.desk().Favourites(t.Context(), who, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range found {
		out = append(out, f.Label+f.Case.Summary)
	}
	return strings.Join(out, ", ")
}

func TestFavourites(t *testing.T) {
	w := newWorld(t)
	ctx, desk := t.Context(), w.desk()
	agathe, claire := by("creteil", "agathe"), by("creteil", "claire")
	one, two := w.open(t, "creteil", tickets.Card{Summary: "un"}), w.open(t, "creteil", tickets.Card{Summary: "deux", Private: true})
	elsewhere := w.open(t, "paris", tickets.Card{Summary: "ailleurs"})
	for range 2 { // to do it again changes nothing
		must(t)(nil, desk.StarTicket(ctx, agathe, one.ID))
		must(t)(nil, desk.StarTicket(ctx, agathe, two.ID))
		must(t)(nil, desk.StarSearch(ctx, agathe, "/recherche?q=toner", "Toners"))
	}
	if got := w.labels(t, agathe); got != "Toners, deux, un" {
		t.Errorf("favourites: %s", got)
	}
	if got := w.labels(t, claire); got != "" {
		t.Errorf("another's favourites: %s", got)
	}
	for what, want := range map[bool]uuid.UUID{true: one.ID, false: elsewhere.ID} {
		if got, err := desk.TicketStarred(ctx, agathe, want); err != nil || got != what {
			t.Errorf("starred %v: %v, %v", want, got, err)
		}
	}
	if got, err := desk.SearchStarred(ctx, agathe, "/recherche?q=toner"); err != nil || !got {
		t.Errorf("the search is starred: %v, %v", got, err)
	}
	if got, err := desk.SearchStarred(ctx, claire, "/recherche?q=toner"); err != nil || got {
		t.Errorf("the search is another's: %v, %v", got, err)
	}

	// What one may not see can be no favourite, and is none once one no longer may.
	for _, id := range []uuid.UUID{elsewhere.ID, uuid.New(), uuid.Nil} {
		code(t, "star "+id.String(), desk.StarTicket(ctx, agathe, id), tickets.NotFound)
	}
	code(t, "another's ticket", desk.StarTicket(ctx, by("creteil", "denis"), one.ID), tickets.NotFound)
	must(t)(nil, w.exec(t, `UPDATE tickets SET group_code = 'network' WHERE id = $1`, two.ID))
	if got := w.labels(t, agathe); got != "Toners, un" {
		t.Errorf("with a ticket gone private: %s", got)
	}

	// Renaming is for one's own searches.
	all, err := desk.Favourites(ctx, agathe, 1)
	if err != nil || len(all) != 1 || all[0].Address != "/recherche?q=toner" {
		t.Fatalf("%+v, %v", all, err)
	}
	must(t)(nil, desk.RenameFavourite(ctx, agathe, all[0].ID, "  Les\ttoners "))
	if got := w.labels(t, agathe); got != "Les toners, un" {
		t.Errorf("renamed: %s", got)
	}
	code(t, "another's", desk.RenameFavourite(ctx, claire, all[0].ID, "x"), tickets.NotFound)
	code(t, "another academy's", desk.RenameFavourite(ctx, by("paris", "agathe"), all[0].ID, "x"), tickets.NotFound)
	for _, label := range []string{"", " \n ", "a\x00", "caf\xe9", strings.Repeat("é", 201), strings.Repeat("x", 1_000_000)} {
		code(t, "label", desk.RenameFavourite(ctx, agathe, all[0].ID, label), tickets.Invalid)
	}
	for _, address := range []string{"", "recherche", "//ailleurs.example", "https://ailleurs.example", "/" + strings.Repeat("x", 1000)} {
		code(t, "address "+address[:min(len(address), 20)], desk.StarSearch(ctx, agathe, address, "x"), tickets.Invalid)
	}

	for range 2 {
		must(t)(nil, desk.UnstarSearch(ctx, agathe, "/recherche?q=toner"))
		must(t)(nil, desk.UnstarTicket(ctx, agathe, one.ID))
		must(t)(nil, desk.UnstarTicket(ctx, claire, two.ID)) // not hers
	}
	if n := count(t, w, `SELECT count(*) FROM favourites`); n != 1 {
		t.Errorf("%d favourites are left", n)
	}
}

// A person has a hundred favourites at most, however fast they click.
func TestFavouritesAreBounded(t *testing.T) {
	w := newWorld(t)
	desk, agathe := w.desk(), by("creteil", "agathe")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 30 {
				err := desk.StarSearch(t.Context(), agathe, fmt.Sprintf("/recherche?q=%d-%d", i, j), "x")
				if err != nil && tickets.CodeOf(err) != tickets.Invalid {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := count(t, w, `SELECT count(*) FROM favourites`); n != tickets.MaxFavourites {
		t.Errorf("%d favourites", n)
	}
	one := w.open(t, "creteil", tickets.Card{})
	code(t, "one more", desk.StarTicket(t.Context(), agathe, one.ID), tickets.Invalid)
	must(t)(nil, desk.StarSearch(t.Context(), agathe, w.anAddress(t), "x")) // there already
	must(t)(nil, desk.StarTicket(t.Context(), by("creteil", "sylvie"), one.ID))
}

func (w *world) anAddress(t *testing.T) (address string) {
	t.Helper()
	if err := w.Pool().QueryRow(t.Context(), `SELECT address FROM favourites LIMIT 1`).Scan(&address); err != nil {
		t.Fatal(err)
	}
	return address
}
