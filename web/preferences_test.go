package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cecoia.example/tickets"
)

func TestTheLanguageChosenBecomesThePersonsOwn(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	lang := func(pg *page) string { v, _ := attr(pg.one("html"), "lang"); return v }
	b := p.as(t, who)
	b.post("/preferences", form("lang", "en", "appearance", "dark", "shortcuts", "off", "return", "/preferences")).want(http.StatusOK, "/preferences")
	pg := b.get("/preferences")
	if lang(pg) != "en" || pg.value("lang") != "en" || pg.value("appearance") != "dark" || pg.value("shortcuts") != "off" {
		t.Errorf("the page shows %s, %s, %s", pg.value("lang"), pg.value("appearance"), pg.value("shortcuts"))
	}
	// The page says its scheme before the sheet comes: nothing flashes.
	if scheme, _ := attr(pg.one("meta[name=color-scheme]"), "content"); scheme != "dark" {
		t.Errorf("color-scheme %q", scheme)
	}
	// In another browser, too, and over an import of the directory.
	p.importAgain(t, who)
	if got := lang(p.as(t, who).get("/")); got != "en" {
		t.Errorf("in another browser: %s", got)
	}
	known, err := p.db.Person(context.WithoutCancel(t.Context()), who.Academy, who.ID)
	if err != nil || known.Lang != tickets.English {
		t.Errorf("mail goes out in %q, %v", known.Lang, err)
	}
	// The next person on the same computer has a language of their own.
	b.post("/deconnexion", nil)
	b.post("/connexion", form("identifier", "camille@creteil.example", "password", "demo"))
	if got := lang(b.get("/")); got != "fr" {
		t.Errorf("the next person reads %s", got)
	}
	// Who is nobody yet chooses for the browser.
	out := p.browser(t)
	if got := lang(out.post("/preferences", form("lang", "en", "return", "/connexion"))); got != "en" {
		t.Errorf("signed out: %s", got)
	}
	b.post("/preferences", form("lang", "tlh", "return", "/"))
	if got := lang(b.get("/")); got != "fr" {
		t.Errorf("an unknown language gives %s", got)
	}
}

func TestTheFormerKeysAreThereForWhoWantsThem(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	b := p.as(t, who)
	path := tickets.TicketPath(c.Academy, c.Number) + "/mise-a-jour"
	if pg := b.get(path); pg.has("[accesskey]") || strings.Contains(pg.text("body"), "[Alt+") {
		t.Error("the keys are on by themselves")
	}
	if pg := b.post("/preferences", form("shortcuts", "on", "return", "/preferences")); !pg.has("#notice") {
		t.Error("nothing says that it is done")
	}
	pg := b.get(path)
	for key, label := range map[string]string{"n": "Nouvel incident [Alt+N]", "e": "Envoyer [Alt+E]", "d": "Annuler [Alt+D]"} {
		if n := pg.one("[accesskey=" + key + "]"); words(n) != label {
			t.Errorf("%s: %q", key, words(n))
		}
	}
	if n := pg.one("[accesskey=u]"); n.Data != "input" || !strings.Contains(pg.text("label[for=document]"), "[Alt+U]") {
		t.Error("no key for the documents")
	}
	step := b.get("/incidents/nouveau").path
	if pg := b.get(step + "/verification"); words(pg.one("[accesskey=e]")) != "Envoyer [Alt+E]" {
		t.Error("no key to send the form")
	}
	b.post("/preferences", form("shortcuts", "off", "return", "/"))
	if b.get(path).has("[accesskey]") {
		t.Error("the keys stay on")
	}
}

func TestTheIdentifierIsRememberedForWhoAsks(t *testing.T) {
	p := newPortal(t)
	b := p.browser(t)
	b.post("/connexion", form("identifier", "dominique@creteil.example", "password", "wrong", "remember", "1"))
	if pg := b.get("/connexion"); pg.value("identifier") != "" {
		t.Error("a failed sign-in is remembered")
	}
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	pg := b.post("/connexion", form("identifier", " dominique@creteil.example", "password", "demo", "remember", "1"))
	b.client.CheckRedirect = nil
	cookie := strings.Join(pg.header.Values("Set-Cookie"), "\n")
	if !strings.Contains(cookie, "identifier=dominique%40creteil.example; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax") || strings.Contains(cookie, "demo") {
		t.Errorf("cookies %s", cookie)
	}
	b.post("/deconnexion", nil)
	pg = b.get("/connexion")
	if _, ticked := attr(pg.one("#remember"), "checked"); pg.value("identifier") != "dominique@creteil.example" || !ticked {
		t.Errorf("the page holds %q", pg.value("identifier"))
	}
	b.post("/connexion", form("identifier", "dominique@creteil.example", "password", "demo"))
	b.post("/deconnexion", nil)
	if pg := b.get("/connexion"); pg.value("identifier") != "" {
		t.Error("unticked, it is still remembered")
	}
	// A cookie made by hand is words, or nothing.
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"%zz", "%00%ff", strings.Repeat("x", 3000), "%22%3E%3Cscript%3E"} {
		b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "identifier", Value: value, Path: "/"}})
		if pg := b.get("/connexion").want(http.StatusOK, ""); len(pg.value("identifier")) > 254 || len(pg.all("script")) != 1 {
			t.Errorf("%.20q gives %q", value, pg.value("identifier"))
		}
	}
}

func TestTheLinksOfOnesOwnAcademyComeFirst(t *testing.T) {
	p := newPortal(t)
	first := func(pg *page) string { return words(pg.all("h3")[0]) }
	if got := first(p.browser(t).get("/demandes/paris/I261121_001")); got != "Académie de Paris" {
		t.Errorf("by a deep link of Paris: %s", got)
	}
	if got := first(p.browser(t).get("/incidents")); got != "Académie de Créteil" {
		t.Errorf("without: %s", got)
	}
	b := p.browser(t)
	b.post("/connexion", form("identifier", "dominique@paris.example", "password", "demo", "remember", "1"))
	b.post("/deconnexion", nil)
	if got := first(b.get("/connexion")); got != "Académie de Paris" {
		t.Errorf("by the remembered address: %s", got)
	}
}

func TestWhoIsRemovedReadsWhy(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	b := p.as(t, who)
	if err := p.db.Deactivate(t.Context(), who.Academy, who.ID); err != nil {
		t.Fatal(err)
	}
	pg := b.get("/incidents").want(http.StatusOK, "/connexion?suite=%2Fincidents")
	if !strings.Contains(pg.text("#errors"), "n’est plus dans l’annuaire") {
		t.Errorf("the page says %q", pg.text("#errors"))
	}
	if pg := b.get("/connexion"); pg.has("#errors") {
		t.Error("it is said for ever")
	}
	b.post("/connexion", form("identifier", who.Email, "password", "demo")).want(http.StatusUnprocessableEntity, "")
	if err := p.db.Deactivate(t.Context(), who.Academy, who.ID); tickets.CodeOf(err) != tickets.NotFound {
		t.Errorf("removed twice: %v", err)
	}
	p.importAgain(t, who) // back
	p.as(t, who)
}

func TestMembersOfTheDeskReadWhereDirectMessagesAreTuned(t *testing.T) {
	p := newPortal(t)
	for login, told := range map[string]bool{"alix": true, "dominique": false} {
		if pg := p.as(t, person("creteil", login)).get("/preferences"); strings.Contains(pg.text("main"), "/ticket notif") != told {
			t.Errorf("%s reads %s", login, pg.text("main"))
		}
	}
}
