package mattermost

import (
	"context"
	"fmt"
	"strings"

	"cecoia.example/tickets"
)

// kbMost is how many articles one answer shows.
const kbMost = 5

var kb = verb{
	name: "kb", aliases: []string{"article", "articles", "connaissance", "connaissances", "knowledge"},
	run: func(ctx context.Context, c *call) (string, error) {
		words := plainText(c.rest)
		if words == "" {
			return "", errUsage
		}
		if n, err := tickets.ParseArticleNumber(words); err == nil {
			v, err := c.Desk.Article(ctx, c.by(0), n)
			if err != nil {
				return "", err
			}
			return c.article(n, v.ArticleText), nil
		}
		found, err := c.Desk.FindArticles(ctx, c.by(0), words, "", kbMost)
		if err != nil {
			return "", err
		}
		shown := inline(shorten(words, 100))
		if len(found) == 0 {
			return c.print.T("chat.kb.none", shown, c.Portal.Knowledge()), nil
		}
		var b strings.Builder
		b.WriteString(c.print.T("chat.kb.head", shown) + "\n")
		for _, a := range found {
			b.WriteString("- " + c.article(a.Number, tickets.ArticleText{Title: a.Title, Summary: a.Summary, Audience: a.Audience}) + "\n")
		}
		return b.String(), nil
	},
}

// article writes an article's title as a link, and its summary.
func (c *call) article(n tickets.ArticleNumber, text tickets.ArticleText) string {
	line := fmt.Sprintf("**[%s](%s)** %s", n, c.Portal.Article(c.academy.ID, n), inline(text.Title))
	if text.Summary != "" {
		line += " – " + inline(text.Summary)
	}
	if text.Audience == tickets.ForDesk {
		line += " " + c.print.T("chat.kb.desk")
	}
	return line
}
