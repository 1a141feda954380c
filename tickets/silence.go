package tickets

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// What is resolved waits for the word of who asked. Without any they are
// reminded, and then their silence is taken for a yes: the ticket is closed.
// Both are counted in days on which the desk is there, and start anew with each
// thing that they say.

// clock returns who acts in the academy where nobody does but the time: a member
// of each group, without an id.
func (a Academy) clock() Person { return a.clockFor(uuid.Nil) }

// clockFor is the clock doing what somebody else said.
func (a Academy) clockFor(person uuid.UUID) Person {
	p := Person{Academy: a.ID, ID: person}
	for _, g := range a.Groups {
		p.Memberships = append(p.Memberships, Membership{Group: g.Code, Role: RoleAgent})
	}
	return p
}

// clock says whether it is nobody who acts, but the time.
func (p Person) clock() bool { return p.ID == uuid.Nil && p.Agent() }

// awaits returns the ticket with the times of its validation as they are after
// the event.
func (g timing) awaits(t Ticket, e Event) Ticket {
	switch {
	case g.hours == nil:
	case t.Status != StatusResolved:
		t.RemindAt, t.LapseAt = time.Time{}, time.Time{}
	case e.Action == ActionResolve || e.Action == ActionComplement:
		open, within := g.hours(g.academy, t.Group), g.academy.Deadlines.Validation.withDefaults()
		t.RemindAt, t.LapseAt = open.AddDays(e.At, within.Remind), open.AddDays(e.At, within.Close)
	case e.Action == ActionRemind:
		t.RemindAt = time.Time{}
	}
	return t
}

func remindAt(t Ticket) time.Time { return t.RemindAt }

func lapseAt(t Ticket) time.Time { return t.LapseAt }

// tooSoonTo refuses what has a time of its own before that; for good when it has
// none.
func tooSoonTo(at func(Ticket) time.Time) func(Case, Person, time.Time) *Error {
	return func(c Case, _ Person, now time.Time) *Error {
		if due := at(c.Ticket); due.IsZero() || now.Before(due) {
			return c.conflict()
		}
		return nil
	}
}

// Silent finds what is waited for in vain.
type Silent interface {
	// Unanswered returns at most limit tickets of the academy that wait to be
	// validated and whose RemindAt or LapseAt has come, the longest first.
	Unanswered(ctx context.Context, academy AcademyID, now time.Time, limit int) ([]Ticket, error)
}

// chores is how many tickets the clock works on between two looks: seconds' worth.
const chores = 1000

// Chase reminds the requesters of the academy whose word is awaited for long,
// and closes what they have been reminded of in vain. It returns how many tickets
// it did something to; with more than a thousand due the rest is left to the
// next call. Done twice, or by two at once, each is done once.
func (d *Desk) Chase(ctx context.Context, academy AcademyID) (int, error) {
	a, err := d.store.Academy(ctx, academy)
	if err != nil {
		return 0, err
	}
	now := d.now()
	due, err := d.store.Unanswered(ctx, academy, now, chores)
	if err != nil {
		return 0, err
	}
	by, done := Caller{Person: a.clock(), Origin: FromClock}, 0
	for _, t := range due {
		action := ActionRemind
		if !t.LapseAt.IsZero() && !now.Before(t.LapseAt) {
			action = ActionLapse
		}
		res, err := d.Do(ctx, by, t.Number.Ref(), action, Input{})
		switch {
		case CodeOf(err) == Conflict: // they have answered meanwhile
		case err != nil:
			return done, err
		case !res.Repeated:
			done++
		}
	}
	return done, nil
}
