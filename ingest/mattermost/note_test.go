package mattermost

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// mentions are the logins of whom the ticket's latest note tells.
func (w *world) mentions(cs tickets.Case) string {
	w.t.Helper()
	events := w.view(cs).Events
	var out []string
	for login := range people {
		if slices.Contains(events[len(events)-1].Detail.Mentions, person(cs.Academy, login).ID) {
			out = append(out, login)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestANoteTellsWhomItNames(t *testing.T) {
	w := newWorld(t)
	cs := w.open("creteil", tickets.Card{})
	w.card(cs, id("root"))
	for name, c := range map[string]struct {
		typed string
		more  []string
		told  string
		says  []string
	}{
		"a login":     {"note 1 @edith, une idée ?", nil, "edith", []string{"Noté sur I261121_001", "Prévenu par message direct, selon ses réglages : Edith Sample."}},
		"names":       {"note 1 @sacha et @edith.sample et @Étalon", nil, "edith specialist supervisor", []string{"Sacha Gabarit, Edith Sample, Robin Étalon"}},
		"in a thread": {"note @edith regarde", []string{"root_id", id("root")}, "edith", []string{"Edith Sample"}},
		"an account, whatever its name": {
			"note 1 @edith tu sais ?", []string{"user_mentions", "edith", "user_mentions_ids", account("creteil", "supervisor")},
			"supervisor", []string{"Sacha Gabarit."},
		},
		"an account of nobody": {
			"note 1 @edith tu sais ?", []string{"user_mentions", "edith", "user_mentions_ids", id("nobody")},
			"", []string{"Personne n’est prévenu sous le nom de @\u200bedith"},
		},
		"a requester": {
			"note 1 @dom est au courant", []string{"user_mentions", "dom", "user_mentions_ids", account("creteil", "requester")},
			"", []string{"Personne n’est prévenu sous le nom de @\u200bdom"},
		},
		"oneself":           {"note 1 @agent et @moi", nil, "", []string{"Noté sur"}},
		"another academy's": {"note 1 @edith@paris.example", nil, "edith", nil}, // the name before the second @
		"everybody":         {"note 1 @all urgent", nil, "", []string{"sous le nom de @\u200ball"}},
		"a mail address":    {"note 1 écrire à edith@creteil.example", nil, "", []string{"Noté sur"}},
		"no name":           {"note 1 rien de neuf", nil, "", []string{"Noté sur"}},
		"twice, and a typo": {"note 1 @edith @EDITH @edit", nil, "edith", []string{"Edith Sample.", "sous le nom de @\u200bedit :"}},
	} {
		t.Run(name, func(t *testing.T) {
			w.later(2 * 60e9)
			said := w.say("creteil", "agent", c.typed, c.more...)
			wants(t, name, said, c.says...)
			if got := w.mentions(cs); got != c.told {
				t.Errorf("tells %q, want %q:\n%s", got, c.told, said)
			}
			if c.told == "" && strings.Contains(said, "Prévenu") {
				t.Errorf("says that it tells: %s", said)
			}
		})
	}
}

func TestANoteOnAPrivateTicketSaysWhoDoesNotHear(t *testing.T) {
	w := newWorld(t)
	cs := w.open("creteil", tickets.Card{Private: true})
	said := w.say("creteil", "agent", "note 1 @edith et @robin, à voir")
	wants(t, "private", said, "réglages : Edith Sample.", "Pas prévenu, car la demande est privée et d’une autre équipe : Robin Étalon.")
	if got := w.mentions(cs); got != "edith" {
		t.Errorf("tells %q", got)
	}
}

func TestANoteSaysWhomItCannotReach(t *testing.T) {
	w := newWorld(t)
	cs := w.open("creteil", tickets.Card{})
	if err := w.db.Unlink(t.Context(), "creteil", tickets.Chat, account("creteil", "edith"), person("creteil", "edith").ID); err != nil {
		t.Fatal(err)
	}
	wants(t, "unlinked", w.say("creteil", "agent", "note 1 @edith, une idée ?"), "tant que son compte n’est pas lié (`/ticket compte`) : Edith Sample.")
	if got := w.mentions(cs); got != "edith" {
		t.Errorf("tells %q", got)
	}

	// A crowd: as many as one note tells, and who is left.
	var entries []postgres.Entry
	var typed strings.Builder
	for i := range tickets.MaxMentions + 2 {
		login := fmt.Sprintf("crowd%02d", i)
		entries = append(entries, postgres.Entry{Person: tickets.Person{
			Academy: "creteil", ID: uuid.New(), Login: login, Email: login + "@creteil.example", GivenName: "Foule", FamilyName: fmt.Sprint("N", i),
			Memberships: []tickets.Membership{{Group: "desk", Role: tickets.RoleAgent}},
		}})
		typed.WriteString(" @" + login)
	}
	if err := w.db.ImportPeople(t.Context(), "creteil", entries); err != nil {
		t.Fatal(err)
	}
	said := w.say("creteil", "agent", "note 1 pour tous :"+typed.String())
	wants(t, "a crowd", said, "une note prévient 10 personnes au plus : Foule N10, Foule N11.")
	events := w.view(cs).Events
	if n := len(events[len(events)-1].Detail.Mentions); n != tickets.MaxMentions {
		t.Errorf("%d are told", n)
	}
}
