package web_test

import (
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"cecoia.example/tickets"
)

// knowledgeExhibits are the knowledge base, read and written.
func knowledgeExhibits(h *hall) []exhibit {
	alix, robin, dominique := person("creteil", "alix"), person("creteil", "robin"), person("creteil", "dominique")
	edit := func(id tickets.ArticleEdit) tickets.Article {
		h.t.Helper()
		h.pass(time.Hour)
		a, err := h.desk.WriteArticle(h.t.Context(), caller(alix), id)
		if err != nil {
			h.t.Fatal(err)
		}
		return a
	}
	act := func(by tickets.Person, a tickets.Article, action tickets.ArticleAction, rev int, why string) {
		h.t.Helper()
		if _, err := h.desk.DoArticle(h.t.Context(), caller(by), a.Number, action, rev, why); err != nil {
			h.t.Fatal(err)
		}
	}
	text := tickets.ArticleText{
		Theme: "messagerie", Subject: "quota", Lang: tickets.French, Audience: tickets.ForEveryone,
		Title: "Ma boîte aux lettres est pleine", Summary: "Faire de la place, et demander plus de quota quand il le faut.", Body: fullArticle,
	}
	published := func(title string, change func(*tickets.ArticleText)) tickets.Article {
		x := text
		x.Title = title
		change(&x)
		a := edit(tickets.ArticleEdit{ID: tickets.NewArticleID(), Text: x, Submit: true})
		act(robin, a, tickets.ArticlePublish, 1, "")
		return a
	}
	same := func(*tickets.ArticleText) {}
	main := published(text.Title, same)
	published("L’imprimante ne répond plus", func(x *tickets.ArticleText) { x.Theme, x.Subject = "poste", "" })
	published("Renouveler sa clé OTP", same)
	published("Reading your mail on a telephone", func(x *tickets.ArticleText) { x.Lang = tickets.English })
	secret := published("Déverrouiller un compte sur la console", func(x *tickets.ArticleText) { x.Audience = tickets.ForDesk })
	if err := h.desk.VoteArticle(h.t.Context(), caller(dominique), main.Number, tickets.Useful); err != nil {
		h.t.Fatal(err)
	}
	newer := text
	newer.Body += "\n\nEncore une chose."
	edit(tickets.ArticleEdit{ID: secret.ID, Base: 1, Text: newer})
	text.Title = "Rattacher une boîte partagée"
	waiting := edit(tickets.ArticleEdit{ID: tickets.NewArticleID(), Text: text, Submit: true})
	text.Title = "Envoyer à une liste"
	returned := edit(tickets.ArticleEdit{ID: tickets.NewArticleID(), Text: text, Submit: true})
	act(robin, returned, tickets.ArticleReturn, 1, "Le quota de la direction est de 10 Go.")
	old := published("L’ancien client de messagerie", same)
	act(alix, old, tickets.ArticleArchive, 1, "")

	path := func(a tickets.Article) string { return tickets.ArticlePath(a.Academy, a.Number) }
	return []exhibit{
		{name: "kb", as: "dominique", path: "/connaissances"},
		{name: "kb-desk", as: "alix", path: "/connaissances"},
		{name: "kb-found", as: "dominique", path: "/connaissances?q=imprimante+pleine"},
		{name: "kb-none", as: "dominique", path: "/connaissances?q=xyzzy"},
		{name: "kb-refused", as: "dominique", path: "/connaissances?q=" + strings.Repeat("long", 200)},
		{name: "kb-theme", as: "dominique", path: "/connaissances?theme=messagerie"},
		{name: "kb-article", as: "dominique", path: path(main)},
		{name: "kb-article-unvoted", as: "camille", path: path(main)},
		{name: "kb-article-desk", as: "alix", path: path(secret)},
		{name: "kb-versions", as: "alix", path: path(secret) + "/versions"},
		{name: "kb-versions-old", as: "alix", path: path(secret) + "/versions?version=1"},
		{name: "kb-versions-own", as: "alix", path: path(waiting) + "/versions"},
		{name: "kb-versions-review", as: "robin", path: path(waiting) + "/versions"},
		{name: "kb-versions-return-refused", as: "robin", path: path(waiting) + "/versions", then: func(c *chromium) {
			c.do("open", chromedp.Click("details.action summary"))
			c.submit("button[value=return]")
		}},
		{name: "kb-versions-returned", as: "alix", path: path(returned) + "/versions"},
		{name: "kb-versions-archived", as: "alix", path: path(old) + "/versions"},
		{name: "kb-queue", as: "robin", path: "/connaissances/redaction"},
		{name: "kb-queue-published", as: "robin", path: "/connaissances/redaction?etat=publies"},
		{name: "kb-new", as: "alix", path: "/connaissances/nouveau"},
		{name: "kb-new-refused", as: "alix", path: "/connaissances/nouveau", then: func(c *chromium) { c.submit("button[value=submit]") }},
		{name: "kb-edit-preview", as: "alix", path: path(main) + "/modifier", then: func(c *chromium) { c.submit("button[value=preview]") }},
		{name: "kb-edit-overtaken", as: "robin", path: path(returned) + "/modifier", then: func(c *chromium) {
			text.Title = "Écrire à une liste"
			edit(tickets.ArticleEdit{ID: returned.ID, Base: 1, Text: text})
			c.submit("button[value=save]")
		}},
	}
}

// fullArticle has everything that Markdown can.
const fullArticle = `Votre boîte n’accepte plus rien ? Voici comment **faire de la place** en cinq minutes.

# Repérer ce qui pèse

1. Ouvrez la [messagerie](https://messagerie.creteil.example/).
2. Triez par taille :
   - les pièces jointes d’abord,
   - puis le dossier *Envoyés*.

| Profil | Quota | Remarque |
|:-------|------:|----------|
| Enseignant | 2 Go | par défaut |
| Direction | 5 Go | sur demande motivée auprès de l’assistance |

## Et si cela ne suffit pas

> Le quota remonte en une heure environ.

` + "```\nC:\\> nettoyer --tout --dossier=\"Éléments supprimés\" --plus-vieux-que=30-jours --et-une-tres-longue-ligne-encore\n```" + `

Écrivez à <mailto:aide@creteil.example> ou suivez le guide ![schéma](https://x.example/y.png). <b>html</b>
`
