package web_test

import (
	"fmt"
	"time"

	"github.com/chromedp/chromedp"

	"cecoia.example/tickets"
)

// frameExhibits are the pages around the tickets: signing in, the first page,
// preferences, and what is there to read.
func frameExhibits(h *hall) []exhibit {
	dominique, camille, alix := person("creteil", "dominique"), person("creteil", "camille"), person("creteil", "alix")
	opened := func(summary, description string) tickets.Case {
		h.pass(7 * time.Minute)
		return h.open(h.t, dominique, tickets.Incident, typedCard(summary, description))
	}
	opened("", "Service des examens, bureau 12 : la messagerie refuse mon mot de passe depuis ce matin, même après redémarrage.")
	asked := opened("Vidéoprojecteur", "Salle 12 : le vidéoprojecteur s’éteint au bout de cinq minutes.")
	h.do(h.t, alix, asked, tickets.ActionAsk, "Quel est le numéro d’inventaire du vidéoprojecteur ?")
	resolved := opened("Boîte pleine", "Je ne reçois plus de messages.")
	h.do(h.t, alix, resolved, tickets.ActionResolve, "La boîte était pleine : son quota est porté à 5 Go.")
	h.exec(`UPDATE tickets SET due_at = opened_at + interval '4 hours'`)
	h.mute(h.t, person("creteil", "robin"), "5.1.1")
	begun := h.visitor("dominique").get("/incidents/nouveau").path
	h.visitor("dominique").upload(begun+"/demande", form("do", "continue", "description", "Le réseau de la salle 204 est coupé depuis la rentrée"))

	throttled := h.browser(h.t)
	for range 5 {
		throttled.post("/connexion", form("identifier", "trop@creteil.example", "password", "non"))
	}
	known := h.browser(h.t)
	known.post("/preferences", form("lang", string(h.lang), "return", "/aide"))
	known.post("/connexion", form("identifier", camille.Email, "password", "demo", "remember", "1"))
	known.post("/deconnexion", nil)
	h.visitors["known"] = known
	keys := h.as(h.t, dominique)
	keys.post("/preferences", form("lang", string(h.lang), "shortcuts", "1", "appearance", "auto", "return", "/preferences"))
	h.visitors["keys"] = keys

	signIn := func(identifier, password string) func(*chromium) {
		return func(c *chromium) {
			c.do("credentials", chromedp.SendKeys("#identifier", identifier), chromedp.SendKeys("#password", password))
			c.submit("#signin button.main")
		}
	}
	return []exhibit{
		{name: "signin", path: "/connexion?suite=%2Fvalidations"},
		{name: "signin-refused", path: "/connexion", then: signIn("personne@creteil.example", "non")},
		{name: "signin-missing", path: "/connexion", then: func(c *chromium) { c.submit("#signin button.main") }},
		{name: "signin-throttled", path: "/connexion", then: signIn("trop@creteil.example", "demo")},
		{name: "signin-remembered", as: "known", path: "/connexion"},
		{name: "home", as: "dominique", path: "/"},
		{name: "home-menu", as: "dominique", path: "/", then: func(c *chromium) {
			ask[bool](c, `document.querySelector(".menu details").open = true`)
		}},
		{name: "home-empty", as: "camille", path: "/"},
		{name: "home-desk", as: "alix", path: "/"},
		{name: "home-muted", as: "robin", path: "/"},
		{name: "preferences", as: "dominique", path: "/preferences"},
		{name: "preferences-stranger", path: "/preferences"},
		{name: "preferences-keys", as: "keys", path: "/preferences"},
		{name: "home-keys", as: "keys", path: "/"},
		{name: "help", as: "dominique", path: "/aide"},
		{name: "help-stranger", path: "/aide"},
		{name: "accessibility", path: "/accessibilite"},
		{name: "privacy", as: "dominique", path: "/donnees-personnelles"},
		{name: "privacy-stranger", path: "/donnees-personnelles"},
	}
}

// errorExhibits are the pages that say why there is no other. The last two break
// the room.
func errorExhibits(h *hall) []exhibit {
	dominique := person("creteil", "dominique")
	c := h.open(h.t, dominique, tickets.Incident, typedCard("", "Panne"))
	// post sends a form of n fields that the page does not have, and that is refused.
	post := func(action, encoding string, n int, value string) func(*chromium) {
		return func(c *chromium) {
			ask[bool](c, fmt.Sprintf(`(() => {
				const form = Object.assign(document.createElement("form"), { method: "post", action: %q, enctype: %q });
				for (let i = 0; i < %d; i++) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "text", value: %s }));
				form.append(Object.assign(document.createElement("button"), { id: "post", textContent: "post" }));
				document.querySelector("main").prepend(form);
				return true;
			})()`, action, encoding, n, value))
			c.submit("#post")
			if !ask[bool](c, `document.querySelector("#request-id") !== null`) {
				c.t.Errorf("%s of %d fields is no error", action, n)
			}
		}
	}
	return []exhibit{
		{name: "error-404", as: "dominique", path: "/demandes/creteil/I261121_999"},
		{name: "error-404-stranger", path: "/nulle-part"},
		{name: "error-403", as: "dominique", path: "/connaissances/redaction"},
		{name: "error-405", as: "dominique", path: "/aide", then: func(c *chromium) { c.open("/deconnexion") }},
		{name: "error-400", as: "dominique", path: at(c) + "/mise-a-jour", then: post(at(c)+"/mise-a-jour", "multipart/form-data", 1000, `"x"`)},
		{name: "error-410", as: "dominique", path: "/formulaires/0198a1b2-0000-7000-8000-000000000000"},
		{name: "error-413", as: "dominique", path: at(c) + "/cloture", then: post(at(c)+"/cloture", "application/x-www-form-urlencoded", 1, `"x".repeat(8 << 20)`)},
		{name: "error-500", as: "dominique", path: "/aide", then: func(c *chromium) {
			h.exec(`ALTER TABLE tickets RENAME TO elsewhere`)
			c.open("/incidents")
		}},
		{name: "error-503", as: "dominique", path: "/aide", then: func(c *chromium) {
			h.db.Close()
			c.open("/incidents")
		}},
	}
}
