package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
	"cecoia.example/web"
)

func TestSigningInLeadsToThePageAskedFor(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	path := tickets.TicketPath(c.Academy, c.Number) + "/mise-a-jour"
	b := p.browser(t)
	pg := b.get(path)
	action, _ := attr(pg.one("#signin"), "action")
	pg = b.post(action, form("identifier", "dominique@creteil.example", "password", "wrong"))
	pg.want(http.StatusUnprocessableEntity, "")
	if pg.value("identifier") != "dominique@creteil.example" || pg.value("password") != "" || !pg.has("#identifier-error") {
		t.Error("the identifier is lost, or the password shown")
	}
	b.post(action, form("identifier", "DOMINIQUE@creteil.example ", "password", "demo")).want(http.StatusOK, path)
	b.get("/connexion").want(http.StatusOK, "/")

	pg = b.post("/deconnexion", url.Values{}).want(http.StatusOK, "/connexion")
	if pg.has("#sign-out") {
		t.Error("still signed in")
	}
	b.get("/incidents").want(http.StatusOK, "/connexion?suite=%2Fincidents")
}

func TestOnlyAddressesOfThePortalAreFollowedAfterSignIn(t *testing.T) {
	for path, want := range map[string]string{
		"/incidents?page=2": "/incidents?page=2", "": "/", "incidents": "/", "//ailleurs.example": "/", "/\\ailleurs.example": "/",
		"https://ailleurs.example/": "/", "/\t/ailleurs.example": "/", "javascript:alert(1)": "/", "/x\r\nSet-Cookie: a=b": "/",
		"/" + strings.Repeat("x", 3000): "/",
	} {
		if got := web.LocalPathForTest(path); got != want {
			t.Errorf("%q leads to %q, want %q", path, got, want)
		}
	}
}

func TestALoginThatOneAcademyKnowsNeedsNoDomain(t *testing.T) {
	p := newPortal(t)
	b := p.browser(t)
	b.post("/connexion", form("identifier", "dominique", "password", "demo")).want(http.StatusUnprocessableEntity, "") // two academies
	b.post("/connexion", form("identifier", "dominique@ailleurs.example", "password", "demo")).want(http.StatusUnprocessableEntity, "")
	b.post("/connexion", form("identifier", "", "password", "")).want(http.StatusUnprocessableEntity, "")
	pg := b.post("/connexion", form("identifier", "camille-paris", "password", "demo")).want(http.StatusOK, "/")
	if !strings.Contains(pg.text("header"), "Académie de Paris") {
		t.Error("not at home in Paris")
	}
}

func TestGuessingIsSlowedDownForKnownAndUnknownAlike(t *testing.T) {
	p := newPortal(t)
	for _, account := range []string{"dominique@creteil.example", "personne@creteil.example"} {
		b := p.browser(t)
		for range 5 {
			b.post("/connexion", form("identifier", account, "password", "guess")).want(http.StatusUnprocessableEntity, "")
		}
		pg := b.post("/connexion", form("identifier", account, "password", "demo"))
		if pg.want(http.StatusTooManyRequests, ""); !strings.Contains(pg.text("#errors"), "réessayez dans 1 min") || pg.header.Get("Retry-After") == "" {
			t.Errorf("%s: %s", account, pg.text("#errors"))
		}
	}
	p.pass(time.Minute)
	p.as(t, person("creteil", "dominique"))
}

func TestWhoLeavesTheDirectoryOrAGroupLosesTheirRightsAtOnce(t *testing.T) {
	p := newPortal(t)
	c := p.open(t, person("creteil", "dominique"), tickets.Incident, tickets.Card{Description: "Panne"})
	path := tickets.TicketPath(c.Academy, c.Number)
	alix := person("creteil", "alix")
	b := p.as(t, alix)
	b.get(path).want(http.StatusOK, path)
	alix.Memberships = nil
	if err := p.db.ImportPeople(t.Context(), "creteil", []postgres.Entry{{Person: alix, PasswordHash: demoHash()}}); err != nil {
		t.Fatal(err)
	}
	b.get(path).want(http.StatusNotFound, path)
}

func TestTheSessionsCookieIsRenewedAndGuarded(t *testing.T) {
	p := newPortal(t)
	b := p.browser(t)
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	pg := b.post("/connexion", form("identifier", "dominique@creteil.example", "password", "demo"))
	cookie := pg.header.Get("Set-Cookie")
	for _, want := range []string{"cecoia=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	if strings.Contains(cookie, "Secure") || strings.Contains(cookie, "Expires") {
		t.Errorf("cookie %q: over http it is not Secure, and it ends with the browser", cookie)
	}
	u, _ := url.Parse(p.URL)
	before := b.client.Jar.Cookies(u)
	b.post("/deconnexion", nil)
	fixed := p.browser(t)
	fixed.client.Jar.SetCookies(u, before)
	if pg := fixed.get("/"); !strings.HasPrefix(pg.path, "/connexion") {
		t.Error("a session that was ended still opens")
	}
	fixed.post("/connexion", form("identifier", "dominique@creteil.example", "password", "demo"))
	if after := fixed.client.Jar.Cookies(u); slices.ContainsFunc(after, func(c *http.Cookie) bool { return c.Name == "cecoia" && c.Value == before[0].Value }) {
		t.Error("the token from before the sign-in was kept")
	}
}

func TestLanguageAndAppearanceAreTheReaders(t *testing.T) {
	p := newPortal(t)
	b := p.browser(t)
	lang := func(pg *page) string { v, _ := attr(pg.one("html"), "lang"); return v }
	if got := lang(b.get("/aide")); got != "fr" {
		t.Errorf("without a wish: %s", got)
	}
	b.headers.Set("Accept-Language", "de, en-GB;q=0.8, fr;q=0.5")
	if got := lang(b.get("/aide")); got != "en" {
		t.Errorf("by the browser: %s", got)
	}
	b.post("/connexion", form("identifier", "dominique@creteil.example", "password", "demo"))
	if got := lang(b.get("/aide")); got != "fr" {
		t.Errorf("by the person: %s", got)
	}
	pg := b.post("/preferences", form("lang", "en", "return", "/incidents")).want(http.StatusOK, "/incidents")
	if got := lang(pg); got != "en" {
		t.Errorf("by choice: %s", got)
	}
	pg = b.post("/preferences", form("appearance", "dark", "return", "//ailleurs.example")).want(http.StatusOK, "/")
	if v, _ := attr(pg.one("html"), "data-appearance"); v != "dark" {
		t.Errorf("appearance %q", v)
	}
	pg = b.post("/preferences", form("appearance", "auto", "return", "/"))
	if _, set := attr(pg.one("html"), "data-appearance"); set {
		t.Error("the appearance does not follow the system again")
	}
	// Every page in English, too: the rules of check hold, no word is missing.
	for _, rt := range web.RoutesForTest() {
		if rt.Method == http.MethodGet && !strings.Contains(rt.Pattern, "{") {
			switch pg := b.get(rt.Pattern); pg.status {
			case http.StatusOK, http.StatusForbidden, http.StatusUnprocessableEntity: // the desk's own, a search of nothing
			default:
				t.Errorf("%s: %d", rt.Pattern, pg.status)
			}
		}
	}
}
