package mattermost

import (
	"context"
	"slices"

	"cecoia.example/tickets"
)

var fusionner = verb{
	name: "fusionner", aliases: []string{"merge", "regrouper", "doublon", "duplicate"},
	run: func(ctx context.Context, c *call) (string, error) {
		if word, rest := cutWord(c.rest); slices.Contains([]string{"annuler", "defaire", "undo", "cancel"}, fold(word)) {
			return c.unmerge(ctx, rest)
		}
		numbers, rest := cutNumbers(c.rest, maxNumbers)
		if word, after := cutWord(rest); slices.Contains([]string{"dans", "en", "avec", "vers", "into", "in", "with", "->", "→"}, fold(word)) {
			into, left, ok := cutNumber(after)
			if !ok {
				return "", errUsage
			}
			numbers, rest = append(numbers, into), left
		}
		if len(numbers) > maxNumbers {
			return "", refusal(c.print.T("chat.too_many", maxNumbers))
		}
		if len(numbers) == 0 || plainText(rest) != "" {
			return "", errUsage
		}
		kept, merged := numbers[len(numbers)-1], numbers[:len(numbers)-1]
		refs, _, err := c.targets(ctx, merged...)
		if err != nil {
			return "", err
		}
		into, _, err := c.targets(ctx, kept)
		if err != nil {
			return "", err
		}
		if into[0], err = c.sure(ctx, into[0]); err != nil {
			return "", err
		}
		in := tickets.Input{Into: into[0]}
		return c.apply(ctx, refs, tickets.ActionMerge, in, func(res tickets.Result) string {
			line := c.print.T("chat.merge.done", res.Number.String(), res.Event.Detail.Into)
			return line + " " + c.print.T("chat.merge.undo", c.verb.label(c.print), res.Number.String())
		})
	},
}

// unmerge undoes the merging of tickets.
func (c *call) unmerge(ctx context.Context, rest string) (string, error) {
	c.rest = rest
	refs, words, err := c.about(ctx, false)
	if err != nil {
		return "", err
	}
	return c.apply(ctx, refs, tickets.ActionUnmerge, tickets.Input{Text: words}, func(res tickets.Result) string {
		return c.print.T("chat.unmerge.done", res.Number.String())
	})
}
