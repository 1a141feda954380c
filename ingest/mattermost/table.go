package mattermost

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// table writes a page of tickets. A telephone shows four narrow columns, so a
// list has a fifth only where that tells its tickets apart.
func (c *call) table(found tickets.Page, f filter, name string, page int) string {
	var b strings.Builder
	head := c.print.N("chat.list.head", found.Total, name)
	if found.More {
		head = c.print.T("chat.list.head.many", found.Total, name)
	}
	b.WriteString(head + "\n\n")
	last := ""
	switch f.kind {
	case listFree:
	case listReachable:
		last = "reach"
	default:
		last = "state"
	}
	b.WriteString(c.print.T("chat.list.columns"))
	if last != "" {
		b.WriteString(" " + c.print.T("chat.list.column."+last) + " |")
	}
	b.WriteString("\n|:--|--:|:-:|:--|" + strings.Repeat(":--|", min(len(last), 1)) + "\n")
	now := c.Now()
	for _, t := range found.Cases {
		subject := c.print.Theme(c.academy, t.Category)
		if t.Entity != "" {
			subject += " · " + t.Entity
		}
		fmt.Fprintf(&b, "| [%s](%s) | %s | %d | %s |", t.Number, c.Portal.Ticket(t.Ticket),
			c.print.Age(now.Sub(t.OpenedAt)), t.Urgency, inline(subject))
		switch last {
		case "reach":
			b.WriteString(" " + inline(strings.Trim(t.Phone+", "+shorten(t.Availability, 60), ", ")) + " |")
		case "state":
			b.WriteString(" " + c.stateOf(t, f) + " |")
		}
		b.WriteByte('\n')
	}
	switch {
	case found.More:
		b.WriteString("\n" + c.print.T("chat.list.more.many", c.labelOf("liste")+" "+name, page+1))
	case page*listPage < found.Total:
		b.WriteString("\n" + c.print.T("chat.list.more", found.Total-page*listPage, c.labelOf("liste")+" "+name, page+1))
	}
	return b.String()
}

// stateOf is the ticket's status, or what a list tells rather: since when a late
// one is due, who has it where that may be anybody.
func (c *call) stateOf(t tickets.Case, f filter) string {
	state := c.print.State(t.Ticket)
	if f.kind == listLate && !t.Due.IsZero() {
		state = c.print.When(t.Due)
	}
	if f.kind != listMine && t.Assignee != uuid.Nil {
		state += ", " + inline(t.Who(t.Assignee).Name())
	}
	return state
}
