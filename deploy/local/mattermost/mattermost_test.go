package mattermost_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/wait"
	"github.com/mattermost/mattermost/server/public/model"
)

// TestMain is also the main of the server that a test kills, see killedDir.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killedDir); dir != "" {
		os.Exit(serveUntilKilled(dir))
	}
	wait.Main(m)
}

const patience = time.Minute // for what must happen; a test that passes never waits so long

// clock is a hand-moved clock.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// call is one request an integration received.
type call struct {
	method, path string
	header       http.Header
	body         []byte
}

func (c call) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(c.body, &v); err != nil {
		t.Fatalf("integration got %q: %v", c.body, err)
	}
	return v
}

// integration is the other side of commands, buttons and dialogs: it keeps what
// it got and answers as told.
type integration struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []call
	answer http.HandlerFunc
}

func newIntegration(t *testing.T) *integration {
	in := &integration{answer: answerJSON(`{}`)}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		in.mu.Lock()
		in.calls = append(in.calls, call{r.Method, r.URL.RequestURI(), r.Header.Clone(), body})
		answer := in.answer
		in.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *integration) answers(h http.HandlerFunc) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.answer = h
}

func (in *integration) last(t *testing.T) call {
	t.Helper()
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.calls) == 0 {
		t.Fatal("the integration was not called")
	}
	return in.calls[len(in.calls)-1]
}

func (in *integration) count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.calls)
}

func answerJSON(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

func answerStatus(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const (
	botToken     = "bottokenbottokenbottoken26"
	commandToken = "demo-token-creteil"
)

func testSeed(commandURL string) mattermost.Seed {
	both := []mattermost.Channel{{Name: "assistance", DisplayName: "Assistance"}, {Name: "supervision", DisplayName: "Supervision", Private: true}, {Name: "cantine"}}
	return mattermost.Seed{
		Teams: []mattermost.Team{{Name: "creteil", DisplayName: "Créteil", Channels: both}, {Name: "paris", Channels: both}},
		Users: []mattermost.User{
			{Username: "agent", FirstName: "Agathe", LastName: "Exemple", Email: "agent@creteil.example", Password: "demo", Channels: []string{"creteil/assistance"}},
			{Username: "superviseur", Email: "superviseur@creteil.example", Password: "demo", Locale: "en", Timezone: "Europe/London",
				Channels: []string{"creteil/assistance", "creteil/supervision"}, AdminOf: []string{"creteil"}},
			{Username: "agent.paris", Email: "agent@paris.example", Password: "demo", Channels: []string{"paris/assistance"}},
		},
		Bots: []mattermost.Bot{{Username: "cecoia", DisplayName: "Cecoia", Token: botToken,
			Channels: []string{"creteil/assistance", "creteil/supervision", "paris/assistance"}}},
		Commands: []mattermost.Command{
			{Team: "creteil", Trigger: "ticket", URL: commandURL, Token: commandToken, Hint: "[verbe] [numéro]", Description: "Le guichet"},
			{Team: "paris", Trigger: "ticket", URL: commandURL, Token: "demo-token-paris"},
			{Team: "creteil", Trigger: "lire", URL: commandURL, Token: commandToken, Get: true},
		},
	}
}

// double is a running server with an integration behind its commands.
type double struct {
	*mattermost.Server
	clock *clock
	in    *integration
	t     *testing.T
}

func start(t *testing.T, change ...func(*mattermost.Options)) *double {
	t.Helper()
	d := &double{clock: newClock(), in: newIntegration(t), t: t}
	o := mattermost.Options{Seed: testSeed(d.in.URL + "/mattermost/command"), Now: d.clock.now}
	for _, f := range change {
		f(&o)
	}
	s, err := mattermost.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	d.Server = s
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return d
}

// as is a client signed in as a seeded user, with mail address and password.
func (d *double) as(mail string) *model.Client4 {
	d.t.Helper()
	c := d.client()
	if _, _, err := c.Login(d.t.Context(), mail, "demo"); err != nil {
		d.t.Fatalf("login %s: %v", mail, err)
	}
	return c
}

func (d *double) bot() *model.Client4 {
	c := d.client()
	c.SetToken(botToken)
	return c
}

// client is signed out; its connections end with the test.
func (d *double) client() *model.Client4 {
	c := model.NewAPIv4Client(d.URL())
	transport := &http.Transport{}
	c.HTTPClient = &http.Client{Transport: transport}
	d.t.Cleanup(transport.CloseIdleConnections)
	return c
}

var (
	assistance  = mattermost.ChannelID("creteil", "assistance")
	supervision = mattermost.ChannelID("creteil", "supervision")
	cantine     = mattermost.ChannelID("creteil", "cantine")
)

const (
	agent       = "agent@creteil.example"
	superviseur = "superviseur@creteil.example"
	agentParis  = "agent@paris.example"
)

// post creates a post or fails the test.
func post(t *testing.T, c *model.Client4, p *model.Post) *model.Post {
	t.Helper()
	saved, res, err := c.CreatePost(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("create post: status %d", res.StatusCode)
	}
	return saved
}

// refused asserts the status and id of an error of the API.
func refused(t *testing.T, res *model.Response, err error, status int, id string) {
	t.Helper()
	var e *model.AppError
	if !errors.As(err, &e) {
		t.Fatalf("error is %v, want an AppError %s", err, id)
	}
	if res.StatusCode != status || e.StatusCode != status || e.Id != id {
		t.Errorf("got %d %s (%s), want %d %s", res.StatusCode, e.Id, e.Message, status, id)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func contains(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%q is not in %q", part, text)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
