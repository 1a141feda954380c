package mattermost

import (
	"context"

	"cecoia.example/tickets"
)

var repondre = verb{
	name: "répondre", aliases: []string{"reply", "r", "inform", "informer"},
	run: func(ctx context.Context, c *call) (string, error) {
		return c.act(ctx, tickets.ActionInform, func(res tickets.Result) string {
			return c.print.T("chat.reply.done", res.Number.String()) + " " + c.sent(ctx, res)
		})
	},
}
