package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// read is [tickets.Person.ReadsArticle] as a predicate over articles AS a and
// their revisions AS r: what is published, for everyone or for the desk.
const read = `(r.rev = a.published AND (r.audience = 'everyone' OR @agent))`

// articleColumns are those of an article, of articles AS a, revisionColumns
// those of one of its revisions, of article_revisions AS r.
const (
	articleColumns  = `a.academy, a.id, a.number, a.state, a.latest, coalesce(a.published, 0), a.published_at, a.source`
	revisionColumns = `r.theme, r.subject, r.lang, r.audience, r.title, r.summary, r.body, r.rev, r.author, r.at`
	withRevision    = `articles a JOIN article_revisions r ON r.academy = a.academy AND r.article = a.id`
)

// articleTargets are where a row of articleColumns goes; done completes the
// article with what a row has in other forms.
func articleTargets(a *tickets.Article) (targets []any, done func()) {
	var publishedAt *time.Time
	var source uuid.NullUUID
	return []any{&a.Academy, &a.ID, &a.Number, &a.State, &a.Latest, &a.Published, &publishedAt, &source}, func() {
		if a.Source = source.UUID; publishedAt != nil {
			a.PublishedAt = *publishedAt
		}
	}
}

func revisionTargets(r *tickets.Revision) []any {
	return []any{&r.Theme, &r.Subject, &r.Lang, &r.Audience, &r.Title, &r.Summary, &r.Body, &r.Rev, &r.Author, &r.At}
}

const stepColumns = `seq, action, rev, actor, at, reason`

func scanStep(row pgx.CollectableRow) (tickets.ArticleStep, error) {
	var s tickets.ArticleStep
	err := row.Scan(&s.Seq, &s.Action, &s.Rev, &s.Actor, &s.At, &s.Reason)
	return s, err
}

// ChangeArticle locks the article, calls change with it as it stands, and keeps
// what it returns in the same transaction; see [tickets.Knowledge].
func (db *DB) ChangeArticle(ctx context.Context, academy tickets.AcademyID, id uuid.UUID, change func(tickets.Draft) (tickets.DraftChange, error)) (tickets.Article, error) {
	var after tickets.Article
	var refusal error
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		before, err := lockDraft(ctx, tx, academy, id)
		if err != nil {
			return err
		}
		var c tickets.DraftChange
		if c, refusal = change(before); refusal != nil {
			return refusal
		}
		if after = c.Article; len(c.Steps) == 0 {
			return nil
		}
		return keepArticle(ctx, tx, before.Latest == 0, c)
	})
	if refusal != nil {
		return tickets.Article{}, refusal
	}
	if err != nil {
		return tickets.Article{}, fmt.Errorf("postgres.ChangeArticle(%s, %s): %w", academy, id, err)
	}
	return after, nil
}

// lockDraft returns the article as it stands, locked, or the beginning of a new
// one with the academy's next number: then the academy is locked, so that two
// new articles do not get the same.
func lockDraft(ctx context.Context, tx pgx.Tx, academy tickets.AcademyID, id uuid.UUID) (tickets.Draft, error) {
	d, err := draft(ctx, tx, academy, id)
	if !errors.Is(err, pgx.ErrNoRows) {
		return d, err
	}
	if _, err := one(ctx, tx, pgx.RowTo[string], `SELECT academy FROM academies WHERE academy = $1 FOR NO KEY UPDATE`, academy); err != nil {
		return tickets.Draft{}, absent(err, "academy.not_found")
	}
	d, err = draft(ctx, tx, academy, id) // who waited for the lock may have waited for their own repetition
	if !errors.Is(err, pgx.ErrNoRows) {
		return d, err
	}
	number, err := one(ctx, tx, pgx.RowTo[tickets.ArticleNumber],
		`SELECT coalesce(max(number), 0) + 1 FROM articles WHERE academy = $1`, academy)
	return tickets.Draft{Article: tickets.Article{Academy: academy, ID: id, Number: number}}, err
}

// draft returns the article with its latest revision and step, locked, or
// pgx.ErrNoRows.
func draft(ctx context.Context, tx pgx.Tx, academy tickets.AcademyID, id uuid.UUID) (tickets.Draft, error) {
	// First the lock: who waited for it within one statement would join the
	// article as it is now to its latest revision of before, and find none.
	if _, err := tx.Exec(ctx, `SELECT FROM articles WHERE academy = $1 AND id = $2 FOR NO KEY UPDATE`, academy, id); err != nil {
		return tickets.Draft{}, err
	}
	d, err := one(ctx, tx, func(row pgx.CollectableRow) (tickets.Draft, error) {
		var d tickets.Draft
		targets, done := articleTargets(&d.Article)
		err := row.Scan(append(targets, revisionTargets(&d.Revision)...)...)
		done()
		return d, err
	}, `SELECT `+articleColumns+`, `+revisionColumns+` FROM `+withRevision+` AND r.rev = a.latest
		WHERE a.academy = $1 AND a.id = $2`, academy, id)
	if err != nil {
		return tickets.Draft{}, err
	}
	d.Last, err = one(ctx, tx, scanStep, `SELECT `+stepColumns+` FROM article_steps
		WHERE academy = $1 AND article = $2 ORDER BY seq DESC LIMIT 1`, academy, id)
	if err != nil {
		return tickets.Draft{}, fmt.Errorf("the trace of %s: %w", d.Number, err)
	}
	d.People, err = people(ctx, tx, academy, []uuid.UUID{d.Author, d.Last.Actor})
	return d, err
}

// keepArticle writes a change of an article.
func keepArticle(ctx context.Context, tx pgx.Tx, created bool, c tickets.DraftChange) error {
	var b pgx.Batch
	sql := `UPDATE articles SET state = $4, latest = $5, published = nullif($6, 0), published_at = $7, source = $8
		WHERE academy = $1 AND id = $2 AND number = $3`
	if created {
		sql = `INSERT INTO articles (academy, id, number, state, latest, published, published_at, source)
			VALUES ($1, $2, $3, $4, $5, nullif($6, 0), $7, $8)`
	}
	b.Queue(sql, c.Academy, c.ID, c.Number, c.State, c.Latest, c.Published, nullableTime(c.PublishedAt), nullable(c.Source))
	if r := c.Revision; r != nil {
		b.Queue(`INSERT INTO article_revisions (academy, article, theme, subject, lang, audience, title, summary, body, rev, author, at)
			VALUES (`+parameters(1, 12)+`)`, c.Academy, c.ID,
			r.Theme, r.Subject, r.Lang, r.Audience, r.Title, r.Summary, r.Body, r.Rev, r.Author, r.At)
	}
	for _, s := range c.Steps {
		b.Queue(`INSERT INTO article_steps (academy, article, `+stepColumns+`) VALUES (`+parameters(1, 8)+`)`,
			c.Academy, c.ID, s.Seq, s.Action, s.Rev, s.Actor, s.At, s.Reason)
	}
	return tx.SendBatch(ctx, &b).Close()
}

// Article returns the article with one revision as the viewer may read it; see
// [tickets.Knowledge].
func (db *DB) Article(ctx context.Context, viewer tickets.Person, n tickets.ArticleNumber, rev int) (tickets.ArticleView, error) {
	v, err := db.article(ctx, viewer, n, rev)
	if err != nil {
		return tickets.ArticleView{}, fmt.Errorf("postgres.Article(%s, %s): %w", viewer.Academy, n, absent(err, "article.not_found"))
	}
	return v, nil
}

func (db *DB) article(ctx context.Context, viewer tickets.Person, n tickets.ArticleNumber, rev int) (tickets.ArticleView, error) {
	args := viewerArgs(viewer)
	args["number"], args["rev"] = n, rev
	which := read
	switch rev {
	case tickets.ShownRevision:
	case tickets.LatestRevision:
		which = `(@agent AND r.rev = a.latest)`
	default:
		which = `(@agent AND r.rev = @rev)`
	}
	v, err := one(ctx, db.pool, func(row pgx.CollectableRow) (tickets.ArticleView, error) {
		var v tickets.ArticleView
		targets, done := articleTargets(&v.Article)
		targets = append(append(targets, revisionTargets(&v.Revision)...), &v.Vote, &v.Useful, &v.Useless)
		err := row.Scan(targets...)
		done()
		return v, err
	}, `SELECT `+articleColumns+`, `+revisionColumns+`,
			coalesce((SELECT vote FROM article_votes v WHERE v.academy = a.academy AND v.article = a.id AND v.person = @viewer), ''),
			votes.useful, votes.useless
		FROM `+withRevision+`, LATERAL `+votes+`
		WHERE a.academy = @academy AND a.number = @number AND `+which, args)
	if err != nil || !viewer.Agent() {
		v.Votes = tickets.Votes{}
		return v, err
	}
	v.Steps, err = all(ctx, db.pool, scanStep, `SELECT `+stepColumns+` FROM article_steps
		WHERE academy = $1 AND article = $2 ORDER BY seq`, v.Academy, v.ID)
	if err != nil {
		return v, err
	}
	who := []uuid.UUID{v.Author}
	for _, s := range v.Steps {
		who = append(who, s.Actor)
	}
	v.People, err = people(ctx, db.pool, v.Academy, who)
	return v, err
}

// votes counts those on articles AS a.
const votes = `(SELECT count(*) FILTER (WHERE vote = 'yes') AS useful, count(*) FILTER (WHERE vote = 'no') AS useless
	FROM article_votes v WHERE v.academy = a.academy AND v.article = a.id) votes`

// Articles returns a page of the articles that the viewer reads; see
// [tickets.Knowledge].
func (db *DB) Articles(ctx context.Context, viewer tickets.Person, q tickets.ArticleQuery) (tickets.ArticlePage, error) {
	page, err := db.articles(ctx, viewer, q)
	if err != nil {
		return tickets.ArticlePage{}, fmt.Errorf("postgres.Articles(%s): %w", viewer.Academy, err)
	}
	return page, nil
}

func (db *DB) articles(ctx context.Context, viewer tickets.Person, q tickets.ArticleQuery) (tickets.ArticlePage, error) {
	from, where, order, args := articleConditions(viewer, q)
	args["limit"], args["offset"] = 20, max(q.Offset, 0)
	if q.Limit > 0 {
		args["limit"] = min(q.Limit, 100)
	}
	var page tickets.ArticlePage
	var b pgx.Batch
	b.Queue(`SELECT `+articleColumns+`, r.theme, r.subject, r.lang, r.audience, r.title, r.summary, r.author,
			coalesce(CASE WHEN r.rev = a.published THEN a.published_at END, r.at), votes.useful, votes.useless
		FROM `+from+` WHERE `+where+` ORDER BY `+order+`, a.number LIMIT @limit OFFSET @offset`, args).
		Query(func(rows pgx.Rows) (err error) {
			page.Items, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tickets.ArticleItem, error) {
				var i tickets.ArticleItem
				targets, done := articleTargets(&i.Article)
				targets = append(targets, &i.Theme, &i.Subject, &i.Lang, &i.Audience, &i.Title, &i.Summary, &i.Author.ID, &i.At, &i.Useful, &i.Useless)
				err := row.Scan(targets...)
				done()
				return i, err
			})
			return err
		})
	b.Queue(`SELECT count(*) FROM `+from+` WHERE `+where, args).
		QueryRow(func(row pgx.Row) error { return row.Scan(&page.Total) })
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return page, err
	}
	authors := make([]uuid.UUID, 0, len(page.Items))
	if viewer.Agent() {
		for _, i := range page.Items {
			authors = append(authors, i.Author.ID)
		}
	}
	who, err := people(ctx, db.pool, viewer.Academy, authors)
	for i := range page.Items {
		item := &page.Items[i]
		if item.Author = who[item.Author.ID]; !viewer.Agent() { // who wrote, and the counts, are for the desk
			item.Votes = tickets.Votes{}
		}
	}
	return page, err
}

// articleConditions returns where the articles of a query come from, the
// predicate, the order and the arguments.
func articleConditions(viewer tickets.Person, q tickets.ArticleQuery) (from, where, order string, args pgx.NamedArgs) {
	args = viewerArgs(viewer)
	from, where = withRevision+`, LATERAL `+votes, `a.academy = @academy AND `+read
	if q.State != "" {
		where = `a.academy = @academy AND @agent AND r.rev = a.latest AND a.state = @state`
		args["state"] = q.State
	}
	if q.Theme != "" {
		where += ` AND r.theme = @theme`
		args["theme"] = storable(q.Theme)
	}
	switch q.Order {
	case tickets.ByDate:
		order = `coalesce(CASE WHEN r.rev = a.published THEN a.published_at END, r.at) DESC`
	case tickets.ByUsefulness:
		where += ` AND votes.useful > votes.useless`
		order = `votes.useful - votes.useless DESC, votes.useful DESC`
	default:
		order = `fold(r.title)`
	}
	if q.Text != "" {
		// Articles with every word come before those with some of them; each is
		// compared in its own language.
		from += `, (SELECT plainto_tsquery('public.fr', @text) AS fr, plainto_tsquery('english', @text) AS en) whole,
			LATERAL (SELECT replace(whole.fr::text, ' & ', ' | ')::tsquery AS fr, replace(whole.en::text, ' & ', ' | ')::tsquery AS en) part`
		where += ` AND (r.lang = 'fr' AND r.search @@ part.fr OR r.lang = 'en' AND r.search @@ part.en)`
		order = `r.search @@ CASE r.lang WHEN 'en' THEN whole.en ELSE whole.fr END DESC,
			ts_rank(r.search, CASE r.lang WHEN 'en' THEN part.en ELSE part.fr END, 1) DESC`
		args["text"] = asWords.Replace(storable(q.Text))
	}
	return from, where, order, args
}

// asWords takes from a text what the parser of full-text search would read as a
// path or a tag, as the column article_revisions.search does.
var asWords = strings.NewReplacer("/", " ", "<", " ", ">", " ")

// ArticleThemes counts the published articles that the viewer reads, by theme.
func (db *DB) ArticleThemes(ctx context.Context, viewer tickets.Person) (map[string]int, error) {
	out, err := countBy[string](ctx, db.pool, `SELECT r.theme, count(*) FROM `+withRevision+`
		WHERE a.academy = @academy AND `+read+` GROUP BY r.theme`, viewerArgs(viewer))
	if err != nil {
		return nil, fmt.Errorf("postgres.ArticleThemes(%s): %w", viewer.Academy, err)
	}
	return out, nil
}

// ArticleStates counts the academy's articles by the state of their latest
// revision; none for who is not of the desk.
func (db *DB) ArticleStates(ctx context.Context, viewer tickets.Person) (map[tickets.ArticleState]int, error) {
	out, err := countBy[tickets.ArticleState](ctx, db.pool, `SELECT state, count(*) FROM articles
		WHERE academy = @academy AND @agent GROUP BY state`, viewerArgs(viewer))
	if err != nil {
		return nil, fmt.Errorf("postgres.ArticleStates(%s): %w", viewer.Academy, err)
	}
	return out, nil
}

// countBy collects rows of a key and a count.
func countBy[K comparable](ctx context.Context, q querier, sql string, args ...any) (map[K]int, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	out := map[K]int{}
	var key K
	var n int
	_, err = pgx.ForEachRow(rows, []any{&key, &n}, func() error {
		out[key] = n
		return nil
	})
	return out, err
}

// VoteArticle keeps the viewer's latest word on a published article; what they
// may not read is not found.
func (db *DB) VoteArticle(ctx context.Context, viewer tickets.Person, n tickets.ArticleNumber, vote tickets.Vote, at time.Time) error {
	args := viewerArgs(viewer)
	args["number"], args["vote"], args["at"] = n, vote, at
	tag, err := db.pool.Exec(ctx, `INSERT INTO article_votes (academy, article, person, vote, at)
		SELECT a.academy, a.id, @viewer, @vote, @at FROM `+withRevision+`
		WHERE a.academy = @academy AND a.number = @number AND `+read+`
		ON CONFLICT (academy, article, person) DO UPDATE SET vote = excluded.vote, at = excluded.at
		WHERE article_votes.academy = @academy`, args)
	if err == nil && tag.RowsAffected() == 0 {
		err = &tickets.Error{Code: tickets.NotFound, Message: "article.not_found"}
	}
	if err != nil {
		return fmt.Errorf("postgres.VoteArticle(%s, %s): %w", viewer.Academy, n, err)
	}
	return nil
}
