package mattermost

import (
	"context"

	"cecoia.example/tickets"
)

var rendre = verb{
	name: "rendre", aliases: []string{"release", "liberer", "untake"}, button: true,
	run: func(ctx context.Context, c *call) (string, error) {
		refs, words, err := c.about(ctx, false)
		if err != nil {
			return "", err
		}
		return c.apply(ctx, refs, tickets.ActionRelease, tickets.Input{Text: words}, func(res tickets.Result) string {
			return c.print.T("chat.release.done", res.Number.String(), inline(c.print.Group(c.academy, res.Group)))
		})
	},
}
