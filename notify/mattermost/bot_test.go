package mattermost

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/deploy/local/child"
	double "cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/wait"
	"cecoia.example/tickets"
)

func TestMain(m *testing.M) { wait.Main(m) }

const botToken = "bot-token"

var (
	desk        = double.ChannelID("creteil", "assistance")
	reseaux     = double.ChannelID("creteil", "reseaux")
	supervision = double.ChannelID("creteil", "supervision")
	began       = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
)

func seed() double.Seed {
	return double.Seed{
		Teams: []double.Team{{Name: "creteil", Channels: []double.Channel{{Name: "assistance"}, {Name: "reseaux"}, {Name: "supervision"}, {Name: "secrets", Private: true}}}},
		Users: []double.User{
			{Username: "dominique", Email: "agent@creteil.example", Password: "demo", Channels: []string{"creteil/assistance"}},
			{Username: "somebody", Email: "somebody@creteil.example", Password: "demo", Channels: []string{"creteil/assistance"}},
		},
		Bots: []double.Bot{{Username: "cecoia", Token: botToken, Channels: []string{"creteil/assistance", "creteil/reseaux", "creteil/supervision"}}},
	}
}

func server(t *testing.T, o double.Options) *double.Server {
	t.Helper()
	if o.Seed.Teams == nil {
		o.Seed = seed()
	}
	s, err := double.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *double.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Errorf("close the double: %v", err)
	}
}

func newBot(t *testing.T, url string, o Options) *Bot {
	t.Helper()
	keys, err := tickets.NewKeyring(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	o.URL, o.HooksURL, o.Portal, o.Keyring = url, "http://hooks.creteil.example", tickets.NewPortal("https://portail.creteil.example"), keys
	if o.Token == "" {
		o.Token = botToken
	}
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func id(n byte) uuid.UUID { return uuid.UUID{15: n} }

var academy = tickets.Academy{
	ID: "creteil", Name: "Académie de Créteil", Timezone: "Europe/Paris", Team: "creteil",
	Groups: []tickets.Group{
		{Code: "assistance", Name: tickets.Text{FR: "Assistance"}, Channel: "assistance"},
		{Code: "reseaux", Name: tickets.Text{FR: "Réseaux", EN: "Networks"}, Channel: "reseaux"},
		{Code: "supervision", Name: tickets.Text{FR: "Supervision"}, Channel: "supervision", Supervises: true},
		{Code: "nulle-part", Name: tickets.Text{FR: "Nulle part"}, Channel: "nulle-part"},
		{Code: "secrets", Name: tickets.Text{FR: "Secrets"}, Channel: "secrets"},
	},
	Themes: []tickets.Theme{{
		Code: "messagerie", Name: tickets.Text{FR: "Messagerie", EN: "Mail"},
		Subjects: []tickets.Choice{{Code: "quota", Name: tickets.Text{FR: "Boîte pleine", EN: "Full mailbox"}}},
	}},
	Causes: []tickets.Choice{{Code: "droits", Name: tickets.Text{FR: "Droits ou compte", EN: "Rights or account"}}},
}

// card is a notice of the ticket's card after an action.
func card(delivery byte, status tickets.Status, action tickets.Action, text string) tickets.Notice {
	requester := tickets.Person{ID: id(1), GivenName: "Alix", FamilyName: "Exemple", Phone: "0100000000"}
	agent := tickets.Person{ID: id(2), GivenName: "Dominique", FamilyName: "Modèle", Lang: "fr", Memberships: []tickets.Membership{{Group: "assistance", Role: tickets.RoleAgent}}}
	t := tickets.Ticket{
		Academy: "creteil", ID: id(7), Number: tickets.Number{Kind: tickets.Incident, Day: "261121", Rank: 7},
		Card: tickets.Card{
			Beneficiary: requester.ID, Phone: "0100000000", Entity: "0940001A", Urgency: tickets.High,
			Theme: "messagerie", Summary: "RÉSUMÉ", Description: "DESCRIPTION",
		},
		Requester: requester.ID, Category: "messagerie", Group: "assistance", Status: status, OpenedAt: began, Due: began.Add(4 * time.Hour),
	}
	actor := requester.ID
	if status != tickets.StatusNew {
		t.Assignee = agent.ID
	}
	switch action {
	case tickets.ActionOpen, tickets.ActionComplement, tickets.ActionRefuse, tickets.ActionWithdraw, tickets.ActionValidate, tickets.ActionReopen:
	default:
		actor = agent.ID
	}
	return tickets.Notice{
		Delivery: tickets.Delivery{
			Academy: "creteil", ID: id(delivery), Ticket: t.ID, Channel: tickets.Chat, Recipient: tickets.ToGroup("assistance"),
			Template: tickets.TemplateCard, Attempts: 1, CreatedAt: began,
		},
		Academy: academy,
		Case:    tickets.Case{Ticket: t, People: map[uuid.UUID]tickets.Person{requester.ID: requester, agent.ID: agent}},
		Event:   tickets.Event{Action: action, Actor: actor, Text: text, At: began},
	}
}

func direct(n tickets.Notice, tpl tickets.Template, account string) tickets.Notice {
	n.Template, n.Account, n.Recipient = tpl, account, n.Case.Who(id(2))
	n.Recipient.Academy = "creteil"
	n.Delivery.Recipient = tickets.ToPerson(id(2))
	return n
}

func want(t *testing.T, r tickets.Receipt, outcome tickets.Outcome) {
	t.Helper()
	if r.Outcome != outcome {
		t.Errorf("outcome %s (%s), want %s", r.Outcome, r.Err, outcome)
	}
}

func TestOneCardPerTicketFollowsIt(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	r := b.Send(t.Context(), card(1, tickets.StatusNew, tickets.ActionOpen, "DESCRIPTION"))
	want(t, r, tickets.Delivered)
	posts := s.Posts(desk)
	if len(posts) != 1 || posts[0].Id != r.Thread {
		t.Fatalf("%d posts, thread %q", len(posts), r.Thread)
	}
	if got := actions(posts[0]); got != "prendre voir demander resoudre affecter" {
		t.Errorf("buttons of a new ticket: %s", got)
	}

	taken := card(2, tickets.StatusInProgress, tickets.ActionTake, "")
	taken.Thread = r.Thread
	again := b.Send(t.Context(), taken)
	want(t, again, tickets.Delivered)
	if again.Thread != "" {
		t.Errorf("an edit changes the thread to %q", again.Thread)
	}
	note := card(3, tickets.StatusInProgress, tickets.ActionNote, "Voir avec @all")
	note.Thread = r.Thread
	want(t, b.Send(t.Context(), note), tickets.Delivered)

	posts = s.Posts(desk)
	if len(posts) != 2 || posts[1].RootId != r.Thread || !strings.Contains(posts[0].Message, "En cours") {
		t.Fatalf("posts %+v", posts)
	}
	if got := actions(posts[0]); got != "voir demander resoudre affecter" {
		t.Errorf("buttons after the edits: %s", got)
	}
	if m := s.Mentioned(posts[1].Id); len(m) != 0 {
		t.Errorf("the note pings %v", m)
	}
}

// said are the posts of a channel without those of the server itself: who joins
// and who leaves.
func said(s *double.Server, channel string) []*model.Post {
	return slices.DeleteFunc(s.Posts(channel), func(p *model.Post) bool { return p.IsSystemMessage() })
}

// actions are the ids of a stored post's buttons that still know where to call.
func actions(p *model.Post) string {
	var ids []string
	for _, a := range p.Attachments() {
		for _, action := range a.Actions {
			if action.Integration != nil && action.Integration.URL != "" && len(action.Integration.Context) > 0 {
				ids = append(ids, action.Id)
			}
		}
	}
	return strings.Join(ids, " ")
}

// A ticket goes to the specialists, and comes back: its card is where it is, and
// the other says where it went.
func TestTheCardGoesWithTheTicket(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	opened := b.Send(t.Context(), card(1, tickets.StatusNew, tickets.ActionOpen, "DESCRIPTION"))
	want(t, opened, tickets.Delivered)

	new, old := arrived(card(2, tickets.StatusNew, tickets.ActionAssign, "")), gone(card(3, tickets.StatusNew, tickets.ActionAssign, ""))
	old.Thread, old.Elsewhere = opened.Thread, nil
	want(t, b.Send(t.Context(), old), tickets.Retry) // it cannot link yet
	if posts := s.Posts(desk); !strings.Contains(posts[0].Message, "transmis à l’équipe Réseaux") {
		t.Fatalf("the desk's card waits for its link: %+v", posts[0])
	}
	new.Elsewhere = nil // where the other is, is not recorded yet: this one does not wait for that
	there := b.Send(t.Context(), new)
	want(t, there, tickets.Retry)
	if posts := s.Posts(reseaux); len(posts) != 2 || posts[0].Id != there.Thread {
		t.Fatalf("the specialists' card waits for its link: %+v", posts)
	}
	new.Thread, new.Attempts, new.Elsewhere = there.Thread, 2, map[tickets.Recipient]string{tickets.ToGroup("assistance"): opened.Thread}
	want(t, b.Send(t.Context(), new), tickets.Delivered)
	old.Attempts, old.Elsewhere = 2, map[tickets.Recipient]string{tickets.ToGroup("reseaux"): there.Thread}
	want(t, b.Send(t.Context(), old), tickets.Delivered)
	posts := s.Posts(reseaux)
	if len(posts) != 2 || posts[0].Id != there.Thread || actions(posts[0]) != "prendre voir demander resoudre affecter" || !strings.Contains(posts[0].Attachments()[0].Text, "/creteil/pl/"+opened.Thread) {
		t.Fatalf("the specialists' channel: %+v", posts)
	}
	posts = s.Posts(desk)
	if len(posts) != 2 || posts[0].Id != opened.Thread || actions(posts[0]) != "voir" || !strings.Contains(posts[0].Message, "transmis à l’équipe Réseaux (~reseaux)") ||
		!strings.Contains(posts[0].Attachments()[0].Text, "/creteil/pl/"+there.Thread) {
		t.Fatalf("the desk's channel: %+v", posts)
	}

	back := card(4, tickets.StatusNew, tickets.ActionAssign, "")
	back.Thread = opened.Thread
	want(t, b.Send(t.Context(), back), tickets.Delivered)
	if posts = s.Posts(desk); actions(posts[0]) != "prendre voir demander resoudre affecter" || strings.Contains(posts[0].Message, "transmis") {
		t.Errorf("the card of a ticket that came back: %+v", posts[0])
	}
}

// A card that a ticket has left waits for its link only so long.
func TestACardThatWasLeftGivesUpItsLink(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	opened := b.Send(t.Context(), card(1, tickets.StatusNew, tickets.ActionOpen, "DESCRIPTION"))
	n := gone(card(2, tickets.StatusNew, tickets.ActionAssign, "Pour vous."))
	n.Thread, n.Elsewhere, n.Attempts = opened.Thread, nil, linkAttempts
	want(t, b.Send(t.Context(), n), tickets.Delivered)
	if posts := s.Posts(desk); len(posts) != 2 {
		t.Errorf("%d posts, want the card and why it left", len(posts))
	}
	n = arrived(card(3, tickets.StatusNew, tickets.ActionAssign, ""))
	n.Elsewhere, n.Attempts = nil, linkBackAttempts // it has left no card
	want(t, b.Send(t.Context(), n), tickets.Delivered)
}

// The bot was removed from a channel: it goes back by itself where it may, edits
// included; where it may not, supervisors are told once how to let it in, and
// the card follows.
func TestABotThatWasRemoved(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{Now: func() time.Time { return began.Add(time.Hour) }})
	admin := newBot(t, s.URL(), Options{Token: botToken})
	remove := func(channel string) {
		t.Helper()
		if _, err := admin.client.RemoveUserFromChannel(t.Context(), channel, double.UserID("cecoia")); err != nil {
			t.Fatal(err)
		}
	}
	opened := b.Send(t.Context(), card(1, tickets.StatusNew, tickets.ActionOpen, ""))
	remove(desk)
	taken := card(2, tickets.StatusInProgress, tickets.ActionTake, "")
	taken.Thread = opened.Thread
	want(t, b.Send(t.Context(), taken), tickets.Delivered)
	if posts := said(s, desk); len(posts) != 1 || !strings.Contains(posts[0].Message, "En cours") {
		t.Errorf("the card once the bot is back: %+v", posts)
	}
	if posts := s.Posts(supervision); len(posts) != 0 {
		t.Errorf("supervisors are bothered: %+v", posts)
	}

	hidden := card(3, tickets.StatusNew, tickets.ActionOpen, "")
	hidden.Delivery.Recipient, hidden.Case.Group = tickets.ToGroup("secrets"), "secrets"
	for attempt := range 3 {
		hidden.Attempts = attempt + 1
		want(t, b.Send(t.Context(), hidden), tickets.Retry)
		want(t, newBot(t, s.URL(), Options{Now: b.opts.Now}).Send(t.Context(), hidden), tickets.Retry) // another process
	}
	posts := s.Posts(supervision)
	if len(posts) != 1 || !strings.Contains(posts[0].Message, "`/invite @cecoia ~secrets`") {
		t.Fatalf("the alert, once: %+v", posts)
	}
}

// What a channel has never seen, or has deleted, is not posted to say that it
// left; what an attempt posted without our hearing is.
func TestACardThatIsNotThereLeavesNothing(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	late := gone(card(1, tickets.StatusNew, tickets.ActionOpen, "DESCRIPTION"))
	if r := b.Send(t.Context(), late); r.Outcome != tickets.Delivered || r.Thread != "" || len(s.Posts(desk)) != 0 {
		t.Errorf("%+v, posts %+v", r, s.Posts(desk))
	}

	s.Fail(double.Fault{Route: "POST /api/v4/posts", Times: 1, LoseAnswer: true})
	want(t, b.Send(t.Context(), card(2, tickets.StatusNew, tickets.ActionOpen, "DESCRIPTION")), tickets.Uncertain)
	again := gone(card(2, tickets.StatusNew, tickets.ActionOpen, "DESCRIPTION"))
	again.Attempts = 2
	r := b.Send(t.Context(), again)
	want(t, r, tickets.Delivered)
	posts := s.Posts(desk)
	if len(posts) != 1 || posts[0].Id != r.Thread || !strings.Contains(posts[0].Message, "transmis") {
		t.Fatalf("thread %q, posts %+v", r.Thread, posts)
	}

	if _, err := b.client.DeletePost(t.Context(), r.Thread); err != nil {
		t.Fatal(err)
	}
	deleted := gone(card(3, tickets.StatusNew, tickets.ActionAssign, "mots"))
	deleted.Elsewhere = nil
	deleted.Thread = r.Thread
	if r := b.Send(t.Context(), deleted); r.Outcome != tickets.Delivered || r.Thread != "" || len(s.Posts(desk)) != 0 {
		t.Errorf("%+v, posts %+v", r, s.Posts(desk))
	}
}

// templates returns the templates that tickets/delivery.go says are for chat.
func templates(t *testing.T) []tickets.Template {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "tickets", "delivery.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []tickets.Template
	for _, m := range regexp.MustCompile(`Template\w+ +Template = "(\w+)" +// (.*)`).FindAllStringSubmatch(string(b), -1) {
		if strings.Contains(m[2], "chat:") {
			out = append(out, tickets.Template(m[1]))
		}
	}
	if len(out) < 6 {
		t.Fatalf("only %v: delivery.go is written in another way", out)
	}
	return out
}

func TestEveryTemplateForTheChatIsSent(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	for i, tpl := range templates(t) {
		n := card(byte(10+i), tickets.StatusInProgress, tickets.ActionNote, "mots")
		n.Account, n.Recipient, n.Template = double.UserID("dominique"), n.Case.Who(id(2)), tpl
		n.Data = []byte(`{"rule":"overdue","severity":"warning","state":"firing","at":"2026-11-23T07:30:00Z"}`) // of an alert, or a round-up
		want(t, b.Send(t.Context(), n), tickets.Delivered)
	}
	n := card(30, tickets.StatusNew, tickets.ActionOpen, "")
	n.Template = "carrier_pigeon"
	want(t, b.Send(t.Context(), n), tickets.Permanent)
	for _, p := range append(s.Posts(desk), s.DirectPosts("cecoia", "dominique")...) {
		if strings.Contains(p.Message, "⟦") || strings.Contains(p.Message, "%!") {
			t.Errorf("no words for it: %q", p.Message)
		}
	}
}

func TestADeletedCardIsPostedAnew(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	first := b.Send(t.Context(), card(1, tickets.StatusNew, tickets.ActionOpen, ""))
	if _, err := b.client.DeletePost(t.Context(), first.Thread); err != nil {
		t.Fatal(err)
	}
	n := card(2, tickets.StatusInProgress, tickets.ActionNote, "noté")
	n.Thread = first.Thread
	r := b.Send(t.Context(), n)
	want(t, r, tickets.Delivered)
	posts := s.Posts(desk)
	if len(posts) != 2 || posts[0].Id != r.Thread || r.Thread == first.Thread || posts[1].RootId != r.Thread {
		t.Errorf("thread %q, posts %+v", r.Thread, posts)
	}
}

// A lost answer leaves it open whether the post is there; however late the next
// attempt, there is one card and one reply in the end.
func TestALostAnswerNeverMakesTwo(t *testing.T) {
	for name, later := range map[string]time.Duration{"soon": time.Second, "after the server forgot": time.Minute} {
		t.Run(name, func(t *testing.T) {
			var late atomic.Int64 // the server looks at the clock too
			now := func() time.Time { return began.Add(time.Duration(late.Load())) }
			s := server(t, double.Options{Now: now})
			b := newBot(t, s.URL(), Options{Now: now})
			n := card(1, tickets.StatusInProgress, tickets.ActionNote, "noté")

			s.Fail(double.Fault{Route: "POST /api/v4/posts", Times: 1, LoseAnswer: true})
			r := b.Send(t.Context(), n)
			want(t, r, tickets.Uncertain)
			late.Add(int64(later))
			n.Attempts = 2
			s.Fail(double.Fault{Route: "POST /api/v4/posts", Times: 1, LoseAnswer: true}) // now that of the words
			r = b.Send(t.Context(), n)
			want(t, r, tickets.Uncertain)
			if r.Thread == "" {
				t.Error("the card's id is not told when only the words are uncertain")
			}
			late.Add(int64(later))
			n.Attempts = 3
			want(t, b.Send(t.Context(), n), tickets.Delivered)
			if posts := s.Posts(desk); len(posts) != 2 || posts[1].RootId != posts[0].Id {
				t.Errorf("%d posts", len(posts))
			}
		})
	}
}

func TestARestartOfTheServerNeverMakesTwo(t *testing.T) {
	free, err := child.FreeAddresses(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	dir, addr := t.TempDir(), free[0]
	s := server(t, double.Options{Dir: dir, Addr: addr})
	b := newBot(t, s.URL(), Options{})
	n := card(1, tickets.StatusNew, tickets.ActionOpen, "")
	s.Fail(double.Fault{Route: "POST /api/v4/posts", Times: 1, LoseAnswer: true})
	want(t, b.Send(t.Context(), n), tickets.Uncertain)
	stop(t, s)

	n.Attempts = 2
	want(t, b.Send(t.Context(), n), tickets.Retry) // it is away
	s = server(t, double.Options{Dir: dir, Addr: addr})
	n.Attempts = 3
	r := b.Send(t.Context(), n)
	want(t, r, tickets.Delivered)
	if posts := s.Posts(desk); len(posts) != 1 || posts[0].Id != r.Thread {
		t.Errorf("%d posts, thread %q", len(posts), r.Thread)
	}
}

func TestACopiedPropertyIsNotOurPost(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	n := card(1, tickets.StatusNew, tickets.ActionOpen, "")
	token, err := s.NewToken("somebody")
	if err != nil {
		t.Fatal(err)
	}
	forger := newBot(t, s.URL(), Options{Token: token})
	forged, err := forger.post(t.Context(), b.cardPost(n, desk))
	if err != nil {
		t.Fatal(err)
	}
	found, err := b.find(t.Context(), b.cardPost(n, desk), began)
	if err != nil || found != "" {
		t.Errorf("found %q (forged %q), %v", found, forged, err)
	}
}

func TestTooManyRequests(t *testing.T) {
	s := server(t, double.Options{})
	now := began
	b := newBot(t, s.URL(), Options{Now: func() time.Time { return now }})
	s.Fail(double.Fault{Status: http.StatusTooManyRequests, Times: 1})
	n := card(1, tickets.StatusNew, tickets.ActionOpen, "")
	r := b.Send(t.Context(), n)
	want(t, r, tickets.Retry)
	if !r.RetryAt.Equal(now.Add(time.Second)) {
		t.Errorf("retry at %s, want a second later", r.RetryAt)
	}
	before := s.Requests("")
	want(t, b.Send(t.Context(), n), tickets.Retry)
	if s.Requests("") != before {
		t.Error("it goes on asking meanwhile")
	}
	now = now.Add(time.Second)
	n.Attempts = 3
	want(t, b.Send(t.Context(), n), tickets.Delivered)
}

func TestFailuresOfTheServer(t *testing.T) {
	const look, post = "GET /api/v4/teams/name/{name}/channels/name/{channel}", "POST /api/v4/posts"
	for name, c := range map[string]struct {
		fault double.Fault
		want  tickets.Outcome
	}{
		"500 on a post":       {double.Fault{Route: post, Status: 500}, tickets.Uncertain},
		"400 on a post":       {double.Fault{Route: post, Status: 400}, tickets.Permanent},
		"500 on a look":       {double.Fault{Route: look, Status: 500}, tickets.Retry},
		"no answer to a look": {double.Fault{Route: look, Hang: true}, tickets.Retry},
		"no answer to a post": {double.Fault{Route: post, Hang: true}, tickets.Uncertain},
	} {
		t.Run(name, func(t *testing.T) {
			s := server(t, double.Options{})
			b := newBot(t, s.URL(), Options{})
			switch soon := 300 * time.Millisecond; {
			case c.fault.Hang && c.fault.Route == look:
				b = newBot(t, s.URL(), Options{Timeout: soon})
			case c.fault.Hang: // the looks before it may take their time
				want(t, b.Send(t.Context(), card(2, tickets.StatusNew, tickets.ActionOpen, "")), tickets.Delivered)
				b.client.HTTPClient.Timeout = soon
			}
			c.fault.Times = 1
			s.Fail(c.fault)
			r := b.Send(t.Context(), card(1, tickets.StatusNew, tickets.ActionOpen, ""))
			want(t, r, c.want)
			if r.Err == "" {
				t.Error("the receipt does not say why")
			}
		})
	}
}

func TestAdministratorsMistakesAreTriedAgainAndNamed(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	n := card(1, tickets.StatusNew, tickets.ActionOpen, "")
	n.Delivery.Recipient = tickets.ToGroup("nulle-part")
	r := b.Send(t.Context(), n)
	want(t, r, tickets.Retry)
	if !strings.Contains(r.Err, "creteil/nulle-part") {
		t.Errorf("which channel? %s", r.Err)
	}
	if err := s.Revoke(botToken); err != nil {
		t.Fatal(err)
	}
	r = b.Send(t.Context(), card(1, tickets.StatusNew, tickets.ActionOpen, ""))
	want(t, r, tickets.Retry)
	if !strings.Contains(r.Err, "token") || strings.Contains(r.Err, botToken) {
		t.Errorf("revoked token: %s", r.Err)
	}
}

func TestTheBotJoinsItsChannel(t *testing.T) {
	seeded := seed()
	seeded.Bots[0].Channels = []string{"creteil/supervision"}
	s := server(t, double.Options{Seed: seeded})
	b := newBot(t, s.URL(), Options{})
	want(t, b.Send(t.Context(), card(1, tickets.StatusNew, tickets.ActionOpen, "")), tickets.Delivered)
	if n := len(said(s, desk)); n != 1 {
		t.Errorf("%d posts", n)
	}
}

func TestDirectMessagesNeedAnAccount(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	n := card(2, tickets.StatusInProgress, tickets.ActionComplement, "Le poste 12, @all")
	want(t, b.Send(t.Context(), direct(n, tickets.TemplateComplement, "")), tickets.Permanent)
	want(t, b.Send(t.Context(), direct(n, tickets.TemplateComplement, double.UserID("dominique"))), tickets.Delivered)
	if got := s.DirectPosts("cecoia", "dominique"); len(got) != 1 || !strings.Contains(got[0].Message, "Le poste 12") {
		t.Errorf("direct posts %+v", got)
	}
}

func TestTheLongestWordsFit(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	n := card(1, tickets.StatusInProgress, tickets.ActionNote, strings.Repeat("`", tickets.MaxText))
	want(t, b.Send(t.Context(), n), tickets.Delivered)
}
