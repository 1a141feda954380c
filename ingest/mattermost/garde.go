package mattermost

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets/oncall"
)

// garde says who is on duty; with "prendre" the author takes it, with "passer"
// and a name hands it over, until the evening or for as long as they say.
var garde = verb{
	name: "garde", aliases: []string{"duty", "astreinte", "oncall", "permanence"},
	run: func(ctx context.Context, c *call) (string, error) {
		word, rest := cutWord(plainText(c.rest))
		to := c.person.ID
		switch {
		case word == "":
			duty, err := c.Room.Duty(ctx, c.by(0))
			if err != nil {
				return "", err
			}
			return c.onDuty(duty), nil
		case isWord([]string{"prendre", "prend", "take"}, fold(word)):
		case isWord([]string{"passer", "donner", "confier", "transmettre", "hand", "give", "pass"}, fold(word)):
			who, after, err := c.recipients(ctx, rest)
			if err != nil {
				return "", err
			}
			if to, rest = who.person.ID, after; to == uuid.Nil {
				return "", errUsage
			}
		default:
			return "", errUsage
		}
		var until time.Time
		if rest = plainText(rest); rest != "" {
			before, length, after, ok := cutLength(rest)
			if !ok || before != "" && !timeFillers[fold(before)] || after != "" {
				return "", errUsage
			}
			until = c.Now().Add(length)
		}
		duty, err := c.Room.HandOver(ctx, c.by(0), to, until)
		if err != nil {
			return "", err
		}
		return c.onDuty(duty), nil
	},
}

// onDuty says who answers for the desk, and their deputy.
func (c *call) onDuty(d oncall.Duty) string {
	text := c.print.T("chat.duty.line", c.dutyName(d.Duty), c.dutyName(d.Deputy))
	if !d.Until.IsZero() {
		text += " " + c.print.T("chat.duty.until", d.Until)
	}
	return text
}
