package oncall

import (
	"bytes"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// Changes are what a decision wants kept, in one transaction.
type Changes struct {
	Firings    []Firing // new or changed
	Alerts     []Alert  // new or changed
	Traces     []Trace
	Silences   []Silence // new or changed
	Turns      []Turn    // new or changed
	Deliveries []tickets.Delivery
	RoundupAt  time.Time // the roundup that was told; zero for none
	// Direct are those of the Deliveries that must not go through what they warn
	// of: the queue.
	Direct []tickets.DeliveryKey
}

// decision is a scene being decided on, and what comes of it.
type decision struct {
	Scene
	out Changes
	// touched is the alert that somebody has just done something to: its card is
	// edited at once.
	touched uuid.UUID
}

// Decide returns what follows from the scene. Once that is kept, nothing more
// follows from the same scene.
func (s Scene) Decide() Changes { return s.decide(uuid.Nil) }

func (s Scene) decide(touched uuid.UUID) Changes {
	d := &decision{Scene: s, touched: touched}
	byGroup := map[group][]Firing{}
	for _, f := range shown(d.fire()) {
		byGroup[f.group()] = append(byGroup[f.group()], f)
	}
	for _, a := range s.Alerts {
		d.follow(a, byGroup[a.group()])
		delete(byGroup, a.group())
	}
	fresh := make([]group, 0, len(byGroup))
	for g := range byGroup {
		fresh = append(fresh, g)
	}
	slices.SortFunc(fresh, func(x, y group) int { return compareFirings(byGroup[x][0], byGroup[y][0]) })
	for i, g := range fresh {
		a := Alert{
			Academy: s.Academy.ID, ID: newID(), Rank: s.LastAlert + 1 + i,
			Rule: g.rule, Theme: g.theme, Subject: g.subject, OpenedAt: s.Now,
		}
		d.trace(a, Opened, uuid.Nil, "")
		d.follow(a, byGroup[g])
	}
	d.roundup()
	// A firing may have changed twice: by what it says, and by its alert.
	d.out.Firings = lastOfEach(d.out.Firings)
	return d.out
}

// fire turns what is so into firings: new ones, those that stand, those that
// ended. It returns those that stand, the longest first.
func (d *decision) fire() []Firing {
	known := make(map[uuid.UUID]Firing, len(d.Firings))
	for _, f := range d.Firings {
		known[f.ID] = f
	}
	var stand []Firing
	for _, found := range d.findings() {
		id := found.ID(d.Academy.ID)
		f, seen := known[id]
		delete(known, id)
		switch {
		case seen && !f.EndedAt.IsZero():
			continue // it fired, and that is over: once is enough
		case seen && f.equal(found):
		case seen:
			f.Finding = found
			d.out.Firings = append(d.out.Firings, f)
		case !technical(found.Rule) && !d.hours(found.Group).Open(d.Now):
			continue // when the desk opens, if it is still so
		default:
			f = Firing{Academy: d.Academy.ID, ID: id, FiredAt: d.Now, Finding: found}
			d.out.Firings = append(d.out.Firings, f)
		}
		stand = append(stand, f)
	}
	for _, f := range known {
		switch {
		case !f.EndedAt.IsZero():
		case d.Partial && f.Ticket != uuid.Nil: // nobody looked
			stand = append(stand, f)
		default:
			f.EndedAt = d.Now
			d.out.Firings = append(d.out.Firings, f)
		}
	}
	slices.SortFunc(stand, compareFirings)
	return stand
}

// shown leaves out the firings that another about the same hides.
func shown(firings []Firing) []Firing {
	type about struct {
		ticket  uuid.UUID
		rule    tickets.AlertRule
		subject string
	}
	hidden := map[about]bool{}
	for _, f := range firings {
		for _, r := range hides[f.Rule] {
			hidden[about{ticket: f.Ticket, rule: r}] = true
		}
		if f.Rule == tickets.AlertBot { // that nothing arrives in the chat then is no news
			hidden[about{rule: tickets.AlertConsumer, subject: string(tickets.Chat)}] = true
		}
	}
	var out []Firing
	for _, f := range firings {
		a := about{ticket: f.Ticket, rule: f.Rule}
		if f.Ticket == uuid.Nil {
			a.subject = f.Subject
		}
		if !hidden[a] {
			out = append(out, f)
		}
	}
	return out
}

// follow brings an alert to what its firings say now, and tells it.
func (d *decision) follow(a Alert, firings []Firing) {
	before := a
	if len(firings) == 0 {
		d.resolve(&a)
	} else {
		d.stand(&a, firings)
	}
	if before.Revision == 0 && before.Total == 0 || !reflect.DeepEqual(a, before) {
		d.out.Alerts = append(d.out.Alerts, a)
	}
}

func (d *decision) trace(a Alert, what Happening, by uuid.UUID, detail string) {
	d.out.Traces = append(d.out.Traces, Trace{Academy: a.Academy, Alert: a.ID, At: d.Now, What: what, By: by, Detail: detail})
}

// newID returns a UUIDv7 (RFC 9562): its order is that of time, nearly.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// compareFirings puts the longest-standing first.
func compareFirings(x, y Firing) int {
	if c := x.Since.Compare(y.Since); c != 0 {
		return c
	}
	return bytes.Compare(x.ID[:], y.ID[:])
}

// equal says whether the finding is what the firing says already.
func (f Firing) equal(found Finding) bool {
	x, y := f.Finding, found
	same := x.Since.Equal(y.Since) && x.Deadline.Equal(y.Deadline)
	x.Since, x.Deadline, y.Since, y.Deadline = found.Since, found.Deadline, found.Since, found.Deadline
	return same && x == y
}

// lastOfEach keeps the last of the firings of each id, in the order of the first.
func lastOfEach(firings []Firing) []Firing {
	at := make(map[uuid.UUID]int, len(firings))
	var out []Firing
	for _, f := range firings {
		if i, ok := at[f.ID]; ok {
			out[i] = f
			continue
		}
		at[f.ID] = len(out)
		out = append(out, f)
	}
	return out
}
