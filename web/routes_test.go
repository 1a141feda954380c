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

// routesAlone are the routes whose address names nothing of anybody's, with the status
// that somebody signed in gets, who is not of the desk and sends a form that is
// none of the page's.
func routesAlone() map[string]int {
	return map[string]int{
		"GET /connexion": 200, "POST /connexion": 422, "POST /deconnexion": 200,
		"GET /preferences": 200, "POST /preferences": 200, "GET /{$}": 200,
		"GET /incidents/nouveau": 200, "GET /services/nouveau": 200,
		"POST /incidents/nouveau": 200, "POST /services/nouveau": 200,
		"GET /personnes": 422, "GET /incidents": 200, "GET /services": 200,
		"GET /incidents/export.csv": 200, "GET /services/export.csv": 200,
		"GET /validations": 200, "POST /validations": 422,
		"GET /demandes/mise-a-jour": 200, "POST /demandes/mise-a-jour": 422, // no ticket is chosen
		"GET /demandes/cloture": 200, "POST /demandes/cloture": 422,
		"GET /recherche": 200, "GET /favoris": 200, "POST /favoris": 422,
		"GET /connaissances": 200, "GET /connaissances/redaction": 403,
		"GET /connaissances/nouveau": 403, "POST /connaissances/nouveau": 403,
		"GET /aide": 200, "GET /accessibilite": 200, "GET /donnees-personnelles": 200,
		"POST /donnees-personnelles/export": 200, "POST /adresse": 200,
		"GET /supervision": 403, "POST /supervision": 403, "POST /supervision/garde": 403, "POST /supervision/silences": 403,
		"GET /supervision/tendances": 403, "GET /supervision/tendances/export.csv": 403, "GET /supervision/tendances/export.xlsx": 403,
		"GET /supervision/envois": 403, "POST /supervision/envois": 403,
	}
}

// TestEachRouteKeepsItsDoor walks the route table: signed out leads to the
// sign-in page, another academy's ticket, another's private ticket and another's
// form are not there, a form from elsewhere is refused. A new route fails until
// it is said what it does.
func TestEachRouteKeepsItsDoor(t *testing.T) {
	p := newPortal(t)
	mine, camille := person("creteil", "dominique"), person("creteil", "camille")
	theirs := p.open(t, camille, tickets.Incident, tickets.Card{Description: "Mon poste", Private: true})
	foreign := p.open(t, person("paris", "dominique"), tickets.Incident, tickets.Card{Description: "À Paris"})
	signedIn, out := p.as(t, mine), p.browser(t)
	theirForm := strings.TrimPrefix(p.as(t, camille).get("/incidents/nouveau").path, "/formulaires/")

	alone := routesAlone()
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
			signedIn := signedIn
			if rt.Pattern == "/deconnexion" {
				signedIn = p.as(t, mine) // it ends the session
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
			switch pg := func() *page { return send(signedIn, path) }; {
			case strings.Contains(rt.Pattern, "{academy}"):
				agent := p.as(t, person("creteil", "robin"))
				if strings.HasPrefix(rt.Pattern, "/demandes/") {
					pg().want(http.StatusNotFound, path)              // another's private ticket
					send(agent, path).want(http.StatusNotFound, path) // private to another group
				}
				for _, b := range []*browser{signedIn, agent} {
					for _, academy := range []tickets.AcademyID{"paris", "versailles", "nulle-part"} {
						path := fill(rt.Pattern, academy, foreign.Number.String())
						send(b, path).want(http.StatusNotFound, path)
					}
					for _, number := range []string{"I261121_999", "KB999", "nimporte"} {
						path := fill(rt.Pattern, "creteil", number)
						pg := send(b, path)
						if whose := number == "KB999" && pg.status == http.StatusForbidden && rt.Method == http.MethodPost; !whose { // the desk's, there or not
							pg.want(http.StatusNotFound, path)
						}
					}
				}
			case rt.Pattern == "/formulaires/{id}/annulation" && rt.Method == http.MethodPost:
				pg().want(http.StatusOK, "/") // gone, as one cancelled before
			case strings.HasPrefix(rt.Pattern, "/formulaires/"):
				pg().want(http.StatusGone, path) // another's form
			case strings.HasPrefix(rt.Pattern, "/supervision/") && strings.Contains(rt.Pattern, "{id}"):
				pg().want(http.StatusForbidden, path) // whether there is such an alert or not
			case rt.Pattern == "/documents/{id}":
				pg().want(http.StatusNotFound, path)
			case !strings.Contains(rt.Pattern, "{") || rt.Pattern == "/{$}":
				expected, ok := alone[rt.Method+" "+rt.Pattern]
				if !ok {
					t.Fatal("nothing says what this route does for who is signed in")
				}
				if got := pg(); got.status != expected {
					t.Errorf("signed in: %d at %s, want %d\n%.300s", got.status, got.path, expected, got.raw)
				}
				delete(alone, rt.Method+" "+rt.Pattern)
			default:
				t.Fatal("nothing says whose this address is")
			}
		})
	}
	for left := range alone {
		t.Errorf("%s is no route", left)
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
