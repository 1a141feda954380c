package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cecoia.example/tickets"
)

// maxSeveral is how many tickets one page acts on at once.
const maxSeveral = 50

// several is an action on several tickets at once: the page lists them, asks
// for words once, and each gets its own command.
type several struct {
	name string // ends the keys of its words: web.several.<name>
	path string
	// actions are what it does to a ticket: the first that fits the visitor.
	actions []tickets.Action
	cause   bool // asks for the real cause
}

var (
	severalUpdates = several{
		name: "update", path: "/demandes/mise-a-jour",
		actions: []tickets.Action{tickets.ActionComplement, tickets.ActionInform},
	}
	severalClosings = several{
		name: "close", path: "/demandes/cloture", cause: true,
		actions: []tickets.Action{tickets.ActionWithdraw, tickets.ActionClose},
	}
)

type severalBody struct {
	Heading, Lead   string
	Action, Command string
	Done            []outcome // what an earlier try did
	Chosen          []outcome
	Some            bool // something can be done
	Text            field
	Cause           *field
	Submit          string
	Back            string
}

// outcome is what becomes of one ticket; Href is "" for one that the visitor
// may not know of.
type outcome struct {
	Number, Href, Excerpt string
	Status                tickets.Status
	State                 string
	What                  string
	Refused               bool
}

// chosen is a ticket that the visitor chose, and what the action is to it.
type chosen struct {
	typed  string // as the address names it
	ref    tickets.Ref
	found  tickets.Case
	action tickets.Action
	err    error // why nothing can be done
}

// choose looks up the tickets that the address names, each once; it refuses none
// and too many.
func (a several) choose(s *server, r *http.Request, v *visit) ([]chosen, error) {
	numbers := r.URL.Query()["n"]
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	switch {
	case len(numbers) == 0:
		return nil, invalid("", "web.several.none")
	case len(numbers) > maxSeveral:
		return nil, invalid("", "web.several.many", maxSeveral)
	}
	out := make([]chosen, len(numbers))
	for i, typed := range numbers {
		c := &out[i]
		c.typed = typed
		if c.ref, c.err = tickets.ParseRef(typed); c.err != nil {
			continue
		}
		if c.found, c.err = s.desk.Case(r.Context(), v.caller(), c.ref); c.err != nil {
			if tickets.CodeOf(c.err) != tickets.NotFound {
				return nil, c.err
			}
			continue
		}
		c.action, c.err = a.fitting(c.found, v.person, s.now())
	}
	return out, nil
}

// fitting returns the first of the actions that fits the ticket for the visitor;
// else why none does: rather who did what when than whose it would be.
func (a several) fitting(c tickets.Case, by tickets.Person, now time.Time) (tickets.Action, error) {
	var why error
	for _, action := range a.actions {
		refused := tickets.Refusal(c, action, by, now)
		if refused == nil {
			return action, nil
		}
		if why == nil || tickets.CodeOf(why) == tickets.Forbidden {
			why = refused
		}
	}
	return "", why
}

// attempt is the action to try on a ticket, whether it fits or not: it may have
// been done by the same command before.
func (a several) attempt(c chosen, by tickets.Person) tickets.Action {
	switch {
	case c.action != "":
		return c.action
	case c.found.Party(by.ID):
		return a.actions[0]
	}
	return a.actions[len(a.actions)-1]
}

// show is the page that lists the chosen tickets and asks for the words.
func (a several) show(s *server, w http.ResponseWriter, r *http.Request, v *visit) error {
	chosen, err := a.choose(s, r, v)
	if refusal(err) != nil {
		s.auth.Warn(r.Context(), v.words.Error(err))
		return &movedError{backFrom(r)}
	}
	if err != nil {
		return err
	}
	return a.render(s, w, r, v, chosen, nil, nil, nil)
}

// do applies the action to each chosen ticket with a command of its own, and
// says of each what came of it. Words that are refused change nothing.
func (a several) do(s *server, w http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	all, err := a.choose(s, r, v)
	if err != nil {
		return err
	}
	in := tickets.Input{Text: sub.Get("text"), Cause: sub.Get("cause")}
	var done, left []chosen
	var failures []error
	for _, c := range all {
		if c.found.Number.Rank == 0 { // not there for the visitor
			left = append(left, c)
			continue
		}
		action, by := a.attempt(c, v.person), v.caller()
		if by.Command = command(v, sub.Get("command"), action, in); by.Command != "" {
			by.Command += ":" + c.found.Number.String()
		}
		res, err := s.desk.Do(r.Context(), by, c.found.Number.Ref(), action, in)
		switch {
		case err == nil:
			c.found = res.Case
			done = append(done, c)
			continue
		case tickets.CodeOf(err) == tickets.Invalid: // the words, which are the same for all
			return a.render(s, w, r, v, all, nil, sub.Values, err)
		case tickets.CodeOf(err) == "":
			failures = append(failures, err)
		}
		c.err = err
		left = append(left, c)
	}
	if len(failures) > 0 {
		s.log.Error("some of several not done", "trace", traceID(r.Context()), "tickets", len(failures), "first", failures[0])
	}
	if len(left) == 0 {
		s.auth.Flash(r.Context(), v.words.N("web.several."+a.name+".done", len(done)))
		return &movedError{backFrom(r)}
	}
	return a.render(s, w, r, v, left, done, sub.Values, nil)
}

// backFrom is the list that the visitor came from.
func backFrom(r *http.Request) string {
	if back := r.URL.Query().Get("retour"); back != "" {
		return localPath(back)
	}
	return listPath(tickets.Incident)
}

// render shows what is left to be done, and what was done before it.
func (a several) render(s *server, w http.ResponseWriter, r *http.Request, v *visit, left, done []chosen, typed url.Values, refused error) error {
	words, fm := v.words, v.form(refused)
	key := "web.several." + a.name
	status, back := 0, backFrom(r)
	body := severalBody{
		Heading: words.T(key + ".title"), Lead: words.N(key+".lead", len(left)), Submit: words.T(key + ".submit"),
		Command: newCommand(), Back: back,
		Text: fm.field(field{
			Name: "text", Kind: "textarea", Rows: 5, Value: typed.Get("text"), Limit: tickets.MaxText,
			Label: words.T(key + ".text"), Hint: words.T(key + ".text.hint"),
		}),
	}
	if field, ok := causeField(fm, v, "cause", typed.Get("cause")); ok && a.cause {
		body.Cause = &field
	}
	again := url.Values{"retour": {back}}
	for _, c := range left {
		item := outcomeOf(v, c)
		if c.err != nil {
			item.What, item.Refused = words.Error(c.err), true
		} else {
			item.What = words.T("web.several." + a.name + "." + string(c.action))
		}
		if c.found.Number.Rank > 0 {
			again.Add("n", item.Number)
		}
		body.Some = body.Some || c.action != "" || typed != nil // what was typed is not lost
		body.Chosen = append(body.Chosen, item)
	}
	for _, c := range done {
		item := outcomeOf(v, c)
		item.What = words.T(key + ".each")
		body.Done = append(body.Done, item)
	}
	body.Action = a.path + "?" + again.Encode()
	switch {
	case refused != nil:
		status = http.StatusUnprocessableEntity
		body.Command = typed.Get("command")
	case typed != nil:
		status = http.StatusConflict
		body.Lead = words.N(key+".left", len(left))
	}
	return s.render(w, r, v, content{status: status, template: "several", title: body.Heading, problems: fm.problems(nil), body: body})
}

// outcomeOf is a chosen ticket as the page lists it.
func outcomeOf(v *visit, c chosen) outcome {
	if c.found.Number.Rank == 0 {
		return outcome{Number: strings.ToValidUTF8(c.typed, "\uFFFD"), Refused: true}
	}
	return outcome{
		Number: c.found.Number.String(), Href: tickets.TicketPath(c.found.Academy, c.found.Number),
		Excerpt: excerpt(c.found.Card), Status: c.found.Status, State: v.words.State(c.found.Ticket),
	}
}
