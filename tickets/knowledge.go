package tickets

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Knowledge keeps the articles of the knowledge base. Reads apply the rule of
// [Person.ReadsArticle] in their queries: what the viewer may not read is not
// found.
type Knowledge interface {
	// ChangeArticle locks the article of that id, calls change with it as it
	// stands, and keeps what it returns in the same transaction. An id that is
	// not there yet is a new article, which gets the academy's next number
	// before change is called. An error of change is returned as it is and
	// changes nothing.
	ChangeArticle(ctx context.Context, academy AcademyID, id uuid.UUID, change func(Draft) (DraftChange, error)) (Article, error)
	// Article returns the article with one revision: [ShownRevision] is the one
	// that readers see, [LatestRevision] and numbers are for the desk. The
	// trace, the people it names and the counts of votes are for the desk alone.
	Article(ctx context.Context, viewer Person, n ArticleNumber, rev int) (ArticleView, error)
	// Articles returns a page of the articles that the viewer reads.
	Articles(ctx context.Context, viewer Person, q ArticleQuery) (ArticlePage, error)
	// ArticleThemes counts the published articles that the viewer reads, by theme.
	ArticleThemes(ctx context.Context, viewer Person) (map[string]int, error)
	// ArticleStates counts the academy's articles by the state of their latest
	// revision; none for who is not of the desk.
	ArticleStates(ctx context.Context, viewer Person) (map[ArticleState]int, error)
	// VoteArticle keeps the viewer's latest word on a published article.
	VoteArticle(ctx context.Context, viewer Person, n ArticleNumber, vote Vote, at time.Time) error
}

// Which revision to read, besides one by number.
const (
	ShownRevision  = 0
	LatestRevision = -1
)

// ReadsArticle says whether the person may read a published article: staff of
// its academy when it is for everyone, the desk in any case. Unpublished
// revisions are for the desk only.
func (p Person) ReadsArticle(academy AcademyID, audience Audience) bool {
	return p.Academy == academy && (audience == ForEveryone || p.Agent())
}

// Vote is one person's answer to "was this article useful to you?".
type Vote string

// The votes.
const (
	NoVote  Vote = ""
	Useful  Vote = "yes"
	Useless Vote = "no"
)

// Votes counts what people answered.
type Votes struct{ Useful, Useless int }

// ArticleView is an article with one revision as one person may see it.
type ArticleView struct {
	Article
	Revision
	Vote Vote // the viewer's own
	// For the desk only.
	Votes
	Steps  []ArticleStep // oldest first
	People map[uuid.UUID]Person
}

// Draft returns the view as who changes the article sees it; the view must be
// of the latest revision.
func (v ArticleView) Draft() Draft {
	d := Draft{Article: v.Article, Revision: v.Revision, People: v.People}
	if len(v.Steps) > 0 {
		d.Last = v.Steps[len(v.Steps)-1]
	}
	return d
}

// ArticleOrder is how a list of articles is sorted.
type ArticleOrder string

// The orders. A search for words is sorted by how well they fit.
const (
	ByTitle      ArticleOrder = "title"
	ByDate       ArticleOrder = "date"   // most recently published first; of unpublished ones, written
	ByUsefulness ArticleOrder = "useful" // only those that helped more than not, the most useful first
)

// ArticleQuery asks for a page of articles. Zero fields do not restrict.
type ArticleQuery struct {
	Text  string // words to look for, in the title, the summary and the body
	Theme string
	// State lists the latest revisions in that state, for the desk; "" lists
	// what readers see.
	State  ArticleState
	Order  ArticleOrder // ByTitle when ""
	Limit  int          // at most 100, which more means; 20 when 0
	Offset int
}

// ArticleItem is one line of a list of articles.
type ArticleItem struct {
	Article
	Theme, Subject string
	Lang           Lang
	Audience       Audience
	Title, Summary string
	Author         Person    // of that revision
	At             time.Time // when that revision was published, or else written
	Votes                    // for the desk only
}

// ArticlePage is one page of a list and how many there are in all.
type ArticlePage struct {
	Items []ArticleItem
	Total int
}

// ArticleEdit is a revision to be written.
type ArticleEdit struct {
	// ID is the article's; a new one is made under it, once however often it is
	// sent. [NewArticleID] returns one.
	ID     uuid.UUID
	Base   int // the revision that the author began from; 0 for a new article
	Text   ArticleText
	Source uuid.UUID // of a new article: the ticket it comes from, or uuid.Nil
	Submit bool      // hand it over for review at once
}

// NewArticleID returns the id of an article to be.
func NewArticleID() uuid.UUID { return newID() }

var errDeskOnly = &Error{Code: Forbidden, Message: "action.desk_only"}

// WriteArticle keeps a new revision of an article, or a new article. It returns
// [Errors] for unacceptable fields, and a [Conflict] that says who wrote when if
// the article has a later revision than the one the author began from: nothing
// is kept then, and nothing of the other's is lost.
func (d *Desk) WriteArticle(ctx context.Context, by Caller, w ArticleEdit) (Article, error) {
	if !by.Person.Agent() {
		return Article{}, errDeskOnly
	}
	a, err := d.store.Academy(ctx, by.Person.Academy)
	if err != nil {
		return Article{}, err
	}
	text, err := w.Text.Clean(a, w.Submit)
	if err != nil {
		return Article{}, err
	}
	if w.Base == 0 && w.Source != uuid.Nil {
		if _, err := d.store.CaseByID(ctx, by.Person, w.Source); err != nil {
			return Article{}, err
		}
	}
	now := d.now()
	return d.store.ChangeArticle(ctx, a.ID, w.ID, func(before Draft) (DraftChange, error) {
		if before.Latest == 0 && w.Base == 0 {
			before.Source = w.Source
		}
		c, err := before.write(by.Person, w.Base, text, now)
		if err != nil || !w.Submit || c.State != ArticleDraft {
			return c, err
		}
		c.State = ArticleInReview
		c.step(before, ArticleSubmit, by.Person, now, "")
		return c, nil
	})
}

// DoArticle applies an action to the revision rev, which the caller has read,
// with a reason where one is due. Errors are those of [Desk.Do]; the rules are
// those of [Draft.Fitting].
func (d *Desk) DoArticle(ctx context.Context, by Caller, n ArticleNumber, action ArticleAction, rev int, reason string) (Article, error) {
	if !by.Person.Agent() {
		return Article{}, errDeskOnly
	}
	a, err := d.store.Academy(ctx, by.Person.Academy)
	if err != nil {
		return Article{}, err
	}
	v, err := d.ArticleRevision(ctx, by, n, LatestRevision)
	if err != nil {
		return Article{}, err
	}
	if reason, err = cleanText("reason", reason, MaxText); err != nil {
		return Article{}, err
	}
	now := d.now()
	return d.store.ChangeArticle(ctx, a.ID, v.ID, func(before Draft) (DraftChange, error) {
		return before.act(a, by.Person, action, rev, reason, now)
	})
}

// Article returns an article as readers see it, or a [NotFound] error.
func (d *Desk) Article(ctx context.Context, by Caller, n ArticleNumber) (ArticleView, error) {
	v, err := d.store.Article(ctx, by.Person, n, ShownRevision)
	return v, articleNamed(err, n)
}

// ArticleRevision returns an article with one of its revisions, published or
// not; [LatestRevision] is the last. It is for the desk: for others there is no
// such thing.
func (d *Desk) ArticleRevision(ctx context.Context, by Caller, n ArticleNumber, rev int) (ArticleView, error) {
	if !by.Person.Agent() || rev < LatestRevision || rev == ShownRevision {
		return ArticleView{}, notFound("article.no_such", n.String())
	}
	v, err := d.store.Article(ctx, by.Person, n, rev)
	return v, articleNamed(err, n)
}

// articleNamed gives the refusal of an article the number that was asked for.
func articleNamed(err error, n ArticleNumber) error {
	if CodeOf(err) == NotFound {
		return notFound("article.no_such", n.String())
	}
	return err
}

// Articles returns a page of the articles that the caller reads. Lists by state
// are for the desk.
func (d *Desk) Articles(ctx context.Context, by Caller, q ArticleQuery) (ArticlePage, error) {
	if q.State != "" && !by.Person.Agent() {
		return ArticlePage{}, errDeskOnly
	}
	text, err := cleanLine("q", q.Text)
	if err != nil {
		return ArticlePage{}, err
	}
	q.Text = text
	return d.store.Articles(ctx, by.Person, q)
}

// FindArticles returns the published articles that fit the words best, at most
// limit: those with all the words first, then those with some. A theme narrows
// it down; without words it is the theme's most recent. Pages, the chat and,
// later, the form that suggests while one types ask it.
func (d *Desk) FindArticles(ctx context.Context, by Caller, text, theme string, limit int) ([]ArticleItem, error) {
	page, err := d.Articles(ctx, by, ArticleQuery{Text: text, Theme: theme, Order: ByDate, Limit: limit})
	return page.Items, err
}

// ArticleThemes counts the published articles that the caller reads, by theme.
func (d *Desk) ArticleThemes(ctx context.Context, by Caller) (map[string]int, error) {
	return d.store.ArticleThemes(ctx, by.Person)
}

// ArticleStates counts the academy's articles by the state of their latest
// revision, for the desk; it is empty for others.
func (d *Desk) ArticleStates(ctx context.Context, by Caller) (map[ArticleState]int, error) {
	return d.store.ArticleStates(ctx, by.Person)
}

// VoteArticle records the caller's answer to "was this article useful?"; a later
// one replaces it.
func (d *Desk) VoteArticle(ctx context.Context, by Caller, n ArticleNumber, vote Vote) error {
	if !slices.Contains([]Vote{Useful, Useless}, vote) {
		return invalid("vote", "article.vote")
	}
	return articleNamed(d.store.VoteArticle(ctx, by.Person, n, vote, d.now()), n)
}
