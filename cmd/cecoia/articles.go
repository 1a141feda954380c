package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"

	"github.com/goccy/go-yaml"
	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// articleHead is what stands above the Markdown of an article's file.
type articleHead struct {
	Theme    string           `yaml:"theme"`
	Subject  string           `yaml:"subject"`
	Lang     tickets.Lang     `yaml:"lang"`     // fr when left out
	Audience tickets.Audience `yaml:"audience"` // everyone when left out
	Title    string           `yaml:"title"`
	Summary  string           `yaml:"summary"`
}

// parseArticle reads an article's file: a head of YAML between two lines of
// three hyphens, then Markdown.
func parseArticle(b []byte) (tickets.ArticleText, error) {
	head, body, ok := bytes.Cut(bytes.TrimPrefix(b, []byte("---\n")), []byte("\n---\n"))
	if !ok || !bytes.HasPrefix(b, []byte("---\n")) {
		return tickets.ArticleText{}, fmt.Errorf("article: no head between two lines of ---")
	}
	h := articleHead{Lang: tickets.French, Audience: tickets.ForEveryone}
	if err := yaml.NewDecoder(bytes.NewReader(head), yaml.Strict()).Decode(&h); err != nil {
		return tickets.ArticleText{}, fmt.Errorf("article: %w", err)
	}
	return tickets.ArticleText{
		Theme: h.Theme, Subject: h.Subject, Lang: h.Lang, Audience: h.Audience,
		Title: h.Title, Summary: h.Summary, Body: string(body),
	}, nil
}

// seedArticles publishes the articles of a folder in the academy, as written by
// one member of its desk and reviewed by another. An article that is there
// already is left as its people have made it.
func seedArticles(ctx context.Context, desk *tickets.Desk, a tickets.Academy, author, reviewer tickets.Person, folder fs.FS) error {
	names, err := fs.Glob(folder, "*.md")
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			return err
		}
		text, err := parseArticle(b)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		id := uuid.NewSHA1(uuid.NameSpaceURL, []byte("cecoia:article:"+string(a.ID)+"/"+name))
		made, err := desk.WriteArticle(ctx, tickets.Caller{Person: author, Origin: tickets.FromPortal}, tickets.ArticleEdit{ID: id, Text: text, Submit: true})
		if tickets.CodeOf(err) == tickets.Conflict || err == nil && made.State != tickets.ArticleInReview {
			continue
		}
		if err == nil {
			_, err = desk.DoArticle(ctx, tickets.Caller{Person: reviewer, Origin: tickets.FromPortal}, made.Number, tickets.ArticlePublish, made.Latest, "")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
