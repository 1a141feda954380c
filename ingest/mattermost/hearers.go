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
// the policy decides it for the actions that speak to the requester, and a
// warning of whom no mail reaches, with how to call them; "" where it reaches
// all. An answer is never lost for it.
func (c *call) hearers(ctx context.Context, cs tickets.Case) (names []string, warning string) {
	deaf, err := c.Desk.Unreachable(ctx, c.by(0), cs)
	if err != nil {
		c.Logger.Warn("whom no mail reaches is not known", "trace", tickets.TraceOf(ctx).ID(), "ticket", cs.Number.String(), "error", err)
	}
	var warnings []string
	for _, id := range slices.Compact([]uuid.UUID{cs.Beneficiary, cs.Requester}) {
		if id == c.person.ID || id == uuid.Nil {
			continue
		}
		name := inline(cs.Who(id).Name())
		if !slices.ContainsFunc(deaf, func(p tickets.Person) bool { return p.ID == id }) {
			names = append(names, name)
			continue
		}
		phones := cs.Phones(id)
		for i, phone := range phones {
			phones[i] = inline(phone)
		}
		warnings = append(warnings, ":warning: "+c.print.Unreachable(name, phones...))
	}
	return names, strings.Join(warnings, "\n")
}

// sent says which words go to whom by mail, and whom no mail reaches.
func (c *call) sent(ctx context.Context, res tickets.Result) string {
	quoted := c.quote(res.Event.Text)
	said := ""
	switch names, warning := c.hearers(ctx, res.Case); {
	case len(names) > 1:
		said = c.print.T("chat.sent.two", names[0], names[1], quoted)
	case len(names) == 1 && warning == "":
		said = c.print.T("chat.sent.one", names[0], quoted)
	case len(names) == 1:
		said = c.print.T("chat.sent.other", names[0], quoted) + "\n" + warning
	case warning != "":
		said = c.print.T("chat.sent.kept", quoted) + "\n" + warning
	default:
		said = c.print.T("chat.sent.nobody", quoted)
	}
	if res.Major && slices.Contains(tickets.Followed(), res.Event.Action) {
		said += "\n" + c.print.T("chat.sent.joined")
	}
	return said
}

// quote shows words within a sentence when they are short, below it otherwise.
func (c *call) quote(text string) string {
	if short := shorten(text, 300); short == text && inline(text) == literal(text) {
		return c.print.T("chat.quote", literal(text))
	}
	return "\n" + block(shorten(text, 4000))
}
