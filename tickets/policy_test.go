package tickets

import (
	"slices"
	"testing"

	"github.com/google/uuid"
)

func TestWhoHearsOfWhat(t *testing.T) {
	requester, beneficiary, agent, colleague, _, _, _ := cast()
	mail := func(p Person, tpl Template) string { return "mail " + p.GivenName + " " + string(tpl) }
	const card = "chat assistance card"
	for _, c := range []struct {
		name   string
		action Action
		by     Person
		change func(*Case)
		want   []string
	}{
		{"opened for another", ActionOpen, requester, nil, []string{card, mail(beneficiary, TemplateOpenedForYou)}},
		{"opened for oneself", ActionOpen, requester, func(c *Case) { c.Beneficiary = requester.ID }, []string{card}},
		{"critical", ActionOpen, beneficiary, func(c *Case) { c.Urgency = Critical }, []string{card}},
		{"taken", ActionTake, agent, nil, []string{card, mail(beneficiary, TemplateTaken), mail(requester, TemplateTaken)}},
		{"asked", ActionAsk, agent, nil, []string{card, mail(beneficiary, TemplateAsked), mail(requester, TemplateAsked)}},
		{"informed", ActionInform, agent, nil, []string{mail(beneficiary, TemplateInformed), mail(requester, TemplateInformed)}},
		{"resolved, one party", ActionResolve, agent, func(c *Case) { c.Beneficiary = requester.ID }, []string{card, mail(requester, TemplateResolved)}},
		{"note stays inside", ActionNote, agent, nil, []string{card}},
		{"complement", ActionComplement, requester, nil, []string{card, "chat Alix complement"}},
		{"complement, nobody in charge", ActionComplement, requester, func(c *Case) { c.Assignee = uuid.Nil }, []string{card}},
		{"refused", ActionRefuse, beneficiary, func(c *Case) { c.Refusals = 1 }, []string{card, "chat Alix refused"}},
		{"refused twice", ActionRefuse, beneficiary, func(c *Case) { c.Refusals = 2 }, []string{card, "chat Alix refused"}},
		{"validated", ActionValidate, requester, nil, []string{card}},
		{"assigned to oneself", ActionAssign, agent, nil, []string{card}},
		{"assigned to another", ActionAssign, colleague, nil, []string{card, "chat Alix assigned"}},
		{"closed by the desk", ActionClose, agent, nil, []string{card, mail(beneficiary, TemplateClosed), mail(requester, TemplateClosed)}},
		{"joined", ActionJoin, agent, nil, []string{card, mail(beneficiary, TemplateJoined), mail(requester, TemplateJoined)}},
		{"left alone", ActionLeave, agent, nil, []string{card}},
		{"reminded", ActionRemind, Person{}, nil, []string{mail(beneficiary, TemplateReminded), mail(requester, TemplateReminded)}},
		{"closed by silence", ActionLapse, Person{}, nil, []string{card, mail(beneficiary, TemplateClosed), mail(requester, TemplateClosed)}},
		{"merged", ActionMerge, agent, nil, []string{card, mail(beneficiary, TemplateMerged), mail(requester, TemplateMerged)}},
		{"reopened by the requester", ActionReopen, requester, nil, []string{card, "chat Alix reopened", mail(beneficiary, TemplateReopened)}},
		{"released", ActionRelease, agent, nil, []string{card}},
		{"withdrawn", ActionWithdraw, requester, nil, []string{card}},
	} {
		k := caseIn(StatusInProgress)
		if c.change != nil {
			c.change(&k)
		}
		var got []string
		for _, d := range expand(academy(), k, Event{Action: c.action, Actor: c.by.ID, Seq: 2}) {
			who, isGroup := d.Recipient.Group()
			if id, ok := d.Recipient.Person(); ok {
				who, isGroup = k.Who(id).GivenName, true
			}
			if !isGroup || d.Rule == "" || d.Seq != 2 {
				t.Errorf("%s: %+v", c.name, d)
			}
			got = append(got, string(d.Channel)+" "+who+" "+string(d.Template))
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}
