package tickets

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Why is one thing that a recipient was told of a ticket, or is about to be, and
// what decided it: the answer to "Pourquoi ce message ?".
type Why struct {
	Rule     string // of the policy
	Template Template
	Action   Action    // what happened
	Actor    uuid.UUID // who did it
	At       time.Time // and when
	Told     time.Time // zero while it waits
}

// Reasons knows what was told of a ticket, and why.
type Reasons interface {
	// Whys returns the latest things told to the recipient of the ticket on the
	// channel, and what waits to be, at most limit, the oldest first. It checks
	// no permission.
	Whys(ctx context.Context, academy AcademyID, ticket uuid.UUID, ch Channel, to Recipient, limit int) ([]Why, error)
}

// Whys returns why the recipient was lately told of the ticket by chat: the
// caller, or a group of the desk, whose channel's messages are there for all of
// it. Somebody else's are [Forbidden]; a ticket that the caller may not see is
// [NotFound].
func (d *Desk) Whys(ctx context.Context, by Caller, ticket uuid.UUID, to Recipient, limit int) ([]Why, error) {
	if _, group := to.Group(); !by.Person.Agent() || !group && to != ToPerson(by.Person.ID) {
		return nil, errDeskOnly
	}
	c, err := d.CaseByID(ctx, by, ticket)
	if err != nil {
		return nil, err
	}
	return d.store.Whys(ctx, c.Academy, c.ID, Chat, to, limit)
}
