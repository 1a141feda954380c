package mattermost

import (
	"context"
	"time"
)

// snoozeFor is how long an alert is put off where nothing says how long.
const snoozeFor = 30 * time.Minute

// differer puts an alert off; if it still stands then it is posted again.
var differer = verb{
	name: "différer", aliases: []string{"snooze", "defer", "reporter"}, supervisor: true, button: true,
	run: func(ctx context.Context, c *call) (string, error) {
		ref, rest, err := c.aboutAlert(ctx)
		if err != nil {
			return "", err
		}
		length := snoozeFor
		if rest != "" {
			before, given, after, ok := cutLength(rest)
			if !ok || before != "" && !timeFillers[fold(before)] || after != "" {
				return "", errUsage
			}
			length = given
		}
		card, err := c.Room.Snooze(ctx, c.by(0), ref, length)
		if err != nil {
			return "", err
		}
		return c.alertDone("chat.differer.done", card), nil
	},
}

// timeFillers are words before a length of time that mean nothing more, folded.
var timeFillers = map[string]bool{"de": true, "pendant": true, "pour": true, "for": true, "by": true}
