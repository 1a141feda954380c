package web_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
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

// rooms are the parts of the gallery. Each has a portal and a window of its own.
var rooms = []struct {
	name string
	hang func(*hall) []exhibit
}{
	{"frame", frameExhibits},
	{"errors", errorExhibits},
	{"form", formExhibits},
	{"lists", listExhibits},
	{"ticket", ticketExhibits},
	{"desk", deskExhibits},
	{"search", searchExhibits},
	{"knowledge", knowledgeExhibits},
	{"supervision", supervisionExhibits},
	{"major", majorExhibits},
}

// hall is the portal of one room, read in one language.
type hall struct {
	*portal
	t        *testing.T
	lang     tickets.Lang
	visitors map[string]*browser
}

// visitor returns the browser of who has that login, "" for a stranger. Each has
// one, so that what a page shows once is shown once.
func (h *hall) visitor(login string) *browser {
	h.t.Helper()
	if h.visitors[login] == nil {
		b := h.browser(h.t)
		if login != "" {
			b = h.as(h.t, person("creteil", login))
		}
		b.post("/preferences", form("lang", string(h.lang), "return", "/aide"))
		h.visitors[login] = b
	}
	return h.visitors[login]
}

// TestEveryPage looks at every page and state in light and dark, wide and
// narrow: no violation of axe-core's rules, best practices included, nothing
// wider than a telephone, at most three requests and 60 kB, no shift of layout.
// In English, where only words are others, each is read once. With -screenshots it keeps a picture of
// each.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]bool{}
	t.Run("rooms", func(t *testing.T) {
		for _, lang := range []tickets.Lang{tickets.French, tickets.English} {
			for _, room := range rooms {
				t.Run(room.name+"-"+string(lang), func(t *testing.T) {
					t.Parallel()
					h := &hall{portal: newDesk(t), t: t, lang: lang, visitors: map[string]*browser{}}
					c := openChromium(t, h.portal)
					for _, e := range room.hang(h) {
						mu.Lock()
						for _, pattern := range append(e.patterns, routeOf(t, e.path)) {
							seen[pattern] = true
						}
						mu.Unlock()
						visitor := h.visitor(e.as)
						t.Run(e.name, func(t *testing.T) {
							c := &chromium{t: t, portal: h.portal, ctx: c.ctx}
							c.become(visitor)
							if lang == tickets.French {
								c.exhibit(e)
							} else {
								c.read(e)
							}
						})
					}
				})
			}
		}
	})
	if t.Failed() || strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		return // not every room was seen
	}
	for _, rt := range web.RoutesForTest() {
		if rt.Method == http.MethodGet && !rt.Assets && !seen[rt.Pattern] && !notPages[rt.Pattern] {
			t.Errorf("no exhibit shows %s", rt.Pattern)
		}
	}
}

// read reads one exhibit: each word is there, and has the room it takes.
func (c *chromium) read(e exhibit) {
	c.t.Helper()
	c.look(looks[0])
	c.open(e.path)
	if e.then != nil {
		e.then(c)
	}
	c.spoken()
	narrow := looks[2]
	c.look(narrow)
	c.hang(e, narrow)
}

// hang asserts that nothing is wider than the window, and keeps the picture.
func (c *chromium) hang(e exhibit, l look) {
	c.t.Helper()
	if over := ask[int](c, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		c.t.Errorf("%s: %d px wider than the window", l.name, over)
	}
	c.keep(e.name + "-" + ask[string](c, `document.documentElement.lang`) + "-" + l.name)
}

// exhibit looks at one exhibit, in each look.
func (c *chromium) exhibit(e exhibit) {
	c.t.Helper()
	shift := 0.0
	for i, l := range looks {
		c.look(l)
		if i == 0 {
			c.open(e.path)
			shift = c.light(e.name)
			if e.then != nil {
				e.then(c)
			}
			c.spoken()
		}
		var rules []string
		if l.dark {
			rules = []string{"color-contrast", "link-in-text-block"} // nothing else looks otherwise in the dark
		}
		wrong, undecided := c.violations(rules...)
		for _, v := range wrong {
			c.t.Errorf("%s: %s", l.name, v)
		}
		for _, v := range undecided {
			if !reviewed(v) {
				c.t.Errorf("%s, to be looked at: %s", l.name, v)
			}
		}
		c.hang(e, l)
	}
	// A busy machine paints a page that is half there, at times: what moves
	// because of a picture, a font or a script does so each time.
	for again := 0; shift > steady && again < 3; again++ {
		c.look(looks[0])
		c.open(e.path)
		shift = c.light(e.name)
	}
	if shift > steady {
		c.t.Errorf("%s: layout shift %v", e.name, shift)
	}
}

// steady is a layout shift that nobody sees: a hair's breadth. A picture, a font
// or a script that moves things is 0.01 and more.
const steady = 0.005

// spoken asserts that every word of the page, as it stands, is there.
func (c *chromium) spoken() {
	c.t.Helper()
	if html := ask[string](c, `document.documentElement.outerHTML`); strings.Contains(html, "⟦") {
		c.t.Errorf("words are missing: %.80s", html[strings.Index(html, "⟦"):])
	}
}

// notPages are the routes that lead elsewhere, give a file, or answer the script.
var notPages = map[string]bool{
	"/services/nouveau": true, "/documents/{id}": true, "/personnes": true,
	"/supervision/tendances/export.csv": true, "/supervision/tendances/export.xlsx": true,
	"/incidents/export.csv": true, "/services/export.csv": true, "/demandes/{academy}/{number}/messages/{id}": true,
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

// finding is what axe-core cannot decide: a rule, the reason it gives, and words
// of the element.
type finding struct{ rule, reason, element string }

// seenByPeople are the findings that somebody has looked at, with what they saw.
var seenByPeople = []finding{
	// "Nouveau" in a timeline: the pseudo-element is the dot of its line, beside
	// it; the pill has a background of its own, whose contrast accent_test.go holds.
	{"color-contrast", "pseudoContent", `class="tag fresh"`},
	// A table of an article, wider than a telephone, scrolls by itself: its cells
	// have the colours of the text, and are read once scrolled to.
	{"color-contrast", "elmPartiallyObscured", "in an article, "},
	// The days and values of a chart: a picture to axe-core, written beside its bars
	// in the muted colour on a panel, whose contrast accent_test.go holds.
	{"color-contrast", "imgNode", "<text "},
	{"color-contrast", "shortTextContent", "<text "},
}

// reviewed says whether somebody has looked at what axe-core cannot decide.
func reviewed(found string) bool {
	return slices.ContainsFunc(seenByPeople, func(s finding) bool {
		return strings.HasPrefix(found, s.rule+" ("+s.reason+")") && strings.Contains(found, s.element)
	})
}

// light asserts that the page, loaded with nothing in the cache, is light. It
// returns how much its layout shifted.
func (c *chromium) light(name string) float64 {
	c.t.Helper()
	load := ask[struct {
		Requests, Bytes int
		Shift           float64
		Shifted         []string
	}](c, `new Promise(done => {
		const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
		const shifted = [];
		let shift = 0;
		new PerformanceObserver(l => l.getEntries().forEach(e => {
			shift += e.value;
			for (const s of e.sources) if (s.node) shifted.push((s.node.outerHTML || s.node.textContent).slice(0, 60));
		})).observe({ type: "layout-shift", buffered: true });
		requestAnimationFrame(() => requestAnimationFrame(() => done({ Shift: shift, Shifted: shifted,
			Requests: all.length, Bytes: all.reduce((sum, e) => sum + (e.transferSize || e.encodedBodySize), 0) })));
	})`)
	most := 3
	if strings.HasPrefix(name, "supervision") && !strings.HasSuffix(name, "-forbidden") {
		most = 4 // their own sheet
	}
	if load.Requests > most || load.Bytes > 60_000 {
		c.t.Errorf("%s: %d requests, %d bytes", name, load.Requests, load.Bytes)
	}
	if load.Shift > steady {
		c.t.Logf("%s: layout shift %v of %q", name, load.Shift, load.Shifted)
	}
	return load.Shift
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

// What the rooms are filled with.

// at is the address of a ticket's page.
func at(c tickets.Case) string { return tickets.TicketPath(c.Academy, c.Number) }

// typed is a card such as people fill in.
func typedCard(summary, description string) tickets.Card {
	return tickets.Card{
		Summary: summary, Description: description, Theme: "messagerie", Phone: "01 99 00 00 01",
		Place: "94/CRETEIL/Bâtiment A", Entity: "0940001R", Availability: "lundi et mardi matin",
	}
}

// exec changes the room's database beside the desk.
func (h *hall) exec(sql string, args ...any) {
	h.t.Helper()
	if _, err := h.db.Pool().Exec(h.t.Context(), sql, args...); err != nil {
		h.t.Fatal(fmt.Errorf("%s: %w", sql, err))
	}
}
