package web

import (
	"net/http"

	"cecoia.example/tickets"
)

type startBody struct {
	Heading string
	Begun   []begun
	Action  string
	Full    bool // no other may be begun
}

// begun is a form begun and not sent.
type begun struct {
	Number, Excerpt string
	At              stamp
	Resume, Cancel  string
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
	body := startBody{Heading: v.words.T("web.resume.title." + string(kind)), Action: r.URL.Path, Full: refused != nil}
	for _, f := range unsent {
		b := begun{
			Number: f.Number.String(), Excerpt: excerpt(f.Card), At: when(v.words, f.UpdatedAt),
			Resume: formPath(f.ID), Cancel: formPath(f.ID) + "/annulation",
		}
		if b.Excerpt == "" {
			b.Excerpt = v.words.T("web.resume.untitled")
		}
		body.Begun = append(body.Begun, b)
	}
	c := content{template: "form_start", title: body.Heading, body: body}
	if refused != nil {
		c.status, c.problems = http.StatusConflict, v.form(refused).problems(nil)
	}
	return s.render(w, r, v, c)
}
