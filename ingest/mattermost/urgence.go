package mattermost

import (
	"context"
	"slices"

	"cecoia.example/tickets"
)

var urgence = verb{
	name: "urgence", aliases: []string{"urgency", "priorite", "priority"},
	run: func(ctx context.Context, c *call) (string, error) {
		urgency, p, ok := parseUrgency(c.rest)
		if !ok {
			return "", errUsage
		}
		return c.requalify(ctx, p, tickets.Input{Urgency: urgency}, func(res tickets.Result) string {
			return c.print.T("chat.urgency.done", res.Number.String(), res.Urgency)
		}, func(res tickets.Result) string {
			return c.print.T("chat.urgency.already", res.Number.String(), res.Urgency)
		})
	},
}

// urgencyWords are what people call the urgencies, folded.
var urgencyWords = map[string]tickets.Urgency{
	"1": tickets.Critical, "critique": tickets.Critical, "critical": tickets.Critical, "urgent": tickets.Critical, "urgente": tickets.Critical,
	"2": tickets.High, "haute": tickets.High, "haut": tickets.High, "high": tickets.High, "elevee": tickets.High,
	"3": tickets.Low, "faible": tickets.Low, "basse": tickets.Low, "low": tickets.Low, "normale": tickets.Low, "normal": tickets.Low,
}

// parseUrgency reads "haute 12 13", "12 13 haute", "12 2", "2", with perhaps a
// reason after a colon. A figure is the urgency where only one can be.
func parseUrgency(s string) (tickets.Urgency, phrase, bool) {
	if word, rest := cutWord(s); urgencyWords[fold(word)] != 0 && !isFigure(word) {
		return urgencyWords[fold(word)], parsePhrase(rest), true
	}
	p := parsePhrase(s)
	word, rest := cutWord(p.words)
	if u := urgencyWords[fold(word)]; u != 0 && !p.colon && !isFigure(word) {
		p.words = plainText(rest)
		return u, p, true
	}
	figure := func(n number) bool {
		return !n.marked && n.Bare() && n.Rank <= int(tickets.Low)
	}
	found := -1
	for i, n := range p.numbers {
		if !figure(n) {
			continue
		}
		if found >= 0 {
			return 0, p, false
		}
		found = i
	}
	if found < 0 || p.words != "" && !p.colon {
		return 0, p, false
	}
	u := tickets.Urgency(p.numbers[found].Rank)
	p.numbers = slices.Delete(p.numbers, found, found+1)
	return u, p, true
}

// isFigure says whether the word is a figure, which may be a ticket too.
func isFigure(word string) bool { return word == "1" || word == "2" || word == "3" }

// requalify sets what the desk knows better on the tickets that p names.
func (c *call) requalify(ctx context.Context, p phrase, in tickets.Input, told, before func(tickets.Result) string) (string, error) {
	if len(p.numbers) > maxNumbers {
		return "", refusal(c.print.T("chat.too_many", maxNumbers))
	}
	refs, _, err := c.targets(ctx, p.numbers...)
	if err != nil {
		return "", err
	}
	in.Text = p.words
	return c.applyOr(ctx, refs, tickets.ActionRequalify, in, told, before)
}
