package web

import (
	"net/http"
	"strconv"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

type listBody struct {
	Heading string
	New     link
	States  []choice
	Filter  listFilter
	Table   *ticketTable // nil when the list is empty
	Return  string       // the list's address, where actions on several tickets lead back to
	Empty   string
	Pages   *pagination // nil when the list is empty
	Export  link
	Star    *star
	Cut     string // says that an export would be cut, or may be; "" when it would not
}

// listFilter is the form that narrows a list down.
type listFilter struct {
	Path, State string
	Shown       []field // scope and words
	More        []field // theme, period and order
	Open        bool    // some of More is asked for
	Clear       string  // the address without what narrows, "" when nothing does
}

// choice is one of several views of a list.
type choice struct {
	link
	Current bool
}

// pagination is where a page stands in its list, ready for its partial.
type pagination struct {
	locale.Printer
	Range                       string // "1 – 20 / 134", "1 – 20 / plus de 1 000"
	First, Previous, Next, Last string // addresses, "" at the ends
}

// incidents shows the incidents ("Suivi des incidents").
func (s *server) incidents(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.list(w, r, v, tickets.Incident)
}

// services shows the service requests.
func (s *server) services(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.list(w, r, v, tickets.Service)
}

func (s *server) list(w http.ResponseWriter, r *http.Request, v *visit, kind tickets.Kind) error {
	l := readList(r, v, kind)
	found, refused, err := s.find(r, v, l)
	if err != nil {
		return err
	}
	if last := lastPage(found.Total); l.page > last && !found.More && refused == nil {
		l.page = last
		return &movedError{l.href()}
	}
	fm := v.form(refused)
	status := 0
	if refused != nil {
		status = http.StatusUnprocessableEntity
	}
	heading := v.words.T("web.nav.list." + string(kind))
	body := listBody{
		Heading: heading,
		New:     link{listPath(kind) + "/nouveau", v.words.T("web.do.new." + string(kind))},
		Filter:  s.listFilter(fm, v, l),
		Empty:   v.words.T("web.list.empty." + l.state.slug),
		Return:  l.href(),
	}
	clean := l
	if refused != nil { // the other views do without what was refused
		clean.theme, clean.text, clean.from, clean.to = "", "", "", ""
		body.Empty = v.words.T("web.list.empty.refused")
	} else if l.narrowed() {
		body.Empty = v.words.T("web.list.empty.narrowed")
	}
	for _, state := range listStates {
		view := clean
		view.state, view.page = state, 1
		body.States = append(body.States, choice{link{view.href(), v.words.T("web.list.filter." + state.slug)}, state.slug == l.state.slug})
	}
	if len(found.Cases) > 0 {
		caption := heading + " – " + v.words.T("web.list.filter."+l.state.slug)
		if body.Table, err = s.table(r.Context(), v, caption, found.Cases, l.scope.desk); err != nil {
			return err
		}
		body.Table.Pick = true
		body.Table.sortable(l)
		body.Pages = paginate(v.words, l.page, len(found.Cases), found.Total, found.More, func(n int) string {
			view := l
			view.page = n
			return view.href()
		})
		view := l
		view.page = 1
		body.Export = link{view.address(listPath(kind) + "/export.csv"), v.words.T("web.list.export")}
		switch {
		case found.Total > s.most:
			body.Cut = v.words.T("web.list.export.cut", s.most)
		case found.More: // perhaps fewer than that
			body.Cut = v.words.T("web.list.export.most", s.most)
		}
	}
	if refused == nil {
		first := l
		first.page = 1
		if body.Star, err = s.searchStar(r, v, first.href(), listLabel(v, heading, l)); err != nil {
			return err
		}
	}
	return s.render(w, r, v, content{status: status, template: "list", title: heading, problems: fm.problems(nil), body: body})
}

// listLabel names a list among the favourites, by what narrows it down.
func listLabel(v *visit, heading string, l listView) string {
	label := heading + " – " + v.words.T("web.list.filter."+l.state.slug)
	if l.text != "" {
		label += " – " + l.text
	}
	return label
}

// find returns the list's page, and what was refused of its filter.
func (s *server) find(r *http.Request, v *visit, l listView) (found tickets.Page, refused, err error) {
	q, refused := l.query(v, s.now())
	if found, err = s.desk.List(r.Context(), v.caller(), q); inFilter(err) != nil {
		refused, err = refusals(refused, inFilter(err)), nil
	}
	if refused != nil {
		found = tickets.Page{}
	}
	return found, refused, err
}

// listFilter prepares the form of a list.
func (s *server) listFilter(fm *form, v *visit, l listView) listFilter {
	words := v.words
	options := func(f field, among []option) field {
		f.Kind, f.Groups = "select", []optionGroup{{Options: among}}
		return fm.field(f)
	}
	var scopes []option
	for _, scope := range listScopes {
		if !scope.desk || v.person.Agent() {
			scopes = append(scopes, option{Value: scope.slug, Label: words.T("web.list.scope." + scope.slug)})
		}
	}
	themes := []option{{Label: words.T("web.list.theme.any")}}
	for _, t := range v.academy.Themes {
		themes = append(themes, option{Value: t.Code, Label: t.Name.In(words.Lang)})
	}
	themes = append(themes, option{Value: tickets.WithoutTheme, Label: words.T("theme.none")})
	orders := []option{
		{Value: "emise", Label: words.T("web.list.order.newest")},
		{Value: "-emise", Label: words.T("web.list.order.oldest")},
	}
	for _, c := range listColumns[1:] {
		label := words.T("web.list.order." + c.slug)
		if l.reversed && c == l.column {
			orders = append(orders, option{Value: "-" + c.slug, Label: words.T("web.list.order.reversed", label)})
		}
		orders = append(orders, option{Value: c.slug, Label: label})
	}
	f := listFilter{
		Path: listPath(l.kind),
		Shown: []field{
			options(field{Name: "portee", Label: words.T("web.list.scope"), Value: l.scope.slug}, scopes),
			fm.field(field{Name: "texte", Kind: "search", Label: words.T("web.list.text"), Value: l.text}),
		},
		More: []field{
			options(field{Name: "theme", Label: words.T("web.card.theme"), Value: l.theme}, themes),
			fm.field(field{Name: "du", Kind: "date", Label: words.T("web.list.from"), Value: l.from}),
			fm.field(field{Name: "au", Kind: "date", Label: words.T("web.list.to"), Value: l.to}),
			options(field{Name: "tri", Label: words.T("web.list.order"), Value: l.order()}, orders),
		},
		Open: l.theme+l.from+l.to != "" || l.order() != listColumns[0].slug,
	}
	if l.state.slug != listStates[0].slug {
		f.State = l.state.slug
	}
	if l.narrowed() {
		all := l
		all.theme, all.text, all.from, all.to, all.page = "", "", "", "", 1
		f.Clear = all.href()
	}
	return f
}

// lastPage is the number of the last page of a list of that many; 1 of an empty
// one.
func lastPage(total int) int { return max(1, (total+perPage-1)/perPage) }

// pageNumber reads which page of a list is asked for.
func pageNumber(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, 1_000_000)
}

// paginate returns where a page of shown tickets stands among total, or more than
// that: then nobody knows the last page.
func paginate(words locale.Printer, number, shown, total int, more bool, address func(int) string) *pagination {
	if shown == 0 {
		return nil
	}
	first := (number-1)*perPage + 1
	p := &pagination{Printer: words, Range: words.T("web.list.range", first, first+shown-1, counted(words, total, more))}
	if number > 1 {
		p.First, p.Previous = address(1), address(number-1)
	}
	if more || first+shown-1 < total {
		p.Next = address(number + 1)
	}
	if !more && p.Next != "" {
		p.Last = address(lastPage(total))
	}
	return p
}

// counted writes how many there are, or that there are more.
func counted(words locale.Printer, total int, more bool) string {
	if more {
		return words.T("web.list.many", total)
	}
	return words.Number(total)
}
