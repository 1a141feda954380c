package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
)

// total is how many tickets the list at that address has.
func total(t *testing.T, b *browser, path string) string {
	t.Helper()
	pg := b.get(path).want(http.StatusOK, "")
	if !pg.has("nav.pages") {
		return "0"
	}
	_, n, _ := strings.Cut(words(pg.one("nav.pages")), "/ ")
	n, _, _ = strings.Cut(n, " ")
	return n
}

// Each figure of the first page leads to the list of what it counts.
func TestEachFigureIsTheTotalOfItsList(t *testing.T) {
	p, _ := filed(t)
	for login, figures := range map[string]map[string]string{
		"dominique": {"count-validations": "1", "count-incidents": "4", "count-services": "1"},
		"camille":   {"count-validations": "0", "count-incidents": "3", "count-services": "0"},
		"alix": {
			"count-incidents": "1", "desk-free-I": "3", "desk-free-S": "1", "desk-mine-I": "2", "desk-mine-S": "0",
			"desk-late-I": "1", "desk-late-S": "0",
		},
		"robin": {"count-incidents": "0", "desk-free-I": "2", "desk-mine-I": "1", "desk-late-I": "1"},
	} {
		b := p.as(t, person("creteil", login))
		pg := b.get("/")
		for id, want := range figures {
			figure := pg.one("#" + id)
			got, _, _ := strings.Cut(words(figure), " ")
			href, linked := attr(figure, "href")
			if !linked {
				href, _ = attr(figure.Parent, "href")
			}
			if got != want || total(t, b, href) != want {
				t.Errorf("%s, %s: %s, and %s at %s; want %s", login, id, got, total(t, b, href), href, want)
			}
		}
		if desk := pg.has("#desk-free-I"); desk != person("creteil", login).Agent() {
			t.Errorf("%s has the desk's figures: %v", login, desk)
		}
	}
}

func TestTheFirstPageBeginsWithWhatWaits(t *testing.T) {
	p := newPortal(t)
	who, alix := person("creteil", "dominique"), person("creteil", "alix")
	for i := range 12 {
		c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne", Summary: "Panne"})
		p.pass(time.Minute)
		if i%2 == 0 {
			p.do(t, alix, c, tickets.ActionAsk, "Laquelle ?")
		} else {
			p.do(t, alix, c, tickets.ActionResolve, "Fait")
		}
	}
	b := p.as(t, who)
	pg := b.get("/")
	if !strings.Contains(pg.text(".lead"), "Bienvenue à l’assistance.") || !pg.has("a[href=/incidents/nouveau]") {
		t.Errorf("no welcome: %s", pg.text(".hero"))
	}
	if !strings.Contains(pg.text("ul.waiting"), "Alix Modèle vous demande des précisions") || !strings.Contains(pg.text("ul.waiting"), "à vous de valider") {
		t.Errorf("what waits: %s", pg.text("ul.waiting"))
	}
	if !strings.Contains(pg.text("main"), "Et 2 autres demandes.") {
		t.Error("nothing says that more waits")
	}
	if len(pg.all("td.t-number")) != 5 || total(t, b, "/incidents?etat=tous") != "12" || !pg.has("a[href=/incidents?etat=tous]") {
		t.Errorf("the latest: %d rows", len(pg.all("td.t-number")))
	}
	if pg := p.as(t, person("creteil", "camille")).get("/"); pg.has("ul.waiting") || !pg.has(".empty") {
		t.Errorf("another's first page: %s", pg.text("main"))
	}
}
