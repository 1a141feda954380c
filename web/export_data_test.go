package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// importAgain imports the directory's entry of the person anew.
func (p *portal) importAgain(t *testing.T, who tickets.Person) {
	t.Helper()
	if err := p.db.ImportPeople(t.Context(), who.Academy, []postgres.Entry{{Person: who, PasswordHash: demoHash()}}); err != nil {
		t.Fatal(err)
	}
}

func TestOnesOwnDataAreExported(t *testing.T) {
	p := newPortal(t)
	who, agent := person("creteil", "dominique"), person("creteil", "alix")
	mine := p.open(t, who, tickets.Incident, tickets.Card{Description: "Mon écran"})
	p.do(t, agent, mine, tickets.ActionTake, "")
	p.do(t, agent, mine, tickets.ActionNote, "Note interne secrète")
	p.do(t, agent, mine, tickets.ActionInform, "Nous passons demain.")
	p.open(t, person("creteil", "camille"), tickets.Incident, tickets.Card{Description: "L’écran de Camille"})
	for range 120 {
		p.open(t, who, tickets.Service, tickets.Card{Description: "Un accès"})
	}
	if err := p.desk.StarTicket(t.Context(), caller(who), mine.ID); err != nil {
		t.Fatal(err)
	}
	if err := p.desk.StarSearch(t.Context(), caller(who), "/recherche?q=imprimante", "Imprimantes"); err != nil {
		t.Fatal(err)
	}
	b := p.as(t, who)
	b.post(b.get("/incidents/nouveau").path+"/demande", form("description", "Pas encore envoyé", "do", "continue"))
	pg := b.get("/donnees-personnelles")
	if action, _ := attr(pg.one("form[action=/donnees-personnelles/export]"), "method"); action != "post" {
		t.Error("no button")
	}
	pg = b.post("/donnees-personnelles/export", nil).want(http.StatusOK, "/donnees-personnelles/export")
	if got := pg.header.Get("Content-Disposition"); got != "attachment; filename=cecoia-2026-11-21.json" {
		t.Errorf("Content-Disposition %q", got)
	}
	var data struct {
		Person tickets.Person `json:"person"`
		Forms  []struct {
			Card tickets.Card `json:"card"`
		} `json:"forms"`
		Favourites []struct {
			Ticket, Address, Label string
		} `json:"favourites"`
		Tickets []struct {
			Number string `json:"number"`
			Events []struct {
				By   string `json:"by"`
				Text string `json:"text"`
			} `json:"events"`
		} `json:"tickets"`
	}
	if err := json.Unmarshal(pg.raw, &data); err != nil {
		t.Fatalf("%v in %.400s", err, pg.raw)
	}
	if data.Person.Email != who.Email || len(data.Forms) != 1 || data.Forms[0].Card.Description != "Pas encore envoyé" || len(data.Tickets) != 121 {
		t.Errorf("person %s, %d forms, %d tickets", data.Person.Email, len(data.Forms), len(data.Tickets))
	}
	if f := data.Favourites; len(f) != 2 || f[0].Label+f[1].Label != "Imprimantes" || f[0].Ticket+f[1].Ticket != mine.Number.String() {
		t.Errorf("favourites %+v", f)
	}
	if first := data.Tickets[0]; first.Number != mine.Number.String() || len(first.Events) != 3 || first.Events[2].Text != "Nous passons demain." || first.Events[2].By != agent.Name() {
		t.Errorf("the first ticket is %+v", first)
	}
	for _, secret := range []string{"secrète", "Camille", "fingerprint", "$argon2"} {
		if strings.Contains(string(pg.raw), secret) {
			t.Errorf("the file tells %q", secret)
		}
	}
	// An agent's file is that of the person, not of the desk.
	if _, err := p.desk.SetDirectMessages(t.Context(), caller(agent), tickets.DirectMessages{Quiet: tickets.Quiet{From: 18 * 60, To: 8 * 60}}); err != nil {
		t.Fatal(err)
	}
	pg = p.as(t, agent).post("/donnees-personnelles/export", nil)
	if strings.Contains(string(pg.raw), "Mon écran") {
		t.Error("an agent exports the desk")
	}
	if !strings.Contains(string(pg.raw), `"direct_messages":{"quiet":{"from":1080,"to":480}}`) {
		t.Error("not how they want to be told")
	}
	if pg := p.browser(t).get("/donnees-personnelles"); pg.has("#export-button") || !pg.has("a[href=/connexion?suite=%2Fdonnees-personnelles]") {
		t.Error("signed out, the page offers what it cannot give")
	}
}
