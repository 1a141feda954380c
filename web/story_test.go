package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cecoia.example/tickets"
)

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89")

func TestAStoryFromTheFormToTheValidation(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))

	// The number is there before sending, the identity comes from the directory.
	pg := b.get("/incidents/nouveau")
	number, base := pg.text("#number"), pg.path
	if number != "I261121_001" || pg.value("phone") != "01 99 00 00 01" || pg.value("entity") != "0940001R" || pg.value("urgency") != "3" {
		t.Fatalf("the form begins with %s, %s, %s, %s", number, pg.value("phone"), pg.value("entity"), pg.value("urgency"))
	}
	pg = b.post(base, form("do", "continue", "phone", "01 99 00 00 99", "place", "94/CRETEIL", "entity", "0940001r", "urgency", "2"))
	pg.want(http.StatusOK, base+"/demande")
	pg = b.upload(base+"/demande", form("do", "attach", "description", "Service paie, bureau 12 : écran noir."), file{"écran.png", png})
	if pg.want(http.StatusOK, base+"/demande").value("description") != "Service paie, bureau 12 : écran noir." {
		t.Error("attaching lost the description")
	}
	if !strings.Contains(pg.text("#documents"), "écran.png") {
		t.Errorf("the document is not listed: %s", pg.text("#documents"))
	}
	pg = b.upload(base+"/demande", form("do", "continue", "description", "Service paie, bureau 12 : écran noir."))
	pg.want(http.StatusOK, base+"/complement")
	pg = b.post(base+"/complement", form("do", "continue", "theme", "poste", "availability", "lundi matin", "other_phone", "06 99 00 00 00"))
	pg.want(http.StatusOK, base+"/verification")
	for _, want := range []string{"01 99 00 00 99", "0940001R", "écran noir", "écran.png", "Poste de travail", "lundi matin", "2 - Haute"} {
		if !strings.Contains(pg.text("main"), want) {
			t.Errorf("the check does not show %q", want)
		}
	}
	pg = b.post(base+"/verification", form("do", "send"))
	path := "/demandes/creteil/" + number
	if pg.want(http.StatusOK, path+"/confirmation").text("#number") != number {
		t.Errorf("the confirmation shows %s", pg.text("#number"))
	}
	// A double click, and the Back button.
	b.post(base+"/verification", form("do", "send")).want(http.StatusOK, path+"/confirmation")
	b.get(base+"/demande").want(http.StatusOK, path+"/confirmation")
	if late := b.upload(base+"/demande", form("do", "continue", "description", "Trop tard")).want(http.StatusOK, path+"/confirmation"); !strings.Contains(late.text("#notice"), "n’y a pas été ajouté") {
		t.Errorf("words that came late: %q", late.text("#notice"))
	}
	if pg := b.get("/incidents"); len(pg.all("td.t-number")) != 1 || pg.text(".pages") != "1 – 1 / 1" {
		t.Errorf("the list has %d rows, %s", len(pg.all(".t-number")), pg.text(".pages"))
	}

	// The desk takes it and asks, on the portal.
	agent := p.as(t, person("creteil", "alix"))
	pg = agent.get(path)
	command := pg.value("command")
	if pg = agent.post(path, form("do", "take", "command", command)); pg.text("#status") != "En cours" || !pg.has("#notice") {
		t.Fatalf("after taking: %s", pg.text("#status"))
	}
	pg = agent.post(path, form("do", "ask", "text", "Quel écran ?", "command", command))
	if pg.text("#status") != "En attente de précisions" {
		t.Fatalf("after asking: %s", pg.text("#status"))
	}
	if pg := b.get("/"); !strings.Contains(pg.text(".waiting"), number) || pg.text("#count-incidents") != "1" {
		t.Errorf("the first page does not tell that an answer is asked: %s", pg.text("main"))
	}

	// A refused mail waits on the update page.
	c, err := p.desk.Case(t.Context(), caller(person("creteil", "dominique")), tickets.Ref{Kind: "I", Day: "261121", Rank: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.desk.RefuseMail(t.Context(), tickets.InboundMail{
		Academy: "creteil", Person: c.Requester, Ticket: c.ID, Hash: [32]byte{1}, Sender: "dominique@creteil.example", Verdict: "guide",
	}, "Celui de gauche.", nil)
	if err != nil {
		t.Fatal(err)
	}
	pg = b.get(path + "/mise-a-jour")
	if pg.value("text") != "Celui de gauche." || !strings.Contains(pg.text("#draft"), "relisez-la puis envoyez") {
		t.Fatalf("the update page is prefilled with %q", pg.value("text"))
	}
	pg = b.upload(path+"/mise-a-jour", form("do", "complement", "text", pg.value("text"), "command", pg.value("command"), "draft", pg.value("draft")), file{"photo.png", png})
	if pg.want(http.StatusOK, path).text("#status") != "En cours" || !strings.Contains(pg.text("#timeline"), "photo.png") {
		t.Fatalf("after the update: %s\n%s", pg.text("#status"), pg.text("#timeline"))
	}

	if pg := b.get(path + "/mise-a-jour"); pg.has("#draft") || pg.value("text") != "" {
		t.Errorf("the draft is still there once sent: %q", pg.value("text"))
	}

	// Resolved, refused, resolved, validated.
	agent.post(path, form("do", "note", "text", "Écran de récupération en réserve."))
	agent.post(path, form("do", "resolve", "text", "Câble rebranché.")).want(http.StatusOK, path)
	if pg := b.get("/validations"); !strings.Contains(pg.text("main"), number) {
		t.Error("the resolved ticket is not under Validations")
	}
	pg = b.post(path+"/validation", form("do", "refuse", "text", ""))
	if pg.want(http.StatusUnprocessableEntity, "").text("#errors") == "" || !strings.HasPrefix(pg.text("title"), "Erreur :") {
		t.Error("a refusal without a reason shows no error")
	}
	b.post(path+"/validation", form("do", "refuse", "text", "Toujours noir.")).want(http.StatusOK, path)
	agent.post(path, form("do", "resolve", "text", "Écran changé.")).want(http.StatusOK, path)
	pg = b.post(path+"/validation", form("do", "validate", "rating", "5"))
	if pg.want(http.StatusOK, path).text("#status") != "Clôturé (validé)" {
		t.Fatalf("after validation: %s", pg.text("#status"))
	}
	if strings.Contains(pg.text("#timeline"), "récupération") {
		t.Error("the requester reads an internal note")
	}
	for _, n := range pg.all("button[name=do]") {
		if do, _ := attr(n, "value"); do != "add" { // the star stays
			t.Errorf("a closed ticket offers %s", do)
		}
	}
	// An old link to the validation says who did what.
	if pg := b.get(path + "/validation"); !strings.Contains(pg.text("#notice"), "a déjà été validé par Dominique Modèle") {
		t.Errorf("the notice says %q", pg.text("#notice"))
	}
}

func TestAnAdditionToAResolvedTicketMayRefuseIt(t *testing.T) {
	p := newPortal(t)
	who, desk := person("creteil", "dominique"), person("creteil", "alix")
	c := p.open(t, who, tickets.Service, tickets.Card{Description: "Un accès"})
	p.do(t, desk, c, tickets.ActionResolve, "Accès ouvert.")
	b := p.as(t, who)
	path := tickets.TicketPath(c.Academy, c.Number)
	pg := b.get(path + "/mise-a-jour")
	if !pg.has("button[value=refuse]") || !pg.has("button[value=complement]") {
		t.Fatal("the two ways to answer are not offered")
	}
	if !pg.has("a[href=" + path + "/validation]") {
		t.Error("who wrote that it works is not led to the validation")
	}
	pg = b.upload(path+"/mise-a-jour", form("do", "refuse", "text", "Toujours refusé."))
	if pg.want(http.StatusOK, path).text("#status") != "En cours" {
		t.Errorf("status %s", pg.text("#status"))
	}
}

func TestWithdrawingBeforeTheIntervention(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Imprimante muette"})
	b := p.as(t, who)
	path := tickets.TicketPath(c.Academy, c.Number)
	b.post(path+"/cloture", form("do", "withdraw")).want(http.StatusUnprocessableEntity, "")
	pg := b.post(path+"/cloture", form("do", "withdraw", "text", "Câble débranché par erreur"))
	if pg.want(http.StatusOK, path).text("#status") != "Clôturé (retiré par le demandeur)" {
		t.Errorf("status %s", pg.text("#status"))
	}
}

func TestAFormSentTwiceAtOnceIsOneTicket(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/services/nouveau").path
	b.upload(base+"/demande", form("do", "continue", "description", "Une clé OTP"))
	done := make(chan *page)
	for range 2 {
		go func() { done <- b.post(base+"/verification", form("do", "send")) }()
	}
	first, second := <-done, <-done
	if first.status != http.StatusOK || first.path != second.path || !strings.HasSuffix(first.path, "/confirmation") {
		t.Errorf("%d at %s, %d at %s", first.status, first.path, second.status, second.path)
	}
	if pg := b.get("/services"); len(pg.all(".t-number")) != 1 {
		t.Errorf("%d tickets", len(pg.all(".t-number")))
	}
}

func TestAnActionSentTwiceAppliesOnceAndOtherWordsAreNotLost(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Lenteurs"})
	b := p.as(t, who)
	path := tickets.TicketPath(c.Academy, c.Number)
	token := b.get(path + "/mise-a-jour").value("command")
	for _, text := range []string{"Le matin surtout.", "Le matin surtout.", "Et le soir."} {
		b.upload(path+"/mise-a-jour", form("do", "complement", "text", text, "command", token)).want(http.StatusOK, path)
	}
	events, err := p.db.Events(t.Context(), "creteil", c.ID, true)
	if err != nil || len(events) != 3 {
		t.Errorf("%d events, want the opening and two additions; %v", len(events), err)
	}
	token = b.get(path + "/cloture").value("command")
	for _, told := range [][2]string{{"Ça remarche.", "est clôturé"}, {"Ça remarche.", "est clôturé"}, {"Ou presque.", "n’y a pas été ajouté"}} {
		pg := b.post(path+"/cloture", form("do", "withdraw", "text", told[0], "command", token)).want(http.StatusOK, path)
		if !strings.Contains(pg.text("#notice"), told[1]) {
			t.Errorf("withdrawing with %q: %s", told[0], pg.text("#notice"))
		}
	}
}

func TestAnUnsentFormIsResumedOrCancelled(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	b := p.as(t, who)
	base := b.get("/incidents/nouveau").path
	b.upload(base+"/demande", form("do", "continue", "description", "Panne de réseau"))

	again := p.as(t, who) // after signing in anew
	if pg := again.get("/"); !pg.has("a[href=" + base + "]") {
		t.Fatal("the first page does not offer to resume")
	}
	if pg := again.get("/incidents/nouveau"); !pg.has("a[href="+base+"]") || !pg.has("#another") {
		t.Errorf("the form begun is not offered at %s", pg.path)
	}
	again.get(base+"/annulation").want(http.StatusOK, "")
	again.post(base+"/annulation", form("do", "cancel")).want(http.StatusOK, "/")
	again.post(base+"/annulation", form("do", "cancel")).want(http.StatusOK, "/")
	if pg := b.get(base).want(http.StatusGone, ""); !strings.Contains(pg.text("main"), "n’est plus valable") {
		t.Error("an expired form does not say so")
	}
	b.post(base, form("do", "continue", "urgency", "3")).want(http.StatusGone, "")
	b.post(base+"/verification", form("do", "send")).want(http.StatusGone, "")
}
