package tickets

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// The time people have to change their mind.
const (
	ReopenWithin  = 15 * 24 * time.Hour // the requester, after the closing
	UnmergeWithin = 24 * time.Hour      // the desk, after the merging
)

// rule says who may do an action, from which statuses, and where it leads.
type rule struct {
	desk, party bool     // by the desk; by the requester or the beneficiary
	clock       bool     // by the clock alone
	from        []Status // the statuses it fits
	to          Status   // "" leaves the status as it is, or the effect decides
	text        bool     // words are required
	internal    bool     // the event is for the desk only
	// unless refuses what the status alone does not tell; nil refuses nothing.
	unless func(c Case, by Person, now time.Time) *Error
}

var (
	anyStatus  = []Status{StatusNew, StatusInProgress, StatusWaiting, StatusResolved, StatusClosed}
	notClosed  = anyStatus[:4]
	unresolved = anyStatus[:3]
)

// rules is the table of the actions on a ticket that is there. Opening is not
// among them: it makes the ticket. What an action sets beyond the status is in
// effects.go.
var rules = map[Action]rule{
	ActionTake:       {desk: true, from: unresolved, to: StatusInProgress, unless: taken},
	ActionRelease:    {desk: true, from: unresolved, to: StatusNew, internal: true, unless: unassigned},
	ActionAssign:     {desk: true, from: unresolved, internal: true},
	ActionRequalify:  {desk: true, from: notClosed, internal: true},
	ActionNote:       {desk: true, from: anyStatus, text: true, internal: true},
	ActionInform:     {desk: true, from: notClosed, text: true},
	ActionAsk:        {desk: true, from: unresolved, to: StatusWaiting, text: true},
	ActionComplement: {party: true, from: notClosed, text: true},
	ActionResolve:    {desk: true, from: unresolved, to: StatusResolved, text: true},
	ActionValidate:   {party: true, from: []Status{StatusResolved}, to: StatusClosed},
	ActionRate:       {party: true, from: []Status{StatusClosed}, unless: notValidated},
	ActionRefuse:     {party: true, from: []Status{StatusResolved}, to: StatusInProgress, text: true},
	ActionWithdraw:   {party: true, from: unresolved, to: StatusClosed, text: true, unless: notMajor("withdraw.major")},
	ActionClose:      {desk: true, from: notClosed, to: StatusClosed, text: true},
	ActionMerge:      {desk: true, from: notClosed, to: StatusClosed, unless: notMajor("merge.major")},
	ActionUnmerge:    {desk: true, from: []Status{StatusClosed}, to: StatusInProgress, unless: notMerged},
	ActionReopen:     {desk: true, party: true, from: []Status{StatusClosed}, to: StatusInProgress, text: true, unless: tooLate},
	ActionJoin:       {desk: true, from: notClosed},
	ActionLeave:      {desk: true, from: notClosed, internal: true, unless: notJoined},
	ActionRemind:     {clock: true, from: []Status{StatusResolved}, unless: tooSoonTo(remindAt)},
	ActionLapse:      {clock: true, from: []Status{StatusResolved}, to: StatusClosed, unless: tooSoonTo(lapseAt)},
}

// order is that in which actions are offered.
var order = []Action{
	ActionTake, ActionAsk, ActionInform, ActionNote, ActionResolve,
	ActionValidate, ActionRefuse, ActionComplement, ActionWithdraw, ActionRate,
	ActionAssign, ActionRelease, ActionRequalify, ActionMerge, ActionUnmerge, ActionJoin, ActionLeave, ActionClose, ActionReopen,
}

// Held says whether somebody of the desk has the ticket: an assignee who has
// left the desk since has it no longer. The queries of the store apply the same
// rule to what is free.
func (c Case) Held() bool {
	return c.Assignee != uuid.Nil && c.Who(c.Assignee).Agent()
}

// taken refuses to take what somebody has: a ticket that left its status new
// may be without anybody, as after a change of group.
func taken(c Case, _ Person, _ time.Time) *Error {
	switch {
	case c.Status == StatusNew || !c.Held():
		return nil
	case c.StatusBy == c.Assignee:
		return c.conflict()
	}
	return &Error{Code: Conflict, Message: "conflict.assigned", Args: []any{c.Number.String(), c.Who(c.Assignee).Name()}}
}

func unassigned(c Case, _ Person, _ time.Time) *Error {
	if c.Assignee == uuid.Nil {
		return &Error{Code: Conflict, Message: "conflict.unassigned", Args: []any{c.Number.String()}}
	}
	return nil
}

func notValidated(c Case, _ Person, _ time.Time) *Error {
	if c.Closure != ClosedValidated {
		return c.conflict()
	}
	return nil
}

// notMajor refuses, in these words, to close what others are joined to in a way
// that they do not follow.
func notMajor(message string) func(Case, Person, time.Time) *Error {
	return func(c Case, _ Person, _ time.Time) *Error {
		if c.Major {
			return &Error{Code: Conflict, Message: message, Args: []any{c.Number.String()}}
		}
		return nil
	}
}

func notMerged(c Case, _ Person, now time.Time) *Error {
	if c.Closure != ClosedDuplicate {
		return c.conflict()
	}
	if now.Sub(c.StatusAt) > UnmergeWithin {
		return &Error{Code: Conflict, Message: "unmerge.too_late", Args: []any{c.Number.String()}}
	}
	return nil
}

// tooLate refuses the requester a late reopening; the desk has no limit.
func tooLate(c Case, by Person, now time.Time) *Error {
	if by.Agent() || now.Sub(c.StatusAt) <= ReopenWithin {
		return nil
	}
	return &Error{Code: Conflict, Message: "reopen.too_late", Args: []any{c.Number.String(), c.StatusAt.Add(ReopenWithin)}}
}

// Input is what the actor gives with an action.
type Input struct {
	Text   string
	Rating int // with validate: 1 to 5, 0 for none
	// Cause is the real cause, one of the academy's, with resolve, withdraw and
	// close; "" for none.
	Cause string
	// With assign: a member of the ticket's group, or of Group; a group without
	// a person leaves the ticket to whoever of it takes it.
	Assignee uuid.UUID
	Group    string
	// With requalify; what is zero stays as it is.
	Category, Subcategory string
	Urgency               Urgency
	RequestType           string
	// Into is the ticket to go on with, with merge; the major incident, with join.
	Into Ref
	// Major is the number of the major incident whose step this repeats on a
	// ticket that is joined to it; "" for what is done to the ticket itself.
	Major string
	// Mentions are the members of the desk whom a note is for; nil for those that
	// its text names. Who is not of the desk, or may not see the ticket, is left
	// out.
	Mentions []uuid.UUID
	// Draft is the CreatedAt of the reply draft that the words were written
	// from, which their sending ends; zero when there was none. One that came
	// later stays.
	Draft time.Time
}

// Allowed says whether the action fits the ticket for that person at that
// moment, so that pages and help offer only what would work.
func Allowed(c Case, action Action, by Person, now time.Time) bool {
	return Refusal(c, action, by, now) == nil
}

// Refusal says why the action does not fit the ticket for that person at that
// moment, whatever they would write: as an [Error], see [Desk.Do]. It returns
// nil when it fits.
func Refusal(c Case, action Action, by Person, now time.Time) error {
	r, ok := rules[action]
	switch {
	case !ok:
		return &Error{Code: Invalid, Message: "action.unknown", Args: []any{string(action)}}
	case !by.SeesTicket(c.Ticket):
		return notFound("ticket.not_found")
	case r.clock && !by.clock():
		return &Error{Code: Invalid, Message: "action.unknown", Args: []any{string(action)}}
	case !r.permits(c, by) && r.desk:
		return errDeskOnly
	case !r.permits(c, by):
		return &Error{Code: Forbidden, Message: "action.party_only", Args: []any{c.Number.String()}}
	case !slices.Contains(r.from, c.Status):
		return c.conflict()
	case r.unless != nil:
		if refused := r.unless(c, by, now); refused != nil {
			return refused
		}
	}
	return nil
}

func (r rule) permits(c Case, by Person) bool {
	return r.desk && by.Agent() || r.party && c.Party(by.ID) || r.clock && by.clock()
}

// Actions returns what fits the ticket for that person at that moment, in a
// stable order.
func Actions(c Case, by Person, now time.Time) []Action {
	var out []Action
	for _, a := range order {
		if Allowed(c, a, by, now) {
			out = append(out, a)
		}
	}
	return out
}

// attempted is an action with what it was given, looked up: a change must not
// read the store, as it holds a lock.
type attempted struct {
	action   Action
	in       Input
	by       Person
	now      time.Time
	assignee Person   // of in.Assignee
	named    []Person // whom a note names
	into     Ticket   // of in.Into; zero when by sees none
}

// act applies an action to the case and returns the ticket as it becomes with
// the event that says so. It returns a nil event and no error when the same
// person has just done the same, or when nothing would change: a repetition is
// a success that changes nothing. The case itself is not changed.
func act(a Academy, c Case, try attempted) (Ticket, *Event, error) {
	t, by, r := c.Ticket, try.by, rules[try.action]
	if refused := Refusal(c, try.action, by, try.now); refused != nil {
		if CodeOf(refused) == Conflict && t.StatusAction == try.action && t.StatusBy == by.ID && (try.action != ActionTake || t.Assignee == by.ID) {
			return t, nil, nil // repeated; what was taken, and given to somebody since, is not
		}
		return t, nil, refused
	}
	text, err := cleanText("text", try.in.Text, MaxText)
	if err != nil {
		return t, nil, err
	}
	if r.text && text == "" {
		return t, nil, invalid("text", "text.missing."+string(try.action))
	}

	event := &Event{
		Academy: t.Academy, Ticket: t.ID, Seq: t.Version + 1,
		Action: try.action, Actor: by.ID, At: try.now, From: t.Status, To: t.Status,
		Text: text, Internal: r.internal, Detail: Detail{Major: try.in.Major},
	}
	if r.to != "" {
		event.To = r.to
	}
	changed, err := try.effect(a, &t, event)
	if err != nil || !changed {
		return c.Ticket, nil, err
	}
	t.Version = event.Seq
	if event.To != event.From || r.to != "" {
		t.Status, t.StatusAction, t.StatusBy, t.StatusAt = event.To, try.action, by.ID, try.now
	}
	return t, event, nil
}

// conflict is the refusal that says who did what when.
func (c Case) conflict() *Error {
	return &Error{
		Code: Conflict, Message: "conflict." + string(c.StatusAction),
		Args: []any{c.Number.String(), c.Who(c.StatusBy).Name(), c.StatusAt},
	}
}

// open makes the ticket and its first event from a clean card.
func open(a Academy, id uuid.UUID, n Number, card Card, by Person, now time.Time) (Ticket, *Event) {
	t := Ticket{
		Academy: a.ID, ID: id, Number: n, Version: 1, Card: card,
		Requester: by.ID, Category: card.Theme, Subcategory: card.Subject, Group: a.Desk().Code,
		Status: StatusNew, StatusAction: ActionOpen, StatusBy: by.ID, StatusAt: now, OpenedAt: now,
	}
	if t.Beneficiary == uuid.Nil {
		t.Beneficiary = by.ID
	}
	return t, &Event{
		Academy: a.ID, Ticket: id, Seq: 1, Action: ActionOpen, Actor: by.ID,
		At: now, To: StatusNew, Text: card.Description,
	}
}
