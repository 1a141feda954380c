package web

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"

	"cecoia.example/tickets"
)

type articleBody struct {
	Article   articleText
	Path      string
	Published stamp
	Vote      tickets.Vote
	Counts    string // what people answered, for the desk; "" for others
	Desk      []link // for the desk: edit, versions
	Newer     string // says to the desk that a later version is being written
}

// articleText is one revision of an article, ready for the partial "article".
type articleText struct {
	Number, Title, Summary, Lang string
	Topic                        link
	Desk                         string // the words, "" when it is for everyone
	HTML                         template.HTML
}

func newArticleText(v *visit, n tickets.ArticleNumber, text tickets.ArticleText) (articleText, error) {
	body, err := markdown(text.Title, text.Body)
	out := articleText{
		Number: n.String(), Title: text.Title, Summary: text.Summary, Lang: string(text.Lang), HTML: body,
		Topic: link{"/connaissances?theme=" + url.QueryEscape(text.Theme), v.words.Category(v.academy, text.Theme, text.Subject)},
	}
	if text.Audience == tickets.ForDesk {
		out.Desk = v.words.T("web.article.desk_only")
	}
	return out, err
}

// articleNumber reads the article's address. Another academy's do not exist.
func articleNumber(r *http.Request, v *visit) (tickets.ArticleNumber, error) {
	n, err := tickets.ParseArticleNumber(r.PathValue("number"))
	if err == nil && tickets.AcademyID(r.PathValue("academy")) != v.academy.ID {
		err = &tickets.Error{Code: tickets.NotFound, Message: "article.no_such", Args: []any{n.String()}}
	}
	return n, err
}

// article shows an article as readers see it. One that is not published leads
// the desk to its versions.
func (s *server) article(w http.ResponseWriter, r *http.Request, v *visit) error {
	n, err := articleNumber(r, v)
	if err != nil {
		return err
	}
	path := tickets.ArticlePath(v.academy.ID, n)
	if r.PathValue("number") != n.String() {
		return &movedError{path}
	}
	view, err := s.desk.Article(r.Context(), v.caller(), n)
	if tickets.CodeOf(err) == tickets.NotFound && v.person.Agent() {
		if _, err := s.desk.ArticleRevision(r.Context(), v.caller(), n, tickets.LatestRevision); err != nil {
			return err
		}
		return &movedError{path + "/versions"}
	}
	if err != nil {
		return err
	}
	text, err := newArticleText(v, n, view.ArticleText)
	if err != nil {
		return err
	}
	body := articleBody{Article: text, Path: path, Published: date(v.words, view.PublishedAt), Vote: view.Vote}
	if v.person.Agent() {
		body.Counts = v.words.T("web.article.votes", view.Useful, view.Useless)
		body.Desk = []link{
			{path + "/modifier", v.words.T("web.article.edit")}, {path + "/versions", v.words.T("web.article.versions")},
		}
		if view.Latest > view.Published {
			body.Newer = v.words.T("web.article.newer", view.Latest, v.words.T("web.article.state."+string(view.State)))
		}
	}
	return s.render(w, r, v, content{template: "knowledge_article", title: view.Title + " – " + n.String(), body: body})
}

// doArticle records a vote, or applies one of the desk's actions to the version
// that the form shows.
func (s *server) doArticle(w http.ResponseWriter, r *http.Request, v *visit) error {
	n, err := articleNumber(r, v)
	if err != nil {
		return err
	}
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	path := tickets.ArticlePath(v.academy.ID, n)
	if vote := sub.Get("vote"); vote != "" {
		if err := s.desk.VoteArticle(r.Context(), v.caller(), n, tickets.Vote(vote)); err != nil {
			return err
		}
		s.auth.Flash(r.Context(), v.words.T("web.article.voted"))
		return &movedError{path}
	}
	action := tickets.ArticleAction(sub.Get("do"))
	rev, _ := strconv.Atoi(sub.Get("version")) // what is no number is no version: the desk refuses it
	a, err := s.desk.DoArticle(r.Context(), v.caller(), n, action, rev, sub.Get("reason"))
	switch tickets.CodeOf(err) {
	case tickets.Invalid, tickets.Conflict, tickets.Forbidden:
		if v.person.Agent() {
			return s.showVersions(w, r, v, n, tickets.LatestRevision, sub.Get("reason"), err)
		}
	}
	if err != nil {
		return err
	}
	s.auth.Flash(r.Context(), v.words.T("web.article.done."+string(action), a.Number.String()))
	if a.State == tickets.ArticlePublished {
		return &movedError{path}
	}
	return &movedError{path + "/versions"}
}
