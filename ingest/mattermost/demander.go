package mattermost

import (
	"context"

	"cecoia.example/tickets"
)

var demander = verb{
	name: "demander", aliases: []string{"ask", "d"},
	run: func(ctx context.Context, c *call) (string, error) {
		res, err := c.act(ctx, tickets.ActionAsk)
		if err != nil {
			return "", err
		}
		return c.print.T("chat.ask.done", res.Number.String()) + " " + c.sent(res), nil
	},
}
