package mattermost

import (
	"context"
	"strings"

	"cecoia.example/tickets"
)

// maxNumbers is how many tickets one command may take.
const maxNumbers = 20

var prendre = verb{
	name: "prendre", aliases: []string{"take", "p"}, button: true,
	run: func(ctx context.Context, c *call) (string, error) {
		numbers, rest := cutNumbers(c.rest, maxNumbers)
		if len(numbers) > maxNumbers {
			return "", refusal(c.print.T("chat.take.too_many", maxNumbers))
		}
		if plainText(rest) != "" {
			return "", errUsage
		}
		refs, _, err := c.targets(ctx, numbers...)
		if err != nil {
			return "", err
		}
		lines := make([]string, len(refs))
		for i, ref := range refs {
			by := c.by(i)
			res, err := c.Desk.Do(ctx, by, ref, tickets.ActionTake, tickets.Input{})
			switch {
			case err == nil && movedOn(res, by):
				lines[i] = c.already(res)
			case err == nil:
				lines[i] = c.print.T("chat.take.done", res.Number.String())
				if names := c.hearers(res.Case); len(names) > 0 {
					lines[i] += " " + c.print.T("chat.take.told", strings.Join(names, ", "))
				}
			case len(refs) == 1:
				return "", err
			default:
				said := c.refused(err)
				if said == "" {
					return "", err
				}
				lines[i] = c.print.T("chat.take.not", ref.String(), said)
			}
		}
		return strings.Join(lines, "\n"), nil
	},
}
