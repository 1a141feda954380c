package tickets

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// rule says who may do an action, from which statuses, and where it leads.
type rule struct {
	desk     bool     // by the desk; otherwise by the requester or the beneficiary
	from     []Status // the statuses it fits
	to       Status   // "" leaves the status as it is
	text     bool     // words are required
	internal bool     // the words are for the desk only
}

// rules is the table of the actions on a ticket that is there. Opening is not
// among them: it makes the ticket.
var rules = map[Action]rule{
	ActionTake:       {desk: true, from: []Status{StatusNew}, to: StatusInProgress},
	ActionNote:       {desk: true, from: []Status{StatusNew, StatusInProgress, StatusWaiting, StatusResolved, StatusClosed}, text: true, internal: true},
	ActionInform:     {desk: true, from: []Status{StatusNew, StatusInProgress, StatusWaiting, StatusResolved}, text: true},
	ActionAsk:        {desk: true, from: []Status{StatusNew, StatusInProgress, StatusWaiting}, to: StatusWaiting, text: true},
	ActionComplement: {from: []Status{StatusNew, StatusInProgress, StatusWaiting, StatusResolved}, text: true},
	ActionResolve:    {desk: true, from: []Status{StatusNew, StatusInProgress, StatusWaiting}, to: StatusResolved, text: true},
	ActionValidate:   {from: []Status{StatusResolved}, to: StatusClosed},
	ActionRefuse:     {from: []Status{StatusResolved}, to: StatusInProgress, text: true},
	ActionWithdraw:   {from: []Status{StatusNew, StatusInProgress, StatusWaiting}, to: StatusClosed, text: true},
}

// Input is what the actor gives with an action.
type Input struct {
	Text   string
	Rating int // with validate: 1 to 5, 0 for none
	// Draft is the CreatedAt of the reply draft that the words were written
	// from, which their sending ends; zero when there was none. One that came
	// later stays.
	Draft time.Time
}

// Allowed says whether the action fits the ticket for that person now, so that
// pages and help offer only what would work.
func Allowed(c Case, action Action, by Person) bool {
	r, ok := rules[action]
	if !ok || !by.SeesTicket(c.Ticket) || !slices.Contains(r.from, c.Status) {
		return false
	}
	return r.desk && by.Agent() || !r.desk && c.Party(by.ID)
}

// Actions returns what fits the ticket for that person now, in a stable order.
func Actions(c Case, by Person) []Action {
	var out []Action
	for _, a := range []Action{
		ActionTake, ActionAsk, ActionInform, ActionNote, ActionResolve,
		ActionValidate, ActionRefuse, ActionComplement, ActionWithdraw,
	} {
		if Allowed(c, a, by) {
			out = append(out, a)
		}
	}
	return out
}

// act applies an action to the case and returns the ticket as it becomes with
// the event that says so. It returns a nil event and no error when the same
// person has just done the same: a repetition is a success that changes nothing.
// The case itself is not changed.
func act(c Case, action Action, in Input, by Person, now time.Time) (Ticket, *Event, error) {
	t := c.Ticket
	r, ok := rules[action]
	if !ok {
		return t, nil, &Error{Code: Invalid, Message: "action.unknown", Args: []any{string(action)}}
	}
	if !by.SeesTicket(t) {
		return t, nil, notFound("ticket.not_found")
	}
	if r.desk && !by.Agent() {
		return t, nil, &Error{Code: Forbidden, Message: "action.desk_only"}
	}
	if !r.desk && !t.Party(by.ID) {
		return t, nil, &Error{Code: Forbidden, Message: "action.party_only", Args: []any{t.Number.String()}}
	}
	if !slices.Contains(r.from, t.Status) {
		if t.StatusAction == action && t.StatusBy == by.ID {
			return t, nil, nil
		}
		return t, nil, c.conflict()
	}
	text, err := cleanText("text", in.Text, MaxText)
	if err != nil {
		return t, nil, err
	}
	if r.text && text == "" {
		return t, nil, invalid("text", "text.missing."+string(action))
	}
	if in.Rating < 0 || in.Rating > 5 {
		return t, nil, invalid("rating", "rating.range")
	}

	event := &Event{
		Academy: t.Academy, Ticket: t.ID, Seq: t.Version + 1,
		Action: action, Actor: by.ID, At: now, From: t.Status, To: t.Status,
		Text: text, Internal: r.internal,
	}
	if r.to != "" {
		event.To = r.to
	}
	switch action {
	case ActionTake, ActionAsk:
		t.Assignee = by.ID
	case ActionResolve:
		t.Assignee, t.Solution = by.ID, text
	case ActionComplement:
		if t.Status == StatusWaiting {
			event.To = StatusInProgress
		}
	case ActionValidate:
		t.Closure, t.Rating = ClosedValidated, in.Rating
	case ActionRefuse:
		t.Refusals++
	case ActionWithdraw:
		t.Closure = ClosedWithdrawn
	}
	t.Version = event.Seq
	if event.To != event.From || r.to != "" {
		t.Status, t.StatusAction, t.StatusBy, t.StatusAt = event.To, action, by.ID, now
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
		Requester: by.ID, Category: card.Theme, Group: a.Desk().Code,
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
