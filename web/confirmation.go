package web

import (
	"net/http"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

type confirmationBody struct {
	Heading, Number, Path, List string
	New                         string // the address of another form
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
		Path: path, List: "/incidents", Next: []string{v.words.T("web.confirmation.next.read")},
	}
	if view.Number.Kind == tickets.Service {
		body.List = "/services"
	}
	body.New = body.List + "/nouveau"
	if !view.Due.IsZero() {
		body.Next[0] += " " + v.words.T("web.confirmation.due", view.Due)
	}
	if view.Parent != uuid.Nil {
		body.Next = append([]string{v.words.T("web.confirmation.major", majorNumber(view))}, body.Next...)
	}
	if other := view.Who(view.Beneficiary); other.ID != view.Requester && v.person.ID == view.Requester {
		body.Next = append(body.Next,
			v.words.T("web.confirmation.for", other.Name(), other.Email), v.words.T("web.confirmation.both", v.person.Email))
	} else if _, muted, err := s.desk.Muting(r.Context(), v.caller()); err != nil {
		return err
	} else if !muted { // the banner says it
		body.Next = append(body.Next, v.words.T("web.confirmation.next.mail", v.person.Email))
	}
	body.Next = append(body.Next, v.words.T("web.confirmation.next.noreply"), v.words.T("web.confirmation.next.validate"))
	return s.render(w, r, v, content{template: "confirmation", title: body.Heading + " – " + body.Number, body: body})
}
