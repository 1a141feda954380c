package mattermost

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
)

// serviceForm is the name of the dialog of "nouveau service".
const serviceForm = "nouveau.service"

// newForm files a ticket of that kind for somebody on the telephone. Its five
// fields leave no room for the kind, which the command says.
func newForm(name string, kind tickets.Kind, help string) form {
	return form{
		name: name, asks: []string{"beneficiary", "theme", "urgency", "private", "description"}, holds: map[string]string{"subject": "theme"},
		fields: func(_ context.Context, c *call, _ tickets.Case) ([]model.DialogElement, error) {
			theme := c.choice("dialog.nouveau.theme", "theme", "", c.topics())
			theme.Optional, theme.Placeholder = true, c.print.Theme(c.academy, tickets.UnknownTheme)
			description := c.area("dialog.nouveau.description", "description")
			description.HelpText = c.print.T(help)
			return []model.DialogElement{
				{
					DisplayName: c.print.T("dialog.nouveau.beneficiary.label"), Name: "beneficiary", Type: "text", MaxLength: 150,
					Placeholder: c.print.T("dialog.nouveau.beneficiary.example"), HelpText: c.print.T("dialog.nouveau.beneficiary.help"),
				},
				theme,
				c.choice("dialog.nouveau.urgency", "urgency", fmt.Sprint(int(tickets.Low)), c.urgencies()),
				c.box("dialog.nouveau.private", "private"),
				description,
			}, nil
		},
		submit: func(ctx context.Context, c *call, _ tickets.Case, in values) (string, error) {
			beneficiary, err := c.oneBeneficiary(ctx, in["beneficiary"])
			if err != nil {
				return "", err
			}
			theme, subject, _ := strings.Cut(in["theme"], "/")
			cs, err := c.Desk.Open(ctx, c.by(0), kind, tickets.Card{
				Beneficiary: beneficiary, Theme: theme, Subject: subject, Urgency: urgency(in["urgency"]),
				Private: in.yes("private"), Description: in["description"],
			})
			if err != nil {
				return "", err
			}
			return c.print.T("dialog.nouveau.done", cs.Number.String(), inline(cs.Who(cs.Beneficiary).Name()), c.Portal.Ticket(cs.Ticket)), nil
		},
	}
}

// mostNamesakes is how many people a refusal names for the agent to choose from.
const mostNamesakes = 5

// oneBeneficiary returns the one person of the directory whom the text names: by
// their mail address, or by names that only they have.
func (c *call) oneBeneficiary(ctx context.Context, text string) (uuid.UUID, error) {
	no := func(key string, args ...any) (uuid.UUID, error) {
		return uuid.Nil, fieldRefusal{"beneficiary", c.print.T("dialog.nouveau.beneficiary."+key, args...)}
	}
	text = strings.Trim(strings.TrimFunc(text, blank), "<>")
	if text == "" {
		return no("missing")
	}
	address := strings.Contains(text, "@")
	most := mostNamesakes
	if address {
		most = tickets.MaxFound // their local part may begin many
	}
	found, total, err := c.Desk.FindPeople(ctx, c.by(0), text, most, 0)
	if err != nil {
		if tickets.CodeOf(err) == tickets.Invalid {
			return uuid.Nil, fieldRefusal{"beneficiary", c.print.Error(err)}
		}
		return uuid.Nil, err
	}
	for _, p := range found {
		if address && strings.EqualFold(p.Email, text) {
			return p.ID, nil
		}
	}
	switch {
	case total == 0 || address:
		return no("unknown", inline(shorten(text, 60)))
	case total == 1:
		return found[0].ID, nil
	}
	var names []string
	for _, p := range found[:min(len(found), mostNamesakes)] {
		names = append(names, p.Name()+" ("+p.Email+")")
	}
	more := ""
	if total > len(names) {
		more = "…"
	}
	return no("several", total, strings.Join(names, ", ")+more)
}
