package tickets

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// A major incident (ITIL) is a ticket for what strikes many at once: those of the
// others are joined to it and follow what happens to it, so that the desk works
// on one and each who asked hears of it on their own.

// notJoined refuses to leave what the ticket is no part of.
func notJoined(c Case, _ Person, _ time.Time) *Error {
	if c.Parent == uuid.Nil {
		return &Error{Code: Conflict, Message: "leave.not_joined", Args: []any{c.Number.String()}}
	}
	return nil
}

// join makes the ticket a part of a major incident. Without words of their own
// its people read what that is about.
func (try attempted) join(t *Ticket, e *Event) (bool, error) {
	switch {
	case try.in.Into.Rank == 0:
		return false, invalid("into", "join.nothing")
	case try.into.ID == uuid.Nil:
		return false, invalid("into", "ticket.no_such", try.in.Into.String())
	case t.Major:
		return false, invalid("into", "join.major", t.Number.String())
	case !try.into.Major:
		return false, invalid("into", "join.not_major", try.into.Number.String())
	case !try.into.Open():
		return false, invalid("into", "join.closed", try.into.Number.String())
	case t.Parent == try.into.ID:
		return false, nil
	}
	t.Parent, e.Detail.Major, e.Text = try.into.ID, try.into.Number.String(), cmp.Or(e.Text, try.into.Summary)
	return true, nil
}

// Majors keeps what is joined to major incidents.
type Majors interface {
	// Majors returns the academy's major incidents that are neither resolved nor
	// closed, the latest first, at most limit.
	Majors(ctx context.Context, academy AcademyID, limit int) ([]Ticket, error)
	// Joined returns the tickets joined to a major incident that the viewer sees,
	// the oldest first, at most limit; and how many there are, seen or not.
	Joined(ctx context.Context, viewer Person, major uuid.UUID, limit int) ([]Ticket, int, error)
	// Struck returns at most limit tickets of storms for which a major incident
	// was declared that is still open, and that are not joined to it yet. Those
	// that have left it are not returned.
	Struck(ctx context.Context, academy AcademyID, limit int) ([]MajorStep, error)
	// Behind returns at most limit steps of major incidents that tickets joined
	// to them have not followed yet, those of one ticket in order. Who joins late
	// follows no words from before the incident was last opened again.
	Behind(ctx context.Context, academy AcademyID, limit int) ([]MajorStep, error)
	// Follow says that the ticket has followed the incident up to the event of
	// that number.
	Follow(ctx context.Context, academy AcademyID, ticket uuid.UUID, seq int) error
}

// MajorStep is what a ticket is to follow of a major incident.
type MajorStep struct {
	Ticket Number
	ID     uuid.UUID // the ticket's
	Major  Number
	Event  Event // of the incident; with Struck its opening
}

// following are the steps that tickets follow, by what is done to them then.
var following = map[Action]Action{
	ActionTake:    ActionTake,
	ActionInform:  ActionInform,
	ActionResolve: ActionResolve,
	ActionClose:   ActionClose,
	ActionReopen:  ActionInform, // what they were told was not all
}

// Followed returns the actions on a major incident that the tickets joined to it
// follow.
func Followed() []Action {
	var out []Action
	for a := range following {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}

// majorOf returns the major incident that the author of a card joined; the zero
// Ticket when there is none, or it is over by now.
func (d *Desk) majorOf(ctx context.Context, academy AcademyID, card Card) (Ticket, error) {
	if card.Parent == uuid.Nil {
		return Ticket{}, nil
	}
	majors, err := d.store.Majors(ctx, academy, maxMajors)
	if i := slices.IndexFunc(majors, func(t Ticket) bool { return t.ID == card.Parent }); i >= 0 {
		return majors[i], nil
	}
	return Ticket{}, err
}

// maxMajors bounds how many major incidents are looked at: more at once are none.
const maxMajors = 20

// Declare opens a major incident, as [Desk.OpenFrom] opens a ticket: only members
// of the desk do, others are refused as [Forbidden]. It is never private.
func (d *Desk) Declare(ctx context.Context, by Caller, source string, card Card) (Case, error) {
	if !by.Person.Agent() {
		return Case{}, errDeskOnly
	}
	card.Private, card.Parent = false, uuid.Nil
	return d.open(ctx, by, sourceID(by.Person.Academy, source), Incident, card, true)
}

// Majors returns the major incidents of the caller's academy that are being
// worked on, for anybody of it: what is known is offered to who asks for the same.
func (d *Desk) Majors(ctx context.Context, by Caller) ([]Ticket, error) {
	return d.store.Majors(ctx, by.Person.Academy, maxMajors)
}

// Joined returns the tickets joined to a major incident that the caller sees, the
// oldest first and at most limit, and how many there are, seen or not.
func (d *Desk) Joined(ctx context.Context, by Caller, major uuid.UUID, limit int) ([]Case, int, error) {
	joined, total, err := d.store.Joined(ctx, by.Person, major, limit)
	if err != nil {
		return nil, 0, err
	}
	out, named := make([]Case, len(joined)), []uuid.UUID{}
	for i, t := range joined {
		out[i].Ticket = t
		named = append(named, t.Requester, t.Beneficiary, t.Assignee)
	}
	people, err := d.store.People(ctx, by.Person.Academy, named)
	for i := range out {
		out[i].People = people
	}
	return out, total, err
}

// FollowMajors has the tickets of the academy's major incidents do what is still
// theirs to do: those of a storm join, and those that are joined follow. It returns how
// many steps it took; with more than a thousand the rest is left to the next
// call. Done twice, or by two at once, each step is taken once.
func (d *Desk) FollowMajors(ctx context.Context, academy AcademyID) (int, error) {
	a, err := d.store.Academy(ctx, academy)
	if err != nil {
		return 0, err
	}
	struck, err := d.store.Struck(ctx, academy, chores)
	if err != nil {
		return 0, err
	}
	for _, s := range struck {
		if err := d.step(ctx, a, s, ActionJoin, Input{Into: s.Major.Ref()}); err != nil {
			return 0, err
		}
	}
	behind, err := d.store.Behind(ctx, academy, chores)
	if err != nil {
		return len(struck), err
	}
	for _, s := range behind {
		if err := d.step(ctx, a, s, following[s.Event.Action], Input{Text: s.Event.Text, Cause: s.Event.Detail.Cause, Major: s.Major.String()}); err != nil {
			return len(struck), err
		}
		if err := d.store.Follow(ctx, academy, s.ID, s.Event.Seq); err != nil {
			return len(struck), err
		}
	}
	return len(struck) + len(behind), nil
}

// step does to a ticket what was done to its major incident, in the name of who
// did that, once. What does not fit the ticket as it stands is left out: it has
// gone its own way.
func (d *Desk) step(ctx context.Context, a Academy, s MajorStep, action Action, in Input) error {
	by := Caller{
		Person: a.clockFor(s.Event.Actor), Origin: FromClock,
		Command: "major/" + s.Event.ID.String() + "/" + s.ID.String(),
	}
	_, err := d.Do(ctx, by, s.Ticket.Ref(), action, in)
	if CodeOf(err) != "" {
		return nil
	}
	return err
}
