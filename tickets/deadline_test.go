package tickets

import (
	"testing"
	"time"
)

// slowness is a group that is there half of each moment, when it is 2: a minute of
// open time takes two.
type slowness int

func (s slowness) Add(from time.Time, open time.Duration) time.Time {
	if open <= 0 {
		return from
	}
	return from.Add(open * time.Duration(s))
}

func (s slowness) Between(from, to time.Time) time.Duration { return to.Sub(from) / time.Duration(s) }

func (s slowness) AddDays(from time.Time, days int) time.Time { return from.AddDate(0, 0, days*int(s)) }

// never is a group that is never there.
type never struct{}

func (never) Add(time.Time, time.Duration) time.Time     { return time.Time{} }
func (never) AddDays(time.Time, int) time.Time           { return time.Time{} }
func (never) Between(time.Time, time.Time) time.Duration { return 0 }

// clocked is an academy with the default deadlines, two groups, one of which is
// there half of the time, and a theme that is urgent.
func clocked() (Academy, timing) {
	a := academy()
	a.Groups = append(a.Groups, Group{Code: "reseaux", Name: Text{FR: "Réseaux"}, Channel: "reseaux"}, Group{Code: "archives", Name: Text{FR: "Archives"}, Channel: "archives"})
	a.Themes = append(a.Themes, Theme{Code: "otp", Name: Text{FR: "Clé"}})
	a.Deadlines.Themes = map[string]Resolution{"otp": {Low: 2 * time.Hour}}
	return a, timing{a, func(_ Academy, group string) OpenTime {
		switch group {
		case "reseaux":
			return slowness(2)
		case "archives":
			return never{}
		}
		return slowness(1)
	}}
}

// The figures are hours from the opening; "-" is zero. A low urgency has 40, of
// which 30 are three quarters; a ticket is taken within ten minutes, 0.17 h.
func TestTheStopwatchRunsWhileItIsTheDesksTurn(t *testing.T) {
	requester, beneficiary, agent, colleague, _, _, _ := cast()
	words := Input{Text: "Des mots"}
	type step struct {
		at     float64
		action Action
		by     Person
		in     Input
	}
	const none = -1
	for name, x := range map[string]struct {
		steps             []step
		takeUp, soon, due float64
		spent, runs       float64
	}{
		"opened":                   {nil, 10. / 60, 30, 40, 0, 0},
		"taken":                    {[]step{{1, ActionTake, agent, Input{}}}, none, 30, 40, 0, 0},
		"a note changes nothing":   {[]step{{1, ActionNote, agent, words}}, 10. / 60, 30, 40, 0, 0},
		"waits for its requester":  {[]step{{1, ActionTake, agent, Input{}}, {3, ActionAsk, agent, words}}, none, none, none, 3, none},
		"goes on with the answer":  {[]step{{3, ActionAsk, agent, words}, {10, ActionComplement, requester, words}}, none, 37, 47, 3, 10},
		"asked twice":              {[]step{{3, ActionAsk, agent, words}, {10, ActionComplement, requester, words}, {14, ActionAsk, agent, words}, {20, ActionComplement, beneficiary, words}}, none, 43, 53, 7, 20},
		"noted while it waits":     {[]step{{3, ActionAsk, agent, words}, {4, ActionNote, agent, words}}, none, none, none, 3, none},
		"taken while it waits":     {[]step{{3, ActionAsk, agent, words}, {4, ActionRelease, agent, Input{}}, {5, ActionTake, colleague, Input{}}}, none, none, none, 3, none},
		"to be validated":          {[]step{{5, ActionResolve, agent, words}}, none, none, none, 5, none},
		"complemented while so":    {[]step{{5, ActionResolve, agent, words}, {6, ActionComplement, requester, words}}, none, none, none, 5, none},
		"refused":                  {[]step{{5, ActionResolve, agent, words}, {100, ActionRefuse, requester, words}}, none, 125, 135, 5, 100},
		"refused when time is up":  {[]step{{45, ActionResolve, agent, words}, {100, ActionRefuse, requester, words}}, none, 100, 100, 45, 100},
		"refused near the end":     {[]step{{35, ActionResolve, agent, words}, {100, ActionRefuse, requester, words}}, none, 100, 105, 35, 100},
		"validated":                {[]step{{5, ActionResolve, agent, words}, {6, ActionValidate, requester, Input{}}}, none, none, none, 5, none},
		"withdrawn":                {[]step{{5, ActionWithdraw, requester, words}}, none, none, none, 5, none},
		"closed by the desk":       {[]step{{1, ActionTake, agent, Input{}}, {5, ActionClose, agent, words}}, none, none, none, 5, none},
		"reopened, somebody's":     {[]step{{5, ActionResolve, agent, words}, {6, ActionValidate, requester, Input{}}, {7, ActionReopen, requester, words}}, none, 37, 47, 0, 7},
		"reopened, nobody's":       {[]step{{5, ActionWithdraw, requester, words}, {7, ActionReopen, agent, words}}, 7 + 10./60, 37, 47, 0, 7},
		"handed back":              {[]step{{1, ActionTake, agent, Input{}}, {2, ActionRelease, agent, Input{}}}, 2 + 10./60, 30, 40, 0, 0},
		"handed back as it waited": {[]step{{3, ActionAsk, agent, words}, {4, ActionRelease, agent, Input{}}, {9, ActionComplement, requester, words}}, 9 + 10./60, 36, 46, 3, 9},
		"given to somebody":        {[]step{{1, ActionAssign, agent, Input{Assignee: colleague.ID}}}, none, 30, 40, 0, 0},
		"urgent":                   {[]step{{1, ActionRequalify, agent, Input{Urgency: Critical}}}, 10. / 60, 3, 4, 0, 0},
		"of another theme":         {[]step{{1, ActionRequalify, agent, Input{Category: "otp"}}}, 10. / 60, 1.5, 2, 0, 0},
		"urgent after a pause":     {[]step{{1, ActionAsk, agent, words}, {11, ActionComplement, requester, words}, {12, ActionRequalify, agent, Input{Urgency: High}}}, none, 16, 18, 1, 11},
		"urgent while it waits":    {[]step{{1, ActionAsk, agent, words}, {2, ActionRequalify, agent, Input{Urgency: High}}, {11, ActionComplement, requester, words}}, none, 16, 18, 1, 11},
		"requalified with words":   {[]step{{1, ActionRequalify, agent, words}}, 10. / 60, 30, 40, 0, 0},
		// Ten hours are spent; the others are there half of the time.
		"passed on":                 {[]step{{10, ActionAssign, agent, Input{Group: "reseaux"}}}, 10 + 20./60, 50, 70, 10, 10},
		"passed on to somebody":     {[]step{{10, ActionAssign, agent, Input{Group: "reseaux", Assignee: agent.ID}}}, none, 50, 70, 10, 10},
		"passed on and back":        {[]step{{10, ActionAssign, agent, Input{Group: "reseaux"}}, {14, ActionAssign, agent, Input{Group: "assistance"}}}, 14 + 10./60, 32, 42, 12, 14},
		"passed on as it waited":    {[]step{{3, ActionAsk, agent, words}, {4, ActionAssign, agent, Input{Group: "reseaux"}}, {10, ActionComplement, requester, words}}, 10 + 20./60, 64, 84, 3, 10},
		"with who are never there":  {[]step{{10, ActionAssign, agent, Input{Group: "archives"}}}, none, none, none, 10, 10},
		"back from the never there": {[]step{{10, ActionAssign, agent, Input{Group: "archives"}}, {50, ActionAssign, agent, Input{Group: "assistance"}}}, 50 + 10./60, 70, 80, 10, 50},
	} {
		t.Run(name, func(t *testing.T) {
			a, g := clocked()
			c := caseIn(StatusNew)
			hour := func(h float64) time.Time { return monday.Add(time.Duration(h * float64(time.Hour))).Round(time.Second) }
			opened, e := open(a, c.ID, c.Number, Card{Beneficiary: beneficiary.ID, Urgency: Low, Theme: "messagerie", Description: "Écran noir"}, requester, monday)
			c.Ticket = g.after(Ticket{}, opened, e.At)
			events := []Event{*e}
			for _, s := range x.steps {
				try := attempted{action: s.action, in: s.in, by: s.by, now: hour(s.at)}
				for _, p := range []Person{agent, colleague} {
					if p.ID == s.in.Assignee {
						p.Memberships = append(p.Memberships[:1:1], Membership{Group: "reseaux", Role: RoleAgent})
						try.assignee = p
					}
				}
				after, e, err := act(a, c, try)
				if err != nil || e == nil {
					t.Fatalf("%s: %v", s.action, err)
				}
				c.Ticket = g.after(c.Ticket, after, e.At)
				events = append(events, *e)
			}
			moment := func(what string, got time.Time, want float64) {
				t.Helper()
				if want == none && !got.IsZero() || want != none && !got.Equal(hour(want)) {
					t.Errorf("%s: %s (%.2f h), want %.2f h", what, got, got.Sub(monday).Hours(), want)
				}
			}
			moment("to be taken", c.TakeUpDue, x.takeUp)
			moment("soon due", c.DueSoon, x.soon)
			moment("due", c.Due, x.due)
			moment("running since", c.RunningSince, x.runs)
			if got := c.Spent.Hours(); got != x.spent {
				t.Errorf("%.2f h spent, want %.2f h", got, x.spent)
			}
			if paused := c.Status == StatusWaiting || c.Status == StatusResolved; c.Paused() != paused || paused == c.running() && c.Open() {
				t.Errorf("%s: paused %v, running %v", c.Status, c.Paused(), c.running())
			}
			blank := c.Ticket
			blank.TakeUpDue, blank.DueSoon, blank.Due, blank.Spent, blank.RunningSince = monday, monday, monday, time.Hour, monday
			if again := g.again(blank, events); !sameClock(again, c.Ticket) {
				t.Errorf("of its events: %+v, want %+v", again, c.Ticket)
			}
		})
	}
}

// A policy that changes is not that of a ticket whose clock runs: until it goes
// on, or somebody asks for it.
func TestAnOpenTicketKeepsItsDeadline(t *testing.T) {
	_, _, agent, _, _, _, _ := cast()
	a, g := clocked()
	c := caseIn(StatusNew)
	c.Ticket = g.after(Ticket{}, c.Ticket, monday)
	before := c.Due
	a.Deadlines.Resolution = Resolution{Low: time.Hour}
	g.academy = a
	after, e, err := act(a, c, attempted{action: ActionTake, by: agent, now: monday.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	if c.Ticket = g.after(c.Ticket, after, e.At); !c.Due.Equal(before) {
		t.Errorf("due at %s, want %s", c.Due, before)
	}
}

// A ticket from before there were stopwatches starts its own when it can.
func TestATicketWithoutAStopwatchGetsOne(t *testing.T) {
	_, g := clocked()
	old := caseIn(StatusInProgress).Ticket
	old.Due = monday.Add(time.Hour)
	waiting := old
	waiting.Status = StatusWaiting
	waiting = g.after(old, waiting, monday.Add(time.Hour))
	if waiting.Spent != 0 || !waiting.Due.IsZero() || !waiting.RunningSince.IsZero() {
		t.Errorf("paused: %+v", waiting)
	}
	onward := waiting
	onward.Status = StatusInProgress
	if onward = g.after(waiting, onward, monday.Add(2*time.Hour)); !onward.Due.Equal(monday.Add(42 * time.Hour)) {
		t.Errorf("due at %s", onward.Due)
	}
}

func TestWithoutACalendarNothingIsEverDue(t *testing.T) {
	c := caseIn(StatusNew).Ticket
	if got := (timing{academy: academy()}).after(Ticket{}, c, monday); !sameClock(got, c) || !got.Due.IsZero() {
		t.Errorf("%+v", got)
	}
}

func TestAGroupHasTheHoursOfTheAcademyOrItsOwn(t *testing.T) {
	a, _ := clocked()
	a.Hours.OpenOnPublicHolidays = true
	own := Hours{Week: Week{Saturday: []Span{{From: 0, To: 60}}}}
	a.Groups[2].Hours = &own
	for group, week := range map[string]bool{"assistance": false, "reseaux": true, "": false, "autre": false} {
		if h := a.HoursOf(group); h.OpenOnPublicHolidays == week || h.Week.IsZero() == week {
			t.Errorf("%q: %+v", group, h)
		}
	}
	own.Week.Saturday[0].To = -1
	if err := a.Validate(); err == nil || err.Error() != `academy creteil: groups: reseaux: hours: week: saturday: openings overlap or are not in order` {
		t.Errorf("wrong hours of a group: %v", err)
	}
}
