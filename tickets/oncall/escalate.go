package oncall

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// escalates says whether somebody is to be fetched for the alert: not for what is
// only to know, nor for tickets of low urgency, nor where the channel is what is
// broken, as the first post has gone to everybody by mail then.
func escalates(a Alert, firings []Firing) bool {
	return a.Severity >= tickets.Warning && !watchdog(a.Rule) &&
		slices.ContainsFunc(firings, func(f Firing) bool { return !f.Low })
}

// watchdog says whether the rule is about the ways by which alerts travel.
func watchdog(rule tickets.AlertRule) bool {
	return rule == tickets.AlertConsumer || rule == tickets.AlertBot
}

// escalate takes the next step that reaches anybody, and says when the one after
// it comes.
func (d *decision) escalate(a *Alert, firings []Firing) {
	times := d.Academy.OnCall.WithDefaults().Escalation
	for a.NextAt = (time.Time{}); a.Step < ToAll; {
		a.Step++
		if len(d.reached(a.Step)) > 0 {
			break
		}
	}
	switch a.Step {
	case ToDuty:
		a.NextAt = d.later(a.Rule, d.Now, times.Deputy-times.Duty)
	case ToDeputy:
		a.NextAt = d.later(a.Rule, d.Now, times.Mail-times.Deputy)
	}
	card := d.card(*a, firings)
	for _, p := range d.reached(a.Step) {
		// A step is taken again after a snooze: the time tells them apart.
		cause := fmt.Sprintf("step %d at %d", a.Step, d.Now.UnixMicro())
		channel := tickets.Mail
		if a.Step < ToAll && d.Linked[p.ID] {
			channel = tickets.Chat
		}
		d.owe(*a, cause, channel, tickets.ToPerson(p.ID), tickets.TemplateEscalated, card)
		d.trace(*a, Escalated, p.ID, fmt.Sprint(int(a.Step)))
	}
}

// reached returns whom a step reaches.
func (s Scene) reached(step Step) []tickets.Person {
	duty, deputy := s.OnDuty()
	var out []tickets.Person
	switch step {
	case ToDuty:
		out = []tickets.Person{duty}
	case ToDeputy:
		out = []tickets.Person{deputy}
	case ToAll:
		out = s.supervisors()
	}
	return slices.DeleteFunc(out, func(p tickets.Person) bool { return p.ID == uuid.Nil })
}

// supervisors returns those of the desk who supervise and have an address, by name.
func (s Scene) supervisors() []tickets.Person {
	var out []tickets.Person
	for _, p := range s.Desk {
		if p.Supervisor() && p.Email != "" {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(x, y tickets.Person) int { return slices.Compare(x.ID[:], y.ID[:]) })
	return out
}

// owe adds a delivery about an alert. cause says what of the alert it tells, so
// that the same is not owed twice.
func (d *decision) owe(a Alert, cause string, ch tickets.Channel, to tickets.Recipient, tpl tickets.Template, card Card) {
	data, err := json.Marshal(card)
	if err != nil {
		panic(fmt.Sprintf("oncall: a card that JSON does not know: %v", err)) // its types all are
	}
	owed := tickets.Delivery{
		Academy: a.Academy, ID: newID(), Cause: uuid.NewSHA1(a.ID, []byte(cause)), Ticket: a.ID, Seq: a.Revision + 1,
		Channel: ch, Recipient: to, Template: tpl, Rule: "alert-" + string(a.Rule), Data: data, Due: d.Now, CreatedAt: d.Now,
	}
	d.out.Deliveries = append(d.out.Deliveries, owed)
	if watchdog(a.Rule) {
		d.out.Direct = append(d.out.Direct, tickets.DeliveryKey{Academy: owed.Academy, ID: owed.ID, Channel: ch})
	}
}
