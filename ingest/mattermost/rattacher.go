package mattermost

import (
	"context"

	"cecoia.example/tickets"
)

// rattacher makes tickets a part of a major incident, whose steps they follow.
var rattacher = verb{
	name: "rattacher", aliases: []string{"join", "attach", "joindre"}, rare: true,
	run: func(ctx context.Context, c *call) (string, error) {
		if rest, undo := cutUndo(c.rest); undo {
			return c.leave(ctx, rest)
		}
		numbers, major, err := c.cutInto("a", "au", "dans", "to", "into")
		if err != nil {
			return "", err
		}
		refs, _, err := c.targets(ctx, numbers...)
		if err != nil {
			return "", err
		}
		into, _, err := c.targets(ctx, major)
		if err != nil {
			return "", err
		}
		if into[0], err = c.sure(ctx, into[0]); err != nil {
			return "", err
		}
		return c.apply(ctx, refs, tickets.ActionJoin, tickets.Input{Into: into[0]}, func(res tickets.Result) string {
			return c.print.T("chat.rattacher.done", res.Number.String(), res.Event.Detail.Major)
		})
	},
}

// leave takes tickets off their major incident.
func (c *call) leave(ctx context.Context, rest string) (string, error) {
	c.rest = rest
	refs, words, err := c.about(ctx, false)
	if err != nil {
		return "", err
	}
	return c.apply(ctx, refs, tickets.ActionLeave, tickets.Input{Text: words}, func(res tickets.Result) string {
		return c.print.T("chat.rattacher.undone", res.Number.String())
	})
}
