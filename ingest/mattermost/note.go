package mattermost

import (
	"context"

	"cecoia.example/tickets"
)

var note = verb{
	name: "note", aliases: []string{"memo", "n"},
	run: func(ctx context.Context, c *call) (string, error) {
		res, err := c.act(ctx, tickets.ActionNote)
		if err != nil {
			return "", err
		}
		return c.print.T("chat.note.done", res.Number.String(), c.quote(res.Event.Text)), nil
	},
}
