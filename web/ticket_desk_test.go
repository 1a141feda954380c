package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
)

// TestTheDeskWorksFromThePortalAlone lives a ticket through by the forms of its
// page, exactly as they stand there: the chat may be down.
func TestTheDeskWorksFromThePortalAlone(t *testing.T) {
	p := newDesk(t)
	who, alix, robin := person("creteil", "dominique"), person("creteil", "alix"), person("creteil", "robin")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Plus de réseau au bureau 12"})
	path := tickets.TicketPath(c.Academy, c.Number)
	agent, specialist, b := p.as(t, alix), p.as(t, robin), p.as(t, who)
	step := func(by *browser, do, notice string, pairs ...string) *page {
		t.Helper()
		pg := by.press(by.get(path+"?faire="+do), do, pairs...).want(http.StatusOK, path)
		if !strings.Contains(pg.text("#notice"), notice) {
			t.Fatalf("%s: the notice says %q", do, pg.text("#notice"))
		}
		return pg
	}
	card := func(pg *page, want string) {
		t.Helper()
		if !strings.Contains(pg.text(".side"), want) {
			t.Errorf("the card has no %q: %s", want, pg.text(".side"))
		}
	}

	card(step(agent, "take", "est à vous"), "Pris en charge par Alix Modèle")
	if pg := step(agent, "release", "rendu à l’équipe"); pg.text("#status") != "Nouveau" {
		t.Errorf("released: %s", pg.text("#status"))
	}
	step(agent, "take", "est à vous")
	pg := agent.get(path)
	pg = step(agent, "requalify", "requalifié", "category", pg.optionOf("category", "Messagerie › Boîte pleine"),
		"urgency", "1", "request_type", pg.optionOf("request_type", "Panne"), "text", "Quota dépassé")
	card(pg, "Catégorie Messagerie › Boîte pleine")
	card(pg, "Urgence 1 - Critique")
	card(pg, "Type de demande Panne")
	// A theme without its subject leaves none of the old one.
	pg = step(agent, "requalify", "requalifié", "category", pg.optionOf("category", "Messagerie, sans préciser"))
	card(pg, "Catégorie Messagerie Type")
	step(agent, "requalify", "Rien n’a changé")

	// To a colleague, to a whole other team, to somebody of another team.
	pg = agent.get(path)
	pg = step(agent, "assign", "est affecté", "assignee", pg.optionOf("assignee", "Sacha Modèle"), "text", "Peux-tu regarder ?")
	card(pg, "Pris en charge par Sacha Modèle")
	step(agent, "assign", "Rien n’a changé", "assignee", "assistance/"+sacha("creteil").ID.String())
	pg = step(agent, "assign", "est affecté", "assignee", pg.optionOf("assignee", "Toute l’équipe Réseau"))
	card(pg, "Équipe Réseau")
	if pg.text("#status") != "En cours" || strings.Contains(pg.text(".side"), "Pris en charge") || !strings.Contains(pg.text("#timeline"), "Équipe : Réseau") {
		t.Errorf("passed on: %s, %s", pg.text(".side"), pg.text("#timeline"))
	}
	pg = step(agent, "assign", "est affecté", "assignee", pg.optionOf("assignee", "Robin Modèle"))
	card(pg, "Pris en charge par Robin Modèle")

	step(specialist, "note", "La note est ajoutée", "text", "Baie 4, prise 12")
	step(specialist, "inform", "reçoit votre message", "text", "Nous passons à 14 h.")
	if pg := step(specialist, "ask", "question est envoyée", "text", "Quelle prise ?"); pg.text("#status") != "En attente de précisions" {
		t.Errorf("asked: %s", pg.text("#status"))
	}
	b.upload(path+"/mise-a-jour", form("do", "complement", "text", "La bleue."))
	pg = specialist.get(path)
	pg = step(specialist, "resolve", "est réglé", "text", "Prise changée.", "cause", pg.optionOf("cause-resolve", "Câble ou branchement"))
	card(pg, "Cause réelle Câble ou branchement")
	step(specialist, "close", "est clôturé", "text", "Sans nouvelles, nous clôturons.")
	if pg := b.get(path); pg.text("#status") != "Clôturé (par l’assistance)" || !strings.Contains(pg.text("#timeline"), "nous clôturons") {
		t.Errorf("closed: %s", pg.text("#status"))
	}
	pg = specialist.press(specialist.get(path+"/reouverture"), "reopen", "text", "Trop vite").want(http.StatusOK, path)
	if pg.text("#status") != "En cours" {
		t.Errorf("reopened: %s", pg.text("#status"))
	}
	for _, template := range []tickets.Template{tickets.TemplateTaken, tickets.TemplateAsked, tickets.TemplateResolved, tickets.TemplateClosed, tickets.TemplateAssigned} {
		var n int
		err := p.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM deliveries WHERE template = $1`, template).Scan(&n)
		if err != nil || n == 0 {
			t.Errorf("nobody hears %s: %v", template, err)
		}
	}
}

func TestTheLikelyActionIsOpenAndTheAddressMayAskForAnother(t *testing.T) {
	p := newDesk(t)
	alix := person("creteil", "alix")
	c := p.open(t, person("creteil", "dominique"), tickets.Incident, tickets.Card{Description: "Panne"})
	path := tickets.TicketPath(c.Academy, c.Number)
	agent := p.as(t, alix)
	opened := func(path string) string {
		t.Helper()
		var out []string
		for _, n := range agent.get(path).all("details[open]") {
			id, _ := attr(n, "id")
			out = append(out, id)
		}
		return strings.Join(out, " ")
	}
	if got := opened(path); got != "" || !agent.get(path).has(".ticket-actions") {
		t.Errorf("before it is taken %q is open", got)
	}
	p.do(t, alix, c, tickets.ActionTake, "")
	for asked, want := range map[string]string{"": "do-resolve", "?faire=assign": "do-assign", "?faire=take": "do-resolve", "?faire=<script>": "do-resolve"} {
		if got := opened(path + asked); got != want {
			t.Errorf("%q: %q is open, want %q", asked, got, want)
		}
	}
	p.do(t, alix, c, tickets.ActionResolve, "Fait")
	if got := opened(path + "?faire=assign"); got != "do-inform" {
		t.Errorf("an action that no longer fits opens %q", got)
	}
}

func TestADuplicateIsClosedAfterALookAtBoth(t *testing.T) {
	p := newDesk(t)
	who, camille, alix := person("creteil", "dominique"), person("creteil", "camille"), person("creteil", "alix")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Le réseau est coupé"})
	kept := p.open(t, camille, tickets.Incident, tickets.Card{Description: "Coupure du réseau au premier étage"})
	secret := p.open(t, camille, tickets.Incident, tickets.Card{Description: "Dossier", Private: true})
	foreign := p.open(t, person("paris", "dominique"), tickets.Incident, tickets.Card{Description: "À Paris"})
	for range 4 {
		foreign = p.open(t, person("paris", "dominique"), tickets.Incident, tickets.Card{Description: "À Paris"})
	}
	path := tickets.TicketPath(c.Academy, c.Number)
	agent := p.as(t, alix)

	// The wrong numbers, as they may be typed.
	if pg := agent.get(path + "/regroupement"); !pg.has("#into") || pg.has("#errors") {
		t.Error("the page does not ask for the number")
	}
	for _, k := range []struct{ typed, want string }{
		{"", "Donnez le numéro"}, {"nimporte", "n’est pas un numéro"}, {"999", "n’existe pas"},
		{foreign.Number.String(), "n’existe pas"}, {c.Number.String(), "avec lui-même"}, {secret.Number.String(), "est privé"},
		{"<script>alert(1)</script>", "n’est pas un numéro"}, {strings.Repeat("9", 500), "n’est pas un numéro"},
	} {
		pg := agent.get(path + "/regroupement?" + form("into", k.typed).Encode())
		if pg.status != http.StatusUnprocessableEntity || !strings.Contains(pg.text("#into-error"), k.want) || pg.value("into") != k.typed || pg.has("button[value=merge]") {
			t.Errorf("%.40q: %d, %s", k.typed, pg.status, pg.text("main"))
		}
		pg = agent.post(path+"/regroupement", form("do", "merge", "into", k.typed))
		if pg.status != http.StatusUnprocessableEntity || !pg.has("#into-error") {
			t.Errorf("%.40q, posted: %d, %s", k.typed, pg.status, pg.text("main"))
		}
	}

	pg := agent.get(path + "/regroupement?into=" + "2")
	for _, want := range []string{"Le réseau est coupé", "Coupure du réseau", "Camille Modèle", "Dominique Modèle", kept.Number.String()} {
		if !strings.Contains(pg.text("main"), want) {
			t.Errorf("the confirmation does not show %q: %s", want, pg.text("main"))
		}
	}
	done := agent.press(pg, "merge", "text", "Même panne.").want(http.StatusOK, path)
	keptPath := tickets.TicketPath(kept.Academy, kept.Number)
	if done.text("#status") != "Clôturé (doublon)" || !done.has("a[href="+keptPath+"]") || !strings.Contains(done.text("#notice"), "24 h") {
		t.Errorf("merged: %s, %s", done.text("#status"), done.text("#notice"))
	}
	agent.press(pg, "merge", "text", "Même panne.").want(http.StatusOK, path) // a double click
	// The requester was told the number, and does not see that ticket.
	mine := p.as(t, who).get(path)
	if mine.text("#duplicate") != "Doublon, regroupé avec "+kept.Number.String() || mine.has("a[href="+keptPath+"]") {
		t.Errorf("the requester reads %s", mine.text("#duplicate"))
	}
	if why := mine.text("#duplicate-hidden"); !strings.Contains(why, "vous ne pouvez pas l’ouvrir") || !strings.Contains(why, "rouvrez votre demande") || agent.get(path).has("#duplicate-hidden") {
		t.Errorf("the requester reads %q", why)
	}
	// Into a duplicate, no more.
	other := p.open(t, who, tickets.Incident, tickets.Card{Description: "Encore le réseau"})
	if pg := agent.get(tickets.TicketPath(other.Academy, other.Number) + "/regroupement?into=1"); !strings.Contains(pg.text("#into-error"), "lui-même un doublon") {
		t.Errorf("into a duplicate: %s", pg.text("main"))
	}
	undone := agent.press(agent.get(path), "unmerge").want(http.StatusOK, path)
	if undone.text("#status") != "Nouveau" || undone.has("#duplicate") {
		t.Errorf("undone: %s", undone.text("#status"))
	}
	agent.press(agent.get(path+"/regroupement?into=2"), "merge")
	p.pass(tickets.UnmergeWithin + time.Minute)
	if agent.get(path).has("button[value=unmerge]") {
		t.Error("undoing is offered after a day")
	}
}

func TestAPrivateTicketGivenToAnotherTeamIsLetGoOf(t *testing.T) {
	p := newDesk(t)
	alix := person("creteil", "alix")
	c := p.open(t, person("creteil", "dominique"), tickets.Incident, tickets.Card{Description: "Mon dossier", Private: true})
	path := tickets.TicketPath(c.Academy, c.Number)
	agent := p.as(t, alix)
	pg := agent.get(path + "?faire=assign")
	if !strings.Contains(pg.text("#do-assign"), "seule l’équipe choisie") {
		t.Errorf("no warning: %s", pg.text("#do-assign"))
	}
	pg = agent.press(pg, "assign", "assignee", pg.optionOf("assignee", "Toute l’équipe Réseau")).want(http.StatusOK, "/")
	if !strings.Contains(pg.text("#notice"), "est affecté") {
		t.Errorf("the notice says %s", pg.text("#notice"))
	}
	agent.get(path).want(http.StatusNotFound, path)
	p.as(t, person("creteil", "robin")).get(path).want(http.StatusOK, path)
}
