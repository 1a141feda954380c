package tickets

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// OpenTime is the time that a group of a desk is there, as tickets/calendar
// computes it.
type OpenTime interface {
	// Add returns the first moment at which the group has been there for that
	// long since from: from itself when open is not positive, the zero time when
	// there is no such moment.
	Add(from time.Time, open time.Duration) time.Time
	// Between returns for how long the group is there from one moment to another.
	Between(from, to time.Time) time.Duration
	// AddDays returns the first moment at which the group is there from the same
	// time of the day on, that many days later of those on which it is there at
	// all; the zero time when there is none.
	AddDays(from time.Time, days int) time.Time
}

// Paused says whether the ticket's clock stands still as its requester is waited
// for: for precisions, or for the validation.
func (t Ticket) Paused() bool { return t.Status == StatusWaiting || t.Status == StatusResolved }

// running says whether it is the desk's turn.
func (t Ticket) running() bool { return t.Status == StatusNew || t.Status == StatusInProgress }

// untaken says whether somebody of the desk should take it.
func (t Ticket) untaken() bool { return t.running() && t.Assignee == uuid.Nil }

// timing computes when the tickets of an academy are due, in the open time of
// their groups. Without hours no ticket is ever due.
type timing struct {
	academy Academy
	hours   func(a Academy, group string) OpenTime
}

// after returns the ticket with its stopwatch and its deadlines as they are once
// something made of before, at that moment, what t is; before is the zero Ticket
// when t was opened.
//
// The stopwatch runs while it is the desk's turn. It starts anew with each
// opening and reopening, keeps the open time spent over pauses, and goes on in
// the hours of the group that it is passed on to. What is due is computed when
// the stopwatch starts or goes on, and when the ticket is requalified; otherwise
// it stays, whatever the policy has become since.
func (g timing) after(before, t Ticket, at time.Time) Ticket {
	if g.hours == nil {
		return t
	}
	at = at.Truncate(time.Microsecond) // as the register keeps it: computed again, it is the same
	passedOn := before.Group != t.Group
	if before.running() && (passedOn || !t.running()) {
		if !before.RunningSince.IsZero() {
			t.Spent += g.hours(g.academy, before.Group).Between(before.RunningSince, at)
		}
		t.RunningSince = time.Time{}
	}
	if !t.running() {
		t.TakeUpDue, t.DueSoon, t.Due = time.Time{}, time.Time{}, time.Time{}
		return t
	}
	open := g.hours(g.academy, t.Group)
	if before.Status == "" || before.Status == StatusClosed {
		t.Spent = 0
	}
	starts := t.RunningSince.IsZero()
	if starts {
		t.RunningSince = at
	}
	if starts || t.Urgency != before.Urgency || t.Category != before.Category {
		allowed := g.academy.Deadlines.ToResolve(t.Category, t.Urgency)
		t.Due = open.Add(t.RunningSince, allowed-t.Spent)
		t.DueSoon = open.Add(t.RunningSince, (allowed*3/4).Truncate(time.Second)-t.Spent)
	}
	switch {
	case !t.untaken():
		t.TakeUpDue = time.Time{}
	case passedOn || !before.untaken():
		t.TakeUpDue = open.Add(at, g.academy.Deadlines.ToTakeUp())
	}
	return t
}

// again returns the ticket with its stopwatch and its deadlines as the hours and
// the policy of today would have made them: of all its events, in order.
func (g timing) again(t Ticket, events []Event) Ticket {
	past := Ticket{Card: Card{Urgency: t.Urgency}, Category: t.Category, Group: t.Group}
	for _, e := range events {
		if e.Detail.FromGroup != "" {
			past.Group = e.Detail.FromGroup // where it was until it was first passed on
			break
		}
	}
	for i, e := range events {
		before := past
		if i == 0 {
			before = Ticket{}
		}
		past = g.after(before, past.replay(e), e.At)
	}
	t.TakeUpDue, t.DueSoon, t.Due = past.TakeUpDue, past.DueSoon, past.Due
	t.Spent, t.RunningSince = past.Spent, past.RunningSince
	return t
}

// replay returns the ticket with what the event says of whose turn it was; the
// rest of what effects.go sets no clock asks for.
func (t Ticket) replay(e Event) Ticket {
	t.Status = e.To
	if e.Detail.Group != "" {
		t.Group = e.Detail.Group
	}
	switch e.Action {
	case ActionTake, ActionAsk, ActionResolve:
		t.Assignee = e.Actor
	case ActionRelease:
		t.Assignee = uuid.Nil
	case ActionAssign:
		t.Assignee = e.Detail.Assignee
	}
	return t
}

// sameClock says whether both are due at the same moments, and have spent the
// same time.
func sameClock(a, b Ticket) bool {
	return a.TakeUpDue.Equal(b.TakeUpDue) && a.DueSoon.Equal(b.DueSoon) && a.Due.Equal(b.Due) &&
		a.Spent == b.Spent && a.RunningSince.Equal(b.RunningSince)
}

// Stopwatches change when tickets are due.
type Stopwatches interface {
	// Retime locks the open tickets after that one, in the order of their ids
	// and some hundred at a time, calls change with each and all its events, and
	// keeps the stopwatch and the deadlines of what it returns with the deliveries
	// owed for it; nothing of a ticket that it says is the same. It returns the
	// last ticket it looked at, uuid.Nil when none is left, and how many it kept.
	Retime(ctx context.Context, academy AcademyID, after uuid.UUID, change func(Ticket, []Event) (t Ticket, owed []Delivery, changed bool)) (last uuid.UUID, kept int, err error)
}

// ReopenDeadlines applies the academy's hours and deadlines, as they are now, to
// the tickets that are open: they get the deadlines that they would have had
// under these since they were opened, and their cards show them. It returns how
// many changed; done again, it changes nothing more. When it fails, some have
// changed.
func (d *Desk) ReopenDeadlines(ctx context.Context, academy AcademyID) (int, error) {
	a, err := d.store.Academy(ctx, academy)
	if err != nil {
		return 0, err
	}
	g, now := timing{a, d.hours}, d.now()
	retime := func(t Ticket, events []Event) (Ticket, []Delivery, bool) {
		after := g.again(t, events)
		switch {
		case sameClock(after, t):
			return t, nil, false
		case after.Due.Equal(t.Due): // nothing that its card shows
			return after, nil, true
		}
		return after, []Delivery{{
			Academy: a.ID, ID: newID(), Cause: newID(), Ticket: t.ID, Seq: t.Version,
			Channel: Chat, Recipient: ToGroup(t.Group), Template: TemplateCard, Rule: "card-follows-ticket",
			Due: now, CreatedAt: now,
		}}, true
	}
	changed := 0
	for last := uuid.Nil; ; {
		next, n, err := d.store.Retime(ctx, academy, last, retime)
		if changed += n; err != nil {
			return changed, err
		}
		if n > 0 {
			d.committed()
		}
		if last = next; last == uuid.Nil {
			return changed, nil
		}
	}
}
