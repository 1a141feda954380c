package mail

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

var portal = tickets.NewPortal("https://portail.creteil.example")

func keyring(t testing.TB) *tickets.Keyring {
	t.Helper()
	k, err := tickets.NewKeyring(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func id(n byte) uuid.UUID { return uuid.UUID{15: n} }

// notice is one that Alix Exemple, who filed the ticket, gets from the desk.
func notice(tpl tickets.Template, lang tickets.Lang, text string) tickets.Notice {
	at := time.Date(2026, 11, 21, 9, 32, 0, 0, time.UTC)
	alix := tickets.Person{Academy: "creteil", ID: id(1), GivenName: "Alix", FamilyName: "Exemple", Email: "alix.exemple@creteil.example", Lang: lang}
	agent := tickets.Person{Academy: "creteil", ID: id(2), GivenName: "Dominique", FamilyName: "Modèle"}
	academy := tickets.Academy{
		ID: "creteil", Name: "Académie de Créteil", Timezone: "Europe/Paris",
		NoReply: "no-reply@creteil.example", Bounce: "bounce@creteil.example",
		Causes: []tickets.Choice{{Code: "panne", Name: tickets.Text{FR: "Panne", EN: "Breakdown"}}},
	}
	ticket := tickets.Ticket{
		Academy: "creteil", ID: id(7), Number: tickets.Number{Kind: tickets.Incident, Day: "261121", Rank: 7},
		Requester: alix.ID, Card: tickets.Card{Beneficiary: alix.ID, Summary: "Plus d’accès à la messagerie"},
		Status: tickets.StatusInProgress,
	}
	return tickets.Notice{
		Delivery: tickets.Delivery{
			Academy: "creteil", ID: id(9), Cause: id(8), Ticket: ticket.ID, Channel: tickets.Mail,
			Recipient: tickets.ToPerson(alix.ID), Template: tpl, Rule: "rule-of-" + string(tpl), CreatedAt: at, Attempts: 1,
		},
		Academy:   academy,
		Case:      tickets.Case{Ticket: ticket, People: map[uuid.UUID]tickets.Person{alix.ID: alix, agent.ID: agent}},
		Event:     tickets.Event{Ticket: ticket.ID, Actor: agent.ID, At: at, Text: text},
		Recipient: alix,
	}
}

func guidance(lang tickets.Lang, g tickets.Guidance) tickets.Notice {
	n := notice(tickets.TemplateGuidance, lang, "")
	g.Lang = lang
	n.Data, _ = json.Marshal(g)
	n.Delivery.Recipient, n.Recipient, n.Event = tickets.ToAddress("alix.exemple@creteil.example"), tickets.Person{}, tickets.Event{}
	if g.Generic {
		n.Case, n.Ticket = tickets.Case{}, uuid.Nil
	}
	return n
}

// linkCode is a notice of the code that links a chat account: it is about no ticket.
func linkCode(lang tickets.Lang) tickets.Notice {
	n := notice(tickets.TemplateLinkCode, lang, "")
	n.Case, n.Ticket, n.Event = tickets.Case{}, uuid.Nil, tickets.Event{}
	return n
}

// escalated is a notice of an alert that nobody saw to.
func escalated(t *testing.T, lang tickets.Lang) tickets.Notice {
	t.Helper()
	n := linkCode(lang)
	since := time.Date(2026, 11, 23, 8, 10, 0, 0, time.UTC)
	data, err := json.Marshal(oncall.Card{
		Alert: id(40), Rank: 12, Rule: tickets.AlertUntaken, Severity: tickets.Warning, Count: 3, Since: since, State: oncall.StateFiring,
		Worst: []oncall.Worst{{Ticket: id(41), Number: tickets.Number{Kind: tickets.Incident, Day: "261123", Rank: 7}, Urgency: tickets.High, Since: since}},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.Template, n.Rule, n.Ticket, n.Data = tickets.TemplateEscalated, "alert-untaken", id(40), data
	return n
}

// roundup is a notice of what waits for a member of the desk.
func roundup(t *testing.T, lang tickets.Lang) tickets.Notice {
	t.Helper()
	n := linkCode(lang)
	data, err := json.Marshal(oncall.Roundup{
		At:  time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC),
		Own: oncall.Load{InProgress: 2, Refused: 1, Oldest: time.Date(2026, 11, 19, 9, 0, 0, 0, time.UTC)}, Alerts: 1,
		Groups: []oncall.Load{{Group: "assistance", New: 3, InProgress: 12, Waiting: 1, Overdue: 4, Unvalidated: 5}},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.Academy.Groups = []tickets.Group{{Code: "assistance", Name: tickets.Text{FR: "Assistance", EN: "Help desk"}}}
	n.Template, n.Rule, n.Data = tickets.TemplateRoundup, "roundup-at-set-hours", data
	return n
}

// did makes of a notice one of that action.
func did(n tickets.Notice, action tickets.Action, d tickets.Detail) tickets.Notice {
	n.Thread = "premier@creteil.example"
	n.Event.Action, n.Event.Detail = action, d
	return n
}

// byColleague makes of a notice one of what Camille, the other party, did.
func byColleague(n tickets.Notice) tickets.Notice {
	camille := tickets.Person{Academy: "creteil", ID: id(3), GivenName: "Camille", FamilyName: "Spécimen"}
	n.Case.People[camille.ID] = camille
	n.Event.Actor, n.Case.Requester, n.Case.Beneficiary = camille.ID, camille.ID, n.Recipient.ID
	return n
}

// letters are the mails about a ticket, by name: each template, and each that a
// template words in another way.
func letters(lang tickets.Lang) map[string]tickets.Notice {
	of := func(tpl tickets.Template, text string) tickets.Notice { return notice(tpl, lang, text) }
	silence := did(of(tickets.TemplateClosed, ""), tickets.ActionClose, tickets.Detail{})
	silence.Case.Closure = tickets.ClosedBySilence
	reminded := of(tickets.TemplateReminded, "")
	reminded.Case.LapseAt = reminded.Event.At.AddDate(0, 0, 6)
	nameless := of(tickets.TemplateTaken, "")
	nameless.Case.Summary, nameless.Recipient.GivenName, nameless.Recipient.FamilyName = "", "", ""
	return map[string]tickets.Notice{
		"opened_for_you":    did(byColleague(of(tickets.TemplateOpenedForYou, "")), tickets.ActionOpen, tickets.Detail{}),
		"taken":             of(tickets.TemplateTaken, ""),
		"taken_nameless":    nameless,
		"informed":          of(tickets.TemplateInformed, "Le serveur redémarre à 14 h.\nMerci de votre patience."),
		"asked":             of(tickets.TemplateAsked, "Quel message s’affiche ?\n<script>alert(1)</script> & <b>gras</b>"),
		"resolved":          of(tickets.TemplateResolved, "Le compte était verrouillé : il ne l’est plus."),
		"reminded":          reminded,
		"closed":            did(of(tickets.TemplateClosed, "Le poste a été remplacé.\n<b>gras</b>"), tickets.ActionClose, tickets.Detail{Cause: "panne"}),
		"closed_causeless":  did(of(tickets.TemplateClosed, "Sans nouvelles de votre part."), tickets.ActionClose, tickets.Detail{}),
		"closed_by_silence": silence,
		"merged":            did(of(tickets.TemplateMerged, ""), tickets.ActionMerge, tickets.Detail{Into: "I261121_003"}),
		"merged_because":    did(of(tickets.TemplateMerged, "Toute la salle est touchée."), tickets.ActionMerge, tickets.Detail{Into: "I261121_003"}),
		"reopened":          did(of(tickets.TemplateReopened, "Clôturée par erreur."), tickets.ActionReopen, tickets.Detail{}),
		"reopened_by_party": did(byColleague(of(tickets.TemplateReopened, "La panne est revenue.")), tickets.ActionReopen, tickets.Detail{}),
		"joined":            did(of(tickets.TemplateJoined, "Messagerie indisponible dans les Hauts-de-Test"), tickets.ActionJoin, tickets.Detail{Major: "I261121_009"}),
		"resolved_major":    did(of(tickets.TemplateResolved, "Le serveur a redémarré."), tickets.ActionResolve, tickets.Detail{Major: "I261121_009"}),
		"reopened_unmerged": did(of(tickets.TemplateReopened, ""), tickets.ActionUnmerge, tickets.Detail{}),
		"together":          together(lang),
	}
}

// together is a mail that tells three things: the ticket was taken, the desk
// wrote, and asks.
func together(lang tickets.Lang) tickets.Notice {
	n := did(notice(tickets.TemplateAsked, lang, "De quelle salle s’agit-il ?"), tickets.ActionAsk, tickets.Detail{})
	told := func(tpl tickets.Template, action tickets.Action, text string, before time.Duration) tickets.Told {
		e := n.Event
		e.Action, e.Text, e.At = action, text, e.At.Add(-before)
		return tickets.Told{Template: tpl, Rule: "rule-of-" + string(tpl), Case: n.Case, Event: e}
	}
	n.Earlier = []tickets.Told{
		told(tickets.TemplateTaken, tickets.ActionTake, "", 2*time.Minute),
		told(tickets.TemplateInformed, tickets.ActionInform, "Un technicien passera.\nIl téléphonera avant.", time.Minute),
	}
	return n
}

// guidances are the answers to refused replies, by name.
func guidances(lang tickets.Lang) map[string]tickets.Notice {
	refused := tickets.Guidance{
		MessageID: "reponse@creteil.example", References: []string{"premier@creteil.example"},
		Subject: "Re: [I261121_007] Plus d’accès à la messagerie", Quoted: "Le message est « quota dépassé ».\n> <b>x</b>",
	}
	generic := refused
	generic.Generic = true
	with := func(s tickets.Status) tickets.Notice {
		n := guidance(lang, refused)
		n.Case.Status = s
		return n
	}
	return map[string]tickets.Notice{
		"guidance": with(tickets.StatusInProgress), "guidance_resolved": with(tickets.StatusResolved),
		"guidance_closed": with(tickets.StatusClosed), "guidance_generic": guidance(lang, generic),
	}
}

// private makes the notice's ticket a private one.
func private(n tickets.Notice) tickets.Notice {
	n.Case.Private = true
	for i := range n.Earlier {
		n.Earlier[i].Case.Private = true
	}
	return n
}

// Each letter as text and as HTML, in both languages, of a private ticket or not;
// and of some the whole message. The HTML files are what a browser shows.
func TestGolden(t *testing.T) {
	for _, lang := range []tickets.Lang{tickets.French, tickets.English} {
		for name, n := range letters(lang) {
			golden(t, name+"."+string(lang), n)
			golden(t, name+"_private."+string(lang), private(n))
		}
		for name, n := range guidances(lang) {
			golden(t, name+"."+string(lang), n)
			golden(t, name+"_private."+string(lang), private(n))
		}
		golden(t, "link_code."+string(lang), linkCode(lang))
		golden(t, "escalated."+string(lang), escalated(t, lang))
		golden(t, "roundup."+string(lang), roundup(t, lang))
	}
	for _, name := range []string{"asked", "together", "asked_private", "guidance"} {
		n, ok := letters(tickets.French)[strings.TrimSuffix(name, "_private")]
		if !ok {
			n = guidances(tickets.French)[name]
		}
		if strings.HasSuffix(name, "_private") {
			n = private(n)
		}
		m := mustCompose(t, n)
		compare(t, name+".fr.eml", "MAIL FROM:<"+m.from+">\nRCPT TO:<"+m.to+">\n\n"+strings.ReplaceAll(string(m.data), "\r\n", "\n"))
	}
}

func golden(t *testing.T, name string, n tickets.Notice) {
	p := parse(t, mustCompose(t, n))
	subject, err := p.header.Subject()
	if err != nil {
		t.Error(err)
	}
	compare(t, name+".txt", subject+"\n\n"+p.text)
	compare(t, name+".html", p.html)
}

func compare(t *testing.T, name, got string) {
	t.Run(name, func(t *testing.T) {
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("differs from %s (go test -update rewrites it):\n%s", file, got)
		}
	})
}

// No file of testdata is of a letter that is no more.
func TestEveryGoldenFileIsCompared(t *testing.T) {
	known := map[string]bool{"link_code": true, "escalated": true, "roundup": true}
	for _, all := range []map[string]tickets.Notice{letters(tickets.French), guidances(tickets.French)} {
		for name := range all {
			known[name], known[name+"_private"] = true, true
		}
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name, _, _ := strings.Cut(f.Name(), "."); !known[name] {
			t.Errorf("%s is of no letter", f.Name())
		}
	}
}

// Whose reply was too large is told that its documents are not there.
func TestGuidanceOnTooLargeAReply(t *testing.T) {
	for _, generic := range []bool{false, true} {
		l, err := writeGuidance(guidance(tickets.French, tickets.Guidance{Quoted: "Voici.", Generic: generic, TooLarge: true}), portal)
		if err != nil || !strings.Contains(strings.Join(l.After, "\n"), "ses documents n’ont pas été repris") {
			t.Errorf("after %q, %v", l.After, err)
		}
	}
}

// Whose reply held no words of theirs is not told that words wait.
func TestGuidanceOnAReplyWithoutWords(t *testing.T) {
	for _, status := range []tickets.Status{tickets.StatusWaiting, tickets.StatusResolved} {
		for _, generic := range []bool{false, true} {
			n := guidance(tickets.French, tickets.Guidance{Generic: generic})
			n.Case.Status = status
			l, err := writeGuidance(n, portal)
			if err != nil {
				t.Fatal(err)
			}
			if text := l.text(); !strings.Contains(text, "aucun texte de vous") || strings.Contains(text, "votre texte") || strings.Contains(text, "mon texte") {
				t.Errorf("%s, generic %v:\n%s", status, generic, text)
			}
		}
	}
}
