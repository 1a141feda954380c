package mattermost

import (
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/tickets"
)

// post writes in a channel of the team.
func (c *talk) post(name, channel, root, text string) *model.Post {
	c.t.Helper()
	client := c.client(name)
	id := mattermost.ChannelID("creteil", channel)
	p, _, err := client.CreatePost(c.t.Context(), &model.Post{ChannelId: id, RootId: root, Message: text})
	if err != nil {
		if _, _, err = client.AddChannelMember(c.t.Context(), id, mattermost.UserID(name)); err == nil {
			p, _, err = client.CreatePost(c.t.Context(), &model.Post{ChannelId: id, RootId: root, Message: text})
		}
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

// types is say as a user of the chat.
func (c *talk) types(name, text string) string {
	c.t.Helper()
	return c.say("creteil", "", text, "user_id", mattermost.UserID(name))
}

// inThread are the bot's messages in a channel below a post.
func (c *talk) inThread(channel, root string) (out []string) {
	for _, p := range c.server.Posts(mattermost.ChannelID("creteil", channel)) {
		if p.UserId == mattermost.UserID("cecoia") && p.RootId == root {
			out = append(out, p.Message)
		}
	}
	return out
}

func link(p *model.Post) string { return "https://chat.example/creteil/pl/" + p.Id }

func TestATicketFromAMessage(t *testing.T) {
	c := newTalk(t)
	p := c.post("requester", "assistance", "", "## Plus de réseau @all\nsalle 12, depuis *ce matin*")
	said := c.types("agent", "nouveau "+link(p))
	wants(t, "answer", said, "I261121_001 est déposé d’après ce message, pour Dominique Exemple", "/demandes/creteil/I261121_001", "écrit dans le fil")
	v, err := c.desk.View(t.Context(), tickets.Caller{Person: person("creteil", "supervisor")}, tickets.Ref{Rank: 1})
	if err != nil {
		t.Fatal(err)
	}
	if v.Beneficiary != person("creteil", "requester").ID || v.Requester != person("creteil", "agent").ID || v.Phone == "" || v.Summary != "Plus de réseau @all" ||
		v.Description != "## Plus de réseau @all\nsalle 12, depuis *ce matin*\n\nMessage d’origine\u00a0: "+link(p) {
		t.Errorf("ticket %+v", v.Ticket)
	}
	told := c.inThread("assistance", p.Id)
	if len(told) != 1 {
		t.Fatalf("told %q", told)
	}
	wants(t, "thread", told[0], "I261121_001", "/demandes/creteil/I261121_001", "Nouveau")
	if strings.Contains(told[0], "réseau") || strings.Contains(told[0], "Exemple") {
		t.Errorf("the thread says %q", told[0])
	}
	// The same message again, by whomever and however its link is written.
	for _, again := range []string{
		"nouveau " + link(p), "nouveau <" + link(p) + ">", "nouveau /creteil/pl/" + p.Id, "nouveau https://chat.example/_redirect/pl/" + p.Id + "?x=1",
		"nouveau /_redirect/pl/" + p.Id, "nouveau service : " + link(p) + " autre chose", "nouveau service " + link(p),
	} {
		c.world.later(2 * time.Minute)
		wants(t, again, c.types("edith", again), "has its ticket already: I261121_001")
	}
	if page, err := c.desk.List(t.Context(), tickets.Caller{Person: person("creteil", "supervisor")}, tickets.Query{Scope: tickets.ScopeDesk}); err != nil || page.Total != 1 {
		t.Errorf("%d tickets, %v", page.Total, err)
	}
	if told := c.inThread("assistance", p.Id); len(told) != 1 {
		t.Errorf("told %q", told)
	}
	// A reply, by somebody unknown, with words of the agent's; and another kind.
	reply := c.post("stranger", "assistance", p.Id, strings.Repeat("é", 12_000))
	said = c.types("agent", "nouveau service : "+link(reply)+" Demande d’écran")
	wants(t, "unknown author", said, "S261121_", "pour Alix Modèle", "n’est pas lié à l’annuaire")
	page, err := c.desk.List(t.Context(), tickets.Caller{Person: person("creteil", "supervisor")}, tickets.Query{Scope: tickets.ScopeDesk, Kind: tickets.Service})
	if err != nil || page.Total != 1 {
		t.Fatalf("%d tickets, %v", page.Total, err)
	}
	if d := page.Cases[0].Description; page.Cases[0].Summary != "Demande d’écran" || !strings.HasPrefix(d, "Demande d’écran\n\néé") ||
		!strings.HasSuffix(d, "é…\n\nMessage d’origine\u00a0: "+link(reply)) || len([]rune(d)) > tickets.MaxText {
		t.Errorf("summary %q, description of %d characters ends in %q", page.Cases[0].Summary, len([]rune(d)), d[len(d)-100:])
	}
	if told := c.inThread("assistance", p.Id); len(told) != 2 {
		t.Errorf("told %q", told)
	}
	// For somebody whom the command names.
	other := c.post("requester", "assistance", "", "pour un collègue")
	wants(t, "for another", c.types("agent", "nouveau pour other@creteil.example "+link(other)), "pour Camille Spécimen")
}

// A link shows nobody what its channel keeps from them, and from the bot.
func TestALinkLeaksNothing(t *testing.T) {
	c := newTalk(t)
	if _, err := c.server.NewToken("agent"); err != nil {
		t.Fatal(err)
	}
	elsewhere := c.post("requester", "ailleurs", "", "un secret")
	said := c.types("agent", "nouveau "+link(elsewhere))
	wants(t, "a channel of others", said, "Vous n’êtes pas membre du canal")
	own := c.write("requester", "", "entre nous")
	wants(t, "another's conversation with the bot", c.types("agent", "nouveau "+link(own)), "Vous n’êtes pas membre du canal")
	direct, _, err := c.client("agent").CreateDirectChannel(t.Context(), mattermost.UserID("agent"), mattermost.UserID("edith"))
	if err != nil {
		t.Fatal(err)
	}
	private, _, err := c.client("agent").CreatePost(t.Context(), &model.Post{ChannelId: direct.Id, Message: "un autre"})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, "a message that the bot does not see", c.types("agent", "nouveau "+link(private)), "@\u200bcecoia ne le voit pas", "/invite", "Rien n’est fait")
	wants(t, "no message", c.types("agent", "nouveau https://chat.example/creteil/pl/"+id("nothing")), "n’existe plus")
	wants(t, "audit", c.log.String(), "message is of a channel that is not theirs", "message is not the bot's to read")
	if page, err := c.desk.List(t.Context(), tickets.Caller{Person: person("creteil", "supervisor")}, tickets.Query{Scope: tickets.ScopeDesk}); err != nil || page.Total != 0 {
		t.Errorf("%d tickets, %v", page.Total, err)
	}
	// Who is there makes it, also where the bot only reads.
	wants(t, "a channel that the bot is not in", c.types("requester", "nouveau "+link(elsewhere)), "réservées à l’assistance")
	mine := c.post("agent", "ailleurs", "", "l’écran")
	wants(t, "a channel that the bot is not in", c.types("agent", "nouveau "+link(mine)), "pour Alix Modèle", "écrit dans le fil")
	if told := c.inThread("ailleurs", mine.Id); len(told) != 1 {
		t.Errorf("told %q", told)
	}
	// The bot's own card is its ticket.
	cs := c.open("creteil", tickets.Card{})
	bot := model.NewAPIv4Client(c.server.URL())
	bot.SetToken("bot-token")
	card, _, err := bot.CreatePost(t.Context(), &model.Post{ChannelId: mattermost.ChannelID("creteil", "assistance"), Message: "carte"})
	if err != nil {
		t.Fatal(err)
	}
	c.card(cs, card.Id)
	wants(t, "a card", c.types("agent", "nouveau "+link(card)), "la carte de "+cs.Number.String())
}

// The ticket is there whatever becomes of its number in the thread, which is
// written once in the end.
func TestTheNumberInTheThreadIsTriedAgain(t *testing.T) {
	for name, fault := range map[string]mattermost.Fault{
		"refused": {Route: "POST /api/v4/posts", Status: 500, Times: 2},
		"lost":    {Route: "POST /api/v4/posts", LoseAnswer: true, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTalk(t)
			c.abandoned = 50 * time.Millisecond
			c.process(c.options)
			c.types("agent", "compte")
			p := c.post("requester", "assistance", "", "en panne")
			c.server.Fail(fault)
			cmd := ingestCommand("nouveau " + link(p))
			said, err := c.commands.Execute(t.Context(), cmd)
			if err != nil {
				t.Fatal(err)
			}
			wants(t, "answer", said, "I261121_001 est déposé", "n’a pas encore pu être écrit dans le fil")
			c.settled("agent")
			told := c.inThread("assistance", p.Id)
			if len(told) != 1 {
				t.Fatalf("told %q", told)
			}
			wants(t, "thread", told[0], "I261121_001", "Nouveau")
		})
	}
}
