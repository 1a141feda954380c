package web

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"cecoia.example/tickets"
)

// refusedAction is an action that was posted and refused, with all that was
// typed for it. Zero for none.
type refusedAction struct {
	action tickets.Action
	typed  url.Values
	err    error
}

// posted reads an action without documents: on which ticket, and its form.
func (s *server) posted(r *http.Request, v *visit) (tickets.Ref, submission, error) {
	ref, err := s.ref(r, v)
	if err != nil {
		return ref, submission{}, err
	}
	sub, err := readForm(r)
	return ref, sub, err
}

// act applies an action and leads to the ticket's page. What is refused for its
// words is shown again by again, with what was typed; when the ticket has moved
// on, its page says who did what when, and keeps the words.
func (s *server) act(w http.ResponseWriter, r *http.Request, v *visit, ref tickets.Ref, action tickets.Action, sub submission, in tickets.Input,
	again func(tickets.View, error) error,
) error {
	by := v.caller()
	token := sub.Get("command")
	if !in.Draft.IsZero() {
		token = draftToken(ref, in.Draft)
	}
	by.Command = command(v, token, action, in)
	res, err := s.desk.Do(r.Context(), by, ref, action, in)
	if err == nil {
		say := s.auth.Flash
		if res.Event == nil && in.Text != "" {
			say = s.auth.Warn
		}
		say(r.Context(), v.words.T(doneKey(action, in, res), res.Number.String()))
		if !v.person.SeesTicket(res.Ticket) { // a private one, given to another team
			return &movedError{"/"}
		}
		return &movedError{tickets.TicketPath(res.Academy, res.Number)}
	}
	code := tickets.CodeOf(err)
	if code != tickets.Invalid && code != tickets.Conflict {
		return err
	}
	view, viewErr := s.desk.View(r.Context(), v.caller(), ref)
	if viewErr != nil {
		return viewErr
	}
	if code == tickets.Conflict {
		return s.showTicket(w, r, v, view, refusedAction{action, sub.Values, err})
	}
	return again(view, err)
}

// doneKey is the key of the words that say what an action came to.
func doneKey(action tickets.Action, in tickets.Input, res tickets.Result) string {
	switch {
	case res.Event == nil && in.Text != "":
		return "web.done.before" // with other words, which nothing keeps
	case res.Event == nil && (action == tickets.ActionAssign || action == tickets.ActionRequalify):
		return "web.done.same"
	}
	return "web.done." + string(action)
}

var commandToken = regexp.MustCompile(`^[A-Z2-7]{16,64}$`)

// newCommand returns the token that makes a form's action apply once, however
// often it is sent.
func newCommand() string { return rand.Text() }

// command is the id of the command that a form sent: its token, bound to the
// person, so that nobody can use up another's, and to what is asked, so that
// other words from a page gone back to are another command and not lost. A
// token that we did not make is none.
func command(v *visit, token string, action tickets.Action, in tickets.Input) string {
	if !commandToken.MatchString(token) {
		return ""
	}
	asked, err := json.Marshal(in)
	if err != nil {
		panic(fmt.Sprintf("web.command: %v", err)) // texts, numbers and times
	}
	return "portal:" + v.person.ID.String() + ":" + token + ":" + contentHash(append(asked, action...))
}

// refusalStatus is the status of a page that shows a refusal, 0 without one.
func refusalStatus(err error) int {
	if err == nil {
		return 0
	}
	return statuses[tickets.CodeOf(err)]
}

// renamed returns the refusal for a field that has another name on the page.
func renamed(err error, from, to string) error {
	var one *tickets.Error
	if !errors.As(err, &one) || one.Field != from {
		return err
	}
	e := *one
	e.Field = to
	return &e
}

// actionPage is what the pages of one action share.
type actionPage struct {
	Heading, Number, Excerpt, Path, Action, Command string
}

func newActionPage(v *visit, r *http.Request, view tickets.View, titleKey string) actionPage {
	return actionPage{
		Heading: v.words.T(titleKey), Number: view.Number.String(), Excerpt: excerpt(view.Card),
		Path: tickets.TicketPath(view.Academy, view.Number), Action: r.URL.Path, Command: newCommand(),
	}
}

// fitting returns the ticket when the action fits it now; otherwise it leads to
// the ticket's page, saying why not: who did what when, or whose it is.
func (s *server) fitting(r *http.Request, v *visit, page string, action tickets.Action) (tickets.View, error) {
	view, err := s.view(r, v, page)
	if err != nil {
		return tickets.View{}, err
	}
	if refused := tickets.Refusal(view.Case, action, v.person, s.now()); refused != nil {
		s.auth.Warn(r.Context(), v.words.Error(refused))
		return tickets.View{}, &movedError{tickets.TicketPath(view.Academy, view.Number)}
	}
	return view, nil
}

// causeField asks for the real cause of a closing; false when the academy has no
// list of them.
func causeField(fm *form, v *visit, id, value string) (field, bool) {
	choices := []option{{Value: "", Label: v.words.T("web.field.cause.none")}}
	for _, c := range v.academy.Causes {
		choices = append(choices, option{Value: c.Code, Label: c.Name.In(v.words.Lang)})
	}
	return fm.optional(field{
		Name: "cause", ID: id, Kind: "select", Value: value, Groups: []optionGroup{{Options: choices}},
	}), len(choices) > 1
}
