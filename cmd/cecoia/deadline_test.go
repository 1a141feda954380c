package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cecoia.example/deploy/example"
	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
)

// TestTicketsAreDueByTheHoursOfTheDeskFile goes by the example's hours: on
// Monday to Thursday nine hours, eight on Friday, less in the school holidays.
func TestTicketsAreDueByTheHoursOfTheDeskFile(t *testing.T) {
	db, academies, people := exampleBase(t)
	if err := seedDemo(t.Context(), db, academies, people); err != nil {
		t.Fatal(err)
	}
	as := func(address string) tickets.Caller {
		p, _, err := db.Credentials(t.Context(), "creteil", address)
		if err != nil {
			t.Fatal(err)
		}
		return tickets.Caller{Person: p, Origin: tickets.FromPortal}
	}
	requester, agent := as("demandeur@creteil.example"), as("agent@creteil.example")

	paris := academies[0].Location()
	at := func(s string) time.Time {
		m, err := time.ParseInLocation("Mon 2006-01-02 15:04", s, paris)
		if err != nil || m.Format("Mon") != s[:3] {
			t.Fatalf("%s: %v", s, err)
		}
		return m
	}
	var now time.Time
	desk := tickets.NewDesk(tickets.Options{Store: db, Calendar: calendar.OpenTime, Now: func() time.Time { return now }})
	open := func(theme string, u tickets.Urgency) tickets.Case {
		c, err := desk.Open(t.Context(), requester, tickets.Incident, tickets.Card{Theme: theme, Urgency: u, Description: "Plus rien ne répond."})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	due := func(what string, c tickets.Case, want string) {
		t.Helper()
		kept, err := desk.Case(t.Context(), agent, c.Number.Ref())
		if err != nil {
			t.Fatal(err)
		}
		if !kept.Due.Equal(at(want)) {
			t.Errorf("%s: due on %s, want %s", what, kept.Due.In(paris), want)
		}
	}
	do := func(c tickets.Case, action tickets.Action, in tickets.Input) {
		t.Helper()
		if _, err := desk.Do(t.Context(), agent, c.Number.Ref(), action, in); err != nil {
			t.Fatal(err)
		}
	}

	now = at("Fri 2026-11-20 18:40")
	c := open("messagerie", tickets.Low)
	due("opened on Friday evening", c, "Fri 2026-11-27 12:00")
	due("urgent, opened on Friday evening", open("messagerie", tickets.Critical), "Mon 2026-11-23 12:00")
	due("urgent, of a theme with a deadline of its own", open("serveur", tickets.Critical), "Mon 2026-11-23 10:00")

	now = at("Tue 2026-11-24 09:00")
	do(c, tickets.ActionRequalify, tickets.Input{Urgency: tickets.High})
	due("requalified, from its opening on", c, "Mon 2026-11-23 17:00")
	do(c, tickets.ActionRequalify, tickets.Input{Category: "serveur"})
	due("of another theme", c, "Mon 2026-11-23 12:00")

	do(c, tickets.ActionClose, tickets.Input{Text: "Réglé.", Cause: "panne"})
	now = at("Thu 2026-11-26 16:00")
	do(c, tickets.ActionReopen, tickets.Input{Text: "Cela recommence."})
	due("reopened, from then on", c, "Fri 2026-11-27 10:00")

	now = at("Tue 2026-11-10 17:30")
	due("over Armistice Day", open("messagerie", tickets.Critical), "Thu 2026-11-12 11:30")
	now = at("Wed 2026-12-23 16:00")
	due("over Christmas, in the school holidays", open("messagerie", tickets.High), "Mon 2026-12-28 12:00")
}

// A policy that changes applies to open tickets when it is asked to, to each of
// them once.
func TestAppliedDeadlinesReachOpenTicketsWhenAsked(t *testing.T) {
	db, academies, people := exampleBase(t)
	if err := seedDemo(t.Context(), db, academies, people); err != nil {
		t.Fatal(err)
	}
	requester, _, err := db.Credentials(t.Context(), "creteil", "demandeur@creteil.example")
	if err != nil {
		t.Fatal(err)
	}
	opened := time.Date(2026, 11, 23, 9, 0, 0, 0, academies[0].Location())
	desk := tickets.NewDesk(tickets.Options{Store: db, Calendar: calendar.OpenTime, Now: func() time.Time { return opened }})
	by := tickets.Caller{Person: requester, Origin: tickets.FromPortal}
	var open []tickets.Case
	for _, theme := range []string{"messagerie", "otp", "messagerie"} {
		c, err := desk.Open(t.Context(), by, tickets.Incident, tickets.Card{Theme: theme, Urgency: tickets.Critical, Description: "Plus rien ne répond."})
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	if _, err := desk.Do(t.Context(), by, open[2].Number.Ref(), tickets.ActionWithdraw, tickets.Input{Text: "C’est bon."}); err != nil {
		t.Fatal(err)
	}

	file := filepath.Join(t.TempDir(), "desk.yaml")
	text := strings.Replace(string(example.Desk), "resolution: {1: 4h,", "resolution: {1: 1h,", 1)
	if err := os.CopyFS(filepath.Dir(file), example.Logos); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil || text == string(example.Desk) {
		t.Fatal("the desk file is as it was", err)
	}
	t.Setenv("CECOIA_DATABASE_URL", db.Pool().Config().ConnString())
	for _, s := range []struct {
		args, says string
		due        string // of the first; the second's theme has its own
		cards      int
	}{
		{"apply " + file, "3 of 3 academies changed\n", "14:00", 3},
		{"apply --reopen-deadlines " + file, "0 of 3 academies changed\ncreteil: the deadlines of 1 open tickets changed\nparis: the deadlines of 0 open", "10:00", 4},
		{"apply --reopen-deadlines " + file, "creteil: the deadlines of 0 open tickets changed\n", "10:00", 4},
	} {
		var out, problems bytes.Buffer
		if code := run(t.Context(), strings.Fields(s.args), &out, &problems); code != 0 || !strings.Contains(out.String(), s.says) {
			t.Fatalf("%s: %d, %s%s, want %q", s.args, code, &out, &problems, s.says)
		}
		var cards int
		err := db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM deliveries WHERE academy = 'creteil' AND template = 'card' AND ticket <> $1`, open[2].ID).Scan(&cards)
		if err != nil || cards != s.cards-1 {
			t.Errorf("%s: %d cards to be edited, %v, want %d", s.args, cards, err, s.cards-1)
		}
		for i, want := range []string{s.due, "11:00", ""} {
			c, err := desk.Case(t.Context(), by, open[i].Number.Ref())
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Due.In(opened.Location()).Format("15:04"); want != "" && got != want || want == "" && !c.Due.IsZero() {
				t.Errorf("%s: ticket %d is due at %s, want %s", s.args, i, got, want)
			}
		}
	}
}
