package mattermost

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cecoia.example/ingest"
	"cecoia.example/tickets"
)

func TestEachVerbByEachPerson(t *testing.T) {
	w := newWorld(t)
	const (
		unlinked = "n’est pas lié"
		notAgent = "réservées à l’assistance"
		notThere = "n’existe pas, ou"
		number   = "NUMBER" // stands for the ticket's number
	)
	type answers struct{ agent, requester, stranger, foreign string }
	refusedTo := func(agent string) answers { return answers{agent, notAgent, unlinked, notThere} }
	for _, c := range []struct {
		text   string
		want   answers
		status tickets.Status // after the agent's command
		action tickets.Action // its last event
	}{
		{"aide", answers{"prendre NUMÉRO", "réservées", unlinked, "prendre NUMÉRO"}, "new", "open"},
		{"aide prendre", answers{"prendre 12 13 15", notAgent, unlinked, "prendre 12 13 15"}, "new", "open"},
		{"compte", answers{"du groupe Assistance", "Dominique Exemple", unlinked, "Modèle"}, "new", "open"},
		{"liste tous", answers{number, notAgent, unlinked, "Aucune demande"}, "new", "open"},
		{"voir NUMBER", refusedTo("L’imprimante ne répond plus."), "new", "open"},
		{"NUMBER", refusedTo("L’imprimante ne répond plus."), "new", "open"},
		{"prendre NUMBER", refusedTo("NUMBER est à vous"), "in_progress", "take"},
		{"note NUMBER rappeler mardi", refusedTo("« rappeler mardi »"), "new", "note"},
		{"répondre NUMBER nous venons", refusedTo("Envoyé par mail au demandeur, Dominique Exemple : « nous venons »"), "new", "inform"},
		{"demander NUMBER quel message ?", refusedTo("Envoyé par mail au demandeur, Dominique Exemple : « quel message ? »"), "waiting", "ask"},
		{"résoudre NUMBER rebranché", refusedTo("Envoyé par mail au demandeur, Dominique Exemple : « rebranché »"), "resolved", "resolve"},
		{"xyzzy NUMBER", answers{"La commande « xyzzy » n’existe pas", notAgent, unlinked, "n’existe pas"}, "new", "open"},
		{"prender NUMBER", answers{"Vouliez-vous dire `/ticket prendre` ?", notAgent, unlinked, "prendre"}, "new", "open"},
		{"prendre", answers{"Usage : `/ticket prendre NUMÉRO…`. Exemple :", notAgent, unlinked, "Usage"}, "new", "open"},
		{"résoudre NUMBER", answers{"Écrivez la solution", notAgent, unlinked, notThere}, "new", "open"},
		{"note bonjour", answers{"Usage : `/ticket note", notAgent, unlinked, "Usage"}, "new", "open"},
		{"voir NUMBER et le reste", answers{"Usage", notAgent, unlinked, "Usage"}, "new", "open"},
		{"liste autrement", answers{"Usage", notAgent, unlinked, "Usage"}, "new", "open"},
	} {
		for _, who := range []struct{ login, want string }{
			{"requester", c.want.requester}, {"stranger", c.want.stranger}, {"foreign", c.want.foreign},
			{"agent", c.want.agent}, {"supervisor", c.want.agent},
		} {
			t.Run(c.text+" by "+who.login, func(t *testing.T) {
				w.later(2 * time.Minute)
				cs := w.open("creteil", tickets.Card{})
				fill := func(s string) string { return strings.ReplaceAll(s, number, cs.Number.String()) }
				academy, login := cs.Academy, who.login
				if login == "foreign" {
					academy, login = "paris", "agent"
				}
				logged := len(w.log.String())
				wants(t, c.text, w.say(academy, login, fill(c.text)), fill(who.want))
				refused := slices.Contains([]string{notAgent, unlinked, notThere}, who.want) && c.text != "compte" && !strings.HasPrefix(c.text, "aide")
				if lines := strings.Count(w.log.String()[logged:], "\n"); refused && lines != 1 {
					t.Errorf("%d log lines for a refused try:\n%s", lines, w.log.String()[logged:])
				}
				v := w.view(cs)
				status, action := c.status, c.action
				if who.login != "agent" && who.login != "supervisor" {
					status, action = "new", "open"
				}
				if last := v.Events[len(v.Events)-1]; v.Status != status || last.Action != action {
					t.Errorf("the ticket is %s by %s, want %s by %s", v.Status, last.Action, status, action)
				}
			})
		}
	}
}

func TestSeveralAreTakenAndEachSaysWhatBecameOfIt(t *testing.T) {
	w := newWorld(t)
	a, b, c := w.open("creteil", tickets.Card{}), w.open("creteil", tickets.Card{}), w.open("creteil", tickets.Card{})
	w.say("creteil", "supervisor", "prendre 2")
	said := w.say("creteil", "agent", "Prendre 1, 2 et 3 99")
	wants(t, "prendre", said,
		a.Number.String()+" est à vous", b.Number.String()+" a déjà été pris par Sacha Gabarit le 21/11/2026 à 12:",
		c.Number.String()+" est à vous", "99 : La demande 99 n’existe pas")
	for _, cs := range []tickets.Case{a, c} {
		if got := w.view(cs).Assignee; got != person("creteil", "agent").ID {
			t.Errorf("%s is with %s", cs.Number, got)
		}
	}
	if again := w.say("creteil", "agent", "Prendre 1, 2 et 3 99"); again != said {
		t.Errorf("the same again says\n%s\nfirst it was\n%s", again, said)
	}
	if n := len(w.view(a).Events); n != 2 {
		t.Errorf("%d events", n)
	}
	wants(t, "too many", w.say("creteil", "agent", "prendre 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21"), "20 demandes au plus")
}

func TestTheSameWordsWithinAMinuteAreOneCommand(t *testing.T) {
	w := newWorld(t)
	cs := w.open("creteil", tickets.Card{})
	first := w.say("creteil", "agent", "note 1 rappeler")
	if again := w.say("creteil", "agent", "note 1 rappeler"); again != first {
		t.Errorf("%q, then %q", first, again)
	}
	if n := len(w.view(cs).Events); n != 2 {
		t.Errorf("%d events, want the opening and one note", n)
	}
	w.later(2 * time.Minute)
	w.say("creteil", "agent", "note 1 rappeler")
	if n := len(w.view(cs).Events); n != 3 {
		t.Errorf("%d events, want a second note after a while", n)
	}
	// A request that comes twice, as from a proxy that repeats.
	w.later(2 * time.Minute)
	w.say("creteil", "agent", "note 1 une fois", "trigger_id", "same")
	w.later(2 * time.Minute)
	w.say("creteil", "agent", "note 1 une fois", "trigger_id", "same")
	if n := len(w.view(cs).Events); n != 4 {
		t.Errorf("%d events: the repeated request was applied twice", n)
	}
	// Resolved once, another solution does not pretend to have been sent.
	w.say("creteil", "agent", "résoudre 1 ainsi")
	wants(t, "résoudre", w.say("creteil", "agent", "résoudre 1 autrement"), "C’était déjà fait", "rien n’a été envoyé")
	// Nor does the same solution, once the requester has moved the ticket on.
	requester := tickets.Caller{Person: person("creteil", "requester"), Origin: tickets.FromPortal}
	if _, err := w.desk.Do(t.Context(), requester, cs.Number.Ref(), tickets.ActionRefuse, tickets.Input{Text: "Toujours en panne"}); err != nil {
		t.Fatal(err)
	}
	wants(t, "résoudre", w.say("creteil", "agent", "résoudre 1 ainsi"), "C’était déjà fait", "En cours", "rien n’a été envoyé")
}

func TestTakingIsNotClaimedOnceTheTicketHasMovedOn(t *testing.T) {
	w := newWorld(t)
	cs := w.open("creteil", tickets.Card{Description: "Écran noir"})
	wants(t, "prendre", w.say("creteil", "agent", "prendre 1"), "est à vous")
	requester := tickets.Caller{Person: person("creteil", "requester"), Origin: tickets.FromPortal}
	if _, err := w.desk.Do(t.Context(), requester, cs.Number.Ref(), tickets.ActionWithdraw, tickets.Input{Text: "Câble débranché"}); err != nil {
		t.Fatal(err)
	}
	wants(t, "prendre", w.say("creteil", "agent", "prendre 1"), "C’était déjà fait", "Clôturé")
}

// A worker may be killed after it executed and before it said so: the command
// is executed again, does nothing more and answers the same.
func TestExecutingTwiceIsHarmless(t *testing.T) {
	w := newWorld(t)
	a, b := w.open("creteil", tickets.Card{}), w.open("creteil", tickets.Card{})
	events := 2
	for i, text := range []string{
		"prendre 1 2", "note 1 vu", "répondre 1 vu", "demander 1 quoi ?", "urgence haute 1", "thème 1 quota", "rendre 1",
		"affecter 1 edith", "affecter 1 reseaux", "résoudre 1 fait", "clôturer 1 fait", "rouvrir 1 encore", "fusionner 1 2", "fusionner annuler 1",
	} {
		c := ingest.Command{ID: fmt.Sprint("c", i), Academy: "creteil", Account: account("creteil", "agent"), Text: text, ReceivedAt: w.tick()}
		first, err := w.commands.Execute(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		w.later(time.Hour) // long after the window of repetitions
		if again, err := w.commands.Execute(t.Context(), c); err != nil || again != first {
			t.Errorf("%s: %q, then %q, %v", text, first, again, err)
		}
		events++
		if i == 0 { // two tickets
			events++
		}
		if got := len(w.view(a).Events) + len(w.view(b).Events); got != events {
			t.Errorf("%s: %d events, want %d", text, got, events)
		}
	}
}

func TestANewTicketIsMadeOnce(t *testing.T) {
	w := newWorld(t)
	c := ingest.Command{ID: "new", Academy: "creteil", Account: account("creteil", "agent"), Text: "nouveau écran noir", ReceivedAt: w.tick()}
	first, err := w.commands.Execute(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	w.later(time.Hour)
	if again, err := w.commands.Execute(t.Context(), c); err != nil || again != first {
		t.Errorf("%q, then %q, %v", first, again, err)
	}
	if page, err := w.desk.List(t.Context(), tickets.Caller{Person: person("creteil", "agent")}, tickets.Query{Scope: tickets.ScopeDesk}); err != nil || page.Total != 1 {
		t.Errorf("%d tickets, %v", page.Total, err)
	}
}

func TestABareRankIsTheLatestDays(t *testing.T) {
	w := newWorld(t)
	w.open("creteil", tickets.Card{Description: "la veille"})
	w.later(24 * time.Hour)
	w.open("creteil", tickets.Card{Description: "du jour"})
	wants(t, "the bare rank", w.say("creteil", "agent", "voir 1"), "du jour")
	wants(t, "the full number", w.say("creteil", "agent", "voir i261121_1"), "la veille")
	wants(t, "a read-off I", w.say("creteil", "agent", "voir 1261121_001"), "la veille")
}

func TestInACardsThreadTheNumberMayBeLeftOut(t *testing.T) {
	w := newWorld(t)
	w.open("creteil", tickets.Card{})
	cs := w.open("creteil", tickets.Card{})
	w.card(cs, id("root"))
	in := func(text string) string { return w.say("creteil", "agent", text, "root_id", id("root")) }
	wants(t, "prendre", in("prendre"), cs.Number.String()+" est à vous")
	wants(t, "note", in("note : vu l’écran"), "« vu l’écran »", cs.Number.String())
	wants(t, "note with its rank", in("note 2 vu"), "« vu »", cs.Number.String())
	// A rank that may be a word: nothing is sent to the wrong person.
	wants(t, "ambiguous", in("répondre 1 imprimante suffit"), "Rien n’est fait", "/ticket répondre #1", cs.Number.String())
	wants(t, "marked", in("répondre #1 bonjour"), "I261121_001", "« bonjour »")
	wants(t, "own", in("répondre "+cs.Number.String()+" : 1 imprimante suffit"), "« 1 imprimante suffit »")
	wants(t, "a colon alone", in("répondre : 2 imprimantes suffisent"), "« 2 imprimantes suffisent »", cs.Number.String())
	wants(t, "voir", in("voir"), cs.Number.String())
	wants(t, "another academy's", w.say("paris", "agent", "voir", "root_id", id("root")), "Usage")
	wants(t, "no card", w.say("creteil", "agent", "voir", "root_id", id("elsewhere")), "Usage")
	// The card of a private ticket is in a channel that others read.
	private := w.open("creteil", tickets.Card{Private: true, Description: "Confidentiel"})
	w.card(private, id("private"))
	for _, text := range []string{"voir", "prendre", "note vu"} {
		wants(t, "private", w.say("creteil", "elsewhere", text, "root_id", id("private")), "ne vous est pas accessible")
	}
	wants(t, "another's number in its thread", w.say("creteil", "elsewhere", "voir 1", "root_id", id("private")), "I261121_001")
}

func TestVoirShowsAllAndIsReadable(t *testing.T) {
	w := newWorld(t)
	cs := w.open("creteil", tickets.Card{
		Beneficiary: person("creteil", "other").ID, Phone: "01 99 00 94 10", OtherPhone: "01 99 00 94 99",
		Availability: "le matin", Place: "94/CRETEIL", Entity: "EN/RECTORAT", Equipment: "N/A", Private: true,
		Urgency: tickets.Critical, Summary: "Panne | tableau", Description: "# Titre\n@all <!here> ![x](http://a.example/b_c)\n" + strings.Repeat("é", 9000),
	})
	for i := range 30 {
		w.say("creteil", "agent", fmt.Sprintf("note 1 note %d %s", i, strings.Repeat("n", 1400)))
	}
	said := w.say("creteil", "agent", "voir 1")
	wants(t, "voir", said, "#### ["+cs.Number.String()+"](https://portail.example/demandes/creteil/I261121_001)", "Nouveau", "privé", "1 - Critique", "Messagerie",
		"Dominique Exemple", "requester@creteil.example", "Camille Spécimen", "01 99 00 94 10 · 01 99 00 94 99", "le matin",
		`Panne \| tableau`, `> \# Titre`, "> @\u200ball", `\<`+"\u200b!here", `!\[x\]`, "Historique", "événements plus anciens", "note 29")
	if n := len([]rune(said)); n > 16_383 {
		t.Errorf("%d characters do not fit into a post", n)
	}
	wants(t, "in English", w.say("creteil", "edith", "show 1"), "Requester:", "Timeline", "1 - Critical", "21 Nov 2026 at 12:00")
}

func TestVoirTellsWhatTheDeskMadeOfIt(t *testing.T) {
	w := newWorld(t)
	kept := w.open("creteil", tickets.Card{Subject: "quota"})
	cs := w.open("creteil", tickets.Card{RequestType: "panne"})
	wants(t, "the subject", w.say("creteil", "agent", "voir 1"), "Messagerie › Boîte pleine", "**Fin max :** 23/11/2026 à 12:00")
	do := func(number tickets.Number, action tickets.Action, in tickets.Input) {
		t.Helper()
		if _, err := w.desk.Do(t.Context(), tickets.Caller{Person: person("creteil", "supervisor"), Origin: tickets.FromPortal}, number.Ref(), action, in); err != nil {
			t.Fatal(err)
		}
	}
	do(cs.Number, tickets.ActionAssign, tickets.Input{Assignee: person("creteil", "agent").ID})
	do(cs.Number, tickets.ActionAssign, tickets.Input{Assignee: person("creteil", "edith").ID})
	do(cs.Number, tickets.ActionRequalify, tickets.Input{Subcategory: "quota", Urgency: tickets.Critical})
	wants(t, "the timeline", w.say("creteil", "agent", "voir 2"),
		"Messagerie › Boîte pleine · (choisi : Messagerie)", "**Type de demande :** Panne",
		"Affecté par Sacha Gabarit\n  - Confié à Alix Modèle", "  - Confié à Edith Sample",
		"Requalifié par Sacha Gabarit\n  - Thème : Messagerie › Boîte pleine\n  - Urgence : 1 - Critique")
	do(cs.Number, tickets.ActionMerge, tickets.Input{Into: kept.Number.Ref()})
	wants(t, "merged", w.say("creteil", "agent", "voir 2"), "Clôturé (doublon)", "**Regroupé avec :** I261121_001")
	do(kept.Number, tickets.ActionClose, tickets.Input{Text: "Rebranché.", Cause: "cable"})
	wants(t, "closed", w.say("creteil", "agent", "voir 1"), "Clôturé (par l’assistance)", "**Cause réelle :** Câble")
	if open := w.say("creteil", "agent", "voir 1"); strings.Contains(open, "Regroupé") {
		t.Errorf("a ticket that is not merged:\n%s", open)
	}
}

func TestListe(t *testing.T) {
	w := newWorld(t)
	for range 25 {
		w.open("creteil", tickets.Card{Entity: "EN/A|B"})
	}
	w.say("creteil", "agent", "prendre 2")
	w.say("creteil", "agent", "résoudre 3 fait")
	w.later(3 * time.Hour)
	free := w.say("creteil", "agent", "liste")
	wants(t, "libres", free, "**23 demandes** (libres)", "| N° | Âge | Urg. | Objet |\n|:--|--:|:-:|:--|\n",
		"| [I261121_001](https://portail.example/demandes/creteil/I261121_001) | 3 h | 3 | Messagerie · EN/A\\|B |\n",
		"Encore 3 : `/ticket liste libres suite 2`")
	if strings.Count(free, "I261121_002") != 0 || strings.Count(free, "\n| [") != 20 {
		t.Errorf("libres:\n%s", free)
	}
	more := w.say("creteil", "agent", "liste suite")
	if strings.Count(more, "\n| [") != 3 || strings.Contains(more, "Encore") {
		t.Errorf("suite:\n%s", more)
	}
	wants(t, "no list yet", w.say("creteil", "edith", "more"), "No recent list: begin with `/ticket list`")
	w.say("creteil", "agent", "liste libres")
	if again := w.say("creteil", "agent", "suite"); again != more {
		t.Errorf("suite alone:\n%s", again)
	}
	wants(t, "the end", w.say("creteil", "agent", "suite"), "La dernière liste est finie")
	w.say("creteil", "agent", "liste libres")
	w.later(31 * time.Minute)
	wants(t, "long after", w.say("creteil", "agent", "suite"), "Pas de liste récente")
	wants(t, "miens", w.say("creteil", "agent", "LISTE  Miens"), "**1 demande** (miens)", "I261121_002", "| En cours |")
	wants(t, "à valider", w.say("creteil", "agent", "liste “À Valider”"), "**1 demande**", "I261121_003", "À valider")
	wants(t, "tous", w.say("creteil", "agent", "liste tous suite 2"), "**25 demandes**", "I261121_025")
	wants(t, "nobody's", w.say("creteil", "supervisor", "liste miens"), "Aucune demande")
	wants(t, "English", w.say("creteil", "edith", "list to validate"), "**1 ticket** (to validate)")
	wants(t, "English page", w.say("creteil", "edith", "list all"), "`/ticket list all more 2`")
	if other := w.say("paris", "agent", "liste tous"); strings.Contains(other, "I261121") {
		t.Errorf("another academy's tickets:\n%s", other)
	}
}

func TestEnglishAndConflicts(t *testing.T) {
	w := newWorld(t)
	w.open("creteil", tickets.Card{})
	wants(t, "take", w.say("creteil", "edith", "take 1"), "I261121_001 is yours.", "Dominique Exemple")
	wants(t, "conflict", w.say("creteil", "agent", "prendre 1"), "I261121_001 a déjà été pris par Edith Sample le 21/11/2026 à 12:")
	wants(t, "help", w.say("creteil", "edith", "help"), "take NUMBER…", "Helpdesk")
	wants(t, "help on", w.say("creteil", "edith", "help tkae"), "There is no command", "`/ticket take`")
	wants(t, "account", w.say("creteil", "edith", "account"), "agent of the group Help desk")
	wants(t, "long words", w.say("creteil", "agent", "demander 1 "+strings.Repeat("é", 10_001)), "trop long", "Usage")
}
