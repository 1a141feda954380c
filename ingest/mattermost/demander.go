package mattermost

import (
	"context"

	"cecoia.example/tickets"
)

var demander = verb{
	name: "demander", aliases: []string{"ask", "d"},
	run: func(ctx context.Context, c *call) (string, error) { return c.ask(ctx) },
}

// ask puts a question to the requester; the ticket waits for the answer.
func (c *call) ask(ctx context.Context) (string, error) {
	return c.act(ctx, tickets.ActionAsk, func(res tickets.Result) string {
		return c.print.T("chat.ask.done", res.Number.String()) + " " + c.sent(ctx, res)
	})
}
