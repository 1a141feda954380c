package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cecoia.example/deploy/example"
	"cecoia.example/deploy/local/mail"
	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// The chat no longer knows the bot's token: supervisors get mail of it, once,
// while the posts wait; with another token the alert is over, and all that waited
// is there.
func TestABotThatIsRefused(t *testing.T) {
	t.Parallel()
	s := newInstallation(t)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: s.postgres.URL(), MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	stop := s.serve()
	if err := s.chat.Revoke(demoBotToken); err != nil {
		t.Fatal(err)
	}
	person, _ := visitorAs(t, s.demo, "demandeur@creteil.example", "un long mot de passe")
	number := person.sendForm("L’écran reste noir")

	figure := func(sql string) (n int) {
		t.Helper()
		if err := db.Pool().QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	eventually(t, "it is noticed", func() (bool, string) {
		return figure(`SELECT count(DISTINCT academy) FROM signals WHERE rule = 'bot_refused' AND until > now()`) == 3, ""
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	aboutTheBot := func(m mail.Message) bool {
		header, _, _ := bytes.Cut(m.Raw, []byte("\r\n\r\n"))
		return bytes.Contains(header, []byte("X-Cecoia-Rule: alert-bot_refused"))
	}
	if _, err := s.smtp.Await(ctx, "superviseur@creteil.example", aboutTheBot); err != nil {
		t.Fatalf("no supervisor is told: %v", err)
	}
	alerts := func(state string) int {
		return figure(`SELECT count(DISTINCT academy) FROM alerts WHERE rule = 'bot_refused' AND ended_at IS ` + state)
	}
	if n := alerts("NULL"); n != 3 {
		t.Errorf("%d academies are alerted", n)
	}
	channel := func(name string) string {
		t.Helper()
		posts, err := json.Marshal(s.chat.Posts(mattermost.ChannelID("creteil", name)))
		if err != nil {
			t.Fatal(err)
		}
		return string(posts)
	}
	eventually(t, "the posts wait", func() (bool, string) { // the ticket's card, and the alert's
		n := figure(`SELECT count(*) FROM deliveries WHERE academy = 'creteil' AND channel = 'chat' AND attempts > 0`)
		return n == 2, fmt.Sprint(n)
	})
	if lost := figure(`SELECT count(*) FROM delivery_log WHERE dead`); lost != 0 || strings.Contains(channel("assistance"), number) {
		t.Errorf("%d are lost: %s", lost, channel("assistance"))
	}

	stop()
	token, err := s.chat.NewToken(demoBot)
	if err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "CECOIA_MATTERMOST_TOKEN="+token)
	s.serve()
	eventually(t, "the alerts are over", func() (bool, string) { return alerts("NOT NULL") == 3 && alerts("NULL") == 0, "" })
	eventually(t, "the alert's card", func() (bool, string) {
		seen := channel("supervision")
		return strings.Contains(seen, "Compte du robot refusé") && strings.Contains(seen, "terminée"), seen
	})
	eventually(t, "the ticket's card", func() (bool, string) {
		seen := channel("assistance")
		return strings.Contains(seen, number), seen
	})
	if n := figure(`SELECT count(*) FROM alerts WHERE academy = 'creteil' AND rule = 'bot_refused'`); n != 1 {
		t.Errorf("%d alerts", n)
	}
	mails := 0
	for _, m := range s.smtp.Messages("superviseur@creteil.example") {
		if aboutTheBot(m) {
			mails++
		}
	}
	if mails != 1 {
		t.Errorf("%d mails of it", mails)
	}
}

// A refusal is reported for as long as it lasts, an answer that says nothing about
// the account changes nothing, and an acceptance ends it at once: that of a
// process which has just started with another token, too.
func TestTheBotIsLookedAt(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(t.Context(), postgres.Options{URL: postgrestest.New(t, "cecoia", postgres.Migrate), MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	academies, err := parseDeskFile(example.Desk, example.Logos)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	if _, err := db.Apply(t.Context(), academies, now); err != nil {
		t.Fatal(err)
	}
	desk := tickets.NewDesk(tickets.Options{Store: db, Now: func() time.Time { return now }})
	silent := errors.New("it does not answer")
	var logged bytes.Buffer
	tried := 0 // how often what waits for the chat was
	start := func() *botWatch {
		return &botWatch{db: db, desk: desk, back: func(context.Context) { tried++ }, log: slog.New(slog.NewTextHandler(&logged, nil))}
	}
	watch := start()
	for i, look := range []struct {
		later    time.Duration
		starts   bool
		accepted bool
		err      error
		stands   bool
	}{
		{accepted: true},
		{err: silent},
		{stands: true},
		{later: 2 * time.Minute, stands: true},
		{later: 2 * time.Minute, err: silent, stands: true},
		{later: 2 * time.Minute, err: silent}, // nobody has seen it for a while
		{stands: true},
		{accepted: true},
		{stands: true},
		{starts: true, accepted: true},
		{starts: true, stands: true},
	} {
		if now = now.Add(look.later); look.starts {
			watch = start()
		}
		watch.accepted = func(context.Context) (bool, error) { return look.accepted, look.err }
		watch.look(t.Context())
		for _, a := range academies {
			scene, err := db.Scene(t.Context(), a.ID, now)
			if err != nil {
				t.Fatal(err)
			}
			if stands := len(scene.Signals) == 1 && scene.Signals[0].Rule == tickets.AlertBot; stands != look.stands {
				t.Errorf("look %d: %s has %+v", i, a.ID, scene.Signals)
			}
		}
	}
	if tried != 3 { // at the start, after silence and refusals, at the next start
		t.Errorf("what waited was tried %d times", tried)
	}
	if n := strings.Count(logged.String(), "level=ERROR"); n != 3 {
		t.Errorf("logged %d times:\n%s", n, &logged)
	}
}
