package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

const whomSlug = "/beneficiaire"

// whom is for whom a form is, as its first step shows it.
type whom struct {
	Answers []answer
	Mine    bool   // for its author
	Error   string // the beneficiary left, "" otherwise
	Prefix  string // "Erreur :", for who cannot see its colour
}

// whom prepares the beneficiary's lines of the first step.
func (s *server) whom(r *http.Request, v *visit, f tickets.Form) (*whom, error) {
	out := &whom{Mine: f.Card.Beneficiary == v.person.ID, Prefix: v.words.T("web.error.prefix")}
	hour := answer{Label: v.words.T("web.form.hour"), Value: v.words.When(s.now())}
	if out.Mine {
		out.Answers = []answer{{Label: v.words.T("web.field.beneficiary"), Value: v.person.Name()}, hour}
		return out, nil
	}
	c, left, err := s.desk.Colleague(r.Context(), v.caller(), f.Card.Beneficiary)
	if err != nil && tickets.CodeOf(err) != tickets.NotFound {
		return nil, err
	}
	if left || err != nil {
		out.Error = v.words.Error(invalid("beneficiary", "beneficiary.unknown"))
	}
	out.Answers = []answer{
		{Label: v.words.T("web.field.beneficiary"), Value: described(c), None: v.words.T("web.form.nothing")}, hour,
	}
	return out, nil
}

// described is a person in one line: name, function, mail address.
func described(c tickets.Colleague) string {
	var parts []string
	for _, part := range []string{c.Name(), c.Function, c.Email} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

type whomBody struct {
	Heading, Kind, Number string
	Now                   []answer
	Mine                  bool
	Path                  string // of this page, without its search
	Verify                bool   // the visitor came from the check
	Back                  string
	Query                 field
	Caption               string
	People                []personRow
	Pages                 *pagination
	None                  string // nobody matches, "" otherwise
}

type personRow struct {
	tickets.Colleague
	Name string
}

// beneficiary searches the directory for the person whom the form is for.
func (s *server) beneficiary(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, _, err := s.openForm(r, v)
	if err != nil {
		return err
	}
	return s.renderWhom(w, r, v, f, 0, nil)
}

// doBeneficiary makes the form one for the person chosen, or for its author.
func (s *server) doBeneficiary(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, _, err := s.openForm(r, v)
	if sent := (*movedError)(nil); errors.As(err, &sent) {
		s.auth.Warn(r.Context(), v.words.T("web.form.late"))
	}
	if err != nil {
		return err
	}
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	person, err := uuid.Parse(sub.Get("person"))
	if err != nil {
		person = uuid.Nil // nobody has it: refused by name
	}
	if sub.Get("do") == "self" {
		person = v.person.ID
	}
	err = s.saveWhom(r, v, person)
	if refused := refusal(err); refused != nil {
		return s.renderWhom(w, r, v, f, http.StatusUnprocessableEntity, refused)
	}
	return err
}

// saveWhom makes the form one for that person and leads to the first step, where
// what the directory says of them is checked. It always returns an error:
// [movedError] when all went well.
func (s *server) saveWhom(r *http.Request, v *visit, person uuid.UUID) error {
	for try := 1; ; try++ {
		f, _, err := s.openForm(r, v)
		if err != nil {
			return err
		}
		err = s.desk.ForWhom(r.Context(), v.caller(), f, person)
		if tickets.CodeOf(err) == tickets.Conflict && try < saveTries {
			continue
		}
		if err != nil {
			return err
		}
		if person == v.person.ID {
			s.auth.Flash(r.Context(), v.words.T("web.for.done.me"))
		} else if c, _, err := s.desk.Colleague(r.Context(), v.caller(), person); err == nil {
			s.auth.Flash(r.Context(), v.words.T("web.for.done", c.Name()))
		}
		return &movedError{formPath(f.ID) + verifying(r)}
	}
}

func (s *server) renderWhom(w http.ResponseWriter, r *http.Request, v *visit, f tickets.Form, status int, refused error) error {
	now, err := s.whom(r, v, f)
	if err != nil {
		return err
	}
	body := whomBody{
		Heading: v.words.T("web.for.title"), Kind: v.words.Kind(f.Kind), Number: f.Number.String(),
		Now: now.Answers[:1], Mine: now.Mine,
		Path: formPath(f.ID) + whomSlug, Verify: r.URL.Query().Has("verifier"), Back: formPath(f.ID) + verifying(r),
	}
	query := r.URL.Query()
	text, asked := query.Get("q"), query.Has("q")
	number := pageNumber(r)
	var found []tickets.Colleague
	var total int
	if asked && refused == nil {
		found, total, refused = s.findPeople(r, v, text, perPage, (number-1)*perPage)
		switch tickets.CodeOf(refused) {
		case tickets.Invalid:
			status = http.StatusUnprocessableEntity
		case tickets.Unavailable:
			status = http.StatusTooManyRequests
			w.Header().Set("Retry-After", "60")
		default:
			if refused != nil {
				return refused
			}
		}
	}
	if last := lastPage(total); number > last && refused == nil {
		return &movedError{s.whomSearch(body, text, last)}
	}
	fm := v.form(refused)
	body.Query = fm.field(field{Name: "q", Value: text, Hint: v.words.T("web.field.q.hint")})
	for _, c := range found {
		body.People = append(body.People, personRow{c, c.Name()})
	}
	switch {
	case len(found) > 0:
		body.Caption = v.words.T("web.for.caption", text)
		body.Pages = paginate(v.words, number, len(found), total, false, func(page int) string {
			return s.whomSearch(body, text, page)
		})
	case asked && refused == nil:
		body.None = v.words.T("web.for.none", text)
	}
	title := body.Heading
	if asked {
		title += " – " + text
	}
	return s.render(w, r, v, content{
		status: status, template: "form_whom", title: title + " – " + body.Kind + " " + body.Number,
		problems: fm.problems(func(string) string { return "#q" }), body: body,
	})
}

// whomSearch is the address of a page of a search.
func (s *server) whomSearch(body whomBody, text string, page int) string {
	q := url.Values{"q": {text}}
	if body.Verify {
		q.Set("verifier", "")
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	return body.Path + "?" + q.Encode()
}
