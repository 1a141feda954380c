package mattermost

import "context"

// attente lists what waits, or makes a ticket wait. A ticket waits for its
// requester and for nobody else: so that takes a question.
var attente = verb{
	name: "attente", aliases: []string{"wait", "waiting", "hold"},
	run: func(ctx context.Context, c *call) (string, error) {
		if words, page, ok := cutPage(c.rest); ok && plainText(words) == "" {
			return c.list(ctx, filter{kind: listWaiting}, page)
		}
		return c.ask(ctx)
	},
}
