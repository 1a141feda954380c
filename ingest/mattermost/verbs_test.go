package mattermost

import (
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
)

// The answers that people get who may not use a verb.
const (
	saysUnlinked   = "n’est pas lié"
	saysNotAgent   = "réservées à l’assistance"
	saysNotThere   = "n’existe pas, ou"
	saysSupervisor = "est réservée aux superviseurs"
)

// expectation is how one verb answers each kind of person. NUMBER stands for the
// number of a new ticket, OTHER for that of another one.
type expectation struct {
	before []string // typed by the agent first
	text   string
	agent  string
	// Of the supervisor, the other academy's agent, the requester, and the
	// account without a person; as the agent, not there, not of the desk and not
	// linked when "".
	supervisor, foreign, requester, stranger string
	status                                   tickets.Status // after the agent's; new when ""
}

// expectations has an entry for each verb: a new verb without one fails the test.
var expectations = map[string]expectation{
	"liste":     {text: "liste tous", agent: "NUMBER", foreign: "Aucune demande"},
	"suite":     {text: "suite", agent: "dernière liste est finie", supervisor: "dernière liste est finie", foreign: "dernière liste est finie"},
	"voir":      {text: "voir NUMBER", agent: "L’imprimante ne répond plus."},
	"chercher":  {text: "chercher NUMBER", agent: "L’imprimante ne répond plus."},
	"kb":        {text: "kb rien du tout", agent: "Aucun article", foreign: "Aucun article"},
	"prendre":   {text: "prendre NUMBER", agent: "NUMBER est à vous", status: "in_progress"},
	"rendre":    {before: []string{"prendre NUMBER"}, text: "rendre NUMBER", agent: "NUMBER est rendu à l’équipe Assistance"},
	"affecter":  {text: "affecter NUMBER ~reseaux", agent: "NUMBER est confié à l’équipe Réseaux"},
	"urgence":   {text: "urgence haute NUMBER", agent: "NUMBER est maintenant d’urgence 2 - Haute"},
	"thème":     {text: "thème NUMBER quota", agent: "« Messagerie › Boîte pleine »"},
	"note":      {text: "note NUMBER rappeler mardi", agent: "« rappeler mardi »"},
	"demander":  {text: "demander NUMBER quel message ?", agent: "Envoyé par mail au demandeur, Dominique Exemple : « quel message ? »", status: "waiting"},
	"attente":   {text: "attente NUMBER quand ?", agent: "NUMBER attend la réponse", status: "waiting"},
	"répondre":  {text: "répondre NUMBER nous venons", agent: "Envoyé par mail au demandeur, Dominique Exemple : « nous venons »"},
	"résoudre":  {text: "résoudre NUMBER rebranché", agent: "Envoyé par mail au demandeur, Dominique Exemple : « rebranché »", status: "resolved"},
	"clôturer":  {text: "clôturer NUMBER câble", agent: "NUMBER est clôturé. Cause réelle : Câble.", status: "closed"},
	"rouvrir":   {before: []string{"clôturer NUMBER fait"}, text: "rouvrir NUMBER toujours en panne", agent: "NUMBER est rouvert", status: "in_progress"},
	"fusionner": {text: "fusionner NUMBER dans OTHER", agent: "NUMBER est clôturé comme doublon de OTHER", status: "closed"},
	"rattacher": {text: "rattacher NUMBER à OTHER", agent: "OTHER n’est pas un incident majeur"},
	"nouveau":   {text: "nouveau Écran noir NUMBER", agent: "est déposé, pour Alix Modèle", supervisor: "est déposé, pour Sacha Gabarit", foreign: "est déposé, pour Alix Modèle"},
	"alertes":   {text: "alertes", agent: saysSupervisor, supervisor: "Aucune alerte en cours", foreign: saysSupervisor},
	"ack":       {text: "ack A3", agent: saysSupervisor, supervisor: "pas d’alerte A3", foreign: saysSupervisor},
	"différer":  {text: "différer A3 2 h", agent: saysSupervisor, supervisor: "pas d’alerte A3", foreign: saysSupervisor},
	"escalader": {text: "escalader", agent: saysSupervisor, supervisor: "Aucune alerte en cours", foreign: saysSupervisor},
	"majeur":    {text: "majeur A3", agent: saysSupervisor, supervisor: "pas d’alerte A3", foreign: saysSupervisor},
	"silence":   {text: "silence échéance dépassée 2 h travaux", agent: saysSupervisor, supervisor: "Échéance dépassée : silence jusqu’au", foreign: saysSupervisor},
	"garde":     {text: "garde", agent: "De garde : personne", foreign: "De garde : personne"},
	"notif":     {text: "notif mention jamais", agent: "une note vous cite | jamais", foreign: "une note vous cite | jamais"},
	"pourquoi":  {text: "pourquoi NUMBER", agent: "Pourquoi la demande NUMBER est-elle dans le canal « Assistance »"},
	"compte":    {text: "compte", agent: "Alix Modèle", supervisor: "Sacha Gabarit", foreign: "Alix Modèle", requester: "Dominique Exemple"},
	"aide":      {text: "aide", agent: "prendre NUMÉRO", foreign: "prendre NUMÉRO", requester: "Les autres commandes sont réservées"},
}

func TestEveryVerbForEveryKindOfPerson(t *testing.T) {
	w := newWorld(t)
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	for _, v := range table() {
		want, ok := expectations[v.name]
		if !ok {
			t.Errorf("%s: nothing says how it answers: add it to the expectations", v.name)
			continue
		}
		for _, who := range []struct{ kind, academy, login, want string }{
			{"agent", "creteil", "agent", want.agent},
			{"supervisor", "creteil", "supervisor", or(want.supervisor, want.agent)},
			{"requester", "creteil", "requester", or(want.requester, saysNotAgent)},
			{"stranger", "creteil", "stranger", or(want.stranger, saysUnlinked)},
			{"foreign", "paris", "agent", or(want.foreign, saysNotThere)},
		} {
			t.Run(v.name+" by "+who.kind, func(t *testing.T) {
				w.later(2 * time.Minute)
				cs, other := w.open("creteil", tickets.Card{}), w.open("creteil", tickets.Card{})
				fill := strings.NewReplacer("NUMBER", cs.Number.String(), "OTHER", other.Number.String()).Replace
				by := "agent"
				if who.kind == "supervisor" {
					by = "supervisor"
				}
				for _, text := range want.before {
					w.say("creteil", by, fill(text))
				}
				before := w.view(cs)
				said := w.say(tickets.AcademyID(who.academy), who.login, fill(want.text))
				wants(t, want.text, said, fill(who.want))
				after := w.view(cs)
				if !v.anyone && (who.kind == "requester" || who.kind == "stranger" || who.kind == "foreign") {
					if after.Version != before.Version || strings.Contains(said, before.Description) {
						t.Errorf("%s: the ticket was changed or shown:\n%s", who.kind, said)
					}
				} else if status := tickets.Status(or(string(want.status), "new")); after.Status != status && who.kind != "foreign" && !v.anyone {
					t.Errorf("the ticket is %s, want %s", after.Status, status)
				}
				// Wrong use is answered by how to write it, or by doing without.
				if who.kind == "agent" && v.offeredTo(person("creteil", "agent")) {
					wants(t, "aide "+v.name, w.say("creteil", "agent", "aide "+v.name), "Usage : `/ticket ")
				}
			})
		}
	}
}

func TestWrongUseShowsHowToWriteIt(t *testing.T) {
	w := newWorld(t)
	w.open("creteil", tickets.Card{})
	for typed, verb := range map[string]string{
		"voir": "voir", "voir 1 et le reste": "voir", "prendre": "prendre", "prendre pour moi": "prendre", "rendre": "rendre",
		"affecter": "affecter", "affecter 1": "affecter", "affecter 1 @nobody": "affecter", "urgence": "urgence", "urgence 1": "urgence",
		"urgence 1 2": "urgence", "urgence 1 forte": "urgence", "thème 1": "thème", "note": "note", "note bonjour": "note", "note 1": "note",
		"demander 1": "demander", "attente 1": "attente", "répondre 1": "répondre", "résoudre 1": "résoudre", "clôturer 1": "clôturer",
		"rouvrir": "rouvrir", "fusionner": "fusionner", "fusionner 1 dans le mur": "fusionner", "fusionner 1": "fusionner",
		"rattacher": "rattacher", "rattacher 1 à la mer": "rattacher", "rattacher annuler": "rattacher",
		"nouveau": "nouveau", "chercher": "chercher", "kb": "kb", "liste autrement": "liste", "liste miens suite x": "liste",
		"notif calme": "notif", "pourquoi 1 et alors": "pourquoi",
	} {
		said := w.say("creteil", "agent", typed)
		wants(t, typed, said, "Usage : `/ticket "+verb+" ", "Exemple : `/ticket "+verb)
	}
	if n := len(w.view(w.open("creteil", tickets.Card{})).Events); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestHelpIsOneScreenOfWhatOneMayDo(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		login string
		most  int
	}{{"agent", 30}, {"supervisor", 36}, {"edith", 30}} {
		said := w.say("creteil", c.login, "aide")
		lines := strings.Split(said, "\n")
		if len(lines) > c.most {
			t.Errorf("%s: %d lines:\n%s", c.login, len(lines), said)
		}
		for _, line := range lines {
			if n := len([]rune(line)); strings.HasPrefix(line, "| `") && n > 110 {
				t.Errorf("%s: %d characters: %s", c.login, n, line)
			}
		}
		if offered := strings.Contains(said, "escalader"); offered != (c.login == "supervisor") {
			t.Errorf("%s is offered the supervisors' verbs: %t", c.login, offered)
		}
	}
	wants(t, "did you mean", w.say("creteil", "supervisor", "escalder"), "`/ticket escalader`")
	wants(t, "a list without its verb", w.say("creteil", "agent", "mes tickets"), "Vouliez-vous dire `/ticket liste mes tickets` ?")
	wants(t, "the number first", w.say("creteil", "agent", "12 prendre"), "Vouliez-vous dire `/ticket prendre 12` ?")
	if said := w.say("creteil", "agent", "escalder"); strings.Contains(said, "escalader") {
		t.Errorf("an agent is offered %s", said)
	}
	wants(t, "one paragraph", w.say("creteil", "agent", "aide cloturer"), "clôturer", "pourquoi", "Usage :", "S’écrit aussi : `close`")
}
