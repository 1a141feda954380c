package web_test

import (
	"net/http"
	"testing"

	"cecoia.example/tickets"
)

// Each page shows where it belongs in the menu.
func TestTheMenuSaysWhereOneIs(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	incident := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	service := p.open(t, who, tickets.Service, tickets.Card{Description: "Un écran"})
	done := p.open(t, who, tickets.Incident, tickets.Card{Description: "Autre panne"})
	p.do(t, person("creteil", "alix"), done, tickets.ActionTake, "")
	p.do(t, person("creteil", "alix"), done, tickets.ActionResolve, "Réparé.")
	b := p.as(t, who)
	path := func(c tickets.Case) string { return tickets.TicketPath(c.Academy, c.Number) }
	for address, want := range map[string]string{
		"/incidents":                                 "page Suivi des incidents",
		"/favoris":                                   "page Mes favoris",
		path(incident):                               "true Suivi des incidents",
		path(incident) + "/mise-a-jour":              "true Suivi des incidents",
		path(service):                                "true Suivi des demandes de service",
		path(done) + "/validation":                   "true Validations",
		b.get("/incidents/nouveau").path:             "true Nouvel incident",
		b.get("/services/nouveau").path + "/demande": "true Nouvelle demande de service",
		"/preferences":                               "",
	} {
		pg := b.get(address).want(http.StatusOK, address)
		var got string
		for a := range pg.one(".menu").Descendants() {
			if current, ok := attr(a, "aria-current"); ok {
				got += current + " " + words(a)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
