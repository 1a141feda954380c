package main

import (
	"bytes"
	"strings"
	"testing"

	"cecoia.example/deploy/example"
	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// exampleBase returns an empty database, and what the example fills it with.
func exampleBase(t *testing.T) (*postgres.DB, []tickets.Academy, []tickets.Person) {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Options{URL: postgrestest.New(t, "cecoia", postgres.Migrate), MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	academies, err := parseDeskFile(example.Desk, example.Logos)
	if err != nil {
		t.Fatal(err)
	}
	people, err := parsePeople(bytes.NewReader(example.People))
	if err != nil {
		t.Fatal(err)
	}
	return db, academies, people
}

// The demo has a knowledge base from its first start; later ones change nothing,
// nor what its people have done to it meanwhile.
func TestTheDemoHasAKnowledgeBase(t *testing.T) {
	t.Parallel()
	db, academies, people := exampleBase(t)
	desk := tickets.NewDesk(tickets.Options{Store: db})
	var staff, agent tickets.Person
	for _, p := range people {
		switch p.Email {
		case "demandeur@creteil.example":
			staff = p
		case "renfort@creteil.example":
			agent = p
		}
	}
	published := func() (out []string) {
		t.Helper()
		page, err := desk.Articles(t.Context(), tickets.Caller{Person: staff}, tickets.ArticleQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Items {
			out = append(out, a.Number.String()+" "+a.Title)
		}
		return out
	}
	if err := seedDemo(t.Context(), db, academies, people); err != nil {
		t.Fatal(err)
	}
	first := published()
	if len(first) < 4 {
		t.Fatalf("the knowledge base is %q", first)
	}
	// One is rewritten, another archived.
	number := func(i int) tickets.ArticleNumber {
		name, _, _ := strings.Cut(first[i], " ")
		n, err := tickets.ParseArticleNumber(name)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	by := tickets.Caller{Person: agent}
	v, err := desk.ArticleRevision(t.Context(), by, number(0), tickets.LatestRevision)
	if err != nil {
		t.Fatal(err)
	}
	v.Body += "\n\nÀ suivre."
	if _, err := desk.WriteArticle(t.Context(), by, tickets.ArticleEdit{ID: v.ID, Base: v.Latest, Text: v.ArticleText}); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.DoArticle(t.Context(), by, number(1), tickets.ArticleArchive, 1, ""); err != nil {
		t.Fatal(err)
	}
	before := published()
	if err := seedDemo(t.Context(), db, academies, people); err != nil {
		t.Fatalf("again: %v", err)
	}
	if after := published(); strings.Join(after, "\n") != strings.Join(before, "\n") || len(after) != len(first)-1 {
		t.Errorf("the second start makes of %q\n%q", before, after)
	}
}

func TestAnArticlesFileIsReadWhole(t *testing.T) {
	for name, in := range map[string]string{
		"no head": "# Titre\n", "no end of it": "---\ntitle: x\n", "an unknown key": "---\ntitel: x\n---\nTexte\n", "nothing": "",
	} {
		if got, err := parseArticle([]byte(in)); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	got, err := parseArticle([]byte("---\ntheme: poste\ntitle: Titre\n---\nTexte\n\n---\n\nSuite\n"))
	want := tickets.ArticleText{Theme: "poste", Lang: tickets.French, Audience: tickets.ForEveryone, Title: "Titre", Body: "Texte\n\n---\n\nSuite\n"}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}
