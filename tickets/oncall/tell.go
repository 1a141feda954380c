package oncall

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// maxWorst is how many tickets a card names.
const maxWorst = 3

// card returns what the alert shows now.
func (d *decision) card(a Alert, firings []Firing) Card {
	c := Card{
		Alert: a.ID, Rank: a.Rank, Rule: a.Rule, Theme: a.Theme, Subject: a.Subject, Severity: a.Severity,
		Total: a.Total, OpenedAt: a.OpenedAt.UTC(), Major: cmp.Or(a.declared, a.Told.Major), State: StateFiring,
		Joined: d.Majors[a.Major].Joined, Settled: d.Majors[a.Major].Settled,
	}
	if len(firings) == 0 {
		c.State, c.EndedAt, c.Since, c.Worst = StateResolved, d.Now.UTC(), a.Told.Since, a.Told.Worst
		return c
	}
	c.Since = firings[0].Since.UTC()
	for _, f := range firings {
		c.Count += f.Count
	}
	c.Worst = d.worst(firings, maxWorst)
	duty, _ := d.OnDuty()
	c.Owner = duty.Name()
	switch {
	case d.silenced(firings):
		c.State = StateSilenced
		return c
	case a.held(d.Now):
		c.State, c.Owner, c.Until = StateHeld, d.Desk[a.Owner].Name(), a.Until.UTC()
		if a.Hold == Snoozed {
			c.State = StateSnoozed
		}
		return c
	}
	if !a.NextAt.IsZero() {
		for step := a.Step + 1; step <= ToAll && c.NextStep == 0; step++ {
			if who := d.reached(step); len(who) > 0 {
				c.NextStep, c.NextAt = step, a.NextAt.UTC()
				if step < ToAll {
					c.Next = who[0].Name()
				}
			}
		}
	}
	return c
}

// worst returns at most that many tickets to begin with: the most severe, then
// the most urgent, then the longest so.
func (d *decision) worst(firings []Firing, most int) []Worst {
	of := make(map[uuid.UUID]tickets.Ticket, len(d.Tickets)+len(d.Recent))
	for _, t := range d.Recent {
		of[t.ID] = t
	}
	for _, w := range d.Tickets {
		of[w.ID] = w.Ticket
	}
	firings = slices.DeleteFunc(slices.Clone(firings), func(f Firing) bool { return of[f.Ticket].ID == uuid.Nil })
	slices.SortStableFunc(firings, func(x, y Firing) int {
		if x.Severity != y.Severity {
			return int(y.Severity - x.Severity)
		}
		return int(of[x.Ticket].Urgency - of[y.Ticket].Urgency)
	})
	var out []Worst
	for _, f := range firings[:min(most, len(firings))] {
		t := of[f.Ticket]
		out = append(out, Worst{Ticket: t.ID, Number: t.Number, Urgency: t.Urgency, Since: f.Since.UTC(), Private: t.Private})
	}
	return out
}

// tell posts the card, or edits the one that is there, if it says something new
// and it is time to.
func (d *decision) tell(a *Alert, card Card, anew bool) {
	g, ok := d.Academy.Supervision()
	if !ok || a.PostedAt.IsZero() && !anew {
		return
	}
	if !anew {
		told := a.Told
		asks := d.touched == a.ID || card.State != told.State || card.Severity != told.Severity ||
			card.NextStep != told.NextStep || card.Major != told.Major || told.Joined == 0 && card.Joined > 0
		if same(card, told) || !asks && d.Now.Before(a.EditedAt.Add(editEvery)) {
			return
		}
	}
	a.EditedAt, a.Told = d.Now, card
	if anew {
		a.PostedAt, card.Anew = d.Now, true
		d.trace(*a, Posted, uuid.Nil, strconv.Itoa(card.Count))
	}
	d.owe(*a, fmt.Sprintf("revision %d", a.Revision+1), tickets.Chat, tickets.ToGroup(g.Code), tickets.TemplateAlert, card)
	if anew && watchdog(a.Rule) && a.Subject != string(tickets.Mail) {
		for _, p := range d.supervisors() {
			d.owe(*a, fmt.Sprintf("revision %d", a.Revision+1), tickets.Mail, tickets.ToPerson(p.ID), tickets.TemplateEscalated, card)
		}
	}
	a.Revision++
}

// same says whether two cards show the same.
func same(x, y Card) bool {
	a, errA := json.Marshal(x)
	b, errB := json.Marshal(y)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}
