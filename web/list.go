package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// perPage is how many tickets a page of a list has.
const perPage = 20

// ticketTable is a list of tickets, ready for the partial "tickets".
type ticketTable struct {
	locale.Printer
	Caption string
	Desk    bool // with who asks and who has taken it
	Rows    []ticketRow
}

type ticketRow struct {
	Number, Href     string
	Opened           stamp
	Excerpt          string
	Urgency          string
	Level            tickets.Urgency
	State            string
	Status           tickets.Status
	Private          string // the words, "" when it is not
	Author, Assignee string
}

// listFilter is one way to narrow a list down, as its address names it.
type listFilter struct {
	slug     string
	statuses []tickets.Status
}

// listFilters are the filters of the lists; the first is the default.
var listFilters = []listFilter{
	{"ouverts", []tickets.Status{tickets.StatusNew, tickets.StatusInProgress, tickets.StatusWaiting, tickets.StatusResolved}},
	{"a-valider", []tickets.Status{tickets.StatusResolved}},
	{"clotures", []tickets.Status{tickets.StatusClosed}},
	{"tous", nil},
}

type listBody struct {
	Heading string
	New     link
	Scopes  []choice // for the desk only
	Filters []choice
	Table   *ticketTable // nil when the list is empty
	Empty   string
	Pages   *pagination // nil when there is one page
}

// choice is one of several views of a list.
type choice struct {
	link
	Current bool
}

// pagination is where a page stands in its list, ready for its partial.
type pagination struct {
	locale.Printer
	Range          string // "1 – 20 / 134"
	Previous, Next string // addresses, "" at the ends
}

// incidents shows the incidents ("Suivi des incidents").
func (s *server) incidents(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.list(w, r, v, tickets.Incident, "/incidents")
}

// services shows the service requests.
func (s *server) services(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.list(w, r, v, tickets.Service, "/services")
}

func (s *server) list(w http.ResponseWriter, r *http.Request, v *visit, kind tickets.Kind, path string) error {
	query := r.URL.Query()
	filter := listFilters[0]
	for _, f := range listFilters {
		if f.slug == query.Get("etat") {
			filter = f
		}
	}
	scope, scopeSlug := tickets.ScopeMine, ""
	if v.person.Agent() && query.Get("portee") == "bureau" {
		scope, scopeSlug = tickets.ScopeDesk, "bureau"
	}
	number, err := strconv.Atoi(query.Get("page"))
	if err != nil || number < 1 || number > 10_000 {
		number = 1
	}
	found, err := s.desk.List(r.Context(), v.caller(), tickets.Query{
		Scope: scope, Kind: kind, Statuses: filter.statuses, Limit: perPage, Offset: (number - 1) * perPage,
	})
	if err != nil {
		return err
	}

	address := func(scope, filter string, page int) string {
		q := url.Values{}
		if scope != "" {
			q.Set("portee", scope)
		}
		if filter != listFilters[0].slug {
			q.Set("etat", filter)
		}
		if page > 1 {
			q.Set("page", strconv.Itoa(page))
		}
		if len(q) == 0 {
			return path
		}
		return path + "?" + q.Encode()
	}
	heading := v.words.T("web.nav.list." + string(kind))
	body := listBody{
		Heading: heading,
		New:     link{path + "/nouveau", v.words.T("web.do.new." + string(kind))},
		Empty:   v.words.T("web.list.empty." + filter.slug),
	}
	if v.person.Agent() {
		body.Scopes = []choice{
			{link{address("", filter.slug, 1), v.words.T("web.list.mine")}, scope == tickets.ScopeMine},
			{link{address("bureau", filter.slug, 1), v.words.T("web.list.desk")}, scope == tickets.ScopeDesk},
		}
	}
	for _, f := range listFilters {
		body.Filters = append(body.Filters, choice{link{address(scopeSlug, f.slug, 1), v.words.T("web.list.filter." + f.slug)}, f.slug == filter.slug})
	}
	if len(found.Cases) > 0 {
		body.Table = s.table(v, heading+" – "+v.words.T("web.list.filter."+filter.slug), found.Cases, scope == tickets.ScopeDesk)
	}
	body.Pages = paginate(v.words, number, len(found.Cases), found.Total, func(n int) string { return address(scopeSlug, filter.slug, n) })
	return s.render(w, r, v, content{template: "list", title: heading, body: body})
}

// paginate returns where a page of shown tickets stands among total.
func paginate(words locale.Printer, number, shown, total int, address func(int) string) *pagination {
	if shown == 0 {
		return nil
	}
	first := (number-1)*perPage + 1
	p := &pagination{Printer: words, Range: words.T("web.list.range", first, first+shown-1, total)}
	if number > 1 {
		p.Previous = address(number - 1)
	}
	if first+shown-1 < total {
		p.Next = address(number + 1)
	}
	return p
}

func (s *server) table(v *visit, caption string, cases []tickets.Case, desk bool) *ticketTable {
	t := &ticketTable{Printer: v.words, Caption: caption, Desk: desk}
	for _, c := range cases {
		t.Rows = append(t.Rows, s.row(v, c))
	}
	return t
}

func (s *server) row(v *visit, c tickets.Case) ticketRow {
	row := ticketRow{
		Number: c.Number.String(), Href: tickets.TicketPath(c.Academy, c.Number),
		Opened: date(v.words, c.OpenedAt), Excerpt: excerpt(c.Card),
		Urgency: v.words.Urgency(c.Urgency), Level: c.Urgency,
		State: v.words.Status(c.Status), Status: c.Status,
		Author: c.Who(c.Beneficiary).Name(), Assignee: c.Who(c.Assignee).Name(),
	}
	if c.Private {
		row.Private = v.words.T("web.ticket.private")
	}
	return row
}

// excerpt is the summary of a card, or the beginning of its description.
func excerpt(c tickets.Card) string {
	text := c.Summary
	if text == "" {
		text = c.Description
	}
	text = strings.Join(strings.Fields(text), " ")
	const most = 110
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	cut := string([]rune(text)[:most])
	if i := strings.LastIndexByte(cut, ' '); i > most/2 {
		cut = cut[:i]
	}
	return cut + "…"
}
