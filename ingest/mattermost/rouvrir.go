package mattermost

import (
	"context"

	"cecoia.example/tickets"
)

var rouvrir = verb{
	name: "rouvrir", aliases: []string{"reopen", "reouvrir"},
	run: func(ctx context.Context, c *call) (string, error) {
		return c.act(ctx, tickets.ActionReopen, func(res tickets.Result) string {
			return c.print.T("chat.reopen.done", res.Number.String()) + " " + c.sent(ctx, res)
		})
	},
}
