package mattermost

import (
	"context"

	"cecoia.example/tickets"
)

var repondre = verb{
	name: "répondre", aliases: []string{"reply", "r", "inform", "informer"},
	run: func(ctx context.Context, c *call) (string, error) {
		res, err := c.act(ctx, tickets.ActionInform)
		if err != nil {
			return "", err
		}
		return c.print.T("chat.reply.done", res.Number.String()) + " " + c.sent(res), nil
	},
}
