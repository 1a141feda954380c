package main

import (
	"testing"
	"time"

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
