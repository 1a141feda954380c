package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// maxJoined is how many of its tickets the page of a major incident names.
const maxJoined = 20

// joined are the tickets that are joined to a major incident.
type joined struct {
	Count string // "1000 demandes rattachées"
	Rows  []joinedRow
	More  string // how many others there are, "" for none
}

type joinedRow struct {
	ticketRow
	Beneficiary string
}

// joined returns what is joined to the ticket, for the desk; nil for others, and
// when it is no major incident.
func (s *server) joined(ctx context.Context, v *visit, view tickets.View) (*joined, error) {
	if !view.Major || !v.person.Agent() {
		return nil, nil
	}
	cases, total, err := s.desk.Joined(ctx, v.caller(), view.ID, maxJoined)
	if err != nil {
		return nil, err
	}
	out := &joined{Count: v.words.MajorCount(total, 0)}
	for _, c := range cases {
		out.Rows = append(out.Rows, joinedRow{s.row(v, c), c.Who(c.Beneficiary).Name()})
	}
	if more := total - len(cases); more > 0 {
		out.More = v.words.N("web.major.more", more)
	}
	return out, nil
}

// partOf is the major incident that a ticket is joined to. Who may not see it
// reads its number in place of its address.
type partOf struct {
	link
	Summary string // "" when it is over, for who may not see it
	Told    string // what it means for the requester, "" for others and when either is settled
	Leave   string // the words of the button that takes the ticket off it, "" when it does not fit
}

// partOf returns the major incident that the ticket is joined to, nil for none.
func (s *server) partOf(ctx context.Context, v *visit, view tickets.View) (*partOf, error) {
	if view.Parent == uuid.Nil {
		return nil, nil
	}
	majors, err := s.desk.Majors(ctx, v.caller())
	if err != nil {
		return nil, err
	}
	out := &partOf{}
	i := slices.IndexFunc(majors, func(t tickets.Ticket) bool { return t.ID == view.Parent })
	if i >= 0 {
		out.Summary = excerpt(majors[i].Card)
		if view.Party(v.person.ID) && view.Open() && view.Status != tickets.StatusResolved {
			out.Told = v.words.T("web.major.told")
		}
	}
	switch major, err := s.desk.CaseByID(ctx, v.caller(), view.Parent); {
	case err == nil:
		out.link, out.Summary = link{tickets.TicketPath(major.Academy, major.Number), major.Number.String()}, excerpt(major.Card)
	case tickets.CodeOf(err) != tickets.NotFound:
		return nil, err
	default:
		out.Text = majorNumber(view)
	}
	if slices.Contains(view.Actions, tickets.ActionLeave) {
		out.Leave = v.words.T("web.do.leave")
	}
	return out, nil
}

// majorNumber is the number of the major incident that the ticket is joined to, as
// those were told whom it is for.
func majorNumber(view tickets.View) string {
	for _, e := range slices.Backward(view.Events) {
		if e.Detail.Major != "" {
			return e.Detail.Major
		}
	}
	return ""
}

// likelyMajors puts those of the theme first; otherwise they stay in order.
func likelyMajors(majors []tickets.Ticket, theme string) []tickets.Ticket {
	out := slices.Clone(majors)
	slices.SortStableFunc(out, func(x, y tickets.Ticket) int {
		rank := func(t tickets.Ticket) int {
			if t.Category == theme {
				return 0
			}
			return 1
		}
		return cmp.Compare(rank(x), rank(y))
	})
	return out
}

// joinable returns the major incidents that the desk may join the ticket to: none
// when it is a part of one, or is one itself.
func (s *server) joinable(r *http.Request, v *visit, view tickets.View) ([]tickets.Ticket, error) {
	if view.Major || view.Parent != uuid.Nil || !slices.Contains(view.Actions, tickets.ActionJoin) {
		return nil, nil
	}
	return s.desk.Majors(r.Context(), v.caller())
}

// joinField asks for the major incident that the ticket is to be joined to.
func (b *deskForms) joinField(value string) field {
	f := field{Name: "major", Kind: "select", Value: value, Label: b.visit.words.T("web.major")}
	var options []option
	if len(b.majors) != 1 {
		options = append(options, option{Value: "", Label: b.visit.words.T("web.field.choose")})
	}
	for _, t := range likelyMajors(b.majors, b.view.Category) {
		options = append(options, option{Value: t.Number.String(), Label: t.Number.String() + " – " + excerpt(t.Card)})
	}
	f.Groups = []optionGroup{{Options: options}}
	return f
}
