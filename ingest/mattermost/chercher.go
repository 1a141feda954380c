package mattermost

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"cecoia.example/tickets"
)

// searchMost is how many tickets one answer shows.
const searchMost = 10

var chercher = verb{
	name: "chercher", aliases: []string{"search", "find", "c", "recherche", "rechercher", "trouver"},
	run: func(ctx context.Context, c *call) (string, error) {
		words := plainText(c.rest)
		if words == "" {
			return "", errUsage
		}
		if n, rest, ok := cutNumber(words); ok && rest == "" {
			v, err := c.Desk.View(ctx, c.by(0), n.Ref)
			if err == nil {
				return c.ticket(ctx, v), nil
			}
			if tickets.CodeOf(err) != tickets.NotFound || !n.Bare() {
				return "", err
			} // a bare number may be a word: a room, a model
		}
		found, err := c.Desk.Search(ctx, c.by(0), tickets.SearchQuery{Text: words, Limit: searchMost})
		if err != nil {
			return "", err
		}
		shown := inline(shorten(words, 100))
		if len(found.Hits) == 0 {
			return c.print.T("chat.search.none", shown), nil
		}
		var b strings.Builder
		total := c.print.Number(found.Total)
		if found.More {
			total += "+"
		}
		b.WriteString(c.print.T("chat.search.head", shown, total) + "\n")
		for _, h := range found.Hits {
			b.WriteString(c.hit(h))
		}
		if found.Total > len(found.Hits) {
			b.WriteString(c.print.T("chat.search.more", c.Portal.Base+"/recherche?q="+url.QueryEscape(shorten(words, tickets.MaxSearch))))
		}
		return b.String(), nil
	},
}

// hit writes a ticket that was found, and the words around what was looked for.
func (c *call) hit(h tickets.Hit) string {
	line := fmt.Sprintf("- [%s](%s) · %s · %s · %s\n", h.Number, c.Portal.Ticket(h.Ticket),
		c.print.State(h.Ticket), inline(c.print.Theme(c.academy, h.Category)), c.print.Date(h.OpenedAt))
	var excerpt strings.Builder
	for _, piece := range h.Excerpt {
		text := literal(strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' || r == '\t' {
				return ' '
			}
			return r
		}, piece.Text))
		if piece.Mark && strings.TrimSpace(text) != "" {
			text = "**" + text + "**"
		}
		excerpt.WriteString(text)
	}
	if said := strings.TrimSpace(excerpt.String()); said != "" {
		line += "  " + said + "\n"
	}
	return line
}
