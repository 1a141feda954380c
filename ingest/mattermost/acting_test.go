package mattermost

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

func TestSeveralTicketsAtOnce(t *testing.T) {
	w := newWorld(t)
	var cs []tickets.Case
	for range 4 {
		cs = append(cs, w.open("creteil", tickets.Card{}))
	}
	statuses := func(want ...tickets.Status) {
		t.Helper()
		for i, status := range want {
			if got := w.view(cs[i]).Status; got != status {
				t.Errorf("%s is %s, want %s", cs[i].Number, got, status)
			}
		}
	}
	w.say("creteil", "agent", "prendre 1 2 3")
	wants(t, "rendre", w.say("creteil", "agent", "rendre 1 2 4 : absent demain"),
		"I261121_001 est rendu", "I261121_002 est rendu", "4 : Personne n’a pris I261121_004")
	statuses("new", "new", "in_progress", "new")
	wants(t, "urgence", w.say("creteil", "agent", "urgence critique 1, 2 et 99"),
		"I261121_001 est maintenant d’urgence 1 - Critique", "I261121_002", "99 : La demande 99 n’existe pas")
	wants(t, "répondre", w.say("creteil", "agent", "répondre 1 2 : le service est rétabli"),
		"I261121_001 : votre réponse est enregistrée", "I261121_002 : votre réponse est enregistrée", "« le service est rétabli »")
	wants(t, "clôturer", w.say("creteil", "agent", "clôturer 1 2 3 : câble : rebranché"),
		"I261121_001 est clôturé. Cause réelle : Câble.", "I261121_003 est clôturé", "« câble : rebranché »")
	statuses("closed", "closed", "closed", "new")
	wants(t, "rouvrir", w.say("creteil", "agent", "rouvrir 1 2 : encore"), "I261121_001 est rouvert", "I261121_002 est rouvert")
	statuses("in_progress", "in_progress", "closed", "new")
	wants(t, "again", w.say("creteil", "agent", "clôturer 3 4 : autre chose"), "C’était déjà fait : I261121_003", "I261121_004 est clôturé")
}

// What was so before is said of what was asked, not of the ticket's status.
func TestAnUnchangedUrgencyOrThemeIsSaidSo(t *testing.T) {
	w := newWorld(t)
	w.open("creteil", tickets.Card{})
	for _, said := range []struct{ login, text, want string }{
		{"agent", "urgence haute 1", "I261121_001 est maintenant d’urgence 2 - Haute."},
		{"agent", "urgence haute #1", "I261121_001 est déjà d’urgence 2 - Haute. Rien n’a changé."},
		{"edith", "urgency high 1", "I261121_001 is of urgency 2 - High already. Nothing changed."},
		{"agent", "thème 1 messagerie", "I261121_001 est déjà de thème « Messagerie ». Rien n’a changé."},
	} {
		wants(t, said.text, w.say("creteil", said.login, said.text), said.want)
	}
}

// Whoever took a ticket and gave it away does not have it because they took it.
func TestWhatWasGivenAwayIsNotTheirsByRepetition(t *testing.T) {
	w := newWorld(t)
	cs := w.open("creteil", tickets.Card{})
	wants(t, "first", w.say("creteil", "agent", "prendre 1"), "I261121_001 est à vous.")
	w.say("creteil", "agent", "affecter 1 @edith")
	for _, when := range []time.Duration{0, time.Hour} { // as a repetition of the words, and of the action
		w.later(when)
		got := w.say("creteil", "agent", "prendre 1")
		wants(t, "again", got, "Edith Sample")
		if strings.Contains(got, "est à vous") || w.view(cs).Assignee != person("creteil", "edith").ID {
			t.Errorf("after %s: %s", when, got)
		}
	}
}

// "résoudre 1 2 fait" may be two tickets, or the words "2 fait": nobody gets them.
func TestWordsGoNowhereWhileItIsUnclearToWhom(t *testing.T) {
	w := newWorld(t)
	first, second := w.open("creteil", tickets.Card{}), w.open("creteil", tickets.Card{})
	untouched := func() {
		t.Helper()
		if a, b := w.view(first), w.view(second); len(a.Events) != 1 || len(b.Events) != 1 {
			t.Errorf("%d and %d events", len(a.Events), len(b.Events))
		}
	}
	for _, verb := range []string{"répondre", "demander", "résoudre", "clôturer", "note"} {
		for _, words := range []string{" 1 2 fait", " 1 2", " 1 1 écran", " #1 2 écrans"} {
			wants(t, verb+words, w.say("creteil", "agent", verb+words), "Rien n’est fait", "/ticket "+verb+" 1 : ")
		}
	}
	untouched()
	w.later(24 * time.Hour)
	// Yesterday's ticket by its bare rank.
	wants(t, "another day's", w.say("creteil", "agent", "résoudre 1 fait"),
		"Rien n’est envoyé", "I261121_001 (Dominique Exemple)", "`/ticket résoudre I261121_001 …`")
	untouched()
	wants(t, "reads are sure", w.say("creteil", "agent", "voir 1"), "I261121_001")
	w.say("creteil", "agent", "prendre 1")
	w.open("creteil", tickets.Card{})
	// Today's, where the person has yesterday's of the same rank.
	wants(t, "theirs or today's", w.say("creteil", "agent", "résoudre 1 fait"),
		"Rien n’est envoyé", "1 est I261122_001", "vous avez pris I261121_001")
	wants(t, "another person has no doubt", w.say("creteil", "edith", "reply 1 hello"), "I261122_001")
	w.later(2 * time.Minute) // else it is the "prendre 1" of before
	w.say("creteil", "agent", "prendre 1")
	wants(t, "theirs", w.say("creteil", "agent", "résoudre 1 fait"), "I261122_001 est réglé")
	w.later(24 * time.Hour)
	w.open("creteil", tickets.Card{}) // of the third day
	events := len(w.view(second).Events)
	wants(t, "what is merged", w.say("creteil", "agent", "fusionner 2 dans I261122_001"), "Rien n’est envoyé", "I261121_002")
	wants(t, "what is kept", w.say("creteil", "supervisor", "fusionner I261121_002 dans 2"), "Rien n’est envoyé", "I261121_002")
	if n := len(w.view(second).Events); n != events {
		t.Errorf("%d events", n)
	}
	wants(t, "the full number", w.say("creteil", "agent", "résoudre I261121_001 fait"), "I261121_001 est réglé")
}

// Who writes to somebody whom no mail reaches is told to call.
func TestTheDeskIsToldToCallWhomNoMailReaches(t *testing.T) {
	w := newWorld(t)
	w.open("creteil", tickets.Card{Phone: "01 99 00 94 12"})
	const warning = "Aucun mail n’arrive chez Dominique Exemple : appelez au 01 99 00 94 12."
	if said := w.say("creteil", "agent", "prendre 1"); strings.Contains(said, "Aucun mail") {
		t.Errorf("said of who gets mail: %s", said)
	}
	requester := person("creteil", "requester")
	if _, err := w.db.KeepBounce(t.Context(), tickets.Muting{
		Academy: requester.Academy, ID: uuid.Must(uuid.NewV7()), Address: requester.Email, Status: "5.1.1", Since: w.tick(),
	}, uuid.Must(uuid.NewV7()), tickets.BounceGone, w.tick(), func(int) bool { return true }); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"voir 1", "répondre 1 bien reçu", "demander 1 lequel ?", "résoudre 1 changé"} {
		said := w.say("creteil", "agent", text)
		if wants(t, text, said, warning); strings.Contains(said, "Envoyé par mail") {
			t.Errorf("%s: sent all the same: %s", text, said)
		}
	}
	wants(t, "for a caller", w.say("creteil", "agent", "nouveau pour "+requester.Email+" écran noir"), "Aucun mail n’arrive chez Dominique Exemple")
	wants(t, "in English", w.say("creteil", "edith", "reply 1 again"), "No mail reaches Dominique Exemple: call 01 99 00 94 12.")
}

func TestAffecter(t *testing.T) {
	w := newWorld(t)
	cs := w.open("creteil", tickets.Card{})
	w.open("creteil", tickets.Card{})
	has := func(login, group string) {
		t.Helper()
		w.later(2 * time.Minute)
		want := uuid.Nil
		if login != "" {
			want = person("creteil", login).ID
		}
		if v := w.view(cs); v.Assignee != want || v.Group != group {
			t.Errorf("it is with %s in %s, want %q in %s", v.Who(v.Assignee).Name(), v.Group, login, group)
		}
	}
	wants(t, "a name of the directory", w.say("creteil", "agent", "affecter 1 @edith"), "I261121_001 est confié à Edith Sample (Assistance)")
	has("edith", "desk")
	wants(t, "copied from an answer", w.say("creteil", "agent", "affecter 1 @\u200bedith"), "l’était déjà")
	wants(t, "a given name", w.say("creteil", "agent", "affecter 1 à Sacha : à voir ensemble"), "Sacha Gabarit")
	has("supervisor", "desk")
	if events := w.view(cs).Events; events[len(events)-1].Text != "à voir ensemble" {
		t.Errorf("the note is %q", events[len(events)-1].Text)
	}
	wants(t, "both names", w.say("creteil", "agent", "affecter 1 Alix Modèle pour demain"), "Alix Modèle")
	has("agent", "desk")
	if events := w.view(cs).Events; events[len(events)-1].Text != "pour demain" {
		t.Errorf("the note is %q", events[len(events)-1].Text)
	}
	wants(t, "again", w.say("creteil", "agent", "affecter 1 alix"), "I261121_001 l’était déjà")
	wants(t, "a specialist takes it along", w.say("creteil", "agent", "affecter 1 robin"), "Robin Étalon (Réseaux)")
	has("specialist", "reseaux")
	wants(t, "a group", w.say("creteil", "agent", "affecter Assistance 1"), "I261121_001 est confié à l’équipe Assistance")
	has("", "desk")
	wants(t, "a channel", w.say("creteil", "agent", "affecter 1, 2 ~reseaux-locaux câble coupé"), "I261121_001 est confié à l’équipe Réseaux", "I261121_002 est confié")
	has("", "reseaux")
	wants(t, "a group and a person", w.say("creteil", "agent", "affecter 1 desk @agent"), "Alix Modèle (Assistance)")
	has("agent", "desk")
	wants(t, "me", w.say("creteil", "edith", "assign 1 to me"), "Edith Sample")
	has("edith", "desk")
	// A mention is whoever the account is linked to, whatever its name.
	wants(t, "a mention", w.say("creteil", "agent", "affecter 1 @edith.", "user_mentions", "edith", "user_mentions_ids", account("creteil", "supervisor")), "Sacha Gabarit")
	has("supervisor", "desk")
	for _, typed := range []string{"affecter 1 @nobody", "affecter 1 ~supervision", "affecter 1 quelqu’un"} {
		wants(t, typed, w.say("creteil", "agent", typed), "Rien n’est fait", "`reseaux`", "`edith`", "Usage")
	}
	wants(t, "did you mean", w.say("creteil", "agent", "affecter 1 @editn"), "`/ticket affecter … edith`")
	wants(t, "did you mean a team", w.say("creteil", "agent", "affecter 1 ~resaux"), "`/ticket affecter … reseaux`")
	wants(t, "an account that is not linked", w.say("creteil", "agent", "affecter 1 @edith", "user_mentions", "edith", "user_mentions_ids", id("nobody")), "Rien n’est fait")
	wants(t, "not of the desk", w.say("creteil", "agent", "affecter 1 @r", "user_mentions", "r", "user_mentions_ids", account("creteil", "requester")), "n’est pas de l’équipe")
	has("supervisor", "desk")
}

func TestTheme(t *testing.T) {
	w := newWorld(t)
	cs := w.open("creteil", tickets.Card{Theme: "mail"})
	for typed, want := range map[string]string{
		"thème 1 quota": "mail/quota", "theme boîte pleine 1": "mail/quota", "thème 1 Messagerie": "mail/", "category 1 full mailbox": "mail/quota",
		"thème 1 mail/quota": "mail/quota", "thème 1 messagerie › Boîte pleine": "mail/quota", "THEME 1 « messagerie »": "mail/",
	} {
		w.later(2 * time.Minute)
		said := w.say("creteil", "agent", typed)
		if v := w.view(cs); v.Category+"/"+v.Subcategory != want {
			t.Errorf("%q: %s/%s, want %s:\n%s", typed, v.Category, v.Subcategory, want, said)
		}
	}
	wants(t, "did you mean", w.say("creteil", "agent", "thème 1 mesagerie"), "n’existe pas", "Vouliez-vous dire « Messagerie » (`mail`)")
	wants(t, "did you mean a subject", w.say("creteil", "agent", "thème 1 qouta"), "`mail/quota`")
	wants(t, "none like it", w.say("creteil", "agent", "thème 1 xyzzy"), "Rien n’est fait", "- `mail` Messagerie › `quota` Boîte pleine")
	wants(t, "the list", w.say("creteil", "agent", "thème"), "- `mail` Messagerie › `quota` Boîte pleine")
}

func TestFusionner(t *testing.T) {
	w := newWorld(t)
	a, b := w.open("creteil", tickets.Card{}), w.open("creteil", tickets.Card{})
	kept := w.open("creteil", tickets.Card{})
	wants(t, "merge", w.say("creteil", "agent", "fusionner 1 et 2 dans 3"), "I261121_001 est clôturé comme doublon de I261121_003",
		"I261121_002 est clôturé comme doublon", "`/ticket fusionner annuler I261121_001`")
	for _, cs := range []tickets.Case{a, b} {
		if v := w.view(cs); v.Closure != tickets.ClosedDuplicate || v.MergedInto != kept.ID {
			t.Errorf("%s is %s into %s", cs.Number, v.Closure, v.MergedInto)
		}
	}
	wants(t, "undo", w.say("creteil", "agent", "fusionner annuler 1"), "I261121_001 n’est plus un doublon. Statut : Nouveau.")
	wants(t, "without a word", w.say("creteil", "agent", "merge 1 3"), "I261121_001 est clôturé comme doublon")
	wants(t, "itself", w.say("creteil", "agent", "fusionner 3 3"), "avec lui-même")
	w.card(kept, id("root"))
	other := w.open("creteil", tickets.Card{})
	wants(t, "in the thread", w.say("creteil", "agent", "fusionner dans 4", "root_id", id("root")), "I261121_003 est clôturé comme doublon de "+other.Number.String())
}

func TestNouveau(t *testing.T) {
	w := newWorld(t)
	said := w.say("creteil", "agent", "nouveau L’écran\nest noir @all")
	wants(t, "for oneself", said, "I261121_001 est déposé, pour Alix Modèle", "https://portail.example/demandes/creteil/I261121_001")
	if again := w.say("creteil", "agent", "nouveau L’écran\nest noir @all"); again != said {
		t.Errorf("the same again: %q, first %q", again, said)
	}
	w.later(2 * time.Minute)
	// The rank of a repetition is not given back; what counts is that there is one ticket.
	wants(t, "for a caller", w.say("creteil", "agent", "nouveau pour other@creteil.example service : un compte"), "est déposé, pour Camille Spécimen")
	v := w.view(w.only("creteil", person("creteil", "other").ID))
	if v.Requester != person("creteil", "agent").ID || v.Description != "service : un compte" || v.Place != "94/CRETEIL" {
		t.Errorf("requester %s, description %q, place %q", v.Requester, v.Description, v.Place)
	}
	wants(t, "by name", w.say("creteil", "agent", "nouveau pour Dominique Exemple : souris"), "pour Dominique Exemple")
	wants(t, "by mention", w.say("creteil", "agent", "nouveau pour @dom souris cassée", "user_mentions", "dom", "user_mentions_ids", account("creteil", "requester")), "pour Dominique Exemple")
	wants(t, "a service", w.say("creteil", "agent", "nouveau service : un compte"), "S261121_")
	wants(t, "nobody", w.say("creteil", "agent", "nouveau pour nobody@creteil.example souris"), "nobody@creteil.example")
	wants(t, "another academy's", w.say("creteil", "agent", "nouveau pour other@paris.example souris"), "other@paris.example")
	wants(t, "an account that is not linked", w.say("creteil", "agent", "nouveau pour @dom souris"), "n’est pas lié")
	wants(t, "nothing to say", w.say("creteil", "agent", "nouveau pour other@creteil.example"), "Usage")
	page, err := w.desk.List(t.Context(), tickets.Caller{Person: person("creteil", "supervisor")}, tickets.Query{Scope: tickets.ScopeDesk})
	if err != nil || page.Total != 5 {
		t.Errorf("%d tickets, %v", page.Total, err)
	}
}

// only returns the one ticket of that beneficiary.
func (w *world) only(a tickets.AcademyID, beneficiary uuid.UUID) tickets.Case {
	w.t.Helper()
	page, err := w.desk.List(w.t.Context(), tickets.Caller{Person: person(a, "supervisor")}, tickets.Query{Scope: tickets.ScopeDesk})
	if err != nil {
		w.t.Fatal(err)
	}
	var found []tickets.Case
	for _, cs := range page.Cases {
		if cs.Beneficiary == beneficiary {
			found = append(found, cs)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d tickets for %s", len(found), beneficiary)
	}
	return found[0]
}

func TestLists(t *testing.T) {
	w := newWorld(t)
	w.open("creteil", tickets.Card{Theme: "mail", Urgency: tickets.Critical, Availability: "le samedi midi"})
	w.open("creteil", tickets.Card{Theme: "mail", Urgency: tickets.Low, Availability: "le matin"})
	w.open("creteil", tickets.Card{Theme: "mail", Urgency: tickets.High})
	w.say("creteil", "agent", "affecter 3 reseaux")
	w.say("creteil", "agent", "attente 2 quand ?")
	shows := func(login, typed string, want ...string) {
		t.Helper()
		said := w.say("creteil", login, typed)
		for _, n := range []string{"1", "2", "3"} {
			if shown := strings.Contains(said, "[I261121_00"+n+"]"); shown != strings.Contains(strings.Join(want, " "), n) {
				t.Errorf("%s %q: %s shown %t:\n%s", login, typed, n, shown, said)
			}
		}
	}
	shows("agent", "liste", "1", "3")
	shows("agent", "liste libres haute", "3")
	shows("agent", "liste urgence 1", "1")
	shows("agent", "liste messagerie", "1", "2", "3")
	shows("agent", "liste Boîte", "")
	shows("agent", "liste équipe", "1", "2")
	shows("specialist", "liste mon groupe", "3")
	shows("agent", "liste groupe réseaux", "3")
	shows("agent", "liste ~reseaux-locaux", "3")
	shows("agent", "liste libres desk", "1")
	shows("agent", "attente", "2")
	shows("agent", "liste en attente", "2")
	wants(t, "waited for", w.say("creteil", "agent", "voir 2"), "**Fin max :** en pause")
	shows("agent", "liste en retard", "")
	shows("agent", "liste les miens", "2")
	// Saturday, noon.
	shows("agent", "liste joignables maintenant", "1")
	said := w.say("creteil", "agent", "liste joignables")
	wants(t, "joignables", said, "| N° | Âge | Urg. | Objet | Joindre |", "le samedi midi", "1 autre demande ne dit pas quand appeler")
	w.later(72 * time.Hour)
	shows("agent", "liste en retard", "1", "3") // 2 waits for its requester
	wants(t, "due", w.say("creteil", "agent", "liste retard"), "23/11/2026 à 12:")
	wants(t, "past the end", w.say("creteil", "agent", "liste tous suite 9"), "Cette page n’existe pas (tous) : la dernière est la 1")
	wants(t, "unknown", w.say("creteil", "agent", "liste xyzzy"), "« xyzzy » n’est ni une liste")
	for _, line := range strings.Split(w.say("creteil", "agent", "liste tous"), "\n") {
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") > 6 {
			t.Errorf("too many columns for a telephone: %s", line)
		}
	}
}

func TestChercher(t *testing.T) {
	w := newWorld(t)
	w.open("creteil", tickets.Card{Description: "Le *vidéoprojecteur* @all ne s’allume plus"})
	w.open("creteil", tickets.Card{Description: "La souris"})
	w.open("paris", tickets.Card{Description: "Un vidéoprojecteur"})
	said := w.say("creteil", "agent", "chercher videoprojecteur")
	wants(t, "words", said, "(1), les meilleures d’abord", "- [I261121_001](https://portail.example/demandes/creteil/I261121_001) · Nouveau · Messagerie", "**", "@\u200ball")
	wants(t, "a number", w.say("creteil", "agent", "chercher #2"), "#### [I261121_002]", "La souris")
	wants(t, "a number that is none", w.say("creteil", "agent", "chercher I261121_099"), "n’existe pas")
	wants(t, "nothing", w.say("creteil", "agent", "chercher xyzzy"), "Aucune demande pour « xyzzy »")
	wants(t, "too long", w.say("creteil", "agent", "chercher "+strings.Repeat("mot ", 100)), "200 caractères au plus")
	wants(t, "no word", w.say("creteil", "agent", "chercher !!!"), "chercher MOTS")
	private := w.open("creteil", tickets.Card{Description: "Ordinateur secret", Private: true})
	if said := w.say("creteil", "specialist", "chercher secret"); strings.Contains(said, private.Number.String()) {
		t.Errorf("a private ticket is found by another team:\n%s", said)
	}
}
