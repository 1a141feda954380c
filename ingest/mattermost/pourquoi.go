package mattermost

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// pourquoi tells why somebody, or a group, was told of a ticket: by which rules,
// when, and how to change it.
var pourquoi = verb{
	name: "pourquoi", aliases: []string{"why", "raison", "reason"}, button: true,
	run: func(ctx context.Context, c *call) (string, error) {
		numbers, rest := cutNumbers(strings.TrimRight(c.rest, " \u00a0\u202f?!."), 1)
		question := fold(plainText(rest))
		if len(numbers) > 1 || !slices.Contains([]string{"", "ce message", "ces messages", "this message", "these messages"}, question) {
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
		to, whys, err := c.whys(ctx, v)
		if err != nil {
			return "", err
		}
		return c.because(v, to, whys), nil
	},
}

// whys returns why the latest messages of the thread in which it was asked came;
// elsewhere those to the person, else those in the channel of the ticket's group.
func (c *call) whys(ctx context.Context, v tickets.View) (tickets.Recipient, []tickets.Why, error) {
	const most = 5
	me := tickets.ToPerson(c.person.ID)
	ask := []tickets.Recipient{me, tickets.ToGroup(v.Group)}
	if c.command.Thread != "" {
		id, to, err := c.Directory.ThreadTicket(ctx, c.academy.ID, tickets.Chat, c.command.Thread)
		if err != nil && tickets.CodeOf(err) != tickets.NotFound {
			return "", nil, err
		}
		if _, group := to.Group(); err == nil && id == v.ID && group {
			ask = []tickets.Recipient{to}
		}
	}
	for _, to := range ask {
		whys, err := c.Desk.Whys(ctx, c.by(0), v.ID, to, most)
		if err != nil || len(whys) > 0 {
			return to, whys, err
		}
	}
	return me, nil, nil
}

// because words it.
func (c *call) because(v tickets.View, to tickets.Recipient, whys []tickets.Why) string {
	number := v.Number.String()
	if len(whys) == 0 {
		return c.print.T("chat.why.none", number)
	}
	group, isGroup := to.Group()
	var b strings.Builder
	if isGroup {
		b.WriteString(c.print.T("chat.why.head.group", number, inline(c.print.Group(c.academy, group))) + "\n")
	} else {
		b.WriteString(c.print.T("chat.why.head.person", number) + "\n")
	}
	for _, w := range whys {
		when := c.print.T("chat.why.waits")
		if !w.Told.IsZero() {
			when = c.print.When(w.Told)
		}
		what := c.print.Event(w.Action, inline(v.Who(w.Actor).Name()))
		b.WriteString("- " + c.print.T("chat.why.line", when, what, c.print.Why(w.Rule)) + "\n")
	}
	if isGroup {
		b.WriteString("\n" + c.print.T("chat.why.change.group"))
		return b.String()
	}
	if since, ok := heldSince(v, c.person.ID); ok {
		b.WriteString("\n" + c.print.T("chat.why.yours", since))
	} else {
		b.WriteString("\n" + c.print.T("chat.why.not_yours"))
	}
	b.WriteString(" " + c.print.T("chat.why.change"))
	return b.String()
}

// heldSince is when the ticket came to be that person's, who has it now; false
// when they do not.
func heldSince(v tickets.View, person uuid.UUID) (since time.Time, ok bool) {
	if v.Assignee != person {
		return time.Time{}, false
	}
	holder := uuid.Nil
	for _, e := range v.Events {
		next := holder
		switch e.Action {
		case tickets.ActionTake, tickets.ActionAsk, tickets.ActionResolve:
			next = e.Actor
		case tickets.ActionAssign:
			next = e.Detail.Assignee
		case tickets.ActionRelease:
			next = uuid.Nil
		}
		if next != holder {
			holder, since = next, e.At
		}
	}
	return since, holder == person
}
