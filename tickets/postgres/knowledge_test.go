package postgres_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"cecoia.example/tickets"
)

func article(title string) tickets.ArticleText {
	return tickets.ArticleText{
		Theme: "mail", Lang: tickets.French, Audience: tickets.ForEveryone,
		Title: title, Summary: "Résumé de l’article.", Body: "Corps de l’article.",
	}
}

// publish writes an article as agathe and publishes it as aurel.
func (w *world) publish(t *testing.T, a tickets.AcademyID, text tickets.ArticleText) tickets.Article {
	t.Helper()
	desk := w.desk()
	made, err := desk.WriteArticle(t.Context(), by(a, "agathe"), tickets.ArticleEdit{ID: tickets.NewArticleID(), Text: text, Submit: true})
	if err != nil {
		t.Fatal(err)
	}
	made, err = desk.DoArticle(t.Context(), by(a, "aurel"), made.Number, tickets.ArticlePublish, made.Latest, "")
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func titles(items []tickets.ArticleItem) string {
	var out []string
	for _, i := range items {
		out = append(out, i.Title)
	}
	return strings.Join(out, "; ")
}

func TestAnArticleFromFirstWordsToArchive(t *testing.T) {
	w := newWorld(t)
	desk, ctx := w.desk(), t.Context()
	c := w.open(t, "creteil", tickets.Card{})
	id := tickets.NewArticleID()
	first := tickets.ArticleEdit{ID: id, Text: article("Boîte pleine"), Source: c.ID}
	a, err := desk.WriteArticle(ctx, by("creteil", "agathe"), first)
	if err != nil || a.Number != 1 || a.State != tickets.ArticleDraft || a.Source != c.ID {
		t.Fatalf("%+v, %v", a, err)
	}
	again, err := desk.WriteArticle(ctx, by("creteil", "agathe"), first)
	if err != nil || again.Number != 1 || again.Latest != 1 {
		t.Errorf("sent twice: %+v, %v", again, err)
	}
	other := first
	other.Text.Title = "Autre titre"
	_, err = desk.WriteArticle(ctx, by("creteil", "aurel"), other)
	code(t, "another's new article under the same id", err, tickets.Conflict)

	// Nobody but the desk knows of a draft.
	_, err = desk.Article(ctx, by("creteil", "claire"), 1)
	code(t, "staff and a draft", err, tickets.NotFound)
	_, err = desk.ArticleRevision(ctx, by("creteil", "claire"), 1, tickets.LatestRevision)
	code(t, "staff and the latest revision", err, tickets.NotFound)
	_, err = desk.ArticleRevision(ctx, by("paris", "agathe"), 1, tickets.LatestRevision)
	code(t, "another academy's desk", err, tickets.NotFound)
	_, err = desk.DoArticle(ctx, by("paris", "aurel"), 1, tickets.ArticlePublish, 1, "")
	code(t, "another academy's desk acting", err, tickets.NotFound)
	code(t, "a vote on a draft", desk.VoteArticle(ctx, by("creteil", "claire"), 1, tickets.Useful), tickets.NotFound)

	must(t)(desk.DoArticle(ctx, by("creteil", "agathe"), 1, tickets.ArticleSubmit, 1, ""))
	_, err = desk.DoArticle(ctx, by("creteil", "agathe"), 1, tickets.ArticlePublish, 1, "")
	code(t, "the author publishes", err, tickets.Forbidden)
	_, err = desk.DoArticle(ctx, by("creteil", "claire"), 1, tickets.ArticlePublish, 1, "")
	code(t, "staff publish", err, tickets.Forbidden)
	must(t)(desk.DoArticle(ctx, by("creteil", "sylvie"), 1, tickets.ArticlePublish, 1, ""))

	second := tickets.ArticleEdit{ID: id, Base: 1, Text: article("Boîte pleine : que faire ?")}
	if a, err = desk.WriteArticle(ctx, by("creteil", "agathe"), second); err != nil || a.Latest != 2 || a.Published != 1 {
		t.Fatalf("%+v, %v", a, err)
	}
	seen, err := desk.Article(ctx, by("creteil", "claire"), 1)
	if err != nil || seen.Title != "Boîte pleine" || seen.Rev != 1 || seen.Steps != nil || seen.People != nil {
		t.Errorf("staff see %+v, %v", seen, err)
	}
	v, err := desk.ArticleRevision(ctx, by("creteil", "aurel"), 1, tickets.LatestRevision)
	if err != nil || v.Title != "Boîte pleine : que faire ?" || v.People[person("creteil", "sylvie").ID].GivenName != "Sylvie" {
		t.Errorf("the desk sees %+v, %v", v, err)
	}
	var trace []string
	for _, s := range v.Steps {
		trace = append(trace, string(s.Action))
	}
	if got := strings.Join(trace, " "); got != "write submit publish write" {
		t.Errorf("the trace is %s", got)
	}
	if old, err := desk.ArticleRevision(ctx, by("creteil", "aurel"), 1, 1); err != nil || old.Title != "Boîte pleine" {
		t.Errorf("the first revision: %+v, %v", old, err)
	}
	_, err = desk.ArticleRevision(ctx, by("creteil", "aurel"), 1, 3)
	code(t, "a revision that is not there", err, tickets.NotFound)

	must(t)(desk.DoArticle(ctx, by("creteil", "aurel"), 1, tickets.ArticleArchive, 2, "remplacé"))
	_, err = desk.Article(ctx, by("creteil", "claire"), 1)
	code(t, "an archived article", err, tickets.NotFound)
	states, err := desk.ArticleStates(ctx, by("creteil", "aurel"))
	if err != nil || states[tickets.ArticleArchived] != 1 || len(states) != 1 {
		t.Errorf("%v, %v", states, err)
	}
	if states, err := desk.ArticleStates(ctx, by("creteil", "claire")); err != nil || len(states) != 0 {
		t.Errorf("staff count %v, %v", states, err)
	}
}

func TestArticlesAreFoundByTheirWords(t *testing.T) {
	w := newWorld(t)
	desk, ctx := w.desk(), t.Context()
	full, printer, english, secret := article("Ma boîte aux lettres est pleine"), article("Imprimante hors ligne"), article("Resetting a password"), article("Débloquer un compte")
	full.Body = "Supprimez les **messages** volumineux, puis videz la corbeille."
	printer.Summary = "Quand rien ne sort de l’imprimante réseau."
	english.Lang, english.Summary = tickets.English, "When yours has expired."
	english.Body = "Passwords expire after a year."
	secret.Audience = tickets.ForDesk
	secret.Body = "La console des mots de passe."
	for _, text := range []tickets.ArticleText{full, printer, english, secret} {
		w.publish(t, "creteil", text)
	}
	w.publish(t, "paris", article("Imprimante à Paris"))
	must(t)(desk.WriteArticle(ctx, by("creteil", "agathe"), tickets.ArticleEdit{ID: tickets.NewArticleID(), Text: article("Imprimante en brouillon")}))

	claire, agathe := by("creteil", "claire"), by("creteil", "agathe")
	for _, c := range []struct {
		who        tickets.Caller
		text, want string
	}{
		{claire, "boite pleine", "Ma boîte aux lettres est pleine"},
		{claire, "message volumineux", "Ma boîte aux lettres est pleine"},
		{claire, "IMPRIMANTES", "Imprimante hors ligne"},
		{claire, "l'imprimante du bureau ne répond plus", "Imprimante hors ligne"},
		{claire, "imprimante boîte pleine", "Ma boîte aux lettres est pleine; Imprimante hors ligne"},
		{claire, "passwords", "Resetting a password"},
		{claire, "console", ""},
		{agathe, "console", "Débloquer un compte"},
		{claire, "le la de", ""},
		{claire, "& | ! ( ) ' \\ :* <->", ""},
		{claire, "corbeille/messages <boîte>", "Ma boîte aux lettres est pleine"},
		{claire, "xyzzy", ""},
	} {
		found, err := desk.FindArticles(ctx, c.who, c.text, "", 5)
		if err != nil || titles(found) != c.want {
			t.Errorf("%s: %s, %v, want %s", c.text, titles(found), err, c.want)
		}
	}
	if found, err := desk.FindArticles(ctx, claire, "", "mail", 2); err != nil || titles(found) != "Resetting a password; Imprimante hors ligne" {
		t.Errorf("a theme's latest: %s, %v", titles(found), err)
	}
	_, err := desk.FindArticles(ctx, claire, strings.Repeat("mot ", 1000), "", 5)
	code(t, "too many words", err, tickets.Invalid)

	counts, err := desk.ArticleThemes(ctx, claire)
	if err != nil || counts["mail"] != 3 {
		t.Errorf("%v, %v", counts, err)
	}
	if counts, err := desk.ArticleThemes(ctx, agathe); err != nil || counts["mail"] != 4 {
		t.Errorf("the desk counts %v, %v", counts, err)
	}
	page, err := desk.Articles(ctx, claire, tickets.ArticleQuery{Theme: "mail", Limit: 2, Offset: 2})
	if err != nil || page.Total != 3 || titles(page.Items) != "Resetting a password" || page.Items[0].Author.ID != uuid.Nil {
		t.Errorf("the second page: %+v, %v", page, err)
	}
	page, err = desk.Articles(ctx, agathe, tickets.ArticleQuery{State: tickets.ArticleDraft})
	if err != nil || titles(page.Items) != "Imprimante en brouillon" || page.Items[0].Author.GivenName != "Agathe" {
		t.Errorf("the drafts: %+v, %v", page, err)
	}
	_, err = desk.Articles(ctx, claire, tickets.ArticleQuery{State: tickets.ArticleDraft})
	code(t, "staff and the drafts", err, tickets.Forbidden)
	if page, err := w.Articles(ctx, person("creteil", "claire"), tickets.ArticleQuery{State: tickets.ArticleDraft}); err != nil || page.Total != 0 {
		t.Errorf("the query itself shows staff %+v, %v", page, err)
	}
}

func TestVotesAreOnePersonOneAnswer(t *testing.T) {
	w := newWorld(t)
	desk, ctx := w.desk(), t.Context()
	good, bad, secret := w.publish(t, "creteil", article("Bon")), w.publish(t, "creteil", article("Mauvais")), article("Secret")
	secret.Audience = tickets.ForDesk
	hidden := w.publish(t, "creteil", secret)
	vote := func(who string, a tickets.Article, vote tickets.Vote) {
		t.Helper()
		if err := desk.VoteArticle(ctx, by("creteil", who), a.Number, vote); err != nil {
			t.Fatal(err)
		}
	}
	vote("claire", good, tickets.Useless)
	vote("claire", good, tickets.Useful)
	vote("claire", good, tickets.Useful)
	vote("denis", good, tickets.Useful)
	vote("agathe", good, tickets.Useless)
	vote("denis", bad, tickets.Useless)
	v, err := desk.Article(ctx, by("creteil", "agathe"), good.Number)
	if err != nil || v.Votes != (tickets.Votes{Useful: 2, Useless: 1}) || v.Vote != tickets.Useless {
		t.Errorf("the desk sees %+v %s, %v", v.Votes, v.Vote, err)
	}
	v, err = desk.Article(ctx, by("creteil", "claire"), good.Number)
	if err != nil || v.Votes != (tickets.Votes{}) || v.Vote != tickets.Useful {
		t.Errorf("claire sees %+v %s, %v", v.Votes, v.Vote, err)
	}
	page, err := desk.Articles(ctx, by("creteil", "claire"), tickets.ArticleQuery{Order: tickets.ByUsefulness})
	if err != nil || titles(page.Items) != "Bon" || page.Items[0].Votes != (tickets.Votes{}) {
		t.Errorf("the most useful: %+v, %v", page, err)
	}
	code(t, "a vote that is none", desk.VoteArticle(ctx, by("creteil", "claire"), good.Number, "maybe"), tickets.Invalid)
	code(t, "a vote on what one may not read", desk.VoteArticle(ctx, by("creteil", "claire"), hidden.Number, tickets.Useful), tickets.NotFound)
	code(t, "a vote from elsewhere", desk.VoteArticle(ctx, by("paris", "claire"), good.Number, tickets.Useful), tickets.NotFound)
}

// Many authors at once: each new article has a number of its own, and of those
// who write over the same revision one succeeds.
func TestAuthorsAtOnce(t *testing.T) {
	w := newWorld(t)
	desk := w.desk()
	const many = 8
	numbers := make([]tickets.ArticleNumber, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			a, err := desk.WriteArticle(context.Background(), by("creteil", "agathe"), tickets.ArticleEdit{ID: tickets.NewArticleID(), Text: article("Titre")})
			if err != nil {
				t.Error(err)
			}
			numbers[i] = a.Number
		})
	}
	wg.Wait()
	slices.Sort(numbers)
	for i, n := range numbers {
		if int(n) != i+1 {
			t.Fatalf("the numbers are %v", numbers)
		}
	}
	v, err := desk.ArticleRevision(t.Context(), by("creteil", "agathe"), 1, tickets.LatestRevision)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	kept := 0
	for i := range many {
		wg.Go(func() {
			text := article("Titre " + string(rune('a'+i)))
			_, err := desk.WriteArticle(context.Background(), by("creteil", "aurel"), tickets.ArticleEdit{ID: v.ID, Base: 1, Text: text})
			mu.Lock()
			defer mu.Unlock()
			switch tickets.CodeOf(err) {
			case tickets.Conflict:
			default:
				if kept++; err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if kept != 1 {
		t.Errorf("%d of %d were kept", kept, many)
	}
}

// What was written, and who did what to it, is proof as events are.
func TestRevisionsAndStepsStay(t *testing.T) {
	w := newWorld(t)
	w.publish(t, "creteil", article("Titre"))
	for _, sql := range []string{
		`UPDATE article_revisions SET body = 'x'`, `DELETE FROM article_revisions`,
		`UPDATE article_steps SET reason = 'x'`, `DELETE FROM article_steps`,
	} {
		var pg *pgconn.PgError
		if err := w.exec(t, sql); !errors.As(err, &pg) || pg.Code != "42501" {
			t.Errorf("%s: %v, want it refused", sql, err)
		}
	}
}
