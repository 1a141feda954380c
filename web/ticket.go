package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

type ticketBody struct {
	Kind, Number string
	Excerpt      string
	Path         string
	State        string
	Status       tickets.Status
	Private      string
	Call         *call // what the ticket waits for from the visitor, nil for nothing
	Draft        bool
	Answers      []answer
	Opened       stamp
	Timeline     []moment
	Documents    documentList
	Links        []link       // the actions that have a page of their own
	Take         bool         // the desk may take it
	Forms        []actionForm // the desk's actions with words
	Command      string
}

// call is what a ticket needs from its requester now.
type call struct {
	Title, Who, Text string
	At               stamp
	Links            []link
}

// moment is one event of the timeline.
type moment struct {
	Text      string
	At        stamp
	Words     string
	Internal  bool
	Desk      bool // by the desk, as opposed to the requester's side
	Change    string
	Documents documentList
}

// actionForm is one of the desk's actions that needs words.
type actionForm struct {
	Action tickets.Action
	Title  string
	Text   field
	Submit string
	Open   bool // what was typed was refused
}

// ref reads the ticket's address. Another academy's tickets do not exist.
func (s *server) ref(r *http.Request, v *visit) (tickets.Ref, error) {
	ref, err := tickets.ParseRef(r.PathValue("number"))
	if err != nil || tickets.AcademyID(r.PathValue("academy")) != v.academy.ID {
		return tickets.Ref{}, &tickets.Error{Code: tickets.NotFound, Message: "ticket.not_found"}
	}
	return ref, nil
}

// view returns the ticket of the address, or leads to its full number when it
// was named in short.
func (s *server) view(r *http.Request, v *visit, page string) (tickets.View, error) {
	ref, err := s.ref(r, v)
	if err != nil {
		return tickets.View{}, err
	}
	view, err := s.desk.View(r.Context(), v.caller(), ref)
	if err != nil {
		return tickets.View{}, err
	}
	if r.PathValue("number") != view.Number.String() && r.Method == http.MethodGet {
		return tickets.View{}, &movedError{tickets.TicketPath(view.Academy, view.Number) + page}
	}
	return view, nil
}

// ticket shows a ticket: what it waits for, its timeline, its identity card,
// and the actions that fit now.
func (s *server) ticket(w http.ResponseWriter, r *http.Request, v *visit) error {
	view, err := s.view(r, v, "")
	if err != nil {
		return err
	}
	return s.showTicket(w, r, v, view, 0, "", "", nil)
}

// showTicket renders the page, with the words typed for an action that was
// refused.
func (s *server) showTicket(w http.ResponseWriter, r *http.Request, v *visit, view tickets.View, status int, action tickets.Action, typed string, refused error) error {
	words, path := v.words, tickets.TicketPath(view.Academy, view.Number)
	if refused != nil && action != "" {
		refused = renamed(refused, "text", "text-"+string(action))
	}
	fm := newForm(words, refused)
	body := ticketBody{
		Kind: words.Kind(view.Number.Kind), Number: view.Number.String(), Excerpt: excerpt(view.Card), Path: path,
		State: words.State(view.Ticket), Status: view.Status,
		Draft:   view.Draft != nil && slices.Contains(view.Actions, tickets.ActionComplement),
		Opened:  when(words, view.OpenedAt),
		Answers: identityCard(v, view), Timeline: timeline(v, view),
		Documents: documents(words, bound(view.Attachments), false), Command: newCommand(),
	}
	if view.Private {
		body.Private = words.T("web.ticket.private")
	}
	if body.Call = requesterCall(v, view); body.Call != nil && body.Draft && view.Status == tickets.StatusWaiting {
		body.Call.Links = nil // the draft is the answer: it has its own link
	}
	for _, a := range view.Actions {
		switch a {
		case tickets.ActionComplement:
			body.Links = append(body.Links, link{path + "/mise-a-jour", words.T("web.do.complement")})
		case tickets.ActionWithdraw:
			body.Links = append(body.Links, link{path + "/cloture", words.T("web.do.withdraw")})
		case tickets.ActionTake:
			body.Take = true
		case tickets.ActionAsk, tickets.ActionInform, tickets.ActionNote, tickets.ActionResolve:
			value := ""
			if a == action {
				value = typed
			}
			body.Forms = append(body.Forms, actionForm{
				Action: a, Title: words.T("web.do." + string(a)), Submit: words.T("web.do." + string(a) + ".submit"), Open: a == action,
				Text: fm.field(field{
					Name: "text-" + string(a), Kind: "textarea", Rows: 5, Value: value, Limit: tickets.MaxText,
					Label: words.T("web.field.text." + string(a)), Hint: words.T("web.field.text." + string(a) + ".hint"),
				}),
			})
		case tickets.ActionOpen, tickets.ActionValidate, tickets.ActionRefuse: // in the call on top
		}
	}
	return s.render(w, r, v, content{
		status: status, template: "ticket", title: body.Kind + " " + body.Number,
		problems: fm.problems(nil), body: body,
	})
}

// doTicket applies one of the desk's actions.
func (s *server) doTicket(w http.ResponseWriter, r *http.Request, v *visit) error {
	ref, sub, err := s.posted(r, v)
	if err != nil {
		return err
	}
	action := tickets.Action(sub.Get("do"))
	return s.act(r, v, ref, action, sub, tickets.Input{Text: sub.Get("text")}, func(view tickets.View, status int, refused error) error {
		return s.showTicket(w, r, v, view, status, action, sub.Get("text"), refused)
	})
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
// words, or because the ticket has moved on, is shown again by again, with what
// was typed.
func (s *server) act(r *http.Request, v *visit, ref tickets.Ref, action tickets.Action, sub submission, in tickets.Input,
	again func(tickets.View, int, error) error,
) error {
	by := v.caller()
	by.Command = command(v, sub.Get("command"), action, in)
	res, err := s.desk.Do(r.Context(), by, ref, action, in)
	if err == nil {
		done := "web.done." + string(action)
		if res.Repeated && res.Event == nil && in.Text != "" {
			done = "web.done.before" // with other words, which nothing keeps
		}
		s.auth.Flash(r.Context(), v.words.T(done, res.Number.String()))
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
	return again(view, statuses[code], err)
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
	asked := fmt.Sprintf("%s\x00%d\x00%s", action, in.Rating, in.Text)
	return "portal:" + v.person.ID.String() + ":" + token + ":" + contentHash([]byte(asked))
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

// requesterCall says what the ticket waits for, when it is the visitor's to give.
func requesterCall(v *visit, view tickets.View) *call {
	path := tickets.TicketPath(view.Academy, view.Number)
	c := &call{Who: view.Who(view.StatusBy).Name(), At: when(v.words, view.StatusAt)}
	last := func(a tickets.Action) string {
		for _, e := range slices.Backward(view.Events) {
			if e.Action == a {
				return e.Text
			}
		}
		return ""
	}
	switch {
	case slices.Contains(view.Actions, tickets.ActionValidate):
		c.Title, c.Text = v.words.T("web.call.resolved"), view.Solution
		c.Links = []link{
			{path + "/validation", v.words.T("web.do.validate")},
			{path + "/validation#refusal", v.words.T("web.do.refuse")},
		}
	case view.Status == tickets.StatusWaiting && view.Party(v.person.ID):
		c.Title, c.Text = v.words.T("web.call.waiting"), last(tickets.ActionAsk)
		c.Links = []link{{path + "/mise-a-jour", v.words.T("web.do.answer")}}
	default:
		return nil
	}
	return c
}

// identityCard is the card of the ticket as its page shows it.
func identityCard(v *visit, view tickets.View) []answer {
	words := v.words
	out := []answer{{Label: words.T("web.card.beneficiary"), Value: view.Who(view.Beneficiary).Name()}}
	add := func(key, value string) {
		if value != "" {
			out = append(out, answer{Label: words.T("web.card." + key), Value: value})
		}
	}
	if view.Requester != view.Beneficiary {
		add("requester", view.Who(view.Requester).Name())
	}
	add("phone", view.Phone)
	add("other_phone", view.OtherPhone)
	add("availability", view.Availability)
	add("place", view.Place)
	add("entity", view.Entity)
	add("equipment", view.Equipment)
	add("equipment_info", view.EquipmentInfo)
	add("urgency", words.Urgency(view.Urgency))
	add("theme", words.Theme(v.academy, view.Theme))
	if view.Category != view.Theme {
		add("category", words.Theme(v.academy, view.Category))
	}
	if g, ok := v.academy.Group(view.Group); ok {
		add("group", g.Name.In(words.Lang))
	}
	add("assignee", view.Who(view.Assignee).Name())
	if view.Rating > 0 {
		add("rating", words.T("web.rating.value", view.Rating))
	}
	return out
}

// timeline tells the events in order, each dated and signed.
func timeline(v *visit, view tickets.View) []moment {
	out := make([]moment, 0, len(view.Events))
	for _, e := range view.Events {
		m := moment{
			Text: v.words.T("event."+string(e.Action), view.Who(e.Actor).Name()), At: when(v.words, e.At),
			Words: e.Text, Internal: e.Internal, Desk: !view.Party(e.Actor),
		}
		if e.From != e.To {
			m.Change = v.words.Status(e.To)
		}
		var docs []tickets.Attachment
		for _, a := range view.Attachments {
			if a.Event == e.ID {
				docs = append(docs, a)
			}
		}
		m.Documents = documents(v.words, docs, false)
		out = append(out, m)
	}
	return out
}

// bound are the documents that belong to the ticket.
func bound(all []tickets.Attachment) []tickets.Attachment {
	return slices.DeleteFunc(slices.Clone(all), func(a tickets.Attachment) bool { return a.Event == uuid.Nil })
}
