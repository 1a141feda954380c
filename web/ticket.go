package web

import (
	"net/http"
	"slices"
	"strings"

	"cecoia.example/tickets"
)

type ticketBody struct {
	Kind, Number string
	Excerpt      string
	Path         string
	State        string
	Status       tickets.Status
	Private      string
	Opened       stamp
	Duplicate    *duplicate  // the ticket that goes on in its place, nil for none
	Major        string      // the words for "major incident", "" for others
	Joined       *joined     // what is joined to it, for the desk; nil for others
	Unreachable  []string    // for the desk: whom no mail reaches, and how to call
	PartOf       *partOf     // the major incident that it is joined to, nil for none
	News         string      // the link to what is new, "" when nothing is
	First        *actionForm // what the desk does first, by a button alone; nil for nothing
	Links        []link      // what else is likely, or has a page of its own
	Unsent       string      // the words of an action that no longer fits
	Call         *call       // what the ticket waits for from the visitor, nil for nothing
	Draft        bool
	Timeline     []moment
	Card         []cardRow
	Documents    documentList
	Panel        *deskPanel // nil for who is not of the desk
	Command      string
	Star         *star
}

// call is what a ticket needs from its requester now.
type call struct {
	Title, Who, Text string
	At               stamp
	Lapse            string // what their silence will be taken for, "" for nothing
	Links            []link
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
	return s.showTicket(w, r, v, view, refusedAction{})
}

// doTicket applies one of the desk's actions.
func (s *server) doTicket(w http.ResponseWriter, r *http.Request, v *visit) error {
	ref, sub, err := s.posted(r, v)
	if err != nil {
		return err
	}
	action := tickets.Action(sub.Get("do"))
	again := func(view tickets.View, refused error) error {
		return s.showTicket(w, r, v, view, refusedAction{action, sub.Values, deskField(refused)})
	}
	in, refused := deskInput(action, sub.Values)
	if refused != nil {
		view, err := s.desk.View(r.Context(), v.caller(), ref)
		if err != nil {
			return err
		}
		return again(view, refused)
	}
	return s.act(w, r, v, ref, action, sub, in, again)
}

// showTicket renders the page, with the words typed for an action that was
// refused, and remembers what the visitor has seen.
func (s *server) showTicket(w http.ResponseWriter, r *http.Request, v *visit, view tickets.View, refused refusedAction) error {
	words, path := v.words, tickets.TicketPath(view.Academy, view.Number)
	body := ticketBody{
		Kind: words.Kind(view.Number.Kind), Number: view.Number.String(), Excerpt: excerpt(view.Card), Path: path,
		State: words.State(view.Ticket), Status: view.Status, Opened: when(words, view.OpenedAt),
		Draft: view.Draft != nil && slices.Contains(view.Actions, tickets.ActionComplement),
		Card:  identityCard(v, view, s.now()), Documents: documents(words, bound(view.Attachments), false), Command: newCommand(),
	}
	if view.Private {
		body.Private = words.T("web.ticket.private")
	}
	var err error
	if body.Duplicate, err = s.duplicateOf(r.Context(), v, view); err != nil {
		return err
	}
	if view.Major {
		body.Major = words.T("web.major")
	}
	if body.Joined, err = s.joined(r.Context(), v, view); err != nil {
		return err
	}
	if body.PartOf, err = s.partOf(r.Context(), v, view); err != nil {
		return err
	}
	if body.Unreachable, err = s.unreachable(r, v, view.Case); err != nil {
		return err
	}
	if body.Star, err = s.ticketStar(r, v, view.Case); err != nil {
		return err
	}
	var news int
	if body.Timeline, news = timeline(v, view); news > 0 {
		body.News = words.N("web.ticket.news", news)
	}
	if body.Call = requesterCall(v, view); body.Call != nil && body.Draft && view.Status == tickets.StatusWaiting {
		body.Call.Links = nil // the draft is the answer: it has its own link
	}
	for _, own := range []struct {
		action     tickets.Action
		page, text string
	}{
		{tickets.ActionComplement, "/mise-a-jour", "web.do.complement"},
		{tickets.ActionWithdraw, "/cloture", "web.do.withdraw"},
		{tickets.ActionReopen, "/reouverture", "web.do.reopen"},
	} {
		if slices.Contains(view.Actions, own.action) {
			body.Links = append(body.Links, link{path + own.page, words.T(own.text)})
		}
	}
	if view.Rating == 0 && slices.Contains(view.Actions, tickets.ActionRate) {
		body.Links = append(body.Links, link{"/validations?valide=" + body.Number, words.T("web.ticket.rate")})
	}
	var problems []problem
	if body.Panel, problems, err = s.deskPanel(r, v, view, refused); err != nil {
		return err
	}
	if body.Panel != nil {
		body.First, body.Links = body.Panel.First, append(body.Links, body.Panel.Likely...)
	}
	if kept := v.kept.Get("text"); kept != "" && !slices.Contains(view.Actions, tickets.Action(v.kept.Get("form"))) {
		body.Unsent = strings.ToValidUTF8(kept, "\uFFFD")
	}
	if refused.err != nil {
		if !slices.Contains(view.Actions, refused.action) {
			body.Unsent = strings.ToValidUTF8(refused.typed.Get("text"), "\uFFFD")
		}
		if len(problems) == 0 {
			problems = v.form(refused.err).problems(nil)
		}
	}
	err = s.render(w, r, v, content{
		status: refusalStatus(refused.err), template: "ticket", title: body.Kind + " " + body.Number, problems: problems, body: body,
	})
	if err != nil {
		return err
	}
	// The page is there: that it was seen is not worth losing it.
	if err := s.desk.Visited(r.Context(), v.caller(), view); err != nil && r.Context().Err() == nil {
		s.log.Warn("visit not recorded", "trace", traceID(r.Context()), "ticket", view.ID, "err", err)
	}
	return nil
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
		c.Title, c.Text, c.Lapse = v.words.T("web.call.resolved"), view.Solution, lapse(v, view.Ticket)
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

// lapse says when a ticket is closed if nobody says whether it is resolved; "" for
// never.
func lapse(v *visit, t tickets.Ticket) string {
	if t.LapseAt.IsZero() {
		return ""
	}
	return v.words.T("web.call.lapse", v.words.Date(t.LapseAt))
}
