package web_test

import (
	"time"

	"github.com/chromedp/chromedp"

	"cecoia.example/tickets"
)

// majorExhibits are the pages on which a major incident shows: before it, while
// it goes on, and after.
func majorExhibits(h *hall) []exhibit {
	dominique, camille, alix := person("creteil", "dominique"), person("creteil", "camille"), person("creteil", "alix")
	struck, storm := h.storm()
	h.visitor("lou").post("/supervision", form("alert", storm.Alert.String(), "do", "major", "return", "/supervision"))
	majors, err := h.desk.Majors(h.t.Context(), caller(alix))
	if err != nil || len(majors) != 1 {
		h.t.Fatalf("%d major incidents, %v", len(majors), err)
	}
	started := h.caseOf(majors[0].Number.Ref())
	for i := range 22 {
		h.pass(15 * time.Second)
		h.open(h.t, []tickets.Person{dominique, camille}[i%2], tickets.Incident,
			typedCard("", "Ma messagerie refuse mon mot de passe depuis ce matin, comme celle de mes collègues du secrétariat."))
	}
	for range 5 {
		card := typedCard("", "Le poste reste sur un écran bleu.")
		card.Theme = "poste"
		h.open(h.t, camille, tickets.Incident, card)
	}
	h.minute()
	h.do(h.t, alix, started, tickets.ActionTake, "")
	h.do(h.t, alix, started, tickets.ActionInform, "Le serveur de messagerie redémarre : comptez une vingtaine de minutes. Vos messages ne sont pas perdus.")
	h.minute()
	h.do(h.t, dominique, struck[4], tickets.ActionWithdraw, "Cela remarche chez moi.")
	elsewhere := func(description string) tickets.Case {
		card := typedCard("", description)
		card.Entity = "0930001W"
		return h.open(h.t, dominique, tickets.Incident, card)
	}
	alone, resolved := elsewhere("Ma messagerie ne répond plus."), elsewhere("L’imprimante du secrétariat n’imprime plus.")
	h.do(h.t, alix, resolved, tickets.ActionResolve, "Le toner est changé.")
	h.exec(`UPDATE tickets SET lapse_at = $2 WHERE id = $1`, resolved.ID, h.clock().Add(9*24*time.Hour))

	b := h.visitor("dominique")
	base := b.post("/incidents/nouveau", nil).path
	b.post(base, form("do", "continue", "phone", "01 99 00 00 01", "place", "94/CRETEIL", "entity", "0940001R", "urgency", "2", "parent", started.ID.String()))
	b.upload(base+"/demande", form("do", "continue", "description", "Ma messagerie ne répond plus."))
	card := typedCard("", "Ma messagerie ne répond plus, bureau 14.")
	card.Parent = started.ID
	sent := h.open(h.t, dominique, tickets.Incident, card)

	near := "/supervision/alertes/" + storm.Alert.String()
	return []exhibit{
		{name: "supervision-storm", as: "lou", path: "/supervision"},
		{name: "supervision-storm-near", as: "lou", path: near},
		{name: "major-form", as: "dominique", path: base},
		{name: "supervision-storm-declared", as: "lou", path: "/supervision", then: func(c *chromium) { c.submit("button[value=major]") }},
		{name: "major", as: "alix", path: at(started)},
		{name: "major-inform", as: "alix", path: at(started) + "?faire=inform"},
		{name: "major-joined", as: "dominique", path: at(struck[0])},
		{name: "major-joined-desk", as: "alix", path: at(struck[0])},
		{name: "major-withdrawn", as: "dominique", path: at(struck[4])},
		{name: "major-join", as: "alix", path: at(alone) + "?faire=join"},
		{name: "major-join-refused", as: "alix", path: at(alone) + "?faire=join", then: func(c *chromium) {
			c.do("none", chromedp.SetValue("#major", ""))
			c.submit("#do-join button[value=join]")
		}},
		{name: "major-form-check", as: "dominique", path: base + "/verification"},
		{name: "major-form-sent", as: "dominique", path: at(sent) + "/confirmation"},
		{name: "major-lapse", as: "dominique", path: at(resolved)},
		{name: "major-lapse-desk", as: "alix", path: at(resolved)},
		{name: "major-lapse-validation", as: "dominique", path: at(resolved) + "/validation"},
		{name: "major-lapse-list", as: "dominique", path: "/validations"},
		{name: "major-forms", as: "dominique", path: base},
		{name: "supervision-storm-over", as: "lou", path: near, then: func(c *chromium) {
			for range 20 {
				h.minute()
			}
			c.open(near)
		}},
	}
}
