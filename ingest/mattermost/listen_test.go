package mattermost

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"cecoia.example/deploy/local/wait"
	"cecoia.example/ingest"
	"cecoia.example/tickets"
)

// timers are the timers of listening processes: those before a new attempt end
// at once, the others when the test says so.
type timers struct {
	mu     sync.Mutex
	checks []chan time.Time
	hellos []chan time.Time
	waits  []time.Duration
}

func (c *timers) after(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan time.Time, 1)
	switch d {
	case checkEvery:
		c.checks = append(c.checks, ch)
	case helloWithin:
		c.hellos = append(c.hellos, ch)
	default:
		c.waits = append(c.waits, d)
		ch <- time.Time{}
	}
	return ch
}

// check lets all the processes check their token.
func (c *timers) check() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ch := range c.checks {
		ch <- time.Time{}
	}
	c.checks = nil
}

// Listening leaves nothing behind when it is cut, nor when it ends.
func TestListeningLeavesNothingRunning(t *testing.T) {
	c := newTalk(t)
	c.commands.bot.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	stop := c.listen() // once, so that all of the world runs
	c.write("agent", "", "compte")
	c.answered("agent", 1)
	stop()
	wait.Until(t, "the chat has noticed", func() bool { return c.server.Sockets() == 0 })
	c.settled("agent")
	c.write("agent", "", "compte")
	before := goleak.IgnoreCurrent()
	stop = c.listen()
	c.answered("agent", 2)
	c.server.DropSockets()
	c.write("agent", "", "compte")
	c.answered("agent", 3)
	wait.Until(t, "it listens again", func() bool { return c.server.Sockets() > 0 })
	stop()
	wait.Until(t, "the chat has noticed", func() bool { return c.server.Sockets() == 0 })
	c.settled("agent")
	// The rest of the world goes on: its pool and servers may have a goroutine more.
	wait.NothingRuns(t, before, goleak.IgnoreAnyFunction("net/http.(*conn).serve"),
		goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"),
		goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgconn/internal/bgreader.(*BGReader).bgRead"))
}

// What several processes hear is done by one, and answered once.
func TestSeveralProcessesAnswerOnce(t *testing.T) {
	c := newTalk(t)
	first := c.commands
	c.listen()
	c.process(c.options)
	second := c.commands
	c.listen()
	cs := c.open("creteil", tickets.Card{})
	const messages = 12
	for i := range messages {
		c.write("agent", "", fmt.Sprintf("note 1 : la note %d", i))
	}
	c.answered("agent", messages)
	if n := c.settled("agent"); n != messages {
		t.Errorf("%d answers to %d messages", n, messages)
	}
	if v := c.view(cs); len(v.Events) != messages+1 {
		t.Errorf("%d events", len(v.Events))
	}
	// An answer that is tried again, here or there, now or when the server has
	// forgotten, is found.
	p := c.write("agent", "", "compte")
	c.answered("agent", messages+1)
	for _, s := range []*Commands{first, second} {
		if err := s.Direct(t.Context(), c.message(p), ingest.Answer{How: ingest.Done, Text: "encore"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.settled("agent"); n != messages+1 {
		t.Errorf("%d answers", n)
	}
}

// What is written while nobody listens is taken at the next connection: what is
// recent is done, of what is old its author is told.
func TestWhatWasWrittenMeanwhileIsNotLost(t *testing.T) {
	c := newTalk(t)
	stop := c.listen()
	c.write("agent", "", "compte")
	c.answered("agent", 1)
	stop()
	c.open("creteil", tickets.Card{})
	c.write("agent", "", "prendre 1")
	c.write("edith", "", "account")
	c.listen()
	wants(t, "after a restart", c.answered("agent", 2).Message, "est à vous")
	wants(t, "another conversation", c.answered("edith", 1).Message, "Edith Sample")

	c.server.DropSockets()
	c.write("agent", "", "rendre 1")
	wants(t, "after the server's restart", c.answered("agent", 3).Message, "est rendu")
	wait.Until(t, "it listens again", func() bool { return c.server.Sockets() > 0 })

	if n := c.settled("agent"); n != 3 {
		t.Errorf("%d answers", n)
	}
}

func TestWhatWasWrittenLongAgoIsToldNotDone(t *testing.T) {
	c := newTalk(t)
	cs := c.open("creteil", tickets.Card{})
	for _, text := range []string{"prendre 1", "note 1 vu", "rendre 1"} {
		c.write("agent", "", text)
	}
	c.later(11 * time.Minute)
	c.write("edith", "", "whoami") // 11 minutes old, too, by the world's clock
	stop := c.listen()
	wants(t, "old", c.answered("agent", 1).Message, "rien n’en est fait")
	wants(t, "old", c.answered("edith", 1).Message, "nothing was done")
	if n := c.settled("agent"); n != 1 || len(c.view(cs).Events) != 1 {
		t.Errorf("%d answers, %d events", n, len(c.view(cs).Events))
	}
	stop()
	c.listen() // and nothing more at the next start
	c.write("agent", "", "liste")
	c.answered("agent", 2)
	if n := c.settled("agent"); n > 3 {
		t.Errorf("%d answers", n)
	}
	// Of very many, the last are done.
	other := newTalk(t)
	for i := range missedMost + 2 {
		other.write("agent", "", fmt.Sprintf("aide %d", i))
	}
	other.listen()
	other.answered("agent", missedMost+1)
	if n := other.settled("agent"); n != missedMost+1 {
		t.Errorf("%d answers", n)
	}
	// Half a day later nobody wants to know.
	forgotten := newTalk(t)
	forgotten.write("agent", "", "prendre 1")
	forgotten.later(missedWithin + time.Minute)
	forgotten.listen()
	forgotten.write("edith", "", "x")
	forgotten.answered("edith", 1)
	if n := forgotten.settled("agent"); n != 0 {
		t.Errorf("%d answers", n)
	}
}

// A token that is revoked leaves the connection open, and deaf: it is noticed,
// and what was written meanwhile is heard once there is a good one.
func TestADeafConnectionIsNoticed(t *testing.T) {
	c := newTalk(t)
	c.listen()
	c.write("agent", "", "compte")
	c.answered("agent", 1)
	if err := c.server.Revoke("bot-token"); err != nil {
		t.Fatal(err)
	}
	c.write("agent", "", "liste")
	c.timers.check()
	wait.Until(t, "it is noticed", func() bool { return strings.Contains(c.log.String(), "refuses the bot's token: renew it") })
	wait.Until(t, "it is tried again, ever more slowly", func() bool {
		c.timers.mu.Lock()
		defer c.timers.mu.Unlock()
		return len(c.timers.waits) > 6 && c.timers.waits[len(c.timers.waits)-1] == retryMost
	})
	if n := strings.Count(c.log.String(), "direct messages to the bot are not heard"); n != 1 {
		t.Errorf("said %d times", n)
	}
	if strings.Contains(c.log.String(), "bot-token") {
		t.Error("the token is in the log")
	}
}

// A connection without hello is none.
func TestAConnectionWithoutHelloIsGivenUp(t *testing.T) {
	defer wait.NothingRuns(t, goleak.IgnoreCurrent())
	upgrader := websocket.Upgrader{}
	silent := make(chan struct{}, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v4/websocket" {
			_, _ = io.WriteString(w, `{"id":"`+id("bot")+`","username":"cecoia"}`)
			return
		}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		silent <- struct{}{}
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	}))
	defer func() { server.Close(); http.DefaultClient.CloseIdleConnections() }()
	clock, log := &timers{}, &syncBuffer{}
	s := New(Options{
		BaseURL: server.URL, BotToken: "x", After: clock.after, Logger: slog.New(slog.NewTextHandler(log, nil)),
		Take: func(context.Context, ingest.Command) (bool, error) { return true, nil },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Listen(ctx) }()
	<-silent
	wait.Until(t, "it waits for hello", func() bool { clock.mu.Lock(); defer clock.mu.Unlock(); return len(clock.hellos) > 0 })
	clock.mu.Lock()
	clock.hellos[0] <- time.Time{}
	clock.mu.Unlock()
	<-silent
	wants(t, "log", log.String(), "does not say hello")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
