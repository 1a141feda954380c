package web_test

import (
	"net/http"
	"strings"
	"testing"

	"cecoia.example/tickets"
)

func TestAValidationIsOneClickThenARatingMayFollow(t *testing.T) {
	p := newPortal(t)
	dominique, camille, alix := person("creteil", "dominique"), person("creteil", "camille"), person("creteil", "alix")
	one := p.open(t, dominique, tickets.Incident, tickets.Card{Description: "Un", Beneficiary: camille.ID})
	two := p.open(t, dominique, tickets.Service, tickets.Card{Description: "Deux"})
	p.do(t, alix, one, tickets.ActionResolve, "Fait")
	p.do(t, alix, two, tickets.ActionResolve, "Fait aussi")

	// The requester and the beneficiary both have it.
	beneficiary, b := p.as(t, camille), p.as(t, dominique)
	if pg := beneficiary.get("/validations"); len(pg.all("article")) != 1 || !pg.has("a[href="+tickets.TicketPath("creteil", one.Number)+"/validation#refusal]") {
		t.Errorf("the beneficiary has %s", pg.text("main"))
	}
	pg := b.get("/validations")
	if len(pg.all("article")) != 2 {
		t.Fatalf("the requester has %s", pg.text("main"))
	}
	token := pg.value("command")
	for range 2 { // a double click
		pg = b.post("/validations", form("n", one.Number.String(), "command", token, "do", "validate"))
		pg.want(http.StatusOK, "/validations?valide="+one.Number.String())
		if !strings.Contains(pg.text("#notice"), "est validé et clôturé") || len(pg.all("article")) != 1 {
			t.Fatalf("after validating: %s", pg.text("main"))
		}
	}
	// The other one is told who did it.
	pg = beneficiary.post("/validations", form("n", one.Number.String(), "do", "validate"))
	if pg.want(http.StatusOK, "/validations"); !strings.Contains(pg.text("#notice"), "a déjà été validé par Dominique Modèle") {
		t.Errorf("the beneficiary is told %s", pg.text("#notice"))
	}

	pg = b.get("/validations?valide=" + one.Number.String())
	for _, bad := range []string{"", "0", "6", "zut", "-1"} {
		refused := b.post("/validations", form("n", one.Number.String(), "do", "rate", "rating", bad, "command", pg.value("command")))
		if refused.status != http.StatusUnprocessableEntity || !refused.has("#rating-error") || !refused.has("a[href=#rating-1]") {
			t.Errorf("rating %q: %d", bad, refused.status)
		}
	}
	pg = b.post("/validations", form("n", one.Number.String(), "do", "rate", "rating", "5", "command", pg.value("command")))
	if pg.want(http.StatusOK, "/validations"); !strings.Contains(pg.text("#notice"), "appréciation") || pg.has("[name=rating]") {
		t.Errorf("after rating: %s", pg.text("main"))
	}
	if c, err := p.desk.Case(t.Context(), caller(dominique), one.Number.Ref()); err != nil || c.Rating != 5 || c.Status != tickets.StatusClosed {
		t.Errorf("rating %d, %v", c.Rating, err)
	}
	if pg := b.get("/validations?valide=" + one.Number.String()); pg.has("[name=rating]") {
		t.Error("what is rated is offered again")
	}

	// Only what is one's own, and only what fits.
	agent := p.as(t, alix)
	agent.post("/validations", form("n", two.Number.String(), "do", "validate")).want(http.StatusForbidden, "")
	agent.post("/validations", form("n", one.Number.String(), "do", "rate", "rating", "1")).want(http.StatusForbidden, "")
	p.as(t, person("paris", "dominique")).post("/validations", form("n", two.Number.String(), "do", "validate")).want(http.StatusNotFound, "")
	beneficiary.post("/validations", form("n", two.Number.String(), "do", "validate")).want(http.StatusNotFound, "")
	b.post("/validations", form("n", "zut", "do", "validate")).want(http.StatusUnprocessableEntity, "")
	b.post("/validations", form("n", two.Number.String(), "do", "rate", "rating", "5")).want(http.StatusOK, "/validations") // not validated yet
	if c, err := p.desk.Case(t.Context(), caller(dominique), two.Number.Ref()); err != nil || c.Rating != 0 {
		t.Errorf("rated before it is validated: %d, %v", c.Rating, err)
	}
	for _, hint := range []string{two.Number.String(), "I261121_999", "zut", "%00"} {
		if pg := b.get("/validations?valide=" + hint); pg.want(http.StatusOK, "").has("[name=rating]") {
			t.Errorf("valide=%s offers to rate", hint)
		}
	}
	if pg := b.get("/validations?page=999999"); pg.path != "/validations?page=1" {
		t.Errorf("a page beyond the last: %s", pg.path)
	}
}
