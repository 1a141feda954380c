package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

// untaken opens a ticket that nobody takes, on a Monday morning, and returns the
// alert that comes of it.
func (h *hall) untaken() oncall.Card {
	h.t.Helper()
	h.pass(2*24*time.Hour - 2*time.Hour) // Monday, 10 o'clock
	c := h.open(h.t, person("creteil", "dominique"), tickets.Incident, tickets.Card{Description: "Panne", Theme: "messagerie", Urgency: tickets.High})
	h.exec(`UPDATE tickets SET take_up_due = opened_at + interval '10 minutes' WHERE id = $1`, c.ID)
	h.exec(`DELETE FROM deliveries WHERE academy = 'creteil'`) // nobody sends: another alert
	h.pass(11 * time.Minute)
	h.tick()
	h.pass(time.Minute)
	h.tick()
	h.exec(`DELETE FROM deliveries WHERE academy = 'creteil'`)
	board, err := h.room.Board(h.t.Context(), caller(lou("creteil")))
	if err != nil || len(board.Alerts) != 1 {
		h.t.Fatalf("%d alerts, %v", len(board.Alerts), err)
	}
	return board.Alerts[0]
}

func newHall(t *testing.T) *hall {
	t.Helper()
	return &hall{portal: newDesk(t), t: t, lang: tickets.French, visitors: map[string]*browser{}}
}

// The buttons of the page do what those in the chat do.
func TestAnAlertIsActedOnFromThePage(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	card := h.untaken()
	lou := h.visitor("lou")
	pg := lou.get("/supervision").want(http.StatusOK, "")
	if said := pg.text("#A1"); !strings.Contains(said, "Non pris · Messagerie") || !strings.Contains(said, "en attente de quelqu’un") || !strings.Contains(said, card.Worst[0].Number.String()) {
		t.Errorf("the alert says %q", said)
	}
	press := func(do string) *page {
		return lou.post("/supervision", form("alert", card.Alert.String(), "do", do, "return", "/supervision")).want(http.StatusOK, "/supervision")
	}
	for do, want := range map[string]string{"half": "différée par Lou Modèle", "two": "différée par Lou Modèle", "ack": "vue par Lou Modèle"} {
		if said := press(do).text("#A1"); !strings.Contains(said, want) {
			t.Errorf("after %s the alert says %q", do, said)
		}
	}
	press("escalate")
	near := lou.get("/supervision/alertes/"+card.Alert.String()).want(http.StatusOK, "")
	for _, want := range []string{"Alerte née", "Annoncée dans le canal", "Vue par Lou Modèle", "Différée par Lou Modèle", "Escaladée par Lou Modèle", card.Worst[0].Number.String()} {
		if !strings.Contains(near.text("main"), want) {
			t.Errorf("the alert's page says nothing of %q", want)
		}
	}
	h.do(t, person("creteil", "alix"), h.caseOf(card.Worst[0].Number.Ref()), tickets.ActionTake, "")
	h.exec(`UPDATE tickets SET take_up_due = NULL WHERE academy = 'creteil'`)
	h.exec(`DELETE FROM deliveries WHERE academy = 'creteil'`)
	h.pass(time.Minute)
	h.tick()
	if pg := press("ack"); !strings.Contains(pg.text("#notice"), "Cette alerte est terminée") || pg.has("#A1") {
		t.Errorf("what is over was acknowledged: %s", pg.text("main"))
	}
	if over := lou.get("/supervision/alertes/"+card.Alert.String()).want(http.StatusOK, ""); !strings.Contains(over.text("main"), "Terminée") || over.has("[value=ack]") {
		t.Error("the page of an alert that is over offers its buttons")
	}
	lou.get("/supervision/alertes/nimporte").want(http.StatusNotFound, "")
	lou.get("/supervision/alertes/00000000-0000-0000-0000-000000000001").want(http.StatusNotFound, "")
}

// caseOf is a ticket as alix sees it.
func (h *hall) caseOf(ref tickets.Ref) tickets.Case {
	h.t.Helper()
	c, err := h.desk.Case(h.t.Context(), caller(person("creteil", "alix")), ref)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// Who is put on duty sees the pages of supervision, and no longer once they hand
// it over; the menu says so.
func TestDutyOpensTheDoor(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	lou, sacha := h.visitor("lou"), h.visitor("sacha")
	paths := []string{"/supervision", "/supervision/tendances", "/supervision/tendances/export.csv", "/supervision/tendances/export.xlsx", "/supervision/envois"}
	sees := func(want int) {
		t.Helper()
		for _, path := range paths {
			sacha.get(path).want(want, path)
		}
		if in := strings.Contains(sacha.get("/aide").text(".menu"), "Supervision"); in != (want == http.StatusOK) {
			t.Errorf("the menu has it: %v", in)
		}
	}
	sees(http.StatusForbidden)
	h.visitor("dominique").get("/supervision").want(http.StatusForbidden, "")
	who := person("creteil", "sacha").ID.String()
	if pg := lou.post("/supervision/garde", form("do", "hand", "person", who, "duration", "4")); !strings.Contains(pg.text("#on-duty"), "Sacha Modèle") {
		t.Errorf("on duty: %s", pg.text("#on-duty"))
	}
	sees(http.StatusOK)
	if pg := lou.post("/supervision/garde", form("do", "take")); !strings.Contains(pg.text("#on-duty"), "Lou Modèle") || pg.has("[value=take]") {
		t.Errorf("on duty: %s", pg.text("#on-duty"))
	}
	sees(http.StatusForbidden)
	for _, wrong := range [][]string{{"do", "hand", "person", "x"}, {"do", "hand", "person", person("creteil", "dominique").ID.String()}, {"do", "take", "duration", "999"}, {"do", "take", "duration", "-1"}} {
		if pg := lou.post("/supervision/garde", form(wrong...)); !pg.has(".call") || !strings.Contains(pg.text("#on-duty"), "Lou Modèle") {
			t.Errorf("%q: %s", wrong, pg.text("main"))
		}
	}
}

// Where nothing was resolved yet there is no spread of it either.
func TestAFigureOfNothingHasNoSpread(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	c := h.open(t, person("creteil", "dominique"), tickets.Incident, typedCard("", "Plus rien."))
	do(t, h.portal, person("creteil", "alix"), c, tickets.ActionTake, tickets.Input{})
	pg := h.visitor("lou").get("/supervision/tendances")
	has(t, pg, "#figure-take", "9 sur 10")
	if got := pg.text("#figure-resolve"); got != "–" {
		t.Errorf("resolution: %q", got)
	}
}

func TestASilenceIsMadeAndEnded(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	lou := h.visitor("lou")
	pg := lou.post("/supervision/silences", form("what", "", "theme", "", "duration", "4", "reason", "Travaux <b>"))
	if pg.status != http.StatusUnprocessableEntity || pg.value("reason") != "Travaux <b>" || !pg.has("#errors") {
		t.Errorf("a silence of everything: %d", pg.status)
	}
	pg = lou.post("/supervision/silences", form("what", "untaken", "theme", "messagerie", "duration", "4", "reason", "Travaux <b>")).want(http.StatusOK, "/supervision")
	if said := pg.text("section[aria-labelledby=silences]"); !strings.Contains(said, "Non pris · Messagerie") || !strings.Contains(said, "Lou Modèle : Travaux <b>") {
		t.Errorf("the silences are %q", said)
	}
	if pg := lou.post("/supervision/silences", form("end", "1")); pg.has("[name=end]") {
		t.Error("the silence was not ended")
	}
	if pg := lou.post("/supervision/silences", form("end", "1")); !pg.has(".call") {
		t.Error("a silence was ended twice")
	}
}

// What was given up is told with why, and sent again: one, or all of the page.
func TestWhatWasGivenUpIsSentAgain(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	for range 3 {
		c := h.open(t, person("creteil", "dominique"), tickets.Incident, typedCard("", "Panne"))
		h.do(t, person("creteil", "alix"), c, tickets.ActionTake, "")
	}
	h.exec(`WITH going AS (DELETE FROM deliveries WHERE academy = 'creteil' AND channel = 'mail' RETURNING *)
		INSERT INTO delivery_log (academy, id, cause, ticket, seq, channel, recipient, template, rule, data, attempts, dead, outcome, error, created_at, ended_at, trace)
		SELECT academy, id, cause, ticket, seq, channel, recipient, template, rule, data, 9, true, 'permanent', '550 <no> such user', created_at, $1, trace FROM going`, h.clock())
	lou := h.visitor("lou")
	pg := lou.get("/supervision/envois").want(http.StatusOK, "")
	if n := len(pg.all("[name=one]")); n != 3 || !strings.Contains(pg.text("#given-up"), "550 <no> such user") {
		t.Fatalf("%d given up: %s", n, pg.text("main"))
	}
	if rows := tableOf(pg.one("#backlog")); rows[2][4] != "3" || rows[1][1] == "0" || rows[1][5] != "à l’instant" {
		t.Errorf("the backlog is %q", rows)
	}
	pg = lou.post("/supervision/envois", form("one", pg.value("one"), "delivery", pg.value("one"))).want(http.StatusOK, "/supervision/envois")
	if n := len(pg.all("[name=one]")); n != 2 || !strings.Contains(pg.text("#notice"), "Un envoi repart") {
		t.Errorf("%d are left: %s", n, pg.text("#notice"))
	}
	all := form("do", "all")
	for _, n := range pg.all("[name=delivery]") {
		id, _ := attr(n, "value")
		all.Add("delivery", id)
	}
	pg = lou.post("/supervision/envois", all)
	if pg.has("[name=one]") || !strings.Contains(pg.text("#notice"), "2 envois repartent") {
		t.Errorf("some are left: %s", pg.text("main"))
	}
	if pg := lou.post("/supervision/envois", all); !pg.has(".call") {
		t.Error("they were sent again twice")
	}
	lou.post("/supervision/envois", form("delivery", "x")).want(http.StatusUnprocessableEntity, "")
}
