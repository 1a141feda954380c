package oncall

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// Look is an alert from near: what it says, the tickets that it is about, and
// what happened to it.
type Look struct {
	Card    Card
	Tickets []Worst // the worst first, at most maxLook; when it is over, those it named last
	More    int     // how many more there are
	Trace   []Trace
	People  map[uuid.UUID]tickets.Person // the desk
}

// maxLook is how many tickets of an alert are shown.
const maxLook = 100

// Look returns one alert of the caller's academy, over or not, to who may see the
// board; others are refused as [tickets.Forbidden].
func (r *Room) Look(ctx context.Context, by tickets.Caller, id uuid.UUID) (Look, error) {
	s, err := r.store.Scene(ctx, by.Person.Academy, r.moment())
	if err != nil {
		return Look{}, err
	}
	if !s.may(by.Person) {
		return Look{}, refuse(tickets.Forbidden, "alert.forbidden")
	}
	out := Look{People: s.Desk}
	if i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return a.ID == id }); i >= 0 {
		s.look(s.Alerts[i], &out)
	}
	if out.Card.Alert == uuid.Nil {
		a, err := r.store.Alert(ctx, by.Person.Academy, id)
		if err != nil {
			return Look{}, err
		}
		out.Card = a.Told
		out.Card.Alert, out.Card.Rank, out.Card.Rule, out.Card.Theme, out.Card.Subject = a.ID, a.Rank, a.Rule, a.Theme, a.Subject
		out.Card.Severity, out.Card.Total, out.Card.OpenedAt, out.Card.EndedAt = a.Severity, a.Total, a.OpenedAt, a.EndedAt
		if !a.EndedAt.IsZero() {
			out.Card.State = StateResolved
		}
		out.Tickets = a.Told.Worst
	}
	out.Trace, err = r.store.Traces(ctx, by.Person.Academy, id)
	return out, err
}

// look fills in what stands of an alert; nothing where nothing stands any more.
func (s Scene) look(a Alert, out *Look) {
	var firings []Firing
	for _, f := range s.Firings {
		if f.Alert == a.ID && f.EndedAt.IsZero() {
			firings = append(firings, f)
		}
	}
	if len(firings) == 0 {
		return
	}
	slices.SortFunc(firings, compareFirings)
	d := &decision{Scene: s}
	out.Card = d.card(a, firings)
	all := d.worst(firings, len(firings))
	out.Tickets = all[:min(maxLook, len(all))]
	out.More = len(all) - len(out.Tickets)
}
