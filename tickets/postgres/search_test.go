package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// ask searches as the person of that login, and returns the summaries found.
func (w *world) ask(t *testing.T, login, text string) []string {
	t.Helper()
	page, err := w.desk().Search(t.Context(), by("creteil", login), tickets.SearchQuery{Text: text})
	if err != nil {
		t.Fatalf("%s searches %q: %v", login, text, err)
	}
	if page.Total != len(page.Hits) || page.More {
		t.Errorf("%s searches %q: %d hits of %d, more %v", login, text, len(page.Hits), page.Total, page.More)
	}
	var out []string
	for _, h := range page.Hits {
		out = append(out, h.Summary)
	}
	return out
}

// excerpt writes a hit's excerpt with its marks in brackets.
func excerpt(h tickets.Hit) string {
	var b strings.Builder
	for _, p := range h.Excerpt {
		if p.Mark {
			fmt.Fprintf(&b, "[%s]", p.Text)
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestSearchReadsFrench(t *testing.T) {
	w := newWorld(t)
	w.open(t, "creteil", tickets.Card{Summary: "imprimante", Description: "L’imprimante/scanner de l’école est bloquée depuis ce matin."})
	w.open(t, "creteil", tickets.Card{Summary: "compte", Description: "Réinitialisation de mon mot de passe ENT, à l’accueil."})
	w.open(t, "creteil", tickets.Card{
		Summary: "lieu", Description: "Rien.", Place: "94/CRETEIL/Bâtiment Nord", Entity: "EN/RECTORAT DE CRETEIL",
		Equipment: "Vidéoprojecteur", EquipmentInfo: "Marque Modèle Zénith",
	})
	for text, want := range map[string][]string{
		"imprimantes":                   {"imprimante"},
		"IMPRIMANTE":                    {"imprimante"},
		"imprim":                        {"imprimante"}, // the beginning of the last word
		"réini ent":                     nil,            // of the last one alone
		"bloqué":                        {"imprimante"},
		"bloqué ecole":                  {"imprimante"},
		"bloquees ecole":                {"imprimante"},
		"scanner":                       {"imprimante"},
		"l'ecole":                       {"imprimante"},
		"l’éco":                         {"imprimante"},
		"réinit":                        {"compte"},
		"reinitialisat":                 {"compte"},
		"réinitialiser":                 {"compte"},
		`"mot de passe"`:                {"compte"},
		`"passe de mot"`:                nil,
		"mot passe a l'accueil":         {"compte"},
		"compte ou imprimante":          {"compte", "imprimante"},
		"compte OR imprimante":          {"compte", "imprimante"},
		"depuis -imprimante":            nil,
		"passe -imprimante":             {"compte"},
		"passe -ENT":                    nil,
		"batiment nord":                 {"lieu"},
		"rectorat":                      {"lieu"},
		"videoprojecteurs":              {"lieu"},
		"zenith":                        {"lieu"},
		"I261121_002":                   {"compte"},
		"i261121":                       {"compte", "imprimante", "lieu"},
		"introuvable":                   nil,
		`imprimante "`:                  {"imprimante"},
		`"imprimante bloquée`:           nil, // a quotation left open is one
		"imprimante & ! ( | ) : * \\ '": {"imprimante"},
	} {
		got := w.ask(t, "agathe", text)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"", "  ", "le la les", "les", "à la", "à", "a", "-imprimante", "or", "ou", "% _ '", `""`, "!!!", "\u202e", "&&|:*"} {
		_, err := w.desk().Search(t.Context(), by("creteil", "agathe"), tickets.SearchQuery{Text: text})
		code(t, fmt.Sprintf("%q", text), err, tickets.Invalid)
	}
	for _, text := range []string{"a\x00b", "caf\xe9", strings.Repeat("mot ", 250_000), strings.Repeat("é", 201)} {
		_, err := w.desk().Search(t.Context(), by("creteil", "agathe"), tickets.SearchQuery{Text: text})
		code(t, "hostile", err, tickets.Invalid)
	}
	for _, text := range []string{"<script>", "<script>alert(1)</script>", "'; DROP TABLE tickets; --", "\u202eetnamirpmi", "ŉ ŉabc", "x=:*", "=imp:*", strings.Repeat("a ou ", 39) + "b", strings.Repeat("-a ", 60) + "mot", "ﬁchier", "https://ent.example/a?b=c", "x@y.example"} {
		w.ask(t, "agathe", text)
	}
}

// Each text of a ticket is searched, and the hit says which.
// The desk finds a caller's tickets by name; others find nothing by it.
func TestTheDeskFindsACallersTickets(t *testing.T) {
	w := newWorld(t)
	claire := person("creteil", "claire")
	w.open(t, "creteil", tickets.Card{Summary: "Un écran"})
	w.open(t, "creteil", tickets.Card{Summary: "Un clavier", Private: true})
	for who, want := range map[string]int{"agathe": 2, "claire": 0, "denis": 0} {
		page, err := w.desk().Search(t.Context(), by("creteil", who), tickets.SearchQuery{Text: claire.Name(), Scope: tickets.ScopeDesk})
		if err != nil || len(page.Hits) != want {
			t.Errorf("%s finds %d tickets of %s, want %d: %v", who, len(page.Hits), claire.Name(), want, err)
		}
	}
}

func TestSearchSaysWhere(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{
		Summary: "Un résumé améthyste", Description: "Une description : " + strings.Repeat("des mots et des mots, ", 60) + "puis béryl, enfin.",
		Place: "94/CORNALINE", Entity: "EN/DIAMANT", Equipment: "Écran émeraude", EquipmentInfo: "Modèle fluorite",
	})
	agathe, claire := by("creteil", "agathe"), by("creteil", "claire")
	w.do(t, agathe, c, tickets.ActionAsk, "Quel grenat ?")
	w.do(t, claire, c, tickets.ActionComplement, "Le grand jaspe.")
	w.do(t, agathe, c, tickets.ActionNote, "Penser au <b>lapis</b>.")
	w.do(t, agathe, c, tickets.ActionResolve, "Remplacé l’onyx par une opale/perle.")
	for _, x := range []struct {
		text     string
		source   tickets.Source
		action   tickets.Action
		internal bool
		excerpt  string
	}{
		{"amethyste", tickets.InSummary, "", false, "Un résumé [améthyste]"},
		{"beryls", tickets.InDescription, "", false, "des mots, puis [béryl], enfin"},
		{"cornaline", tickets.InPlace, "", false, "94/[CORNALINE]"},
		{"diamants", tickets.InEntity, "", false, "EN/[DIAMANT]"},
		{"éméraude", tickets.InEquipment, "", false, "Écran [émeraude]"},
		{"fluor", tickets.InEquipmentInfo, "", false, "Modèle [fluorite]"},
		{"grenat", tickets.InEvent, tickets.ActionAsk, false, "Quel [grenat]"},
		{"jaspe", tickets.InEvent, tickets.ActionComplement, false, "Le grand [jaspe]"},
		{"lapis", tickets.InEvent, tickets.ActionNote, true, "Penser au <b>[lapis]</b>"},
		{"opales -topaze", tickets.InEvent, tickets.ActionResolve, false, "l’onyx par une [opale]/perle"},
		{"perle amethyste", tickets.InSummary, "", false, "Un résumé [améthyste]"}, // words apart: the best text
		{"I261121_001", "", "", false, ""},
	} {
		page, err := w.desk().Search(t.Context(), agathe, tickets.SearchQuery{Text: x.text})
		if err != nil || len(page.Hits) != 1 {
			t.Fatalf("%q: %+v, %v", x.text, page, err)
		}
		h := page.Hits[0]
		if h.ID != c.ID || h.Source != x.source || h.Action != x.action || h.Internal != x.internal || !strings.Contains(excerpt(h), x.excerpt) {
			t.Errorf("%q is in %s %s %v: %s, want %+v", x.text, h.Source, h.Action, h.Internal, excerpt(h), x)
		}
		if (h.Source == tickets.InEvent) == h.At.IsZero() {
			t.Errorf("%q: at %s", x.text, h.At)
		}
		if n := len(excerpt(h)); n > 600 {
			t.Errorf("%q: an excerpt of %d bytes", x.text, n)
		}
	}
}

// What a person may not see changes neither what they find, nor how many, nor
// the order, nor the marks.
func TestSearchIsBlindToWhatMayNotBeSeen(t *testing.T) {
	w := newWorld(t)
	first := w.open(t, "creteil", tickets.Card{Summary: "premier", Description: "Le cobalt est là."})
	second := w.open(t, "creteil", tickets.Card{Summary: "second", Description: "Le cobalt est ici."})
	private := w.open(t, "creteil", tickets.Card{Summary: "privé", Description: "Cobalt privé.", Private: true})
	must(t)(nil, w.exec(t, `UPDATE tickets SET group_code = 'network' WHERE id = $1`, private.ID))
	w.open(t, "paris", tickets.Card{Summary: "ailleurs", Description: "Cobalt à Paris."})
	before := w.ask(t, "claire", "cobalt")
	agathe := by("creteil", "agathe")
	for range 5 {
		w.do(t, agathe, first, tickets.ActionNote, "Cobalt, cobalt, cobalt et nickel : "+strings.Repeat("cobalt ", 50))
	}
	for login, want := range map[string][]string{
		"claire": before, "agathe": {"premier", "second"}, "reseau": {"premier", "privé", "second"}, "denis": nil,
	} {
		got := w.ask(t, login, "cobalt")
		if login == "agathe" && got[0] != "premier" {
			t.Errorf("the notes do not weigh for the desk: %q", got)
		}
		if login != "claire" {
			slices.Sort(got)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s finds %q, want %q", login, got, want)
		}
	}
	if got := w.ask(t, "claire", "nickel"); got != nil {
		t.Errorf("the requester finds a note: %q", got)
	}
	if got := w.ask(t, "claire", "cobalt -nickel"); !slices.Equal(got, before) {
		t.Errorf("the requester learns of a note by what it leaves out: %q, want %q", got, before)
	}
	if got := w.ask(t, "agathe", "cobalt -nickel"); !slices.Equal(got, []string{"second"}) {
		t.Errorf("the desk leaves out: %q", got)
	}
	page, err := w.desk().Search(t.Context(), by("creteil", "claire"), tickets.SearchQuery{Text: "cobalt", Scope: tickets.ScopeDesk})
	if err != nil || page.Total != 3 {
		t.Fatalf("%+v, %v", page, err)
	}
	for _, h := range page.Hits {
		if h.Source != tickets.InDescription {
			t.Errorf("%s is found in %s %s", h.Summary, h.Source, h.Action)
		}
	}
	// An agent's own, for those of the desk who ask for that.
	page, err = w.desk().Search(t.Context(), agathe, tickets.SearchQuery{Text: "cobalt", Scope: tickets.ScopeMine})
	if err != nil || page.Total != 0 {
		t.Errorf("agathe's own: %+v, %v", page, err)
	}
	_ = second
}

func TestSearchNarrowsAndPages(t *testing.T) {
	w := newWorld(t)
	var opened []tickets.Case
	for i := range 25 {
		opened = append(opened, w.open(t, "creteil", tickets.Card{Summary: fmt.Sprint("n", i), Description: "Le même tungstène."}))
	}
	agathe := by("creteil", "agathe")
	w.do(t, agathe, opened[3], tickets.ActionResolve, "Fait.")
	search := func(q tickets.SearchQuery) tickets.SearchPage {
		t.Helper()
		q.Text = "tungstène"
		page, err := w.desk().Search(t.Context(), agathe, q)
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	first, second := search(tickets.SearchQuery{}), search(tickets.SearchQuery{Offset: 20})
	if first.Total != 25 || len(first.Hits) != 20 || len(second.Hits) != 5 || first.Hits[0].ID != opened[24].ID || second.Hits[4].ID != opened[0].ID {
		t.Errorf("pages of %d and %d of %d, from %s", len(first.Hits), len(second.Hits), first.Total, first.Hits[0].Summary)
	}
	if p := search(tickets.SearchQuery{Offset: 1_000_000}); p.Total != 25 || len(p.Hits) != 0 {
		t.Errorf("beyond the end: %+v", p)
	}
	if p := search(tickets.SearchQuery{Kind: tickets.Service}); p.Total != 0 {
		t.Errorf("%d services", p.Total)
	}
	if p := search(tickets.SearchQuery{Kind: tickets.Incident, Statuses: []tickets.Status{tickets.StatusResolved}}); p.Total != 1 || p.Hits[0].ID != opened[3].ID {
		t.Errorf("resolved: %+v", p)
	}
}

// crowd adds n tickets, of which each second says "commun" and each hundredth
// "rare", through SQL alone.
func (w *world) crowd(t *testing.T, n int) {
	t.Helper()
	must(t)(nil, w.exec(t, `INSERT INTO tickets (academy, id, kind, day, rank, version, beneficiary, phone, other_phone, availability,
			place, entity, equipment, equipment_info, private, urgency, theme, request_type, summary, description, requester, category,
			group_code, status, closure, solution, rating, refusals, status_action, status_at, opened_at)
		SELECT academy, gen_random_uuid(), kind, '200101', 1000 + i, 1, beneficiary, '', '', '', '', '', '', '', false, 3, '', '',
			'foule ' || i, CASE WHEN i % 100 = 0 THEN 'rare' WHEN i % 2 = 0 THEN 'commun' ELSE 'autre' END, requester, '',
			group_code, status, closure, '', 0, 0, 'open', status_at, opened_at - i * interval '1 minute'
		FROM tickets CROSS JOIN generate_series(1, $1::int) AS i WHERE academy = 'creteil' AND rank = 1`, n))
	must(t)(nil, w.exec(t, `INSERT INTO ticket_words (academy, ticket, words, notes)
		SELECT academy, id, words, '' FROM tickets JOIN (SELECT said, search_words(said || ' quelques mots de plus') AS words
			FROM unnest('{rare,commun,autre}'::text[]) AS said) w ON said = description WHERE summary LIKE 'foule %'`))
	must(t)(nil, w.exec(t, `VACUUM ANALYZE`))
}

// The index serves, and a word that half of the tickets have costs no more than
// one that few have.
func TestSearchIsBoundedInALargeRegister(t *testing.T) {
	w := newWorld(t)
	w.open(t, "creteil", tickets.Card{Description: "Le premier."})
	w.crowd(t, 6_000)
	agathe := by("creteil", "agathe")
	sql, args := postgres.SearchForTest(agathe.Person, tickets.SearchQuery{Scope: tickets.ScopeDesk}, "'rar' | 'rare'")
	var plan []string
	rows, err := w.Pool().Query(t.Context(), `EXPLAIN `+sql, args)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, line)
	}
	if text := strings.Join(plan, "\n"); !strings.Contains(text, "ticket_words_search") || strings.Contains(text, "Seq Scan on ticket_words") {
		t.Errorf("the search reads everything:\n%s", text)
	}
	for text, want := range map[string]tickets.SearchPage{
		"rare": {Total: 60}, "commun": {Total: tickets.MaxHits, More: true}, "quelques mots": {Total: tickets.MaxHits, More: true}, "absent": {},
	} {
		began := time.Now()
		page, err := w.desk().Search(t.Context(), agathe, tickets.SearchQuery{Text: text})
		if err != nil || page.Total != want.Total || page.More != want.More {
			t.Errorf("%q: %d, more %v, %v", text, page.Total, page.More, err)
		}
		t.Logf("%q: %d hits in %s", text, page.Total, time.Since(began))
	}
	last, err := w.desk().Search(t.Context(), agathe, tickets.SearchQuery{Text: "commun", Offset: tickets.MaxHits - 5})
	if err != nil || len(last.Hits) != 5 {
		t.Errorf("the last page: %d hits, %v", len(last.Hits), err)
	}
}

// However much was said on a ticket, saying more still works.
func TestAVeryLongStoryIsStillSearched(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{Description: "Le début : vermeil."})
	agathe := by("creteil", "agathe")
	for i := range 12 {
		var text strings.Builder
		for j := 0; text.Len() < 9_900; j++ {
			fmt.Fprintf(&text, "%x-%x ", i*5000+j, 900_000-i*5000-j)
		}
		w.do(t, agathe, c, []tickets.Action{tickets.ActionNote, tickets.ActionInform}[i%2], text.String())
	}
	w.do(t, agathe, c, tickets.ActionInform, "Enfin le platine.")
	for _, text := range []string{"vermeil", "platine"} {
		if got := w.ask(t, "agathe", text); len(got) != 1 {
			t.Errorf("%q finds %d", text, len(got))
		}
	}
}
