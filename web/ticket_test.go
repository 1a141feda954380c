package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
)

func TestThePageOfATicketHasAllOfItsCard(t *testing.T) {
	p := newDesk(t)
	who, camille, alix := person("creteil", "dominique"), person("creteil", "camille"), person("creteil", "alix")
	c := p.open(t, who, tickets.Incident, tickets.Card{
		Beneficiary: camille.ID, Phone: "01 99 00 00 07", OtherPhone: "06 99 00 00 07", Availability: "lundi", Place: "94/CRETEIL",
		Entity: "0940001R", Equipment: "Portable", EquipmentInfo: "Modèle 12", Urgency: tickets.High, Theme: "messagerie",
		Subject: "quota", RequestType: "panne", Description: "Boîte pleine",
	})
	do(t, p, alix, c, tickets.ActionRequalify, tickets.Input{Category: "messagerie", Subcategory: "envoi"})
	do(t, p, alix, c, tickets.ActionResolve, tickets.Input{Text: "Vidée.", Cause: "droits"})
	do(t, p, who, c, tickets.ActionValidate, tickets.Input{Rating: 4})
	pg := p.as(t, who).get(tickets.TicketPath(c.Academy, c.Number))
	card := pg.text(".side")
	for _, want := range []string{
		"Bénéficiaire Camille Modèle", "Demandeur Dominique Modèle", "Téléphone 01 99 00 00 07", "Autre téléphone 06 99 00 00 07",
		"Disponibilités lundi", "Localisation 94/CRETEIL", "Entité 0940001R", "Matériel Portable", "Info matériel Modèle 12",
		"Urgence 2 - Haute", "Thème Messagerie › Boîte pleine", "Catégorie Messagerie › Envoi ou réception",
		"Type de demande Panne", "Équipe Assistance", "Pris en charge par Alix Modèle", "Cause réelle Droits ou compte", "Appréciation 4 sur 5",
	} {
		if !strings.Contains(card, want) {
			t.Errorf("the card has no %q: %s", want, card)
		}
	}
	if strings.Contains(card, camille.Email) || strings.Contains(card, "Fin max") {
		t.Errorf("the card tells too much: %s", card)
	}
	if pg := p.as(t, who).get(pg.path); pg.has("a[href=/validations?valide=" + c.Number.String() + "]") {
		t.Error("a rating is asked for twice")
	}
	if card := p.as(t, alix).get(pg.path).text(".side"); !strings.Contains(card, "Courriel "+camille.Email) || strings.Contains(card, camille.Login) {
		t.Errorf("the desk reads %s", card)
	}
	// Opened again, it is due, and later it is late.
	do(t, p, alix, c, tickets.ActionReopen, tickets.Input{Text: "Revient"})
	due := noon.Add(4 * time.Hour)
	if _, err := p.db.Pool().Exec(t.Context(), `UPDATE tickets SET due_at = $1 WHERE academy = 'creteil' AND id = $2`, due, c.ID); err != nil {
		t.Fatal(err)
	}
	if pg := p.as(t, who).get(pg.path); !strings.Contains(pg.text(".side"), "Fin max 21/11/2026 à 16:00") || pg.has(".late") || !pg.has("time[datetime=2026-11-21T15:00:00Z]") {
		t.Errorf("due: %s", pg.text(".side"))
	}
	p.pass(5 * time.Hour)
	if pg := p.as(t, who).get(pg.path); !strings.Contains(pg.text(".side"), "Fin max 21/11/2026 à 16:00 en retard") {
		t.Errorf("late: %s", pg.text(".side"))
	}
	english := p.as(t, who)
	english.post("/preferences", form("lang", "en"))
	if pg := english.get(pg.path); !strings.Contains(pg.text(".side"), "Real cause Rights or account") || !strings.Contains(pg.text("#timeline"), "Rating: 4 out of 5") {
		t.Errorf("in English: %s\n%s", pg.text(".side"), pg.text("#timeline"))
	}
}

func TestTheTimelineSaysWhatChangedInWords(t *testing.T) {
	p := newDesk(t)
	who, alix, sacha := person("creteil", "dominique"), person("creteil", "alix"), sacha("creteil")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne", Theme: "poste"})
	path := tickets.TicketPath(c.Academy, c.Number)
	do(t, p, alix, c, tickets.ActionRequalify, tickets.Input{Category: "messagerie", Subcategory: "quota", Urgency: tickets.Critical, Text: "Vu avec la direction"})
	do(t, p, alix, c, tickets.ActionAssign, tickets.Input{Assignee: sacha.ID})
	do(t, p, sacha, c, tickets.ActionAsk, tickets.Input{Text: "Depuis quand ?"})
	told := p.as(t, alix).get(path).text("#timeline")
	for _, want := range []string{
		"Requalifié par Alix Modèle 21/11/2026 à 12:00 · Thème : Messagerie › Boîte pleine · Urgence : 1 - Critique Vu avec la direction",
		"Affecté par Alix Modèle", "Sacha Modèle", "Statut : En attente de précisions",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("the desk does not read %q: %s", want, told)
		}
	}
	// What is for the desk only stays there.
	told = p.as(t, who).get(path).text("#timeline")
	if strings.Contains(told, "direction") || strings.Contains(told, "Requalifié") || !strings.Contains(told, "Depuis quand ?") {
		t.Errorf("the requester reads %s", told)
	}
}

// news returns what the page marks as new, and what its link on top says.
func news(pg *page) (marked []string, link string) {
	for _, n := range pg.all("li.new") {
		marked = append(marked, words(n))
	}
	if pg.has(".news-link") {
		link = pg.text(".news-link")
	}
	return marked, link
}

func TestWhatIsNewSinceTheLastVisitIsMarked(t *testing.T) {
	p := newDesk(t)
	who, alix := person("creteil", "dominique"), person("creteil", "alix")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	path := tickets.TicketPath(c.Academy, c.Number)
	b, agent := p.as(t, who), p.as(t, alix)
	want := func(what string, b *browser, n int, parts ...string) {
		t.Helper()
		marked, link := news(b.get(path))
		if len(marked) != n || (n > 0) != strings.Contains(link, "nouveauté") {
			t.Fatalf("%s: %q, link %q", what, marked, link)
		}
		for i, part := range parts {
			if !strings.Contains(marked[i], part) || !strings.Contains(marked[i], "Non lu") {
				t.Errorf("%s: %q, want %q", what, marked[i], part)
			}
		}
	}
	want("one's own opening", b, 0)
	want("the desk, for the first time", agent, 0)
	p.pass(time.Hour)
	p.do(t, alix, c, tickets.ActionTake, "")
	p.do(t, alix, c, tickets.ActionNote, "Entre nous")
	p.do(t, alix, c, tickets.ActionInform, "On regarde.")
	want("what the desk did", b, 2, "Prise en compte", "On regarde.")
	if pg := b.get(path); !pg.has("#news") || pg.text(".news-link") != "Aller aux nouveautés (2)" {
		t.Errorf("the link says %q", pg.text(".news-link"))
	}
	want("one's own actions", agent, 0)
	// The visit goes on while the ticket is answered.
	b.get(path + "/mise-a-jour")
	b.upload(path+"/mise-a-jour", form("do", "complement", "text", "Merci."))
	want("after an addition of one's own", b, 2)
	p.pass(16 * time.Minute)
	want("at the next visit", b, 0)
	want("the desk, an hour later", agent, 1, "Merci.")
	// Another page of the ticket shows no timeline: it is no visit.
	p.pass(time.Hour)
	p.do(t, alix, c, tickets.ActionResolve, "Réparé.")
	b.get(path + "/validation")
	want("after the validation page", b, 1, "Réparé.")

	// The lists say so too: not to who wrote it, nor to an agent who never came.
	p.do(t, alix, c, tickets.ActionNote, "Encore entre nous")
	p.do(t, alix, c, tickets.ActionInform, "Fini.")
	for _, k := range []struct {
		by   *browser
		path string
		want string
	}{
		{b, "/incidents", "1 nouveauté"}, {b, "/", "1 nouveauté"},
		{agent, "/incidents?portee=bureau", ""}, {p.as(t, sacha("creteil")), "/incidents?portee=bureau", ""},
	} {
		pg := k.by.get(k.path)
		if !strings.Contains(pg.text(".tickets"), c.Number.String()) {
			t.Errorf("%s does not list it: %s", k.path, pg.text(".tickets"))
		}
		if pg.has(".fresh") != (k.want != "") || k.want != "" && pg.text(".fresh") != k.want {
			t.Errorf("%s says %v of the news: %s", k.path, pg.has(".fresh"), pg.text(".tickets"))
		}
	}
	b.get(path)
	if b.get("/incidents").has(".fresh") {
		t.Error("seen, it is still news in the list")
	}
}

func TestTheDeskSeesNotesAndTicketsButPrivateOnesOnlyInTheirGroup(t *testing.T) {
	p := newDesk(t)
	who, alix, robin, lou := person("creteil", "dominique"), person("creteil", "alix"), person("creteil", "robin"), lou("creteil")
	open := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	private := p.open(t, who, tickets.Incident, tickets.Card{Description: "Mon dossier", Private: true})
	for _, c := range []tickets.Case{open, private} {
		p.do(t, alix, c, tickets.ActionNote, "Entre nous")
	}
	for _, k := range []struct {
		by     tickets.Person
		c      tickets.Case
		status int
		notes  bool
	}{
		{alix, open, 200, true}, {robin, open, 200, true}, {lou, open, 200, true}, {who, open, 200, false},
		{alix, private, 200, true}, {who, private, 200, false}, {robin, private, 404, false}, {lou, private, 404, false},
		{person("creteil", "camille"), open, 404, false}, {person("paris", "alix"), open, 404, false},
	} {
		path := tickets.TicketPath(k.c.Academy, k.c.Number)
		pg := p.as(t, k.by).get(path).want(k.status, path)
		if strings.Contains(string(pg.raw), "Entre nous") != k.notes || pg.has("#desk-actions") != k.notes {
			t.Errorf("%s of %s at %s: notes %v", k.by.Login, k.by.Academy, path, !k.notes)
		}
		if k.status == 404 && strings.Contains(string(pg.raw), "dossier") {
			t.Errorf("%s reads of %s", k.by.Login, path)
		}
	}
}

func TestOnlyWhatFitsIsOffered(t *testing.T) {
	p := newDesk(t)
	who, alix := person("creteil", "dominique"), person("creteil", "alix")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	path := tickets.TicketPath(c.Academy, c.Number)
	b, agent := p.as(t, who), p.as(t, alix)
	offered := func(b *browser) (out []string) {
		pg := b.get(path)
		for _, n := range pg.all("a") {
			href, _ := attr(n, "href")
			if page, ok := strings.CutPrefix(href, path+"/"); ok {
				out = append(out, page)
			}
		}
		for _, n := range pg.all("button[name=do]") {
			if v, _ := attr(n, "value"); v != "add" { // the star is for everybody
				out = append(out, v)
			}
		}
		if pg.has("#do-merge") {
			out = append(out, "merge")
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	words := func(s string) []string { return strings.Fields(s) }
	for _, step := range []struct {
		act   func()
		party string
		desk  string
	}{
		{func() {}, "cloture mise-a-jour", "ask assign close inform merge note requalify resolve take"},
		{func() { p.do(t, alix, c, tickets.ActionTake, "") }, "cloture mise-a-jour", "ask assign close inform merge note release requalify resolve"},
		{func() { p.do(t, alix, c, tickets.ActionAsk, "Où ?") }, "cloture mise-a-jour", "ask assign close inform merge note release requalify resolve"},
		{func() { p.do(t, alix, c, tickets.ActionResolve, "Fait") }, "mise-a-jour validation validation#refusal", "close inform merge note requalify"},
		{func() {
			p.do(t, who, c, tickets.ActionValidate, "")
			if pg := b.get(path); !pg.has("a[href=/validations?valide=" + c.Number.String() + "]") {
				t.Error("what was validated without a rating cannot be rated")
			}
		}, "reouverture", "note reouverture"},
		{func() { p.pass(tickets.ReopenWithin + time.Hour) }, "", "note reouverture"},
	} {
		step.act()
		if got := offered(b); !slices.Equal(got, words(step.party)) {
			t.Errorf("the requester is offered %v, want %s", got, step.party)
		}
		if got := offered(agent); !slices.Equal(got, words(step.desk)) {
			t.Errorf("the desk is offered %v, want %s", got, step.desk)
		}
	}
	if pg := b.get(path + "/reouverture"); pg.path != path || !strings.Contains(pg.text("#notice"), "ne peut plus être rouvert") {
		t.Errorf("too late: %s, %s", pg.path, pg.text("#notice"))
	}
}

func TestAClosedTicketIsReopenedWithAReason(t *testing.T) {
	p := newDesk(t)
	who, alix := person("creteil", "dominique"), person("creteil", "alix")
	c := p.open(t, who, tickets.Service, tickets.Card{Description: "Un accès"})
	path := tickets.TicketPath(c.Academy, c.Number)
	p.do(t, alix, c, tickets.ActionResolve, "Accès ouvert.")
	p.do(t, who, c, tickets.ActionValidate, "")
	b := p.as(t, who)
	pg := b.get(path+"/reouverture").want(http.StatusOK, path+"/reouverture")
	if !strings.Contains(pg.text("main"), "Accès ouvert.") || !strings.Contains(pg.text("h1"), "Rouvrir la demande de service") {
		t.Errorf("the page says %s", pg.text("main"))
	}
	again := b.press(pg, "reopen").want(http.StatusUnprocessableEntity, path+"/reouverture")
	if !again.has("#text-error") || !again.has("a[href=#text]") || !strings.HasPrefix(again.text("title"), "Erreur :") {
		t.Errorf("a missing reason: %s", again.text("main"))
	}
	done := b.press(pg, "reopen", "text", "Refusé de nouveau.").want(http.StatusOK, path)
	if done.text("#status") != "En cours" || !strings.Contains(done.text("#timeline"), "Refusé de nouveau.") || !strings.Contains(done.text("#notice"), "rouvert") {
		t.Errorf("%s: %s", done.text("#status"), done.text("#notice"))
	}
	// A double click, then a tab that was left open.
	if pg := b.press(pg, "reopen", "text", "Refusé de nouveau."); pg.status != http.StatusOK || strings.Count(pg.text("#timeline"), "Refusé de nouveau.") != 1 {
		t.Errorf("sent twice: %d, %s", pg.status, pg.text("#timeline"))
	}
	if pg := p.as(t, alix).post(path+"/reouverture", form("do", "reopen", "text", "Des mots à garder")); pg.status != http.StatusConflict ||
		!strings.Contains(pg.text("#errors"), "rouvert par Dominique Modèle") || !strings.Contains(pg.text("#unsent"), "Des mots à garder") {
		t.Errorf("%d: %s", pg.status, pg.text("main"))
	}
}

// What its requester answers by mail to a closed ticket waits where it is reopened;
// what they answered before is about what was settled.
func TestAReplyToAClosedTicketWaitsWhereItIsReopened(t *testing.T) {
	p := newDesk(t)
	who, alix := person("creteil", "dominique"), person("creteil", "alix")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Écran noir"})
	path := tickets.TicketPath(c.Academy, c.Number) + "/reouverture"
	reply := func(hash byte, text string) {
		t.Helper()
		if _, err := p.desk.RefuseMail(t.Context(), tickets.InboundMail{
			Academy: "creteil", Person: who.ID, Ticket: c.ID, Hash: [32]byte{hash}, Sender: who.Email, Verdict: "hold",
		}, text, nil); err != nil {
			t.Fatal(err)
		}
	}
	reply(1, "Merci.")
	p.pass(time.Minute)
	p.do(t, alix, c, tickets.ActionClose, "Câble remplacé.")
	b := p.as(t, who)
	if pg := b.get(path); pg.has("#draft") || strings.TrimSpace(pg.value("text")) != "" {
		t.Errorf("words from before wait: %s", pg.text("main"))
	}
	p.pass(time.Minute)
	reply(2, "Il est noir de nouveau.")
	pg := b.get(path)
	if !pg.has("#draft") || !strings.Contains(pg.value("text"), "noir de nouveau") {
		t.Errorf("%q: %s", pg.value("text"), pg.text("main"))
	}
	done := b.press(pg, "reopen").want(http.StatusOK, tickets.TicketPath(c.Academy, c.Number))
	if !strings.Contains(done.text("#timeline"), "noir de nouveau") || done.has("#draft") {
		t.Errorf("%s", done.text("main"))
	}
}

func TestTheWithdrawalAsksForTheCause(t *testing.T) {
	p := newDesk(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Imprimante muette"})
	path := tickets.TicketPath(c.Academy, c.Number)
	b := p.as(t, who)
	pg := b.get(path + "/cloture")
	refused := b.press(pg, "withdraw", "cause", "alchimie", "text", "Trouvé").want(http.StatusUnprocessableEntity, "")
	if !refused.has("#cause-error") || refused.value("text") != "\nTrouvé" && refused.value("text") != "Trouvé" {
		t.Errorf("an unknown cause: %s", refused.text("main"))
	}
	pg = b.press(pg, "withdraw", "cause", pg.optionOf("cause", "Câble ou branchement"), "text", "Câble débranché par erreur").want(http.StatusOK, path)
	if !strings.Contains(pg.text(".side"), "Cause réelle Câble ou branchement") || pg.text("#status") != "Clôturé (retiré par le demandeur)" {
		t.Errorf("%s: %s", pg.text("#status"), pg.text(".side"))
	}
}

// While its requester is waited for, a ticket is due at no moment.
func TestADeadlineStandsStillWhileTheRequesterIsWaitedFor(t *testing.T) {
	p := newDesk(t)
	who, alix := person("creteil", "dominique"), person("creteil", "alix")
	c := p.open(t, who, tickets.Incident, tickets.Card{Theme: "messagerie", Description: "Boîte pleine"})
	path := tickets.TicketPath(c.Academy, c.Number)
	shows := func(what string, paused bool) {
		t.Helper()
		b := p.as(t, who)
		if got := strings.Contains(b.get(path).text(".side"), "Fin max en pause"); got != paused {
			t.Errorf("%s: its page says that it is paused: %v", what, got)
		}
		if got := strings.TrimSpace(b.get("/incidents?etat=tous").text("td.t-due")) == "en pause"; got != paused {
			t.Errorf("%s: the list says that it is paused: %v", what, got)
		}
	}
	shows("new", false)
	do(t, p, alix, c, tickets.ActionAsk, tickets.Input{Text: "Laquelle ?"})
	shows("asked", true)
	do(t, p, who, c, tickets.ActionComplement, tickets.Input{Text: "La mienne."})
	shows("answered", false)
	do(t, p, alix, c, tickets.ActionResolve, tickets.Input{Text: "Vidée."})
	shows("resolved", true)
	do(t, p, who, c, tickets.ActionValidate, tickets.Input{})
	shows("closed", false)
}
