package tickets

import "github.com/google/uuid"

// effect sets on the ticket and its event what the action does beyond the
// status, which rules.go tells. It returns false when nothing would change, and
// an [Invalid] error for what was given wrong.
func (try attempted) effect(a Academy, t *Ticket, e *Event) (changed bool, err error) {
	switch try.action {
	case ActionNote:
		for _, p := range try.named {
			if p.ID != try.by.ID && p.SeesTicket(*t) {
				e.Detail.Mentions = append(e.Detail.Mentions, p.ID)
			}
		}
	case ActionTake:
		t.Assignee = try.by.ID
		if t.Status == StatusWaiting { // without anybody: the requester is still asked
			e.To = StatusWaiting
		}
	case ActionAsk:
		t.Assignee = try.by.ID
	case ActionRelease:
		t.Assignee = uuid.Nil
		if t.Status == StatusWaiting {
			e.To = StatusWaiting
		}
	case ActionAssign:
		return try.assign(a, t, e)
	case ActionRequalify:
		return try.requalify(a, t, e)
	case ActionComplement:
		if t.Status == StatusWaiting {
			e.To = StatusInProgress
		}
	case ActionResolve:
		t.Assignee, t.Solution = try.by.ID, e.Text
		return true, try.cause(a, t, e)
	case ActionValidate:
		if try.in.Rating < 0 || try.in.Rating > 5 {
			return false, invalid("rating", "rating.range")
		}
		t.Closure, t.Rating, e.Detail.Rating = ClosedValidated, try.in.Rating, try.in.Rating
	case ActionRate:
		if try.in.Rating < 1 || try.in.Rating > 5 {
			return false, invalid("rating", "rating.range")
		}
		changed = t.Rating != try.in.Rating
		t.Rating, e.Detail.Rating = try.in.Rating, try.in.Rating
		return changed, nil
	case ActionRefuse:
		t.Refusals++
	case ActionWithdraw:
		t.Closure = ClosedWithdrawn
		return true, try.cause(a, t, e)
	case ActionClose:
		t.Closure = ClosedByDesk
		return true, try.cause(a, t, e)
	case ActionLapse:
		t.Closure = ClosedBySilence
	case ActionMerge:
		return true, try.merge(t, e)
	case ActionJoin:
		return try.join(t, e)
	case ActionLeave:
		t.Parent = uuid.Nil
	case ActionReopen, ActionUnmerge:
		t.Closure, t.MergedInto, t.Rating = "", uuid.Nil, 0
		if try.action == ActionUnmerge && t.Assignee == uuid.Nil { // nobody had taken it
			e.To = StatusNew
		}
	}
	return true, nil
}

// cause sets the real cause of a closing.
func (try attempted) cause(a Academy, t *Ticket, e *Event) error {
	if try.in.Cause == "" {
		return nil
	}
	if _, ok := a.Cause(try.in.Cause); !ok {
		return invalid("cause", "cause.unknown")
	}
	t.Cause, e.Detail.Cause = try.in.Cause, try.in.Cause
	return nil
}

// assign gives the ticket to a group, to one of its members, or to both. The
// status stays: a ticket new to its group is there to be taken.
func (try attempted) assign(a Academy, t *Ticket, e *Event) (bool, error) {
	group := t.Group
	if try.in.Group != "" {
		g, ok := a.Group(try.in.Group)
		if !ok || g.Supervises {
			return false, invalid("group", "group.unknown")
		}
		group = g.Code
	}
	switch {
	case try.in.Assignee != uuid.Nil:
		if !try.assignee.MemberOf(group) {
			return false, invalid("assignee", "assign.not_member", try.assignee.Name(), group)
		}
	case try.in.Group == "":
		return false, invalid("assignee", "assign.nobody")
	case group == t.Group:
		return false, nil // to the group that has it: whoever has taken it keeps it
	}
	if group == t.Group && try.in.Assignee == t.Assignee {
		return false, nil
	}
	if group != t.Group {
		e.Detail.Group, e.Detail.FromGroup = group, t.Group
	}
	t.Group, t.Assignee, e.Detail.Assignee = group, try.in.Assignee, try.in.Assignee
	return true, nil
}

// requalify sets what the desk knows better than who asked.
func (try attempted) requalify(a Academy, t *Ticket, e *Event) (bool, error) {
	in, d := try.in, &e.Detail
	category, subcategory := t.Category, t.Subcategory
	if in.Category != "" { // without its subject it has none
		category, subcategory = in.Category, ""
	}
	if in.Subcategory != "" {
		subcategory = in.Subcategory
	}
	changed := false
	theme, ok := a.Theme(category)
	if !ok && category != UnknownTheme {
		return false, invalid("category", "theme.unknown")
	}
	if _, ok := theme.Subject(subcategory); !ok && subcategory != "" {
		return false, invalid("subcategory", "subject.unknown")
	}
	if category != t.Category || subcategory != t.Subcategory {
		t.Category, t.Subcategory = category, subcategory
		d.Category, d.Subcategory = category, subcategory
		changed = true
	}
	if in.Urgency != 0 && in.Urgency != t.Urgency {
		if in.Urgency < Critical || in.Urgency > Low {
			return false, invalid("urgency", "urgency.unknown")
		}
		t.Urgency, d.Urgency = in.Urgency, in.Urgency
		changed = true
	}
	if in.RequestType != "" && in.RequestType != t.RequestType {
		if _, ok := a.RequestType(in.RequestType); !ok {
			return false, invalid("request_type", "request_type.unknown")
		}
		t.RequestType, d.RequestType = in.RequestType, in.RequestType
		changed = true
	}
	return changed || e.Text != "", nil
}

// merge closes the ticket as a duplicate of another, which goes on.
func (try attempted) merge(t *Ticket, e *Event) error {
	switch {
	case try.in.Into.Rank == 0:
		return invalid("into", "merge.nothing")
	case try.into.ID == uuid.Nil:
		return invalid("into", "ticket.no_such", try.in.Into.String())
	}
	if err := Mergeable(*t, try.into); err != nil {
		return err
	}
	t.Closure, t.MergedInto, e.Detail.Into = ClosedDuplicate, try.into.ID, try.into.Number.String()
	return nil
}

// Mergeable says why the ticket cannot be a duplicate of the other, as an
// [Invalid] error for the field into; nil when it can.
func Mergeable(t, into Ticket) error {
	switch {
	case into.ID == t.ID:
		return invalid("into", "merge.itself", t.Number.String())
	case into.MergedInto != uuid.Nil:
		return invalid("into", "merge.into_merged", into.Number.String())
	case into.Major: // joined, its people hear what happens to it
		return invalid("into", "merge.into_major", into.Number.String())
	case into.Private && (!t.Private || !into.Party(t.Requester) || !into.Party(t.Beneficiary)):
		// Its number alone would tell them, or the desk, that it is there.
		return invalid("into", "merge.into_private", into.Number.String())
	}
	return nil
}
