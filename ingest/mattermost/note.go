package mattermost

import (
	"context"

	"cecoia.example/tickets"
)

var note = verb{
	name: "note", aliases: []string{"memo", "n"},
	run: func(ctx context.Context, c *call) (string, error) {
		return c.act(ctx, tickets.ActionNote, func(res tickets.Result) string {
			return c.print.T("chat.note.done", res.Number.String(), c.quote(res.Event.Text))
		})
	},
}
