package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cecoia.example/tickets"
)

type knowledgeBody struct {
	Desk   []link // for the desk: what waits for a reviewer, a new article
	Search field
	// Without words and theme: the themes, and what people found useful.
	Themes []themeCount
	Shelf  []articleList
	// With either: what was found.
	Found *articleList
	Pages *pagination
	All   link // back to all the themes
	Empty string
	Star  *star
}

// themeCount is one theme of the knowledge base, a link to its articles.
type themeCount struct {
	link
	Count string
}

// articleList is a list of articles under its heading.
type articleList struct {
	ID, Heading string
	Rows        []articleRow
}

// articleRow is one article of a list.
type articleRow struct {
	Href, Number, Title, Summary string
	Lang                         string // of the article, "" when it is the page's
	Theme                        string
	Desk                         string // the words, "" when it is for everyone
	At                           stamp
}

const shelfRows = 5 // articles in each list of the first page

// knowledge is "Base de connaissance": the themes, and what is found in them.
func (s *server) knowledge(w http.ResponseWriter, r *http.Request, v *visit) error {
	query := r.URL.Query()
	words, theme := strings.TrimSpace(query.Get("q")), query.Get("theme")
	if words == "" && theme == "" {
		return s.showKnowledge(w, r, v, words, knowledgeBody{}, nil)
	}
	number := pageNumber(r)
	found, err := s.desk.Articles(r.Context(), v.caller(), tickets.ArticleQuery{
		Text: words, Theme: theme, Limit: perPage, Offset: (number - 1) * perPage,
	})
	if refusal(err) != nil {
		return s.showKnowledge(w, r, v, words, knowledgeBody{}, err)
	}
	if err != nil {
		return err
	}
	if _, known := v.academy.Theme(theme); !known && theme != "" && found.Total == 0 {
		return &tickets.Error{Code: tickets.NotFound, Message: "web.page"}
	}
	address := func(n int) string {
		q := url.Values{}
		if words != "" {
			q.Set("q", words)
		}
		if theme != "" {
			q.Set("theme", theme)
		}
		if n > 1 {
			q.Set("page", strconv.Itoa(n))
		}
		return "/connaissances?" + q.Encode()
	}
	if last := lastPage(found.Total); number > last {
		return &movedError{address(last)}
	}
	list := articleList{ID: "found", Rows: articleRows(v, found.Items)}
	switch {
	case words == "":
		list.Heading = themeName(v, theme)
	case theme == "":
		list.Heading = v.words.N("web.knowledge.found", found.Total, words)
	default:
		list.Heading = v.words.N("web.knowledge.found.in", found.Total, words, themeName(v, theme))
	}
	body := knowledgeBody{Found: &list, All: link{"/connaissances", v.words.T("web.knowledge.all")}}
	if found.Total == 0 {
		body.Empty = v.words.T("web.knowledge.nothing")
	}
	body.Pages = paginate(v.words, number, len(found.Items), found.Total, false, address)
	label := v.words.T("web.nav.knowledge")
	for _, part := range []string{themeName(v, theme), words} {
		if part != "" {
			label += " – " + part
		}
	}
	if body.Star, err = s.searchStar(r, v, address(1), label); err != nil {
		return err
	}
	return s.showKnowledge(w, r, v, words, body, nil)
}

// showKnowledge renders the page: what was found, or else what there is.
func (s *server) showKnowledge(w http.ResponseWriter, r *http.Request, v *visit, words string, body knowledgeBody, refused error) error {
	if v.person.Agent() {
		states, err := s.desk.ArticleStates(r.Context(), v.caller())
		if err != nil {
			return err
		}
		body.Desk = []link{
			{"/connaissances/redaction", v.words.T("web.knowledge.desk", states[tickets.ArticleInReview])},
			{"/connaissances/nouveau", v.words.T("web.knowledge.write")},
		}
	}
	if body.Found == nil {
		if err := s.fillShelves(r, v, &body); err != nil {
			return err
		}
	}
	fm := v.form(refused)
	body.Search = fm.field(field{Name: "q", Kind: "search", Label: v.words.T("web.knowledge.search"), Value: words})
	title := v.words.T("web.nav.knowledge")
	if body.Found != nil {
		title = body.Found.Heading + " – " + title
	}
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "knowledge", title: title, problems: fm.problems(nil), body: body,
	})
}

// fillShelves gives the page the themes that have articles, in the academy's
// order, what was most useful and what is new.
func (s *server) fillShelves(r *http.Request, v *visit, body *knowledgeBody) error {
	counts, err := s.desk.ArticleThemes(r.Context(), v.caller())
	if err != nil {
		return err
	}
	codes := make([]string, 0, len(counts))
	for _, t := range v.academy.Themes {
		codes = append(codes, t.Code)
	}
	for code := range counts { // of themes that the desk file no longer has
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	for _, code := range codes {
		if n := counts[code]; n > 0 {
			body.Themes = append(body.Themes, themeCount{
				link{"/connaissances?theme=" + url.QueryEscape(code), v.words.Theme(v.academy, code)}, v.words.N("web.knowledge.count", n),
			})
		}
	}
	if len(body.Themes) == 0 {
		body.Empty = v.words.T("web.knowledge.empty")
	}
	for _, shelf := range []struct {
		id    string
		order tickets.ArticleOrder
	}{{"useful", tickets.ByUsefulness}, {"recent", tickets.ByDate}} {
		found, err := s.desk.Articles(r.Context(), v.caller(), tickets.ArticleQuery{Order: shelf.order, Limit: shelfRows})
		if err != nil {
			return err
		}
		if len(found.Items) > 0 {
			body.Shelf = append(body.Shelf, articleList{shelf.id, v.words.T("web.knowledge." + shelf.id), articleRows(v, found.Items)})
		}
	}
	return nil
}

func articleRows(v *visit, items []tickets.ArticleItem) []articleRow {
	rows := make([]articleRow, len(items))
	for i, a := range items {
		rows[i] = articleRow{
			Href: tickets.ArticlePath(a.Academy, a.Number), Number: a.Number.String(), Title: a.Title, Summary: a.Summary,
			Theme: v.words.Category(v.academy, a.Theme, a.Subject), At: date(v.words, a.At),
		}
		if a.Lang != v.words.Lang {
			rows[i].Lang = string(a.Lang)
		}
		if a.Audience == tickets.ForDesk {
			rows[i].Desk = v.words.T("web.article.desk_only")
		}
	}
	return rows
}

// themeName is the name of the theme asked for, "" for none.
func themeName(v *visit, code string) string {
	if code == "" {
		return ""
	}
	return v.words.Theme(v.academy, code)
}
