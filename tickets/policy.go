package tickets

import (
	"slices"

	"github.com/google/uuid"
)

// expand is the policy of who hears of an event, and by what. It returns the
// deliveries without ids and times; the caller completes them.
//
// Nobody is told by mail of what they did themselves. Supervisors are told by
// tickets/oncall, which looks at how tickets stand.
func expand(a Academy, c Case, e Event) []Delivery {
	var out []Delivery
	tell := func(ch Channel, to Recipient, tpl Template, rule string) {
		if slices.ContainsFunc(out, func(d Delivery) bool { return d.Channel == ch && d.Recipient == to }) {
			return
		}
		out = append(out, Delivery{
			Academy: a.ID, Ticket: c.ID, Seq: e.Seq,
			Channel: ch, Recipient: to, Template: tpl, Rule: rule,
		})
	}
	mailParties := func(tpl Template, rule string) {
		for _, id := range []uuid.UUID{c.Beneficiary, c.Requester} {
			if id != e.Actor && id != uuid.Nil {
				tell(Mail, ToPerson(id), tpl, rule)
			}
		}
	}
	messageAssignee := func(tpl Template, rule string) {
		if c.Assignee != uuid.Nil && c.Assignee != e.Actor {
			tell(Chat, ToPerson(c.Assignee), tpl, rule)
		}
	}

	// The card shows the ticket as it stands: it follows every event but those
	// that only the requester hears.
	if e.Action != ActionInform && e.Action != ActionRemind {
		tell(Chat, ToGroup(c.Group), TemplateCard, "card-follows-ticket")
	}
	switch e.Action {
	case ActionOpen:
		if c.Beneficiary != e.Actor {
			tell(Mail, ToPerson(c.Beneficiary), TemplateOpenedForYou, "opened-for-another")
		}
	case ActionTake:
		mailParties(TemplateTaken, "requester-hears-take-up")
	case ActionNote:
		for _, id := range e.Detail.Mentions {
			tell(Chat, ToPerson(id), TemplateMentioned, "named-in-note")
		}
	case ActionInform:
		mailParties(TemplateInformed, "requester-hears-desk")
	case ActionAsk:
		mailParties(TemplateAsked, "requester-is-asked")
	case ActionResolve:
		mailParties(TemplateResolved, "requester-validates")
	case ActionAssign:
		if e.Detail.FromGroup != "" {
			tell(Chat, ToGroup(e.Detail.FromGroup), TemplateCard, "card-leaves-group")
		}
		messageAssignee(TemplateAssigned, "assignee-hears-assignment")
	case ActionClose:
		mailParties(TemplateClosed, "requester-hears-closing")
	case ActionMerge:
		mailParties(TemplateMerged, "requester-hears-merging")
	case ActionJoin:
		mailParties(TemplateJoined, "requester-hears-joining")
	case ActionRemind:
		mailParties(TemplateReminded, "requester-is-reminded")
	case ActionLapse:
		mailParties(TemplateClosed, "requester-hears-silence")
	case ActionReopen, ActionUnmerge:
		mailParties(TemplateReopened, "requester-hears-reopening")
		messageAssignee(TemplateReopened, "assignee-hears-reopening")
	case ActionComplement:
		messageAssignee(TemplateComplement, "assignee-hears-complement")
	case ActionRefuse:
		messageAssignee(TemplateRefused, "assignee-hears-refusal")
	}
	return out
}
