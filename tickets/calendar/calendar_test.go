package calendar_test

import (
	"testing"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
)

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// at reads a moment of Paris.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	m, err := time.ParseInLocation("2006-01-02 15:04", s, location(t, "Europe/Paris"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func span(t testing.TB, s string) tickets.Span {
	t.Helper()
	var out tickets.Span
	if err := out.UnmarshalText([]byte(s)); err != nil {
		t.Fatal(err)
	}
	return out
}

// desk is an academy with a lunch break, a Wednesday without afternoon, a
// Christmas Eve that ends at noon, and mornings only in the holidays.
func desk(t testing.TB) tickets.Academy {
	morning, afternoon := span(t, "08:00-12:30"), span(t, "13:30-18:00")
	full, half := []tickets.Span{morning, afternoon}, []tickets.Span{morning}
	return tickets.Academy{
		ID: "creteil", Timezone: "Europe/Paris",
		Hours: tickets.Hours{
			Week:              tickets.Week{Monday: full, Tuesday: full, Wednesday: half, Thursday: full, Friday: full},
			SchoolHolidayWeek: tickets.Week{Monday: half, Tuesday: half, Wednesday: half, Thursday: half, Friday: half},
			SchoolHolidays:    []tickets.Period{{Name: "Noël", From: "2026-12-19", To: "2027-01-03"}},
			Exceptions: []tickets.Exception{
				{Date: "2026-12-24", Open: []tickets.Span{span(t, "08:00-10:00")}},
				{Date: "2026-11-27", Name: "déménagement"},
				{Date: "2027-05-08", Open: full}, // a Saturday, and a public holiday
			},
		},
	}
}

func TestOpenTimeIsAdded(t *testing.T) {
	c := calendar.Of(desk(t), "")
	for name, s := range map[string]struct {
		from string
		open time.Duration
		want string
	}{
		"within a morning":                        {"2026-11-23 09:00", 2 * time.Hour, "2026-11-23 11:00"},
		"over lunch":                              {"2026-11-23 12:00", time.Hour, "2026-11-23 14:00"},
		"exactly the rest of the day":             {"2026-11-23 13:30", 270 * time.Minute, "2026-11-23 18:00"},
		"one minute more":                         {"2026-11-23 13:30", 271 * time.Minute, "2026-11-24 08:01"},
		"from Friday evening":                     {"2026-11-20 19:30", 4 * time.Hour, "2026-11-23 12:00"},
		"from within Friday, over a weekend":      {"2026-11-20 17:00", 2 * time.Hour, "2026-11-23 09:00"},
		"over a free Wednesday afternoon":         {"2026-11-25 12:00", time.Hour, "2026-11-26 08:30"},
		"over a closed Friday":                    {"2026-11-26 17:30", time.Hour, "2026-11-30 08:30"},
		"over 1 May, a Friday of 2026":            {"2026-04-30 17:00", 2 * time.Hour, "2026-05-04 09:00"},
		"over Easter Monday":                      {"2027-03-26 17:30", time.Hour, "2027-03-30 08:30"},
		"over Ascension Day":                      {"2027-05-05 12:00", time.Hour, "2027-05-07 08:30"},
		"over Armistice Day":                      {"2026-11-10 17:30", time.Hour, "2026-11-12 08:30"},
		"Christmas Eve, then Christmas, mornings": {"2026-12-23 12:00", 3 * time.Hour, "2026-12-28 08:30"},
		"a public holiday made a working day":     {"2027-05-07 17:00", 2 * time.Hour, "2027-05-08 09:00"},
		"into the next year":                      {"2026-12-31 12:00", time.Hour, "2027-01-04 08:30"},
		"nothing to add":                          {"2026-11-22 03:00", 0, "2026-11-22 03:00"},
		"over the change of clocks":               {"2026-10-23 17:00", 2 * time.Hour, "2026-10-26 09:00"},
	} {
		if got := c.Add(at(t, s.from), s.open); !got.Equal(at(t, s.want)) {
			t.Errorf("%s: %s + %s = %s, want %s", name, s.from, s.open, got, s.want)
		}
	}
}

func TestTheDeskSaysWhenItOpens(t *testing.T) {
	c := calendar.Of(desk(t), "")
	for _, s := range []struct{ at, next string }{
		{"2026-11-23 07:59", "2026-11-23 08:00"},
		{"2026-11-23 08:00", "2026-11-23 08:00"},
		{"2026-11-23 12:29", "2026-11-23 12:29"},
		{"2026-11-23 12:30", "2026-11-23 13:30"}, // an end is not open any more
		{"2026-11-21 10:00", "2026-11-23 08:00"},
		{"2026-12-24 11:00", "2026-12-28 08:00"}, // Christmas is a Friday
	} {
		from, want := at(t, s.at), at(t, s.next)
		if got := c.Next(from); !got.Equal(want) {
			t.Errorf("at %s it opens at %s, want %s", s.at, got, want)
		}
		if got := c.Open(from); got != from.Equal(want) {
			t.Errorf("at %s open: %v", s.at, got)
		}
	}
}

func TestPublicHolidaysCanBeWorked(t *testing.T) {
	hours := tickets.Hours{OpenOnPublicHolidays: true}
	c := calendar.New(hours, location(t, "Europe/Paris"))
	if !c.Open(at(t, "2026-05-01 10:00")) {
		t.Error("closed on 1 May although the desk works on public holidays")
	}
	hours.OpenOnPublicHolidays = false
	if calendar.New(hours, location(t, "Europe/Paris")).Open(at(t, "2026-05-01 10:00")) {
		t.Error("open on 1 May")
	}
}

func TestWithoutHoursTheWeekIsThatOfAnOffice(t *testing.T) {
	c := calendar.Of(tickets.Academy{Timezone: "Europe/Paris"}, "")
	if got := c.Between(at(t, "2026-11-16 00:00"), at(t, "2026-11-23 00:00")); got != 50*time.Hour {
		t.Errorf("a week is open for %s, want 50h", got)
	}
}

func TestADeskThatNeverOpensHasNoDeadline(t *testing.T) {
	hours := tickets.Hours{
		SchoolHolidays:    []tickets.Period{{From: "2026-01-01", To: "2099-12-31"}},
		SchoolHolidayWeek: tickets.Week{Sunday: []tickets.Span{span(t, "08:00-12:00")}},
	}
	for from := tickets.Date("2026-01-04"); from <= "2037-01-01"; {
		hours.Exceptions = append(hours.Exceptions, tickets.Exception{Date: from}) // each Sunday closed
		day, err := time.Parse(time.DateOnly, string(from))
		if err != nil {
			t.Fatal(err)
		}
		from = tickets.DateOf(day.AddDate(0, 0, 7))
	}
	c := calendar.New(hours, location(t, "Europe/Paris"))
	from := at(t, "2026-01-02 10:00")
	if got := c.Add(from, time.Hour); !got.IsZero() {
		t.Errorf("due on %s", got)
	}
	if got := c.Next(from); !got.IsZero() || c.Open(from) {
		t.Errorf("opens on %s", got)
	}
}

func TestAGroupMayHaveHoursOfItsOwn(t *testing.T) {
	a := desk(t)
	night := []tickets.Span{span(t, "20:00-24:00")}
	a.Groups = []tickets.Group{
		{Code: "assistance"},
		{Code: "nuit", Hours: &tickets.Hours{Week: tickets.Week{Monday: night, Friday: night}, OpenOnPublicHolidays: true}},
	}
	from := at(t, "2026-11-23 17:30")
	for group, want := range map[string]string{
		"assistance": "2026-11-24 08:30", "": "2026-11-24 08:30", "autre": "2026-11-24 08:30",
		"nuit": "2026-11-23 21:00", // nor lunch, nor the Friday on which the others move
	} {
		if got := calendar.OpenTime(a, group).Add(from, time.Hour); !got.Equal(at(t, want)) {
			t.Errorf("%q: an hour after %s it is %s, want %s", group, from, got, want)
		}
	}
	if !calendar.Of(a, "nuit").Open(at(t, "2026-11-27 20:00")) || calendar.Of(a, "assistance").Open(at(t, "2026-11-27 10:00")) {
		t.Error("an exception of the academy's is not the group's")
	}
}

func BenchmarkDueOfAWeek(b *testing.B) {
	a, from := desk(b), at(b, "2026-12-18 16:00")
	for b.Loop() {
		if calendar.Of(a, "").Add(from, 40*time.Hour).IsZero() {
			b.Fatal("no deadline")
		}
	}
}
