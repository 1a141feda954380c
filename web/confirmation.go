package web

import (
	"net/http"

	"cecoia.example/tickets"
)

type confirmationBody struct {
	Heading, Number, Path, List string
	Next                        []string
}

// confirmation gives the number of a ticket just sent, and what happens next.
func (s *server) confirmation(w http.ResponseWriter, r *http.Request, v *visit) error {
	view, err := s.view(r, v, "/confirmation")
	if err != nil {
		return err
	}
	path := tickets.TicketPath(view.Academy, view.Number)
	if !view.Party(v.person.ID) {
		return &movedError{path}
	}
	body := confirmationBody{
		Heading: v.words.T("web.confirmation.title." + string(view.Number.Kind)), Number: view.Number.String(),
		Path: path, List: "/incidents",
		Next: []string{
			v.words.T("web.confirmation.next.read"),
			v.words.T("web.confirmation.next.mail", v.person.Email),
			v.words.T("web.confirmation.next.noreply"),
			v.words.T("web.confirmation.next.validate"),
		},
	}
	if view.Number.Kind == tickets.Service {
		body.List = "/services"
	}
	return s.render(w, r, v, content{template: "confirmation", title: body.Heading + " – " + body.Number, body: body})
}
