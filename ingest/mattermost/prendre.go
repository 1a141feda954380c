package mattermost

import (
	"context"
	"strings"

	"cecoia.example/tickets"
)

// maxNumbers is how many tickets one command may name.
const maxNumbers = 20

var prendre = verb{
	name: "prendre", aliases: []string{"take", "p"}, button: true,
	run: func(ctx context.Context, c *call) (string, error) {
		refs, words, err := c.about(ctx, false)
		if err != nil {
			return "", err
		}
		if words != "" {
			return "", errUsage
		}
		return c.each(refs, func(n int, ref tickets.Ref) (string, error) {
			by := c.by(n)
			res, err := c.Desk.Do(ctx, by, ref, tickets.ActionTake, tickets.Input{})
			switch {
			case err != nil:
				return "", err
			case movedOn(res, by):
				return c.already(res), nil
			case res.Assignee != c.person.ID: // taken a moment ago, and given to somebody since
				if err := tickets.Refusal(res.Case, tickets.ActionTake, c.person, c.Now()); err != nil {
					return "", err
				}
				return c.already(res), nil
			}
			line := c.print.T("chat.take.done", res.Number.String())
			names, warning := c.hearers(ctx, res.Case)
			if len(names) > 0 {
				line += " " + c.print.T("chat.take.told", strings.Join(names, ", "))
			}
			if warning != "" {
				line += "\n" + warning
			}
			return line, nil
		})
	},
}
