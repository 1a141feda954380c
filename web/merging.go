package web

import (
	"net/http"

	"cecoia.example/tickets"
)

type mergingBody struct {
	actionPage
	Ask  bool // which ticket is kept is still to be said
	Into field
	Pair []mergingSide // the duplicate, then the ticket that is kept
	Text field
}

// mergingSide is one of the two tickets, so that the right one is closed.
type mergingSide struct {
	Title, Number, Excerpt, Href, Who, State string
	Status                                   tickets.Status
	Opened                                   stamp
}

// merging shows the two tickets before one is closed as the duplicate of the
// other: ?into=I261121_003 is the one that is kept.
func (s *server) merging(w http.ResponseWriter, r *http.Request, v *visit) error {
	view, err := s.fitting(r, v, "/regroupement", tickets.ActionMerge)
	if err != nil {
		return err
	}
	return s.showMerging(w, r, v, view, r.URL.Query().Get("into"), "", r.URL.Query().Has("into"), nil)
}

// showMerging asks for the number until one is given that can be kept, then for
// the confirmation.
func (s *server) showMerging(w http.ResponseWriter, r *http.Request, v *visit, view tickets.View, number, text string, given bool, refused error) error {
	var kept tickets.Case
	if given {
		var err error
		kept, err = s.keptTicket(r, v, view, number)
		if tickets.CodeOf(err) == "" && err != nil {
			return err
		}
		if refused == nil || err != nil {
			refused = err
		}
	}
	fm := v.form(refused)
	body := mergingBody{actionPage: newActionPage(v, r, view, "web.merging.title"), Ask: kept.Number.Rank == 0}
	body.Into = fm.field(field{Name: "into", Value: number, Hint: v.words.T("web.field.into.hint")})
	if !body.Ask {
		body.Into.Value = kept.Number.String()
		for _, side := range []struct {
			key string
			c   tickets.Case
		}{{"web.merging.closed", view.Case}, {"web.merging.kept", kept}} {
			body.Pair = append(body.Pair, mergingSide{
				Title: v.words.T(side.key), Number: side.c.Number.String(), Excerpt: excerpt(side.c.Card),
				Href: tickets.TicketPath(side.c.Academy, side.c.Number), Who: side.c.Who(side.c.Beneficiary).Name(),
				State: v.words.State(side.c.Ticket), Status: side.c.Status, Opened: when(v.words, side.c.OpenedAt),
			})
		}
		body.Text = fm.optional(field{
			Name: "text", Kind: "textarea", Rows: 3, Value: text, Limit: tickets.MaxText,
			Label: v.words.T("web.field.text.merge"), Hint: v.words.T("web.field.text.inform.hint"),
		})
	}
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "merging", title: body.Heading + " – " + body.Number,
		problems: fm.problems(nil), body: body,
	})
}

// keptTicket finds the ticket that the view would be merged into. A refusal is
// about the field into.
func (s *server) keptTicket(r *http.Request, v *visit, view tickets.View, number string) (tickets.Case, error) {
	if number == "" {
		return tickets.Case{}, invalid("into", "merge.nothing")
	}
	ref, err := tickets.ParseRef(number)
	if err != nil {
		return tickets.Case{}, renamed(err, "number", "into")
	}
	kept, err := s.desk.Case(r.Context(), v.caller(), ref)
	if tickets.CodeOf(err) == tickets.NotFound {
		return tickets.Case{}, invalid("into", "ticket.no_such", ref.String())
	}
	if err == nil {
		err = tickets.Mergeable(view.Ticket, kept.Ticket)
	}
	if err != nil {
		return tickets.Case{}, err
	}
	return kept, nil
}

// doMerging closes the ticket as the duplicate of the one that is kept.
func (s *server) doMerging(w http.ResponseWriter, r *http.Request, v *visit) error {
	ref, sub, err := s.posted(r, v)
	if err != nil {
		return err
	}
	in := tickets.Input{Text: sub.Get("text")}
	if into, err := tickets.ParseRef(sub.Get("into")); err == nil {
		in.Into = into
	}
	return s.act(w, r, v, ref, tickets.ActionMerge, sub, in, func(view tickets.View, refused error) error {
		return s.showMerging(w, r, v, view, sub.Get("into"), in.Text, true, refused)
	})
}
