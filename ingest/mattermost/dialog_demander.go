package mattermost

import (
	"context"

	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
)

// demanderForm asks for the question to the requester.
var demanderForm = form{
	name: "demander", action: tickets.ActionAsk, asks: []string{"text"},
	fields: func(_ context.Context, c *call, _ tickets.Case) ([]model.DialogElement, error) {
		return []model.DialogElement{c.area("dialog.demander.text", "text")}, nil
	},
	submit: func(ctx context.Context, c *call, about tickets.Case, in values) (string, error) {
		res, err := c.done(c.Desk.Do(ctx, c.by(0), about.Number.Ref(), tickets.ActionAsk, tickets.Input{Text: in["text"]}))
		if err != nil {
			return "", err
		}
		return c.print.T("chat.ask.done", res.Number.String()) + " " + c.sent(ctx, res), nil
	},
}
