package mattermost

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

var voir = verb{
	name: "voir", aliases: []string{"show", "view", "v"}, button: true,
	run: func(ctx context.Context, c *call) (string, error) {
		numbers, rest := cutNumbers(c.rest, 1)
		if plainText(rest) != "" || len(numbers) > 1 {
			return "", errUsage
		}
		refs, _, err := c.targets(ctx, numbers...)
		if err != nil {
			return "", err
		}
		v, err := c.Desk.View(ctx, c.by(0), refs[0])
		if err != nil {
			return "", err
		}
		return c.ticket(ctx, v), nil
	},
}

// ticket writes all that the desk knows of a ticket.
func (c *call) ticket(ctx context.Context, v tickets.View) string {
	var b strings.Builder
	field := func(key string, values ...string) {
		values = slices.DeleteFunc(values, func(s string) bool { return strings.TrimSpace(s) == "" })
		if len(values) > 0 {
			fmt.Fprintf(&b, "**%s** %s\n", c.print.T("chat.show."+key), strings.Join(values, " · "))
		}
	}
	person := func(id uuid.UUID) []string {
		p := v.Who(id)
		return []string{inline(p.Name()), inline(p.Function), p.Email}
	}
	link := c.Portal.Ticket(v.Ticket)
	fmt.Fprintf(&b, "#### [%s](%s) · %s\n", v.Number, link, c.print.Kind(v.Number.Kind))
	state := []string{c.print.State(v.Ticket)}
	if v.Assignee != uuid.Nil {
		state = append(state, inline(v.Who(v.Assignee).Name()))
	}
	if v.Private {
		state = append(state, c.print.T("chat.show.private"))
	}
	field("status", state...)
	field("urgency", c.print.Urgency(v.Urgency))
	field("theme", c.themes(v.Ticket)...)
	field("opened", c.print.When(v.OpenedAt))
	switch {
	case v.Paused():
		field("due", c.print.T("due.paused"))
	case v.Open() && !v.Due.IsZero():
		field("due", c.print.When(v.Due))
	}
	if v.MergedInto != uuid.Nil {
		field("into", mergedInto(v.Events))
	}
	field("cause", inline(c.print.Cause(c.academy, v.Cause)))
	field("requester", person(v.Requester)...)
	if v.Beneficiary != v.Requester {
		field("beneficiary", person(v.Beneficiary)...)
	}
	field("phone", inline(v.Phone), inline(v.OtherPhone))
	if _, warning := c.hearers(ctx, v.Case); warning != "" && v.Open() {
		b.WriteString(warning + "\n")
	}
	field("availability", inline(v.Availability))
	field("place", inline(v.Place), inline(v.Entity))
	field("equipment", inline(v.Equipment), inline(v.EquipmentInfo))
	field("type", inline(c.print.RequestType(c.academy, v.RequestType)))
	field("summary", inline(v.Summary))
	fmt.Fprintf(&b, "**%s**\n%s\n", c.print.T("chat.show.description"), block(shorten(v.Description, 5000)))
	c.documents(&b, v.Attachments, link)
	c.timeline(&b, v, link)
	return b.String()
}

// themes is the theme and subject as the desk qualified them, and as chosen.
func (c *call) themes(t tickets.Ticket) []string {
	out := []string{inline(c.print.Category(c.academy, t.Category, t.Subcategory))}
	if t.Theme != t.Category || t.Subject != t.Subcategory {
		out = append(out, c.print.T("chat.show.chosen", inline(c.print.Category(c.academy, t.Theme, t.Subject))))
	}
	return out
}

// mergedInto is the number of the ticket that goes on in this one's place.
func mergedInto(events []tickets.Event) string {
	for _, e := range slices.Backward(events) {
		if e.Detail.Into != "" {
			return e.Detail.Into
		}
	}
	return ""
}

func (c *call) documents(b *strings.Builder, documents []tickets.Attachment, link string) {
	const most = 20
	documents = slices.DeleteFunc(slices.Clone(documents), func(a tickets.Attachment) bool { return a.Event == uuid.Nil })
	if len(documents) == 0 {
		return
	}
	fmt.Fprintf(b, "\n**%s** ([%s](%s))\n", c.print.T("chat.show.documents", len(documents)), c.print.T("chat.show.on_portal"), link)
	for _, d := range documents[:min(most, len(documents))] {
		fmt.Fprintf(b, "- %s (%s)\n", inline(d.Name), c.print.T("chat.show.size", (d.Size+1023)/1024))
	}
	if len(documents) > most {
		b.WriteString("- …\n")
	}
}

// timeline writes what happened, the oldest left out when a post cannot hold it.
func (c *call) timeline(b *strings.Builder, v tickets.View, link string) {
	room := maxPost - 500 - utf8.RuneCountInString(b.String())
	var told []string
	for _, e := range slices.Backward(v.Events) {
		line := fmt.Sprintf("- %s · %s\n", c.print.When(e.At), c.print.Event(e.Action, inline(v.Who(e.Actor).Name())))
		for _, change := range c.print.Changes(c.academy, e.Detail, v.People) {
			line += "  - " + inline(change) + "\n"
		}
		if e.Text != "" && e.Action != tickets.ActionOpen { // the opening's words are the description
			line += "  " + strings.ReplaceAll(block(shorten(e.Text, 1500)), "\n", "\n  ") + "\n"
		}
		if room -= utf8.RuneCountInString(line); room < 0 {
			break
		}
		told = append(told, line)
	}
	fmt.Fprintf(b, "\n**%s**\n", c.print.T("chat.show.timeline"))
	if left := len(v.Events) - len(told); left > 0 {
		fmt.Fprintf(b, "- %s [%s](%s)\n", c.print.N("chat.show.older", left), c.print.T("chat.show.on_portal"), link)
	}
	for _, line := range slices.Backward(told) {
		b.WriteString(line)
	}
}
