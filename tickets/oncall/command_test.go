package oncall

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// memory is a store of a world, with what each command has done.
type memory struct {
	Store // what is not asked here
	*world
	done map[string]uuid.UUID
}

func (m *memory) Supervise(_ context.Context, _ tickets.AcademyID, _ time.Time, command string, change func(Scene) (Changes, error)) error {
	s := m.read()
	s.Done = m.done[command]
	c, err := change(s)
	if err != nil {
		return err
	}
	keep := func(command string, id uuid.UUID) {
		if command != "" {
			m.done[command] = id
		}
	}
	for _, t := range c.Traces {
		keep(t.Command, t.Alert)
	}
	for _, q := range c.Silences {
		keep(q.Command, q.ID)
	}
	for _, t := range c.Turns {
		keep(t.Command, t.ID)
	}
	m.keep(c)
	return nil
}

func (m *memory) Scene(context.Context, tickets.AcademyID, time.Time) (Scene, error) {
	return m.read(), nil
}

func (m *memory) Alert(context.Context, tickets.AcademyID, uuid.UUID) (Alert, error) {
	return m.past[0], nil
}

func (m *memory) Traces(context.Context, tickets.AcademyID, uuid.UUID) ([]Trace, error) {
	return m.traces, nil
}

// A command that is delivered again changes nothing, and is answered with how it
// stands by then; the same words anew are another command.
func TestACommandIsAppliedOnce(t *testing.T) {
	w := newWorld(t)
	id := w.ticket(nil)
	w.pass(11*time.Minute, 10*time.Second)
	m := &memory{world: w, done: map[string]uuid.UUID{}}
	room := NewRoom(Options{Store: m, Now: func() time.Time { return w.scene.Now }})
	by := func(command string) tickets.Caller { return tickets.Caller{Person: second, Command: command} }
	escalate := func(command string) Card {
		t.Helper()
		card, err := room.Escalate(t.Context(), by(command), Ref{Rank: 1})
		if err != nil {
			t.Fatal(err)
		}
		return card
	}
	steps := func(want Step) {
		t.Helper()
		if got := w.scene.Alerts[0].Step; got != want {
			t.Errorf("step %d, want %d", got, want)
		}
	}
	escalate("a")
	owed := len(w.deliveries)
	if card := escalate("a"); card.State != StateFiring || len(w.deliveries) != owed {
		t.Errorf("delivered again it tells %d more, %+v", len(w.deliveries)-owed, card)
	}
	steps(ToDuty)
	escalate("b")
	steps(ToDeputy)

	snooze := func(command string) Card {
		t.Helper()
		card, err := room.Snooze(t.Context(), by(command), Ref{Rank: 1}, 30*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return card
	}
	until := snooze("c").Until
	w.scene.Now = w.scene.Now.Add(2 * time.Minute)
	if card := snooze("c"); !card.Until.Equal(until) {
		t.Errorf("put off until %s, delivered again until %s", until, card.Until)
	}
	if card, err := room.Acknowledge(t.Context(), by("d"), Ref{Rank: 1}); err != nil || card.State != StateHeld {
		t.Errorf("%+v, %v", card, err)
	}
	if card := snooze("c"); card.State != StateHeld {
		t.Errorf("what came between is undone: %+v", card)
	}
	w.take(id)
	w.pass(time.Minute, 10*time.Second)
	if card := escalate("b"); card.State != StateResolved || len(w.scene.Alerts) != 0 {
		t.Errorf("after its end: %+v", card)
	}
}

// A turn's end was reckoned a moment before it gets here: the shortest is one.
func TestTheShortestTurnOfDuty(t *testing.T) {
	w := newWorld(t)
	room := NewRoom(Options{Store: &memory{world: w, done: map[string]uuid.UUID{}}, Now: func() time.Time { return w.scene.Now }})
	by := tickets.Caller{Person: lead}
	until := w.scene.Now.Add(5*time.Minute - time.Second)
	if duty, err := room.HandOver(t.Context(), by, agent.ID, until); err != nil || !duty.Until.Equal(until) {
		t.Errorf("five minutes, asked for a second ago: %+v, %v", duty, err)
	}
	for _, wrong := range []time.Duration{3 * time.Minute, -time.Hour, 15 * 24 * time.Hour} {
		if _, err := room.HandOver(t.Context(), by, agent.ID, w.scene.Now.Add(wrong)); tickets.CodeOf(err) != tickets.Invalid {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestSilencesAndDutyAreMadeOnceOfACommand(t *testing.T) {
	w := newWorld(t)
	m := &memory{world: w, done: map[string]uuid.UUID{}}
	room := NewRoom(Options{Store: m, Now: func() time.Time { return w.scene.Now }})
	for _, command := range []string{"a", "a", "b", "", ""} {
		by := tickets.Caller{Person: lead, Command: command}
		made, err := room.Silence(t.Context(), by, tickets.AlertUntaken, "", time.Hour, "travaux")
		if err != nil || made.Reason != "travaux" {
			t.Fatalf("%q: %+v, %v", command, made, err)
		}
		by.Command = "duty " + command
		if duty, err := room.HandOver(t.Context(), by, agent.ID, time.Time{}); err != nil || duty.Duty.ID != agent.ID || duty.Until.IsZero() {
			t.Fatalf("%q: %+v, %v", command, duty, err)
		}
	}
	if len(w.scene.Silences) != 4 || len(w.scene.Turns) != 3 { // no command is none twice
		t.Errorf("%d silences, %d turns", len(w.scene.Silences), len(w.scene.Turns))
	}
}
