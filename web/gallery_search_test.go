package web_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"cecoia.example/tickets"
)

// searchExhibits are the search, and what people starred.
func searchExhibits(h *hall) []exhibit {
	dominique, camille, alix := person("creteil", "dominique"), person("creteil", "camille"), person("creteil", "alix")
	var all []tickets.Case
	for i := range 24 {
		h.pass(2 * time.Hour)
		card := typedCard("", fmt.Sprintf("Salle %d : l’imprimante du couloir n’imprime plus que des pages blanches, quel que soit le poste utilisé.", 101+i))
		if i%5 == 0 {
			card.Summary = "Imprimante bloquée"
		}
		c := h.open(h.t, dominique, []tickets.Kind{tickets.Incident, tickets.Incident, tickets.Service}[i%3], card)
		if i%4 == 0 {
			h.do(h.t, alix, c, tickets.ActionNote, "Le toner de cette imprimante est à commander.")
			h.do(h.t, alix, c, tickets.ActionResolve, "Le tambour de l’imprimante est remplacé.")
		}
		all = append(all, c)
	}
	h.open(h.t, camille, tickets.Incident, typedCard("", "Le scanner du secrétariat"))
	text := tickets.ArticleText{
		Theme: "poste", Lang: tickets.French, Audience: tickets.ForEveryone,
		Title: "L’imprimante ne répond plus", Summary: "Ce que l’on peut essayer avant d’appeler.", Body: "Éteignez l’imprimante.",
	}
	a, err := h.desk.WriteArticle(h.t.Context(), caller(alix), tickets.ArticleEdit{ID: tickets.NewArticleID(), Text: text, Submit: true})
	if err == nil {
		_, err = h.desk.DoArticle(h.t.Context(), caller(person("creteil", "robin")), a.Number, tickets.ArticlePublish, 1, "")
	}
	if err != nil {
		h.t.Fatal(err)
	}
	b := h.visitor("dominique")
	b.press(b.get(at(all[3])), "add")
	b.press(b.get("/recherche?q=imprimante"), "add")
	b.press(b.get("/incidents?etat=a-valider"), "add")

	return []exhibit{
		{name: "search", as: "dominique", path: "/recherche"},
		{name: "search-found", as: "dominique", path: "/recherche?q=imprimante"},
		{name: "search-found-desk", as: "alix", path: "/recherche?q=toner"},
		{name: "search-page-2", as: "dominique", path: "/recherche?q=imprimante&page=2"},
		{name: "search-none", as: "dominique", path: "/recherche?q=xyzzy"},
		{name: "search-none-narrowed", as: "dominique", path: "/recherche?q=imprimante&etat=clotures"},
		{name: "search-refused", as: "dominique", path: "/recherche?q=" + strings.Repeat("long+", 300)},
		{name: "favourites", as: "dominique", path: "/favoris"},
		{name: "favourites-none", as: "camille", path: "/favoris"},
		{name: "favourites-rename-refused", as: "dominique", path: "/favoris", then: func(c *chromium) {
			c.do("open", chromedp.Click(".waiting details summary"))
			ask[bool](c, `(document.querySelector(".waiting details[open] input[type=text]").value = "x".repeat(500), true)`)
			c.submit("details[open] button[value=rename]")
		}},
		{name: "home-favourites", as: "dominique", path: "/"},
		{name: "ticket-starred", as: "dominique", path: at(all[3])},
	}
}
