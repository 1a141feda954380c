package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cecoia.example/tickets"
)

type searchBody struct {
	Words   field
	Filters []field
	Found   string // how many tickets, in words; "" before anything is asked
	Hits    []hitRow
	Pages   *pagination
	Empty   string
	// What the knowledge base has on it, and the address of the rest.
	Articles *articleList
	Library  link
	Star     *star
}

// hitRow is a ticket that was found, and where.
type hitRow struct {
	ticketRow
	Title   []tickets.Piece
	Where   string // which text the excerpt is of; "" when the title says all
	At      *stamp // of what was said; nil when it is of the card
	Excerpt []tickets.Piece
}

// searchStates narrow a search down by where tickets stand; the first, which
// does not, is the default.
var searchStates = []listState{
	{slug: "tous"},
	{slug: "ouverts", statuses: []tickets.Status{tickets.StatusNew, tickets.StatusInProgress, tickets.StatusWaiting, tickets.StatusResolved}},
	{slug: "a-valider", statuses: []tickets.Status{tickets.StatusResolved}},
	{slug: "clotures", statuses: []tickets.Status{tickets.StatusClosed}},
}

// searchKinds are the kinds of ticket as the address of a search names them; the
// first is the default.
var searchKinds = []struct {
	slug string
	kind tickets.Kind
}{{"tous", ""}, {"incidents", tickets.Incident}, {"services", tickets.Service}}

const (
	searchPath   = "/recherche"
	mineOnly     = "mes" // what a member of the desk asked for or benefits from
	searchTopics = 5     // articles on the page of a search
)

// searchView is a search as its address asks for it.
type searchView struct {
	words string // as typed
	kind  int    // of searchKinds
	state int    // of searchStates
	mine  bool
	page  int
}

func readSearch(r *http.Request, v *visit) searchView {
	in := r.URL.Query()
	q := searchView{words: strings.TrimSpace(in.Get("q")), mine: v.person.Agent() && in.Get("portee") == mineOnly, page: pageNumber(r)}
	for i, k := range searchKinds {
		if k.slug == in.Get("type") {
			q.kind = i
		}
	}
	for i, s := range searchStates {
		if s.slug == in.Get("etat") {
			q.state = i
		}
	}
	return q
}

// href is the search's address, without what is the default.
func (q searchView) href() string {
	a := url.Values{}
	if q.words != "" {
		a.Set("q", q.words)
	}
	if q.kind != 0 {
		a.Set("type", searchKinds[q.kind].slug)
	}
	if q.state != 0 {
		a.Set("etat", searchStates[q.state].slug)
	}
	if q.mine {
		a.Set("portee", mineOnly)
	}
	if q.page > 1 {
		a.Set("page", strconv.Itoa(q.page))
	}
	if len(a) == 0 {
		return searchPath
	}
	return searchPath + "?" + a.Encode()
}

// search finds tickets and articles by their words. The number of a ticket leads
// straight to it; between quotes it is a word.
func (s *server) search(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := readSearch(r, v)
	if q.words == "" {
		return s.showSearch(w, r, v, q, searchBody{}, nil)
	}
	if ref, err := tickets.ParseRef(q.words); err == nil {
		c, err := s.desk.Case(r.Context(), v.caller(), ref)
		if err == nil {
			return &movedError{tickets.TicketPath(c.Academy, c.Number)}
		}
		if tickets.CodeOf(err) != tickets.NotFound {
			return err
		}
	}
	ask := tickets.SearchQuery{
		Text: q.words, Kind: searchKinds[q.kind].kind, Statuses: searchStates[q.state].statuses,
		Limit: perPage, Offset: (q.page - 1) * perPage,
	}
	if q.mine {
		ask.Scope = tickets.ScopeMine
	}
	found, err := s.desk.Search(r.Context(), v.caller(), ask)
	if refusal(err) != nil {
		return s.showSearch(w, r, v, q, searchBody{}, err)
	}
	if err != nil {
		return err
	}
	if last := lastPage(found.Total); q.page > last {
		q.page = last
		return &movedError{q.href()}
	}
	body := searchBody{Found: v.words.N("web.search.found", found.Total, q.words)}
	if found.More {
		body.Found = v.words.T("web.search.many", found.Total, q.words)
	}
	for _, h := range found.Hits {
		body.Hits = append(body.Hits, s.hit(v, h))
	}
	body.Pages = paginate(v.words, q.page, len(found.Hits), found.Total, false, func(n int) string {
		view := q
		view.page = n
		return view.href()
	})
	if len(body.Hits) == 0 {
		body.Empty = v.words.T("web.search.nothing")
		if q.kind+q.state != 0 || q.mine {
			body.Empty = v.words.T("web.search.nothing.narrowed")
		}
	}
	if err := s.library(r, v, q, &body); err != nil {
		return err
	}
	return s.showSearch(w, r, v, q, body, nil)
}

// library adds the best articles to the first page of a search. What the
// knowledge base cannot look for is not there.
func (s *server) library(r *http.Request, v *visit, q searchView, body *searchBody) error {
	if q.page > 1 {
		return nil
	}
	found, err := s.desk.Articles(r.Context(), v.caller(), tickets.ArticleQuery{Text: q.words, Limit: searchTopics})
	if err != nil || found.Total == 0 {
		if refusal(err) != nil {
			return nil
		}
		return err
	}
	body.Articles = &articleList{ID: "articles", Heading: v.words.T("web.nav.knowledge"), Rows: articleRows(v, found.Items)}
	if found.Total > len(found.Items) {
		body.Library = link{"/connaissances?" + url.Values{"q": {q.words}}.Encode(), v.words.T("web.search.articles.all", found.Total)}
	}
	return nil
}

// showSearch renders the page of a search: its form, and what was found or
// refused.
func (s *server) showSearch(w http.ResponseWriter, r *http.Request, v *visit, q searchView, body searchBody, refused error) error {
	fm, words := v.form(refused), v.words
	body.Words = fm.field(field{Name: "q", Kind: "search", Label: words.T("web.search.words"), Hint: words.T("web.search.hint"), Value: q.words})
	choose := func(name, value string, among []option) {
		body.Filters = append(body.Filters, fm.field(field{
			Name: name, Kind: "select", Label: words.T("web.search.by." + name), Value: value, Groups: []optionGroup{{Options: among}},
		}))
	}
	if v.person.Agent() {
		scope := "bureau"
		if q.mine {
			scope = mineOnly
		}
		choose("portee", scope, []option{
			{Value: "bureau", Label: words.T("web.list.scope.bureau")}, {Value: mineOnly, Label: words.T("web.list.scope.mes")},
		})
	}
	var kinds, states []option
	for _, k := range searchKinds {
		kinds = append(kinds, option{Value: k.slug, Label: words.T("web.search.type." + k.slug)})
	}
	for _, state := range searchStates {
		states = append(states, option{Value: state.slug, Label: words.T("web.list.filter." + state.slug)})
	}
	choose("type", searchKinds[q.kind].slug, kinds)
	choose("etat", searchStates[q.state].slug, states)
	title := words.T("web.nav.search")
	if body.Found != "" {
		q.page = 1
		star, err := s.searchStar(r, v, q.href(), words.T("web.search.label", q.words))
		if err != nil {
			return err
		}
		body.Star = star
		title = q.words + " – " + title
	}
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "search", title: title, problems: fm.problems(nil), body: body,
	})
}

// hit is a ticket that was found as the page shows it: the title itself when the
// words are in it, else the text that has them.
func (s *server) hit(v *visit, h tickets.Hit) hitRow {
	row := hitRow{ticketRow: s.row(v, h.Case), Excerpt: h.Excerpt}
	row.Title = []tickets.Piece{{Text: row.ticketRow.Excerpt}}
	switch {
	case h.Source == "":
	case h.Source == tickets.InSummary, unmarked(h.Excerpt) == row.ticketRow.Excerpt:
		row.Title, row.Excerpt = h.Excerpt, nil
	case h.Source == tickets.InEvent:
		at := when(v.words, h.At)
		row.At = &at
		switch {
		case h.Internal:
			row.Where = v.words.T("web.search.in.note")
		case h.Action == tickets.ActionResolve:
			row.Where = v.words.T("web.search.in.solution")
		default:
			row.Where = v.words.T("web.search.in.event")
		}
	default:
		row.Where = v.words.T("web.card." + string(h.Source))
	}
	return row
}

// unmarked is an excerpt without its marks.
func unmarked(pieces []tickets.Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}
