package mattermost_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"cecoia.example/deploy/local/mattermost"
	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost/server/public/model"
)

// listener is a WebSocketClient4 whose events a test takes one by one.
type listener struct{ *model.WebSocketClient }

// dial connects without waiting for the hello.
func (d *double) dial(t *testing.T, token string) listener {
	t.Helper()
	c, err := model.NewWebSocketClient4WithDialer(&websocket.Dialer{}, "ws"+strings.TrimPrefix(d.URL(), "http"), token)
	if err != nil {
		t.Fatal(err)
	}
	c.Listen()
	t.Cleanup(func() {
		c.Close()
		for range c.EventChannel { // ends when the client has cleaned up
		}
	})
	return listener{c}
}

// listen connects as a seeded user, a bot too, and waits for the hello.
func (d *double) listen(t *testing.T, username string) listener {
	t.Helper()
	token, err := d.NewToken(username)
	ok(t, err)
	l := d.dial(t, token)
	hello := l.next(t, model.WebsocketEventHello)
	equal(t, "version", hello.GetData()["server_version"], any(mattermost.Version))
	return l
}

// next is the next event of a kind; others are skipped.
func (l listener) next(t *testing.T, kind model.WebsocketEventType) *model.WebSocketEvent {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case event, open := <-l.EventChannel:
			if !open {
				t.Fatalf("the socket closed while waiting for %s: %v", kind, l.ListenError)
			}
			if event.EventType() == kind {
				return event
			}
		case <-timeout:
			t.Fatalf("no %s event", kind)
		}
	}
}

// eventPost is the post of an event, a JSON string.
func eventPost(t *testing.T, event *model.WebSocketEvent) *model.Post {
	t.Helper()
	var p model.Post
	ok(t, json.Unmarshal([]byte(event.GetData()["post"].(string)), &p))
	return &p
}

func TestPostedCarriesThePostAsAJSONString(t *testing.T) {
	d := start(t)
	agentWS, botWS := d.listen(t, "agent"), d.listen(t, "cecoia")
	p := d.postCard(t)
	event := agentWS.next(t, model.WebsocketEventPosted)
	got := eventPost(t, event)
	equal(t, "id", got.Id, p.Id)
	if got.GetAction("prendre").Integration != nil {
		t.Error("a posted event must not show integrations")
	}
	equal(t, "sender", event.GetData()["sender_name"], any("@cecoia"))
	equal(t, "channel", event.GetData()["channel_name"], any("assistance"))
	equal(t, "a bot sees its own posts", eventPost(t, botWS.next(t, model.WebsocketEventPosted)).Id, p.Id)
}

func TestMentionsAreNotSentToAnUnmentionedBot(t *testing.T) {
	d := start(t)
	botWS := d.listen(t, "cecoia")
	post(t, d.as(agent), &model.Post{ChannelId: assistance, Message: "bonjour @superviseur"})
	if m, sent := botWS.next(t, model.WebsocketEventPosted).GetData()["mentions"]; sent {
		t.Errorf("mentions %v", m)
	}
	post(t, d.as(agent), &model.Post{ChannelId: assistance, Message: "bonjour @cecoia"})
	equal(t, "mentioned", botWS.next(t, model.WebsocketEventPosted).GetData()["mentions"], any(`["`+mattermost.UserID("cecoia")+`"]`))
}

func TestPlainWordsInADirectMessageReachTheBot(t *testing.T) {
	d := start(t)
	c := d.as(agent)
	dm, _, err := c.CreateDirectChannel(t.Context(), mattermost.UserID("agent"), mattermost.UserID("cecoia"))
	ok(t, err)
	ws := d.listen(t, "cecoia")
	post(t, c, &model.Post{ChannelId: dm.Id, Message: "bonjour"})
	event := ws.next(t, model.WebsocketEventPosted)
	equal(t, "words", eventPost(t, event).Message, "bonjour")
	equal(t, "channel type", event.GetData()["channel_type"], any("D"))
	equal(t, "commands", d.in.count(), 0)
}

func TestEditedDeletedAndEphemeralEvents(t *testing.T) {
	d := start(t)
	ws := d.listen(t, "agent")
	p := d.postCard(t)
	_, _, err := d.bot().PatchPost(t.Context(), p.Id, &model.PostPatch{Message: new("pris")})
	ok(t, err)
	edited := eventPost(t, ws.next(t, model.WebsocketEventPostEdited))
	equal(t, "message", edited.Message, "pris")
	if edited.GetAction("prendre").Integration != nil {
		t.Error("post_edited must not show integrations")
	}

	d.in.answers(answerJSON(`{"text":"pour vous"}`))
	_, _, err = d.execute(d.as(agent), "/ticket voir 7")
	ok(t, err)
	whisper := eventPost(t, ws.next(t, model.WebsocketEventEphemeralMessage))
	equal(t, "ephemeral", whisper.Message, "pour vous")
	equal(t, "type", whisper.Type, model.PostTypeEphemeral)

	_, err = d.bot().DeletePost(t.Context(), p.Id)
	ok(t, err)
	deleted := eventPost(t, ws.next(t, model.WebsocketEventPostDeleted))
	equal(t, "a context is visible to members in post_deleted", deleted.GetAction("prendre").Integration.Context["ticket"], any("I261121_007"))
}

func TestEventsReachMembersOnly(t *testing.T) {
	d := start(t)
	ws := d.listen(t, "agent")
	post(t, d.bot(), &model.Post{ChannelId: supervision, Message: "secret"})
	last := post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "public"})
	equal(t, "first event", eventPost(t, ws.next(t, model.WebsocketEventPosted)).Id, last.Id)
}

func TestABadTokenDialsAndIsThenClosed(t *testing.T) {
	d := start(t)
	ws := d.dial(t, "no such token")
	select {
	case event, open := <-ws.EventChannel:
		if open {
			t.Fatalf("got %s", event.EventType())
		}
	case <-time.After(patience):
		t.Fatal("the socket stays open")
	}
}

func TestARevokedSocketStaysOpenAndDeaf(t *testing.T) {
	d := start(t)
	revoked := d.dial(t, botToken)
	revoked.next(t, model.WebsocketEventHello)
	other := d.listen(t, "cecoia")
	ok(t, d.Revoke(botToken))
	post(t, d.as(agent), &model.Post{ChannelId: assistance, Message: "tu m’entends ?"})
	other.next(t, model.WebsocketEventPosted)
	// The socket still answers: it is open, only deaf.
	revoked.SendMessage("ping", nil)
	select {
	case <-revoked.ResponseChannel:
	case <-time.After(patience):
		t.Fatal("no answer to a ping")
	}
	select {
	case event, open := <-revoked.EventChannel:
		t.Fatalf("open %v, event %v", open, event)
	default:
	}
	equal(t, "sockets", d.Sockets(), 2)
}

func TestOnARestartTheEventChannelCloses(t *testing.T) {
	d := start(t)
	ws := d.listen(t, "cecoia")
	d.DropSockets()
	for range ws.EventChannel {
	}
	if ws.ListenError == nil {
		t.Error("ListenError must be set")
	}
}
