package oncall

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// Load is what waits with one member of the desk, or with nobody, in one group.
type Load struct {
	Group    string
	Assignee uuid.UUID // uuid.Nil for nobody

	New         int // that nobody has taken
	InProgress  int
	Waiting     int       // for their requester
	Overdue     int       // of those in progress or new
	Refused     int       // in progress again, as their requester refused the resolution
	Unvalidated int       // resolved for some days, and nobody said a word
	Oldest      time.Time // the opening of the oldest that is new or in progress; zero for none
}

// sum adds up loads.
func sum(loads []Load) Load {
	var out Load
	for _, l := range loads {
		out.New += l.New
		out.InProgress += l.InProgress
		out.Waiting += l.Waiting
		out.Overdue += l.Overdue
		out.Refused += l.Refused
		out.Unvalidated += l.Unvalidated
		if out.Oldest.IsZero() || !l.Oldest.IsZero() && l.Oldest.Before(out.Oldest) {
			out.Oldest = l.Oldest
		}
	}
	return out
}

// Counts are the figures that are not zero, by their names, the most pressing
// first: new, overdue, refused, progress, waiting, unvalidated.
func (l Load) Counts() iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for _, c := range []struct {
			name string
			n    int
		}{
			{"new", l.New}, {"overdue", l.Overdue}, {"refused", l.Refused}, {"progress", l.InProgress}, {"waiting", l.Waiting}, {"unvalidated", l.Unvalidated},
		} {
			if c.n > 0 && !yield(c.name, c.n) {
				return
			}
		}
	}
}

// empty says whether there is nothing to tell.
func (l Load) empty() bool {
	return l.New+l.InProgress+l.Waiting+l.Refused+l.Unvalidated == 0
}

// Roundup is what waits for one member of the desk: the Data of a
// [tickets.TemplateRoundup] delivery.
type Roundup struct {
	At     time.Time `json:"at"`
	Own    Load      `json:"own"`              // assigned to the reader
	Groups []Load    `json:"groups,omitempty"` // of the reader's groups, all of them to supervisors; by group
	Alerts int       `json:"alerts,omitempty"` // that stand, to supervisors
}

// RoundupDue returns the latest time of a roundup at an academy that has come by
// now and is less than an hour ago, on a day that the desk is open; zero when
// there is none after last.
func RoundupDue(a tickets.Academy, now, last time.Time) time.Time {
	s := Scene{Academy: a, Now: now}
	local := now.In(a.Location())
	y, m, d := local.Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, a.Location())
	var due time.Time
	for _, c := range a.OnCall.WithDefaults().Roundups {
		at := time.Date(y, m, d, 0, int(c), 0, 0, a.Location())
		if !at.After(now) && now.Sub(at) < time.Hour && at.After(last) {
			due = latest(due, at)
		}
	}
	if due.IsZero() || s.hours("").Between(midnight, midnight.AddDate(0, 0, 1)) == 0 {
		return time.Time{}
	}
	return due.UTC()
}

// roundup owes each member of the desk for whom something waits what waits, by
// chat where they are linked, else by mail.
func (d *decision) roundup() {
	if d.RoundupAt.IsZero() {
		return
	}
	d.out.RoundupAt = d.RoundupAt
	people := make([]tickets.Person, 0, len(d.Desk))
	for _, p := range d.Desk {
		people = append(people, p)
	}
	slices.SortFunc(people, func(x, y tickets.Person) int { return slices.Compare(x.ID[:], y.ID[:]) })
	for _, p := range people {
		roundup := d.roundupFor(p)
		if roundup.Own.empty() && roundup.Alerts == 0 && sum(roundup.Groups).empty() || p.Email == "" && !d.Linked[p.ID] {
			continue
		}
		data, err := json.Marshal(roundup)
		if err != nil {
			panic(fmt.Sprintf("oncall: a roundup that JSON does not know: %v", err)) // its types all are
		}
		channel := tickets.Mail
		if d.Linked[p.ID] {
			channel = tickets.Chat
		}
		d.out.Deliveries = append(d.out.Deliveries, tickets.Delivery{
			Academy: d.Academy.ID, ID: newID(), Cause: uuid.NewSHA1(p.ID, []byte("roundup "+d.RoundupAt.Format(time.RFC3339))),
			Channel: channel, Recipient: tickets.ToPerson(p.ID), Template: tickets.TemplateRoundup, Rule: "roundup-at-set-hours",
			Data: data, Due: d.Now, CreatedAt: d.Now,
		})
	}
}

// roundupFor is what waits for a person.
func (d *decision) roundupFor(p tickets.Person) Roundup {
	out := Roundup{At: d.RoundupAt}
	byGroup := map[string][]Load{}
	for _, l := range d.Loads {
		if l.Assignee == p.ID {
			out.Own = sum([]Load{out.Own, l})
		}
		if p.Supervisor() || p.MemberOf(l.Group) {
			byGroup[l.Group] = append(byGroup[l.Group], l)
		}
	}
	for _, g := range d.Academy.Groups {
		if all := sum(byGroup[g.Code]); !all.empty() {
			all.Group = g.Code
			out.Groups = append(out.Groups, all)
		}
	}
	if p.Supervisor() {
		out.Alerts = len(d.Alerts)
	}
	return out
}
