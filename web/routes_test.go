package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cecoia.example/tickets"
	"cecoia.example/web"
)

// TestEachRouteKeepsItsDoor walks the route table: signed out leads to the
// sign-in page, another academy's ticket, another's private ticket and another's
// form are not there, a form from elsewhere is refused.
func TestEachRouteKeepsItsDoor(t *testing.T) {
	p := newPortal(t)
	mine, camille := person("creteil", "dominique"), person("creteil", "camille")
	theirs := p.open(t, camille, tickets.Incident, tickets.Card{Description: "Mon poste", Private: true})
	foreign := p.open(t, person("paris", "dominique"), tickets.Incident, tickets.Card{Description: "À Paris"})
	signedIn, out := p.as(t, mine), p.browser(t)
	theirForm := strings.TrimPrefix(p.as(t, camille).get("/incidents/nouveau").path, "/formulaires/")

	segment := regexp.MustCompile(`\{[a-z]+\}`)
	fill := func(pattern string, academy tickets.AcademyID, number string) string {
		path := strings.NewReplacer("{academy}", string(academy), "{number}", number, "{id}", theirForm, "{$}", "").Replace(pattern)
		if left := segment.FindString(path); left != "" {
			t.Fatalf("%s: %s is not filled in", pattern, left)
		}
		return path
	}
	for _, rt := range web.RoutesForTest() {
		if rt.Assets {
			continue
		}
		t.Run(rt.Method+" "+rt.Pattern, func(t *testing.T) {
			path := fill(rt.Pattern, "creteil", theirs.Number.String())
			send := func(b *browser, path string) *page {
				if rt.Method == http.MethodPost {
					return b.post(path, url.Values{"text": {"x"}, "urgency": {"3"}, "do": {"x"}})
				}
				return b.get(path)
			}
			if rt.SignedIn {
				pg := send(out, path)
				if u, _ := url.Parse(pg.path); u.Path != "/connexion" || path != "/" && u.Query().Get("suite") != path && hasPage(rt) {
					t.Errorf("signed out: %d at %s", pg.status, pg.path)
				}
			}
			if rt.Method == http.MethodPost {
				for _, from := range []http.Header{
					{"Sec-Fetch-Site": {"cross-site"}},
					{"Sec-Fetch-Site": {"same-site"}},
					{"Origin": {"https://ailleurs.example"}},
				} {
					elsewhere := &browser{t: t, portal: p, client: signedIn.client, headers: from}
					send(elsewhere, path).want(http.StatusForbidden, path)
				}
			}
			switch {
			case strings.Contains(rt.Pattern, "{academy}"):
				send(signedIn, path).want(http.StatusNotFound, path) // another's private ticket
				agent := p.as(t, person("creteil", "robin"))
				send(agent, path).want(http.StatusNotFound, path) // private to another group
				for _, academy := range []tickets.AcademyID{"paris", "versailles", "nulle-part"} {
					path := fill(rt.Pattern, academy, foreign.Number.String())
					send(signedIn, path).want(http.StatusNotFound, path)
				}
				path = fill(rt.Pattern, "creteil", "I261121_999")
				send(signedIn, path).want(http.StatusNotFound, path)
				path = fill(rt.Pattern, "creteil", "nimporte")
				send(signedIn, path).want(http.StatusNotFound, path)
			case rt.Pattern == "/formulaires/{id}/annulation" && rt.Method == http.MethodPost:
				send(signedIn, path).want(http.StatusOK, "/") // gone, as one cancelled before
			case strings.HasPrefix(rt.Pattern, "/formulaires/"):
				send(signedIn, path).want(http.StatusGone, path) // another's form
			case rt.Pattern == "/documents/{id}":
				send(signedIn, path).want(http.StatusNotFound, path)
			}
		})
	}
	if pg := p.as(t, camille).get("/formulaires/" + theirForm); pg.status != http.StatusOK {
		t.Errorf("the form did not outlive the attempts of others: %d", pg.status)
	}
}

func TestAnUnknownAddressAndAnUnknownMethod(t *testing.T) {
	p := newPortal(t)
	b := p.browser(t)
	for _, path := range []string{"/nulle-part", "/static/absent.css", "/apparence/zzzzzz/x.css", "/static/cecoia.css", "/%00", "/demandes"} {
		if pg := b.get(path); pg.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, pg.status)
		}
	}
	if pg := b.get("/deconnexion"); pg.status != http.StatusMethodNotAllowed || pg.header.Get("Allow") != http.MethodPost {
		t.Errorf("GET /deconnexion: %d, Allow %q", pg.status, pg.header.Get("Allow"))
	}
	if pg := b.send(http.MethodDelete, "/aide", "", nil); pg.status != http.StatusMethodNotAllowed {
		t.Errorf("DELETE /aide: %d", pg.status)
	}
}

func TestANumberReadOffPaperLeadsToItsTicket(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	b := p.as(t, who)
	for _, typed := range []string{"1", "001", "i261121_1", "1261121_001"} {
		b.get("/demandes/creteil/"+typed+"/mise-a-jour").want(http.StatusOK, tickets.TicketPath("creteil", c.Number)+"/mise-a-jour")
	}
}

// hasPage says whether the route's address can be shown, too.
func hasPage(rt web.RouteForTest) bool {
	return slices.ContainsFunc(web.RoutesForTest(), func(o web.RouteForTest) bool {
		return o.Method == http.MethodGet && o.Pattern == rt.Pattern
	})
}
