package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// step is one page of the form of a new ticket. What it holds is kept on the
// server when it is left, complete or not.
type step struct {
	slug   string // the end of its address
	title  string // key of its words
	names  []string
	apply  func(*tickets.Card, url.Values)
	fields func(*form, *visit, tickets.Form) []field
	// needs says what must be there before going on; nil for nothing.
	needs     func(tickets.Card) error
	documents bool
}

// formSteps are the steps that fill in the card, in order; the check follows.
var formSteps = []*step{placeStep, requestStep, detailsStep}

const checkSlug = "/verification"

type stepBody struct {
	formHead
	Action    string
	Known     []answer // what needs no field, on the first step
	Fields    []field
	Documents *documentList // nil on the steps without documents
	Upload    field
	Submit    string
}

// formHead is what all the steps show on top.
type formHead struct {
	Heading  string
	Kind     string
	Number   string
	Step     string // "Étape 1 sur 4"
	Progress []progressStep
	Cancel   string
}

type progressStep struct {
	Text, Href    string
	Current, Done bool
}

func formPath(id uuid.UUID) string { return "/formulaires/" + id.String() }

// stepPath returns the address of the step that has a field, or "".
func stepPath(id uuid.UUID, name string) string {
	for _, st := range formSteps {
		if slices.Contains(st.names, name) {
			return formPath(id) + st.slug + "?verifier#" + name
		}
	}
	return ""
}

// openForm returns the form of the address. A form that was sent leads to its
// ticket: the Back button must not look like a loss.
func (s *server) openForm(r *http.Request, v *visit) (tickets.Form, []tickets.Attachment, error) {
	gone := &tickets.Error{Code: tickets.Expired, Message: "form.expired"}
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return tickets.Form{}, nil, gone
	}
	f, docs, err := s.desk.Form(r.Context(), v.caller(), id)
	if tickets.CodeOf(err) == tickets.Expired {
		if c, err := s.desk.CaseByID(r.Context(), v.caller(), id); err == nil && c.Requester == v.person.ID {
			return tickets.Form{}, nil, &movedError{tickets.TicketPath(c.Academy, c.Number) + "/confirmation"}
		}
	}
	return f, docs, err
}

// newIncident opens the form of an incident, or the one already begun.
func (s *server) newIncident(_ http.ResponseWriter, r *http.Request, v *visit) error {
	return s.startForm(r, v, tickets.Incident)
}

// newService opens the form of a service request, or the one already begun.
func (s *server) newService(_ http.ResponseWriter, r *http.Request, v *visit) error {
	return s.startForm(r, v, tickets.Service)
}

func (s *server) startForm(r *http.Request, v *visit, kind tickets.Kind) error {
	f, err := s.desk.StartForm(r.Context(), v.caller(), kind)
	if err != nil {
		return err
	}
	return &movedError{formPath(f.ID)}
}

// show renders the step with what is kept.
func (st *step) show(s *server, w http.ResponseWriter, r *http.Request, v *visit) error {
	f, docs, err := s.openForm(r, v)
	if err != nil {
		return err
	}
	return st.render(s, w, r, v, f, docs, 0, nil)
}

// save keeps the step and leads on; what is refused is shown again as it was
// typed, and the accepted documents stay. When the form was sent meanwhile, from
// another tab or before the Back button, the visitor hears that this came late.
func (st *step) save(s *server, w http.ResponseWriter, r *http.Request, v *visit) error {
	f, _, err := s.openForm(r, v)
	if sent := (*movedError)(nil); errors.As(err, &sent) {
		s.auth.Flash(r.Context(), v.words.T("web.form.late"))
	}
	if err != nil {
		return err
	}
	var sub submission
	if st.documents {
		sub, err = s.readUpload(w, r, v, f.ID)
	} else {
		sub, err = readForm(r)
	}
	if err != nil {
		return err
	}
	st.apply(&f.Card, sub.Values)
	saved := s.desk.SaveForm(r.Context(), v.caller(), f)
	if saved != nil && refusal(saved) == nil {
		return saved
	}
	do, again := sub.Get("do"), r.URL.RequestURI()
	if id, ok := strings.CutPrefix(do, "detach:"); ok {
		if err := s.detach(r, v, id); err != nil {
			return err
		}
	}
	var lacking error
	if saved == nil && do == "continue" && st.needs != nil {
		lacking = st.needs(f.Card)
	}
	if refused := refusals(append(sub.refused, saved, lacking)...); refused != nil {
		_, docs, err := s.openForm(r, v)
		if err != nil {
			return err
		}
		return st.render(s, w, r, v, f, docs, http.StatusUnprocessableEntity, refused)
	}
	if do != "continue" {
		return &movedError{again + "#documents"}
	}
	if r.URL.Query().Has("verifier") {
		return &movedError{formPath(f.ID) + checkSlug}
	}
	next := slices.Index(formSteps, st) + 1
	if next == len(formSteps) {
		return &movedError{formPath(f.ID) + checkSlug}
	}
	return &movedError{formPath(f.ID) + formSteps[next].slug}
}

// detach forgets a pending document; one that is gone already is gone.
func (s *server) detach(r *http.Request, v *visit, id string) error {
	document, err := uuid.Parse(id)
	if err != nil {
		return &tickets.Error{Code: tickets.NotFound, Message: "document.not_found"}
	}
	if err := s.desk.Detach(r.Context(), v.caller(), document); err != nil && tickets.CodeOf(err) != tickets.NotFound {
		return fmt.Errorf("detach: %w", err)
	}
	return nil
}

func (st *step) render(s *server, w http.ResponseWriter, r *http.Request, v *visit, f tickets.Form, docs []tickets.Attachment, status int, refused error) error {
	fm := v.form(refused)
	head := s.formHead(v, f, slices.Index(formSteps, st))
	body := stepBody{
		formHead: head, Action: r.URL.RequestURI(),
		Fields: st.fields(fm, v, f), Submit: v.words.T("web.do.continue"),
	}
	if st == formSteps[0] {
		body.Known = []answer{
			{Label: v.words.T("web.field.beneficiary"), Value: v.person.Name()},
			{Label: v.words.T("web.form.hour"), Value: v.words.When(s.now())},
		}
	}
	if st.documents {
		list := documents(v.words, pendingDocuments(v, docs), true)
		body.Documents, body.Upload = &list, uploadField(fm)
	}
	return s.render(w, r, v, content{
		status: status, template: "form", title: head.Heading + " – " + head.Kind + " " + head.Number,
		problems: fm.problems(func(name string) string { return stepPath(f.ID, name) }), body: body,
	})
}

func uploadField(f *form) field {
	return f.optional(field{Name: "document", Kind: "file", Hint: f.words.T("web.field.document.hint")})
}

// formHead prepares the top of a step; current is its index, the check's after
// the last.
func (s *server) formHead(v *visit, f tickets.Form, current int) formHead {
	count := len(formSteps) + 1
	titles := make([]string, 0, count)
	for _, st := range formSteps {
		titles = append(titles, v.words.T(st.title))
	}
	titles = append(titles, v.words.T("web.form.check"))
	head := formHead{
		Heading: titles[current], Kind: v.words.Kind(f.Kind), Number: f.Number.String(),
		Step:   v.words.T("web.form.step", current+1, count),
		Cancel: formPath(f.ID) + "/annulation",
	}
	for i, title := range titles {
		p := progressStep{Text: title, Current: i == current, Done: i < current}
		if p.Done {
			p.Href = formPath(f.ID) + formSteps[i].slug
		}
		head.Progress = append(head.Progress, p)
	}
	return head
}

// answer is one line of a card or of the check; None is the words for nothing.
type answer struct{ Label, Value, None string }

// answers writes what the form holds, by step.
func answers(words locale.Printer, a tickets.Academy, f tickets.Form) map[*step][]answer {
	c := f.Card
	line := func(name, value string) answer {
		return answer{words.T("web.card." + name), value, words.T("web.form.nothing")}
	}
	yes := words.T("web.no")
	if c.Private {
		yes = words.T("web.yes")
	}
	return map[*step][]answer{
		placeStep: {
			line("phone", c.Phone), line("place", c.Place), line("entity", c.Entity), line("equipment", c.Equipment),
			line("equipment_info", c.EquipmentInfo), line("private."+string(f.Kind), yes), line("urgency", words.Urgency(c.Urgency)),
		},
		requestStep: {line("description", c.Description)},
		detailsStep: {
			line("theme", words.Theme(a, c.Theme)), line("availability", c.Availability),
			line("other_phone", c.OtherPhone), line("summary", c.Summary),
		},
	}
}
