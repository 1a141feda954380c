package web

import (
	"net/http"

	"cecoia.example/tickets"
)

type withdrawalBody struct {
	actionPage
	Text  field
	Cause *field // nil when the academy has no list of causes
}

// withdrawal is "Clôturer", before the intervention: the requester found the
// solution, or needs none any more.
func (s *server) withdrawal(w http.ResponseWriter, r *http.Request, v *visit) error {
	view, err := s.fitting(r, v, "/cloture", tickets.ActionWithdraw)
	if err != nil {
		return err
	}
	return s.showWithdrawal(w, r, v, view, tickets.Input{}, nil)
}

func (s *server) showWithdrawal(w http.ResponseWriter, r *http.Request, v *visit, view tickets.View, typed tickets.Input, refused error) error {
	fm := v.form(refused)
	body := withdrawalBody{
		actionPage: newActionPage(v, r, view, "web.withdrawal.title."+string(view.Number.Kind)),
		Text: fm.field(field{
			Name: "text", Kind: "textarea", Rows: 5, Value: typed.Text, Limit: tickets.MaxText,
			Label: v.words.T("web.field.text.withdraw"), Hint: v.words.T("web.field.text.withdraw.hint"),
		}),
	}
	if cause, ok := causeField(fm, v, "cause", typed.Cause); ok {
		body.Cause = &cause
	}
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "withdrawal", title: body.Heading + " – " + body.Number,
		problems: fm.problems(nil), body: body,
	})
}

// doWithdrawal closes the ticket in the requester's name.
func (s *server) doWithdrawal(w http.ResponseWriter, r *http.Request, v *visit) error {
	ref, sub, err := s.posted(r, v)
	if err != nil {
		return err
	}
	in := tickets.Input{Text: sub.Get("text"), Cause: sub.Get("cause")}
	return s.act(w, r, v, ref, tickets.ActionWithdraw, sub, in, func(view tickets.View, refused error) error {
		return s.showWithdrawal(w, r, v, view, in, refused)
	})
}
