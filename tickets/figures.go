package tickets

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Standing is how the open tickets of a group and a theme stand now.
type Standing struct {
	Group, Theme string // the theme as requalified
	New          int    // nobody has them
	InProgress   int
	Waiting      int       // for their requester's precisions
	Resolved     int       // to be validated
	Late         int       // of those that the desk has to do: one of their deadlines is over
	Oldest       time.Time // when the first of the new ones came to be free; zero for none
}

// History is a ticket as figures need it: the group that has it now, and what
// brought it from one status, group or person to another, in order, from its
// opening on. The events have no words and no detail but the group's and the
// person's.
type History struct {
	Group  string
	Events []Event
}

// MailsRefused is how many mails to the no-reply address were refused on a day.
type MailsRefused struct {
	Day   Date
	Group string // that has the ticket they are about now; "" where they name none
	Count int
}

// FiguresQuery is what figures are about.
type FiguresQuery struct {
	From, Until Date   // the first day and the last, in the academy's zone
	Group       string // "" for all
}

// MaxFigures is how many days figures are about at most.
const MaxFigures = 366

// Figures are what happened in a period: of each day, of each group, and of all.
// Durations are in the open time of the group that the ticket was with.
type Figures struct {
	FiguresQuery
	Days   []DayFigures   // every day of the period, in order
	Groups []GroupFigures // those that have any, in the desk file's order
	Total  Counts
	// Target is the open time within which a ticket should be taken.
	Target time.Duration
}

// DayFigures are those of a day.
type DayFigures struct {
	Day Date
	Counts
}

// GroupFigures are those of a group.
type GroupFigures struct {
	Group string
	Counts
}

// Counts are figures of one kind of slice.
type Counts struct {
	Opened   int
	Taken    int // somebody came to have a ticket that nobody had
	InTime   int // of Taken: within the target
	Resolved int // resolutions, those refused later too
	Refusals int // resolutions refused by the requester
	Reopened int
	Mails    int // refused
	// TakeUp is the time from when a ticket came to a group, free to be taken, until
	// somebody had it; Resolution the time that the desk spent, since the opening or
	// the latest reopening, less what it waited for the requester.
	TakeUp, Resolution Spread
}

// Spread is the middle and the far end of some durations: the least that half,
// and that nine of ten, do not exceed. Zero of none.
type Spread struct{ Median, P90 time.Duration }

// spreadOf sorts the durations.
func spreadOf(d []time.Duration) Spread {
	if len(d) == 0 {
		return Spread{}
	}
	slices.Sort(d)
	rank := func(percent int) time.Duration { return d[(len(d)*percent+99)/100-1] }
	return Spread{rank(50), rank(90)}
}

// FigureStore reads what figures are made of. It checks no permission.
type FigureStore interface {
	// Standings returns how the open tickets stand, by group and theme.
	Standings(ctx context.Context, academy AcademyID, now time.Time) ([]Standing, error)
	// Histories calls each with the history of every ticket to which something
	// happened since from and before until.
	Histories(ctx context.Context, academy AcademyID, from, until time.Time, each func(History)) error
	// MailsRefused counts those received since from and before until, by the day
	// in the academy's zone.
	MailsRefused(ctx context.Context, academy AcademyID, zone string, from, until time.Time) ([]MailsRefused, error)
}

// Standings returns how the open tickets of the caller's academy stand now,
// private ones counted too. Only who answers for the desk may ask: [Forbidden]
// otherwise.
func (d *Desk) Standings(ctx context.Context, by Caller) ([]Standing, error) {
	a, err := d.supervising(ctx, by)
	if err != nil {
		return nil, err
	}
	return d.store.Standings(ctx, a.ID, d.now())
}

// Figures returns what happened in a period of at most MaxFigures days. Only who
// answers for the desk may ask: [Forbidden] otherwise.
func (d *Desk) Figures(ctx context.Context, by Caller, q FiguresQuery) (Figures, error) {
	a, err := d.supervising(ctx, by)
	if err != nil {
		return Figures{}, err
	}
	t, err := newTally(a, q, d.hours)
	if err != nil {
		return Figures{}, err
	}
	if err := d.store.Histories(ctx, a.ID, t.from, t.until, t.history); err != nil {
		return Figures{}, err
	}
	mails, err := d.store.MailsRefused(ctx, a.ID, a.Location().String(), t.from, t.until)
	if err != nil {
		return Figures{}, err
	}
	for _, m := range mails {
		t.mails(m)
	}
	return t.figures(), nil
}

// tally makes figures of histories, one after the other: a year's events need
// not be in memory at once.
type tally struct {
	FiguresQuery
	academy     Academy
	hours       func(a Academy, group string) OpenTime
	open        map[string]OpenTime // by group
	from, until time.Time
	days        map[Date]*slice
	order       []Date
	groups      map[string]*slice
	total       slice
}

// slice gathers what the figures of a day, a group or all are made of.
type slice struct {
	Counts
	takeUp, resolution []time.Duration
}

func (s *slice) counts() Counts {
	s.TakeUp, s.Resolution = spreadOf(s.takeUp), spreadOf(s.resolution)
	return s.Counts
}

func newTally(a Academy, q FiguresQuery, hours func(Academy, string) OpenTime) (*tally, error) {
	loc := a.Location()
	from, errFrom := time.ParseInLocation(time.DateOnly, string(q.From), loc)
	last, errLast := time.ParseInLocation(time.DateOnly, string(q.Until), loc)
	switch {
	case errFrom != nil:
		return nil, invalid("du", "figures.date")
	case errLast != nil:
		return nil, invalid("au", "figures.date")
	case last.Before(from):
		return nil, invalid("au", "figures.order")
	}
	if g, ok := a.Group(q.Group); q.Group != "" && (!ok || g.Supervises) {
		return nil, invalid("groupe", "group.unknown")
	}
	t := &tally{
		FiguresQuery: q, academy: a, hours: hours, open: map[string]OpenTime{},
		from: from, days: map[Date]*slice{}, groups: map[string]*slice{},
	}
	for day := from; !day.After(last); day = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, loc) {
		if len(t.order) == MaxFigures {
			return nil, invalid("au", "figures.too_long", MaxFigures)
		}
		t.order = append(t.order, DateOf(day))
		t.days[DateOf(day)] = &slice{}
		t.until = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, loc)
	}
	return t, nil
}

// between is for how long the group was there from one moment to another.
func (t *tally) between(group string, from, to time.Time) time.Duration {
	if t.hours == nil {
		return to.Sub(from)
	}
	if t.open[group] == nil {
		t.open[group] = t.hours(t.academy, group)
	}
	return t.open[group].Between(from, to)
}

// count counts what happened on that day in the care of a group.
func (t *tally) count(day Date, group string, what func(*slice)) {
	of, within := t.days[day]
	if !within || t.Group != "" && t.Group != group {
		return
	}
	if t.groups[group] == nil {
		t.groups[group] = &slice{}
	}
	what(of)
	what(t.groups[group])
	what(&t.total)
}

func (t *tally) mails(m MailsRefused) {
	t.count(m.Day, m.Group, func(s *slice) { s.Mails += m.Count })
}

// history counts what happened to a ticket: its events tell who had it, and for
// how long it was the desk's turn, as its stopwatch does (deadline.go).
func (t *tally) history(h History) {
	now := Ticket{Group: h.Group}
	for _, e := range h.Events {
		if e.Detail.FromGroup != "" {
			now.Group = e.Detail.FromGroup // where it was until it was first passed on
			break
		}
	}
	var last, freeSince time.Time
	var spent time.Duration
	for _, e := range h.Events {
		before := now
		now = before.replay(e)
		if !e.At.Before(t.until) {
			return
		}
		day := DateOf(e.At.In(t.academy.Location()))
		if before.running() {
			spent += t.between(before.Group, last, e.At)
		} else if before.Status == "" || before.Status == StatusClosed {
			spent = 0
		}
		last = e.At
		if before.untaken() && now.Assignee != uuid.Nil {
			waited := t.between(before.Group, freeSince, e.At)
			t.count(day, before.Group, func(s *slice) {
				s.Taken++
				s.takeUp = append(s.takeUp, waited)
				if waited <= t.academy.Deadlines.ToTakeUp() {
					s.InTime++
				}
			})
		}
		if now.untaken() && (!before.untaken() || before.Group != now.Group) {
			freeSince = e.At
		}
		switch e.Action {
		case ActionOpen:
			t.count(day, now.Group, func(s *slice) { s.Opened++ })
		case ActionResolve:
			t.count(day, before.Group, func(s *slice) {
				s.Resolved++
				s.resolution = append(s.resolution, spent)
			})
		case ActionRefuse:
			t.count(day, now.Group, func(s *slice) { s.Refusals++ })
		case ActionReopen:
			t.count(day, now.Group, func(s *slice) { s.Reopened++ })
		}
	}
}

func (t *tally) figures() Figures {
	f := Figures{FiguresQuery: t.FiguresQuery, Total: t.total.counts(), Target: t.academy.Deadlines.ToTakeUp()}
	for _, day := range t.order {
		f.Days = append(f.Days, DayFigures{day, t.days[day].counts()})
	}
	add := func(code string) {
		if of, ok := t.groups[code]; ok {
			f.Groups = append(f.Groups, GroupFigures{code, of.counts()})
			delete(t.groups, code)
		}
	}
	for _, g := range t.academy.Groups {
		add(g.Code)
	}
	// Groups that the desk file has no more; before them "", of no ticket.
	for _, code := range slices.Sorted(maps.Keys(t.groups)) {
		add(code)
	}
	return f
}
