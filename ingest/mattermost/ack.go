package mattermost

import "context"

// ack says that somebody sees to an alert: it is not passed on meanwhile.
var ack = verb{
	name: "ack", aliases: []string{"vu", "acquitter", "acknowledge", "seen"}, supervisor: true, button: true,
	run: func(ctx context.Context, c *call) (string, error) {
		ref, _, err := c.aboutAlert(ctx)
		if err != nil {
			return "", err
		}
		card, err := c.Room.Acknowledge(ctx, c.by(0), ref)
		if err != nil {
			return "", err
		}
		return c.alertDone("chat.ack.done", card), nil
	},
}
