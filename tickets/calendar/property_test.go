package calendar_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
)

// publicHolidays are those of mainland France, from the official calendars.
var publicHolidays = []tickets.Date{
	"2026-01-01", "2026-04-06", "2026-05-01", "2026-05-08", "2026-05-14", "2026-05-25",
	"2026-07-14", "2026-08-15", "2026-11-01", "2026-11-11", "2026-12-25",
	"2027-01-01", "2027-03-29", "2027-05-01", "2027-05-08", "2027-05-06", "2027-05-17",
	"2027-07-14", "2027-08-15", "2027-11-01", "2027-11-11", "2027-12-25",
	"2028-01-01", "2028-04-17", "2028-05-01", "2028-05-08", "2028-05-25", "2028-06-05",
	"2028-07-14", "2028-08-15", "2028-11-01", "2028-11-11", "2028-12-25",
	newYear,
}

// newYear is the last that the reference knows: what is drawn is before it.
const newYear tickets.Date = "2029-01-01"

// slow answers minute by minute, by the clock on the wall alone.
type slow struct {
	hours tickets.Hours
	loc   *time.Location
}

func (s slow) open(t time.Time) bool {
	wall := t.In(s.loc)
	date, minute := tickets.Date(wall.Format("2006-01-02")), tickets.Minute(wall.Hour()*60+wall.Minute())
	inside := func(spans []tickets.Span) bool {
		return slices.ContainsFunc(spans, func(o tickets.Span) bool { return o.From <= minute && minute < o.To })
	}
	for _, e := range s.hours.Exceptions {
		if e.Date == date {
			return inside(e.Open)
		}
	}
	if slices.Contains(publicHolidays, date) && !s.hours.OpenOnPublicHolidays {
		return false
	}
	for _, p := range s.hours.SchoolHolidays {
		if p.From <= date && date <= p.To && !s.hours.SchoolHolidayWeek.IsZero() {
			return inside(s.hours.SchoolHolidayWeek.On(wall.Weekday()))
		}
	}
	return inside(s.hours.Week.On(wall.Weekday()))
}

// add walks from a whole minute until it has seen that many open minutes.
func (s slow) add(from time.Time, minutes int) time.Time {
	t := from
	for ; minutes > 0; t = t.Add(time.Minute) {
		if s.open(t) {
			minutes--
		}
	}
	return t
}

func (s slow) between(from, to time.Time) (sum time.Duration) {
	for t := from; t.Before(to); t = t.Add(time.Minute) {
		if s.open(t) {
			sum += time.Minute
		}
	}
	return sum
}

// drawSpans draws up to three openings of a day, in order; they may touch, and
// may begin and end with the day.
func drawSpans(t *rapid.T, label string) []tickets.Span {
	edges := rapid.SliceOfNDistinct(rapid.IntRange(0, 96), 0, 6, rapid.ID).Draw(t, label)
	slices.Sort(edges)
	var out []tickets.Span
	for pair := range slices.Chunk(edges, 2) {
		if len(pair) == 2 {
			out = append(out, tickets.Span{From: tickets.Minute(pair[0] * 15), To: tickets.Minute(pair[1] * 15)})
		}
	}
	return out
}

func drawWeek(t *rapid.T, label string) (w tickets.Week) {
	for i, day := range []*[]tickets.Span{&w.Monday, &w.Tuesday, &w.Wednesday, &w.Thursday, &w.Friday, &w.Saturday, &w.Sunday} {
		*day = drawSpans(t, fmt.Sprint(label, " ", i))
	}
	return w
}

// places are zones whose clocks change: by an hour, by half of one, at
// midnight, south of the equator; and one whose clock never does.
var places = []string{"Europe/Paris", "America/Havana", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu"}

// drawCalendar draws hours and a moment near which something happens.
func drawCalendar(t *rapid.T) (tickets.Hours, *time.Location, time.Time) {
	loc, err := time.LoadLocation(rapid.SampledFrom(places).Draw(t, "place"))
	if err != nil {
		t.Fatal(err)
	}
	near := rapid.OneOf(
		rapid.SampledFrom(publicHolidays[:len(publicHolidays)-1]),
		rapid.SampledFrom([]tickets.Date{"2026-03-29", "2026-10-25", "2027-03-28", "2026-03-08", "2026-11-01", "2026-04-05", "2026-10-04", "2026-09-06", "2026-12-31"}),
	).Draw(t, "near")
	day, err := time.ParseInLocation(time.DateOnly, string(near), loc)
	if err != nil {
		t.Fatal(err)
	}
	date := func(label string) tickets.Date {
		return tickets.DateOf(day.AddDate(0, 0, rapid.IntRange(-4, 10).Draw(t, label)))
	}
	hours := tickets.Hours{
		Week:                 drawWeek(t, "week"),
		SchoolHolidayWeek:    drawWeek(t, "holiday week"),
		OpenOnPublicHolidays: rapid.Bool().Draw(t, "open on public holidays"),
	}
	hours.Week.Wednesday = append(hours.Week.Wednesday[:0], tickets.Span{From: 0, To: 24 * 60}) // it does open
	hours.Exceptions = []tickets.Exception{{Date: date("exception"), Open: drawSpans(t, "exceptional")}}
	from := date("holidays from")
	hours.SchoolHolidays = []tickets.Period{{From: from, To: max(from, date("holidays to"))}}
	if err := hours.Validate(); err != nil {
		t.Fatal(err)
	}
	start := day.Add(time.Duration(rapid.IntRange(-3*24*60, 2*24*60).Draw(t, "minutes")) * time.Minute)
	return hours, loc, start
}

func TestTheCalendarAgreesWithTheClockOnTheWall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hours, loc, from := drawCalendar(t)
		fast, reference := calendar.New(hours, loc), slow{hours, loc}

		if got, want := fast.Open(from), reference.open(from); got != want {
			t.Fatalf("at %s open: %v, want %v", from, got, want)
		}
		first := reference.add(from, 1).Add(-time.Minute) // the first open minute
		if got := fast.Next(from); !got.Equal(first) {
			t.Fatalf("after %s it opens at %s, want %s", from, got, first)
		}
		minutes := rapid.IntRange(1, 2*24*60).Draw(t, "open minutes")
		want := reference.add(from, minutes)
		if got := fast.Add(from, time.Duration(minutes)*time.Minute); !got.Equal(want) {
			t.Fatalf("%s + %d min = %s, want %s", from, minutes, got, want)
		}
		to := from.Add(time.Duration(rapid.IntRange(-60, 8*24*60).Draw(t, "until")) * time.Minute)
		if got, want := fast.Between(from, to), reference.between(from, to); got != want {
			t.Fatalf("between %s and %s: %s, want %s", from, to, got, want)
		}
	})
}

func TestAddAndBetweenAreEachOthersInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hours, loc, from := drawCalendar(t)
		c := calendar.New(hours, loc)
		from = from.Add(time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "part of a minute")))
		open := time.Duration(rapid.Int64Range(1, int64(100*time.Hour)).Draw(t, "open"))
		due := c.Add(from, open)
		if got := c.Between(from, due); got != open {
			t.Fatalf("%s + %s = %s, which is open for %s", from, open, due, got)
		}
		if c.Between(from, due.Add(-time.Nanosecond)) != open-1 {
			t.Fatalf("%s + %s = %s is not the first such moment", from, open, due)
		}
	})
}

// addDays walks from day to day, and then from minute to minute.
func (s slow) addDays(from time.Time, days int) time.Time {
	wall := from.In(s.loc)
	hour, minute, second := wall.Clock()
	for n := 1; ; n++ {
		day := time.Date(wall.Year(), wall.Month(), wall.Day()+n, 12, 0, 0, 0, s.loc) // noon: midnight may be skipped
		open := false
		for t := day.Add(-14 * time.Hour); t.Before(day.Add(14*time.Hour)) && !open; t = t.Add(time.Minute) {
			open = t.In(s.loc).Day() == day.Day() && s.open(t)
		}
		if !open {
			continue
		}
		if days--; days == 0 {
			t := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, second, 0, s.loc)
			for !s.open(t) {
				t = t.Add(time.Minute).Truncate(time.Minute)
			}
			return t
		}
	}
}

// Days are counted as somebody counts them on a calendar on the wall.
func TestOpenDaysAreCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hours, loc, now := drawCalendar(t)
		c := calendar.New(hours, loc)
		days := rapid.IntRange(1, 4).Draw(t, "days")
		if got, want := c.AddDays(now, days), (slow{hours, loc}).addDays(now, days); !got.Equal(want) {
			t.Fatalf("%d days after %s: %s, want %s", days, now.In(loc), got.In(loc), want.In(loc))
		}
	})
}
