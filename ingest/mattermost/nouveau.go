package mattermost

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// sameWithin is how long the same words are one ticket: people repeat what seems
// not to have worked.
const sameWithin = time.Minute

var nouveau = verb{
	name: "nouveau", aliases: []string{"new", "nouvelle", "open", "ouvrir", "creer", "create"},
	run: func(ctx context.Context, c *call) (string, error) {
		kind, words := cutKind(plainText(c.rest))
		if _, only := kindNamed(words); only {
			return "", errUsage // "nouveau service" alone is a dialog's
		}
		card := tickets.Card{
			Beneficiary: c.person.ID, Phone: c.person.Phone, Place: c.person.Place, Entity: c.person.Entity, Urgency: tickets.Low,
		}
		named := false
		if who, description, ok := cutBeneficiary(words); ok {
			colleague, err := c.beneficiary(ctx, who)
			if err != nil {
				return "", err
			}
			card = tickets.Card{Beneficiary: colleague.ID, Place: colleague.Place, Entity: colleague.Entity, Urgency: tickets.Low}
			words, named = description, true
		}
		if post, link, more, ok := cutPermalink(words); ok && c.bot != nil {
			if !named {
				card = tickets.Card{}
			}
			return c.fromMessage(ctx, kind, card, post, link, more)
		}
		if words == "" {
			return "", errUsage
		}
		card.Description = words
		cs, err := c.openOnce(ctx, kind, card)
		if err != nil {
			return "", err
		}
		said := c.print.T("chat.new.done", cs.Number.String(), inline(cs.Who(cs.Beneficiary).Name()), c.Portal.Ticket(cs.Ticket))
		if _, warning := c.hearers(ctx, cs); warning != "" {
			said += "\n" + warning
		}
		return said, nil
	},
}

// openOnce opens a ticket, or returns the one that the same words by the same
// person have just opened.
func (c *call) openOnce(ctx context.Context, kind tickets.Kind, card tickets.Card) (tickets.Case, error) {
	just, err := c.Desk.List(ctx, c.by(0), tickets.Query{
		Scope: tickets.ScopeRequested, Kind: kind, From: c.Now().Add(-sameWithin), Limit: 20,
	})
	if err != nil {
		return tickets.Case{}, err
	}
	for _, cs := range just.Cases {
		if cs.Description == card.Description && cs.Beneficiary == card.Beneficiary {
			return cs, nil
		}
	}
	return c.Desk.Open(ctx, c.by(0), kind, card)
}

// kindNamed says which kind the words are the name of.
func kindNamed(s string) (tickets.Kind, bool) {
	switch fold(strings.TrimFunc(s, func(r rune) bool { return blank(r) || r == ':' })) {
	case "service", "demande de service", "demande service", "service request":
		return tickets.Service, true
	case "incident":
		return tickets.Incident, true
	}
	return "", false
}

// cutKind takes "service :" or "incident :" off the head of the words, or the
// name alone before the link of a message; without, it is an incident.
func cutKind(s string) (tickets.Kind, string) {
	if before, after, ok := strings.Cut(s, ":"); ok {
		if kind, named := kindNamed(before); named {
			return kind, plainText(after)
		}
	}
	word, after := cutWord(s)
	if kind, named := kindNamed(word); named {
		if _, _, _, link := cutPermalink(after); link {
			return kind, after
		}
	}
	return tickets.Incident, s
}

// cutBeneficiary takes off the head of s for whom the ticket is: "pour
// nom@x.example …", "pour @nom …", "pour Prénom Nom : …". Other words after "pour"
// are those of a description.
func cutBeneficiary(s string) (who, rest string, ok bool) {
	word, after := cutWord(s)
	if !slices.Contains([]string{"pour", "for"}, fold(word)) {
		return "", s, false
	}
	if who, rest = cutWord(after); strings.Contains(who, "@") {
		return strings.Trim(who, "<>"), plainText(rest), true
	}
	who, rest, ok = strings.Cut(after, ":")
	if who = strings.TrimFunc(who, blank); !ok || who == "" || len(strings.Fields(who)) > 4 {
		return "", s, false
	}
	return who, plainText(rest), true
}

// beneficiary returns the one person whom a mention, a mail address or names mean.
func (c *call) beneficiary(ctx context.Context, who string) (tickets.Colleague, error) {
	var id uuid.UUID
	if name, ok := strings.CutPrefix(who, "@"); ok {
		p, err := c.Directory.PersonByAccount(ctx, c.academy.ID, tickets.Chat, c.command.Mentions["@"+strings.ToLower(name)])
		if tickets.CodeOf(err) == tickets.NotFound {
			return tickets.Colleague{}, refusal(c.print.T("chat.new.unlinked", inline(shorten(who, 40))) + "\n" + c.usage(c.verb))
		}
		if err != nil {
			return tickets.Colleague{}, err
		}
		id = p.ID
	} else {
		var err error
		if id, err = c.oneBeneficiary(ctx, who); err != nil {
			var wrong fieldRefusal
			if errors.As(err, &wrong) {
				err = refusal(wrong.Error() + "\n" + c.usage(c.verb))
			}
			return tickets.Colleague{}, err
		}
	}
	colleague, _, err := c.Desk.Colleague(ctx, c.by(0), id)
	return colleague, err
}
