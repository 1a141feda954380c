package web

import (
	"net/http"

	"cecoia.example/tickets"
)

type cancelBody struct {
	Heading, Number, Action, Back string
}

// cancel asks before a form is forgotten: it may hold much work.
func (s *server) cancel(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, _, err := s.openForm(r, v)
	if err != nil {
		return err
	}
	heading := v.words.T("web.cancel.title")
	return s.render(w, r, v, content{template: "form_cancel", title: heading, body: cancelBody{
		Heading: heading, Number: f.Number.String(), Action: r.URL.Path, Back: formPath(f.ID),
	}})
}

// doCancel forgets the form. One that is gone already is gone.
func (s *server) doCancel(_ http.ResponseWriter, r *http.Request, v *visit) error {
	f, _, err := s.openForm(r, v)
	if tickets.CodeOf(err) == tickets.Expired {
		return &movedError{"/"}
	}
	if err != nil {
		return err
	}
	if err := s.desk.DropForm(r.Context(), v.caller(), f.ID); err != nil {
		return err
	}
	s.auth.Flash(r.Context(), v.words.T("web.cancel.done", f.Number.String()))
	return &movedError{"/"}
}
