package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cecoia.example/tickets"
)

// perPage is how many tickets a page of a list has.
const perPage = 20

// listScope is whose tickets a list shows, as its address names it.
type listScope struct {
	slug  string
	scope tickets.Scope
	desk  bool // for the desk only
	taken bool // by the visitor
	free  bool // taken by nobody
}

// listScopes are the scopes of the lists; the first is the default, but for the
// desk on an address that asks for nothing: see usualScope.
var listScopes = []listScope{
	{slug: "mes", scope: tickets.ScopeMine},
	{slug: "deposees", scope: tickets.ScopeRequested},
	{slug: "beneficiaire", scope: tickets.ScopeBenefits},
	{slug: "bureau", scope: tickets.ScopeDesk, desk: true},
	{slug: "equipe", scope: tickets.ScopeTeam, desk: true},
	{slug: "prises", scope: tickets.ScopeDesk, desk: true, taken: true},
	{slug: "libres", scope: tickets.ScopeDesk, desk: true, free: true},
}

// usualScope is whose tickets an address shows that does not say: for the desk,
// on an address that asks for nothing, those of its team, or all for who is of
// none but oversees them.
func usualScope(in url.Values, v *visit) listScope {
	if !v.person.Agent() || len(in) > 0 {
		return listScopes[0]
	}
	slug := "bureau"
	for _, g := range v.academy.Groups {
		if !g.Supervises && v.person.MemberOf(g.Code) {
			slug = "equipe"
		}
	}
	return listScopes[slices.IndexFunc(listScopes, func(s listScope) bool { return s.slug == slug })]
}

// listState narrows a list down by where its tickets stand.
type listState struct {
	slug     string
	statuses []tickets.Status
	late     bool
}

// listStates are the states of the lists; the first is the default.
var listStates = []listState{
	{slug: "ouverts", statuses: []tickets.Status{tickets.StatusNew, tickets.StatusInProgress, tickets.StatusWaiting, tickets.StatusResolved}},
	{slug: "a-valider", statuses: []tickets.Status{tickets.StatusResolved}},
	{slug: "en-retard", statuses: []tickets.Status{tickets.StatusNew, tickets.StatusInProgress, tickets.StatusWaiting}, late: true},
	{slug: "clotures", statuses: []tickets.Status{tickets.StatusClosed}},
	{slug: "tous"},
}

// listColumn is a column that a list can be sorted by. Its address is its slug,
// with a hyphen before it for the other direction.
type listColumn struct {
	slug    string
	sort    tickets.Sort
	desc    bool // what people want first comes last in it
	beneath bool // shares the column before it
}

// listColumns are the columns of the lists in order; the first is the default.
var listColumns = []listColumn{
	{"emise", tickets.SortOpened, true, false},
	{"numero", tickets.SortNumber, true, false},
	{"description", tickets.SortDescription, false, false},
	{"fin", tickets.SortDue, false, false},
	{"urgence", tickets.SortUrgency, false, false},
	{"statut", tickets.SortStatus, false, false},
	{"auteur", tickets.SortAuthor, false, false},
	{"entite", tickets.SortEntity, false, true},
}

// listView is a list as its address asks for it. What the address does not
// know of is as if it were not there; what was typed wrong is refused by query.
type listView struct {
	kind                  tickets.Kind
	agent                 bool // its visitor is of the desk
	scope                 listScope
	state                 listState
	theme, text, from, to string // as typed
	column                listColumn
	reversed              bool
	page                  int
}

// readList reads the address of a list.
func readList(r *http.Request, v *visit, kind tickets.Kind) listView {
	l := listOf(kind, r.URL.Query(), v)
	l.page = pageNumber(r)
	return l
}

// listOf is the first page of the list that an address with these values asks
// for.
func listOf(kind tickets.Kind, in url.Values, v *visit) listView {
	l := listView{
		kind: kind, agent: v.person.Agent(), scope: usualScope(in, v), state: listStates[0], column: listColumns[0], page: 1,
		theme: in.Get("theme"), text: strings.TrimSpace(in.Get("texte")), from: plainDay(in.Get("du")), to: plainDay(in.Get("au")),
	}
	for _, s := range listScopes {
		if s.slug == in.Get("portee") && (!s.desk || v.person.Agent()) {
			l.scope = s
		}
	}
	for _, s := range listStates {
		if s.slug == in.Get("etat") {
			l.state = s
		}
	}
	slug, reversed := strings.CutPrefix(in.Get("tri"), "-")
	for _, c := range listColumns {
		if c.slug == slug {
			l.column, l.reversed = c, reversed
		}
	}
	return l
}

// plainDay writes a day as machines do when it was typed as people do,
// 21/11/2026: browsers without a calendar leave it to them.
func plainDay(typed string) string {
	if d, err := time.Parse("2/1/2006", strings.TrimSpace(typed)); err == nil {
		return d.Format(time.DateOnly)
	}
	return typed
}

// listPath is the path of the list of that kind.
func listPath(kind tickets.Kind) string {
	if kind == tickets.Service {
		return "/services"
	}
	return "/incidents"
}

// address is the list's own, without what is the default. The desk's always says
// whose tickets it shows.
func (l listView) address(path string) string {
	q := url.Values{}
	set := func(name, value, usual string) {
		if value != usual {
			q.Set(name, value)
		}
	}
	usual := listScopes[0].slug
	if l.agent {
		usual = ""
	}
	set("portee", l.scope.slug, usual)
	set("etat", l.state.slug, listStates[0].slug)
	set("theme", l.theme, "")
	set("texte", l.text, "")
	set("du", l.from, "")
	set("au", l.to, "")
	set("tri", l.order(), listColumns[0].slug)
	set("page", strconv.Itoa(l.page), "1")
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// href is the address of the list's page.
func (l listView) href() string { return l.address(listPath(l.kind)) }

// order is the list's order as its address names it.
func (l listView) order() string {
	if l.reversed {
		return "-" + l.column.slug
	}
	return l.column.slug
}

// sortedBy is the list as a click on a column's title sorts it: a second click
// turns it round.
func (l listView) sortedBy(c listColumn) listView {
	l.reversed = c == l.column && !l.reversed
	l.column, l.page = c, 1
	return l
}

// narrowed says whether the visitor asks for less than the list has.
func (l listView) narrowed() bool { return l.theme+l.text+l.from+l.to != "" }

// query is what the list asks of the desk. The period is whole days of the
// academy, both included; what is no day is refused.
func (l listView) query(v *visit, now time.Time) (tickets.Query, error) {
	q := tickets.Query{
		Scope: l.scope.scope, Kind: l.kind, Statuses: l.state.statuses, Unassigned: l.scope.free,
		Theme: l.theme, Text: l.text, Sort: l.column.sort, Desc: l.column.desc != l.reversed,
		Limit: perPage, Offset: (l.page - 1) * perPage,
	}
	if l.scope.taken {
		q.Assignee = v.person.ID
	}
	if l.state.late {
		q.DueBefore = now
	}
	var refused []error
	day := func(name, typed string, add int) time.Time {
		if typed == "" {
			return time.Time{}
		}
		d, err := time.ParseInLocation(time.DateOnly, typed, v.academy.Location())
		if err != nil || d.Year() < 2000 || d.Year() > 2999 {
			refused = append(refused, invalid(name, "web.list.day"))
			return time.Time{}
		}
		return d.AddDate(0, 0, add)
	}
	q.From, q.To = day("du", l.from, 0), day("au", l.to, 1)
	return q, refusals(refused...)
}

// filterNames are the names, in the address, of what a query may be refused for.
var filterNames = map[string]string{"text": "texte", "from": "du", "to": "au"}

// inFilter names the fields of a query's refusal as the filter does. Any other
// error is none of the filter's: it returns nil.
func inFilter(err error) error {
	if refusal(err) == nil {
		return nil
	}
	all := tickets.Errors{}
	if many, ok := errors.AsType[tickets.Errors](refusals(err)); ok {
		for _, e := range many {
			e := *e
			if name, ok := filterNames[e.Field]; ok {
				e.Field = name
			}
			all = append(all, &e)
		}
	}
	return all
}
