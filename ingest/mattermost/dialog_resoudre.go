package mattermost

import (
	"cmp"
	"context"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
)

// resoudreForm asks for the solution, the real cause, and whether the solution
// is worth an article.
var resoudreForm = form{
	name: "resoudre", action: tickets.ActionResolve, asks: []string{"text", "cause", "article"},
	fields: func(_ context.Context, c *call, about tickets.Case) ([]model.DialogElement, error) {
		out := []model.DialogElement{c.area("dialog.resoudre.text", "text")}
		if len(c.academy.Causes) > 0 {
			cause := c.choice("dialog.resoudre.cause", "cause", about.Cause, c.choices(c.academy.Causes))
			cause.Optional = true
			out = append(out, cause)
		}
		if !about.Private { // all the desk reads a draft
			out = append(out, c.box("dialog.resoudre.article", "article"))
		}
		return out, nil
	},
	submit: func(ctx context.Context, c *call, about tickets.Case, in values) (string, error) {
		res, err := c.done(c.Desk.Do(ctx, c.by(0), about.Number.Ref(), tickets.ActionResolve, tickets.Input{Text: in["text"], Cause: in["cause"]}))
		if err != nil {
			return "", err
		}
		said := c.print.T("chat.resolve.done", res.Number.String()) + " " + c.sent(ctx, res)
		if !in.yes("article") || res.Private {
			return said, nil
		}
		article, err := c.draftArticle(ctx, res)
		if err != nil {
			return "", err
		}
		return said + "\n" + c.print.T("dialog.resoudre.drafted", article.Number.String(), c.Portal.Article(c.academy.ID, article.Number)), nil
	},
}

// draftArticle keeps the solution as the draft of an article, once per form. An
// article has a theme: that of a ticket without is for who writes on to choose.
func (c *call) draftArticle(ctx context.Context, res tickets.Result) (tickets.Article, error) {
	theme, subject := res.Category, res.Subcategory
	if _, ok := c.academy.Theme(theme); !ok {
		theme, subject = c.academy.Themes[0].Code, ""
	}
	return c.Desk.WriteArticle(ctx, c.by(0), tickets.ArticleEdit{
		ID: uuid.NewSHA1(res.ID, []byte("article "+c.command.Form.ID)), Source: res.ID,
		Text: tickets.ArticleText{
			Theme: theme, Subject: subject, Lang: c.print.Lang, Audience: tickets.ForDesk,
			Title: shorten(cmp.Or(res.Summary, c.print.Category(c.academy, res.Category, res.Subcategory)), tickets.MaxLine),
			Body:  res.Event.Text,
		},
	})
}
