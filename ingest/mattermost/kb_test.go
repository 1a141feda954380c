package mattermost

import (
	"strings"
	"testing"

	"cecoia.example/tickets"
)

// publish publishes an article of the academy.
func (w *world) publish(a tickets.AcademyID, text tickets.ArticleText) tickets.Article {
	w.t.Helper()
	text.Theme, text.Lang, text.Body = "mail", tickets.French, "Corps de l’article."
	if text.Audience == "" {
		text.Audience = tickets.ForEveryone
	}
	by := func(login string) tickets.Caller { return tickets.Caller{Person: person(a, login)} }
	made, err := w.desk.WriteArticle(w.t.Context(), by("agent"), tickets.ArticleEdit{ID: tickets.NewArticleID(), Text: text, Submit: true})
	if err == nil {
		made, err = w.desk.DoArticle(w.t.Context(), by("supervisor"), made.Number, tickets.ArticlePublish, 1, "")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func TestKB(t *testing.T) {
	w := newWorld(t)
	w.publish("creteil", tickets.ArticleText{Title: "Ma boîte est pleine", Summary: "Videz la corbeille."})
	w.publish("creteil", tickets.ArticleText{Title: "Console @all [du](https://x.example) quota", Summary: "# Une | boîte", Audience: tickets.ForDesk})
	w.publish("paris", tickets.ArticleText{Title: "Boîte pleine à Paris", Summary: "À Paris."})
	draft := tickets.ArticleEdit{ID: tickets.NewArticleID(), Text: tickets.ArticleText{Theme: "mail", Lang: "fr", Audience: "everyone", Title: "Boîte en brouillon"}}
	if _, err := w.desk.WriteArticle(t.Context(), tickets.Caller{Person: person("creteil", "agent")}, draft); err != nil {
		t.Fatal(err)
	}
	link := "https://portail.example/connaissances/creteil/KB"

	said := w.say("creteil", "agent", "kb boîte pleine")
	wants(t, "words", said, "Base de connaissance, **boîte pleine** :", "- **[KB1]("+link+"1)** Ma boîte est pleine – Videz la corbeille.",
		`- **[KB2](`+link+`2)** Console @`+zeroWidth+`all \[du\](https://x.example) quota – \# Une \| boîte _(l’assistance seulement`)
	if strings.Index(said, "KB1") > strings.Index(said, "KB2") || strings.Contains(said, "brouillon") || strings.Contains(said, "Paris") {
		t.Errorf("kb: %s", said)
	}
	for _, typed := range []string{"kb 1", "KB KB1", "kb #1", "article 1", "/ticket kb kb 001"} {
		wants(t, typed, w.say("creteil", "agent", typed), "**[KB1]("+link+"1)** Ma boîte est pleine – Videz la corbeille.")
	}
	wants(t, "a number that is none", w.say("creteil", "agent", "kb 99"), "L’article KB99 n’existe pas")
	wants(t, "a draft", w.say("creteil", "agent", "kb 3"), "L’article KB3 n’existe pas")
	wants(t, "nothing found", w.say("creteil", "agent", "kb @here *xyzzy*"), "Aucun article pour « @"+zeroWidth+`here \*xyzzy\* »`, "https://portail.example/connaissances")
	wants(t, "another academy", w.say("paris", "agent", "kb pleine"), "Boîte pleine à Paris")
	wants(t, "no words", w.say("creteil", "agent", "kb"), "Usage : `/ticket kb MOTS…")
	wants(t, "too many words", w.say("creteil", "agent", "kb "+strings.Repeat("mot ", 100)), "trop long")
	wants(t, "staff", w.say("creteil", "requester", "kb boîte"), "réservées à l’assistance")
	wants(t, "help", w.say("creteil", "agent", "aide"), "kb MOTS… ou NUMÉRO")

	for range 9 {
		w.publish("creteil", tickets.ArticleText{Title: "Boîte", Summary: "Encore."})
	}
	if n := strings.Count(w.say("creteil", "agent", "kb boîte"), "\n- "); n != 5 {
		t.Errorf("%d articles in one answer", n)
	}
}
