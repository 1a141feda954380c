package web

import (
	"net/http"

	"cecoia.example/tickets"
)

type withdrawalBody struct {
	actionPage
	Text field
}

// withdrawal is "Clôturer", before the intervention: the requester found the
// solution, or needs none any more.
func (s *server) withdrawal(w http.ResponseWriter, r *http.Request, v *visit) error {
	view, err := s.fitting(r, v, "/cloture", tickets.ActionWithdraw)
	if err != nil {
		return err
	}
	return s.showWithdrawal(w, r, v, view, 0, "", nil)
}

func (s *server) showWithdrawal(w http.ResponseWriter, r *http.Request, v *visit, view tickets.View, status int, typed string, refused error) error {
	fm := newForm(v.words, refused)
	body := withdrawalBody{
		actionPage: newActionPage(v, r, view, "web.withdrawal.title."+string(view.Number.Kind)),
		Text: fm.field(field{
			Name: "text", Kind: "textarea", Rows: 5, Value: typed, Limit: tickets.MaxText,
			Label: v.words.T("web.field.text.withdraw"), Hint: v.words.T("web.field.text.withdraw.hint"),
		}),
	}
	return s.render(w, r, v, content{
		status: status, template: "withdrawal", title: body.Heading + " – " + body.Number,
		problems: fm.problems(nil), body: body,
	})
}

// doWithdrawal closes the ticket in the requester's name.
func (s *server) doWithdrawal(w http.ResponseWriter, r *http.Request, v *visit) error {
	ref, sub, err := s.posted(r, v)
	if err != nil {
		return err
	}
	return s.act(r, v, ref, tickets.ActionWithdraw, sub, tickets.Input{Text: sub.Get("text")}, func(view tickets.View, status int, refused error) error {
		if tickets.CodeOf(refused) == tickets.Conflict {
			return s.showTicket(w, r, v, view, status, "", "", refused)
		}
		return s.showWithdrawal(w, r, v, view, status, sub.Get("text"), refused)
	})
}
