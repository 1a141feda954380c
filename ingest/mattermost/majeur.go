package mattermost

import (
	"context"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// majeur makes a major incident of the storm that an alert is about.
var majeur = verb{
	name: "majeur", aliases: []string{"major"}, supervisor: true, button: true,
	run: func(ctx context.Context, c *call) (string, error) {
		ref, _, err := c.aboutAlert(ctx)
		if err != nil {
			return "", err
		}
		desk := locale.For(tickets.French, c.academy.Location()) // as cards are: others read it
		major, card, err := c.Room.Declare(ctx, c.Desk, c.by(0), ref, desk.MajorWords)
		if err != nil {
			return "", err
		}
		return c.print.T("chat.majeur.done", major.Number.String(), c.Portal.Ticket(major.Ticket)) + "\n" + c.alertLine(card), nil
	},
}
