package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// expire ends the browser's session as its lifetime does: the cookie stays, the
// server knows nothing of it.
func (b *browser) expire() {
	b.t.Helper()
	u, err := url.Parse(b.portal.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "cecoia", Value: strings.Repeat("A", 43)}})
}

// signInAgain signs in on the page that the browser was led to.
func (b *browser) signInAgain(pg *page, who tickets.Person) *page {
	b.t.Helper()
	if !strings.HasPrefix(pg.path, "/connexion") {
		b.t.Fatalf("led to %s (%d), not to the sign-in page", pg.path, pg.status)
	}
	action, _ := attr(pg.one("#signin"), "action")
	return b.post(action, form("identifier", who.Email, "password", "demo"))
}

// holds returns what the fields of that name hold, on a page of several forms.
func (p *page) holds(name string) []string {
	p.t.Helper()
	var out []string
	for _, n := range p.all("[name=" + name + "]") {
		_, checked := attr(n, "checked")
		switch kind, _ := attr(n, "type"); {
		case n.Data == "select":
			for o := range n.Descendants() {
				if _, chosen := attr(o, "selected"); chosen {
					v, _ := attr(o, "value")
					out = append(out, v)
				}
			}
		case n.Data == "textarea":
			var b strings.Builder
			for d := range n.Descendants() {
				b.WriteString(d.Data)
			}
			out = append(out, b.String())
		case kind != "radio" && kind != "checkbox" || checked:
			v, _ := attr(n, "value")
			out = append(out, v)
		}
	}
	return out
}

func TestWordsSentAfterTheSessionEndedWaitOnTheirPage(t *testing.T) {
	p := newPortal(t)
	who, agent := person("creteil", "dominique"), person("creteil", "alix")
	waiting := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	p.do(t, agent, waiting, tickets.ActionTake, "")
	p.do(t, agent, waiting, tickets.ActionAsk, "Quel message ?")
	resolved := p.open(t, who, tickets.Incident, tickets.Card{Description: "Autre panne"})
	p.do(t, agent, resolved, tickets.ActionTake, "")
	p.do(t, agent, resolved, tickets.ActionResolve, "Redémarrez.")
	path := func(c tickets.Case) string { return tickets.TicketPath(c.Academy, c.Number) }

	closed := p.open(t, who, tickets.Incident, tickets.Card{Description: "Encore une panne"})
	p.do(t, who, closed, tickets.ActionWithdraw, "C’était le câble.")

	b := p.as(t, who)
	step := b.get("/incidents/nouveau").path
	for _, c := range []struct {
		name, path string
		upload     bool
		typed      url.Values
		by         tickets.Person // who when zero
	}{
		{name: "the desk's note", path: path(waiting), typed: form("form", "note", "text", "Voir avec le réseau.", "do", "note"), by: agent},
		{name: "a requalification", path: path(waiting), typed: form("form", "requalify", "category", "poste", "urgency", "2", "text", "C’est le poste.", "do", "requalify"), by: agent},
		{name: "several at once", path: "/demandes/mise-a-jour?n=" + waiting.Number.String() + "&n=" + resolved.Number.String(), typed: form("text", "La même chose partout.", "do", "send")},
		{name: "a reopening", path: path(closed) + "/reouverture", typed: form("text", "Cela recommence.", "do", "reopen")},
		{name: "an article", path: "/connaissances/nouveau", typed: form("title", "Imprimante muette", "summary", "Elle ne répond plus.", "body", "Redémarrez-la.", "do", "save"), by: agent},
		{name: "the place", path: step, typed: form("phone", "01 99 00 00 09", "place", "94/CRETEIL/Bâtiment B", "urgency", "2", "do", "continue")},
		{name: "the form's request", path: step + "/demande", upload: true, typed: form("description", "Bureau 12 : l’écran est noir <b>", "do", "continue")},
		{name: "the form's details", path: step + "/complement", upload: false, typed: form("theme", "poste", "availability", "le matin", "do", "continue")},
		{name: "an update", path: path(waiting) + "/mise-a-jour", upload: true, typed: form("text", "Le message est 0x42.", "do", "complement")},
		{name: "a refusal", path: path(resolved) + "/validation", upload: false, typed: form("text", "Toujours noir.", "do", "refuse")},
		{name: "a closing", path: path(waiting) + "/cloture", upload: false, typed: form("text", "Câble débranché par erreur.", "do", "withdraw")},
	} {
		t.Run(c.name, func(t *testing.T) {
			by := who
			if c.by.ID != uuid.Nil {
				by = c.by
			}
			b := p.as(t, by)
			b.get(c.path).want(http.StatusOK, c.path)
			b.expire()
			var pg *page
			if c.upload {
				pg = b.upload(c.path, c.typed, file{"photo.png", png})
			} else {
				pg = b.post(c.path, c.typed)
			}
			pg = b.signInAgain(pg, by).want(http.StatusOK, c.path)
			if !strings.Contains(pg.text("#notice"), "vos mots ont été gardés") {
				t.Errorf("the notice says %q", pg.text("#notice"))
			}
			for name, values := range c.typed {
				if name != "do" && name != "form" && !slices.Contains(pg.holds(name), values[0]) {
					t.Errorf("%s holds %q, want %q", name, pg.holds(name), values[0])
				}
			}
			if name := c.typed.Get("form"); name != "" {
				if _, open := attr(pg.one("#do-"+name), "open"); !open {
					t.Error("the words are folded away")
				}
			}
			// Nothing was done, and shown again they are still there.
			if got := b.get(c.path); !got.has("#notice") {
				t.Error("shown again, the words are gone")
			}
			for _, ticket := range []tickets.Case{waiting, resolved} {
				if pg := p.as(t, agent).get(path(ticket)); c.typed.Has("text") && strings.Contains(pg.text("#timeline"), c.typed.Get("text")) {
					t.Errorf("%s was sent by itself", ticket.Number)
				}
			}
		})
	}
}

func TestKeptWordsEndWhenTheyAreSentOrAfterAnHour(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	path := tickets.TicketPath(c.Academy, c.Number) + "/mise-a-jour"
	lose := func(b *browser) *page {
		t.Helper()
		b.expire()
		return b.signInAgain(b.post(path, form("text", "Encore ceci.", "do", "complement")), who)
	}
	b := p.as(t, who)
	lose(b).want(http.StatusOK, path)
	b.post(path, form("text", "Encore cela.", "do", "complement")).want(http.StatusOK, tickets.TicketPath(c.Academy, c.Number))
	if pg := b.get(path); pg.has("#notice") || pg.value("text") != "" {
		t.Errorf("after sending the page holds %q", pg.value("text"))
	}
	lose(b).want(http.StatusOK, path)
	p.pass(61 * time.Minute)
	if pg := b.get(path); pg.has("#notice") || pg.value("text") != "" {
		t.Errorf("after an hour the page holds %q", pg.value("text"))
	}
}

func TestWhoMayNotSeeThePageDoesNotSeeTheWords(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne", Private: true})
	path := tickets.TicketPath(c.Academy, c.Number) + "/mise-a-jour"
	for _, other := range []tickets.Person{person("creteil", "camille"), person("paris", "dominique")} {
		b := p.as(t, who)
		b.expire()
		pg := b.signInAgain(b.post(path, form("text", "Mon secret", "do", "complement")), other)
		pg.want(http.StatusNotFound, path)
		b.post("/connexion", form("identifier", who.Email, "password", "demo")) // nor does who comes after them
		for _, pg := range []*page{pg, b.get("/"), b.get(path)} {
			if strings.Contains(string(pg.raw), "Mon secret") {
				t.Errorf("%s of %s shows the words", pg.path, other.Email)
			}
		}
	}
}

func TestWhatIsTooMuchOrSecretIsNotKept(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	path := tickets.TicketPath(c.Academy, c.Number) + "/mise-a-jour"
	for name, typed := range map[string]url.Values{
		"10⁶ characters": form("text", strings.Repeat("x", 1_000_000)),
		"a password":     form("password", "secret", "new_password", "secret"),
		"nothing":        form("do", "complement"),
	} {
		b := p.as(t, who)
		b.expire()
		if pg := b.signInAgain(b.post(path, typed), who).want(http.StatusOK, path); pg.has("#notice") || pg.value("text") != "" {
			t.Errorf("%s: the page holds %.40q", name, pg.value("text"))
		}
	}
	// Hostile words come back as they are, on a page that is whole.
	b := p.as(t, who)
	b.expire()
	hostile := "<script>alert(1)</script>\u202egnirts"
	if pg := b.signInAgain(b.post(path, form("text", hostile+"\x00\xff")), who).want(http.StatusOK, path); !strings.HasPrefix(pg.value("text"), hostile) {
		t.Errorf("the page holds %q", pg.value("text"))
	}
}

// TestAFormOfAnActionAloneLeadsBackToItsPage: the address that a form is sent to
// may have no page of its own.
func TestAFormOfAnActionAloneLeadsBackToItsPage(t *testing.T) {
	p := newPortal(t)
	b := p.browser(t)
	b.headers.Set("Referer", p.URL+"/donnees-personnelles")
	if pg := b.post("/donnees-personnelles/export", form("x", "y")); pg.path != "/connexion?suite=%2Fdonnees-personnelles" {
		t.Errorf("led to %s", pg.path)
	}
	b.headers.Set("Referer", "https://ailleurs.example/donnees-personnelles")
	if pg := b.post("/donnees-personnelles/export", form("x", "y")); pg.path != "/connexion" {
		t.Errorf("led to %s", pg.path)
	}
}

// An update that is cut in the middle of a document keeps its words for the page.
func TestWordsOfAnUpdateThatWasCutWaitOnItsPage(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	path := tickets.TicketPath(c.Academy, c.Number) + "/mise-a-jour"
	b := p.as(t, who)
	cut := func(text string) {
		body := "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n" + text +
			"\r\n--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"coupé.png\"\r\n\r\n" + string(png)
		b.send(http.MethodPost, path, "multipart/form-data; boundary=b", strings.NewReader(body)).want(http.StatusBadRequest, "")
	}
	cut("Écrit avant la coupure")
	for range 2 {
		if pg := b.get(path); pg.value("text") != "Écrit avant la coupure" || !strings.Contains(pg.text("#notice"), "coupé") {
			t.Errorf("holds %q, says %q", pg.value("text"), pg.text("#notice"))
		}
	}
	// Cut again it is the last words; sent at last, nothing is left of them.
	cut("Écrit mieux")
	if pg := b.get(path); pg.value("text") != "Écrit mieux" {
		t.Errorf("holds %q", pg.value("text"))
	}
	b.upload(path, form("text", "Enfin envoyé", "do", "complement")).want(http.StatusOK, tickets.TicketPath(c.Academy, c.Number))
	if pg := b.get(path); pg.value("text") != "" || pg.has("#notice") {
		t.Errorf("after sending the page holds %q", pg.value("text"))
	}
}
