package mattermost

import (
	"context"
	"fmt"
	"net/http"

	"cecoia.example/tickets"
)

// Check proves that the server takes the bot's token.
func (b *Bot) Check(ctx context.Context) error {
	_, err := b.me(ctx)
	return err
}

// CheckAcademy proves that the bot sees the channel of each of the academy's
// groups; else the error says which, and what to do.
func (b *Bot) CheckAcademy(ctx context.Context, a tickets.Academy) error {
	for _, g := range a.Groups {
		_, err := b.groupChannel(ctx, tickets.Notice{Academy: a, Delivery: tickets.Delivery{Recipient: tickets.ToGroup(g.Code)}})
		switch status := statusOf(err); {
		case status == http.StatusForbidden || status == http.StatusNotFound:
			return fmt.Errorf("the bot does not see the channel %s/%s: create it, add the bot to the team, and invite it to the channel: %w", a.Team, g.Channel, err)
		case err != nil:
			return err
		}
	}
	return nil
}
