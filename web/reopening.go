package web

import (
	"net/http"
	"slices"

	"cecoia.example/tickets"
)

type reopeningBody struct {
	actionPage
	Closed *call // how it ended: who, when, with which words; nil without words
	Draft  bool  // the words come from a refused mail
	Seen   string
	Text   field
}

// reopening is "Rouvrir": what was closed is not over. The requester has 15 days,
// the desk as long as it likes.
func (s *server) reopening(w http.ResponseWriter, r *http.Request, v *visit) error {
	view, err := s.fitting(r, v, "/reouverture", tickets.ActionReopen)
	if err != nil {
		return err
	}
	var words typed
	if d := view.Draft; d != nil && d.CreatedAt.After(view.StatusAt) { // what they wrote before is about what was settled
		words = fromDraft(d)
	}
	return s.showReopening(w, r, v, view, words, nil)
}

func (s *server) showReopening(w http.ResponseWriter, r *http.Request, v *visit, view tickets.View, typed typed, refused error) error {
	fm := v.form(refused)
	body := reopeningBody{
		actionPage: newActionPage(v, r, view, "web.reopening.title."+string(view.Number.Kind)),
		Draft:      typed.draft != "", Seen: typed.draft,
		Text: fm.field(field{
			Name: "text", Kind: "textarea", Rows: 5, Value: typed.text, Limit: tickets.MaxText,
			Label: v.words.T("web.field.text.reopen"), Hint: v.words.T("web.field.text.reopen.hint"),
		}),
	}
	for _, e := range slices.Backward(view.Events) { // the closing, or the solution before it
		if (e.Action == view.StatusAction || e.Action == tickets.ActionResolve) && e.Text != "" {
			body.Closed = &call{
				Title: v.words.State(view.Ticket), Who: view.Who(e.Actor).Name(), At: when(v.words, e.At), Text: e.Text,
			}
			break
		}
	}
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "reopening", title: body.Heading + " – " + body.Number,
		problems: fm.problems(nil), body: body,
	})
}

// doReopening puts a closed ticket in progress again.
func (s *server) doReopening(w http.ResponseWriter, r *http.Request, v *visit) error {
	ref, sub, err := s.posted(r, v)
	if err != nil {
		return err
	}
	return s.act(w, r, v, ref, tickets.ActionReopen, sub, typedIn(sub).input(), func(view tickets.View, refused error) error {
		return s.showReopening(w, r, v, view, typedIn(sub), refused)
	})
}
