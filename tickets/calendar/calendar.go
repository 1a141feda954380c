// Package calendar computes with the time that a desk is open: opening hours,
// exceptions, public and school holidays, clocks that change, and the deadlines
// that come of them. What the desk file may say about it is in tickets
// ([tickets.Hours], [tickets.Deadlines]); who is told when a deadline passes is
// not of this package.
package calendar

import (
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/rickar/cal/v2/fr"

	"cecoia.example/tickets"
)

// horizon is how many days ahead an opening is looked for: a desk closed for
// longer does not open.
const horizon = 3660

// Calendar is when a desk is open. It is a value that is cheap to
// make and safe for concurrent use.
type Calendar struct {
	hours tickets.Hours
	loc   *time.Location
}

// New returns the calendar of hours in a time zone. The hours are valid
// ([tickets.Hours.Validate]); without a week they are those of
// [tickets.DefaultWeek].
func New(hours tickets.Hours, loc *time.Location) Calendar {
	if hours.Week.IsZero() {
		hours.Week = tickets.DefaultWeek()
	}
	return Calendar{hours: hours, loc: loc}
}

// Of returns the calendar of a group of the academy: in its own hours, if it has
// any.
func Of(a tickets.Academy, group string) Calendar { return New(a.HoursOf(group), a.Location()) }

// OpenTime is [Of] as [tickets.Options] wants it.
func OpenTime(a tickets.Academy, group string) tickets.OpenTime { return Of(a, group) }

// Open says whether the desk is open at t.
func (c Calendar) Open(t time.Time) bool {
	next := c.Next(t)
	return !next.IsZero() && !next.After(t)
}

// Next returns t when the desk is open then, else when it opens next; the zero
// time when it does not within ten years.
func (c Calendar) Next(t time.Time) time.Time {
	for o := range c.from(t) {
		return o.start
	}
	return time.Time{}
}

// Add returns the first moment at which the desk has been open for that long
// since from: the end of a day rather than the next morning. It is from itself
// when open is not positive, and the zero time when the desk is not open for
// that long within ten years.
func (c Calendar) Add(from time.Time, open time.Duration) time.Time {
	if open <= 0 {
		return from
	}
	for o := range c.from(from) {
		if open <= o.length() {
			return o.start.Add(open)
		}
		open -= o.length()
	}
	return time.Time{}
}

// Between returns for how long the desk is open from one moment to another; 0
// when the other is not after the one. It counts ten years at most.
func (c Calendar) Between(from, to time.Time) time.Duration {
	var sum time.Duration
	for o := range c.from(from) {
		if !o.start.Before(to) {
			break
		}
		if o.end.After(to) {
			o.end = to
		}
		sum += o.length()
	}
	return sum
}

// AddDays returns the first moment at which the desk is open from the same time of
// the day as from on, that many days later of those on which it is open at all; the
// zero time when there is none within ten years.
func (c Calendar) AddDays(from time.Time, days int) time.Time {
	y, m, d := from.In(c.loc).Date()
	hour, minute, second := from.In(c.loc).Clock()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC) // the date, as in from
	for range horizon {
		if days <= 0 {
			y, m, d = day.Date()
			return c.Next(time.Date(y, m, d, hour, minute, second, 0, c.loc))
		}
		day = day.Add(24 * time.Hour)
		for range c.on(day, c.zone(day.Add(-noOffset)), c.spans(day, publicHolidays(day.Year()))) {
			days--
			break
		}
	}
	return time.Time{}
}

// opening is a stretch of time, without its end.
type opening struct{ start, end time.Time }

func (o opening) length() time.Duration { return o.end.Sub(o.start) }

// from yields the openings from t on, in order, the first cut at t.
func (c Calendar) from(t time.Time) iter.Seq[opening] {
	return func(yield func(opening) bool) {
		y, m, d := t.In(c.loc).Date()
		day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC) // the date; not yet a moment
		public := publicHolidays(y)
		z := c.zone(day.Add(-noOffset))
		for range horizon {
			if day.Year() != y {
				y = day.Year()
				public = publicHolidays(y)
			}
			if before := day.Add(-noOffset); !z.end.IsZero() && !before.Before(z.end) {
				z = c.zone(before)
			}
			for o := range c.on(day, z, c.spans(day, public)) {
				if !o.end.After(t) {
					continue
				}
				if o.start.Before(t) {
					o.start = t
				}
				if !yield(o) {
					return
				}
			}
			day = day.Add(24 * time.Hour)
		}
	}
}

// zone is a time during which the clock on the wall is as far ahead of UTC.
type zone struct {
	begin, end time.Time // zero for always
	offset     time.Duration
}

func (c Calendar) zone(t time.Time) zone {
	t = t.In(c.loc)
	_, offset := t.Zone()
	begin, end := t.ZoneBounds()
	return zone{begin, end, time.Duration(offset) * time.Second}
}

// spans returns the opening hours of a date.
func (c Calendar) spans(day time.Time, public []tickets.Date) []tickets.Span {
	date := tickets.DateOf(day)
	for _, e := range c.hours.Exceptions {
		if e.Date == date {
			return e.Open
		}
	}
	if !c.hours.OpenOnPublicHolidays && slices.Contains(public, date) {
		return nil
	}
	if slices.ContainsFunc(c.hours.SchoolHolidays, func(p tickets.Period) bool { return p.Has(date) }) && !c.hours.SchoolHolidayWeek.IsZero() {
		return c.hours.SchoolHolidayWeek.On(day.Weekday())
	}
	return c.hours.Week.On(day.Weekday())
}

// noOffset is longer than any zone is away from UTC (RFC 9557 zones reach
// fourteen hours).
const noOffset = 15 * time.Hour

// on yields the moments at which the clock on the wall shows one of the spans
// on that date. A day on which clocks change is cut there: on each side the
// clock runs evenly, an hour that is skipped is never open, one that comes
// twice is open twice. z is the zone as the day begins, wherever that is first.
func (c Calendar) on(day time.Time, z zone, spans []tickets.Span) iter.Seq[opening] {
	return func(yield func(opening) bool) {
		for last := day.Add(24*time.Hour + noOffset); ; z = c.zone(z.end) {
			for _, s := range spans {
				start := day.Add(time.Duration(s.From)*time.Minute - z.offset).In(c.loc)
				o := opening{start, start.Add(time.Duration(s.To-s.From) * time.Minute)}
				if !z.begin.IsZero() && o.start.Before(z.begin) {
					o.start = z.begin
				}
				if !z.end.IsZero() && o.end.After(z.end) {
					o.end = z.end
				}
				if o.start.Before(o.end) && !yield(o) {
					return
				}
			}
			if z.end.IsZero() || z.end.After(last) {
				return
			}
		}
	}
}

// publicHolidays returns the public holidays of mainland France in a year.
func publicHolidays(year int) []tickets.Date {
	if dates, ok := holidays.Load(year); ok {
		return dates.([]tickets.Date)
	}
	dates := make([]tickets.Date, len(fr.Holidays))
	for i, h := range fr.Holidays {
		midnight, _ := h.Calc(year)
		// In the machine's own zone, where midnight may be skipped: noon is safe.
		dates[i] = tickets.DateOf(midnight.Add(12 * time.Hour))
	}
	holidays.Store(year, dates)
	return dates
}

// holidays remembers the public holidays by year: who looks at every open ticket
// every few seconds asks for them each time. They are as many as years asked
// about: deadlines are bounded.
var holidays sync.Map
