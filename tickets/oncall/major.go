package oncall

import (
	"context"
	"slices"
	"time"

	"cecoia.example/tickets"
)

// Words say what a major incident is to those whom it strikes: made of a storm of
// that theme and subject, of so many tickets since then.
type Words func(a tickets.Academy, theme, subject string, total int, since time.Time) (summary, description string)

// Declare makes a major incident of a storm at the desk: a critical ticket of the
// caller's that the storm's tickets are joined to, those to come too (see
// [tickets.Desk.FollowMajors]). Declared before, by whomever, it is the same one. It returns the
// incident, and the storm's card as it is then; what is no storm is refused as
// [tickets.Conflict].
func (r *Room) Declare(ctx context.Context, desk *tickets.Desk, by tickets.Caller, ref Ref, words Words) (tickets.Case, Card, error) {
	s, err := r.store.Scene(ctx, by.Person.Academy, r.moment())
	if err != nil {
		return tickets.Case{}, Card{}, err
	}
	i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return ref.is(a) })
	switch {
	case !s.may(by.Person):
		return tickets.Case{}, Card{}, refuse(tickets.Forbidden, "alert.forbidden")
	case i < 0:
		return tickets.Case{}, Card{}, ref.missing()
	case s.Alerts[i].Rule != tickets.AlertStorm:
		return tickets.Case{}, Card{}, refuse(tickets.Conflict, "alert.major.no_storm", s.Alerts[i].Rank)
	}
	storm := s.Alerts[i]
	var near Look
	s.look(storm, &near)
	summary, description := words(s.Academy, storm.Theme, storm.Subject, near.Card.Total, near.Card.Since)
	major, err := desk.Declare(ctx, by, "storm "+storm.ID.String(), tickets.Card{
		Urgency: tickets.Critical, Theme: storm.Theme, Entity: storm.Subject, Summary: summary, Description: description,
	})
	if err != nil {
		return tickets.Case{}, Card{}, err
	}
	card, err := r.act(ctx, by, Ref{ID: storm.ID}, func(d *decision, a *Alert) error {
		if a.Major != major.ID {
			a.Major, a.declared = major.ID, major.Number.String()
			if a.PostedAt.IsZero() { // nothing is told, so nothing else keeps it
				a.Told.Major = a.declared
			}
			d.trace(*a, MajorCreated, by.Person.ID, a.declared)
			if !a.held(d.Now) { // who makes it has seen the storm
				d.acknowledge(a, by.Person)
			}
		}
		return nil
	})
	return major, card, err
}
