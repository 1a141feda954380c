package web_test

import (
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"cecoia.example/tickets"
)

// formExhibits are the steps of a new incident or service request.
func formExhibits(h *hall) []exhibit {
	families := []string{"Exemple", "Échantillon", "D’Essai", "Fictif"}
	var staff []string
	for i := range 26 {
		staff = append(staff, fmt.Sprintf("%s-Modèle %d", families[i%4], i+1))
	}
	people := h.hire(h.t, "creteil", staff...)
	b := h.visitor("dominique")
	full := b.get("/incidents/nouveau").path
	b.post(full+"/beneficiaire", form("person", people[1].ID.String()))
	b.post(full, form("do", "continue", "phone", "01 99 00 00 77", "place", "94/CRETEIL/Bâtiment A", "entity", "0940001R",
		"equipment", "Portable", "equipment_info", "Étiquette 2041", "urgency", "2", "private", "1"))
	b.upload(full+"/demande", form("do", "continue", "description",
		"Service de la paie, bureau 12.\nLa messagerie refuse les nouveaux messages depuis ce matin, et dit que la boîte est pleine."),
		file{"copie d’écran.png", png}, file{"liste-des-boites-concernees-par-la-panne-de-lundi-matin.txt", []byte("a, b")})
	b.post(full+"/complement", form("do", "continue", "theme", "messagerie", "request_type", "panne", "availability", "lundi et mardi matin", "other_phone", "06 99 00 00 00"))
	b.post(full+"/sujet", form("do", "continue", "subject", "quota"))
	empty := b.post("/incidents/nouveau", nil).path
	b.upload(empty+"/demande", form("do", "attach", "description", " "), file{"seul.png", png})
	service := b.get("/services/nouveau").path
	b.upload(service+"/demande", form("do", "continue", "description", "Une clé OTP"))

	left := h.visitor("camille")
	orphan := left.get("/incidents/nouveau").path
	left.post(orphan+"/beneficiaire", form("person", people[0].ID.String()))
	left.upload(orphan+"/demande", form("do", "continue", "description", "Pour quelqu’un qui est parti"))
	h.exec(`UPDATE people SET active = false WHERE id = $1`, people[0].ID)
	busy := h.visitor("robin")
	for i := range tickets.MaxForms {
		f := busy.post("/services/nouveau", nil)
		busy.upload(f.path+"/demande", form("do", "continue", "description", fmt.Sprint("Demande commencée n° ", i+1)))
	}

	mine := h.open(h.t, person("creteil", "dominique"), tickets.Incident, typedCard("", "Un écran noir"))
	card := typedCard("", "Un écran noir")
	card.Beneficiary = people[2].ID
	theirs := h.open(h.t, person("creteil", "dominique"), tickets.Incident, card)

	next := func(c *chromium) { c.submit("button[value=continue]") }
	return []exhibit{
		{name: "form-resume", as: "dominique", path: "/incidents/nouveau"},
		{name: "form-too-many", as: "robin", path: "/services/nouveau", then: func(c *chromium) { c.submit("#another") }},
		{name: "form-place", as: "dominique", path: empty},
		{name: "form-place-other", as: "dominique", path: full},
		{name: "form-place-left", as: "camille", path: orphan},
		{name: "form-place-refused", as: "dominique", path: empty, then: func(c *chromium) {
			c.do("wrong entity", chromedp.SetValue("#entity", "0940001Z"))
			next(c)
		}},
		{name: "form-whom", as: "dominique", path: full + "/beneficiaire"},
		{name: "form-whom-found", as: "dominique", path: full + "/beneficiaire?q=zoe+d%27essai+3"},
		{name: "form-whom-pages", as: "dominique", path: full + "/beneficiaire?q=modele&page=2"},
		{name: "form-whom-none", as: "dominique", path: full + "/beneficiaire?q=xyzzy"},
		{name: "form-whom-refused", as: "dominique", path: full + "/beneficiaire?q="},
		{name: "form-whom-proposed", as: "dominique", path: empty + "/beneficiaire", then: func(c *chromium) {
			c.do("names", chromedp.SendKeys("#q", "echan"), chromedp.WaitVisible("#proposed li"), chromedp.KeyEvent(kb.ArrowDown))
		}},
		{name: "form-request", as: "dominique", path: empty + "/demande"},
		{name: "form-request-filled", as: "dominique", path: full + "/demande"},
		{name: "form-request-refused", as: "dominique", path: empty + "/demande", then: next},
		{name: "form-request-overtaken", as: "dominique", path: service + "/demande", then: func(c *chromium) {
			b.upload(service+"/demande", form("do", "continue", "description", "Une clé OTP pour ma collègue, bureau 14."))
			c.do("other words", chromedp.SetValue("#description", "Une clé OTP pour le service des examens."))
			next(c)
		}},
		{name: "form-details", as: "dominique", path: empty + "/complement"},
		{name: "form-subject", as: "dominique", path: full + "/sujet"},
		{name: "form-check", as: "dominique", path: full + "/verification"},
		{name: "form-check-refused", as: "dominique", path: empty + "/verification", then: func(c *chromium) { c.submit("#send") }},
		{name: "form-check-changed", as: "dominique", path: full + "/verification", then: func(c *chromium) {
			h.pass(time.Minute)
			b.post(full+"/complement", form("do", "continue", "theme", "messagerie", "availability", "mardi matin"))
			c.submit("#send")
		}},
		{name: "form-cancel", as: "dominique", path: full + "/annulation"},
		{name: "confirmation", as: "dominique", path: at(mine) + "/confirmation"},
		{name: "confirmation-other", as: "dominique", path: at(theirs) + "/confirmation"},
	}
}
