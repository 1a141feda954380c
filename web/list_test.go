package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
)

// numbers are the ranks of the tickets that a list shows, in its order.
func numbers(pg *page) string {
	var out []string
	for _, n := range pg.all("td.t-number") {
		_, rank, _ := strings.Cut(words(n), "_")
		out = append(out, strings.TrimLeft(rank, "0"))
	}
	return strings.Join(out, " ")
}

// filed is a portal with seven incidents of one day, an hour apart, and a service
// request: who filed them and for whom, what became of them.
func filed(t *testing.T) (*portal, []tickets.Case) {
	t.Helper()
	p := newPortal(t)
	dominique, camille, alix, robin := person("creteil", "dominique"), person("creteil", "camille"), person("creteil", "alix"), person("creteil", "robin")
	var all []tickets.Case
	add := func(by tickets.Person, card tickets.Card) {
		all = append(all, p.open(t, by, tickets.Incident, card))
		p.pass(time.Hour)
	}
	add(dominique, tickets.Card{Description: "Écran noir", Theme: "poste", Urgency: tickets.High, Entity: "0940001R"})
	add(dominique, tickets.Card{Description: "Messagerie pleine", Theme: "messagerie", Urgency: tickets.Critical})
	add(dominique, tickets.Card{Description: "Clavier", Summary: "Clavier à changer", Entity: "EN/RECTORAT"})
	add(camille, tickets.Card{Description: "Tableau muet", Beneficiary: dominique.ID, Theme: "poste"})
	add(camille, tickets.Card{Description: "Dossier médical", Private: true})
	add(dominique, tickets.Card{Description: "Imprimante", Theme: "poste", Beneficiary: camille.ID})
	add(alix, tickets.Card{Description: "Mon poste d’agent", Theme: "poste"})
	p.open(t, dominique, tickets.Service, tickets.Card{Description: "Une clé"})
	p.do(t, alix, all[0], tickets.ActionTake, "")
	p.do(t, alix, all[1], tickets.ActionResolve, "Vidée")
	p.do(t, dominique, all[2], tickets.ActionWithdraw, "Trouvé")
	if _, err := p.desk.Do(t.Context(), caller(alix), all[5].Number.Ref(), tickets.ActionAssign, tickets.Input{Group: "reseau"}); err != nil {
		t.Fatal(err)
	}
	p.do(t, robin, all[5], tickets.ActionTake, "")
	due := func(c tickets.Case, at time.Time) {
		if _, err := p.db.Pool().Exec(t.Context(), `UPDATE tickets SET due_at = $1 WHERE academy = 'creteil' AND id = $2`, at, c.ID); err != nil {
			t.Fatal(err)
		}
	}
	due(all[0], noon.Add(2*time.Hour))
	due(all[1], noon.Add(time.Hour)) // resolved: late no more
	due(all[3], noon.Add(72*time.Hour))
	return p, all
}

func TestAListIsNarrowedDown(t *testing.T) {
	p, _ := filed(t)
	visitors := map[string]*browser{}
	for _, login := range []string{"dominique", "camille", "alix", "robin"} {
		visitors[login] = p.as(t, person("creteil", login))
	}
	for _, x := range []struct{ who, query, want string }{
		{"dominique", "", "6 4 2 1"},
		{"dominique", "etat=tous", "6 4 3 2 1"},
		{"dominique", "etat=a-valider", "2"},
		{"dominique", "etat=clotures", "3"},
		{"dominique", "etat=en-retard", "1"},
		{"dominique", "portee=deposees", "6 2 1"},
		{"dominique", "portee=beneficiaire", "4 2 1"},
		{"camille", "", "6 5 4"},
		{"camille", "portee=beneficiaire", "6 5"},
		{"dominique", "portee=bureau", "6 4 2 1"}, // the desk's alone
		{"dominique", "portee=equipe&etat=tous", "6 4 3 2 1"},
		{"dominique", "portee=libres", "6 4 2 1"},
		{"alix", "", "7 5 4 2 1"}, // what the team has to do
		{"robin", "", "6"},
		{"alix", "portee=mes", "7"},
		{"alix", "etat=ouverts", "7"},
		{"alix", "portee=bureau", "7 6 5 4 2 1"},
		{"robin", "portee=bureau", "7 6 4 2 1"}, // not what is private to another team
		{"alix", "portee=equipe", "7 5 4 2 1"},
		{"robin", "portee=equipe", "6"},
		{"alix", "portee=prises", "2 1"},
		{"robin", "portee=prises", "6"},
		{"alix", "portee=libres", "7 5 4"},
		{"robin", "portee=libres", "7 4"},
		{"alix", "portee=bureau&theme=poste", "7 6 4 1"},
		{"alix", "portee=bureau&theme=-", "5"},
		{"alix", "portee=bureau&texte=ecran", "1"},
		{"alix", "portee=bureau&texte=MESSAGERIE+pleine", "2"},
		{"alix", "portee=bureau&texte=pleine+ecran", ""},
		{"dominique", "etat=tous&texte=clavier", "3"},
		{"alix", "portee=bureau&texte=I261121_004", "4"},
		{"alix", "portee=bureau&texte=1261121_004", "4"},
		{"alix", "portee=bureau&texte=medical", "5"},
		{"robin", "portee=bureau&texte=medical", ""},
		{"robin", "portee=bureau&texte=I261121_005", ""},
		{"dominique", "texte=medical", ""},
		{"dominique", "texte=%25", ""},
		{"dominique", "du=2026-11-21&au=2026-11-21", "6 4 2 1"},
		{"dominique", "du=2026-11-22", ""},
		{"dominique", "du=21/11/2026&au=21/11/2026", "6 4 2 1"},
		{"dominique", "du=22/11/2026", ""},
		{"dominique", "au=2026-11-20", ""},
		{"dominique", "etat=zut&portee=zut&tri=zut", "6 4 2 1"},
	} {
		pg := visitors[x.who].get("/incidents?" + x.query)
		if got := numbers(pg.want(http.StatusOK, "")); got != x.want {
			t.Errorf("%s, %s: %q, want %q", x.who, x.query, got, x.want)
		}
		if x.want == "" && !pg.has(".empty") {
			t.Errorf("%s, %s: nothing says that the list is empty", x.who, x.query)
		}
	}
	if got := numbers(visitors["dominique"].get("/services")); got != "8" {
		t.Errorf("services: %s", got)
	}
	pg := visitors["alix"].get("/incidents?portee=bureau&etat=tous&theme=poste&texte=ecran&du=2026-11-01&au=2026-11-30")
	if pg.value("texte") != "ecran" || pg.value("du") != "2026-11-01" || pg.value("au") != "2026-11-30" || pg.value("etat") != "tous" || !pg.has("details[open]") {
		t.Error("the filter does not show what it filters by")
	}
	for _, n := range pg.all("option") {
		if _, on := attr(n, "selected"); on && !slices.Contains([]string{"Toute l’académie", "Poste de travail", "Les plus récentes d’abord"}, words(n)) {
			t.Errorf("selected: %s", words(n))
		}
	}
}

// The last minute of a day is of it, the first of the next is not: by the clock
// of the academy.
func TestAPeriodIsWholeDaysOfTheAcademy(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	p.pass(11*time.Hour + 59*time.Minute) // 23:59 in Paris
	p.open(t, who, tickets.Incident, tickets.Card{Description: "Tard"})
	p.pass(2 * time.Minute)
	p.open(t, who, tickets.Incident, tickets.Card{Description: "Tôt"})
	b := p.as(t, who)
	for query, want := range map[string]string{
		"au=2026-11-21": "Tard", "du=2026-11-22": "Tôt", "du=2026-11-22&au=2026-11-22": "Tôt",
	} {
		pg := b.get("/incidents?" + query)
		if got := pg.all("td.t-text"); len(got) != 1 || words(got[0]) != want {
			t.Errorf("%s: %d rows, want %s", query, len(got), want)
		}
	}
}

func TestAListIsSortedByEachColumn(t *testing.T) {
	p, _ := filed(t)
	b := p.as(t, person("creteil", "alix"))
	const all = "/incidents?etat=tous&portee=bureau"
	for _, x := range []struct{ order, sorted, want string }{
		{"", "descending", "7 6 5 4 3 2 1"},
		{"-emise", "ascending", "1 2 3 4 5 6 7"},
		{"numero", "descending", "7 6 5 4 3 2 1"},
		{"-numero", "ascending", "1 2 3 4 5 6 7"},
		{"description", "ascending", "3 5 1 6 2 7 4"}, // É is an E
		{"-description", "descending", "4 7 2 6 1 5 3"},
		{"fin", "ascending", "2 1 4 7 6 5 3"},
		{"-fin", "descending", "4 1 2 7 6 5 3"}, // those without a date stay last
		{"urgence", "ascending", "2 1 7 6 5 4 3"},
		{"-urgence", "descending", "7 6 5 4 3 1 2"},
		{"statut", "ascending", "7 5 4 6 1 2 3"},
		{"-statut", "descending", "3 2 6 1 7 5 4"},
		{"entite", "ascending", "6 4 1 3 7 5 2"}, // what is for another has their entity
		{"auteur", "ascending", "7 5 4 6 3 2 1"},
		{"-auteur", "descending", "6 3 2 1 5 4 7"},
	} {
		pg := b.get(all + "&tri=" + x.order)
		if got := numbers(pg); got != x.want {
			t.Errorf("tri=%s: %s, want %s", x.order, got, x.want)
		}
		var sorted []string
		for _, n := range pg.all("th[aria-sort]") {
			way, _ := attr(n, "aria-sort")
			sorted = append(sorted, way)
		}
		if !slices.Equal(sorted, []string{x.sorted}) {
			t.Errorf("tri=%s: aria-sort %v, want %s", x.order, sorted, x.sorted)
		}
	}
	// A click on a title sorts by it, a second turns it round.
	pg := b.get(all)
	for _, want := range []string{"2 1 7 6 5 4 3", "7 6 5 4 3 1 2", "2 1 7 6 5 4 3"} {
		var href string
		for _, n := range pg.all("th") {
			if words(n) == "Urgence" {
				for a := range n.Descendants() {
					if a.Data == "a" {
						href, _ = attr(a, "href")
					}
				}
			}
		}
		if pg = b.get(href); numbers(pg) != want {
			t.Errorf("%s: %s, want %s", href, numbers(pg), want)
		}
	}
}

func TestAListSaysWhatItsTicketsAre(t *testing.T) {
	p, _ := filed(t)
	pg := p.as(t, person("creteil", "alix")).get("/incidents?portee=bureau&etat=tous&tri=-emise")
	rows := pg.all("tr")[1:]
	for i, want := range [][]string{
		{"Écran noir", "21/11/2026 à 14:00 en retard", "2 - Haute", "En cours pris par Alix Modèle", "0940001R", "Dominique Modèle"},
		{"en pause 1 - Critique", "À valider"}, // resolved: late no more
		{"Clavier à changer", "— non fixée", "Clôturé", "EN/RECTORAT"},
		{"24/11/2026 à 12:00", "Nouveau libre", "Camille Modèle pour Dominique Modèle"},
		{"Privé"},
		{"pris par Robin Modèle"},
	} {
		for _, w := range want {
			if got := words(rows[i]); !strings.Contains(got, w) {
				t.Errorf("row %d: no %q in %s", i+1, w, got)
			}
		}
	}
	pg = p.as(t, person("creteil", "dominique")).get("/incidents")
	if strings.Contains(pg.text("table"), "libre") {
		t.Error("staff read who has taken what")
	}
	english := p.as(t, person("creteil", "dominique"))
	english.headers.Set("Cookie", "lang=en")
	english.post("/preferences", form("lang", "en", "return", "/incidents"))
	pg = english.get("/incidents?portee=deposees")
	for _, want := range []string{"Filed on", "Due by", "not set", "overdue"} {
		if !strings.Contains(pg.text("table"), want) {
			t.Errorf("in English: no %q in %s", want, pg.text("table"))
		}
	}
}

func TestAListHasPages(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	for i := range 45 {
		p.open(t, who, tickets.Incident, tickets.Card{Description: fmt.Sprintf("Panne %d", i), Theme: "poste"})
		p.pass(time.Minute)
	}
	b := p.as(t, who)
	pages := func(pg *page) string {
		var rels []string
		for _, n := range pg.all("a[rel]") {
			rel, _ := attr(n, "rel")
			rels = append(rels, rel)
		}
		return strings.TrimSpace(words(pg.one("nav.pages").FirstChild.NextSibling) + " " + strings.Join(rels, " "))
	}
	const narrowed = "/incidents?theme=poste&texte=panne&tri=-emise&du=2026-11-01"
	follow := func(pg *page, rel string) *page {
		t.Helper()
		href, _ := attr(pg.one("[rel="+rel+"]"), "href")
		return b.get(href)
	}
	pg := b.get(narrowed)
	for _, step := range []struct{ rel, pages, first string }{
		{"", "1 – 20 / 45 next last", "1"},
		{"next", "21 – 40 / 45 first prev next last", "21"},
		{"last", "41 – 45 / 45 first prev", "41"},
		{"prev", "21 – 40 / 45 first prev next last", "21"},
		{"first", "1 – 20 / 45 next last", "1"},
	} {
		if step.rel != "" {
			pg = follow(pg, step.rel)
		}
		if got := pages(pg); got != step.pages {
			t.Errorf("%s: %s, want %s", step.rel, got, step.pages)
		}
		if first, _, _ := strings.Cut(numbers(pg), " "); first != step.first {
			t.Errorf("%s: begins with %s, want %s", step.rel, first, step.first)
		}
		if pg.value("texte") != "panne" || pg.value("du") != "2026-11-01" {
			t.Errorf("%s: the filter is lost: %s", step.rel, pg.path)
		}
	}
	for typed, want := range map[string]string{"999999": "41 – 45", "99999999999999999999": "1 – 20", "-3": "1 – 20", "0": "1 – 20", "zut": "1 – 20", "3": "41 – 45"} {
		if pg := b.get("/incidents?page=" + typed); !strings.HasPrefix(pages(pg), want) {
			t.Errorf("page=%s: %s, want %s", typed, pages(pg), want)
		}
	}
	if pg := b.get("/services?page=9"); pg.path != "/services" || !pg.has(".empty") {
		t.Errorf("the ninth page of nothing: %s", pg.path)
	}
}

func TestAFilterThatCannotBeIsRefused(t *testing.T) {
	p, _ := filed(t)
	b := p.as(t, person("creteil", "dominique"))
	long := strings.Repeat("x", 1_000_000)
	for _, x := range []struct{ name, value, said string }{
		{"du", "hier", "Choisissez un jour"}, {"du", "2026-02-30", "Choisissez un jour"}, {"au", "0000-00-00", "Choisissez un jour"},
		{"au", "99999-01-01", "Choisissez un jour"}, {"du", "9999-12-31", "Choisissez un jour"}, {"du", "0001-01-01", "Choisissez un jour"},
		{"theme", "alchimie", "Choisissez un thème"}, {"theme", "<script>", "Choisissez un thème"},
		{"texte", long, "moins de mots"}, {"texte", strings.Repeat("é", 101), "moins de mots"},
		{"texte", "a\x00b", "contrôle"}, {"texte", "caf\xe9", "illisibles"},
	} {
		pg := b.get("/incidents?" + url.Values{x.name: {x.value}, "etat": {"tous"}}.Encode())
		if pg.status != http.StatusUnprocessableEntity || !strings.Contains(pg.text("#errors"), x.said) || !strings.Contains(pg.text("#"+x.name+"-error"), x.said) ||
			!pg.has("a[href=#"+x.name+"]") || !strings.HasPrefix(pg.text("title"), "Erreur :") {
			t.Errorf("%s=%.20q: %d, %.300s", x.name, x.value, pg.status, pg.text("main"))
			continue
		}
		if pg.has("td.t-number") {
			t.Errorf("%s=%.20q: a list is shown that is not what was asked for", x.name, x.value)
		}
		if got := pg.value(x.name); x.name != "theme" && got != strings.ToValidUTF8(strings.ReplaceAll(x.value, "\x00", "\ufffd"), "\ufffd") {
			t.Errorf("%s=%.20q: %.20q is shown again", x.name, x.value, got)
		}
		if len(pg.raw) > 8<<20 {
			t.Errorf("%s: a page of %d bytes", x.name, len(pg.raw))
		}
	}
	pg := b.get("/incidents?du=2026-11-22&au=2026-11-20")
	if pg.status != http.StatusUnprocessableEntity || !strings.Contains(pg.text("#au-error"), "précède") {
		t.Errorf("a period that ends before it begins: %d", pg.status)
	}
	for _, typed := range []string{`"><script>alert(1)</script>`, "\u202epanne", "zut' OR 777=777 --", "(((", `"jamais fermé`, "panne:*&|!"} {
		pg := b.get("/incidents?texte=" + url.QueryEscape(typed))
		if pg.want(http.StatusOK, "").has("td.t-number") || pg.value("texte") != typed || len(pg.all("script")) != 1 {
			t.Errorf("%q: %s", typed, numbers(pg))
		}
	}
	if strings.Contains(p.log.String(), "level=ERROR") {
		t.Errorf("the log has errors:\n%s", p.log)
	}
}
