package tickets

import (
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
				after, event, err := act(c, action, Input{Text: "Des mots"}, by, monday.Add(time.Hour))
				fits := slices.Contains(want.from, status)
				mine := want.desk && by.Agent() && by.Academy == "creteil" || !want.desk && c.Party(by.ID)
				repeat := c.StatusAction == action && c.StatusBy == by.ID

				if got := Allowed(c, action, by); got != (fits && mine) {
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

func always(s Status) func(Status) Status { return func(Status) Status { return s } }
func same(s Status) Status                { return s }

func TestAConflictSaysWhoDidWhatWhen(t *testing.T) {
	_, _, agent, colleague, _, _, _ := cast()
	c := caseIn(StatusNew)
	c.Ticket, _, _ = act(c, ActionTake, Input{}, agent, monday)
	_, _, err := act(c, ActionTake, Input{}, colleague, monday.Add(time.Minute))
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
		_, event, err := act(caseIn(StatusInProgress), ActionResolve, Input{Text: c.text}, agent, monday)
		refusal, ok := err.(*Error) //nolint:errorlint // not wrapped here
		if !ok || refusal.Code != Invalid || refusal.Message != c.message || event != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	after, _, err := act(caseIn(StatusInProgress), ActionResolve, Input{Text: "  Câble\r\nrebranché \r"}, agent, monday)
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
		c := caseIn(StatusNew)
		c.Private = rapid.Bool().Draw(t, "private")
		now := monday
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			action := rapid.SampledFrom(actions).Draw(t, "action")
			by := rapid.SampledFrom(people).Draw(t, "by")
			in := Input{Text: rapid.SampledFrom([]string{"", "mots", "\x00"}).Draw(t, "text"), Rating: rapid.IntRange(-1, 6).Draw(t, "rating")}
			now = now.Add(time.Minute)
			offered := Allowed(c, action, by)
			after, event, err := act(c, action, in, by, now)
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
	case (k.Status == StatusInProgress || k.Status == StatusWaiting || k.Status == StatusResolved) && k.Assignee == uuid.Nil:
		t.Fatalf("%s without an assignee", k.Status)
	case k.Rating != 0 && k.Closure != ClosedValidated:
		t.Fatalf("rated without being validated")
	}
}
