package web

import (
	"net/http"
	"strconv"

	"cecoia.example/tickets"
)

type knowledgeDeskBody struct {
	Write  link
	States []choice
	Rows   []deskArticle
	Empty  string
	Pages  *pagination
}

// deskArticle is one article of the desk's list.
type deskArticle struct {
	articleRow
	Author string
	Votes  string
}

// articleStates are the lists of the desk by the slug of their address; the
// first is the default: what waits for a reviewer.
var articleStates = []struct {
	slug  string
	state tickets.ArticleState
}{
	{"a-relire", tickets.ArticleInReview},
	{"brouillons", tickets.ArticleDraft},
	{"publies", tickets.ArticlePublished},
	{"archives", tickets.ArticleArchived},
}

// knowledgeDesk lists the articles for the desk by where they stand.
func (s *server) knowledgeDesk(w http.ResponseWriter, r *http.Request, v *visit) error {
	shown := articleStates[0]
	for _, st := range articleStates {
		if st.slug == r.URL.Query().Get("etat") {
			shown = st
		}
	}
	number := pageNumber(r)
	found, err := s.desk.Articles(r.Context(), v.caller(), tickets.ArticleQuery{
		State: shown.state, Order: tickets.ByDate, Limit: perPage, Offset: (number - 1) * perPage,
	})
	if err != nil {
		return err
	}
	address := func(slug string, n int) string {
		if n > 1 {
			return "/connaissances/redaction?etat=" + slug + "&page=" + strconv.Itoa(n)
		}
		return "/connaissances/redaction?etat=" + slug
	}
	if last := lastPage(found.Total); number > last {
		return &movedError{address(shown.slug, last)}
	}
	counts, err := s.desk.ArticleStates(r.Context(), v.caller())
	if err != nil {
		return err
	}
	body := knowledgeDeskBody{
		Write: link{"/connaissances/nouveau", v.words.T("web.knowledge.write")},
		Empty: v.words.T("web.knowledge.none." + string(shown.state)),
		Pages: paginate(v.words, number, len(found.Items), found.Total, false, func(n int) string { return address(shown.slug, n) }),
	}
	for _, st := range articleStates {
		body.States = append(body.States, choice{
			link{address(st.slug, 1), v.words.T("web.knowledge.state."+string(st.state), counts[st.state])}, st.slug == shown.slug,
		})
	}
	rows := articleRows(v, found.Items)
	for i, a := range found.Items {
		row := deskArticle{articleRow: rows[i], Author: a.Author.Name()}
		row.Href += "/versions"
		if a.Votes != (tickets.Votes{}) {
			row.Votes = v.words.T("web.article.votes", a.Useful, a.Useless)
		}
		body.Rows = append(body.Rows, row)
	}
	return s.render(w, r, v, content{template: "knowledge_desk", title: v.words.T("web.knowledge.desk.title"), body: body})
}
