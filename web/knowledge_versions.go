package web

import (
	"net/http"
	"slices"
	"strconv"

	"cecoia.example/tickets"
)

type versionsBody struct {
	Article  articleText
	Path     string
	State    string // of the version shown
	Written  string // by whom
	At       stamp
	Rev      int
	Latest   *link           // to the latest version, nil when it is the one shown
	Shown    *link           // to what readers see, nil when they see nothing
	Own      bool            // the visitor wrote it: somebody else must review it
	Actions  []articleButton // what the visitor may do to it now, but to send it back
	Return   *field          // the reason to send it back, nil when that does not fit
	Edit     string
	Timeline []articleStep
}

// articleButton is one action on an article.
type articleButton struct {
	Action tickets.ArticleAction
	Text   string
}

// articleStep is one line of an article's trace.
type articleStep struct {
	Text, Reason string
	Version      link
	At           stamp
}

// versions shows the desk an article's latest version, or the one asked for
// (?version=2), what can be done with it, and who did what when.
func (s *server) versions(w http.ResponseWriter, r *http.Request, v *visit) error {
	n, err := articleNumber(r, v)
	if err != nil {
		return err
	}
	rev := tickets.LatestRevision
	if asked := r.URL.Query().Get("version"); asked != "" {
		if rev, err = strconv.Atoi(asked); err != nil || rev < 1 {
			return &tickets.Error{Code: tickets.NotFound, Message: "article.no_such", Args: []any{n.String()}}
		}
	}
	return s.showVersions(w, r, v, n, rev, "", nil)
}

func (s *server) showVersions(w http.ResponseWriter, r *http.Request, v *visit, n tickets.ArticleNumber, rev int, reason string, refused error) error {
	view, err := s.desk.ArticleRevision(r.Context(), v.caller(), n, rev)
	if err != nil {
		return err
	}
	text, err := newArticleText(v, n, view.ArticleText)
	if err != nil {
		return err
	}
	path := tickets.ArticlePath(v.academy.ID, n)
	fm := v.form(refused)
	body := versionsBody{
		Article: text, Path: path, Rev: view.Rev, Edit: path + "/modifier",
		State: v.words.T("web.article.state." + string(view.State)), At: when(v.words, view.At),
		Written: v.words.T("web.article.written", view.Rev, view.People[view.Author].Name()),
	}
	if view.Published > 0 {
		body.Shown = &link{path, v.words.T("web.article.shown", view.Published)}
	}
	if view.Rev != view.Latest {
		body.State = v.words.T("web.article.state.old")
		if view.Rev == view.Published {
			body.State = v.words.T("web.article.state.published")
		}
		body.Latest = &link{path + "/versions", v.words.T("web.article.latest", view.Latest)}
	} else {
		fits := view.Draft().Fitting(v.person)
		for _, action := range fits {
			if action != tickets.ArticleReturn {
				body.Actions = append(body.Actions, articleButton{action, v.words.T("web.article.do." + string(action))})
				continue
			}
			f := fm.field(field{
				Name: "reason", Kind: "textarea", Rows: 4, Value: reason, Limit: tickets.MaxText,
				Label: v.words.T("web.field.reason"), Hint: v.words.T("web.field.reason.hint"),
			})
			body.Return = &f
		}
		body.Own = view.State == tickets.ArticleInReview && !slices.Contains(fits, tickets.ArticlePublish)
	}
	for _, step := range slices.Backward(view.Steps) {
		number := strconv.Itoa(step.Rev)
		body.Timeline = append(body.Timeline, articleStep{
			Text: v.words.T("web.article.step."+string(step.Action), view.People[step.Actor].Name()), Reason: step.Reason,
			Version: link{path + "/versions?version=" + number, v.words.T("web.article.version", number)}, At: when(v.words, step.At),
		})
	}
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "knowledge_versions", title: v.words.T("web.article.versions") + " – " + n.String(),
		problems: fm.problems(nil), body: body,
	})
}
