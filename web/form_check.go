package web

import (
	"net/http"
	"time"

	"cecoia.example/tickets"
)

type checkBody struct {
	formHead
	Action    string
	Version   string
	Sections  []checkSection
	Documents documentList
	Mail      string // who else hears of the ticket, "" for nobody
}

// checkSection is what one step holds, each line with the way back to change it.
type checkSection struct {
	Title     string
	Answers   []answer
	Documents string // where documents are changed, "" on the steps without
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
	body := checkBody{
		formHead: head, Action: r.URL.Path, Version: versionOf(f),
		Documents: documents(v.words, pendingDocuments(v, docs), false),
	}
	who := answer{Label: v.words.T("web.field.beneficiary"), Value: v.person.Name(), Change: stepPath(f.ID, "beneficiary")}
	if f.Card.Beneficiary != v.person.ID {
		c, left, err := s.desk.Colleague(r.Context(), v.caller(), f.Card.Beneficiary)
		if err != nil && tickets.CodeOf(err) != tickets.NotFound {
			return err
		}
		who.Value, who.None = described(c), v.words.T("web.for.left")
		switch {
		case left:
			who.Value += " – " + v.words.T("web.for.left")
		case err == nil:
			body.Mail = v.words.T("web.check.mail", c.Name(), c.Email)
		}
	}
	held := answers(v.words, v.academy, f)
	held[placeStep] = append([]answer{who}, held[placeStep]...)
	if major, asked := majorAnswer(v, f); asked {
		held[placeStep] = append(held[placeStep], major)
	}
	for _, st := range formSteps {
		if st.within != nil {
			continue
		}
		section := checkSection{Title: v.words.T(st.title), Answers: held[st]}
		if st.documents {
			section.Documents = stepPath(f.ID, "document")
		}
		body.Sections = append(body.Sections, section)
	}
	return s.render(w, r, v, content{
		status: status, template: "form_check", title: head.Heading + " – " + head.Kind + " " + head.Number,
		problems: fm.problems(func(name string) string { return stepPath(f.ID, name) }), body: body,
	})
}

// versionOf identifies all that a form holds: what is sent is what was read.
func versionOf(f tickets.Form) string { return f.UpdatedAt.UTC().Format(time.RFC3339Nano) }

// send makes the ticket. Sent twice it is one ticket, confirmed twice. Answers
// that another tab changed since they were shown are shown again first.
func (s *server) send(w http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	f, _, err := s.openForm(r, v)
	if err != nil {
		return err
	}
	if version := sub.Get("version"); version != "" && version != versionOf(f) {
		return s.showCheck(w, r, v, http.StatusConflict, &tickets.Error{Code: tickets.Conflict, Message: "web.form.reread"})
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
