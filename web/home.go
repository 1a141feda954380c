package web

import (
	"net/http"
	"net/url"

	"cecoia.example/tickets"
)

type homeBody struct {
	Welcome  string
	Counters []counter
	Waiting  []waiting
	More     string // how many more wait, "" when all are shown
	MoreIn   []link // where those are
	Desk     []figures
	Unsent   []begun
	Latest   *ticketTable // nil before the first ticket
	Starred  *favouriteList
	All      []link // the lists of all that the visitor asked for
}

// counter is one figure of the first page, a link to what it counts.
type counter struct {
	ID, Label, Href string
	Count           string
}

// figures is a line of what the desk has to do; each leads to the list of what it
// counts.
type figures struct {
	Label  string
	Counts []counter
}

// waiting is a ticket that goes no further without the visitor.
type waiting struct {
	ticketRow
	What string
	Do   link
}

const (
	homeRows    = 5  // tickets in the list of the latest
	homeWaiting = 10 // tickets in that of what waits for the visitor
)

// home shows what waits for the visitor, their figures and latest tickets.
func (s *server) home(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, by := r.Context(), v.caller()
	figures, err := s.desk.Counters(ctx, by)
	if err != nil {
		return err
	}
	mine, err := s.desk.List(ctx, by, tickets.Query{
		Scope: tickets.ScopeMine, Oldest: true, Limit: homeWaiting,
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
			{"count-validations", v.words.T("web.home.validations"), "/validations", v.words.Number(figures.Validations)},
			{"count-incidents", v.words.T("web.home.incidents"), ownList(tickets.Incident, v), v.words.Number(figures.Incidents)},
			{"count-services", v.words.T("web.home.services"), ownList(tickets.Service, v), v.words.Number(figures.Services)},
		},
		Unsent: formsBegun(v, forms),
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
	if more := mine.Total - len(mine.Cases); more > 0 {
		body.More = v.words.N("web.home.waiting.more", more)
		for _, kind := range kinds {
			waitingFirst := listOf(kind, url.Values{"tri": {"-statut"}}, v)
			body.MoreIn = append(body.MoreIn, link{waitingFirst.href(), v.words.T("web.nav.list." + string(kind))})
		}
	}
	if len(latest.Cases) > 0 {
		if body.Latest, err = s.table(r.Context(), v, v.words.T("web.home.latest"), latest.Cases, false); err != nil {
			return err
		}
		for _, kind := range kinds {
			all := listOf(kind, url.Values{"etat": {"tous"}}, v)
			body.All = append(body.All, link{all.href(), v.words.T("web.home.all." + string(kind))})
		}
	}
	if body.Desk, err = s.deskFigures(r, v); err != nil {
		return err
	}
	if body.Starred, err = s.favouriteList(r, v, homeFavourites); err != nil {
		return err
	}
	return s.render(w, r, v, content{template: "home", title: v.words.T("web.home.title"), body: body})
}

// ownList is the address of the visitor's own open tickets of that kind.
func ownList(kind tickets.Kind, v *visit) string {
	return listOf(kind, url.Values{"portee": {listScopes[0].slug}}, v).href()
}

// kinds are the kinds of ticket in the order of the portal.
var kinds = []tickets.Kind{tickets.Incident, tickets.Service}

// deskViews are the lists whose totals are the desk's figures: a scope and a state.
var deskViews = []struct{ label, scope, state string }{
	{"free", "libres", "ouverts"},
	{"mine", "prises", "ouverts"},
	{"late", "bureau", "en-retard"},
}

// deskFigures are what the desk has to do, none for who is not of it. They are
// counted by the queries of the lists that they lead to.
func (s *server) deskFigures(r *http.Request, v *visit) ([]figures, error) {
	if !v.person.Agent() {
		return nil, nil
	}
	var queries []tickets.Query
	out := make([]figures, len(deskViews))
	for i, view := range deskViews {
		out[i].Label = v.words.T("web.home.desk." + view.label)
		for _, kind := range kinds {
			l := listOf(kind, url.Values{"portee": {view.scope}, "etat": {view.state}}, v)
			q, err := l.query(v, s.now())
			if err != nil {
				return nil, err
			}
			queries = append(queries, q)
			out[i].Counts = append(out[i].Counts, counter{
				ID: "desk-" + view.label + "-" + string(kind), Label: v.words.T("web.home.desk.kind." + string(kind)), Href: l.href(),
			})
		}
	}
	totals, err := s.desk.Count(r.Context(), v.caller(), queries...)
	if err != nil {
		return nil, err
	}
	for i, n := range totals {
		out[i/len(kinds)].Counts[i%len(kinds)].Count = counted(v.words, min(n, tickets.MaxCounted), n > tickets.MaxCounted)
	}
	return out, nil
}
