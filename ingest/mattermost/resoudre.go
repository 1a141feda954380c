package mattermost

import (
	"context"

	"cecoia.example/tickets"
)

var resoudre = verb{
	name: "résoudre", aliases: []string{"resolve", "regler", "solve"},
	run: func(ctx context.Context, c *call) (string, error) {
		res, err := c.act(ctx, tickets.ActionResolve)
		if err != nil {
			return "", err
		}
		return c.print.T("chat.resolve.done", res.Number.String()) + " " + c.sent(res), nil
	},
}
