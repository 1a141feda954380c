package oncall

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// world keeps what decisions want kept, as a store would, and lets time pass.
type world struct {
	t          *testing.T
	scene      Scene
	deliveries []tickets.Delivery
	traces     []Trace
	past       []Alert
	firings    map[uuid.UUID]Firing
	opened     int
	alive      map[uuid.UUID]tickets.Ticket // the tickets that are open, and the recent ones
}

var (
	lead   = tickets.Person{Academy: "creteil", ID: person(1), GivenName: "Zoé", FamilyName: "Lead", Email: "lead@creteil.example", Memberships: []tickets.Membership{{Group: "supervision", Role: tickets.RoleSupervisor}}}
	second = tickets.Person{Academy: "creteil", ID: person(2), GivenName: "Yan", FamilyName: "Second", Email: "second@creteil.example", Memberships: []tickets.Membership{{Group: "supervision", Role: tickets.RoleSupervisor}}}
	agent  = tickets.Person{Academy: "creteil", ID: person(3), GivenName: "Max", FamilyName: "Agent", Email: "agent@creteil.example", Memberships: []tickets.Membership{{Group: "assistance", Role: tickets.RoleAgent}}}
)

func person(n byte) uuid.UUID { return uuid.UUID{15: n} }

// newWorld begins on Monday, 23 November 2026 at 09:00 in Paris: the desk is open
// from 08:00 to 18:00.
func newWorld(t *testing.T) *world {
	t.Helper()
	a := tickets.Academy{
		ID: "creteil", Timezone: "Europe/Paris",
		Groups: []tickets.Group{{Code: "assistance", Channel: "assistance"}, {Code: "supervision", Channel: "supervision", Supervises: true}},
		Themes: []tickets.Theme{{Code: "messagerie"}, {Code: "poste"}},
		OnCall: tickets.OnCall{Rota: tickets.Rota{Other: tickets.Shift{Duty: lead.Email, Deputy: second.Email}}},
	}
	return &world{
		t: t, firings: map[uuid.UUID]Firing{}, alive: map[uuid.UUID]tickets.Ticket{},
		scene: Scene{
			Academy: a, Now: at(t, "2026-11-23 09:00"),
			Desk:   map[uuid.UUID]tickets.Person{lead.ID: lead, second.ID: second, agent.ID: agent},
			Linked: map[uuid.UUID]bool{lead.ID: true, second.ID: true},
		},
	}
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	m, err := time.ParseInLocation("2006-01-02 15:04", s, paris)
	if err != nil {
		t.Fatal(err)
	}
	return m.UTC()
}

// ticket opens one now; its deadlines are those of the calendar.
func (w *world) ticket(change func(*tickets.Ticket)) uuid.UUID {
	w.opened++
	n := w.opened
	t := tickets.Ticket{
		Academy: "creteil", ID: uuid.UUID{0: 1, 14: byte(n >> 8), 15: byte(n)}, Number: tickets.Number{Kind: tickets.Incident, Day: "261123", Rank: n},
		Group: "assistance", Category: "messagerie", Status: tickets.StatusNew, OpenedAt: w.scene.Now, StatusAt: w.scene.Now,
	}
	t.Urgency, t.Entity = tickets.High, "0941234F"
	hours := w.scene.hours("")
	t.TakeUpDue = hours.Add(w.scene.Now, 10*time.Minute)
	if change != nil {
		change(&t)
	}
	if t.Due.IsZero() {
		t.DueSoon, t.Due = hours.Add(w.scene.Now, 6*time.Hour), hours.Add(w.scene.Now, 8*time.Hour)
	}
	w.alive[t.ID] = t
	return t.ID
}

// change has somebody act on a ticket.
func (w *world) change(id uuid.UUID, change func(*tickets.Ticket)) {
	t := w.alive[id]
	change(&t)
	w.alive[id] = t
}

func (w *world) take(id uuid.UUID) {
	w.change(id, func(t *tickets.Ticket) {
		t.Status, t.Assignee, t.TakeUpDue, t.StatusAt = tickets.StatusInProgress, agent.ID, time.Time{}, w.scene.Now
	})
}

func (w *world) close(id uuid.UUID) {
	w.change(id, func(t *tickets.Ticket) {
		t.Status, t.TakeUpDue, t.DueSoon, t.Due = tickets.StatusClosed, time.Time{}, time.Time{}, time.Time{}
	})
}

// read fills the scene as a store would.
func (w *world) read() Scene {
	s := w.scene
	s.Tickets, s.Recent, s.Firings = nil, nil, nil
	for id, t := range w.alive {
		recent := t.OpenedAt.After(s.Now.Add(-15 * time.Minute))
		if t.Open() {
			s.Tickets = append(s.Tickets, Watched{Ticket: t})
		} else if !recent {
			delete(w.alive, id)
		}
		if recent {
			s.Recent = append(s.Recent, t)
		}
	}
	slices.SortFunc(s.Recent, func(x, y tickets.Ticket) int { return x.OpenedAt.Compare(y.OpenedAt) })
	for _, f := range w.firings {
		if _, seen := w.alive[f.Ticket]; seen || f.EndedAt.IsZero() {
			s.Firings = append(s.Firings, f)
		}
	}
	s.Alerts = slices.Clone(s.Alerts)
	return s
}

func (w *world) keep(c Changes) {
	for _, f := range c.Firings {
		w.firings[f.ID] = f
	}
	for _, a := range c.Alerts {
		w.scene.LastAlert = max(w.scene.LastAlert, a.Rank)
		i := slices.IndexFunc(w.scene.Alerts, func(b Alert) bool { return b.ID == a.ID })
		switch {
		case !a.EndedAt.IsZero():
			w.past = append(w.past, a)
			if i >= 0 {
				w.scene.Alerts = slices.Delete(slices.Clone(w.scene.Alerts), i, i+1)
			}
		case i < 0:
			w.scene.Alerts = append(w.scene.Alerts, a)
		default:
			w.scene.Alerts[i] = a
		}
	}
	for _, s := range c.Silences {
		w.scene.LastSilence = max(w.scene.LastSilence, s.Rank)
		w.scene.Silences = append(slices.DeleteFunc(slices.Clone(w.scene.Silences), func(o Silence) bool { return o.ID == s.ID }), s)
	}
	w.scene.Turns = append(w.scene.Turns, c.Turns...)
	w.traces = append(w.traces, c.Traces...)
	seen := map[string]bool{}
	for _, d := range w.deliveries {
		seen[d.Cause.String()+string(d.Channel)+string(d.Recipient)] = true
	}
	for _, d := range c.Deliveries {
		if key := d.Cause.String() + string(d.Channel) + string(d.Recipient); seen[key] {
			w.t.Errorf("%s: owed twice: %s to %s", w.clock(), d.Rule, d.Recipient)
		}
		w.deliveries = append(w.deliveries, d)
	}
}

// tick decides now, and checks that nothing more follows.
func (w *world) tick() Changes {
	w.t.Helper()
	c := w.read().Decide()
	w.keep(c)
	if again := w.read().Decide(); len(again.Firings)+len(again.Alerts)+len(again.Deliveries)+len(again.Traces) > 0 {
		w.t.Fatalf("%s: decided twice, more follows: %+v", w.clock(), again)
	}
	return c
}

// pass lets time pass with a tick each step, and returns what was told, a line
// each: the time, to whom, of what, how many, and how it stands.
func (w *world) pass(length, step time.Duration) []string {
	w.t.Helper()
	var out []string
	for end := w.scene.Now.Add(length); w.scene.Now.Before(end); {
		w.scene.Now = w.scene.Now.Add(step)
		out = append(out, w.told(w.tick())...)
	}
	return out
}

func (w *world) clock() string {
	return w.scene.Now.In(w.scene.Academy.Location()).Format("Mon 15:04:05")
}

// told words deliveries for assertions.
func (w *world) told(c Changes) []string {
	var out []string
	for _, d := range c.Deliveries {
		card := cardOf(w.t, d)
		how := "edit"
		if card.Anew {
			how = "post"
		}
		if d.Template == tickets.TemplateEscalated {
			id, _ := d.Recipient.Person()
			how = string(d.Channel) + " to " + w.scene.Desk[id].GivenName
		}
		out = append(out, fmt.Sprintf("%s %s A%d %s %s %d %s", w.clock(), how, card.Rank, card.Rule, card.Theme, card.Count, card.State))
	}
	return out
}

// act does what a supervisor does.
func (w *world) act(rank int, do func(*decision, *Alert)) []string {
	w.t.Helper()
	s := w.read()
	i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return a.Rank == rank })
	if i < 0 {
		w.t.Fatalf("no alert A%d", rank)
	}
	c, _ := s.act(i, do)
	w.keep(c)
	return w.told(c)
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", lines(got), lines(want))
	}
}

func lines(l []string) string {
	out := ""
	for _, s := range l {
		out += "  " + s + "\n"
	}
	return out
}
