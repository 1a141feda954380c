package tickets

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// The people of these tests: two agents, a supervisor, and staff.
var (
	author     = deskPerson("author", RoleAgent)
	reviewer   = deskPerson("reviewer", RoleAgent)
	supervisor = deskPerson("supervisor", RoleSupervisor)
	teacher    = Person{Academy: "creteil", ID: uuid.NewSHA1(uuid.Nil, []byte("teacher"))}
)

func deskPerson(name string, role Role) Person {
	return Person{
		Academy: "creteil", ID: uuid.NewSHA1(uuid.Nil, []byte(name)), GivenName: name,
		Memberships: []Membership{{Group: "assistance", Role: role}},
	}
}

var knowledgeAcademy = Academy{ID: "creteil", Themes: []Theme{
	{Code: "mail", Name: Text{FR: "Messagerie"}, Subjects: []Choice{{Code: "quota", Name: Text{FR: "Boîte pleine"}}}},
}}

var goodText = ArticleText{
	Theme: "mail", Subject: "quota", Lang: French, Audience: ForEveryone,
	Title: "Ma boîte est pleine", Summary: "Faire de la place.", Body: "Videz la corbeille.",
}

// told applies steps to a new article as their people would, each to the latest
// revision, and returns the article as it stands.
func told(t *testing.T, steps ...func(Draft, time.Time) (DraftChange, error)) Draft {
	t.Helper()
	d := Draft{Article: Article{Academy: "creteil", Number: 12}, People: map[uuid.UUID]Person{
		author.ID: author, reviewer.ID: reviewer, supervisor.ID: supervisor,
	}}
	at := time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)
	for i, step := range steps {
		c, err := step(d, at.Add(time.Duration(i)*time.Minute))
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		d = d.after(c)
	}
	return d
}

// after is the article once a change is kept.
func (d Draft) after(c DraftChange) Draft {
	d.Article = c.Article
	if c.Revision != nil {
		d.Revision = *c.Revision
	}
	if len(c.Steps) > 0 {
		d.Last = c.Steps[len(c.Steps)-1]
	}
	return d
}

func writes(by Person, text ArticleText) func(Draft, time.Time) (DraftChange, error) {
	return func(d Draft, at time.Time) (DraftChange, error) { return d.write(by, d.Latest, text, at) }
}

func acts(by Person, action ArticleAction, reason string) func(Draft, time.Time) (DraftChange, error) {
	return func(d Draft, at time.Time) (DraftChange, error) {
		return d.act(knowledgeAcademy, by, action, d.Latest, reason, at)
	}
}

func TestAnArticleIsPublishedByASecondPairOfEyes(t *testing.T) {
	type step = func(Draft, time.Time) (DraftChange, error)
	then := func(before []step, next step) []step { return append(slices.Clip(before), next) }
	draft := []step{writes(author, goodText)}
	inReview := then(draft, acts(author, ArticleSubmit, ""))
	published := then(inReview, acts(reviewer, ArticlePublish, ""))
	archived := then(published, acts(author, ArticleArchive, "remplacé"))
	returned := then(inReview, acts(supervisor, ArticleReturn, "trop long"))
	again := goodText
	again.Body = "Videz aussi les messages envoyés."
	bare := goodText
	bare.Body = ""
	rewritten := then(published, writes(reviewer, again))
	for _, c := range []struct {
		name      string
		before    []step
		by        Person
		action    ArticleAction
		reason    string
		code      Code // "" for a success
		state     ArticleState
		published int
		steps     int // appended
	}{
		{"the author submits", draft, author, ArticleSubmit, "", "", ArticleInReview, 0, 1},
		{"another submits", draft, reviewer, ArticleSubmit, "", "", ArticleInReview, 0, 1},
		{"what has no body is not submitted", []step{writes(author, bare)}, author, ArticleSubmit, "", Invalid, ArticleDraft, 0, 0},
		{"a draft is not published", draft, reviewer, ArticlePublish, "", Conflict, ArticleDraft, 0, 0},
		{"the author does not publish", inReview, author, ArticlePublish, "", Forbidden, ArticleInReview, 0, 0},
		{"a supervisor publishes", inReview, supervisor, ArticlePublish, "", "", ArticlePublished, 1, 1},
		{"another agent publishes", inReview, reviewer, ArticlePublish, "", "", ArticlePublished, 1, 1},
		{"the same again is a success", published, reviewer, ArticlePublish, "", "", ArticlePublished, 1, 0},
		{"by somebody else it is not", published, supervisor, ArticlePublish, "", Conflict, ArticlePublished, 1, 0},
		{"it is sent back with a reason", inReview, reviewer, ArticleReturn, "trop court", "", ArticleDraft, 0, 1},
		{"and only with one", inReview, reviewer, ArticleReturn, "", Invalid, ArticleInReview, 0, 0},
		{"the author does not send it back", inReview, author, ArticleReturn, "x", Forbidden, ArticleInReview, 0, 0},
		{"it may be submitted again", returned, author, ArticleSubmit, "", "", ArticleInReview, 0, 1},
		{"what is published is archived", published, author, ArticleArchive, "", "", ArticleArchived, 0, 1},
		{"what is archived is not archived again by another", archived, reviewer, ArticleArchive, "", Conflict, ArticleArchived, 0, 0},
		{"what is archived is not published", archived, reviewer, ArticlePublish, "", Conflict, ArticleArchived, 0, 0},
		{"a new revision leaves what readers see", rewritten, reviewer, ArticleSubmit, "", "", ArticleInReview, 1, 1},
		{"its author does not publish it, as the first one's did not", then(rewritten, acts(author, ArticleSubmit, "")), reviewer, ArticlePublish, "", Forbidden, ArticleInReview, 1, 0},
		{"the first author may", then(rewritten, acts(reviewer, ArticleSubmit, "")), author, ArticlePublish, "", "", ArticlePublished, 2, 1},
		{"an action that is none", draft, author, "explode", "", Invalid, ArticleDraft, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := told(t, c.before...)
			change, err := acts(c.by, c.action, c.reason)(d, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
			if CodeOf(err) != c.code || (err == nil) != (c.code == "") {
				t.Fatalf("%v, want %q", err, c.code)
			}
			if err == nil {
				if len(change.Steps) != c.steps {
					t.Errorf("%d steps: %+v", len(change.Steps), change.Steps)
				}
				if c.steps == 1 && (change.Steps[0].Seq != d.Last.Seq+1 || change.Steps[0].Actor != c.by.ID || change.Steps[0].Rev != d.Latest || change.Steps[0].Reason != c.reason) {
					t.Errorf("the trace says %+v", change.Steps[0])
				}
				d = d.after(change)
			}
			if d.State != c.state || d.Published != c.published || (d.Published == 0) != d.PublishedAt.IsZero() {
				t.Errorf("%s with revision %d published at %s", d.State, d.Published, d.PublishedAt)
			}
			// What fits, and nothing else, is what the page offers.
			if fits := slices.Contains(told(t, c.before...).Fitting(c.by), c.action); c.steps == 1 && !fits {
				t.Errorf("%s is not offered", c.action)
			}
		})
	}
	if fits := told(t, inReview...).Fitting(teacher); fits != nil {
		t.Errorf("staff are offered %v", fits)
	}
	elsewhere := reviewer
	elsewhere.Academy = "paris"
	if fits := told(t, inReview...).Fitting(elsewhere); fits != nil {
		t.Errorf("another academy is offered %v", fits)
	}
}

func TestTwoAuthorsDoNotOverwriteEachOther(t *testing.T) {
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	other := goodText
	other.Title = "Boîte aux lettres pleine"
	d := told(t, writes(author, goodText), writes(reviewer, other))
	mine := goodText
	mine.Title = "La boîte est pleine"
	_, err := d.write(author, 1, mine, at)
	if CodeOf(err) != Conflict || !strings.Contains(err.Error(), "reviewer") {
		t.Errorf("over a later revision: %v", err)
	}
	if _, err := d.act(knowledgeAcademy, author, ArticleSubmit, 1, "", at); CodeOf(err) != Conflict {
		t.Errorf("an action on a revision that was not read: %v", err)
	}
	c, err := d.write(reviewer, 1, other, at)
	if err != nil || len(c.Steps) != 0 || c.Latest != 2 {
		t.Errorf("the same words again: %+v, %v", c, err)
	}
	c, err = d.write(author, 2, mine, at)
	if err != nil || c.Latest != 3 || c.Revision.Rev != 3 || c.Revision.Author != author.ID || c.State != ArticleDraft {
		t.Errorf("over the latest: %+v, %v", c, err)
	}
	if _, err := (Draft{}).write(author, 4, mine, at); CodeOf(err) != Conflict {
		t.Errorf("a revision of an article that is not there: %v", err)
	}
}

// Writing during the review takes the article out of it: nobody publishes what
// they have not read.
func TestWritingDuringTheReviewEndsIt(t *testing.T) {
	other := goodText
	other.Body = "Autre chose."
	d := told(t, writes(author, goodText), acts(author, ArticleSubmit, ""), writes(author, other))
	if d.State != ArticleDraft || d.Latest != 2 {
		t.Errorf("%s, revision %d", d.State, d.Latest)
	}
	if _, err := d.act(knowledgeAcademy, reviewer, ArticlePublish, 1, "", time.Now()); CodeOf(err) != Conflict {
		t.Errorf("publishing what was read before: %v", err)
	}
}

func TestCleanArticleText(t *testing.T) {
	with := func(change func(*ArticleText)) ArticleText {
		text := goodText
		change(&text)
		return text
	}
	for _, c := range []struct {
		name     string
		text     ArticleText
		complete bool
		fields   []string
	}{
		{"good", goodText, true, nil},
		{"a draft may be short", with(func(x *ArticleText) { x.Body, x.Summary = "", "" }), false, nil},
		{"but not for long", with(func(x *ArticleText) { x.Body, x.Summary = "", "" }), true, []string{"summary", "body"}},
		{"no title", with(func(x *ArticleText) { x.Title = " \n" }), false, []string{"title"}},
		{"too long", with(func(x *ArticleText) {
			x.Title, x.Summary, x.Body = strings.Repeat("é", 201), strings.Repeat("é", 201), strings.Repeat("é", MaxArticle+1)
		}), false, []string{"title", "summary", "body"}},
		{"a million characters", with(func(x *ArticleText) { x.Body = strings.Repeat("x", 1_000_000) }), true, []string{"body"}},
		{"NUL and what is not UTF-8", with(func(x *ArticleText) { x.Title, x.Body = "a\x00b", "caf\xe9" }), true, []string{"title", "body"}},
		{"a theme of elsewhere", with(func(x *ArticleText) { x.Theme = "alchemy" }), false, []string{"topic"}},
		{"a subject of elsewhere", with(func(x *ArticleText) { x.Subject = "gold" }), false, []string{"topic"}},
		{"no theme", with(func(x *ArticleText) { x.Theme = UnknownTheme }), false, []string{"topic"}},
		{"language and audience", with(func(x *ArticleText) { x.Lang, x.Audience = "de", "" }), false, []string{"language", "audience"}},
	} {
		_, err := c.text.Clean(knowledgeAcademy, c.complete)
		var fields []string
		if errs, ok := err.(Errors); ok { //nolint:errorlint // Clean says so
			for _, e := range errs {
				fields = append(fields, e.Field)
			}
		}
		if !slices.Equal(fields, c.fields) {
			t.Errorf("%s: refused %v (%v), want %v", c.name, fields, err, c.fields)
		}
	}
	clean, err := with(func(x *ArticleText) { x.Title, x.Body = " Un\ttitre ", "\r\na\r\n\r\nb\n" }).Clean(knowledgeAcademy, true)
	if err != nil || clean.Title != "Un titre" || clean.Body != "a\n\nb" {
		t.Errorf("%q %q %v", clean.Title, clean.Body, err)
	}
}

func TestArticleNumbersAsPeopleTypeThem(t *testing.T) {
	for in, want := range map[string]ArticleNumber{
		"KB12": 12, "kb12": 12, " kb 12 ": 12, "12": 12, "#12": 12, "KB012": 12, "kb-12": 12,
		"": 0, "KB": 0, "KB0": 0, "0": 0, "I261121_012": 0, "KB1234567": 0, "12 mots": 0, "-1": 0,
	} {
		n, err := ParseArticleNumber(in)
		if n != want || (want == 0) != (CodeOf(err) == NotFound) {
			t.Errorf("%q: %d, %v", in, n, err)
		}
	}
	if s := ArticleNumber(12).String(); s != "KB12" {
		t.Error(s)
	}
}
