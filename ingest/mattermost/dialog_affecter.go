package mattermost

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
)

// affecterForm asks for the team, or its member, who is to have the ticket.
var affecterForm = form{
	name: "affecter", action: tickets.ActionAssign, asks: []string{"assignee", "text"}, holds: map[string]string{"group": "assignee"},
	fields: func(ctx context.Context, c *call, about tickets.Case) ([]model.DialogElement, error) {
		options, err := c.assignees(ctx, about)
		if err != nil {
			return nil, err
		}
		text := c.area("dialog.affecter.text", "text")
		text.Optional = true
		return []model.DialogElement{c.choice("dialog.affecter.assignee", "assignee", "", options), text}, nil
	},
	submit: func(ctx context.Context, c *call, about tickets.Case, in values) (string, error) {
		group, member, named := strings.Cut(in["assignee"], "/")
		input := tickets.Input{Group: group, Text: in["text"]}
		if group == "" {
			return "", fieldRefusal{"assignee", c.print.T("dialog.affecter.missing")}
		}
		if named {
			var err error
			if input.Assignee, err = uuid.Parse(member); err != nil {
				return "", fieldRefusal{"assignee", c.print.T("dialog.affecter.missing")}
			}
		}
		res, err := c.Desk.Do(ctx, c.by(0), about.Number.Ref(), tickets.ActionAssign, input)
		if err != nil {
			return "", err
		}
		to := inline(c.print.Group(c.academy, res.Group))
		if res.Assignee != uuid.Nil {
			to = inline(res.Who(res.Assignee).Name()) + " (" + to + ")"
		}
		if res.Event == nil {
			return "", fieldRefusal{"assignee", c.print.T("dialog.affecter.unchanged", res.Number.String(), to)}
		}
		return c.print.T("dialog.affecter.done", res.Number.String(), to), nil
	},
}

// assignees are the teams and their members as options, the ticket's own team
// first. Who asks is the first of its team: "to me" is what people look for.
func (c *call) assignees(ctx context.Context, about tickets.Case) ([]*model.PostActionOptions, error) {
	var own, others []*model.PostActionOptions
	for _, g := range c.academy.Groups {
		if g.Supervises {
			continue
		}
		members, err := c.Desk.Agents(ctx, c.by(0), g.Code)
		if err != nil {
			return nil, err
		}
		team := g.Name.In(c.print.Lang)
		out := []*model.PostActionOptions{option(c.print.T("dialog.affecter.team", team), g.Code)}
		for _, m := range members {
			if m.ID == c.person.ID {
				out = append(out, option(c.print.T("dialog.affecter.me", team), g.Code+"/"+m.ID.String()))
			}
		}
		for _, m := range members {
			if m.ID != c.person.ID {
				out = append(out, option(team+" › "+m.Name(), g.Code+"/"+m.ID.String()))
			}
		}
		if g.Code == about.Group {
			own = append(own, out...)
		} else {
			others = append(others, out...)
		}
	}
	return append(own, others...), nil
}
