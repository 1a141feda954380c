package mattermost

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// listLife is for how long the last list may be gone on with.
const listLife = 30 * time.Minute

// Memory keeps what a person saw last, for every process that executes commands.
type Memory interface {
	// RememberList keeps how the page after the person's last list is typed, ""
	// for none, in place of the one before.
	RememberList(ctx context.Context, academy tickets.AcademyID, person uuid.UUID, next string, at time.Time) error
	// NextList returns what RememberList kept since then, or a [tickets.NotFound] error.
	NextList(ctx context.Context, academy tickets.AcademyID, person uuid.UUID, since time.Time) (string, error)
}

var suite = verb{
	name: "suite", aliases: []string{"more", "next", "suivant", "suivante"},
	run: func(ctx context.Context, c *call) (string, error) {
		if plainText(c.rest) != "" {
			return "", errUsage
		}
		next, err := c.Memory.NextList(ctx, c.academy.ID, c.person.ID, c.Now().Add(-listLife))
		switch {
		case tickets.CodeOf(err) == tickets.NotFound:
			return c.print.Error(err), nil
		case err != nil:
			return "", err
		case next == "":
			return c.print.T("chat.more.end"), nil
		}
		words, page, _ := cutPage(next) // as it was kept
		f, _ := c.parseFilter(words)
		return c.list(ctx, f, page)
	},
}

// remember keeps the page after this one for "suite"; without, it has none.
func (c *call) remember(ctx context.Context, next string) {
	if err := c.Memory.RememberList(ctx, c.academy.ID, c.person.ID, next, c.Now()); err != nil {
		c.Logger.Warn("last list of a person not kept", "academy", c.academy.ID, "person", c.person.ID, "error", err) // the list itself is there
	}
}
