package mattermost

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/wait"
	"cecoia.example/ingest"
	"cecoia.example/tickets"
)

// talk is a chat in which people write to the bot.
type talk struct {
	*world
	server *mattermost.Server
	timers *timers
	asks   map[string]*model.Client4
	ahead  time.Duration // of the world's clock before the chat's
}

// newTalk makes the chat and the world; nobody listens yet.
func newTalk(t *testing.T) *talk {
	t.Helper()
	c := &talk{timers: &timers{}, asks: map[string]*model.Client4{}}
	var users []mattermost.User
	for _, name := range []string{"agent", "edith", "requester", "stranger"} {
		users = append(users, mattermost.User{Username: name, Email: name + "@creteil.example", Channels: []string{"creteil/assistance"}})
		if name == "edith" {
			users[len(users)-1].Locale = "en"
		}
	}
	users = append(users, mattermost.User{Username: "parisian", Email: "parisian@paris.example", Channels: []string{"paris/assistance"}})
	server, err := mattermost.Start(t.Context(), mattermost.Options{Seed: mattermost.Seed{
		Teams: []mattermost.Team{
			{Name: "creteil", Channels: []mattermost.Channel{{Name: "assistance"}, {Name: "ailleurs"}, {Name: "prive", Private: true}}},
			{Name: "paris", Channels: []mattermost.Channel{{Name: "assistance"}}},
		},
		Bots: []mattermost.Bot{
			{Username: "cecoia", Token: "bot-token", Channels: []string{"creteil/assistance", "paris/assistance"}},
			{Username: "other", Token: "other-token", Channels: []string{"creteil/assistance"}},
		},
		Users: users,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(context.Background()) })
	c.server = server
	c.world = newWorld(t, func(o *Options) {
		o.BaseURL, o.BotToken, o.After = server.URL(), "bot-token", c.timers.after
		o.Now = func() time.Time {
			c.timers.mu.Lock()
			defer c.timers.mu.Unlock()
			return time.Now().Add(c.ahead)
		}
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.log.String())
		}
	})
	for _, name := range []string{"agent", "edith", "requester"} {
		if err := c.db.LinkAccount(t.Context(), "creteil", person("creteil", name).ID, tickets.Chat, mattermost.UserID(name)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *talk) later(d time.Duration) {
	c.timers.mu.Lock()
	defer c.timers.mu.Unlock()
	c.ahead += d
}

// listen runs the world's process until stop, or the end of the test.
func (c *talk) listen() (stop func()) {
	c.t.Helper()
	heard := func() int { return strings.Count(c.log.String(), "direct messages to the bot are heard") }
	before, commands := heard(), c.commands
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := commands.Listen(ctx); err != nil {
			c.t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(30 * time.Second):
			c.t.Error("Listen does not end")
		}
	})
	c.t.Cleanup(stop)
	wait.Until(c.t, "it listens", func() bool { return heard() > before })
	return stop
}

// as is the API as that user.
func (c *talk) client(name string) *model.Client4 {
	c.t.Helper()
	if known := c.asks[name]; known != nil {
		return known
	}
	token, err := c.server.NewToken(name)
	if err != nil {
		c.t.Fatal(err)
	}
	client := model.NewAPIv4Client(c.server.URL())
	client.SetToken(token)
	client.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	c.asks[name] = client
	return client
}

// write posts a direct message to the bot.
func (c *talk) write(name, root, text string) *model.Post {
	c.t.Helper()
	client := c.client(name)
	channel, _, err := client.CreateDirectChannel(c.t.Context(), mattermost.UserID(name), mattermost.UserID("cecoia"))
	if err != nil {
		c.t.Fatal(err)
	}
	p, _, err := client.CreatePost(c.t.Context(), &model.Post{ChannelId: channel.Id, RootId: root, Message: text})
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

// answers are the bot's messages to a user.
func (c *talk) answers(name string) (out []*model.Post) {
	for _, p := range c.server.DirectPosts("cecoia", name) {
		if p.UserId == mattermost.UserID("cecoia") {
			out = append(out, p)
		}
	}
	return out
}

// answered waits for the nth answer to a user and returns it.
func (c *talk) answered(name string, n int) *model.Post {
	c.t.Helper()
	wait.Until(c.t, fmt.Sprintf("answer %d to %s", n, name), func() bool { return len(c.answers(name)) >= n })
	return c.answers(name)[n-1]
}

// settled waits until nothing is kept any more, and says how many answers there are.
func (c *talk) settled(name string) int {
	c.t.Helper()
	wait.Until(c.t, "nothing is left to do", func() bool {
		var left int
		err := c.db.Pool().QueryRow(c.t.Context(), `SELECT count(*) FROM commands WHERE NOT finished`).Scan(&left)
		return err == nil && left == 0
	})
	return len(c.answers(name))
}

// What a person writes to the bot alone is a command, with the answers that it
// has after /ticket; what only a dialog could ask is told as its usage.
func TestAMessageToTheBotIsACommand(t *testing.T) {
	c := newTalk(t)
	cs := c.open("creteil", tickets.Card{})
	c.listen()
	for i, said := range []struct{ text, want string }{
		{"prendre 1", cs.Number.String() + " est à vous"},
		{"  @cecoia VOIR « 1 »", "L’imprimante ne répond plus."},
		{" /ticket note 1 vu avec @edith", "Noté sur"},
		{"affecter 1 @edith", "Edith Sample"},
		{"aide", "| `prendre NUMÉRO…` |"},
		{"prendr 1", "`/ticket prendre`"},
		{"résoudre 1", "Usage : `/ticket résoudre"},
		{"nouveau", "Usage : `/ticket nouveau"},
		{"liste libres", "Aucune demande"},
		{"1", "L’imprimante ne répond plus."},
	} {
		c.write("agent", "", said.text)
		a := c.answered("agent", i+1)
		wants(t, said.text, a.Message, said.want)
		if a.RootId != "" {
			t.Errorf("%q is answered in a thread", said.text)
		}
	}
	// A mention is whoever the account is linked to, whatever its name.
	if v := c.view(cs); v.Assignee != person("creteil", "edith").ID || len(v.Events) != 4 {
		t.Errorf("it is with %s after %d events", v.Who(v.Assignee).Name(), len(v.Events))
	}
	c.write("requester", "", "prendre 1")
	wants(t, "a requester", c.answered("requester", 1).Message, "réservées à l’assistance")
	c.write("stranger", "", "prendre 1")
	wants(t, "a stranger", c.answered("stranger", 1).Message, "n’est pas lié", "Académie de creteil")
	c.write("parisian", "", "prendre 1")
	wants(t, "a stranger of another team", c.answered("parisian", 1).Message, "n’est pas lié", "Académie de paris")
	wants(t, "audit", c.log.String(), "account is not linked", "person is not of the desk")
	c.write("edith", "", "list mine")
	wants(t, "their language", c.answered("edith", 1).Message, "1 ticket", "In progress")
}

// Words in the thread of a message that is about a ticket are about that one, and
// are answered there.
func TestAMessageInATicketsThreadNeedsNoNumber(t *testing.T) {
	c := newTalk(t)
	c.listen()
	cs := c.open("creteil", tickets.Card{})
	root := c.write("agent", "", "1")
	told := c.answered("agent", 1)
	c.card(cs, told.Id)
	c.write("agent", told.Id, "prendre")
	a := c.answered("agent", 2)
	wants(t, "answer", a.Message, cs.Number.String()+" est à vous")
	if a.RootId != told.Id {
		t.Errorf("answered below %q", a.RootId)
	}
	c.write("agent", root.Id, "rendre")
	wants(t, "another thread", c.answered("agent", 3).Message, "Usage")
	// The thread goes while the answer is on its way.
	gone := c.write("agent", "", "liste")
	c.answered("agent", 4)
	cmd := c.message(c.write("agent", gone.Id, "compte"))
	c.answered("agent", 5)
	if _, err := c.client("agent").DeletePost(t.Context(), gone.Id); err != nil {
		t.Fatal(err)
	}
	cmd.ID = "another"
	if err := c.commands.Direct(t.Context(), cmd, ingest.Answer{How: ingest.Done, Text: "trop tard"}); err != nil {
		t.Fatal(err)
	}
	if a := c.answered("agent", 5); a.RootId != "" || a.Message != "trop tard" {
		t.Errorf("answer %q below %q", a.Message, a.RootId)
	}
}

// message is the command that a message is.
func (c *talk) message(p *model.Post) ingest.Command {
	return ingest.Command{ID: messageID(p), Academy: "creteil", Account: p.UserId, Text: p.Message, Post: p.Id, Place: p.ChannelId, Thread: p.RootId, ReceivedAt: time.Now()}
}

// The bot hears its own messages, those of programs, of channels that it is in,
// and changes: none is a command.
func TestWhatIsNoMessageOfAPersonIsNone(t *testing.T) {
	c := newTalk(t)
	c.listen()
	agent := c.client("agent")
	p := c.write("agent", "", "compte")
	c.answered("agent", 1)
	p.Message = "prendre 1"
	if _, _, err := agent.UpdatePost(t.Context(), p.Id, p); err != nil {
		t.Fatal(err)
	}
	for _, post := range []*model.Post{
		{ChannelId: p.ChannelId, Message: "voir 1", Props: model.StringInterface{"from_webhook": "true"}},
		{ChannelId: p.ChannelId, Message: "voir 1", Props: model.StringInterface{"from_bot": "true"}},
		{ChannelId: mattermost.ChannelID("creteil", "assistance"), Message: "@cecoia voir 1"},
	} {
		if _, _, err := agent.CreatePost(t.Context(), post); err != nil {
			t.Fatal(err)
		}
	}
	other := model.NewAPIv4Client(c.server.URL())
	other.SetToken("other-token")
	channel, _, err := other.CreateDirectChannel(t.Context(), mattermost.UserID("other"), mattermost.UserID("cecoia"))
	if err == nil {
		_, _, err = other.CreatePost(t.Context(), &model.Post{ChannelId: channel.Id, Message: "aide"})
	}
	if err != nil {
		t.Fatal(err)
	}
	c.write("agent", "", "compte")
	wants(t, "the next", c.answered("agent", 2).Message, "Alix Modèle")
	if n := c.settled("agent"); n != 2 || len(c.answers("other")) != 0 {
		t.Errorf("%d answers, %d to a program", n, len(c.answers("other")))
	}
	for _, post := range c.server.Posts(mattermost.ChannelID("creteil", "assistance")) {
		if post.UserId == mattermost.UserID("cecoia") {
			t.Errorf("it says in the channel %q", post.Message)
		}
	}
}

// A database that is away for a while delays a message, and loses none.
func TestAMessageThatCannotBeKeptIsTakenAgain(t *testing.T) {
	c := newTalk(t)
	var failures atomic.Int32
	take := c.commands.Take
	c.commands.Take = func(ctx context.Context, cmd ingest.Command) (bool, error) {
		if failures.Add(1) <= 3 {
			return false, errors.New("no database")
		}
		return take(ctx, cmd)
	}
	c.listen()
	c.write("agent", "", "compte")
	wants(t, "in the end", c.answered("agent", 1).Message, "Alix Modèle")
	if n := c.settled("agent"); n != 1 {
		t.Errorf("%d answers", n)
	}
}

// An answer that the chat does not take at first comes later, once.
func TestAnAnswerThatFailsIsTriedAgain(t *testing.T) {
	for name, fault := range map[string]mattermost.Fault{
		"refused": {Route: "POST /api/v4/posts", Status: 500, Times: 1},
		"lost":    {Route: "POST /api/v4/posts", LoseAnswer: true, Times: 1},
		"hurried": {Route: "POST /api/v4/posts", Status: 429, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTalk(t)
			c.abandoned = 50 * time.Millisecond
			c.process(c.options)
			c.listen()
			p := c.write("agent", "", "compte")
			c.answered("agent", 1)
			c.server.Fail(fault)
			cmd := c.message(p)
			cmd.ID = "again"
			if first, err := c.commands.Take(t.Context(), cmd); err != nil || !first {
				t.Fatal(first, err)
			}
			c.answered("agent", 2)
			if n := c.settled("agent"); n != 2 {
				t.Errorf("%d answers", n)
			}
		})
	}
}

func TestWhoHurriesIsToldSoOnce(t *testing.T) {
	c := newTalk(t)
	stopped := time.Now()
	o := c.options
	o.Now, o.PerMinute, o.Burst = func() time.Time { return stopped }, 30, 3
	c.process(o)
	c.listen()
	for range 6 {
		c.write("agent", "", "compte")
	}
	c.answered("agent", 4)
	wait.Until(t, "all are heard", func() bool { return strings.Count(c.log.String(), "too many commands") == 3 })
	if n := c.settled("agent"); n != 4 {
		t.Errorf("%d answers", n)
	}
	slow := 0
	for _, p := range c.answers("agent") {
		if strings.Contains(p.Message, "Doucement") {
			slow++
		}
	}
	if slow != 1 {
		t.Errorf("told %d times", slow)
	}
}

// An account may be linked in several academies.
func TestAMessageOfSomebodyOfSeveralAcademies(t *testing.T) {
	c := newTalk(t)
	link := func(login string) {
		t.Helper()
		if err := c.db.LinkAccount(t.Context(), "paris", person("paris", login).ID, tickets.Chat, mattermost.UserID("agent")); err != nil {
			t.Fatal(err)
		}
	}
	link("requester")
	c.open("creteil", tickets.Card{})
	there := c.open("paris", tickets.Card{Description: "À Paris."})
	c.listen()
	c.write("agent", "", "1")
	wants(t, "of one desk", c.answered("agent", 1).Message, "L’imprimante")
	link("agent")
	c.write("agent", "", "1 ")
	wants(t, "of two desks", c.answered("agent", 2).Message, "plusieurs académies", "`creteil`, `paris`", "`creteil liste`")
	c.write("agent", "", "Paris 1")
	a := c.answered("agent", 3)
	wants(t, "named", a.Message, "À Paris.")
	c.card(there, a.Id)
	c.write("agent", a.Id, "prendre")
	wants(t, "in the thread", c.answered("agent", 4).Message, "est à vous")
	if v := c.view(there); v.Assignee != person("paris", "agent").ID {
		t.Error("the ticket of the thread is not taken")
	}
}

// ingestCommand is what an agent of the chat types after /ticket.
func ingestCommand(text string) ingest.Command {
	return ingest.Command{ID: "typed", Academy: "creteil", Account: mattermost.UserID("agent"), Text: text, ReceivedAt: time.Now()}
}
