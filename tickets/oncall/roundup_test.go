package oncall

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// A round-up comes once, at its time, on days that the desk is open; after an
// hour it is too late for it.
func TestWhenARoundupIsDue(t *testing.T) {
	w := newWorld(t)
	w.scene.Academy.OnCall.Roundups = []tickets.Clock{8*60 + 30, 14 * 60}
	for _, c := range []struct{ now, last, want string }{
		{"2026-11-23 08:29", "2026-11-20 14:00", ""},
		{"2026-11-23 08:30", "2026-11-20 14:00", "2026-11-23 08:30"},
		{"2026-11-23 09:29", "2026-11-20 14:00", "2026-11-23 08:30"},
		{"2026-11-23 09:29", "2026-11-23 08:30", ""},
		{"2026-11-23 09:30", "2026-11-20 14:00", ""},
		{"2026-11-23 14:10", "2026-11-23 08:30", "2026-11-23 14:00"},
		{"2026-11-22 08:40", "2026-11-20 14:00", ""}, // a Sunday
		{"2026-11-11 08:40", "2026-11-10 14:00", ""}, // Armistice Day
	} {
		var want time.Time
		if c.want != "" {
			want = at(t, c.want)
		}
		if got := RoundupDue(w.scene.Academy, at(t, c.now), at(t, c.last)); !got.Equal(want) {
			t.Errorf("at %s after %s: %s, want %s", c.now, c.last, got, want)
		}
	}
}

// Each hears of what is theirs and their groups', supervisors of all; whoever
// has nothing waiting hears nothing; who has no chat account gets a mail.
func TestWhomARoundupReaches(t *testing.T) {
	w := newWorld(t)
	old := at(t, "2026-11-19 10:00")
	idle := tickets.Person{Academy: "creteil", ID: person(4), Email: "idle@creteil.example", Memberships: []tickets.Membership{{Group: "reseaux", Role: tickets.RoleAgent}}}
	w.scene.Desk[idle.ID] = idle
	w.scene.RoundupAt = at(t, "2026-11-23 08:30")
	w.scene.Loads = []Load{
		{Group: "assistance", New: 3, Oldest: old},
		{Group: "assistance", Assignee: agent.ID, InProgress: 2, Refused: 1, Oldest: old.Add(time.Hour)},
	}
	c := w.read().Decide()
	got := map[uuid.UUID]tickets.Delivery{}
	for _, d := range c.Deliveries {
		id, _ := d.Recipient.Person()
		got[id] = d
	}
	if len(got) != 3 || !c.RoundupAt.Equal(w.scene.RoundupAt) {
		t.Fatalf("%d round-ups, told %s", len(got), c.RoundupAt)
	}
	if got[agent.ID].Channel != tickets.Mail || got[lead.ID].Channel != tickets.Chat {
		t.Error("the round-ups went by the wrong channels")
	}
	var r Roundup
	if err := json.Unmarshal(got[agent.ID].Data, &r); err != nil {
		t.Fatal(err)
	}
	if r.Own.InProgress != 2 || len(r.Groups) != 1 || r.Groups[0].New != 3 || r.Groups[0].InProgress != 2 || !r.Groups[0].Oldest.Equal(old) {
		t.Errorf("the agent's: %+v", r)
	}
}
