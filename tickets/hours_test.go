package tickets_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
)

func TestASpanIsReadAsItIsWritten(t *testing.T) {
	for _, s := range []string{"08:00-12:30", "00:00-24:00", "13:30-13:31"} {
		var span tickets.Span
		if err := span.UnmarshalText([]byte(s)); err != nil {
			t.Errorf("%s: %v", s, err)
		}
		if b, err := span.MarshalText(); err != nil || string(b) != s {
			t.Errorf("%s is written %s, %v", s, b, err)
		}
	}
	for _, s := range []string{"", "08:00", "8:00-12:00", "08:00-08:00", "22:00-06:00", "08:00-24:01", "24:00-24:00", "08h00-12h00", "08:00-12:00-14:00", "08:60-12:00"} {
		var span tickets.Span
		if err := span.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q is taken for %v", s, span)
		}
	}
}

func TestWrongHoursAreRefusedWithTheirPlace(t *testing.T) {
	morning, noon := tickets.Span{From: 480, To: 720}, tickets.Span{From: 700, To: 800}
	for want, h := range map[string]tickets.Hours{
		"":                        {Week: tickets.DefaultWeek(), Exceptions: []tickets.Exception{{Date: "2026-12-24"}}},
		"week: monday":            {Week: tickets.Week{Monday: []tickets.Span{morning, noon}}},
		"school_holiday_week: su": {SchoolHolidayWeek: tickets.Week{Sunday: []tickets.Span{{From: 0, To: 1441}}}},
		`"2026-02-29" is not`:     {Exceptions: []tickets.Exception{{Date: "2026-02-29"}}},
		"stands twice":            {Exceptions: []tickets.Exception{{Date: "2026-12-24"}, {Date: "2026-12-24"}}},
		"exceptions: 2026-12-24":  {Exceptions: []tickets.Exception{{Date: "2026-12-24", Open: []tickets.Span{noon, morning}}}},
		`school_holidays: "Noël"`: {SchoolHolidays: []tickets.Period{{Name: "Noël", From: "2027-01-03", To: "2026-12-19"}}},
		`school_holidays: "Été"`:  {SchoolHolidays: []tickets.Period{{Name: "Été", From: "2027-07-03"}}},
	} {
		if err := h.Validate(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func TestWrongDeadlinesAreRefusedWithTheirPlace(t *testing.T) {
	themes := []tickets.Theme{{Code: "otp"}}
	for want, d := range map[string]tickets.Deadlines{
		"":               {Themes: map[string]tickets.Resolution{"otp": {tickets.Critical: time.Hour}}},
		"take_up: -1m":   {TakeUp: -time.Minute},
		"resolution: 4 ": {Resolution: tickets.Resolution{4: time.Hour}},
		"resolution: 1:": {Resolution: tickets.Resolution{tickets.Critical: 0}},
		`themes: "opt"`:  {Themes: map[string]tickets.Resolution{"opt": {tickets.Critical: time.Hour}}},
		"themes: otp: 3": {Themes: map[string]tickets.Resolution{"otp": {tickets.Low: 9000 * time.Hour}}},
	} {
		if err := d.Validate(themes); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func TestDeadlinesHaveDefaults(t *testing.T) {
	d := tickets.Deadlines{Themes: map[string]tickets.Resolution{"otp": {tickets.Critical: time.Hour}}}
	if got := d.ToTakeUp(); got != 10*time.Minute {
		t.Errorf("take up within %s", got)
	}
	for u, want := range map[tickets.Urgency]time.Duration{tickets.Critical: 4 * time.Hour, tickets.High: 8 * time.Hour, tickets.Low: 40 * time.Hour} {
		if got := d.ToResolve("messagerie", u); got != want {
			t.Errorf("urgency %d: within %s, want %s", u, got, want)
		}
	}
	if got := d.ToResolve("otp", tickets.Critical); got != time.Hour {
		t.Errorf("the theme's own: within %s", got)
	}
}

// The database keeps an academy as JSON.
func TestHoursAndDeadlinesSurviveBeingKept(t *testing.T) {
	for name, want := range map[string]tickets.Academy{
		"none": {},
		"all": {
			Hours: tickets.Hours{
				Week: tickets.DefaultWeek(), OpenOnPublicHolidays: true,
				Exceptions:        []tickets.Exception{{Date: "2026-12-24", Open: []tickets.Span{{From: 480, To: 720}}, Name: "réveillon"}},
				SchoolHolidays:    []tickets.Period{{Name: "Noël", From: "2026-12-19", To: "2027-01-03"}},
				SchoolHolidayWeek: tickets.Week{Monday: []tickets.Span{{From: 0, To: 1440}}},
			},
			Deadlines: tickets.Deadlines{
				TakeUp: time.Minute, Resolution: tickets.Resolution{tickets.Low: time.Hour},
				Themes: map[string]tickets.Resolution{"otp": {tickets.Critical: time.Hour}},
			},
		},
	} {
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got tickets.Academy
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Hours, want.Hours) || !reflect.DeepEqual(got.Deadlines, want.Deadlines) {
			t.Errorf("%s: %s is read as %+v %+v", name, b, got.Hours, got.Deadlines)
		}
	}
}
