package web

import (
	"net/http"
	"strconv"

	"cecoia.example/tickets"
)

type validationsBody struct {
	Items []toValidate
	Pages *pagination
}

type toValidate struct {
	ticketRow
	Resolved stamp
	By       string
	Solution string
	Do       link
}

// validations lists the visitor's resolved tickets, which wait for their word.
func (s *server) validations(w http.ResponseWriter, r *http.Request, v *visit) error {
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || number < 1 || number > 10_000 {
		number = 1
	}
	found, err := s.desk.List(r.Context(), v.caller(), tickets.Query{
		Scope: tickets.ScopeMine, Statuses: []tickets.Status{tickets.StatusResolved},
		Oldest: true, Limit: perPage, Offset: (number - 1) * perPage,
	})
	if err != nil {
		return err
	}
	var body validationsBody
	for _, c := range found.Cases {
		body.Items = append(body.Items, toValidate{
			ticketRow: s.row(v, c), Resolved: when(v.words, c.StatusAt),
			By: c.Who(c.StatusBy).Name(), Solution: c.Solution,
			Do: link{tickets.TicketPath(c.Academy, c.Number) + "/validation", v.words.T("web.do.validate_or_refuse")},
		})
	}
	body.Pages = paginate(v.words, number, len(found.Cases), found.Total, func(n int) string { return "/validations?page=" + strconv.Itoa(n) })
	return s.render(w, r, v, content{template: "validations", title: v.words.T("web.nav.validations"), body: body})
}
