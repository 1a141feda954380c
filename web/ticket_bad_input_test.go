package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

func TestWhatTheDeskTypesWrongIsSaidByItsField(t *testing.T) {
	p := newDesk(t)
	c := p.open(t, person("creteil", "dominique"), tickets.Incident, tickets.Card{Description: "Panne", Theme: "poste"})
	path := tickets.TicketPath(c.Academy, c.Number)
	agent := p.as(t, person("creteil", "alix"))
	long := strings.Repeat("x", 1_000_000)
	for _, k := range []struct {
		do, field string
		typed     url.Values
		id        string // of the error
	}{
		{"assign", "assignee", form("assignee", ""), "assignee"},
		{"assign", "assignee", form("assignee", "cuisine"), "assignee"},
		{"assign", "assignee", form("assignee", "supervision"), "assignee"},
		{"assign", "assignee", form("assignee", "supervision/"+lou("creteil").ID.String()), "assignee"},
		{"assign", "assignee", form("assignee", "assistance/"+uuid.NewString()), "assignee"},
		{"assign", "assignee", form("assignee", "assistance/"+uuid.Nil.String()), "assignee"},
		{"assign", "assignee", form("assignee", "assistance/<script>"), "assignee"},
		{"assign", "assignee", form("assignee", "assistance/"+person("paris", "alix").ID.String()), "assignee"},
		{"assign", "assignee", form("assignee", "assistance/"+person("creteil", "robin").ID.String()), "assignee"},
		{"assign", "assignee", form("assignee", "assistance/"+person("creteil", "dominique").ID.String()), "assignee"},
		{"assign", "text", form("assignee", "reseau", "text", long), "text-assign"},
		{"requalify", "category", form("category", "alchimie"), "category"},
		{"requalify", "category", form("category", "messagerie/alchimie"), "category"},
		{"requalify", "category", form("category", "poste/quota"), "category"},
		{"requalify", "urgency", form("urgency", "9"), "urgency"},
		{"requalify", "urgency", form("urgency", "-1"), "urgency"},
		{"requalify", "urgency", form("urgency", "<b>"), "urgency"},
		{"requalify", "request_type", form("request_type", "alchimie"), "request_type"},
		{"resolve", "cause", form("text", "Fait", "cause", "alchimie"), "cause-resolve"},
		{"close", "cause", form("text", "Fait", "cause", "alchimie"), "cause-close"},
		{"close", "text", form("cause", "droits"), "text-close"},
		{"ask", "text", form("text", " \n "), "text-ask"},
		{"inform", "text", form("text", "a\x00b"), "text-inform"},
		{"note", "text", form("text", "caf\xe9"), "text-note"},
		{"resolve", "text", form("text", long), "text-resolve"},
	} {
		k.typed.Set("do", k.do)
		pg := agent.post(path, k.typed)
		if pg.status != http.StatusUnprocessableEntity || !pg.has("#"+k.id+"-error") || !pg.has("a[href=#"+k.id+"]") {
			t.Errorf("%s %.80v: %d, no error by %s: %.300s", k.do, k.typed, pg.status, k.id, pg.text("#errors"))
			continue
		}
		if pg.text("title") == "" || !strings.HasPrefix(pg.text("title"), "Erreur :") || len(pg.all("details[open]")) != 1 || !pg.has("#do-"+k.do) {
			t.Errorf("%s: %d forms are open", k.do, len(pg.all("details[open]")))
		}
		_, kept := pg.sent(k.do)
		if want := strings.ToValidUTF8(k.typed.Get(k.field), "\uFFFD"); k.field == "text" && strings.TrimSpace(kept.Get("text")) != strings.ReplaceAll(strings.TrimSpace(want), "\x00", "\uFFFD") {
			t.Errorf("%s: %.40q was typed, %.40q is shown", k.do, want, kept.Get("text"))
		}
	}
	events, err := p.db.Events(t.Context(), c.Academy, c.ID, true)
	if err != nil || len(events) != 1 {
		t.Errorf("%d events, %v: what was refused changed something", len(events), err)
	}
	if lines := strings.Count(p.log.String(), "level=ERROR"); lines != 0 {
		t.Errorf("%d errors logged:\n%s", lines, p.log)
	}
}

func TestHostileWordsAreOnlyWords(t *testing.T) {
	p := newDesk(t)
	who, alix := person("creteil", "dominique"), person("creteil", "alix")
	hostile := `<script>alert(1)</script></textarea>"'><img src=x onerror=alert(1)>` + "\u202etxt.exe &amp; {{.}}"
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: hostile, Phone: hostile[:60], Availability: hostile[:60]})
	path := tickets.TicketPath(c.Academy, c.Number)
	agent := p.as(t, alix)
	pg := agent.press(agent.get(path), "note", "text", hostile).want(http.StatusOK, path)
	for _, pg := range []*page{pg, agent.post(path, form("do", "resolve", "text", hostile, "cause", hostile)), agent.get(path + "/regroupement?into=1")} {
		if pg.has("img") || len(pg.all("script")) != 1 {
			t.Errorf("%s: the words are markup", pg.path)
		}
	}
	if strings.Count(pg.text("#timeline"), hostile[:25]) != 2 {
		t.Errorf("the words are not as they were: %s", pg.text("#timeline"))
	}
}

// TestATabLeftOpenSaysWhoDidWhatAndKeepsTheWords has two agents on one ticket.
func TestATabLeftOpenSaysWhoDidWhatAndKeepsTheWords(t *testing.T) {
	p := newDesk(t)
	who, alix := person("creteil", "dominique"), person("creteil", "alix")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	path := tickets.TicketPath(c.Academy, c.Number)
	agent, other, b := p.as(t, alix), p.as(t, sacha("creteil")), p.as(t, who)
	tab, update, closing := agent.get(path), b.get(path+"/mise-a-jour"), b.get(path+"/cloture")
	other.press(other.get(path), "close", "text", "Traité par téléphone.").want(http.StatusOK, path)

	words := "Une longue solution\nen deux lignes"
	pg := agent.press(tab, "resolve", "text", words).want(http.StatusConflict, path)
	if !strings.Contains(pg.text("#errors"), "a déjà été clôturé par Sacha Modèle") || !strings.Contains(rawText(pg.one("#unsent")), words) {
		t.Errorf("the desk: %s", pg.text("main"))
	}
	for name, sent := range map[string]*page{
		"update":  b.upload(path+"/mise-a-jour", form("do", "complement", "text", words, "command", update.value("command"))),
		"closing": b.press(closing, "withdraw", "text", words),
	} {
		sent.want(http.StatusConflict, "")
		if !strings.Contains(sent.text("#errors"), "a déjà été clôturé par Sacha Modèle") || !strings.Contains(rawText(sent.one("#unsent")), words) {
			t.Errorf("%s: %s", name, sent.text("main"))
		}
	}
	// Taking is not claimed by the loser of two who click at once.
	c = p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	path = tickets.TicketPath(c.Academy, c.Number)
	clicking := map[*browser]*page{agent: agent.get(path), other: other.get(path)}
	got := make(chan int, 2)
	var wg sync.WaitGroup
	for by, pg := range clicking {
		wg.Go(func() { got <- by.press(pg, "take").status })
	}
	wg.Wait()
	if first, second := <-got, <-got; first+second != http.StatusOK+http.StatusConflict {
		t.Errorf("two takes at once: %d and %d", first, second)
	}
}

func TestADoubleClickIsOneAction(t *testing.T) {
	p := newDesk(t)
	c := p.open(t, person("creteil", "dominique"), tickets.Incident, tickets.Card{Description: "Panne"})
	path := tickets.TicketPath(c.Academy, c.Number)
	agent := p.as(t, person("creteil", "alix"))
	tab := agent.get(path)
	for range 2 {
		agent.press(tab, "note", "text", "Vu.").want(http.StatusOK, path)
		agent.press(tab, "assign", "assignee", "assistance/"+sacha("creteil").ID.String()).want(http.StatusOK, path)
		agent.press(tab, "requalify", "urgency", "2").want(http.StatusOK, path)
	}
	agent.press(tab, "note", "text", "Vu aussi le câble.").want(http.StatusOK, path)
	events, err := p.db.Events(t.Context(), c.Academy, c.ID, true)
	if err != nil || len(events) != 5 {
		t.Errorf("%d events, %v; want the opening, two notes, an assignment and a requalification", len(events), err)
	}
}

func TestTheRequesterMayDoNothingOfTheDesks(t *testing.T) {
	p := newDesk(t)
	who := person("creteil", "dominique")
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	kept := p.open(t, who, tickets.Incident, tickets.Card{Description: "La même"})
	path := tickets.TicketPath(c.Academy, c.Number)
	b := p.as(t, who)
	for _, do := range []string{"take", "release", "assign", "requalify", "note", "inform", "ask", "resolve", "close", "merge", "unmerge"} {
		b.post(path, form("do", do, "text", "x", "assignee", "reseau", "into", kept.Number.String())).want(http.StatusForbidden, path)
	}
	b.post(path+"/regroupement", form("do", "merge", "into", kept.Number.String())).want(http.StatusForbidden, "")
	if pg := b.get(path + "/regroupement"); pg.path != path || !strings.Contains(pg.text("#notice"), "réservée à l’assistance") {
		t.Errorf("%s: %s", pg.path, pg.text("#notice"))
	}
}
