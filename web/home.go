package web

import (
	"net/http"

	"cecoia.example/tickets"
)

type homeBody struct {
	Welcome  string
	Counters []counter
	Waiting  []waiting
	Unsent   []unsent
	Latest   *ticketTable // nil before the first ticket
}

// counter is one figure of the first page, a link to what it counts.
type counter struct {
	ID, Label, Href string
	Count           int
}

// waiting is a ticket that goes no further without the visitor.
type waiting struct {
	ticketRow
	What string
	Do   link
}

// unsent is a form begun and not sent.
type unsent struct {
	Number, Excerpt string
	At              stamp
	Resume, Drop    link
}

const homeRows = 5 // tickets in each list of the first page

// home shows what waits for the visitor, their figures and latest tickets.
func (s *server) home(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, by := r.Context(), v.caller()
	figures, err := s.desk.Counters(ctx, by)
	if err != nil {
		return err
	}
	mine, err := s.desk.List(ctx, by, tickets.Query{
		Scope: tickets.ScopeMine, Oldest: true, Limit: homeRows,
		Statuses: []tickets.Status{tickets.StatusWaiting, tickets.StatusResolved},
	})
	if err != nil {
		return err
	}
	forms, err := s.desk.UnsentForms(ctx, by)
	if err != nil {
		return err
	}
	latest, err := s.desk.List(ctx, by, tickets.Query{Scope: tickets.ScopeMine, Limit: homeRows})
	if err != nil {
		return err
	}

	body := homeBody{
		Welcome: v.academy.Welcome.In(v.words.Lang),
		Counters: []counter{
			{"count-validations", v.words.T("web.home.validations"), "/validations", figures.Validations},
			{"count-incidents", v.words.T("web.home.incidents"), "/incidents", figures.Incidents},
			{"count-services", v.words.T("web.home.services"), "/services", figures.Services},
		},
	}
	for _, c := range mine.Cases {
		path := tickets.TicketPath(c.Academy, c.Number)
		item := waiting{ticketRow: s.row(v, c)}
		if c.Status == tickets.StatusWaiting {
			item.What = v.words.T("web.home.asked", c.Who(c.StatusBy).Name())
			item.Do = link{path + "/mise-a-jour", v.words.T("web.do.answer")}
		} else {
			item.What = v.words.T("web.home.resolved", c.Who(c.StatusBy).Name())
			item.Do = link{path + "/validation", v.words.T("web.do.validate_or_refuse")}
		}
		body.Waiting = append(body.Waiting, item)
	}
	for _, f := range forms {
		if f.Card.Description == "" && f.Card.Summary == "" {
			continue // opened and left: nothing to lose
		}
		body.Unsent = append(body.Unsent, unsent{
			Number: f.Number.String(), Excerpt: excerpt(f.Card), At: when(v.words, f.UpdatedAt),
			Resume: link{formPath(f.ID), v.words.T("web.home.resume")},
			Drop:   link{formPath(f.ID) + "/annulation", v.words.T("web.do.cancel")},
		})
	}
	if len(latest.Cases) > 0 {
		body.Latest = s.table(v, v.words.T("web.home.latest"), latest.Cases, false)
	}
	return s.render(w, r, v, content{template: "home", title: v.words.T("web.home.title"), body: body})
}
