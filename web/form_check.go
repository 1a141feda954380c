package web

import (
	"net/http"

	"cecoia.example/tickets"
)

type checkBody struct {
	formHead
	Action    string
	Sections  []checkSection
	Documents documentList
}

// checkSection is what one step holds, with the way back to change it.
type checkSection struct {
	Title   string
	Change  string
	Answers []answer
	HasDocs bool
}

// check shows the answers before they are sent.
func (s *server) check(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.showCheck(w, r, v, 0, nil)
}

func (s *server) showCheck(w http.ResponseWriter, r *http.Request, v *visit, status int, refused error) error {
	f, docs, err := s.openForm(r, v)
	if err != nil {
		return err
	}
	fm := v.form(refused)
	head := s.formHead(v, f, len(formSteps))
	body := checkBody{formHead: head, Action: r.URL.Path, Documents: documents(v.words, pendingDocuments(v, docs), false)}
	held := answers(v.words, v.academy, f)
	for _, st := range formSteps {
		body.Sections = append(body.Sections, checkSection{
			Title: v.words.T(st.title), Change: formPath(f.ID) + st.slug + "?verifier",
			Answers: held[st], HasDocs: st.documents,
		})
	}
	return s.render(w, r, v, content{
		status: status, template: "form_check", title: head.Heading + " – " + head.Kind + " " + head.Number,
		problems: fm.problems(func(name string) string { return stepPath(f.ID, name) }), body: body,
	})
}

// send makes the ticket. Sent twice it is one ticket, confirmed twice.
func (s *server) send(w http.ResponseWriter, r *http.Request, v *visit) error {
	if _, err := readForm(r); err != nil {
		return err
	}
	f, _, err := s.openForm(r, v)
	if err != nil {
		return err
	}
	c, err := s.desk.Send(r.Context(), v.caller(), f.ID)
	if refused := refusal(err); refused != nil {
		return s.showCheck(w, r, v, http.StatusUnprocessableEntity, refused)
	}
	if err != nil {
		return err
	}
	return &movedError{tickets.TicketPath(c.Academy, c.Number) + "/confirmation"}
}
