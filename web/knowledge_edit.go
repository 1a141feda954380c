package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

type editBody struct {
	Heading, Number, Action, Cancel string
	ID                              string // of a new article, so that it is made once
	Base                            int    // the version that the author began from
	Title, Summary, Topic           field
	Language, Audience, Body        field
	Beside                          *articleText // the preview, or what somebody else has written meanwhile; nil for neither
	BesideTitle                     string
}

// newArticle is "Écrire un article".
func (s *server) newArticle(w http.ResponseWriter, r *http.Request, v *visit) error {
	edit := tickets.ArticleEdit{
		ID: tickets.NewArticleID(), Text: tickets.ArticleText{Lang: v.words.Lang, Audience: tickets.ForEveryone, Theme: r.URL.Query().Get("theme")},
	}
	return s.showEdit(w, r, v, 0, edit, nil, nil)
}

// editArticle shows the latest version of an article to write the next one from.
func (s *server) editArticle(w http.ResponseWriter, r *http.Request, v *visit) error {
	n, err := articleNumber(r, v)
	if err != nil {
		return err
	}
	view, err := s.desk.ArticleRevision(r.Context(), v.caller(), n, tickets.LatestRevision)
	if err != nil {
		return err
	}
	edit := tickets.ArticleEdit{ID: view.ID, Base: view.Latest, Text: view.ArticleText}
	if base, err := strconv.Atoi(v.kept.Get("base")); err == nil {
		edit.Base = base // the words that come back were written from that one
	}
	return s.showEdit(w, r, v, n, edit, nil, nil)
}

// showEdit renders the form of a new article (n is 0) or of the next version of
// one, with what was typed, and above it the text to see beside it, if any.
func (s *server) showEdit(w http.ResponseWriter, r *http.Request, v *visit, n tickets.ArticleNumber, edit tickets.ArticleEdit, beside *tickets.ArticleText, refused error) error {
	if !v.person.Agent() { // what they wrote would be refused
		return &tickets.Error{Code: tickets.Forbidden, Message: "action.desk_only"}
	}
	fm, text := v.form(refused), edit.Text
	body := editBody{
		Heading: v.words.T("web.knowledge.write"), Action: "/connaissances/nouveau", Cancel: "/connaissances/redaction",
		ID: edit.ID.String(), Base: edit.Base,
	}
	if n != 0 {
		path := tickets.ArticlePath(v.academy.ID, n)
		body.Heading, body.Number = v.words.T("web.article.edit.title", n.String()), n.String()
		body.Action, body.Cancel = path+"/modifier", path+"/versions"
	}
	body.Title = fm.field(field{Name: "title", Value: text.Title, Label: v.words.T("web.field.title"), Hint: v.words.T("web.field.title.hint")})
	body.Summary = fm.field(field{Name: "summary", Value: text.Summary, Label: v.words.T("web.field.abstract"), Hint: v.words.T("web.field.abstract.hint")})
	topics := append([]optionGroup{{Options: []option{{Value: "", Label: v.words.T("web.field.topic.choose")}}}}, themeOptions(v, "web.field.topic.whole")...)
	body.Topic = fm.field(field{Name: "topic", Kind: "select", Value: topic(text), Groups: topics, Label: v.words.T("web.card.theme")})
	body.Language = fm.field(field{
		Name: "language", Kind: "radio", Label: v.words.T("web.footer.lang"), Options: checked(languages(), string(text.Lang)),
	})
	body.Audience = fm.field(field{
		Name: "audience", Kind: "radio", Label: v.words.T("web.field.audience"), Options: checked([]option{
			{Value: string(tickets.ForEveryone), Label: v.words.T("web.article.everyone")},
			{Value: string(tickets.ForDesk), Label: v.words.T("web.article.desk_only")},
		}, string(text.Audience)),
	})
	body.Body = fm.field(field{
		Name: "body", Kind: "textarea", Rows: 20, Value: text.Body, Limit: tickets.MaxArticle,
		Label: v.words.T("web.field.body"), Hint: v.words.T("web.field.body.hint"),
	})
	if beside != nil {
		shown, err := newArticleText(v, n, *beside)
		if err != nil {
			return err
		}
		body.Beside, body.BesideTitle = &shown, v.words.T("web.article.preview")
		if refused != nil {
			body.BesideTitle = v.words.T("web.article.theirs")
		}
	}
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "knowledge_edit", title: body.Heading, body: body,
		problems: fm.problems(func(string) string {
			if beside != nil { // somebody else has written meanwhile: there it is
				return "#preview"
			}
			return ""
		}),
	})
}

// topic is an article's theme and subject as one choice.
func topic(text tickets.ArticleText) string {
	return strings.TrimSuffix(text.Theme+"/"+text.Subject, "/")
}

// writtenIn is what a posted form of an article holds. What is malformed is left
// to the desk to refuse.
func writtenIn(form url.Values) tickets.ArticleEdit {
	theme, subject, _ := strings.Cut(form.Get("topic"), "/")
	base, _ := strconv.Atoi(form.Get("base"))
	return tickets.ArticleEdit{
		Base: base, Submit: form.Get("do") == "submit",
		Text: tickets.ArticleText{
			Theme: theme, Subject: subject, Lang: tickets.Lang(form.Get("language")), Audience: tickets.Audience(form.Get("audience")),
			Title: form.Get("title"), Summary: form.Get("summary"), Body: form.Get("body"),
		},
	}
}

// doNewArticle keeps a new article, or shows how it will look.
func (s *server) doNewArticle(w http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	edit := writtenIn(sub.Values)
	if edit.ID, err = uuid.Parse(sub.Get("id")); err != nil {
		edit.ID = tickets.NewArticleID()
	}
	edit.Base = 0
	return s.write(w, r, v, 0, edit, sub.Get("do"))
}

// doEditArticle keeps the next version of an article, or shows how it will look.
func (s *server) doEditArticle(w http.ResponseWriter, r *http.Request, v *visit) error {
	n, err := articleNumber(r, v)
	if err != nil {
		return err
	}
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	view, err := s.desk.ArticleRevision(r.Context(), v.caller(), n, tickets.LatestRevision)
	if err != nil {
		return err
	}
	edit := writtenIn(sub.Values)
	edit.ID = view.ID
	return s.write(w, r, v, n, edit, sub.Get("do"))
}

// write keeps a version, or shows the form again: as a preview, or with what was
// refused. After a conflict the version that it met is shown above the form,
// which begins from it then, so that the author, having read it, can keep theirs.
func (s *server) write(w http.ResponseWriter, r *http.Request, v *visit, n tickets.ArticleNumber, edit tickets.ArticleEdit, do string) error {
	if do == "preview" {
		text, err := edit.Text.Clean(v.academy, false)
		if err != nil { // nor would it be kept
			return s.showEdit(w, r, v, n, edit, nil, err)
		}
		return s.showEdit(w, r, v, n, edit, &text, nil)
	}
	a, err := s.desk.WriteArticle(r.Context(), v.caller(), edit)
	switch tickets.CodeOf(err) {
	case tickets.Invalid:
		return s.showEdit(w, r, v, n, edit, nil, err)
	case tickets.Conflict:
		if n == 0 { // the id is another article's
			edit.ID = tickets.NewArticleID()
			return s.showEdit(w, r, v, n, edit, nil, err)
		}
		met, viewErr := s.desk.ArticleRevision(r.Context(), v.caller(), n, tickets.LatestRevision)
		if viewErr != nil {
			return viewErr
		}
		edit.Base = met.Latest
		return s.showEdit(w, r, v, n, edit, &met.ArticleText, err)
	}
	if err != nil {
		return err
	}
	done := tickets.ArticleWrite
	if edit.Submit {
		done = tickets.ArticleSubmit
	}
	s.auth.Flash(r.Context(), v.words.T("web.article.done."+string(done), a.Number.String()))
	return &movedError{tickets.ArticlePath(a.Academy, a.Number) + "/versions"}
}
