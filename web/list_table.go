package web

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// ticketTable is a list of tickets, ready for the partial "tickets".
type ticketTable struct {
	locale.Printer
	Caption string
	Desk    bool // with who has taken it
	Pick    bool // with a box to choose each
	Columns []tableColumn
	Rows    []ticketRow
}

// tableColumn is a column of the table: what it can be sorted by, each a link, or
// words alone when it cannot.
type tableColumn struct {
	Titles []columnTitle
	Sorted string // ascending or descending, "" when the list is not sorted by it
}

type columnTitle struct {
	link
	Sorted bool // the list is sorted by it
}

type ticketRow struct {
	Number, Href string
	Opened       stamp
	Excerpt      string
	News         string // how much came since the visitor's last visit, "" for nothing
	Due          stamp  // zero when nothing says when it is due
	Late         string // the words, "" when it is not
	Paused       string // the words in place of Due, "" when the clock runs
	Urgency      string
	Level        tickets.Urgency
	State        string
	Status       tickets.Status
	Private      string // the words, "" when it is not
	Entity       string
	Author       string
	For          string // the beneficiary, "" when it is the author
	Assignee     string
}

func (s *server) table(ctx context.Context, v *visit, caption string, cases []tickets.Case, desk bool) (*ticketTable, error) {
	unseen, err := s.desk.Unseen(ctx, v.caller(), cases)
	if err != nil {
		return nil, err
	}
	t := &ticketTable{Printer: v.words, Caption: caption, Desk: desk}
	for _, c := range listColumns {
		title := columnTitle{link: link{"", v.words.T("web.list.column." + c.slug)}}
		if c.beneath {
			above := &t.Columns[len(t.Columns)-1]
			above.Titles = append(above.Titles, title)
			continue
		}
		t.Columns = append(t.Columns, tableColumn{Titles: []columnTitle{title}})
	}
	for _, c := range cases {
		row := s.row(v, c)
		if n := unseen[c.ID]; n > 0 {
			row.News = v.words.N("web.list.news", n)
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// sortable makes the titles of the columns sort the list.
func (t *ticketTable) sortable(l listView) {
	column, title := -1, 0
	for _, c := range listColumns {
		if title++; !c.beneath {
			column, title = column+1, 0
		}
		to := &t.Columns[column]
		to.Titles[title].Href = l.sortedBy(c).href()
		if c != l.column {
			continue
		}
		to.Titles[title].Sorted, to.Sorted = true, "ascending"
		if c.desc != l.reversed {
			to.Sorted = "descending"
		}
	}
}

func (s *server) row(v *visit, c tickets.Case) ticketRow {
	row := ticketRow{
		Number: c.Number.String(), Href: tickets.TicketPath(c.Academy, c.Number),
		Opened: date(v.words, c.OpenedAt), Excerpt: excerpt(c.Card),
		Urgency: v.words.Urgency(c.Urgency), Level: c.Urgency,
		State: v.words.Status(c.Status), Status: c.Status,
		Entity: c.Entity, Author: c.Who(c.Requester).Name(), Assignee: c.Who(c.Assignee).Name(),
	}
	switch {
	case c.Paused():
		row.Paused = v.words.T("due.paused")
	case c.Open() && !c.Due.IsZero():
		row.Due = when(v.words, c.Due)
		if late(c.Ticket, s.now()) {
			row.Late = v.words.T("web.list.late")
		}
	}
	if c.Beneficiary != c.Requester {
		row.For = v.words.T("web.list.for", c.Who(c.Beneficiary).Name())
	}
	if c.Private {
		row.Private = v.words.T("web.ticket.private")
	}
	return row
}

// late says whether a ticket is still to be resolved after it should have been.
func late(t tickets.Ticket, now time.Time) bool {
	return t.Open() && t.Status != tickets.StatusResolved && !t.Due.IsZero() && t.Due.Before(now)
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
