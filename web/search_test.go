package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cecoia.example/tickets"
)

// look searches for words, with more parameters if any.
func (b *browser) look(q string, more ...string) *page {
	b.t.Helper()
	address := form(append([]string{"q", q}, more...)...)
	return b.get("/recherche?" + address.Encode())
}

// typed is what the field of the search holds.
func (p *page) typed() string {
	p.t.Helper()
	value, _ := attr(p.one("#q"), "value")
	return value
}

func TestTheSearchMarksWhatItFinds(t *testing.T) {
	p := newPortal(t)
	who, alix := person("creteil", "dominique"), person("creteil", "alix")
	c := p.open(t, who, tickets.Incident, tickets.Card{Summary: "Imprimante <b>muette</b>", Description: "L’imprimante du secrétariat est bloquée."})
	p.open(t, who, tickets.Service, tickets.Card{Description: "Un vidéoprojecteur pour la salle 12, <script>alert(1)</script> & câbles."})
	p.do(t, alix, c, tickets.ActionNote, "Le fusible a sauté.")
	p.do(t, alix, c, tickets.ActionResolve, "Tambour remplacé.")
	b, agent := p.as(t, who), p.as(t, alix)

	pg := b.get("/recherche").want(http.StatusOK, "/recherche")
	if pg.has("mark") || pg.has("#found") || pg.star() != "" {
		t.Errorf("before anything is asked: %s", pg.text("main"))
	}
	pg = b.look("imprimantes bloqué")
	if pg.text("#found") != "1 demande trouvée pour « imprimantes bloqué »" || len(pg.all("mark")) != 2 || !strings.Contains(pg.text("main"), "Description :") {
		t.Errorf("found: %s", pg.text("main"))
	}
	if !strings.HasPrefix(pg.text("title"), "imprimantes bloqué – Recherche") || pg.typed() != "imprimantes bloqué" {
		t.Errorf("title %q", pg.text("title"))
	}
	if pg := b.look("imprim"); pg.text("mark") != "Imprimante" || !strings.Contains(pg.text("h3"), "<b>muette</b>") || pg.has("b") {
		t.Errorf("in the title: %s", pg.text("main"))
	}
	if pg := b.look("cables"); len(pg.all("script")) != 1 || pg.text("mark") != "câbles" || !strings.Contains(pg.text("main"), "<script>alert(1)</script>") {
		t.Errorf("not escaped: %s", pg.text("main"))
	}
	if pg := b.look("tambour"); !strings.Contains(pg.text("main"), "Solution du") {
		t.Errorf("the solution: %s", pg.text("main"))
	}
	if pg := agent.look("fusible"); !strings.Contains(pg.text("main"), "Note interne du") || pg.text("mark") != "fusible" {
		t.Errorf("the desk does not find its note: %s", pg.text("main"))
	}
	for _, stranger := range []*browser{b, p.as(t, person("creteil", "camille")), p.as(t, person("paris", "alix"))} {
		if pg := stranger.look("fusible"); pg.text("#found") != "0 demande trouvée pour « fusible »" || pg.has("mark") {
			t.Errorf("a note is found: %s", pg.text("main"))
		}
	}

	// Filters.
	for _, x := range []struct {
		more []string
		want string
	}{
		{[]string{"type", "services"}, "0"}, {[]string{"type", "incidents"}, "1"}, {[]string{"etat", "ouverts"}, "1"},
		{[]string{"etat", "clotures"}, "0"}, {[]string{"portee", "mes"}, "1"}, {[]string{"type", "<b>", "etat", "\x00", "page", "-1"}, "1"},
	} {
		if pg := b.look("imprimante", x.more...); !strings.HasPrefix(pg.text("#found"), x.want+" ") {
			t.Errorf("%q: %s", x.more, pg.text("#found"))
		}
	}
	if pg := agent.look("imprimante", "portee", "mes"); !strings.HasPrefix(pg.text("#found"), "0 ") || !strings.Contains(pg.text("main"), "moins de filtres") {
		t.Errorf("the agent's own: %s", pg.text("main"))
	}
	if b.get("/recherche").has("[name=portee]") || !agent.get("/recherche").has("[name=portee]") {
		t.Error("the scope is for the desk, and only for it")
	}
}

func TestANumberSearchedLeadsToItsTicket(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne de la salle 404"})
	private := p.open(t, person("creteil", "camille"), tickets.Incident, tickets.Card{Description: "À moi", Private: true})
	b := p.as(t, who)
	for _, typed := range []string{"1", "#1", "001", "i261121_1", "1261121_001", " I261121_001 "} {
		b.look(typed).want(http.StatusOK, tickets.TicketPath(c.Academy, c.Number))
	}
	for _, typed := range []string{private.Number.String(), "2", "I261121_999"} {
		if pg := b.look(typed); pg.path == tickets.TicketPath(private.Academy, private.Number) || !strings.HasPrefix(pg.text("#found"), "0 ") {
			t.Errorf("%s: at %s, %s", typed, pg.path, pg.text("main"))
		}
	}
	if pg := b.look("404"); pg.text("mark") != "404" { // no ticket's number: a word
		t.Errorf("404: %s", pg.text("main"))
	}
	if pg := b.look(`"1"`); !strings.HasPrefix(pg.text("#found"), "0 ") {
		t.Errorf("between quotes: %s", pg.text("main"))
	}
}

func TestTheSearchTurnsPages(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	for i := range 23 {
		p.open(t, who, tickets.Incident, tickets.Card{Description: fmt.Sprint("Une souris, numéro ", i)})
	}
	b := p.as(t, who)
	pg := b.look("souris")
	if n := len(pg.all("h3")); n != 20 || !strings.Contains(pg.text(".pages"), "1 – 20 / 23") {
		t.Errorf("%d hits, %s", n, pg.text(".pages"))
	}
	next, _ := attr(pg.one("[rel=next]"), "href")
	if pg := b.get(next); len(pg.all("h3")) != 3 || pg.has("[rel=next]") {
		t.Errorf("the second page: %s", pg.text("main"))
	}
	b.look("souris", "page", "99").want(http.StatusOK, "/recherche?page=2&q=souris")
}

func TestTheSearchSurvivesAnything(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	b := p.as(t, who)
	for _, q := range []string{
		"'", `"`, `""`, "%", "_", `\`, "&", "|", "!", "<->", ":*", "()", "-", "--", "-panne", "le la", "ou", "or", "a", "\u202e", "a\x00b", "caf\xe9",
		strings.Repeat("x", 201), strings.Repeat("é ", 20_000),
	} {
		pg := b.look(q)
		if pg.want(http.StatusUnprocessableEntity, ""); !pg.has("#q-error") || !pg.has("a[href=#q]") || !strings.HasPrefix(pg.text("title"), "Erreur :") {
			t.Errorf("%.20q: %s", q, pg.text("main"))
		}
	}
	for _, q := range []string{
		"<script>alert(1)</script>", "'; DROP TABLE tickets; --", `"><img src=x>`, "panne & ! | (", "\u202eennap", "panne\u0007"[:5], `pa%n_e`, "🙂 panne",
		"ⓟⓐⓝⓝⓔ", "-a -b panne", `"panne`, `panne"`, strings.Repeat("panne ou ", 20) + "x", "ŉŉŉŉ",
	} {
		pg := b.look(q)
		if pg.status != http.StatusOK || pg.has("img") || len(pg.all("script")) != 1 || pg.typed() != q {
			t.Errorf("%q: %d, %s", q, pg.status, pg.text("main"))
		}
	}
	if res := b.get("/recherche?q=" + url.QueryEscape(strings.Repeat("mot ", 60_000))); res.status != http.StatusUnprocessableEntity {
		t.Errorf("a long query: %d", res.status)
	}
	if strings.Contains(p.log.String(), "level=ERROR") {
		t.Errorf("failures:\n%s", p.log)
	}
}

func TestArticlesAreFoundToo(t *testing.T) {
	p := newPortal(t)
	alix := person("creteil", "alix")
	id := tickets.NewArticleID()
	a, err := p.desk.WriteArticle(t.Context(), caller(alix), tickets.ArticleEdit{ID: id, Submit: true, Text: tickets.ArticleText{
		Theme: "poste", Lang: tickets.French, Audience: tickets.ForEveryone,
		Title: "Débloquer une imprimante", Summary: "Ce qui aide", Body: "Éteindre l’imprimante et la rallumer.",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.desk.DoArticle(t.Context(), caller(person("creteil", "robin")), a.Number, tickets.ArticlePublish, 1, ""); err != nil {
		t.Fatal(err)
	}
	b := p.as(t, person("creteil", "dominique"))
	if pg := b.look("imprimantes"); !strings.Contains(pg.text("main"), "Base de connaissance Débloquer une imprimante") {
		t.Errorf("the article is not there: %s", pg.text("main"))
	}
	if pg := p.as(t, person("paris", "dominique")).look("imprimantes"); strings.Contains(pg.text("main"), "Débloquer") {
		t.Error("another academy's article")
	}
}

func TestEachSignedInPageHasTheSearchBox(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	for _, path := range []string{"/", "/incidents", "/recherche", "/aide", "/favoris", "/nulle-part"} {
		pg := b.get(path)
		box := pg.one("#find")
		if name, _ := attr(box, "name"); name != "q" || len(pg.all("[action=/recherche]")) < 1 {
			t.Errorf("%s: no search box", path)
		}
	}
	if p.browser(t).get("/connexion").has("#find") {
		t.Error("a stranger can search nothing")
	}
	var menu []string
	for _, n := range b.get("/").all("a") {
		if parent := n.Parent.Parent.Parent; parent != nil && parent.Data == "nav" {
			menu = append(menu, words(n))
		}
	}
	want := "Accueil, Nouvel incident, Suivi des incidents, Nouvelle demande de service, Suivi des demandes de service, Validations, Base de connaissance, Recherche, Mes favoris, Aide"
	if got := strings.Join(menu, ", "); got != want {
		t.Errorf("the menu: %s", got)
	}
}
