package web

import (
	"net/http"
	"net/url"
	"strconv"

	"cecoia.example/tickets"
)

type validationsBody struct {
	Items []toValidate
	Pages *pagination
	Rate  *toRate // the ticket just validated, nil for none
}

type toValidate struct {
	ticketRow
	Resolved stamp
	By       string
	Lapse    string // when silence closes it, in words; "" for never
	Solution string
	Command  string
	Refuse   string
}

// toRate is a validated ticket and the offer to rate it.
type toRate struct {
	Number, Href, Excerpt, Command string
	Rating                         field
}

// validations lists the visitor's resolved tickets, which wait for their word.
func (s *server) validations(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.showValidations(w, r, v, r.URL.Query().Get("valide"), nil)
}

func (s *server) showValidations(w http.ResponseWriter, r *http.Request, v *visit, validated string, refused error) error {
	number := pageNumber(r)
	found, err := s.desk.List(r.Context(), v.caller(), tickets.Query{
		Scope: tickets.ScopeMine, Statuses: []tickets.Status{tickets.StatusResolved},
		Oldest: true, Limit: perPage, Offset: (number - 1) * perPage,
	})
	if err != nil {
		return err
	}
	address := func(n int) string { return "/validations?page=" + strconv.Itoa(n) }
	if last := lastPage(found.Total); number > last && !found.More {
		return &movedError{address(last)}
	}
	fm := v.form(refused)
	var body validationsBody
	if body.Rate, err = s.toRate(r, v, fm, validated); err != nil {
		return err
	}
	for _, c := range found.Cases {
		body.Items = append(body.Items, toValidate{
			ticketRow: s.row(v, c), Resolved: when(v.words, c.StatusAt),
			By: c.Who(c.StatusBy).Name(), Lapse: lapse(v, c.Ticket), Solution: c.Solution, Command: newCommand(),
			Refuse: tickets.TicketPath(c.Academy, c.Number) + "/validation#refusal",
		})
	}
	body.Pages = paginate(v.words, number, len(found.Cases), found.Total, found.More, address)
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "validations", title: v.words.T("web.nav.validations"),
		problems: fm.problems(nil), body: body,
	})
}

// toRate is the offer to rate the ticket of that number, nil when it does not
// fit or was taken already.
func (s *server) toRate(r *http.Request, v *visit, fm *form, typed string) (*toRate, error) {
	ref, err := tickets.ParseRef(typed)
	if err != nil {
		return nil, nil
	}
	c, err := s.desk.Case(r.Context(), v.caller(), ref)
	switch {
	case tickets.CodeOf(err) == tickets.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case c.Rating != 0 || !tickets.Allowed(c, tickets.ActionRate, v.person, s.now()):
		return nil, nil
	}
	return &toRate{
		Number: c.Number.String(), Href: tickets.TicketPath(c.Academy, c.Number), Excerpt: excerpt(c.Card), Command: newCommand(),
		Rating: fm.field(ratingField(v, 0)),
	}, nil
}

// doValidations validates one of the tickets listed, or rates the one that was
// just validated, and comes back to the list.
func (s *server) doValidations(w http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	ref, err := tickets.ParseRef(sub.Get("n"))
	if err != nil {
		return err
	}
	action, in, back := tickets.ActionValidate, tickets.Input{}, "/validations"
	if sub.Get("do") == string(tickets.ActionRate) {
		action = tickets.ActionRate
		if in.Rating, err = strconv.Atoi(sub.Get("rating")); err != nil {
			in.Rating = 0 // the domain refuses it by name
		}
	}
	by := v.caller()
	by.Command = command(v, sub.Get("command"), action, in)
	res, err := s.desk.Do(r.Context(), by, ref, action, in)
	switch tickets.CodeOf(err) {
	case tickets.Invalid:
		return s.showValidations(w, r, v, sub.Get("n"), err)
	case tickets.Conflict: // who did what when; the list is as it is now
		s.auth.Warn(r.Context(), v.words.Error(err))
		return &movedError{back}
	}
	if err != nil {
		return err
	}
	s.auth.Flash(r.Context(), v.words.T("web.done."+string(action), res.Number.String()))
	if action == tickets.ActionValidate {
		back += "?" + url.Values{"valide": {res.Number.String()}}.Encode()
	}
	return &movedError{back}
}
