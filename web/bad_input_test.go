package web_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"cecoia.example/tickets"
)

func TestBadInputIsSaidAndLosesNothing(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	b.upload(base+"/demande", form("do", "continue", "description", "Ce qui est gardé"))

	long := strings.Repeat("é", 100_000)
	pg := b.upload(base+"/demande", form("do", "continue", "description", long))
	pg.want(http.StatusUnprocessableEntity, "")
	if pg.value("description") != "\n"+long && pg.value("description") != long {
		t.Error("the long description is not shown again")
	}
	if !strings.HasPrefix(pg.text("title"), "Erreur :") || !strings.Contains(pg.text("#errors"), "trop long") ||
		!strings.Contains(pg.text("#description-error"), "trop long") || !pg.has("a[href=#description]") {
		t.Errorf("the refusal is not told: %s", pg.text("#errors"))
	}
	for name, bad := range map[string]string{"invalid UTF-8": "caf\xe9", "NUL": "a\x00b", "empty": "  \n "} {
		pg := b.upload(base+"/demande", form("do", "continue", "description", bad))
		if pg.status != http.StatusUnprocessableEntity || !pg.has("#description-error") {
			t.Errorf("%s: %d", name, pg.status)
		}
	}
	// An empty text was kept, as a draft may be; nothing else was.
	if pg := b.get(base + "/demande"); strings.TrimSpace(pg.value("description")) != "" {
		t.Errorf("kept %q", pg.value("description"))
	}
	b.post(base+"/verification", form("do", "send")).want(http.StatusUnprocessableEntity, base+"/verification")

	hostile := `<script>alert(1)</script> @all "'><img src=x onerror=alert(1)>` + "\u202e"
	b.upload(base+"/demande", form("do", "continue", "description", hostile)).want(http.StatusOK, base+"/complement")
	pg = b.get(base + "/verification")
	if pg.has("img") || len(pg.all("script")) != 1 || !strings.Contains(pg.text("main"), "<script>alert(1)</script>") {
		t.Error("the description is not escaped")
	}

	pg = b.post(base, form("do", "continue", "urgency", "9", "entity", "0940001Z", "phone", strings.Repeat("0", 500)))
	pg.want(http.StatusUnprocessableEntity, "")
	for _, name := range []string{"phone", "entity", "urgency"} {
		if !pg.has("#" + name + "-error") {
			t.Errorf("no error by %s", name)
		}
	}
	if pg.value("entity") != "0940001Z" {
		t.Errorf("the entity is lost: %s", pg.value("entity"))
	}
	before := strings.Count(p.log.String(), "msg=refused")
	b.post(base+"/complement", form("do", "continue", "theme", "alchimie")).want(http.StatusUnprocessableEntity, "")
	if after := strings.Count(p.log.String(), "msg=refused"); after != before+1 || strings.Contains(p.log.String(), "alchimie") {
		t.Errorf("a refusal makes %d lines in the log:\n%s", after-before, p.log)
	}
	if lines := strings.Count(p.log.String(), "level=ERROR"); lines != 0 {
		t.Errorf("%d errors logged:\n%s", lines, p.log)
	}
}

func TestARefusedDocumentDoesNotTakeTheRestWithIt(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	big := append(bytes.Clone(png), make([]byte, tickets.MaxDocument)...)
	pg := b.upload(base+"/demande", form("do", "continue", "description", "Voici les documents"),
		file{"bon.png", png}, file{"page.html", []byte("<html><script>alert(1)</script></html>")}, file{"faux.png", []byte("MZ\x90\x00\x03\x00\x00\x00\x04")},
		file{"lourd.png", big}, file{"vide.txt", nil}, file{"../../autre.txt", []byte("bonjour")}, file{"..", []byte("bonjour")})
	pg.want(http.StatusUnprocessableEntity, "")
	errs := pg.text("#errors")
	for _, want := range []string{"page.html", "faux.png", "« lourd.png » dépasse 20 Mo", "vide.txt", "Le nom du document"} {
		if !strings.Contains(errs, want) {
			t.Errorf("the refusal of %s is not told: %s", want, errs)
		}
	}
	docs := pg.text("#documents")
	if !strings.Contains(docs, "bon.png") || !strings.Contains(docs, "autre.txt") || strings.Contains(docs, "..") || strings.Contains(docs, "page.html") {
		t.Errorf("kept: %s", docs)
	}
	if !strings.Contains(pg.value("description"), "Voici les documents") {
		t.Error("the description is lost")
	}

	// One is removed, the other downloaded: never shown, never run.
	var detach string
	for _, n := range pg.all("button") {
		if v, _ := attr(n, "value"); strings.HasPrefix(v, "detach:") && detach == "" {
			detach = v
		}
	}
	pg = b.upload(base+"/demande", form("do", detach, "description", "Voici les documents"))
	if pg.want(http.StatusOK, base+"/demande"); len(pg.all("a[download]")) != 1 {
		t.Fatalf("after removing one: %s", pg.text("#documents"))
	}
	b.upload(base+"/demande", form("do", detach, "description", "Voici les documents")).want(http.StatusOK, base+"/demande")
	href, _ := attr(pg.one("a[download]"), "href")
	got := b.get(href)
	if got.status != http.StatusOK || string(got.raw) != "bonjour" ||
		!strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") || got.header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("download: %d, %v", got.status, got.header)
	}
	// It is its author's alone until it is sent.
	p.as(t, person("creteil", "alix")).get(href).want(http.StatusNotFound, "")
	p.as(t, person("paris", "dominique")).get(href).want(http.StatusNotFound, "")
}

func TestARefusedDocumentHoldsTheUpdateBack(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	b := p.as(t, who)
	path := tickets.TicketPath(c.Academy, c.Number)
	pg := b.upload(path+"/mise-a-jour", form("do", "complement", "text", "Voir ci-joint"), file{"virus.exe", []byte("MZ\x90\x00\x03\x00\x00\x00\x04")}, file{"bon.png", png})
	pg.want(http.StatusUnprocessableEntity, "")
	if !strings.Contains(pg.value("text"), "Voir ci-joint") || !strings.Contains(pg.text("#documents"), "bon.png") {
		t.Error("the words or the good document are lost")
	}
	if pg := b.get(path); len(pg.all("p.event")) != 1 {
		t.Errorf("%d events: something was sent", len(pg.all("p.event")))
	}
}

func TestAnUpdateThatComesTooLateKeepsItsWords(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	p.do(t, who, c, tickets.ActionWithdraw, "Réparé")
	pg := p.as(t, who).upload(tickets.TicketPath(c.Academy, c.Number)+"/mise-a-jour", form("do", "complement", "text", "Voir ci-joint"), file{"bon.png", png})
	pg.want(http.StatusConflict, "")
	if !strings.Contains(pg.value("text"), "Voir ci-joint") || !strings.Contains(pg.text("#errors"), "a déjà été clôturé") {
		t.Errorf("the words are lost, or why: %s", pg.text("main"))
	}
}

func TestBodiesAreBoundedAndMayBeCut(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	pg := b.post(base, form("do", "continue", "urgency", "3", "place", strings.Repeat("x", 8<<20)))
	pg.want(http.StatusRequestEntityTooLarge, base)

	cut := "--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a.png\"\r\n\r\n" + string(png)
	pg = b.send(http.MethodPost, base+"/demande", "multipart/form-data; boundary=b", strings.NewReader(cut))
	pg.want(http.StatusBadRequest, "")
	pg = b.send(http.MethodPost, base+"/demande", "multipart/form-data", strings.NewReader("x"))
	pg.want(http.StatusBadRequest, "")
	many := &bytes.Buffer{}
	for i := range 1000 {
		fmt.Fprintf(many, "--b\r\nContent-Disposition: form-data; name=\"f%d\"\r\n\r\nx\r\n", i)
	}
	b.send(http.MethodPost, base+"/demande", "multipart/form-data; boundary=b", io.MultiReader(many, strings.NewReader("--b--\r\n"))).want(http.StatusBadRequest, "")
	if pg := b.get(base + "/demande"); pg.has("a[download]") {
		t.Error("a document cut half-way was kept")
	}
}

func TestAnActionThatNoLongerFitsSaysWhoDidWhat(t *testing.T) {
	p := newPortal(t)
	who, alix, robin := person("creteil", "dominique"), person("creteil", "alix"), person("creteil", "robin")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	path := tickets.TicketPath(c.Academy, c.Number)
	p.do(t, alix, c, tickets.ActionTake, "")
	pg := p.as(t, robin).post(path, form("do", "take"))
	if pg.want(http.StatusConflict, path); !strings.Contains(pg.text("#errors"), "a déjà été pris par Alix Modèle") {
		t.Errorf("the conflict says %s", pg.text("#errors"))
	}
	p.as(t, alix).post(path, form("do", "take")).want(http.StatusOK, path) // the same again is a success
	pg = p.as(t, alix).post(path, form("do", "resolve", "text", ""))
	if pg.want(http.StatusUnprocessableEntity, path); !pg.has("#text-resolve-error") || !pg.has("details[open]") {
		t.Error("the missing solution is not asked for")
	}
	b := p.as(t, who)
	b.post(path, form("do", "take")).want(http.StatusForbidden, path)
	b.post(path, form("do", "explode")).want(http.StatusUnprocessableEntity, path)
	b.post(path+"/validation", form("do", "validate")).want(http.StatusConflict, "")
	b.post(path+"/validation", form("do", "validate", "rating", "9")).want(http.StatusConflict, "")
	p.do(t, alix, c, tickets.ActionResolve, "Fait")
	b.post(path+"/validation", form("do", "validate", "rating", "9")).want(http.StatusUnprocessableEntity, "")
	pg = b.post(path+"/cloture", form("do", "withdraw", "text", "Trop tard"))
	if pg.want(http.StatusConflict, ""); !strings.Contains(pg.text("#errors"), "a déjà été réglé par Alix Modèle") {
		t.Errorf("the conflict says %s", pg.text("#errors"))
	}
}

func TestAFailureOfTheDatabaseIsLoggedOnceAndNeverShown(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	p.db.Close()
	pg := b.get("/")
	if pg.status < 500 {
		t.Fatalf("status %d", pg.status)
	}
	id := pg.text("#request-id")
	if strings.Count(p.log.String(), "trace="+id) != 1 {
		t.Errorf("request %s in the log:\n%s", id, p.log)
	}
	if strings.Contains(string(pg.raw), "pool") || strings.Contains(string(pg.raw), "postgres") {
		t.Error("the page shows the failure raw")
	}
}
