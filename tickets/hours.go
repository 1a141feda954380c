package tickets

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Hours are when an academy's desk is there, as the desk file declares them;
// tickets/calendar computes with them. On a day, the first that speaks of it
// rules: an exception, a public holiday, the school holidays, the week.
type Hours struct {
	Week Week `yaml:"week" json:"week,omitzero"` // [DefaultWeek] when absent
	// OpenOnPublicHolidays keeps the desk open on the public holidays of
	// mainland France, when it is closed otherwise.
	OpenOnPublicHolidays bool        `yaml:"open_on_public_holidays" json:"open_on_public_holidays,omitempty"`
	Exceptions           []Exception `yaml:"exceptions" json:"exceptions,omitempty"`
	SchoolHolidays       []Period    `yaml:"school_holidays" json:"school_holidays,omitempty"`
	// SchoolHolidayWeek is the week during the school holidays; as usual when
	// absent.
	SchoolHolidayWeek Week `yaml:"school_holiday_week" json:"school_holiday_week,omitzero"`
}

// Week is the opening hours of each day of the week; a day without any is closed.
type Week struct {
	Monday    []Span `yaml:"monday" json:"monday,omitempty"`
	Tuesday   []Span `yaml:"tuesday" json:"tuesday,omitempty"`
	Wednesday []Span `yaml:"wednesday" json:"wednesday,omitempty"`
	Thursday  []Span `yaml:"thursday" json:"thursday,omitempty"`
	Friday    []Span `yaml:"friday" json:"friday,omitempty"`
	Saturday  []Span `yaml:"saturday" json:"saturday,omitempty"`
	Sunday    []Span `yaml:"sunday" json:"sunday,omitempty"`
}

// DefaultWeek is Monday to Friday, 08:00 to 18:00.
func DefaultWeek() Week {
	day := []Span{{From: 8 * 60, To: 18 * 60}}
	return Week{Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day}
}

// On returns the opening hours of a day of the week, in order.
func (w Week) On(d time.Weekday) []Span {
	return [...][]Span{w.Sunday, w.Monday, w.Tuesday, w.Wednesday, w.Thursday, w.Friday, w.Saturday}[d]
}

// IsZero says whether the week is never open, as when the desk file has none.
func (w Week) IsZero() bool {
	for d := range time.Saturday + 1 {
		if len(w.On(d)) > 0 {
			return false
		}
	}
	return true
}

// Minute is a time of the day on the wall clock, in minutes from midnight.
type Minute int

// String writes the time as "08:30".
func (m Minute) String() string { return fmt.Sprintf("%02d:%02d", int(m)/60, int(m)%60) }

// Span is a time of opening within a day, written "08:00-12:30": from the first
// minute, up to the last and without it. "00:00-24:00" is the whole day.
type Span struct{ From, To Minute }

// MarshalText writes the span as the desk file does.
func (s Span) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%s-%s", s.From, s.To), nil
}

// UnmarshalText reads a span. Its end is after its beginning: hours over
// midnight are two spans, of two days.
func (s *Span) UnmarshalText(b []byte) error {
	from, to, _ := strings.Cut(string(b), "-")
	start, ok := minuteOf(from)
	end, alsoOK := minuteOf(to)
	if !ok || !alsoOK || start >= end {
		return fmt.Errorf("%q is not an opening as 08:00-12:30", b)
	}
	*s = Span{From: start, To: end}
	return nil
}

// minuteOf reads "08:30"; "24:00" is the end of the day.
func minuteOf(s string) (Minute, bool) {
	if s == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", s)
	return Minute(t.Hour()*60 + t.Minute()), err == nil && len(s) == len("15:04")
}

// Date is a day of the calendar, as "2026-12-24" (ISO 8601): dates are in the
// order of their text.
type Date string

// DateOf returns the date that it is at t, in t's location.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

func (d Date) valid() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// Exception is a date with hours of its own, whatever else it is; closed
// without any.
type Exception struct {
	Date Date   `yaml:"date" json:"date"`
	Open []Span `yaml:"open" json:"open,omitempty"`
	Name string `yaml:"name" json:"name,omitempty"` // why, for who reads the desk file
}

// Period is a stretch of days, the first and the last included.
type Period struct {
	Name string `yaml:"name" json:"name,omitempty"` // for who reads the desk file
	From Date   `yaml:"from" json:"from"`
	To   Date   `yaml:"to" json:"to"`
}

// Has says whether the date is within the period.
func (p Period) Has(d Date) bool { return p.From <= d && d <= p.To }

// Validate says what is wrong in the hours, naming the place.
func (h Hours) Validate() error {
	for name, week := range map[string]Week{"week": h.Week, "school_holiday_week": h.SchoolHolidayWeek} {
		for d := range time.Saturday + 1 {
			if !ordered(week.On(d)) {
				return fmt.Errorf("%s: %s: openings overlap or are not in order", name, strings.ToLower(d.String()))
			}
		}
	}
	seen := map[Date]bool{}
	for _, e := range h.Exceptions {
		if !e.Date.valid() || seen[e.Date] {
			return fmt.Errorf("exceptions: %q is not a date as 2026-12-24, or stands twice", e.Date)
		}
		if !ordered(e.Open) {
			return fmt.Errorf("exceptions: %s: openings overlap or are not in order", e.Date)
		}
		seen[e.Date] = true
	}
	for _, p := range h.SchoolHolidays {
		if !p.From.valid() || !p.To.valid() || p.From > p.To {
			return fmt.Errorf("school_holidays: %q: from and to are dates as 2026-12-24, in order", p.Name)
		}
	}
	return nil
}

// ordered says whether the spans follow one another; they may touch.
func ordered(spans []Span) bool {
	last := Minute(0)
	for _, s := range spans {
		if s.From < last || s.To <= s.From || s.To > 24*60 {
			return false
		}
		last = s.To
	}
	return true
}

// Deadlines are how fast the desk should be, in open time.
type Deadlines struct {
	// TakeUp is how long a new ticket may wait for somebody to take it; 10
	// minutes when absent.
	TakeUp time.Duration `yaml:"take_up" json:"take_up,omitempty"`
	// Resolution is how long each urgency may take until it is resolved; those
	// absent are of [DefaultResolution].
	Resolution Resolution `yaml:"resolution" json:"resolution,omitempty"`
	// Themes are the resolutions of some themes, by code; urgencies absent there
	// are as for the others.
	Themes map[string]Resolution `yaml:"themes" json:"themes,omitempty"`
	// Validation is how long the desk waits for a word on a resolution.
	Validation Validation `yaml:"validation" json:"validation,omitzero"`
}

// Validation is how long a resolution waits for the word of who asked, in days on
// which the desk is there.
type Validation struct {
	Remind int `yaml:"remind" json:"remind,omitempty"` // until they are reminded; 3 when absent
	Close  int `yaml:"close" json:"close,omitempty"`   // until their silence closes the ticket; 7 when absent
}

func (v Validation) withDefaults() Validation {
	return Validation{Remind: cmp.Or(v.Remind, 3), Close: cmp.Or(v.Close, 7)}
}

// longestSilence bounds how long a resolution may wait, in days.
const longestSilence = 90

func (v Validation) validate() error {
	if with := v.withDefaults(); with.Remind < 1 || with.Remind >= with.Close || with.Close > longestSilence {
		return fmt.Errorf("validation: remind (%d) comes before close (%d), which is at most %d days", with.Remind, with.Close, longestSilence)
	}
	return nil
}

// Resolution is an open time by urgency.
type Resolution map[Urgency]time.Duration

// DefaultTakeUp is the time to take a ticket up when the desk file has none.
const DefaultTakeUp = 10 * time.Minute

// DefaultResolution returns the time to resolve an urgency when the desk file
// has none: half a day, a day, a week of eight hours a day.
func DefaultResolution(u Urgency) time.Duration {
	switch u {
	case Critical:
		return 4 * time.Hour
	case High:
		return 8 * time.Hour
	default:
		return 40 * time.Hour
	}
}

// ToTakeUp returns the open time within which a new ticket should be taken.
func (d Deadlines) ToTakeUp() time.Duration {
	if d.TakeUp > 0 {
		return d.TakeUp
	}
	return DefaultTakeUp
}

// ToResolve returns the open time within which a ticket of that theme and
// urgency should be resolved.
func (d Deadlines) ToResolve(theme string, u Urgency) time.Duration {
	for _, r := range []Resolution{d.Themes[theme], d.Resolution} {
		if open, ok := r[u]; ok {
			return open
		}
	}
	return DefaultResolution(u)
}

// longestDeadline bounds what a deadline may be: well over a year of open time.
const longestDeadline = 5000 * time.Hour

// Validate says what is wrong in the deadlines of an academy with those themes.
func (d Deadlines) Validate(themes []Theme) error {
	if err := d.Validation.validate(); err != nil {
		return err
	}
	if d.TakeUp < 0 || d.TakeUp > longestDeadline {
		return fmt.Errorf("take_up: %s is not between 0 and %s", d.TakeUp, longestDeadline)
	}
	check := func(place string, r Resolution) error {
		for u, open := range r {
			if u < Critical || u > Low {
				return fmt.Errorf("%s: %d is not an urgency from %d to %d", place, u, Critical, Low)
			}
			if open <= 0 || open > longestDeadline {
				return fmt.Errorf("%s: %d: %s is not between 0 and %s", place, u, open, longestDeadline)
			}
		}
		return nil
	}
	if err := check("resolution", d.Resolution); err != nil {
		return err
	}
	for code, r := range d.Themes {
		if !slices.ContainsFunc(themes, func(t Theme) bool { return t.Code == code }) {
			return fmt.Errorf("themes: %q is none of the academy's", code)
		}
		if err := check("themes: "+code, r); err != nil {
			return err
		}
	}
	return nil
}
