package web_test

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// formID is the id of the form at an address.
func formID(t *testing.T, base string) uuid.UUID {
	t.Helper()
	id, err := uuid.Parse(strings.TrimPrefix(base, "/formulaires/"))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// An upload that is cut half-way loses its document, and neither the words that
// came before it nor the documents that were through.
func TestACutUploadKeepsTheWords(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	send := func(description string, version string) *page {
		body := "--b\r\nContent-Disposition: form-data; name=\"version\"\r\n\r\n" + version +
			"\r\n--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n" + description +
			"\r\n--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"entier.png\"\r\n\r\n" + string(png) +
			"\r\n--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"coupé.png\"\r\n\r\n" + string(png)
		return b.send(http.MethodPost, base+"/demande", "multipart/form-data; boundary=b", strings.NewReader(body))
	}
	send("Écrit avant la coupure", "").want(http.StatusBadRequest, "")
	pg := b.get(base + "/demande")
	if pg.value("description") != "Écrit avant la coupure" || len(pg.all("a[download]")) != 1 || !strings.Contains(pg.text("#documents"), "entier.png") {
		t.Errorf("kept %q and %s", pg.value("description"), pg.text("#documents"))
	}
	// But not over what another tab has saved since.
	b.upload(base+"/demande", form("do", "attach", "description", "Autre onglet"))
	send("Trop vieux", pg.value("version")).want(http.StatusBadRequest, "")
	send(strings.Repeat("x", tickets.MaxText+1), "").want(http.StatusBadRequest, "")
	if pg := b.get(base + "/demande"); pg.value("description") != "Autre onglet" {
		t.Errorf("kept %q", pg.value("description"))
	}
}

// Two large documents at once, under names that do not tell what they are.
// A disk that is full, or away, takes no document: what was typed is kept, and
// the demand can go without.
func TestADocumentThatCannotBeKept(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	inTheWay := filepath.Join(p.documents, "creteil")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	pg := b.upload(base+"/demande", form("do", "continue", "description", "Voici une image"), file{"bon.png", png})
	pg.want(http.StatusUnprocessableEntity, "")
	if errs := pg.text("#errors"); !strings.Contains(errs, "bon.png") || !strings.Contains(errs, "pas pu être conservé") {
		t.Errorf("told: %s", errs)
	}
	if !strings.Contains(pg.value("description"), "Voici une image") {
		t.Error("the description is lost")
	}
	if !strings.Contains(p.log.String(), "level=ERROR") {
		t.Error("nobody who could mend it is told")
	}
	b.upload(base+"/demande", form("do", "continue", "description", "Voici une image")).want(http.StatusOK, base+"/complement")
}

func TestTwoLargeDocumentsAtOnce(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	large := append(bytes.Clone(png), make([]byte, tickets.MaxDocument-len(png))...) // the most that is accepted
	done := make(chan *page)
	for _, name := range []string{"photo.txt", "\u202egnp.exe"} {
		go func() {
			done <- b.upload(base+"/demande", url.Values{"do": {"attach"}, "description": {"Deux photos"}}, file{name, large})
		}()
	}
	for range 2 {
		if pg := <-done; pg.status != http.StatusOK {
			t.Errorf("%d: %.300s", pg.status, pg.raw)
		}
	}
	_, docs, err := p.desk.Form(t.Context(), caller(person("creteil", "dominique")), formID(t, base))
	if err != nil || len(docs) != 2 || docs[0].MediaType != "image/png" || docs[1].MediaType != "image/png" || docs[0].Size != tickets.MaxDocument {
		t.Errorf("kept %v, %v", docs, err)
	}
	// More than the most is refused by name, and the rest stays.
	pg := b.upload(base+"/demande", form("do", "continue", "description", "Deux photos"), file{"trop.png", append(large, 0)})
	if pg.status != http.StatusUnprocessableEntity || len(pg.all("a[download]")) != 2 || !strings.Contains(pg.text("#document-error"), "20 Mo") || pg.value("description") != "Deux photos" {
		t.Errorf("%d: %s", pg.status, pg.text("main"))
	}
}

// A body that is no form of the step, or that ends before its end, is refused
// and leaves what is kept as it was.
func TestABodyThatIsNoFormOfTheStepChangesNothing(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	b.post(base, form("phone", "01 99 00 00 01", "place", "94/CRETEIL/12", "urgency", "2", "do", "continue"))
	b.upload(base+"/demande", form("do", "continue", "description", "À garder"))
	for _, c := range []struct{ step, media, body string }{
		{"", "application/x-www-form-urlencoded", ""},
		{"/demande", "application/x-www-form-urlencoded", ""},
		{"/demande", "application/x-www-form-urlencoded", "do=continue"},
		{"/demande", "multipart/form-data; boundary=b", "garbage"},
		{"/demande", "multipart/form-data; boundary=b", ""},
		{"/demande", "multipart/form-data; boundary=b", "--b--\r\n"},
		{"/complement", "application/x-www-form-urlencoded", "x=y"},
		{"/sujet", "application/x-www-form-urlencoded", "x=y"},
	} {
		b.send(http.MethodPost, base+c.step, c.media, strings.NewReader(c.body)).want(http.StatusBadRequest, "")
	}
	if pg := b.get(base + "/demande"); pg.value("description") != "À garder" {
		t.Errorf("the description is %q", pg.value("description"))
	}
	if pg := b.get(base); pg.value("place") != "94/CRETEIL/12" || pg.value("phone") != "01 99 00 00 01" {
		t.Errorf("the place is %q", pg.value("place"))
	}
}

// The name of a document is what its author sees, whatever browsers make of it
// on its way, shortened when it is too long for a line.
func TestADocumentHasItsOwnName(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	for _, x := range []struct{ sent, shown string }{
		{`l’%22écran%22.png`, `l’"écran".png`},
		{`deux%0D%0Alignes.png`, "deux lignes.png"},
		{strings.Repeat("é", 404) + ".png", "éé….png"},
	} {
		body := "--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nVoici" +
			"\r\n--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"" + x.sent + "\"\r\n\r\n" + string(png) + "\r\n--b--\r\n"
		pg := b.send(http.MethodPost, base+"/demande", "multipart/form-data; boundary=b", strings.NewReader(body)).want(http.StatusOK, "")
		if !strings.Contains(pg.text("#documents"), x.shown) {
			t.Errorf("%.40s: %s", x.sent, pg.text("#documents"))
		}
	}
}

// A text that is too long may go on in a document where one can be joined, and
// nowhere else.
func TestWhatIsTooLongMayBeADocumentWhereThereIsOne(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	if pg := b.post(base, form("urgency", "3", "place", strings.Repeat("x", tickets.MaxLine+1))); strings.Contains(pg.text("#place-error"), "document") {
		t.Errorf("a line: %s", pg.text("#place-error"))
	}
	if pg := b.upload(base+"/demande", form("do", "continue", "description", strings.Repeat("x", tickets.MaxText+1))); !strings.Contains(pg.text("#description-error"), "Joignez un document") {
		t.Errorf("a description: %s", pg.text("#description-error"))
	}
}
