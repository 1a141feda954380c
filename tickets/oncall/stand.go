package oncall

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// The times of a card: how long the first firings are gathered before it is
// posted, how often it is edited at most, and when it is posted anew while
// nobody holds it.
const (
	gatherFor   = 30 * time.Second
	editEvery   = 5 * time.Minute
	repeatAfter = 4 * time.Hour
)

// stand follows an alert that has firings, the longest-standing first.
func (d *decision) stand(a *Alert, firings []Firing) {
	for i, f := range firings {
		if f.Alert != a.ID {
			firings[i].Alert = a.ID
			d.out.Firings = append(d.out.Firings, firings[i])
			if !d.counted(a.ID, f) {
				a.Total++
			}
		}
	}
	speaks := d.speaks(a.Rule) && !d.silenced(firings)
	anew := false
	switch worst := severest(firings); {
	case a.Severity == 0 || worst < a.Severity:
		a.Severity = worst
	case worst > a.Severity && speaks:
		// Who had seen the lesser has not seen this.
		a.Severity, a.Hold, a.Owner, a.Until = worst, NotHeld, uuid.Nil, time.Time{}
		if a.NextAt.IsZero() {
			a.Step = ToChannel
		}
		d.trace(*a, Rose, uuid.Nil, "")
		anew = !a.PostedAt.IsZero()
	}
	if a.Hold != NotHeld && !a.held(d.Now) && speaks {
		d.trace(*a, HoldExpired, a.Owner, string(a.Hold))
		if a.Hold == Snoozed {
			a.Step, a.NextAt = ToChannel, time.Time{}
		} else if !a.NextAt.IsZero() {
			a.NextAt = d.Now
		}
		a.Hold, a.Owner, a.Until = NotHeld, uuid.Nil, time.Time{}
		anew = true
	}
	switch {
	case a.PostedAt.IsZero():
		anew = !d.Now.Before(a.OpenedAt.Add(gatherFor))
	case !d.Now.Before(a.PostedAt.Add(repeatAfter)):
		anew = true
	}
	anew = anew && speaks && !a.held(d.Now)
	if anew && a.Step == ToChannel && escalates(*a, firings) && a.NextAt.IsZero() {
		a.NextAt = d.later(a.Rule, d.Now, d.Academy.OnCall.WithDefaults().Escalation.Duty)
	}
	asked := d.touched == a.ID && a.NextAt.Equal(d.Now) // somebody wants it to go further
	if !asked && !escalates(*a, firings) {
		a.NextAt = time.Time{}
	}
	due := !a.NextAt.IsZero() && !d.Now.Before(a.NextAt)
	if due && (asked || speaks && !a.held(d.Now) && !a.PostedAt.IsZero()) {
		d.escalate(a, firings)
	}
	d.tell(a, d.card(*a, firings), anew)
}

// counted says whether an alert has had a firing about the same already, as one
// of a lower level.
func (d *decision) counted(alert uuid.UUID, f Firing) bool {
	return f.Level > 1 && slices.ContainsFunc(d.Firings, func(o Firing) bool {
		return o.Alert == alert && o.Ticket == f.Ticket && o.Subject == f.Subject
	})
}

// resolve ends an alert that has no firings any more.
func (d *decision) resolve(a *Alert) {
	a.EndedAt, a.NextAt = d.Now, time.Time{}
	d.trace(*a, Resolved, uuid.Nil, strconv.Itoa(a.Total))
	d.tell(a, d.card(*a, nil), false)
}

// severest returns the highest severity of the firings.
func severest(firings []Firing) tickets.Severity {
	worst := tickets.Informative
	for _, f := range firings {
		worst = max(worst, f.Severity)
	}
	return worst
}

// silenced says whether every firing is covered by a silence.
func (d *decision) silenced(firings []Firing) bool {
	for _, f := range firings {
		covered := false
		for _, s := range d.Silences {
			covered = covered || s.covers(f.Finding, d.Now)
		}
		if !covered {
			return false
		}
	}
	return len(firings) > 0
}
