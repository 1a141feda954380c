package web

import (
	"net/http"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

type startBody struct {
	Heading string
	Begun   []begun
	Action  string
	Full    bool // no other may be begun
}

// begun is a form begun and not sent, ready for the partial "begun".
type begun struct {
	locale.Printer
	Number, Excerpt string
	At              stamp
	Resume, Cancel  string
	Main            bool // to resume it is what the page is for
}

func formsBegun(v *visit, unsent []tickets.Form) []begun {
	out := make([]begun, len(unsent))
	for i, f := range unsent {
		out[i] = begun{
			Printer: v.words, Number: f.Number.String(), Excerpt: excerpt(f.Card), At: when(v.words, f.UpdatedAt),
			Resume: formPath(f.ID), Cancel: formPath(f.ID) + "/annulation",
		}
		if out[i].Excerpt == "" {
			out[i].Excerpt = v.words.T("web.resume.untitled")
		}
	}
	return out
}

// newIncident opens the form of an incident. When one was begun and not sent, the
// visitor says whether to resume it.
func (s *server) newIncident(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.start(w, r, v, tickets.Incident)
}

// newService opens the form of a service request, in the same way.
func (s *server) newService(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.start(w, r, v, tickets.Service)
}

// anotherIncident begins an incident beside those that are not sent.
func (s *server) anotherIncident(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.startAnother(w, r, v, tickets.Incident)
}

// anotherService begins a service request beside those that are not sent.
func (s *server) anotherService(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.startAnother(w, r, v, tickets.Service)
}

func (s *server) start(w http.ResponseWriter, r *http.Request, v *visit, kind tickets.Kind) error {
	unsent, err := s.desk.UnsentForms(r.Context(), v.caller())
	if err != nil {
		return err
	}
	var same []tickets.Form
	for _, f := range unsent {
		if f.Kind == kind {
			same = append(same, f)
		}
	}
	if len(same) > 0 {
		return s.offer(w, r, v, kind, same, nil)
	}
	return s.startAnother(w, r, v, kind)
}

func (s *server) startAnother(w http.ResponseWriter, r *http.Request, v *visit, kind tickets.Kind) error {
	f, err := s.desk.StartForm(r.Context(), v.caller(), kind)
	if tickets.CodeOf(err) == tickets.Conflict {
		unsent, e := s.desk.UnsentForms(r.Context(), v.caller())
		if e != nil {
			return e
		}
		return s.offer(w, r, v, kind, unsent, err)
	}
	if err != nil {
		return err
	}
	return &movedError{formPath(f.ID)}
}

// offer shows the forms that are not sent; refused says why there may be no other.
func (s *server) offer(w http.ResponseWriter, r *http.Request, v *visit, kind tickets.Kind, unsent []tickets.Form, refused error) error {
	body := startBody{
		Heading: v.words.T("web.resume.title." + string(kind)), Begun: formsBegun(v, unsent), Action: r.URL.Path, Full: refused != nil,
	}
	for i := range body.Begun {
		body.Begun[i].Main = true
	}
	c := content{template: "form_start", title: body.Heading, body: body}
	if refused != nil {
		c.status, c.problems = http.StatusConflict, v.form(refused).problems(nil)
	}
	return s.render(w, r, v, c)
}
