package mattermost

import (
	"context"

	"cecoia.example/tickets"
)

var resoudre = verb{
	name: "résoudre", aliases: []string{"resolve", "regler", "solve"},
	run: func(ctx context.Context, c *call) (string, error) {
		refs, words, err := c.about(ctx, true)
		if err != nil {
			return "", err
		}
		in := tickets.Input{Text: words, Cause: c.causeOf(words)}
		return c.apply(ctx, refs, tickets.ActionResolve, in, func(res tickets.Result) string {
			return c.print.T("chat.resolve.done", res.Number.String()) + c.causeTold(res) + " " + c.sent(ctx, res)
		})
	},
}
