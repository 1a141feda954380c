package calendar_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
)

// register keeps one ticket in memory, as a [tickets.Desk] needs it.
type register struct {
	tickets.Store
	academy tickets.Academy
	people  map[uuid.UUID]tickets.Person
	ticket  tickets.Ticket
	events  []tickets.Event
}

func (r *register) Academy(context.Context, tickets.AcademyID) (tickets.Academy, error) {
	return r.academy, nil
}

func (r *register) Person(_ context.Context, _ tickets.AcademyID, id uuid.UUID) (tickets.Person, error) {
	return r.people[id], nil
}

func (r *register) NextRank(context.Context, tickets.AcademyID, tickets.Day) (int, error) {
	return 1, nil
}

func (r *register) Create(_ context.Context, t tickets.Ticket, e tickets.Event, _ []tickets.Delivery) (tickets.Case, error) {
	r.ticket, r.events = t, []tickets.Event{e}
	return r.kept(), nil
}

func (r *register) Update(_ context.Context, _ tickets.Ref, _ tickets.Attempt, change tickets.Change) (tickets.Result, error) {
	t, e, _, err := change(r.kept(), tickets.Ticket{})
	if err != nil || e == nil {
		return tickets.Result{Case: r.kept(), Repeated: err == nil}, err
	}
	r.ticket, r.events = t, append(r.events, *e)
	return tickets.Result{Case: r.kept(), Event: e}, nil
}

func (r *register) Retime(_ context.Context, _ tickets.AcademyID, _ uuid.UUID, change func(tickets.Ticket, []tickets.Event) (tickets.Ticket, []tickets.Delivery, bool)) (uuid.UUID, int, error) {
	t, _, changed := change(r.ticket, r.events)
	if !r.ticket.Open() || !changed {
		return uuid.Nil, 0, nil
	}
	r.ticket = t
	return uuid.Nil, 1, nil
}

func (r *register) kept() tickets.Case { return tickets.Case{Ticket: r.ticket, People: r.people} }

// The people of these tests, made up: who asks, and members of two groups.
var (
	requester = colleague("Dominique")
	agents    = []tickets.Person{colleague("Alix", "assistance"), colleague("Sacha", "assistance", "nuit"), colleague("Noa", "nuit")}
)

func colleague(name string, groups ...string) tickets.Person {
	p := tickets.Person{Academy: "creteil", ID: uuid.NewSHA1(uuid.Nil, []byte(name)), GivenName: name}
	for _, g := range groups {
		p.Memberships = append(p.Memberships, tickets.Membership{Group: g, Role: tickets.RoleAgent})
	}
	return p
}

// opened opens a ticket over a register of its own.
func opened(t interface{ Fatal(...any) }, a tickets.Academy, card tickets.Card, now *time.Time) (*tickets.Desk, *register) {
	r := &register{academy: a, people: map[uuid.UUID]tickets.Person{requester.ID: requester}}
	for _, p := range agents {
		r.people[p.ID] = p
	}
	d := tickets.NewDesk(tickets.Options{Store: r, Calendar: calendar.OpenTime, Now: func() time.Time { return *now }})
	card.Description = "Écran noir"
	if _, err := d.Open(context.Background(), tickets.Caller{Person: requester}, tickets.Incident, card); err != nil {
		t.Fatal(err)
	}
	return d, r
}

// twoGroups is an academy whose desk has the hours of the academy, and whose
// other group has its own.
func twoGroups(of, others tickets.Hours, loc *time.Location) tickets.Academy {
	return tickets.Academy{
		ID: "creteil", Timezone: loc.String(), Hours: of,
		Groups: []tickets.Group{{Code: "assistance"}, {Code: "nuit", Hours: &others}},
		Themes: []tickets.Theme{{Code: "messagerie"}, {Code: "otp"}},
	}
}

func TestATicketIsDueByItsThemeAndUrgency(t *testing.T) {
	a := desk(t)
	a.Groups, a.Themes = []tickets.Group{{Code: "assistance"}}, []tickets.Theme{{Code: "messagerie"}, {Code: "otp"}}
	a.Deadlines = tickets.Deadlines{
		Resolution: tickets.Resolution{tickets.High: 6 * time.Hour},
		Themes:     map[string]tickets.Resolution{"otp": {tickets.Critical: time.Hour}},
	}
	friday := at(t, "2026-11-20 18:30")
	for _, s := range []struct {
		theme     string
		urgency   tickets.Urgency
		soon, due string
	}{
		{"messagerie", tickets.Critical, "2026-11-23 11:00", "2026-11-23 12:00"}, // the default 4 h
		{"messagerie", tickets.High, "2026-11-23 12:30", "2026-11-23 15:00"},     // the academy's 6 h, over lunch
		{"messagerie", tickets.Low, "2026-11-26 16:30", "2026-11-30 17:30"},      // 40 h: 9, 9, 4.5, 9, closed, then 8.5
		{"otp", tickets.Critical, "2026-11-23 08:45", "2026-11-23 09:00"},        // the theme's own
		{"otp", tickets.High, "2026-11-23 12:30", "2026-11-23 15:00"},            // the theme has none of this urgency
		{tickets.UnknownTheme, tickets.Critical, "2026-11-23 11:00", "2026-11-23 12:00"},
	} {
		_, r := opened(t, a, tickets.Card{Urgency: s.urgency, Theme: s.theme}, &friday)
		if got := r.ticket; !got.Due.Equal(at(t, s.due)) || !got.DueSoon.Equal(at(t, s.soon)) || !got.TakeUpDue.Equal(at(t, "2026-11-23 08:10")) {
			t.Errorf("%s, urgency %d: due on %s, soon on %s, taken by %s, want %s, %s", s.theme, s.urgency, got.Due, got.DueSoon, got.TakeUpDue, s.due, s.soon)
		}
	}
}

// moment is what was so of a ticket from then on.
type moment struct {
	at      time.Time
	status  tickets.Status
	group   string
	untaken bool
}

func (m moment) running() bool {
	return m.status == tickets.StatusNew || m.status == tickets.StatusInProgress
}

// slowly computes when a ticket is due, minute by minute, from what was so of it.
type slowly struct {
	groups map[string]slow
	lived  []moment
}

// spent counts the open minutes of the desk's turns since the ticket was last
// opened or opened again, until then.
func (s slowly) spent(until time.Time) (sum time.Duration) {
	first := 0
	for i, m := range s.lived {
		if i > 0 && s.lived[i-1].status == tickets.StatusClosed && m.running() {
			first = i
		}
	}
	for i, m := range s.lived[first:] {
		end := until
		if next := first + i + 1; next < len(s.lived) && s.lived[next].at.Before(until) {
			end = s.lived[next].at
		}
		if m.running() {
			sum += s.groups[m.group].between(m.at, end)
		}
	}
	return sum
}

// since returns when what is so of the ticket, as far as one asks, began to be so
// without a break.
func (s slowly) since(so func(moment) bool) time.Time {
	i := len(s.lived) - 1
	for i > 0 && s.lived[i-1].group == s.lived[i].group && so(s.lived[i-1]) {
		i--
	}
	return s.lived[i].at
}

// due returns when the desk has had that long.
func (s slowly) due(allowed time.Duration) time.Time {
	since := s.since(moment.running)
	left := allowed - s.spent(since)
	if left <= 0 {
		return since
	}
	return s.groups[s.lived[len(s.lived)-1].group].add(since, int(left/time.Minute))
}

// TestTheStopwatchAgreesWithTheClockOnTheWall lets a ticket live, in hours as odd
// as they come, with changes of clocks and holidays on the way.
func TestTheStopwatchAgreesWithTheClockOnTheWall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hours, loc, now := drawCalendar(t)
		others := tickets.Hours{Week: drawWeek(t, "others' week"), OpenOnPublicHolidays: true}
		others.Week.Tuesday = []tickets.Span{{From: 0, To: 24 * 60}} // they are there sometimes
		a := twoGroups(hours, others, loc)
		a.Deadlines = tickets.Deadlines{
			TakeUp:     time.Duration(rapid.IntRange(1, 60).Draw(t, "take up")) * time.Minute,
			Resolution: tickets.Resolution{1: time.Hour, 2: 4 * time.Hour, 3: 16 * time.Hour},
			Themes:     map[string]tickets.Resolution{"otp": {2: 2 * time.Hour}},
		}
		d, r := opened(t, a, tickets.Card{Urgency: tickets.Low, Theme: "messagerie"}, &now)
		reference := slowly{groups: map[string]slow{"assistance": {hours, loc}, "nuit": {others, loc}}}
		steps := rapid.IntRange(0, 10).Draw(t, "steps")
		for i := 0; ; i++ {
			got := r.ticket
			reference.lived = append(reference.lived, moment{now, got.Status, got.Group, got.Assignee == uuid.Nil})
			agree(t, a, reference, got)
			if i == steps {
				break
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 20*60).Draw(t, "minutes")) * time.Minute)
			live(t, r, now, d)
		}
		// What comes of the events alone is the same, to the microsecond.
		if changed, err := d.ReopenDeadlines(context.Background(), a.ID); err != nil || changed != 0 {
			t.Fatalf("computed again it is %+v, %v", r.ticket, err)
		}
	})
}

// live does something that the ticket allows to somebody, at each of the desks.
func live(t *rapid.T, r *register, now time.Time, desks ...*tickets.Desk) {
	by := rapid.SampledFrom(append([]tickets.Person{requester}, agents...)).Draw(t, "by")
	actions := slices.DeleteFunc(tickets.Actions(r.kept(), by, now), func(a tickets.Action) bool {
		return a == tickets.ActionMerge || a == tickets.ActionJoin // of another ticket, too
	})
	if len(actions) == 0 {
		return
	}
	action, in := rapid.SampledFrom(actions).Draw(t, "action"), tickets.Input{Text: "Des mots"}
	switch action {
	case tickets.ActionRate:
		in.Rating = 5
	case tickets.ActionRequalify:
		in.Urgency = tickets.Urgency(rapid.IntRange(1, 3).Draw(t, "urgency"))
		in.Category = rapid.SampledFrom([]string{"messagerie", "otp"}).Draw(t, "category")
	case tickets.ActionAssign:
		in.Group = rapid.SampledFrom([]string{"assistance", "nuit"}).Draw(t, "group")
		if rapid.Bool().Draw(t, "to somebody") {
			in.Assignee = agents[1].ID // a member of both
		}
	}
	for _, d := range desks {
		if _, err := d.Do(context.Background(), tickets.Caller{Person: by}, r.ticket.Number.Ref(), action, in); err != nil {
			t.Fatal(err)
		}
	}
}

// agree compares the ticket's clock with the reference's.
func agree(t *rapid.T, a tickets.Academy, s slowly, got tickets.Ticket) {
	last := s.lived[len(s.lived)-1]
	want := map[string]time.Time{}
	if last.running() {
		allowed := a.Deadlines.ToResolve(got.Category, got.Urgency)
		want["due"], want["soon due"] = s.due(allowed), s.due(allowed/4*3)
		if last.untaken {
			want["to be taken"] = s.groups[last.group].add(s.since(func(m moment) bool { return m.running() && m.untaken }), int(a.Deadlines.TakeUp/time.Minute))
		}
	}
	for what, is := range map[string]time.Time{"due": got.Due, "soon due": got.DueSoon, "to be taken": got.TakeUpDue} {
		if !is.Equal(want[what]) {
			t.Fatalf("%s %s at %s, want %s, after %s", last.status, what, is, want[what], story(s.lived))
		}
	}
	spent := got.Spent
	if !got.RunningSince.IsZero() {
		spent += calendar.Of(a, got.Group).Between(got.RunningSince, last.at)
	}
	if want := s.spent(last.at); spent != want {
		t.Fatalf("%s spent, want %s, after %s", spent, want, story(s.lived))
	}
}

func story(lived []moment) (out string) {
	for _, m := range lived {
		out += fmt.Sprintf("\n%s %s in %s", m.at.Format("2006-01-02 15:04"), m.status, m.group)
	}
	return out
}

// A changed policy makes of the open tickets what it would have made of them all
// along, once.
func TestReopenedDeadlinesAreThoseOfTheNewPolicyAllAlong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hours, loc, now := drawCalendar(t)
		others := tickets.Hours{Week: tickets.DefaultWeek()}
		before, after := twoGroups(others, hours, loc), twoGroups(hours, others, loc)
		after.Deadlines = tickets.Deadlines{TakeUp: time.Hour, Resolution: tickets.Resolution{1: time.Minute, 2: 90 * time.Minute}}
		d, r := opened(t, before, tickets.Card{Urgency: tickets.High}, &now)
		other, always := opened(t, after, tickets.Card{Urgency: tickets.High}, &now)
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(20*time.Hour)).Draw(t, "pause")))
			live(t, r, now, d, other)
		}
		old := r.ticket
		r.academy = after
		changed, err := d.ReopenDeadlines(context.Background(), "creteil")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := d.ReopenDeadlines(context.Background(), "creteil"); err != nil || again != 0 {
			t.Fatalf("again: %d changed, %v", again, err)
		}
		if !old.Open() {
			if changed != 0 {
				t.Fatal("a closed ticket changed")
			}
			return
		}
		for what, pair := range map[string][2]time.Time{
			"due": {r.ticket.Due, always.ticket.Due}, "soon due": {r.ticket.DueSoon, always.ticket.DueSoon},
			"to be taken": {r.ticket.TakeUpDue, always.ticket.TakeUpDue}, "running since": {r.ticket.RunningSince, always.ticket.RunningSince},
		} {
			if !pair[0].Equal(pair[1]) {
				t.Fatalf("%s at %s, want %s", what, pair[0], pair[1])
			}
		}
		if r.ticket.Spent != always.ticket.Spent {
			t.Fatalf("%s spent, want %s", r.ticket.Spent, always.ticket.Spent)
		}
		if same := r.ticket.Due.Equal(old.Due) && r.ticket.TakeUpDue.Equal(old.TakeUpDue) && r.ticket.DueSoon.Equal(old.DueSoon) && r.ticket.Spent == old.Spent; same != (changed == 0) {
			t.Fatalf("%d changed, of %+v to %+v", changed, old, r.ticket)
		}
	})
}
