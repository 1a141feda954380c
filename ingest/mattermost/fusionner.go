package mattermost

import (
	"context"
	"slices"

	"cecoia.example/tickets"
)

var fusionner = verb{
	name: "fusionner", aliases: []string{"merge", "regrouper", "doublon", "duplicate"},
	run: func(ctx context.Context, c *call) (string, error) {
		if rest, undo := cutUndo(c.rest); undo {
			return c.unmerge(ctx, rest)
		}
		merged, kept, err := c.cutInto("dans", "en", "avec", "vers", "into", "in", "with")
		if err != nil {
			return "", err
		}
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

// cutUndo says whether the words ask to undo something, and returns what follows.
func cutUndo(s string) (rest string, undo bool) {
	word, rest := cutWord(s)
	return rest, slices.Contains([]string{"annuler", "defaire", "undo", "cancel"}, fold(word))
}

// cutInto reads the numbers of some tickets and that of another one: the last, or
// the one after one of these words, which are folded.
func (c *call) cutInto(between ...string) (some []number, into number, err error) {
	numbers, rest := cutNumbers(c.rest, maxNumbers)
	if word, after := cutWord(rest); word != "" && slices.Contains(append(between, "->", "→"), fold(word)) {
		into, left, ok := cutNumber(after)
		if !ok {
			return nil, number{}, errUsage
		}
		numbers, rest = append(numbers, into), left
	}
	if len(numbers) > maxNumbers {
		return nil, number{}, refusal(c.print.T("chat.too_many", maxNumbers))
	}
	if len(numbers) == 0 || plainText(rest) != "" {
		return nil, number{}, errUsage
	}
	last := len(numbers) - 1
	return numbers[:last], numbers[last], nil
}

// unmerge undoes the merging of tickets.
func (c *call) unmerge(ctx context.Context, rest string) (string, error) {
	c.rest = rest
	refs, words, err := c.about(ctx, false)
	if err != nil {
		return "", err
	}
	return c.apply(ctx, refs, tickets.ActionUnmerge, tickets.Input{Text: words}, func(res tickets.Result) string {
		return c.print.T("chat.unmerge.done", res.Number.String(), res.Status)
	})
}
