package mattermost

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// This file is about whom an agent's words reach, and what the agent is told of
// that.

// hearers returns who gets a mail of an action of this person on the ticket, as
// the policy decides it for the actions that speak to the requester.
func (c *call) hearers(cs tickets.Case) (names []string) {
	for _, id := range slices.Compact([]uuid.UUID{cs.Beneficiary, cs.Requester}) {
		if id != c.person.ID && id != uuid.Nil {
			names = append(names, inline(cs.Who(id).Name()))
		}
	}
	return names
}

// sent says which words go to whom by mail, and whom no mail reaches.
func (c *call) sent(ctx context.Context, res tickets.Result) string {
	quoted := c.quote(res.Event.Text)
	said := ""
	switch names := c.hearers(res.Case); len(names) {
	case 0:
		said = c.print.T("chat.sent.nobody", quoted)
	case 1:
		said = c.print.T("chat.sent.one", names[0], quoted)
	default:
		said = c.print.T("chat.sent.two", names[0], names[1], quoted)
	}
	if res.Major && slices.Contains(tickets.Followed(), res.Event.Action) {
		said += "\n" + c.print.T("chat.sent.joined")
	}
	if warning := c.unreachable(ctx, res.Case); warning != "" {
		said += "\n" + warning
	}
	return said
}

// unreachable says whom of the ticket no mail reaches and how to call them, ""
// where mail reaches all. An answer is never lost for it.
func (c *call) unreachable(ctx context.Context, cs tickets.Case) string {
	people, err := c.Desk.Unreachable(ctx, c.by(0), cs)
	if err != nil {
		c.Logger.Warn("whom no mail reaches is not known", "trace", tickets.TraceOf(ctx).ID(), "ticket", cs.Number.String(), "error", err)
	}
	var lines []string
	for _, p := range people {
		phones := cs.Phones(p.ID)
		for i, phone := range phones {
			phones[i] = inline(phone)
		}
		lines = append(lines, ":warning: "+c.print.Unreachable(inline(p.Name()), phones...))
	}
	return strings.Join(lines, "\n")
}

// quote shows words within a sentence when they are short, below it otherwise.
func (c *call) quote(text string) string {
	if short := shorten(text, 300); short == text && inline(text) == literal(text) {
		return c.print.T("chat.quote", literal(text))
	}
	return "\n" + block(shorten(text, 4000))
}
