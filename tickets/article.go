package tickets

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ArticleNumber is the number of an article within its academy, from 1. People
// read and type it as KB12.
type ArticleNumber int

// String writes the number as people read it: "KB12".
func (n ArticleNumber) String() string { return "KB" + strconv.Itoa(int(n)) }

var articlePattern = regexp.MustCompile(`^(?:(?:KB|#)[ _-]?)?0*([1-9][0-9]{0,5})$`)

// ParseArticleNumber reads what people type: "KB12", "kb 12", "#12", "12". It
// returns a [NotFound] error for anything else: no article has such a number.
func ParseArticleNumber(s string) (ArticleNumber, error) {
	if m := articlePattern.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(s))); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			return ArticleNumber(n), nil
		}
	}
	return 0, notFound("article.no_such", truncate(s, 40))
}

// Audience is who may read an article once it is published.
type Audience string

// The audiences.
const (
	ForEveryone Audience = "everyone" // all the staff of the academy
	ForDesk     Audience = "desk"     // the members of the desk only
)

// MaxArticle is the longest body of an article, in characters.
const MaxArticle = 20_000

// ArticleText is what an author writes, and what one revision keeps whole: who
// reviews an article reviews its audience too.
type ArticleText struct {
	Theme    string // one of the academy's
	Subject  string // one of the theme's subjects; "" allowed
	Lang     Lang   // the language it is written in
	Audience Audience
	Title    string
	Summary  string // one sentence; lists and the chat show it
	Body     string // Markdown (CommonMark with tables), at most MaxArticle characters
}

// Clean returns the text normalised, or [Errors] naming each field that is
// missing, too long, malformed or unknown to the academy. A draft may still
// lack its summary and body: complete says to insist.
func (t ArticleText) Clean(a Academy, complete bool) (ArticleText, error) {
	var errs Errors
	keep := func(s string, err error) string {
		if err != nil {
			errs = append(errs, err.(*Error)) //nolint:errorlint // ours, just made
		}
		return s
	}
	need := func(field, value string) {
		if value == "" && !refuses(errs, field) {
			errs = append(errs, invalid(field, "article.missing."+field))
		}
	}
	t.Title = keep(cleanLine("title", t.Title))
	need("title", t.Title)
	t.Summary = keep(cleanLine("summary", t.Summary))
	t.Body = keep(cleanText("body", t.Body, MaxArticle))
	if complete {
		need("summary", t.Summary)
		need("body", t.Body)
	}
	theme, ok := a.Theme(t.Theme)
	if !ok {
		errs = append(errs, invalid("topic", "theme.unknown"))
	} else if _, ok := theme.Subject(t.Subject); !ok && t.Subject != "" {
		errs = append(errs, invalid("topic", "subject.unknown"))
	}
	if t.Lang != French && t.Lang != English {
		errs = append(errs, invalid("language", "article.language"))
	}
	if t.Audience != ForEveryone && t.Audience != ForDesk {
		errs = append(errs, invalid("audience", "article.audience"))
	}
	if len(errs) > 0 {
		return t, errs
	}
	return t, nil
}

// refuses says whether a field is among those refused.
func refuses(errs Errors, field string) bool {
	for _, e := range errs {
		if e.Field == field {
			return true
		}
	}
	return false
}

// ArticleState is where the latest revision of an article stands.
type ArticleState string

// The states of an article.
const (
	ArticleDraft     ArticleState = "draft"     // being written
	ArticleInReview  ArticleState = "review"    // to be read by somebody else
	ArticlePublished ArticleState = "published" // what readers see is the latest
	ArticleArchived  ArticleState = "archived"  // no longer shown to readers
)

// Article is a page of an academy's knowledge base. Its texts are revisions,
// which nothing changes once they are written: readers go on seeing the
// published one while later ones are written and reviewed.
type Article struct {
	Academy     AcademyID
	ID          uuid.UUID
	Number      ArticleNumber
	State       ArticleState
	Latest      int       // the latest revision, from 1; 0 before the first
	Published   int       // the revision that readers see; 0 for none
	PublishedAt time.Time // since when they see it; zero for none
	Source      uuid.UUID // the ticket from whose resolution it was drafted; uuid.Nil for none
}

// Revision is one text of an article.
type Revision struct {
	ArticleText
	Rev    int // from 1
	Author uuid.UUID
	At     time.Time
}

// ArticleAction is what a member of the desk does to an article.
type ArticleAction string

// The actions on articles.
const (
	ArticleWrite   ArticleAction = "write"   // a new revision, which is a draft
	ArticleSubmit  ArticleAction = "submit"  // draft → review
	ArticlePublish ArticleAction = "publish" // review → published
	ArticleReturn  ArticleAction = "return"  // review → draft, with the reason
	ArticleArchive ArticleAction = "archive" // any → archived
)

// ArticleStep is one line of an article's trace: who did what to which revision,
// when. Steps are appended, never changed.
type ArticleStep struct {
	Seq    int // from 1
	Action ArticleAction
	Rev    int
	Actor  uuid.UUID
	At     time.Time
	Reason string // of a return or an archiving
}

// Draft is an article as it stands for who changes it.
type Draft struct {
	Article
	Revision             // the latest; zero before the first
	Last     ArticleStep // the latest; zero before the first
	People   map[uuid.UUID]Person
}

// DraftChange is what a change of an article keeps. No step means that nothing
// changes.
type DraftChange struct {
	Article
	Revision *Revision // a new one, or nil
	Steps    []ArticleStep
}

// step appends a step to the change.
func (c *DraftChange) step(d Draft, action ArticleAction, by Person, now time.Time, reason string) {
	c.Steps = append(c.Steps, ArticleStep{
		Seq: d.Last.Seq + len(c.Steps) + 1, Action: action, Rev: c.Latest, Actor: by.ID, At: now, Reason: reason,
	})
}

// write adds a revision that was begun from revision base; text is clean. Words
// that are there already change nothing.
func (d Draft) write(by Person, base int, text ArticleText, now time.Time) (DraftChange, error) {
	c := DraftChange{Article: d.Article}
	if d.Latest > 0 && d.ArticleText == text && (d.Author == by.ID || base == d.Latest) {
		return c, nil
	}
	if base != d.Latest {
		return c, &Error{Code: Conflict, Message: "article.changed", Args: []any{d.Number.String(), d.People[d.Author].Name(), d.At}}
	}
	c.Latest++
	c.State = ArticleDraft
	c.Revision = &Revision{ArticleText: text, Rev: c.Latest, Author: by.ID, At: now}
	c.step(d, ArticleWrite, by, now, "")
	return c, nil
}

// Fitting returns what by may do to the latest revision now, besides writing
// another. Any member of the desk writes, submits and archives. Publishing and
// sending back take a second pair of eyes: any member of the desk, supervisor or
// agent, but the author of the revision.
func (d Draft) Fitting(by Person) []ArticleAction {
	if !by.Agent() || by.Academy != d.Academy {
		return nil
	}
	switch {
	case d.State == ArticleDraft:
		return []ArticleAction{ArticleSubmit, ArticleArchive}
	case d.State == ArticleInReview && d.Author != by.ID:
		return []ArticleAction{ArticlePublish, ArticleReturn, ArticleArchive}
	case d.State == ArticleInReview, d.State == ArticlePublished:
		return []ArticleAction{ArticleArchive}
	}
	return nil
}

// act applies an action to the revision that by has read. The same action
// repeated by the same person changes nothing and is a success.
func (d Draft) act(a Academy, by Person, action ArticleAction, rev int, reason string, now time.Time) (DraftChange, error) {
	c := DraftChange{Article: d.Article}
	if d.Last.Action == action && d.Last.Actor == by.ID && d.Last.Rev == rev {
		return c, nil
	}
	if rev != d.Latest {
		return c, &Error{Code: Conflict, Message: "article.changed", Args: []any{d.Number.String(), d.People[d.Author].Name(), d.At}}
	}
	elsewhere := &Error{
		Code: Conflict, Message: "article.conflict." + string(d.State),
		Args: []any{d.Number.String(), d.People[d.Last.Actor].Name(), d.Last.At},
	}
	switch action {
	case ArticleSubmit:
		if d.State != ArticleDraft {
			return c, elsewhere
		}
		if _, err := d.Clean(a, true); err != nil {
			return c, err
		}
		c.State = ArticleInReview
	case ArticlePublish, ArticleReturn:
		switch {
		case d.State != ArticleInReview:
			return c, elsewhere
		case d.Author == by.ID:
			return c, &Error{Code: Forbidden, Message: "article.own"}
		case action == ArticleReturn && reason == "":
			return c, invalid("reason", "article.missing.reason")
		case action == ArticleReturn:
			c.State = ArticleDraft
		default:
			c.State, c.Published, c.PublishedAt = ArticlePublished, d.Latest, now
		}
	case ArticleArchive:
		if d.State == ArticleArchived {
			return c, elsewhere
		}
		c.State, c.Published, c.PublishedAt = ArticleArchived, 0, time.Time{}
	default:
		return c, invalid("do", "action.unknown", truncate(string(action), 40))
	}
	c.step(d, action, by, now, reason)
	return c, nil
}
