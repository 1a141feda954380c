package web_test

import (
	"fmt"
	"net/url"
	"time"

	"github.com/chromedp/chromedp"

	"cecoia.example/tickets"
)

// listExhibits are the lists of tickets, and what is done to several at once.
func listExhibits(h *hall) []exhibit {
	dominique, camille, alix := person("creteil", "dominique"), person("creteil", "camille"), person("creteil", "alix")
	said := []string{
		"Service de la paie, bureau 12. Ma messagerie refuse les nouveaux messages depuis ce matin",
		"L’imprimante du CDI est muette",
		"Écran noir au démarrage, salle 204",
		"Accès à l’application des effectifs refusé depuis la rentrée pour toute l’équipe de direction, impossible de saisir avant vendredi",
	}
	var own []tickets.Case
	for i := range 48 {
		card := tickets.Card{
			Description: said[i%4], Urgency: tickets.Urgency(1 + i%3), Entity: []string{"0940001R", "EN/RECTORAT DE CRETEIL"}[i%2],
			Theme: []string{"messagerie", "poste", ""}[i%3], Private: i%9 == 0,
		}
		by, kind := dominique, tickets.Incident
		if i%4 == 3 {
			kind = tickets.Service
		}
		if i%7 == 0 {
			card.Beneficiary = camille.ID
		}
		if i%11 == 0 {
			by = camille
		}
		c := h.open(h.t, by, kind, card)
		h.pass(3 * time.Hour)
		switch i % 6 {
		case 1:
			h.do(h.t, alix, c, tickets.ActionTake, "")
		case 2:
			h.do(h.t, alix, c, tickets.ActionAsk, "Quel modèle ?")
		case 3:
			h.do(h.t, alix, c, tickets.ActionResolve, "Câble rebranché, à vérifier après un redémarrage complet du poste.")
		case 4:
			h.do(h.t, by, c, tickets.ActionWithdraw, "Câble débranché par erreur.")
		}
		if by.ID == dominique.ID && kind == tickets.Incident {
			own = append(own, c)
		}
	}
	h.exec(`UPDATE tickets SET due_at = opened_at + interval '3 days' WHERE urgency < 3`)
	validated := h.open(h.t, dominique, tickets.Incident, typedCard("", "Une panne réglée"))
	h.do(h.t, alix, validated, tickets.ActionResolve, "Réglé.")

	chosen := url.Values{"retour": {"/incidents"}}
	for _, c := range own[len(own)-8:] {
		chosen.Add("n", c.Number.String())
	}
	updates, closings := "/demandes/mise-a-jour?"+chosen.Encode(), "/demandes/cloture?"+chosen.Encode()
	return []exhibit{
		{name: "list-incidents", as: "dominique", path: "/incidents"},
		{name: "list-page-2", as: "dominique", path: "/incidents?etat=tous&page=2"},
		{name: "list-services", as: "dominique", path: "/services"},
		{name: "list-sorted", as: "dominique", path: "/incidents?tri=-urgence&etat=tous"},
		{name: "list-filtered", as: "dominique", path: "/incidents?etat=tous&theme=messagerie&texte=messages&du=2026-11-01&au=2026-12-31"},
		{name: "list-filter-refused", as: "dominique", path: "/incidents?du=hier&texte=messages"},
		{name: "list-nothing-found", as: "dominique", path: "/incidents?texte=xyzzy"},
		{name: "list-none", as: "robin", path: "/services?etat=clotures"},
		{name: "list-overdue", as: "alix", path: "/incidents?portee=bureau&etat=en-retard"},
		{name: "list-desk", as: "alix", path: "/incidents?portee=bureau&etat=tous"},
		{name: "several-update", as: "dominique", path: updates},
		{name: "several-update-refused", as: "dominique", path: updates, then: func(c *chromium) { c.submit("main form button.main") }},
		{name: "several-update-done", as: "dominique", path: updates, then: func(c *chromium) {
			c.do("words", chromedp.SendKeys("#text", "Toujours en panne ce matin."))
			c.submit("main form button.main")
		}},
		{name: "several-close", as: "dominique", path: closings + "&n=I261121_999"},
		{name: "several-close-desk", as: "alix", path: closings},
		{name: "several-close-done", as: "dominique", path: closings, then: func(c *chromium) {
			c.do("words", chromedp.SendKeys("#text", "Réparé par un collègue."))
			c.submit("main form button.main")
		}},
		{name: "validations", as: "dominique", path: "/validations"},
		{name: "validations-none", as: "robin", path: "/validations"},
		{name: "validations-rate", as: "dominique", path: "/validations", then: func(c *chromium) {
			c.submit(fmt.Sprintf(`form:has([value="%s"]) button[value=validate]`, validated.Number))
		}},
	}
}
