package web_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"cecoia.example/tickets"
	"cecoia.example/web"
)

// screenshots is the folder that the gallery is written to; none when "".
var screenshots = flag.String("screenshots", "", "write a picture of each page, in each look, to this folder")

// exhibit is one page in one state.
type exhibit struct {
	name string
	as   string // a login of Créteil, "" for a stranger
	path string
	// then brings the page to its state, from path; nil when it is there at once.
	then func(*chromium)
	// patterns are those of the routes that it shows beyond the one of path.
	patterns []string
}

// TestEveryPage looks at every page and state in light and dark, wide and
// narrow: no violation of axe-core's rules, best practices included, nothing
// wider than a telephone, at most three requests and 60 kB, no shift of layout.
// With -screenshots it keeps a picture of each.
func TestEveryPage(t *testing.T) {
	p := newPortal(t)
	shown := gallery(t, p)
	c := openChromium(t, p)
	visitors := map[string]*browser{"": p.browser(t)}
	seen := map[string]bool{}
	for _, e := range shown {
		if visitors[e.as] == nil {
			visitors[e.as] = p.as(t, person("creteil", e.as))
		}
		for _, pattern := range append(e.patterns, routeOf(t, e.path)) {
			seen[pattern] = true
		}
		t.Run(e.name, func(t *testing.T) {
			c := &chromium{t: t, portal: p, ctx: c.ctx}
			c.become(visitors[e.as])
			for i, l := range looks {
				c.look(l)
				if i == 0 {
					c.open(e.path)
					c.light(e.name)
					if e.then != nil {
						e.then(c)
					}
				}
				wrong, undecided := c.violations()
				for _, v := range wrong {
					t.Errorf("%s: %s", l.name, v)
				}
				for _, v := range undecided {
					if !reviewed(v) {
						t.Errorf("%s, to be looked at: %s", l.name, v)
					}
				}
				if over := ask[int](c, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
					t.Errorf("%s: %d px wider than the window", l.name, over)
				}
				c.keep(e.name + "-" + l.name)
			}
		})
	}
	for _, rt := range web.RoutesForTest() {
		if rt.Method == http.MethodGet && !rt.Assets && !seen[rt.Pattern] && !notPages[rt.Pattern] {
			t.Errorf("no exhibit shows %s", rt.Pattern)
		}
	}
}

// notPages are the routes that lead elsewhere or give a file.
var notPages = map[string]bool{
	"/incidents/nouveau": true, "/services/nouveau": true, "/documents/{id}": true,
}

// routeOf returns the pattern of the route that serves a path.
func routeOf(t *testing.T, path string) string {
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	best := ""
	segment := regexp.MustCompile(`\\\{[a-z]+\\\}`)
	for _, rt := range web.RoutesForTest() {
		pattern := segment.ReplaceAllString(regexp.QuoteMeta(strings.TrimSuffix(rt.Pattern, "{$}")), "[^/]+")
		if rt.Method == http.MethodGet && regexp.MustCompile("^"+pattern+"$").MatchString(path) &&
			(best == "" || strings.Count(rt.Pattern, "{") < strings.Count(best, "{")) {
			best = rt.Pattern
		}
	}
	return best
}

// reviewed says whether somebody has looked at what axe-core cannot decide.
func reviewed(string) bool { return false }

// light asserts that the page, loaded with nothing in the cache, is light.
func (c *chromium) light(name string) {
	c.t.Helper()
	load := ask[struct {
		Requests, Bytes int
		Shift           float64
	}](c, `new Promise(done => {
		const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
		let shift = 0;
		new PerformanceObserver(l => l.getEntries().forEach(e => shift += e.value)).observe({ type: "layout-shift", buffered: true });
		requestAnimationFrame(() => requestAnimationFrame(() => done({
			Requests: all.length, Bytes: all.reduce((sum, e) => sum + (e.transferSize || e.encodedBodySize), 0), Shift: shift })));
	})`)
	if load.Requests > 3 || load.Bytes > 60_000 || load.Shift > 0 {
		c.t.Errorf("%s: %d requests, %d bytes, layout shift %v", name, load.Requests, load.Bytes, load.Shift)
	}
}

// keep writes a picture of the whole page, when asked to.
func (c *chromium) keep(name string) {
	c.t.Helper()
	if *screenshots == "" {
		return
	}
	png, err := chromedp.Run(c.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(*screenshots, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o644)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// gallery fills a portal with what a desk sees in a day, and returns every page
// in every state worth a look.
func gallery(t *testing.T, p *portal) []exhibit {
	t.Helper()
	dominique, camille, alix := person("creteil", "dominique"), person("creteil", "camille"), person("creteil", "alix")
	file := func(by tickets.Person, kind tickets.Kind, card tickets.Card) string {
		c := p.open(t, by, kind, card)
		return tickets.TicketPath(c.Academy, c.Number)
	}
	opened := func(by tickets.Person, summary, description string) tickets.Case {
		return p.open(t, by, tickets.Incident, tickets.Card{
			Summary: summary, Description: description, Theme: "messagerie", Phone: "01 99 00 00 01",
			Place: "94/CRETEIL/Bâtiment A", Entity: "0940001R", Availability: "lundi et mardi matin",
		})
	}
	at := func(c tickets.Case) string { return tickets.TicketPath(c.Academy, c.Number) }

	fresh := opened(dominique, "", "Service des examens, bureau 12 : la messagerie refuse mon mot de passe depuis ce matin, même après redémarrage.")
	asked := opened(dominique, "Vidéoprojecteur", "Salle 12 : le vidéoprojecteur s’éteint au bout de cinq minutes.")
	p.do(t, alix, asked, tickets.ActionAsk, "Quel est le numéro d’inventaire du vidéoprojecteur ?")
	resolved := opened(dominique, "Boîte pleine", "Je ne reçois plus de messages.")
	p.do(t, alix, resolved, tickets.ActionTake, "")
	p.do(t, alix, resolved, tickets.ActionNote, "Quota dépassé depuis hier.")
	p.do(t, alix, resolved, tickets.ActionResolve, "La boîte était pleine : son quota est porté à 5 Go.")
	closed := opened(dominique, "Imprimante", "L’imprimante du secrétariat n’imprime plus.")
	p.do(t, dominique, closed, tickets.ActionWithdraw, "Câble débranché par erreur.")
	for i := range 22 {
		file(dominique, tickets.Service, tickets.Card{Description: fmt.Sprintf("Accès à l’application de gestion n° %d pour une nouvelle collègue", i+1), Urgency: tickets.High})
	}
	file(camille, tickets.Incident, tickets.Card{Description: "Un dossier personnel", Private: true, Urgency: tickets.Critical})

	form := p.as(t, dominique).get("/incidents/nouveau").path
	return []exhibit{
		{name: "signin", path: "/connexion?suite=%2Fvalidations"},
		{name: "signin-refused", path: "/connexion", then: func(c *chromium) {
			c.do("wrong password", chromedp.SendKeys("#identifier", "personne@creteil.example"), chromedp.SendKeys("#password", "non"))
			c.submit("#signin button[type=submit], #signin button.main")
		}},
		{name: "home", as: "dominique", path: "/"},
		{name: "home-desk", as: "alix", path: "/"},
		{name: "form-place", as: "dominique", path: form},
		{name: "form-request", as: "dominique", path: form + "/demande"},
		{name: "form-request-refused", as: "dominique", path: form + "/demande", then: func(c *chromium) { c.submit("button[value=continue]") }},
		{name: "form-details", as: "dominique", path: form + "/complement"},
		{name: "form-check", as: "dominique", path: form + "/verification"},
		{name: "form-cancel", as: "dominique", path: form + "/annulation"},
		{name: "confirmation", as: "dominique", path: at(fresh) + "/confirmation"},
		{name: "list-incidents", as: "dominique", path: "/incidents"},
		{name: "list-services", as: "dominique", path: "/services"},
		{name: "list-none", as: "camille", path: "/services?etat=clotures"},
		{name: "list-desk", as: "alix", path: "/incidents?portee=bureau&etat=tous"},
		{name: "validations", as: "dominique", path: "/validations"},
		{name: "ticket-new", as: "dominique", path: at(fresh)},
		{name: "ticket-asked", as: "dominique", path: at(asked)},
		{name: "ticket-resolved", as: "dominique", path: at(resolved)},
		{name: "ticket-closed", as: "dominique", path: at(closed)},
		{name: "ticket-desk", as: "alix", path: at(fresh)},
		{name: "ticket-desk-resolved", as: "alix", path: at(resolved)},
		{name: "update", as: "dominique", path: at(asked) + "/mise-a-jour"},
		{name: "validation", as: "dominique", path: at(resolved) + "/validation"},
		{name: "withdrawal", as: "dominique", path: at(fresh) + "/cloture"},
		{name: "help", as: "dominique", path: "/aide"},
		{name: "help-stranger", path: "/aide"},
		{name: "accessibility", path: "/accessibilite"},
		{name: "privacy", path: "/donnees-personnelles"},
		{name: "error-404", as: "dominique", path: "/demandes/creteil/I261121_999"},
		{name: "error-404-stranger", path: "/nulle-part"},
	}
}
