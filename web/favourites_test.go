package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cecoia.example/tickets"
)

// pressStar sends the form that holds the only button with that value of "do".
func (b *browser) pressStar(p *page, do string) *page {
	b.t.Helper()
	for n := range p.doc.Descendants() {
		if action, _ := attr(n, "action"); n.Data != "form" || action != "/favoris" {
			continue
		}
		sent, found := form("do", do), false
		for d := range n.Descendants() {
			if d.Type != html.ElementNode {
				continue
			}
			name, _ := attr(d, "name")
			value, _ := attr(d, "value")
			if d.Data == "input" {
				sent.Set(name, value)
			}
			found = found || d.Data == "button" && value == do
		}
		if found {
			return b.post("/favoris", sent)
		}
	}
	b.t.Fatalf("%s: no button %s of a favourite", p.path, do)
	return nil
}

// star returns the words and the state of the page's star.
func (p *page) star() string {
	p.t.Helper()
	for _, n := range p.all("button") {
		if pressed, ok := attr(n, "aria-pressed"); ok && strings.Contains(words(n), "Favori") {
			return words(n) + " " + pressed
		}
	}
	return ""
}

func TestATicketAndASearchAreStarred(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Summary: "Toner vide", Description: "Plus de toner."})
	path := tickets.TicketPath(c.Academy, c.Number)
	b := p.as(t, who)
	if pg := b.get("/"); !strings.Contains(pg.text("main"), "Mes favoris Aucun favori") {
		t.Errorf("the first page: %s", pg.text("main"))
	}
	b.get("/favoris").want(http.StatusOK, "/favoris")

	for _, x := range []struct{ path, label string }{
		{path, ""},
		{"/recherche?etat=ouverts&q=toner+-encre", "Recherche : toner -encre"},
		{"/incidents?etat=clotures", "Suivi des incidents – Clôturés"},
		{"/services", "Suivi des demandes de service – Ouverts"},
	} {
		pg := b.get(x.path)
		if got := pg.star(); got != "Favori false" {
			t.Errorf("%s: %q", x.path, got)
		}
		pg = b.pressStar(pg, "add").want(http.StatusOK, x.path)
		if got := pg.star(); got != "Favori true" || !strings.Contains(pg.text("#notice"), "Ajouté") {
			t.Errorf("%s: %q, %s", x.path, got, pg.text("#notice"))
		}
		home := b.get("/")
		if !home.has("a[href="+x.path+"]") || x.label != "" && !strings.Contains(home.text("main"), x.label) {
			t.Errorf("%s is not on the first page: %s", x.path, home.text("main"))
		}
	}
	// The second page of a search is the same favourite.
	if pg := b.get("/recherche?page=1&q=toner+-encre&etat=ouverts&inconnu=1"); pg.star() != "Favori true" {
		t.Errorf("the same search: %q", pg.star())
	}
	// Another's are none of ours.
	if pg := p.as(t, person("creteil", "alix")).get(path); pg.star() != "Favori false" {
		t.Errorf("another's star: %q", pg.star())
	}

	pg := b.get("/favoris")
	if n := len(pg.all("[value=remove]")); n != 4 {
		t.Fatalf("%d favourites: %s", n, pg.text("main"))
	}
	id := pg.value("id")
	renamed := b.post("/favoris", form("do", "rename", "id", id, "label", "Mes <b>services</b>", "return", "/favoris"))
	if renamed.want(http.StatusOK, "/favoris"); !strings.Contains(renamed.text("main"), "Mes <b>services</b>") {
		t.Errorf("renamed: %s", renamed.text("main"))
	}
	refused := b.post("/favoris", form("do", "rename", "id", id, "label", strings.Repeat("é", 300), "return", "/favoris"))
	refused.want(http.StatusUnprocessableEntity, "/favoris")
	if !refused.has("#label-"+id+"-error") || !refused.has("a[href=#label-"+id+"]") || !refused.has("details[open]") || refused.value("label") == "" {
		t.Errorf("the refusal: %s", refused.text("main"))
	}
	for range 4 {
		pg = b.pressStar(b.get("/favoris"), "remove")
	}
	if pg.want(http.StatusOK, "/favoris"); !strings.Contains(pg.text("main"), "Aucun favori") {
		t.Errorf("after removing all: %s", pg.text("main"))
	}
}

func TestFavouritesRefuseWhatIsNotOurs(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	private := p.open(t, person("creteil", "camille"), tickets.Incident, tickets.Card{Description: "À moi", Private: true})
	foreign := p.open(t, person("paris", "dominique"), tickets.Incident, tickets.Card{Description: "À Paris"})
	b := p.as(t, who)
	for _, id := range []string{private.ID.String(), foreign.ID.String(), "00000000-0000-0000-0000-000000000000"} {
		b.post("/favoris", form("do", "add", "ticket", id)).want(http.StatusNotFound, "/favoris")
		b.post("/favoris", form("do", "remove", "ticket", id)).want(http.StatusOK, "/")
	}
	for _, address := range []string{
		"", "/", "/aide", "/deconnexion", "//ailleurs.example/recherche?q=x", "https://ailleurs.example/recherche", "javascript:alert(1)",
		"/recherche?q=%00", "/recherche?q=caf%E9", "/recherche?q=" + strings.Repeat("x", 2000), "/recherche/../deconnexion", "recherche?q=x",
		"/demandes/creteil/I261121_001", "/recherche?q=a\r\nb",
	} {
		b.post("/favoris", form("do", "add", "address", address, "label", "x")).want(http.StatusUnprocessableEntity, "/favoris")
	}
	for _, sent := range [][]string{
		{"do", "add"}, {"do", "explode", "address", "/recherche?q=x"}, {"address", "/recherche?q=x"}, {"do", "add", "address", "/recherche?q=x"},
		{"do", "add", "address", "/recherche?q=x", "label", "a\x00b"}, {"do", "add", "ticket", "x"},
	} {
		b.post("/favoris", form(sent...)).want(http.StatusUnprocessableEntity, "/favoris")
	}
	b.post("/favoris", form("do", "rename", "id", "x", "label", "y")).want(http.StatusNotFound, "/favoris")
	b.post("/favoris", form("do", "rename", "id", private.ID.String(), "label", "y")).want(http.StatusNotFound, "/favoris")

	for i := range tickets.MaxFavourites {
		if err := p.desk.StarSearch(t.Context(), caller(who), fmt.Sprint("/recherche?q=mot", i), "Recherche"); err != nil {
			t.Fatal(err)
		}
	}
	pg := b.post("/favoris", form("do", "add", "address", "/recherche?q=x", "label", "x", "return", "/recherche?q=x"))
	if pg.want(http.StatusUnprocessableEntity, "/favoris"); !strings.Contains(pg.text("#errors"), "100 favoris") {
		t.Errorf("one too many: %s", pg.text("#errors"))
	}
	// Leading back is never leading elsewhere.
	b.post("/favoris", form("do", "remove", "address", "/recherche?q=mot1", "return", "https://ailleurs.example/")).want(http.StatusOK, "/")
}
