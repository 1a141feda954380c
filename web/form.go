package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// step is one page of the form of a new ticket. What it holds is kept on the
// server when it is left, complete or not.
type step struct {
	slug   string // the end of its address
	title  string // key of its words
	submit string // key of the words that lead on; "Suivant" when ""
	names  []string
	apply  func(*visit, *tickets.Card, url.Values)
	fields func(*form, *visit, tickets.Form) []field
	// needs says what must be there before going on; nil for nothing.
	needs     func(tickets.Card) error
	documents bool
	// within is the step whose place in the progress this one shares; nil for a
	// place of its own.
	within *step
	// skipped says that the step has nothing to ask of this form; nil: it has.
	skipped func(*visit, tickets.Card) bool
}

// formSteps are the steps that fill in the card, in order; the check follows.
var formSteps = []*step{placeStep, requestStep, detailsStep, subjectStep}

const checkSlug = "/verification"

type stepBody struct {
	formHead
	Action    string
	Whom      *whom  // on the first step
	Major     *field // on the first step, when there is a major incident
	Fields    []field
	Documents *documentList // nil on the steps without documents
	Upload    field
	Version   string
	Overtaken []answer // what another tab has saved instead
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

// stepPath returns the address of the field of that name on its step, from where
// one comes back to the check; "" when no step has it.
func stepPath(id uuid.UUID, name string) string {
	if name == "beneficiary" {
		return formPath(id) + whomSlug + "?verifier#q"
	}
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
	if v.majors, err = s.desk.Majors(r.Context(), v.caller()); err != nil {
		return tickets.Form{}, nil, err
	}
	f, docs, err := s.desk.Form(r.Context(), v.caller(), id)
	v.filling = f.Kind
	if tickets.CodeOf(err) == tickets.Expired {
		if c, err := s.desk.CaseByID(r.Context(), v.caller(), id); err == nil && c.Requester == v.person.ID {
			return tickets.Form{}, nil, &movedError{tickets.TicketPath(c.Academy, c.Number) + "/confirmation"}
		}
	}
	return f, docs, err
}

// show renders the step with what is kept. A step with nothing to ask leads back
// to the one before.
func (st *step) show(s *server, w http.ResponseWriter, r *http.Request, v *visit) error {
	f, docs, err := s.openForm(r, v)
	if err != nil {
		return err
	}
	if st.skipped != nil && st.skipped(v, f.Card) {
		return &movedError{formPath(f.ID) + st.within.slug + verifying(r)}
	}
	return st.render(s, w, r, v, stepPage{form: f, kept: f, docs: docs})
}

// verifying keeps, from one address of the form to the next, that its visitor
// came from the check and goes back there.
func verifying(r *http.Request) string {
	if r.URL.Query().Has("verifier") {
		return "?verifier"
	}
	return ""
}

// next is the address of what follows the step: the next one that asks
// something, or the check.
func (st *step) next(r *http.Request, v *visit, f tickets.Form) string {
	for _, after := range formSteps[slices.Index(formSteps, st)+1:] {
		asks := after.skipped == nil || !after.skipped(v, f.Card)
		if asks && (verifying(r) == "" || after.within == st) {
			return formPath(f.ID) + after.slug + verifying(r)
		}
	}
	return formPath(f.ID) + checkSlug
}

// stepPage is what a step is rendered from: form is shown, kept is what the
// server has.
type stepPage struct {
	form, kept tickets.Form
	docs       []tickets.Attachment
	status     int
	refused    error
	overtaken  []answer
}

func (st *step) render(s *server, w http.ResponseWriter, r *http.Request, v *visit, p stepPage) error {
	if st.documents {
		p.refused = roomier(p.refused)
	}
	fm := v.form(p.refused)
	head := s.formHead(v, p.form, slices.Index(formSteps, st))
	body := stepBody{
		formHead: head, Action: r.URL.RequestURI(), Version: st.version(v, p.kept), Overtaken: p.overtaken,
		Fields: st.fields(fm, v, p.form), Submit: v.words.T("web.do.continue"),
	}
	if st.submit != "" {
		body.Submit = v.words.T(st.submit)
	}
	if st == placeStep {
		var err error
		if body.Whom, err = s.whom(r, v, p.form); err != nil {
			return err
		}
		body.Major = majorField(fm, v, p.form.Card, s.now())
	}
	if st.documents {
		list := documents(v.words, pendingDocuments(v, p.docs), true)
		body.Documents, body.Upload = &list, uploadField(fm)
	}
	return s.render(w, r, v, content{
		status: p.status, template: "form", title: head.Heading + " – " + head.Kind + " " + head.Number,
		problems: fm.problems(func(name string) string { return stepPath(p.form.ID, name) }), body: body,
	})
}

func uploadField(f *form) field {
	return f.optional(field{Name: "document", Kind: "file", Hint: f.words.T("web.field.document.hint")})
}

// save keeps the step and leads on; what is refused is shown again as it was
// typed, and the accepted documents stay. When the form was sent meanwhile, from
// another tab or before the Back button, the visitor hears that this came late.
func (st *step) save(s *server, w http.ResponseWriter, r *http.Request, v *visit) error {
	f, _, err := s.openForm(r, v)
	if sent := (*movedError)(nil); errors.As(err, &sent) {
		s.auth.Warn(r.Context(), v.words.T("web.form.late"))
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
		st.rescue(s, r, v, sub)
		return err
	}
	if !st.filled(sub) {
		return errBody
	}
	kept, saved := st.keep(s, r, v, sub)
	if o := (*overtakenError)(nil); errors.As(saved, &o) {
		return st.renderOvertaken(s, w, r, v, o)
	}
	if saved != nil && refusal(saved) == nil {
		return saved
	}
	do := sub.Get("do")
	if id, ok := cutDetach(do); ok {
		if err := s.detach(r, v, id); err != nil {
			return err
		}
	}
	onward := do == "continue" || do == "next"
	var lacking error
	if saved == nil && onward && st.needs != nil {
		lacking = st.needs(kept.Card)
	}
	if refused := refusals(append(sub.refused, saved, lacking)...); refused != nil {
		now, docs, err := s.openForm(r, v)
		if err != nil {
			return err
		}
		return st.render(s, w, r, v, stepPage{form: kept, kept: now, docs: docs, status: http.StatusUnprocessableEntity, refused: refused})
	}
	switch {
	case onward:
		return &movedError{st.next(r, v, kept)}
	case st == placeStep && do == "beneficiary":
		return &movedError{formPath(f.ID) + whomSlug + verifying(r)}
	case st == placeStep && do == "self":
		return s.saveWhom(r, v, v.person.ID)
	}
	return &movedError{r.URL.RequestURI() + "#documents"}
}

// filled says whether what was posted is the step's form. Browsers send its
// fields even when they are empty, but for radio buttons alone: then its version
// tells.
func (st *step) filled(sub submission) bool {
	return slices.ContainsFunc(st.names, sub.Has) || st.within != nil && sub.Has("version")
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

// formHead prepares the top of a step; current is its index, the check's after
// the last.
func (s *server) formHead(v *visit, f tickets.Form, current int) formHead {
	heading, place := v.words.T("web.form.check"), (*step)(nil)
	if current < len(formSteps) {
		place, heading = formSteps[current], v.words.T(formSteps[current].title)
		if place.within != nil {
			place = place.within
		}
	}
	head := formHead{
		Heading: heading, Kind: v.words.Kind(f.Kind), Number: f.Number.String(), Cancel: formPath(f.ID) + "/annulation",
	}
	passed, at := false, 0
	for _, st := range formSteps {
		if st.within != nil {
			continue
		}
		p := progressStep{Text: v.words.T(st.title), Current: st == place}
		passed = passed || p.Current
		if p.Done = !passed; p.Done {
			p.Href = formPath(f.ID) + st.slug
			at++
		}
		head.Progress = append(head.Progress, p)
	}
	head.Progress = append(head.Progress, progressStep{Text: v.words.T("web.form.check"), Current: place == nil})
	head.Step = v.words.T("web.form.step", at+1, len(head.Progress))
	return head
}

// answer is one line of a card or of the check; None is the words for nothing,
// Change the address where it is changed.
type answer struct{ Label, Value, None, Change string }

// answers writes what the form holds, by step.
func answers(words locale.Printer, a tickets.Academy, f tickets.Form) map[*step][]answer {
	c := f.Card
	line := func(name, label, value string) answer {
		return answer{words.T("web.card." + label), value, words.T("web.form.nothing"), stepPath(f.ID, name)}
	}
	same := func(name, value string) answer { return line(name, name, value) }
	private := words.T("web.no")
	if c.Private {
		private = words.T("web.yes")
	}
	out := map[*step][]answer{
		placeStep: {
			same("phone", c.Phone), same("place", c.Place), same("entity", c.Entity), same("equipment", c.Equipment),
			same("equipment_info", c.EquipmentInfo), same("urgency", words.Urgency(c.Urgency)),
			line("private", "private."+string(f.Kind), private),
		},
		requestStep: {same("description", c.Description)},
		detailsStep: {same("theme", words.Theme(a, c.Theme))},
	}
	details := out[detailsStep]
	theme, _ := a.Theme(c.Theme)
	if len(theme.Subjects) > 0 {
		details = append(details, same("subject", choiceName(words, theme.Subjects, c.Subject)))
	}
	if len(a.RequestTypes) > 0 {
		details = append(details, same("request_type", choiceName(words, a.RequestTypes, c.RequestType)))
	}
	out[detailsStep] = append(details,
		same("availability", c.Availability), same("other_phone", c.OtherPhone), same("summary", c.Summary))
	return out
}

// choiceName is the name of the choice of that code, or that it is not known.
func choiceName(words locale.Printer, among []tickets.Choice, code string) string {
	for _, c := range among {
		if c.Code == code {
			return c.Name.In(words.Lang)
		}
	}
	return words.T("web.form.no_type")
}
