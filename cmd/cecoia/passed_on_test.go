package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"
	"github.com/redis/go-redis/v9"

	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/redis/redistest"
	"cecoia.example/notify"
	notifymattermost "cecoia.example/notify/mattermost"
	"cecoia.example/tickets"
)

// exampleDesk is the example desk and its chat, as the demo sets them up, with
// what goes out to the chat running.
type exampleDesk struct {
	*tickets.Desk
	t      *testing.T
	chat   *mattermost.Server
	people []tickets.Person
}

func newExampleDesk(t *testing.T) *exampleDesk {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, academies, people := exampleBase(t)
	if err := seedDemo(t.Context(), db, academies, people); err != nil {
		t.Fatal(err)
	}
	demo := demoCommand{MattermostAddr: "127.0.0.1:0"}
	demo.Data = t.TempDir()
	chat, err := demo.startChat(t.Context(), academies, people, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeWithin(chat.Close, log) })

	keys, err := tickets.NewKeyring(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	bot, err := notifymattermost.New(notifymattermost.Options{
		URL: chat.URL(), Token: demoBotToken, HooksURL: "http://hooks.example", Portal: tickets.NewPortal("https://portail.example"), Keyring: keys,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bot.Close)
	options, err := redis.ParseURL(redistest.New(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	rdb := redis.NewClient(options)
	t.Cleanup(func() { _ = rdb.Close() })
	notifier, err := notify.New(notify.Options{
		Store: db, Redis: rdb, Channels: map[tickets.Channel]notify.Channel{tickets.Chat: bot}, Logger: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = notifier.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return &exampleDesk{
		Desk: tickets.NewDesk(tickets.Options{Store: db, Committed: notifier.Wake}),
		t:    t, chat: chat, people: people,
	}
}

// as is somebody of Créteil, by login.
func (d *exampleDesk) as(login string) tickets.Caller {
	d.t.Helper()
	for _, p := range d.people {
		if p.Academy == "creteil" && p.Login == login {
			return tickets.Caller{Person: p, Origin: tickets.FromPortal}
		}
	}
	d.t.Fatalf("%s is not in the example", login)
	return tickets.Caller{}
}

func (d *exampleDesk) do(login string, n tickets.Number, action tickets.Action, in tickets.Input) {
	d.t.Helper()
	if _, err := d.Do(d.t.Context(), d.as(login), n.Ref(), action, in); err != nil {
		d.t.Fatal(err)
	}
}

// sees waits until some post of those looked at says the words; it returns that
// post.
func (d *exampleDesk) sees(what string, look func() []*model.Post, words string) *model.Post {
	d.t.Helper()
	var found *model.Post
	eventually(d.t, what, func() (bool, string) {
		var all []string
		for _, p := range look() {
			text := p.Message
			for _, a := range p.Attachments() {
				for _, b := range a.Actions {
					text += " [" + b.Id + "]"
				}
			}
			if strings.Contains(text, words) {
				found = p
				return true, ""
			}
			all = append(all, text)
		}
		return false, strings.Join(all, "\n--\n")
	})
	return found
}

func (d *exampleDesk) channel(name string) func() []*model.Post {
	return func() []*model.Post { return d.chat.Posts(mattermost.ChannelID("creteil", name)) }
}

// A ticket that is passed on to the specialists has its card in their channel,
// where any of them may take it; the desk's card says where it went.
func TestATicketIsPassedOnToTheSpecialists(t *testing.T) {
	t.Parallel()
	d := newExampleDesk(t)
	c, err := d.Open(t.Context(), d.as("demandeur"), tickets.Incident, tickets.Card{Theme: "internet", Urgency: tickets.High, Description: "Plus d’accès en salle 12."})
	if err != nil {
		t.Fatal(err)
	}
	number := c.Number.String()
	card := d.sees("the card at the desk", d.channel("assistance"), number+" · Nouveau [prendre] [voir]")

	d.do("agent", c.Number, tickets.ActionAssign, tickets.Input{Group: "reseaux", Text: "Le commutateur ne répond pas."})
	there := d.sees("the card at the specialists", d.channel("reseaux"), number+" · Nouveau [prendre] [voir]")
	d.sees("why, in its thread", d.channel("reseaux"), "> Le commutateur ne répond pas.")
	if left := d.sees("the card that was left", d.channel("assistance"), number+" · transmis à l’équipe Réseaux (~reseaux) [voir]"); left.Id != card.Id {
		t.Error("another card, where the first should be edited")
	}

	eventually(t, "the cards link to each other", func() (bool, string) {
		left, now := d.channel("assistance")()[0].Attachments()[0].Text, d.channel("reseaux")()[0].Attachments()[0].Text
		return strings.Contains(left, "/creteil/pl/"+there.Id) && strings.Contains(now, "/creteil/pl/"+card.Id), left + "\n" + now
	})

	d.do("renfort", c.Number, tickets.ActionAssign, tickets.Input{Assignee: d.as("reseau").Person.ID})
	direct := func() []*model.Post { return d.chat.DirectPosts(demoBot, "reseau.creteil") }
	message := d.sees("the assignee's message", direct, "Sacha Échantillon vous confie "+number+".")
	d.do("reseau", c.Number, tickets.ActionTake, tickets.Input{})
	if taken := d.sees("the card once taken", d.channel("reseaux"), number+" · En cours [voir]"); taken.Id != there.Id {
		t.Error("a second card at the specialists")
	}
	d.do("reseau", c.Number, tickets.ActionClose, tickets.Input{Text: "Remplacé.", Cause: "reseau"})
	d.sees("the card once closed", d.channel("reseaux"), number+" · Clôturé (par l’assistance) [voir]")
	d.do("demandeur", c.Number, tickets.ActionReopen, tickets.Input{Text: "C’est revenu."})
	reopened := d.sees("the reopening, to the assignee", direct, "Le demandeur rouvre "+number)
	d.do("agent", c.Number, tickets.ActionNote, tickets.Input{Text: "@reseau, je peux passer."})
	named := d.sees("the note, to whom it names", direct, "Alix Démonstration vous cite dans une note sur "+number)
	if reopened.RootId != message.Id || named.RootId != message.Id || len(direct()) != 3 {
		t.Errorf("%d direct messages, want one and its thread", len(direct()))
	}
	d.sees("how it stands, in the message", direct, "[voir] [demander] [resoudre] [affecter] [rendre] [pourquoi]")

	eventually(t, "the desk's channel has the card and, in its thread, who passed it on", func() (bool, string) {
		posts := d.channel("assistance")()
		return len(posts) == 2 && posts[0].Id == card.Id && posts[1].RootId == card.Id, fmt.Sprint(posts)
	})
	if joined := d.chat.Requests("POST /api/v4/channels/{channel}/members"); joined != 0 {
		t.Errorf("the bot had to join %d channels: the demo makes it a member", joined)
	}
	if c, err = d.Case(t.Context(), d.as("reseau"), c.Number.Ref()); err != nil || c.Group != "reseaux" || c.Assignee == uuid.Nil {
		t.Errorf("%+v, %v", c.Ticket, err)
	}
}
