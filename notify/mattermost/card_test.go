package mattermost

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	double "cecoia.example/deploy/local/mattermost"
	"cecoia.example/tickets"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// lead is who passes tickets on.
var lead = tickets.Person{ID: id(3), GivenName: "Lou", FamilyName: "Gabarit"}

// by is the notice of what that member of the desk did.
func by(n tickets.Notice, who tickets.Person, d tickets.Detail) tickets.Notice {
	n.Event.Actor, n.Event.Detail, n.Case.People[who.ID] = who.ID, d, who
	return n
}

// gone is the card of the desk's channel once the ticket is with the specialists.
func gone(n tickets.Notice) tickets.Notice {
	n.Case.Group, n.Case.Assignee = "reseaux", uuid.Nil
	n.Event.Detail.Group, n.Event.Detail.FromGroup = "reseaux", "assistance"
	n.Elsewhere = map[tickets.Recipient]string{tickets.ToGroup("reseaux"): "thecardthere", tickets.ToGroup("supervision"): "analert"}
	return n
}

// arrived is that of theirs.
func arrived(n tickets.Notice) tickets.Notice {
	n = gone(n)
	n.Delivery.Recipient = tickets.ToGroup("reseaux")
	n.Elsewhere = map[tickets.Recipient]string{tickets.ToGroup("assistance"): "thecardleft", tickets.ToGroup("supervision"): "analert"}
	return n
}

func TestGolden(t *testing.T) {
	s := server(t, double.Options{Now: func() time.Time { return began }})
	b := newBot(t, s.URL(), Options{Now: func() time.Time { return began }})
	b.opts.URL = "https://chat.creteil.example/" // the double's address is another each time
	private := func(n tickets.Notice) tickets.Notice { n.Case.Private = true; return n }
	critical := card(1, tickets.StatusNew, tickets.ActionOpen, "DESCRIPTION")
	critical.Case.Urgency = tickets.Critical
	second := card(1, tickets.StatusInProgress, tickets.ActionRefuse, "Toujours pas.")
	closed := card(1, tickets.StatusClosed, tickets.ActionValidate, "Merci à toute l’équipe.")
	closed.Case.Closure = tickets.ClosedValidated
	over := func(closure tickets.Closure, action tickets.Action, text string, d tickets.Detail) tickets.Notice {
		n := card(1, tickets.StatusClosed, action, text)
		n.Case.Closure, n.Case.Cause, n.Event.Detail = closure, d.Cause, d
		return n
	}
	requalified := card(1, tickets.StatusInProgress, tickets.ActionRequalify, "")
	requalified.Case.Urgency, requalified.Case.Subcategory = tickets.Critical, "quota"
	requalified.Event.Detail = tickets.Detail{Category: "messagerie", Subcategory: "quota", Urgency: tickets.Critical}
	passed := func(text string) tickets.Notice {
		return by(card(1, tickets.StatusInProgress, tickets.ActionAssign, text), lead, tickets.Detail{})
	}
	assigned := by(card(1, tickets.StatusInProgress, tickets.ActionAssign, "Toi qui connais @all"), lead, tickets.Detail{Assignee: id(2)})
	released := card(1, tickets.StatusNew, tickets.ActionRelease, "")
	rated := card(1, tickets.StatusClosed, tickets.ActionValidate, "Merci.")
	rated.Case.Closure, rated.Event.Detail.Rating = tickets.ClosedValidated, 1
	unmerged := by(card(1, tickets.StatusInProgress, tickets.ActionUnmerge, ""), lead, tickets.Detail{})
	reopened := card(1, tickets.StatusInProgress, tickets.ActionReopen, "Cela recommence.")
	reopenedByDesk := by(card(1, tickets.StatusInProgress, tickets.ActionReopen, "Close par erreur."), lead, tickets.Detail{})
	major := card(1, tickets.StatusNew, tickets.ActionOpen, "DESCRIPTION")
	major.Case.Major = true
	joined := by(card(1, tickets.StatusNew, tickets.ActionJoin, "RÉSUMÉ"), lead, tickets.Detail{Major: "I261121_003"})
	joined.Case.Parent = id(9)
	follows := by(card(1, tickets.StatusResolved, tickets.ActionResolve, "SECRET"), lead, tickets.Detail{Major: "I261121_003"})
	follows.Case.Parent = id(9)
	for name, n := range map[string]tickets.Notice{
		"card_new":                 card(1, tickets.StatusNew, tickets.ActionOpen, "DESCRIPTION"),
		"card_taken":               card(1, tickets.StatusInProgress, tickets.ActionTake, ""),
		"card_noted":               card(1, tickets.StatusInProgress, tickets.ActionNote, "Voir avec @all.\n# Titre"),
		"card_asked":               card(1, tickets.StatusWaiting, tickets.ActionAsk, "Quel poste ?"),
		"card_complemented":        card(1, tickets.StatusInProgress, tickets.ActionComplement, "Le poste 12."),
		"card_resolved":            card(1, tickets.StatusResolved, tickets.ActionResolve, "Redémarré."),
		"card_refused":             second,
		"card_withdrawn":           card(1, tickets.StatusClosed, tickets.ActionWithdraw, "Réparé seul."),
		"card_closed":              closed,
		"card_private":             private(card(1, tickets.StatusNew, tickets.ActionOpen, "DESCRIPTION")),
		"card_private_note":        private(card(1, tickets.StatusInProgress, tickets.ActionNote, "SECRET")),
		"card_assigned":            assigned,
		"card_assigned_private":    private(by(card(1, tickets.StatusInProgress, tickets.ActionAssign, "SECRET"), lead, tickets.Detail{Assignee: id(2)})),
		"card_gone":                gone(passed("C’est le commutateur.")),
		"card_gone_private":        gone(private(passed("SECRET"))),
		"card_arrived":             arrived(passed("C’est le commutateur.")),
		"card_arrived_private":     arrived(private(passed("SECRET"))),
		"card_released":            released,
		"card_requalified":         requalified,
		"card_requalified_private": private(requalified),
		"card_closed_by_desk":      over(tickets.ClosedByDesk, tickets.ActionClose, "Sans nouvelles.", tickets.Detail{Cause: "droits"}),
		"card_merged":              over(tickets.ClosedDuplicate, tickets.ActionMerge, "", tickets.Detail{Into: "I261121_003"}),
		"card_merged_private":      private(over(tickets.ClosedDuplicate, tickets.ActionMerge, "SECRET", tickets.Detail{Into: "I261121_003"})),
		"card_unmerged":            unmerged,
		"card_reopened":            reopened,
		"card_reopened_by_desk":    reopenedByDesk,
		"card_rated":               rated,
		"card_major":               major,
		"card_joined":              joined,
		"card_joined_private":      private(joined),
		"card_follows":             follows,
	} {
		t.Run(name, func(t *testing.T) {
			var posts []*model.Post
			switch n.Template {
			case tickets.TemplateCard:
				posts = append(posts, b.cardPost(n, desk))
				if words := wordsPost(n, b.opts.Portal); words != nil {
					posts = append(posts, words)
				}
			}
			got, err := json.MarshalIndent(posts, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			leaks := []string{"Alix", "0100000000", "DESCRIPTION", "RÉSUMÉ", "SECRET", "⟦", "%!", "Appréciation"}
			if n.Case.Private {
				leaks = append(leaks, "thecard", "Messagerie", "1 - Critique", "2 - Haute", "I261121_003", "0940001A", "@all")
			}
			for _, leak := range leaks {
				if strings.Contains(string(got), leak) {
					t.Errorf("the post tells %s", leak)
				}
			}
			file := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(file, append(got, '\n'), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got)+"\n" != string(want) {
				t.Errorf("differs from %s (go test -update rewrites it):\n%s", file, got)
			}
		})
	}
}

func TestWhatIsWithNobodyCanBeTaken(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	for status, takeable := range map[tickets.Status]bool{
		tickets.StatusNew: true, tickets.StatusInProgress: true, tickets.StatusWaiting: true,
		tickets.StatusResolved: false, tickets.StatusClosed: false,
	} {
		n := card(1, status, tickets.ActionNote, "")
		n.Case.Assignee = uuid.Nil
		if got := strings.Contains(actions(b.cardPost(n, desk)), "prendre"); got != takeable {
			t.Errorf("%s with nobody: offered %v", status, got)
		}
	}
}

// Whatever happens to a ticket, with words or without, public or private, the
// thread has the words for it, or says nothing.
func TestNoActionIsWithoutWords(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "tickets", "ticket.go"))
	if err != nil {
		t.Fatal(err)
	}
	actions := regexp.MustCompile(`Action\w+ +Action = "(\w+)"`).FindAllStringSubmatch(string(b), -1)
	if len(actions) < 17 {
		t.Fatalf("only %v: ticket.go is written in another way", actions)
	}
	for _, m := range actions {
		for _, text := range []string{"", "MOTS"} {
			n := card(1, tickets.StatusInProgress, tickets.Action(m[1]), text)
			n.Event.Detail = tickets.Detail{Urgency: tickets.Critical}
			for _, n.Case.Private = range []bool{false, true} {
				p := wordsPost(n, tickets.NewPortal("https://portail.creteil.example"))
				if p == nil {
					continue
				}
				if strings.Contains(p.Message, "⟦") || strings.Contains(p.Message, "%!") {
					t.Errorf("%s: %q", m[1], p.Message)
				}
				if tells := strings.Contains(p.Message, "MOTS") || strings.Contains(p.Message, "Critique"); tells && n.Case.Private {
					t.Errorf("%s of a private ticket: %q", m[1], p.Message)
				}
			}
		}
	}
}
