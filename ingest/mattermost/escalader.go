package mattermost

import "context"

// escalader passes an alert on to whom its next step reaches, now.
var escalader = verb{
	name: "escalader", aliases: []string{"escalate"}, supervisor: true, button: true,
	run: func(ctx context.Context, c *call) (string, error) {
		ref, _, err := c.aboutAlert(ctx)
		if err != nil {
			return "", err
		}
		card, err := c.Room.Escalate(ctx, c.by(0), ref)
		if err != nil {
			return "", err
		}
		return c.alertDone("chat.escalader.done", card), nil
	},
}
