package web

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// cardRow is one line of the identity card.
type cardRow struct {
	Label, Value string
	At           *stamp // instead of the value, a moment
	Late         string // the words for "past", "" when it is not
}

// identityCard is the card of the ticket as its page shows it.
func identityCard(v *visit, view tickets.View, now time.Time) []cardRow {
	words := v.words
	var out []cardRow
	add := func(key, value string) {
		if value != "" {
			out = append(out, cardRow{Label: words.T(key), Value: value})
		}
	}
	add("web.card.beneficiary", view.Who(view.Beneficiary).Name())
	if view.Requester != view.Beneficiary {
		add("web.card.requester", view.Who(view.Requester).Name())
	}
	if v.person.Agent() { // to reach them by other means
		add("web.ticket.function", view.Who(view.Beneficiary).Function)
		add("web.ticket.email", view.Who(view.Beneficiary).Email)
	}
	add("web.card.phone", view.Phone)
	add("web.card.other_phone", view.OtherPhone)
	add("web.card.availability", view.Availability)
	add("web.card.place", view.Place)
	add("web.card.entity", view.Entity)
	add("web.card.equipment", view.Equipment)
	add("web.card.equipment_info", view.EquipmentInfo)
	add("web.card.urgency", words.Urgency(view.Urgency))
	switch {
	case view.Paused():
		add("web.ticket.due", words.T("due.paused"))
	case view.Open() && !view.Due.IsZero():
		at := when(words, view.Due)
		row := cardRow{Label: words.T("web.ticket.due"), At: &at}
		if late(view.Ticket, now) {
			row.Late = words.T("web.list.late")
		}
		out = append(out, row)
	}
	if v.person.Agent() && !view.LapseAt.IsZero() {
		at := when(words, view.LapseAt)
		out = append(out, cardRow{Label: words.T("web.ticket.lapse"), At: &at})
	}
	add("web.card.theme", words.Category(v.academy, view.Theme, view.Subject))
	if view.Category != view.Theme || view.Subcategory != view.Subject {
		add("web.card.category", words.Category(v.academy, view.Category, view.Subcategory))
	}
	add("web.ticket.type", words.RequestType(v.academy, view.RequestType))
	add("web.card.group", words.Group(v.academy, view.Group))
	add("web.card.assignee", view.Who(view.Assignee).Name())
	add("web.ticket.cause", words.Cause(v.academy, view.Cause))
	if view.Rating > 0 {
		add("web.card.rating", words.T("web.rating.value", view.Rating))
	}
	return out
}

// duplicate is the ticket that goes on in place of another. Who may not see it
// reads why, and what to do, in place of its address.
type duplicate struct {
	link
	Hidden string
}

// duplicateOf leads to the ticket that goes on in place of this one, nil when
// there is none. Whoever may not see that one reads the number they were told.
func (s *server) duplicateOf(ctx context.Context, v *visit, view tickets.View) (*duplicate, error) {
	if view.MergedInto == uuid.Nil {
		return nil, nil
	}
	kept, err := s.desk.CaseByID(ctx, v.caller(), view.MergedInto)
	switch {
	case err == nil:
		return &duplicate{link: link{tickets.TicketPath(kept.Academy, kept.Number), kept.Number.String()}}, nil
	case tickets.CodeOf(err) != tickets.NotFound:
		return nil, err
	}
	for _, e := range slices.Backward(view.Events) {
		if e.Action == tickets.ActionMerge {
			d := duplicate{link: link{Text: e.Detail.Into}, Hidden: v.words.T("web.ticket.duplicate.hidden")}
			if slices.Contains(view.Actions, tickets.ActionReopen) {
				d.Hidden += " " + v.words.T("web.ticket.duplicate.reopen", v.words.When(view.StatusAt.Add(tickets.ReopenWithin)))
			}
			return &d, nil
		}
	}
	return nil, nil
}
