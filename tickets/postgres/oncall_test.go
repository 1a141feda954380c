package postgres_test

import (
	"sync"
	"testing"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
	"cecoia.example/tickets/oncall"
)

// clocked is a desk whose deadlines run, and a room over the same register, at a
// time that is moved by hand.
func clocked(w *world) (*tickets.Desk, *oncall.Room) {
	now := func() time.Time { return w.now }
	return tickets.NewDesk(tickets.Options{Store: w.DB, Now: now, Calendar: calendar.OpenTime}),
		oncall.NewRoom(oncall.Options{Store: w.DB, Now: now})
}

// An alert's life as the register keeps it: posted once however many clocks tick
// at once, acknowledged, risen, and over when somebody has taken the ticket.
func TestAlertsAreToldOnceByManyClocks(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) // a Monday
	desk, room := clocked(w)
	c, err := desk.Open(ctx, by("creteil", "claire"), tickets.Incident, tickets.Card{Description: "Écran noir.", Urgency: tickets.High})
	if err != nil {
		t.Fatal(err)
	}
	ticks := func(until time.Duration) {
		t.Helper()
		for end := w.now.Add(until); w.now.Before(end); {
			w.now = w.now.Add(time.Minute)
			var clocks sync.WaitGroup
			for range 3 {
				clocks.Go(func() {
					if _, err := room.Tick(ctx, "creteil"); err != nil {
						t.Errorf("tick: %v", err)
					}
				})
			}
			clocks.Wait()
		}
	}
	cards := func() int {
		return count(t, w, `SELECT count(*) FROM deliveries WHERE template = 'alert' AND rule = 'alert-untaken'`)
	}
	if ticks(9 * time.Minute); cards() != 0 {
		t.Errorf("%d cards before its time", cards())
	}
	if ticks(3 * time.Minute); cards() != 1 {
		t.Errorf("%d cards after its time", cards())
	}
	if n := count(t, w, `SELECT count(*) FROM firings WHERE rule = 'untaken'`); n != 1 {
		t.Errorf("%d firings", n)
	}
	chief := by("creteil", "sylvie")
	board, err := room.Board(ctx, chief)
	if err != nil {
		t.Fatal(err)
	}
	var rank int
	for _, a := range board.Alerts {
		if a.Rule == tickets.AlertUntaken {
			rank = a.Rank
		}
	}
	if card, err := room.Acknowledge(ctx, chief, oncall.Ref{Rank: rank}); err != nil || card.State != oncall.StateHeld {
		t.Errorf("acknowledged: %+v, %v", card, err)
	}
	if cards() != 2 {
		t.Errorf("%d cards after it was seen", cards())
	}
	if _, err := desk.Do(ctx, by("creteil", "agathe"), c.Number.Ref(), tickets.ActionTake, tickets.Input{}); err != nil {
		t.Fatal(err)
	}
	if ticks(2 * time.Minute); cards() != 3 {
		t.Errorf("%d cards after it was taken", cards())
	}
	past, err := room.Past(ctx, chief, w.now.Add(-time.Hour), 10)
	if err != nil || len(past) != 1 || past[0].Told.State != oncall.StateResolved || past[0].Total != 1 {
		t.Errorf("past %+v, %v", past, err)
	}
	traces, err := room.Trace(ctx, chief, past[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	var what []oncall.Happening
	for _, x := range traces {
		what = append(what, x.What)
	}
	if len(what) != 4 || what[0] != oncall.Opened || what[1] != oncall.Posted || what[2] != oncall.HoldBegan || what[3] != oncall.Resolved {
		t.Errorf("traces %v", what)
	}
	// Nothing more follows, and another academy knows nothing of it.
	ticks(2 * time.Minute)
	if n := count(t, w, `SELECT count(*) FROM alerts WHERE academy <> 'creteil' AND rule = 'untaken'`); cards() != 3 || n != 0 {
		t.Errorf("%d cards, %d alerts elsewhere", cards(), n)
	}
	if _, err := room.Acknowledge(ctx, by("creteil", "agathe"), oncall.Ref{Rank: rank}); tickets.CodeOf(err) != tickets.Forbidden {
		t.Errorf("an agent acknowledges: %v", err)
	}
	if _, err := room.Acknowledge(ctx, chief, oncall.Ref{Rank: rank}); tickets.CodeOf(err) != tickets.NotFound {
		t.Errorf("what is over is acknowledged: %v", err)
	}
}

// Silences and turns of duty are kept with their numbers and times.
func TestSilencesAndDutyAreKept(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	_, room := clocked(w)
	chief := by("creteil", "sylvie")
	made, err := room.Silence(ctx, chief, tickets.AlertOverdue, "", 2*time.Hour, "travaux annoncés")
	if err != nil || made.Rank != 1 {
		t.Fatalf("%+v, %v", made, err)
	}
	if _, err := room.Silence(ctx, chief, "", "", time.Hour, "x"); tickets.CodeOf(err) != tickets.Invalid {
		t.Errorf("a silence of everything: %v", err)
	}
	duty, err := room.HandOver(ctx, chief, person("creteil", "agathe").ID, time.Time{})
	if err != nil || duty.Duty.ID != person("creteil", "agathe").ID {
		t.Fatalf("%+v, %v", duty, err)
	}
	board, err := room.Board(ctx, by("creteil", "agathe")) // on duty now
	if err != nil || len(board.Silences) != 1 || board.Silences[0].Reason != "travaux annoncés" || board.Duty.ID != person("creteil", "agathe").ID {
		t.Errorf("%+v, %v", board, err)
	}
	if err := room.EndSilence(ctx, chief, 1); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(4 * 24 * time.Hour)
	board, err = room.Board(ctx, chief)
	if err != nil || len(board.Silences) != 0 || board.Duty.ID == person("creteil", "agathe").ID {
		t.Errorf("later: %+v, %v", board, err)
	}
	if _, err := room.Board(ctx, by("creteil", "agathe")); tickets.CodeOf(err) != tickets.Forbidden {
		t.Errorf("no longer on duty: %v", err)
	}
}

// A command that is delivered again, at once or by another process, is known by
// what it made.
func TestACommandToAlertsIsKnown(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) // a Monday
	desk, room := clocked(w)
	must(t)(desk.Open(ctx, by("creteil", "claire"), tickets.Incident, tickets.Card{Description: "Écran noir.", Urgency: tickets.High}))
	tick := func(later time.Duration) {
		t.Helper()
		w.now = w.now.Add(later)
		if _, err := room.Tick(ctx, "creteil"); err != nil {
			t.Fatal(err)
		}
	}
	tick(11 * time.Minute)
	tick(time.Minute)
	chief := func(command string) tickets.Caller {
		c := by("creteil", "sylvie")
		c.Command = command
		return c
	}
	must(t)(room.HandOver(ctx, chief("duty"), person("creteil", "agathe").ID, time.Time{}))
	must(t)(room.HandOver(ctx, chief("duty"), person("creteil", "agathe").ID, time.Time{}))
	untaken := oncall.Ref{Rank: count(t, w, `SELECT rank FROM alerts WHERE academy = 'creteil' AND rule = 'untaken'`)}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if card, err := room.Escalate(ctx, chief("escalate"), untaken); err != nil || card.Rule != tickets.AlertUntaken || card.NextStep == oncall.ToDuty {
				t.Errorf("%+v, %v", card, err)
			}
		})
	}
	both.Wait()
	must(t)(room.Acknowledge(ctx, chief("ack"), untaken))
	w.now = w.now.Add(10 * time.Minute)
	must(t)(room.Acknowledge(ctx, chief("ack"), untaken))
	for range 2 {
		if made, err := room.Silence(ctx, chief("silence"), tickets.AlertOverdue, "", time.Hour, "travaux"); err != nil || made.Rank != 1 {
			t.Errorf("%+v, %v", made, err)
		}
		w.now = w.now.Add(2 * time.Hour) // it has ended
	}
	for sql, want := range map[string]int{
		`SELECT step FROM alerts WHERE academy = 'creteil' AND rule = 'untaken'`:                     int(oncall.ToDuty),
		`SELECT count(*) FROM alert_traces WHERE what = 'hastened' AND command = 'escalate'`:         1,
		`SELECT count(*) FROM alert_traces WHERE what = 'held' AND command = 'ack'`:                  1,
		`SELECT count(*) FROM silences WHERE command = 'silence' AND ends_at - begins_at = '1 hour'`: 1,
		`SELECT count(*) FROM duty_turns WHERE command = 'duty'`:                                     1,
		`SELECT count(*) FROM deliveries WHERE template = 'escalated' AND rule = 'alert-untaken'`:    1,
	} {
		if got := count(t, w, sql); got != want {
			t.Errorf("%s: %d, want %d", sql, got, want)
		}
	}
	// Another academy's command of that name is another.
	other := by("paris", "sylvie")
	other.Command = "silence"
	if made, err := room.Silence(ctx, other, tickets.AlertOverdue, "", time.Hour, "travaux"); err != nil || made.Academy != "paris" {
		t.Errorf("%+v, %v", made, err)
	}
}
