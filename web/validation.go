package web

import (
	"net/http"
	"strconv"

	"cecoia.example/tickets"
)

type validationBody struct {
	actionPage
	Solution *call
	Rating   field
	Text     field
	Draft    bool
	Seen     string // marks the draft that the words began with
}

// validation is where the requester says whether the ticket is resolved.
func (s *server) validation(w http.ResponseWriter, r *http.Request, v *visit) error {
	view, err := s.fitting(r, v, "/validation", tickets.ActionValidate)
	if err != nil {
		return err
	}
	return s.showValidation(w, r, v, view, fromDraft(view.Draft), 0, nil)
}

func (s *server) showValidation(w http.ResponseWriter, r *http.Request, v *visit, view tickets.View, typed typed, rating int, refused error) error {
	fm := v.form(refused)
	body := validationBody{
		actionPage: newActionPage(v, r, view, "web.validation.title"),
		Solution:   requesterCall(v, view), Draft: view.Draft != nil, Seen: typed.draft,
		Rating: fm.optional(ratingField(v, rating)),
		Text: fm.field(field{
			Name: "text", ID: "text-refuse", Kind: "textarea", Rows: 5, Value: typed.text, Limit: tickets.MaxText,
			Label: v.words.T("web.field.text.refuse"), Hint: v.words.T("web.field.text.refuse.hint"),
		}),
	}
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "validation", title: body.Heading + " – " + body.Number,
		problems: fm.problems(nil), body: body,
	})
}

// ratingField asks how satisfied the visitor is, from 1 to 5; 0 when they have
// not said yet.
func ratingField(v *visit, rating int) field {
	marks := make([]option, 0, 5)
	for n := 1; n <= 5; n++ {
		marks = append(marks, option{Value: strconv.Itoa(n), Label: v.words.T("web.rating." + strconv.Itoa(n)), Checked: n == rating})
	}
	return field{Name: "rating", Kind: "radio", Options: marks}
}

// doValidation validates, with an optional rating, or refuses with a reason.
func (s *server) doValidation(w http.ResponseWriter, r *http.Request, v *visit) error {
	ref, sub, err := s.posted(r, v)
	if err != nil {
		return err
	}
	action, in := tickets.ActionValidate, tickets.Input{}
	if sub.Get("do") == string(tickets.ActionRefuse) {
		action, in = tickets.ActionRefuse, typedIn(sub).input()
	} else if mark := sub.Get("rating"); mark != "" {
		if in.Rating, err = strconv.Atoi(mark); err != nil {
			in.Rating = -1 // the domain refuses it by name
		}
	}
	return s.act(w, r, v, ref, action, sub, in, func(view tickets.View, refused error) error {
		return s.showValidation(w, r, v, view, typedIn(sub), in.Rating, refused)
	})
}
