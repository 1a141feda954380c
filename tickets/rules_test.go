package tickets

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// cast are the people of these tests: made up, of one academy but for the last.
func cast() (requester, beneficiary, agent, colleague, supervisor, stranger, elsewhere Person) {
	person := func(name string, ms ...Membership) Person {
		return Person{
			Academy: "creteil", ID: uuid.NewSHA1(uuid.Nil, []byte(name)), GivenName: name,
			FamilyName: "Exemple", Email: strings.ToLower(name) + "@creteil.example", Lang: French, Memberships: ms,
		}
	}
	elsewhere = person("Lointain", Membership{"assistance", RoleAgent})
	elsewhere.Academy = "paris"
	return person("Dominique"), person("Maxence"),
		person("Alix", Membership{"assistance", RoleAgent}), person("Sacha", Membership{"assistance", RoleAgent}),
		person("Lou", Membership{"supervision", RoleSupervisor}), person("Personne"), elsewhere
}

func academy() Academy {
	return Academy{
		ID: "creteil", Name: "Académie de Créteil", Timezone: "Europe/Paris", Domains: []string{"creteil.example"},
		NoReply: "no-reply@creteil.example", Bounce: "bounce@creteil.example", Team: "creteil",
		Groups: []Group{
			{Code: "assistance", Name: Text{FR: "Assistance"}, Channel: "assistance"},
			{Code: "supervision", Name: Text{FR: "Supervision"}, Channel: "supervision", Supervises: true},
		},
		Themes: []Theme{{Code: "messagerie", Name: Text{FR: "Messagerie", EN: "Mail"}}},
	}
}

func caseIn(status Status) Case {
	requester, beneficiary, agent, colleague, supervisor, stranger, _ := cast()
	t, _ := open(academy(), newID(), Number{Incident, "261123", 7}, Card{
		Beneficiary: beneficiary.ID, Urgency: Low, Description: "Écran noir",
	}, requester, monday)
	t.Status = status
	if status != StatusNew {
		t.Assignee, t.StatusBy, t.StatusAction = agent.ID, agent.ID, ActionTake
	}
	people := map[uuid.UUID]Person{}
	for _, p := range []Person{requester, beneficiary, agent, colleague, supervisor, stranger} {
		people[p.ID] = p
	}
	return Case{Ticket: t, People: people}
}

// doing is act without what the store would look up.
func doing(c Case, action Action, in Input, by Person, now time.Time) (Ticket, *Event, error) {
	return act(academy(), c, attempted{action: action, in: in, by: by, now: now})
}

func TestEachActionFitsItsStatusesAndItsPeople(t *testing.T) {
	requester, beneficiary, agent, colleague, supervisor, stranger, elsewhere := cast()
	all := []Status{StatusNew, StatusInProgress, StatusWaiting, StatusResolved, StatusClosed}
	open3 := all[:3]
	for action, want := range map[Action]struct {
		from []Status
		to   func(Status) Status
		desk bool
	}{
		ActionTake:     {all[:1], always(StatusInProgress), true},
		ActionNote:     {all, same, true},
		ActionInform:   {all[:4], same, true},
		ActionAsk:      {open3, always(StatusWaiting), true},
		ActionResolve:  {open3, always(StatusResolved), true},
		ActionValidate: {all[3:4], always(StatusClosed), false},
		ActionRefuse:   {all[3:4], always(StatusInProgress), false},
		ActionWithdraw: {open3, always(StatusClosed), false},
		ActionClose:    {all[:4], always(StatusClosed), true},
		ActionComplement: {all[:4], func(s Status) Status {
			if s == StatusWaiting {
				return StatusInProgress
			}
			return s
		}, false},
	} {
		for _, status := range all {
			for _, by := range []Person{requester, beneficiary, agent, colleague, supervisor, stranger, elsewhere} {
				c := caseIn(status)
				now := monday.Add(time.Hour)
				after, event, err := doing(c, action, Input{Text: "Des mots"}, by, now)
				fits := slices.Contains(want.from, status)
				mine := want.desk && by.Agent() && by.Academy == "creteil" || !want.desk && c.Party(by.ID)
				repeat := c.StatusAction == action && c.StatusBy == by.ID

				if got := Allowed(c, action, by, now); got != (fits && mine) {
					t.Errorf("%s in %s by %s: Allowed says %v", action, status, by.GivenName, got)
				}
				switch {
				case fits && mine:
					if err != nil || event == nil || after.Status != want.to(status) || event.To != after.Status || event.Seq != after.Version {
						t.Errorf("%s in %s by %s: %v, %+v, now %s", action, status, by.GivenName, err, event, after.Status)
					}
				case !by.SeesTicket(c.Ticket):
					if CodeOf(err) != NotFound {
						t.Errorf("%s in %s by %s, who may not see it: %v", action, status, by.GivenName, err)
					}
				case !mine:
					if CodeOf(err) != Forbidden {
						t.Errorf("%s in %s by %s: %v, want forbidden", action, status, by.GivenName, err)
					}
				case repeat:
					if err != nil || event != nil {
						t.Errorf("%s in %s repeated by %s: %v, %+v", action, status, by.GivenName, err, event)
					}
				default:
					if CodeOf(err) != Conflict || event != nil || after.Status != status {
						t.Errorf("%s in %s by %s: %v, want a conflict that changes nothing", action, status, by.GivenName, err)
					}
				}
			}
		}
	}
}

func TestAReopeningIsForTheDeskAndForAWhileForTheParties(t *testing.T) {
	requester, _, agent, _, _, stranger, _ := cast()
	c := caseIn(StatusClosed)
	c.Closure, c.StatusAction, c.StatusAt = ClosedValidated, ActionValidate, monday
	why := Input{Text: "Cela recommence"}
	for _, k := range []struct {
		by    Person
		after time.Duration
		want  Code
	}{
		{requester, ReopenWithin, ""},
		{requester, ReopenWithin + time.Second, Conflict},
		{agent, 365 * 24 * time.Hour, ""},
		{stranger, time.Hour, NotFound},
	} {
		now := monday.Add(k.after)
		after, event, err := doing(c, ActionReopen, why, k.by, now)
		if CodeOf(err) != k.want || Allowed(c, ActionReopen, k.by, now) != (k.want == "") {
			t.Errorf("%s after %s: %v", k.by.GivenName, k.after, err)
		}
		if k.want == "" && (after.Status != StatusInProgress || after.Closure != "" || event.To != StatusInProgress) {
			t.Errorf("reopened: %+v", after)
		}
	}
}

func TestWhoLeftTheDeskHoldsNothing(t *testing.T) {
	_, _, agent, colleague, _, _, _ := cast()
	c := caseIn(StatusInProgress)
	if _, _, err := doing(c, ActionTake, Input{}, colleague, monday); CodeOf(err) != Conflict {
		t.Errorf("taken from somebody of the desk: %v", err)
	}
	left := agent
	left.Memberships = nil
	c.People[agent.ID] = left
	after, _, err := doing(c, ActionTake, Input{}, colleague, monday)
	if err != nil || after.Assignee != colleague.ID || after.Status != StatusInProgress {
		t.Errorf("taken from somebody who left: %v, %+v", err, after)
	}
}

func TestATicketIsAssignedWithinItsGroup(t *testing.T) {
	_, _, agent, colleague, supervisor, _, _ := cast()
	a := academy()
	a.Groups = append(a.Groups, Group{Code: "reseau", Name: Text{FR: "Réseau"}, Channel: "reseau"})
	specialist := agent
	specialist.ID, specialist.Memberships = newID(), []Membership{{"reseau", RoleAgent}}
	for _, k := range []struct {
		name     string
		in       Input
		assignee Person
		want     string // "group person", "" when refused, "same" when nothing changes
	}{
		{"to a colleague", Input{Assignee: colleague.ID}, colleague, "assistance Sacha"},
		{"to who has it", Input{Assignee: agent.ID}, agent, "same"},
		{"to a specialist of another group", Input{Assignee: specialist.ID, Group: "reseau"}, specialist, "reseau Alix"},
		{"to another group", Input{Group: "reseau"}, Person{}, "reseau "},
		{"to the group that has it", Input{Group: "assistance"}, Person{}, "same"},
		{"outside the group", Input{Assignee: specialist.ID}, specialist, ""},
		{"to supervision", Input{Group: "supervision", Assignee: supervisor.ID}, supervisor, ""},
		{"to an unknown group", Input{Group: "ailleurs"}, Person{}, ""},
		{"to nobody", Input{}, Person{}, ""},
	} {
		c := caseIn(StatusInProgress)
		after, event, err := act(a, c, attempted{action: ActionAssign, in: k.in, by: agent, now: monday, assignee: k.assignee})
		switch {
		case k.want == "":
			if CodeOf(err) != Invalid || after != c.Ticket {
				t.Errorf("%s: %v", k.name, err)
			}
		case k.want == "same":
			if err != nil || event != nil || after != c.Ticket {
				t.Errorf("%s: %v, %+v", k.name, err, event)
			}
		case err != nil || after.Group+" "+k.assignee.GivenName != k.want || after.Assignee != k.in.Assignee || after.Status != c.Status:
			t.Errorf("%s: %v, now %s %s", k.name, err, after.Group, after.Assignee)
		case !event.Internal || (event.Detail.FromGroup != "") != (after.Group != c.Group):
			t.Errorf("%s: %+v", k.name, event)
		}
	}
}

func TestADuplicateIsClosedAndUndoneForADay(t *testing.T) {
	_, _, agent, colleague, _, _, _ := cast()
	c, kept := caseIn(StatusNew), caseIn(StatusInProgress)
	kept.Number.Rank = 3
	merge := attempted{action: ActionMerge, in: Input{Into: kept.Number.Ref()}, by: agent, now: monday, into: kept.Ticket}
	after, event, err := act(academy(), c, merge)
	if err != nil || after.Closure != ClosedDuplicate || after.MergedInto != kept.ID || event.Detail.Into != "I261123_003" {
		t.Fatalf("%v: %+v", err, after)
	}
	merged := Case{Ticket: after, People: c.People}
	for _, wrong := range []Ticket{c.Ticket, after, {}} {
		bad := merge
		bad.into, bad.in.Into = wrong, wrong.Number.Ref()
		if got, _, err := act(academy(), c, bad); CodeOf(err) != Invalid || got != c.Ticket {
			t.Errorf("into %s: %v", wrong.Number, err)
		}
	}
	hidden := merge
	hidden.into.Private = true
	if _, _, err := act(academy(), c, hidden); CodeOf(err) != Invalid {
		t.Errorf("into a private one: %v", err)
	}
	gathers := Case{Ticket: c.Ticket, People: c.People}
	gathers.Major = true
	if _, _, err := act(academy(), gathers, merge); CodeOf(err) != Conflict {
		t.Errorf("a major incident, which others follow: %v", err)
	}
	withdraw := attempted{action: ActionWithdraw, in: Input{Text: "Fausse alerte"}, by: c.Who(c.Requester), now: monday}
	if _, _, err := act(academy(), gathers, withdraw); CodeOf(err) != Conflict {
		t.Errorf("a major incident, withdrawn: %v", err)
	}
	if _, _, err := act(academy(), c, withdraw); err != nil {
		t.Errorf("another, withdrawn: %v", err)
	}
	followed := merge
	followed.into.Major = true
	if _, _, err := act(academy(), c, followed); CodeOf(err) != Invalid {
		t.Errorf("into a major incident: %v", err)
	}
	both := Case{Ticket: c.Ticket, People: c.People}
	both.Private = true
	if _, _, err := act(academy(), both, hidden); err != nil {
		t.Errorf("a private one into another of the same people: %v", err)
	}
	hidden.into.Requester = newID()
	if _, _, err := act(academy(), both, hidden); CodeOf(err) != Invalid {
		t.Errorf("a private one into a stranger's: %v", err)
	}
	if _, _, err := doing(merged, ActionUnmerge, Input{}, colleague, monday.Add(UnmergeWithin+time.Second)); CodeOf(err) != Conflict {
		t.Errorf("undone too late: %v", err)
	}
	after, _, err = doing(merged, ActionUnmerge, Input{}, colleague, monday.Add(UnmergeWithin))
	if err != nil || after.Status != StatusNew || after.MergedInto != uuid.Nil || after.Closure != "" {
		t.Errorf("undone: %v, %+v", err, after)
	}
}

func TestTheDeskRequalifiesWhatWasAsked(t *testing.T) {
	_, _, agent, _, _, _, _ := cast()
	a := academy()
	a.Themes[0].Subjects = []Choice{{Code: "quota", Name: Text{FR: "Quota"}}}
	a.RequestTypes = []Choice{{Code: "panne", Name: Text{FR: "Panne"}}}
	c := caseIn(StatusInProgress)
	requalify := func(in Input) (Ticket, *Event, error) {
		return act(a, c, attempted{action: ActionRequalify, in: in, by: agent, now: monday})
	}
	after, event, err := requalify(Input{Category: "messagerie", Subcategory: "quota", Urgency: Critical, RequestType: "panne"})
	want := Detail{Category: "messagerie", Subcategory: "quota", Urgency: Critical, RequestType: "panne"}
	if err != nil || after.Category != "messagerie" || after.Theme != c.Theme || !reflect.DeepEqual(event.Detail, want) || !event.Internal {
		t.Errorf("%v: %+v", err, event)
	}
	if _, event, err := requalify(Input{Urgency: c.Urgency}); err != nil || event != nil {
		t.Errorf("nothing new: %v, %+v", err, event)
	}
	for _, bad := range []Input{{Category: "cuisine"}, {Subcategory: "quota"}, {Category: "messagerie", Subcategory: "rien"}, {Urgency: 4}, {RequestType: "rien"}} {
		if after, _, err := requalify(bad); CodeOf(err) != Invalid || after != c.Ticket {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func always(s Status) func(Status) Status { return func(Status) Status { return s } }
func same(s Status) Status                { return s }

func TestAConflictSaysWhoDidWhatWhen(t *testing.T) {
	_, _, agent, colleague, _, _, _ := cast()
	c := caseIn(StatusNew)
	c.Ticket, _, _ = doing(c, ActionTake, Input{}, agent, monday)
	_, _, err := doing(c, ActionTake, Input{}, colleague, monday.Add(time.Minute))
	var refusal *Error
	if CodeOf(err) != Conflict {
		t.Fatalf("got %v", err)
	}
	refusal = err.(*Error) //nolint:errorlint // not wrapped here
	if refusal.Message != "conflict.take" || refusal.Args[0] != "I261123_007" || refusal.Args[1] != "Alix Exemple" || refusal.Args[2] != monday {
		t.Errorf("got %+v", refusal)
	}
}

func TestWordsAreRequiredBoundedAndClean(t *testing.T) {
	_, _, agent, _, _, _, _ := cast()
	for name, c := range map[string]struct{ text, message string }{
		"missing":     {" \n ", "text.missing.resolve"},
		"too long":    {strings.Repeat("é", MaxText+1), "text.too_long"},
		"enormous":    {strings.Repeat("x", 1<<20), "text.too_long"},
		"not UTF-8":   {"caf\xe9", "text.not_utf8"},
		"NUL":         {"a\x00b", "text.control"},
		"escape code": {"a\x1b[31mb", "text.control"},
	} {
		_, event, err := doing(caseIn(StatusInProgress), ActionResolve, Input{Text: c.text}, agent, monday)
		refusal, ok := err.(*Error) //nolint:errorlint // not wrapped here
		if !ok || refusal.Code != Invalid || refusal.Message != c.message || event != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	after, _, err := doing(caseIn(StatusInProgress), ActionResolve, Input{Text: "  Câble\r\nrebranché \r"}, agent, monday)
	if err != nil || after.Solution != "Câble\nrebranché" {
		t.Errorf("%q, %v", after.Solution, err)
	}
}

func TestACardIsCheckedFieldByField(t *testing.T) {
	card := Card{
		Description: strings.Repeat("x", 100_000), Entity: "0940001Z", Theme: "nulle-part", Urgency: 9, Phone: "01\x00",
	}
	_, err := card.Clean(academy(), true)
	errs, ok := err.(Errors) //nolint:errorlint // not wrapped here
	if !ok {
		t.Fatalf("got %v", err)
	}
	var fields []string
	for _, e := range errs {
		fields = append(fields, e.Field)
	}
	slices.Sort(fields)
	if want := []string{"description", "entity", "phone", "theme", "urgency"}; !slices.Equal(fields, want) {
		t.Errorf("refused %v, want %v", fields, want)
	}
	ok2, err := Card{Description: " Panne ", Entity: "en/rectorat de creteil"}.Clean(academy(), true)
	if err != nil || ok2.Description != "Panne" || ok2.Entity != "EN/RECTORAT DE CRETEIL" || ok2.Urgency != Low {
		t.Errorf("%+v, %v", ok2, err)
	}
	if _, err := (Card{}).Clean(academy(), false); err != nil {
		t.Errorf("an empty draft is refused: %v", err)
	}
}

// TestNoSequenceReachesAnUndefinedState plays random actions by random people
// and holds every ticket against what must always be true of one.
func TestNoSequenceReachesAnUndefinedState(t *testing.T) {
	requester, beneficiary, agent, colleague, supervisor, stranger, elsewhere := cast()
	people := []Person{requester, beneficiary, agent, colleague, supervisor, stranger, elsewhere}
	var actions []Action
	for a := range rules {
		actions = append(actions, a)
	}
	slices.Sort(actions)
	rapid.Check(t, func(t *rapid.T) {
		c, kept := caseIn(StatusNew), caseIn(StatusNew)
		c.Private = rapid.Bool().Draw(t, "private")
		now := monday
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			action := rapid.SampledFrom(actions).Draw(t, "action")
			by := rapid.SampledFrom(people).Draw(t, "by")
			in := Input{Text: rapid.SampledFrom([]string{"", "mots", "\x00"}).Draw(t, "text"), Rating: rapid.IntRange(-1, 6).Draw(t, "rating")}
			given := rapid.SampledFrom(people).Draw(t, "assignee")
			in.Assignee, in.Into = given.ID, kept.Number.Ref()
			in.Urgency = Urgency(rapid.IntRange(0, 4).Draw(t, "urgency"))
			now = now.Add(time.Minute)
			offered := Allowed(c, action, by, now)
			after, event, err := act(academy(), c, attempted{action: action, in: in, by: by, now: now, assignee: given, into: kept.Ticket})
			switch {
			case err != nil:
				if CodeOf(err) == "" {
					t.Fatalf("%s by %s: not a refusal: %v", action, by.GivenName, err)
				}
				if after != c.Ticket {
					t.Fatalf("%s by %s was refused and changed the ticket", action, by.GivenName)
				}
			case event == nil:
				if after != c.Ticket {
					t.Fatalf("a repetition changed the ticket")
				}
			default:
				if !offered {
					t.Fatalf("%s by %s worked without being offered", action, by.GivenName)
				}
				if event.Seq != c.Version+1 || after.Version != event.Seq || event.From != c.Status || event.To != after.Status {
					t.Fatalf("event %+v from %s to %s", event, c.Status, after.Status)
				}
				// Only what the table of actions names is told.
				for _, d := range expand(academy(), Case{after, c.People}, *event) {
					if d.Recipient == ToPerson(by.ID) {
						t.Fatalf("%s is told of their own %s", by.GivenName, action)
					}
				}
			}
			c.Ticket = after
			valid(t, c.Ticket)
		}
	})
}

func valid(t *rapid.T, k Ticket) {
	statuses := []Status{StatusNew, StatusInProgress, StatusWaiting, StatusResolved, StatusClosed}
	switch {
	case !slices.Contains(statuses, k.Status):
		t.Fatalf("status %q", k.Status)
	case (k.Status == StatusClosed) != (k.Closure != ""):
		t.Fatalf("%s with closure %q", k.Status, k.Closure)
	case k.Status == StatusResolved && k.Solution == "":
		t.Fatalf("resolved without a solution")
	case k.Status == StatusResolved && k.Assignee == uuid.Nil:
		t.Fatalf("resolved by nobody")
	case (k.Closure == ClosedDuplicate) != (k.MergedInto != uuid.Nil):
		t.Fatalf("closed as %q into %s", k.Closure, k.MergedInto)
	case k.Rating != 0 && k.Closure != ClosedValidated:
		t.Fatalf("rated without being validated")
	}
}

func TestWhatWasAssignedCanBeReleasedBeforeItIsTaken(t *testing.T) {
	_, _, agent, _, _, _, _ := cast()
	c := caseIn(StatusNew)
	release := attempted{action: ActionRelease, by: agent, now: monday}
	c.Assignee = uuid.Nil
	if _, _, err := act(academy(), c, release); CodeOf(err) != Conflict {
		t.Errorf("nobody's: %v", err)
	}
	c.Assignee = agent.ID
	after, event, err := act(academy(), c, release)
	if err != nil || event == nil || after.Status != StatusNew || after.Assignee != uuid.Nil {
		t.Errorf("assigned: %v, %+v", err, after)
	}
}

// What the clock does nobody else may, whoever they are, and it does it in its
// time; nobody is offered it.
func TestTheClocksActionsAreItsOwn(t *testing.T) {
	requester, beneficiary, agent, _, supervisor, _, _ := cast()
	clock := academy().clock()
	c := caseIn(StatusResolved)
	c.RemindAt, c.LapseAt = monday.Add(time.Hour), monday.Add(2*time.Hour)
	for action, at := range map[Action]time.Time{ActionRemind: c.RemindAt, ActionLapse: c.LapseAt} {
		for _, by := range []Person{requester, beneficiary, agent, supervisor} {
			if _, e, err := doing(c, action, Input{}, by, at); CodeOf(err) != Invalid || e != nil {
				t.Errorf("%s by %s: %+v, %v", action, by.GivenName, e, err)
			}
			if slices.Contains(Actions(c, by, at), action) {
				t.Errorf("%s is offered to %s", action, by.GivenName)
			}
		}
		if _, e, err := doing(c, action, Input{}, clock, at.Add(-time.Second)); CodeOf(err) != Conflict || e != nil {
			t.Errorf("%s before its time: %+v, %v", action, e, err)
		}
		if _, e, err := doing(c, action, Input{}, clock, at); err != nil || e == nil || e.Actor != uuid.Nil {
			t.Errorf("%s in its time: %+v, %v", action, e, err)
		}
	}
	after, e, err := doing(c, ActionLapse, Input{}, clock, c.LapseAt)
	if err != nil || after.Status != StatusClosed || after.Closure != ClosedBySilence {
		t.Fatalf("%+v, %+v, %v", after, e, err)
	}
	c.Ticket = after
	if _, e, err := doing(c, ActionLapse, Input{}, clock, c.LapseAt); err != nil || e != nil {
		t.Errorf("closed twice: %+v, %v", e, err)
	}
	c = caseIn(StatusResolved) // of a time without calendar
	if _, _, err := doing(c, ActionLapse, Input{}, clock, monday.AddDate(9, 0, 0)); CodeOf(err) != Conflict {
		t.Errorf("closed though nothing says when: %v", err)
	}
}
