package mattermost

import (
	"context"
	"strings"

	"cecoia.example/tickets"
)

var cloturer = verb{
	name: "clôturer", aliases: []string{"close", "clore", "fermer", "cloture"},
	run: func(ctx context.Context, c *call) (string, error) {
		refs, words, err := c.about(ctx, true)
		if err != nil {
			return "", err
		}
		in := tickets.Input{Text: words, Cause: c.causeOf(words)}
		return c.apply(ctx, refs, tickets.ActionClose, in, func(res tickets.Result) string {
			return c.print.T("chat.close.done", res.Number.String()) + c.causeTold(res) + " " + c.sent(ctx, res)
		})
	},
}

// causeOf returns the real cause that words name alone or before a colon, as in
// "câble : rebranché"; "" for none.
func (c *call) causeOf(words string) string {
	before, _, _ := strings.Cut(words, ":")
	named := fold(strings.TrimFunc(before, func(r rune) bool { return blank(r) || strings.ContainsRune(".,;", r) }))
	for _, cause := range c.academy.Causes {
		if named == fold(cause.Code) || named == fold(cause.Name.FR) || cause.Name.EN != "" && named == fold(cause.Name.EN) {
			return cause.Code
		}
	}
	return ""
}

// causeTold says which cause was kept, nothing without one.
func (c *call) causeTold(res tickets.Result) string {
	if res.Event.Detail.Cause == "" {
		return ""
	}
	return " " + c.print.T("detail.cause", inline(c.print.Cause(c.academy, res.Event.Detail.Cause))) + "."
}
