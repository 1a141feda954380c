package mattermost

import (
	"context"
	"fmt"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
)

// requalifierForm asks for what the desk knows better than who filed the ticket.
// The commands that change one of it open it whole.
var requalifierForm = form{
	name: "requalifier", also: []string{"theme", "urgence"}, action: tickets.ActionRequalify,
	asks: []string{"category", "urgency", "request_type", "text"}, holds: map[string]string{"subcategory": "category"},
	fields: func(_ context.Context, c *call, about tickets.Case) ([]model.DialogElement, error) {
		category := c.choice("dialog.requalifier.category", "category", topic(about.Category, about.Subcategory), c.topics())
		category.Optional = about.Category == tickets.UnknownTheme // it may stay so
		out := []model.DialogElement{
			category,
			c.choice("dialog.requalifier.urgency", "urgency", fmt.Sprint(int(about.Urgency)), c.urgencies()),
		}
		if len(c.academy.RequestTypes) > 0 {
			kind := c.choice("dialog.requalifier.request_type", "request_type", about.RequestType, c.choices(c.academy.RequestTypes))
			kind.Optional = true
			out = append(out, kind)
		}
		text := c.area("dialog.requalifier.text", "text")
		text.Optional = true
		return append(out, text), nil
	},
	submit: func(ctx context.Context, c *call, about tickets.Case, in values) (string, error) {
		theme, subject, _ := strings.Cut(in["category"], "/")
		res, err := c.Desk.Do(ctx, c.by(0), about.Number.Ref(), tickets.ActionRequalify, tickets.Input{
			Category: theme, Subcategory: subject, Urgency: urgency(in["urgency"]), RequestType: in["request_type"], Text: in["text"],
		})
		if err != nil {
			return "", err
		}
		if res.Event == nil {
			return "", refusal(c.print.T("dialog.requalifier.unchanged", res.Number.String()))
		}
		said := c.print.T("dialog.requalifier.done", res.Number.String())
		for _, change := range c.print.Changes(c.academy, res.Event.Detail, res.People) {
			said += "\n- " + inline(change)
		}
		return said, nil
	},
}
