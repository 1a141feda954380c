package mattermost

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// listPage is how many tickets one answer shows.
const listPage = 20

// filter is one choice of tickets to list.
type filter struct {
	name  tickets.Text
	words []string // folded: what people type
	query func(by tickets.Person) tickets.Query
}

func filters() []filter {
	return []filter{
		{tickets.Text{FR: "libres", EN: "free"}, []string{"", "libre", "libres", "free", "nouveaux", "new"}, func(tickets.Person) tickets.Query {
			return tickets.Query{Unassigned: true, Statuses: []tickets.Status{tickets.StatusNew, tickets.StatusInProgress, tickets.StatusWaiting}}
		}},
		{tickets.Text{FR: "miens", EN: "mine"}, []string{"mien", "miens", "les miens", "moi", "mes", "mine", "my"}, func(by tickets.Person) tickets.Query {
			return tickets.Query{Assignee: by.ID, Statuses: []tickets.Status{tickets.StatusNew, tickets.StatusInProgress, tickets.StatusWaiting}}
		}},
		{tickets.Text{FR: "tous", EN: "all"}, []string{"tous", "tout", "toutes", "all", "ouverts", "open"}, func(tickets.Person) tickets.Query {
			return tickets.Query{Statuses: []tickets.Status{tickets.StatusNew, tickets.StatusInProgress, tickets.StatusWaiting, tickets.StatusResolved}}
		}},
		{tickets.Text{FR: "à valider", EN: "to validate"}, []string{"a valider", "valider", "validation", "validations", "to validate", "validate", "resolved"}, func(tickets.Person) tickets.Query {
			return tickets.Query{Statuses: []tickets.Status{tickets.StatusResolved}}
		}},
	}
}

var liste = verb{
	name: "liste", aliases: []string{"list", "ls", "l"},
	run: func(ctx context.Context, c *call) (string, error) {
		f, page, ok := parseList(c.rest)
		if !ok {
			return "", errUsage
		}
		q := f.query(c.person)
		q.Scope, q.Oldest, q.Limit, q.Offset = tickets.ScopeDesk, true, listPage, (page-1)*listPage
		found, err := c.Desk.List(ctx, c.by(0), q)
		if err != nil {
			return "", err
		}
		name := f.name.In(c.print.Lang)
		if len(found.Cases) == 0 {
			return c.print.T("chat.list.none", name), nil
		}
		return c.listing(found, name, page), nil
	},
}

// parseList reads "", "miens", "tous suite", "à valider suite 3".
func parseList(rest string) (f filter, page int, ok bool) {
	words := strings.FieldsFunc(fold(rest), func(r rune) bool { return blank(r) || strings.ContainsRune("\"'“”«».,", r) })
	page = 1
	if i := slices.IndexFunc(words, func(w string) bool { return w == "suite" || w == "more" || w == "next" }); i >= 0 {
		page = 2
		if i+1 < len(words) {
			n, err := strconv.Atoi(words[i+1])
			if err != nil || n < 1 || n > 1000 || i+2 < len(words) {
				return filter{}, 0, false
			}
			page = n
		}
		words = words[:i]
	}
	known := filters()
	i := slices.IndexFunc(known, func(f filter) bool { return slices.Contains(f.words, strings.Join(words, " ")) })
	if i < 0 {
		return filter{}, 0, false
	}
	return known[i], page, true
}

// listing writes a page of tickets to be read on a telephone too.
func (c *call) listing(found tickets.Page, name string, page int) string {
	var b strings.Builder
	b.WriteString(c.print.N("chat.list.head", found.Total, name) + "\n\n")
	b.WriteString(c.print.T("chat.list.columns") + "\n|:--|:--|:--|--:|:--|:--|\n")
	now := c.Now()
	for _, t := range found.Cases {
		state := c.print.State(t.Ticket)
		if t.Assignee != uuid.Nil {
			state += ", " + inline(t.Who(t.Assignee).Name())
		}
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s | %s | %s | %s |\n", t.Number, c.Portal.Ticket(t.Ticket),
			inline(c.print.Theme(c.academy, t.Category)), inline(t.Entity), c.print.Age(now.Sub(t.OpenedAt)), c.print.Urgency(t.Urgency), state)
	}
	if page*listPage < found.Total {
		b.WriteString("\n" + c.print.T("chat.list.more", found.Total-page*listPage, fmt.Sprintf("%s %s", c.verb.label(c.print), name), page+1))
	}
	return b.String()
}
