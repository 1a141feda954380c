package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
	"cecoia.example/tickets/oncall"
	"cecoia.example/web"
)

// storm opens five tickets alike on a Monday morning, one of them private, and
// returns them with the alert that comes of them.
func (h *hall) storm() ([]tickets.Case, oncall.Card) {
	h.t.Helper()
	h.pass(2*24*time.Hour - 2*time.Hour) // Monday, 10 o'clock
	var struck []tickets.Case
	for i := range 5 {
		by := []tickets.Person{person("creteil", "dominique"), person("creteil", "camille")}[i%2]
		card := typedCard("", fmt.Sprintf("Ma messagerie ne répond plus, bureau %d.", i+1))
		card.Private = i == 1
		struck = append(struck, h.open(h.t, by, tickets.Incident, card))
	}
	h.minute()
	h.minute()
	board, err := h.room.Board(h.t.Context(), caller(lou("creteil")))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, card := range board.Alerts {
		if card.Rule == tickets.AlertStorm {
			return struck, card
		}
	}
	h.t.Fatalf("no storm among %+v", board.Alerts)
	return nil, oncall.Card{}
}

// minute is what the clock does in one, with everything sent.
func (h *hall) minute() {
	h.t.Helper()
	h.pass(time.Minute)
	h.tick()
	if _, err := h.desk.FollowMajors(h.t.Context(), "creteil"); err != nil {
		h.t.Fatal(err)
	}
	h.exec(`DELETE FROM deliveries WHERE academy = 'creteil'`) // nobody sends: another alert
}

// declare makes a major incident without a storm.
func (h *hall) declare(a tickets.AcademyID, theme, summary string) tickets.Case {
	h.t.Helper()
	c, err := h.desk.Declare(h.t.Context(), caller(lou(a)), summary, tickets.Card{Urgency: tickets.Critical, Theme: theme, Summary: summary, Description: "Partout."})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *hall) join(c, major tickets.Case) {
	h.t.Helper()
	do(h.t, h.portal, person("creteil", "alix"), c, tickets.ActionJoin, tickets.Input{Into: major.Number.Ref()})
}

func has(t *testing.T, pg *page, selector string, want ...string) {
	t.Helper()
	got := pg.text(selector)
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s: %s has no %q: %s", pg.path, selector, w, got)
		}
	}
}

// From the button of a storm's card to the words that each requester reads, by the
// forms of the pages as they stand.
func TestAStormBecomesAMajorIncident(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	struck, storm := h.storm()
	lou, agent, who := h.visitor("lou"), h.visitor("alix"), h.visitor("dominique")
	near := "/supervision/alertes/" + storm.Alert.String()
	alert := fmt.Sprintf("#A%d", storm.Rank)
	press := form("alert", storm.Alert.String(), "do", "major", "return", "/supervision")

	agent.post("/supervision", press).want(http.StatusForbidden, "") // neither supervisor nor on duty
	paris := h.as(t, person("paris", "lou"))
	if pg := paris.post("/supervision", press); !strings.Contains(pg.text("#notice"), "Cette alerte est terminée") {
		t.Errorf("another academy's alert: %s", pg.text("main"))
	}
	if !lou.get(near).has("button[value=major]") {
		t.Error("its own page has no button")
	}
	pg := lou.press(lou.get("/supervision"), "major").want(http.StatusOK, "/supervision")
	majors, err := h.desk.Majors(t.Context(), caller(person("creteil", "alix")))
	if err != nil || len(majors) != 1 {
		t.Fatalf("%d major incidents, %v", len(majors), err)
	}
	major := majors[0]
	path := tickets.TicketPath("creteil", major.Number)
	if major.Summary != "Messagerie : incident en cours (département 094)" || !strings.HasPrefix(major.Description, "5 demandes semblables depuis le 23/11/2026 à ") {
		t.Errorf("it says %q, %q", major.Summary, major.Description)
	}
	has(t, pg, "#notice", major.Number.String()+" est ouvert")
	has(t, pg, alert, "Incident majeur "+major.Number.String())
	if pg.has("button[value=major]") || !pg.has("a[href="+path+"]") {
		t.Error("it can be made twice, or its card does not lead to it")
	}
	lou.post("/supervision", press).want(http.StatusOK, "/supervision") // a page from before: the same one
	if again, _ := h.desk.Majors(t.Context(), caller(person("creteil", "alix"))); len(again) != 1 {
		t.Errorf("%d major incidents", len(again))
	}
	h.minute()
	has(t, lou.get("/supervision"), alert, "5 demandes rattachées")

	step := func(do, text string) {
		t.Helper()
		pg := agent.get(path + "?faire=" + do)
		has(t, pg, "#do-"+do, "est envoyé à toutes les personnes dont la demande est rattachée")
		agent.press(pg, do, "text", text).want(http.StatusOK, path)
		h.minute()
	}
	step("inform", "Le serveur redémarre, comptez dix minutes.")
	mine := who.get(at(struck[0]))
	has(t, mine, "#timeline", "Le serveur redémarre, comptez dix minutes.", "Rattaché à un incident majeur")
	has(t, mine, "#part-of", "fait partie de l’incident majeur "+major.Number.String()+" : « Messagerie : incident en cours (département 094) »", "vous serez prévenu de chaque étape")
	if mine.has("a[href="+path+"]") || mine.has("button[value=leave]") {
		t.Error("the requester is led to what they may not see, or may leave it")
	}
	step("resolve", "Le serveur a redémarré.")
	mine = who.get(at(struck[0]))
	has(t, mine, "section[aria-labelledby=call]", "Le serveur a redémarré.")
	if strings.Contains(mine.text("#part-of"), "vous serez prévenu") || strings.Contains(mine.text("#part-of"), "Messagerie") {
		t.Errorf("what is over is told as if it went on: %s", mine.text("#part-of"))
	}
	who.press(who.get(at(struck[0])+"/validation"), "validate").want(http.StatusOK, at(struck[0]))

	for range 20 {
		h.minute()
	}
	over := lou.get(near)
	has(t, over, alert, "5 demandes", "Début 23/11/2026 à 10:00", "terminée le 23/11/2026 à 10:", major.Number.String()+" · 5 demandes rattachées, 5 réglées")
	has(t, over, "main", "Incident majeur créé", "Terminée")
	if over.has("button[value=major]") || over.has("button[value=ack]") {
		t.Error("a storm that is over has buttons")
	}
}

// What was told to nobody, as its rule is silenced, becomes one as well.
func TestASilencedStormBecomesAMajorIncident(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	if _, err := h.room.Silence(t.Context(), caller(lou("creteil")), tickets.AlertStorm, "", 7*24*time.Hour, "Annoncée."); err != nil {
		t.Fatal(err)
	}
	_, storm := h.storm()
	lou := h.visitor("lou")
	alert := fmt.Sprintf("#A%d", storm.Rank)
	pg := lou.press(lou.get("/supervision"), "ack").want(http.StatusOK, "/supervision")
	has(t, pg, "#notice", fmt.Sprintf("Alerte A%d :", storm.Rank))
	pg = lou.press(pg, "major").want(http.StatusOK, "/supervision")
	has(t, pg, "#notice", fmt.Sprintf("Alerte A%d :", storm.Rank))
	has(t, pg, alert, "Incident majeur")
	h.minute()
	has(t, lou.get("/supervision"), alert, "5 demandes rattachées")
	if pg := lou.get("/supervision"); pg.has("button[value=major]") {
		t.Error("it is offered again")
	}
}

// The desk sees what is joined, but for private tickets of other teams; others
// see none of it.
func TestTheDeskSeesWhatIsJoined(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	camille := person("creteil", "camille")
	major := h.declare("creteil", "messagerie", "Messagerie arrêtée")
	agent, network := h.visitor("alix"), h.visitor("robin")
	pg := agent.get(at(major))
	has(t, pg, ".kicker", "Incident majeur")
	has(t, pg, "section[aria-labelledby=joined]", "Aucune demande n’y est rattachée")
	if pg.has("#do-join") || pg.has("#part-of") {
		t.Error("a major incident is joined to another")
	}
	var all []tickets.Case
	for i := range 22 {
		h.pass(time.Second)
		card := typedCard(fmt.Sprintf("Panne %d", i), "Plus rien.")
		if i == 0 {
			card.Private, card.Summary = true, "Un secret"
		}
		c := h.open(t, camille, tickets.Incident, card)
		h.join(c, major)
		all = append(all, c)
	}
	pg = agent.get(at(major))
	has(t, pg, "main", "22 demandes rattachées", "et 2 autres")
	joined := "section[aria-labelledby=joined]"
	has(t, pg, joined, all[0].Number.String()+" Nouveau Privé · Camille Modèle Un secret", "Panne 19")
	if strings.Contains(pg.text(joined), "Panne 20") || !pg.has("a[href="+at(all[0])+"]") {
		t.Errorf("the joined: %s", pg.text(joined))
	}
	pg = network.get(at(major))
	has(t, pg, "main", "22 demandes rattachées", "et 2 autres", "Panne 20")
	if raw := string(pg.raw); strings.Contains(raw, "Un secret") || strings.Contains(raw, all[0].Number.String()) {
		t.Error("a private ticket shows to another team")
	}
	// Whom it is for reads its number, and no more; who has nothing to do with it nothing.
	h.visitor("dominique").get(at(major)).want(http.StatusNotFound, "")
	h.as(t, person("paris", "alix")).get(at(major)).want(http.StatusNotFound, "")
	mine := h.visitor("camille").get(at(all[0]))
	has(t, mine, "#part-of", major.Number.String())
	if mine.has("#joined") || strings.Contains(string(mine.raw), all[1].Number.String()) {
		t.Error("a requester sees the requests of others")
	}
	has(t, mine, "#part-of", "vous serez prévenu de chaque étape")
	do(t, h.portal, person("creteil", "alix"), all[0], tickets.ActionResolve, tickets.Input{Text: "Réglé pour vous."})
	if pg := h.visitor("camille").get(at(all[0])); strings.Contains(pg.text("#part-of"), "vous serez prévenu") {
		t.Errorf("it is for them to validate, and they are to wait: %s", pg.text("#part-of"))
	}
	if pg := agent.get(at(all[0])); !pg.has("a[href="+at(major)+"]") || strings.Contains(pg.text("#part-of"), "vous serez prévenu") {
		t.Errorf("the desk reads %s", pg.text("#part-of"))
	}
}

// The desk joins a ticket and takes it off again by the forms of its page.
func TestTheDeskJoinsAndTakesOff(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	who, agent := h.visitor("dominique"), h.visitor("alix")
	c := h.open(t, person("creteil", "dominique"), tickets.Incident, typedCard("", "Plus de messagerie"))
	h.declare("paris", "messagerie", "À Paris")
	if pg := agent.get(at(c)); pg.has("#do-join") || strings.Contains(string(pg.raw), "À Paris") {
		t.Error("there is nothing to join, and it is offered")
	}
	poste := h.declare("creteil", "poste", "Postes bloqués")
	major := h.declare("creteil", "messagerie", "Messagerie arrêtée")
	if pg := who.get(at(c)); pg.has("#do-join") || strings.Contains(string(pg.raw), major.Number.String()) {
		t.Error("who asked may join it")
	}
	pg := agent.get(at(c))
	if got := pg.text("#major"); got != "Choisir… "+major.Number.String()+" – Messagerie arrêtée "+poste.Number.String()+" – Postes bloqués" {
		t.Errorf("one chooses among %q", got)
	}
	for into, why := range map[string]string{"": "Choisissez l’incident majeur", "zut": "Choisissez l’incident majeur", c.Number.String(): "n’est pas un incident majeur", "I261121_999": "I261121_999"} {
		pg := agent.post(at(c), form("do", "join", "major", into, "text", "Un mot <b>", "command", pg.value("command")))
		if pg.status != http.StatusUnprocessableEntity || !pg.has("a[href=#major]") || pg.text("#text-join") != "Un mot <b>" || !strings.Contains(pg.text("#major-error"), why) {
			t.Errorf("into %q: %d, %s", into, pg.status, pg.text("main"))
		}
	}
	pg = agent.press(agent.get(at(c)), "join", "major", major.Number.String(), "text", "C’est la panne de ce matin.").want(http.StatusOK, at(c))
	has(t, pg, "#notice", "est rattaché à l’incident majeur")
	has(t, pg, "#part-of", major.Number.String()+" : « Messagerie arrêtée »")
	if pg.has("#do-join") {
		t.Error("what is joined is offered to be joined")
	}
	has(t, who.get(at(c)), "#timeline", "C’est la panne de ce matin.", "Incident majeur : "+major.Number.String())
	pg = agent.press(pg, "leave").want(http.StatusOK, at(c))
	has(t, pg, "#notice", "n’est plus rattaché")
	if pg.has("#part-of") || who.get(at(c)).has("#part-of") || !pg.has("#do-join") {
		t.Error("it is still a part of it")
	}
	// The last one ends while somebody writes: their words are not lost.
	for _, m := range []tickets.Case{poste, major} {
		h.do(t, person("creteil", "alix"), m, tickets.ActionClose, "Fini.")
	}
	pg = agent.post(at(c), form("do", "join", "major", major.Number.String(), "text", "Trop tard"))
	if pg.status != http.StatusUnprocessableEntity || pg.text("#text-join") != "Trop tard" || !strings.Contains(pg.text("#errors"), "est clôturé") {
		t.Errorf("into one that is over: %d, %s", pg.status, pg.text("main"))
	}
}

// The form offers the major incidents of the academy; the choice outlives a page
// that is refused, and an incident that ends first is forgotten.
func TestTheFormOffersToJoin(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	who := h.visitor("dominique")
	base := who.post("/incidents/nouveau", nil).path
	h.declare("paris", "messagerie", "À Paris")
	if pg := who.get(base); pg.has("#parent") {
		t.Error("it offers another academy's")
	}
	major := h.declare("creteil", "messagerie", "Messagerie arrêtée")
	pg := who.get(base)
	has(t, pg, "#parent", "Un incident majeur est en cours : « Messagerie arrêtée », depuis 12:00. L’assistance y travaille.",
		"Ma demande est le même incident : me prévenir avec les autres", "Ma demande est autre chose")
	if len(pg.all("[name=parent]")) != 2 || slices.ContainsFunc(pg.all("[name=parent]"), isChecked) {
		t.Error("something is chosen before anybody has")
	}
	place := func(base, parent string, pairs ...string) *page {
		t.Helper()
		typed := form("do", "continue", "phone", "01 99 00 00 01", "place", "94/CRETEIL", "entity", "0940001R", "urgency", "2", "parent", parent)
		for i := 0; i < len(pairs); i += 2 {
			typed.Set(pairs[i], pairs[i+1])
		}
		return who.post(base, typed)
	}
	chosen := func(pg *page) string {
		t.Helper()
		for _, n := range pg.all("[name=parent]") {
			if isChecked(n) {
				v, _ := attr(n, "value")
				return v
			}
		}
		return ""
	}
	id := major.ID.String()
	if pg := place(base, id, "entity", "0940001Z").want(http.StatusUnprocessableEntity, ""); chosen(pg) != id {
		t.Error("a refused page forgets the choice")
	}
	place(base, id).want(http.StatusOK, base+"/demande")
	who.upload(base+"/demande", form("do", "continue", "description", "Plus de messagerie"))
	if pg := who.get(base); chosen(pg) != id {
		t.Error("the form forgets the choice")
	}
	check := who.get(base + "/verification")
	has(t, check, "main", "Incident majeur Messagerie arrêtée")
	if !check.has("a[href=" + base + "?verifier#parent]") {
		t.Error("no way back to the choice")
	}
	sent := who.press(check, "send").want(http.StatusOK, "")
	has(t, sent, "main", "Elle fait partie de l’incident majeur "+major.Number.String())
	path := strings.TrimSuffix(sent.path, "/confirmation")
	has(t, who.get(path), "#part-of", "« Messagerie arrêtée »")
	if _, total, err := h.desk.Joined(t.Context(), caller(person("creteil", "alix")), major.ID, 1); total != 1 || err != nil {
		t.Errorf("%d joined, %v", total, err)
	}

	// Something else, what was never offered, and one that ends before it is sent.
	for _, parent := range []string{"", "x", uuid.NewString(), "\u202e"} {
		other := who.post("/incidents/nouveau", nil).path
		place(other, parent).want(http.StatusOK, other+"/demande")
		who.upload(other+"/demande", form("do", "continue", "description", "Autre chose"))
		check := who.get(other + "/verification")
		has(t, check, "main", "Incident majeur Non")
		if sent := who.press(check, "send"); strings.Contains(sent.text("main"), "fait partie") {
			t.Errorf("parent %q: %s", parent, sent.text("main"))
		}
	}
	late := who.post("/incidents/nouveau", nil).path
	place(late, id)
	who.upload(late+"/demande", form("do", "continue", "description", "Trop tard"))
	h.pass(24 * time.Hour)
	has(t, who.get(late), "#parent", "depuis le 21/11/2026 à 12:00")
	h.do(t, person("creteil", "alix"), major, tickets.ActionResolve, "Réparé.")
	if pg := who.get(late); pg.has("#parent") {
		t.Error("one that is over is offered")
	}
	place(late, id, "phone", "01 99 00 00 02").want(http.StatusOK, late+"/demande") // the page was open before
	check = who.get(late + "/verification")
	if strings.Contains(check.text("main"), "Incident majeur") {
		t.Errorf("the check speaks of one that is over: %s", check.text("main"))
	}
	if sent := who.press(check, "send").want(http.StatusOK, ""); strings.Contains(sent.text("main"), "fait partie") {
		t.Errorf("joined to one that is over: %s", sent.text("main"))
	}
}

func isChecked(n *html.Node) bool { _, on := attr(n, "checked"); return on }

// At most three are offered, those of the form's theme first, and what was chosen
// always.
func TestTheFormOffersThreeAtMost(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	who := h.visitor("dominique")
	var all []tickets.Case
	for _, name := range []string{"Un", "Deux", "Trois", "Quatre"} {
		theme := "poste"
		if name == "Un" {
			theme = "messagerie"
		}
		h.pass(time.Minute)
		all = append(all, h.declare("creteil", theme, "Panne "+name))
	}
	base := who.post("/services/nouveau", nil).path
	offered := func(want string) {
		t.Helper()
		var out []string
		for _, n := range who.get(base).all("[name=parent]") {
			v, _ := attr(n, "value")
			for _, c := range all {
				if v == c.ID.String() {
					out = append(out, strings.TrimPrefix(c.Summary, "Panne "))
				}
			}
		}
		if got := strings.Join(out, " "); got != want {
			t.Errorf("it offers %q, want %q", got, want)
		}
	}
	offered("Quatre Trois Deux")
	has(t, who.get(base), "#parent", "Des incidents majeurs sont en cours", "« Panne Deux », depuis 12:02 : me prévenir avec les autres")
	who.post(base+"/complement", form("do", "continue", "theme", "messagerie"))
	offered("Un Quatre Trois")
	who.post(base, form("do", "continue", "urgency", "3", "parent", all[1].ID.String()))
	offered("Un Quatre Deux")
}

// Who may validate reads when silence closes the ticket.
func TestSilenceIsSaid(t *testing.T) {
	t.Parallel()
	p := newPortalIn(t, calendar.OpenTime, func(*web.Options) {})
	dominique, alix := person("creteil", "dominique"), person("creteil", "alix")
	c := p.open(t, dominique, tickets.Incident, typedCard("", "Panne"))
	p.do(t, alix, c, tickets.ActionResolve, "Réglé.")
	now, err := p.desk.Case(t.Context(), caller(alix), c.Number.Ref())
	if err != nil || now.LapseAt.IsZero() {
		t.Fatalf("it never lapses: %v", err)
	}
	said := "Sans réponse d’ici le " + now.LapseAt.In(academy("creteil", "", "").Location()).Format("02/01/2006") + ", la demande sera clôturée."
	who, agent := p.as(t, dominique), p.as(t, alix)
	for _, path := range []string{at(c), at(c) + "/validation", "/validations"} {
		has(t, who.get(path), "main", said)
	}
	desk := agent.get(at(c))
	has(t, desk, ".side", "Clôture sans réponse "+now.LapseAt.In(academy("creteil", "", "").Location()).Format("02/01/2006"))
	if strings.Contains(desk.text("main"), said) {
		t.Error("the desk is told to validate")
	}
	p.do(t, dominique, c, tickets.ActionRefuse, "Pas ici.")
	if strings.Contains(who.get(at(c)).text("main"), "Sans réponse") || strings.Contains(agent.get(at(c)).text(".side"), "Clôture sans réponse") {
		t.Error("what was refused lapses")
	}
}
