package mattermost

import (
	"context"
	"fmt"
	"net/http"

	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
)

// Check proves that the server takes the bot's token.
func (b *Bot) Check(ctx context.Context) error {
	_, err := b.me(ctx)
	return err
}

// Accepted asks the server whether it takes the bot's account: it answers 401 to
// a token that is revoked or wrong, or whose account is deactivated, and may
// answer 403 to the last. An error says nothing about the account: the server
// did not answer, or had something else to say.
func (b *Bot) Accepted(ctx context.Context) (bool, error) {
	err := b.call("who am I", false, func() (*model.Response, error) {
		_, resp, err := b.client.GetMe(ctx, "")
		return resp, err
	})
	switch status := statusOf(err); {
	case err == nil:
		return true, nil
	case status == http.StatusUnauthorized, status == http.StatusForbidden && appErrorID(err) != "": // not a proxy's
		return false, nil
	}
	return false, err
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
