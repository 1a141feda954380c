package tickets

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"
)

// Nobody is told of what they did themselves, by mail or direct message, whatever
// the action and whoever does it: a party, the assignee, a colleague, or somebody
// who is all of these.
func TestNoEchoOfOnesOwnActions(t *testing.T) {
	requester, beneficiary, agent, colleague, supervisor, _, _ := cast()
	told := 0
	for _, action := range append(slices.Collect(maps.Keys(rules)), ActionOpen) {
		for who, actor := range map[string]Person{
			"requester": requester, "beneficiary": beneficiary, "assignee": agent, "colleague": colleague, "supervisor": supervisor,
		} {
			for what, change := range map[string]func(*Case){
				"as it is":               func(*Case) {},
				"with nobody":            func(c *Case) { c.Assignee = uuid.Nil },
				"theirs":                 func(c *Case) { c.Assignee = actor.ID },
				"asked by the assignee":  func(c *Case) { c.Requester, c.Beneficiary = agent.ID, agent.ID },
				"all theirs":             func(c *Case) { c.Requester, c.Beneficiary, c.Assignee = actor.ID, actor.ID, actor.ID },
				"refused, critical, all": func(c *Case) { c.Refusals, c.Urgency, c.Assignee = 2, Critical, actor.ID },
			} {
				k := caseIn(StatusInProgress)
				change(&k)
				e := Event{Action: action, Actor: actor.ID, Seq: 2, Detail: Detail{FromGroup: "supervision", Urgency: Critical, Mentions: mentionsOf(t, actor, agent, colleague, supervisor)}}
				if action != ActionNote {
					e.Detail.Mentions = nil
				}
				for _, d := range expand(academy(), k, e) {
					if d.Recipient == ToPerson(actor.ID) {
						t.Errorf("%s by the %s, %s: they hear %s by %s", action, who, what, d.Template, d.Channel)
					}
					if _, person := d.Recipient.Person(); person {
						told++
					}
				}
			}
		}
	}
	if told < 300 {
		t.Errorf("others are told %d times: the table is broken", told)
	}
}

// mentionsOf are those whom a note of that actor mentions that names all of them.
func mentionsOf(t *testing.T, actor Person, named ...Person) []uuid.UUID {
	t.Helper()
	if !actor.Agent() {
		return nil
	}
	try := attempted{action: ActionNote, by: actor, in: Input{Text: "note"}, named: named, now: monday}
	_, e, err := act(academy(), caseIn(StatusInProgress), try)
	if err != nil {
		t.Fatal(err)
	}
	return e.Detail.Mentions
}
