package tickets

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// visitLasts is how long coming back to a ticket is the same visit: what was
// new when it began still is, though the page was left for an action and shown
// again.
const visitLasts = 15 * time.Minute

// Visit is what a person has seen of a ticket. Zero for somebody who never came.
type Visit struct {
	Seq    int       // of the last event seen
	Before int       // of the last event seen when the visit began
	At     time.Time // when the visit began
}

// Visits keeps what each person has seen of each ticket: one row of each.
type Visits interface {
	// Visit returns the person's latest visit to the ticket, zero for none.
	Visit(ctx context.Context, academy AcademyID, ticket, person uuid.UUID) (Visit, error)
	// SaveVisit keeps a visit in place of the one before; what was seen stays
	// seen, whichever of two pages is written last.
	SaveVisit(ctx context.Context, academy AcademyID, ticket, person uuid.UUID, v Visit) error
	// Unseen returns, for those of the tickets that have news for the viewer,
	// how many: additions of others since their last visit, that they may read.
	// It checks no permission on the tickets.
	Unseen(ctx context.Context, viewer Person, tickets []uuid.UUID) (map[uuid.UUID]int, error)
}

// since returns the last event seen before the visit that is under way now, or
// begins. A party who never came has seen nothing; for the desk, nothing of a
// ticket opened for the first time stands out.
func (v Visit) since(c Case, viewer Person, now time.Time) int {
	switch {
	case v.At.IsZero() && c.Party(viewer.ID):
		return 0
	case v.At.IsZero():
		return c.Version
	case v.lasts(now):
		return v.Before
	}
	return v.Seq
}

func (v Visit) lasts(now time.Time) bool { return !v.At.IsZero() && now.Sub(v.At) < visitLasts }

// News says whether the event of the view is new to the viewer: an addition of
// somebody else since their last visit.
func (v View) News(e Event) bool { return e.Seq > v.since && e.Actor != v.viewer }

// Visited records that the caller has seen the view, which [Desk.View] alone
// does not: only the page that shows the timeline does. It writes nothing when
// there is nothing to remember.
func (d *Desk) Visited(ctx context.Context, by Caller, v View) error {
	next := v.visit
	for _, e := range v.Events {
		next.Seq = max(next.Seq, e.Seq)
	}
	if next.Seq == v.visit.Seq {
		return nil
	}
	next.Before = min(v.since, next.Seq)
	if now := d.now(); !v.visit.lasts(now) {
		next.At = now
	}
	return d.store.SaveVisit(ctx, v.Academy, v.ID, by.Person.ID, next)
}

// Unseen returns, for those of the cases that have news for the caller, how
// many.
func (d *Desk) Unseen(ctx context.Context, by Caller, cases []Case) (map[uuid.UUID]int, error) {
	if len(cases) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, len(cases))
	for i, c := range cases {
		ids[i] = c.ID
	}
	return d.store.Unseen(ctx, by.Person, ids)
}
