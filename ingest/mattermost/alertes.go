package mattermost

import (
	"context"
	"fmt"
	"strings"

	"cecoia.example/tickets"
)

// alertes shows what stands, who is on duty, and the silences; in the thread of
// an alert's card, or with a number, that one with its first tickets.
var alertes = verb{
	name: "alertes", aliases: []string{"alerts", "alerte", "alert"}, supervisor: true, button: true,
	run: func(ctx context.Context, c *call) (string, error) {
		board, err := c.Room.Board(ctx, c.by(0))
		if err != nil {
			return "", err
		}
		if plainText(c.rest) != "" || c.command.Thread != "" {
			ref, _, err := c.aboutAlert(ctx)
			if err != nil {
				return "", err
			}
			for _, card := range board.Alerts {
				if card.Rank != ref.Rank && card.Alert != ref.ID {
					continue
				}
				lines := []string{c.alertLine(card), c.print.T("alert." + string(card.Rule) + ".todo")}
				for _, w := range card.Worst {
					lines = append(lines, fmt.Sprintf("- [%s](%s) · %s · %s", w.Number, c.Portal.Ticket(tickets.Ticket{Academy: c.academy.ID, Number: w.Number}),
						c.print.Urgency(w.Urgency), c.print.T("alert.since", w.Since)))
				}
				return strings.Join(append(lines, c.print.T("chat.alerts.page", c.Portal.Supervision())), "\n"), nil
			}
			if ref.Rank > 0 {
				return "", refusal(c.print.T("error.alert.not_found", ref.Rank))
			}
		}
		text := c.print.T("chat.alerts.none")
		if len(board.Alerts) > 0 {
			text = c.print.N("chat.alerts.head", len(board.Alerts)) + "\n" + c.alertList(board.Alerts)
		}
		text += "\n\n" + c.print.T("chat.duty.line", c.dutyName(board.Duty), c.dutyName(board.Deputy))
		if len(board.Silences) > 0 {
			text += "\n\n" + c.silences(board)
		}
		return text + "\n" + c.print.T("chat.alerts.page", c.Portal.Supervision()), nil
	},
}
