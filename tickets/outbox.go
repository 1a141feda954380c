package tickets

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"
)

// DeliveryState says where a delivery is in its life.
type DeliveryState string

// The states. What was given up is kept, and can be replayed.
const (
	DeliveryWaiting    DeliveryState = "waiting" // owed, and not failed yet
	DeliveryHeld       DeliveryState = "held"    // held back, for a better hour or to be told with others
	DeliveryFailing    DeliveryState = "failing" // its last attempt failed; it is tried again
	DeliveryDead       DeliveryState = "dead"    // given up
	DeliveryDelivered  DeliveryState = "delivered"
	DeliverySuppressed DeliveryState = "suppressed" // not told, as somebody chose
)

// The bounds on what is shown and replayed at once.
const (
	MaxDeliveries = 200
	MaxReplayed   = 500
	// deadShown is how long what was given up counts in a backlog.
	deadShown = 30 * 24 * time.Hour
)

// Backlog is how many deliveries of an academy stand in one of the first four
// states on a channel.
type Backlog struct {
	Channel Channel
	State   DeliveryState
	Count   int
	// Oldest is since when the first of them could have been delivered; of dead
	// ones, when the first was given up.
	Oldest time.Time
}

// DeliveryRecord is a delivery and what became of it so far. Its Data, which may
// hold people's words, is nil.
type DeliveryRecord struct {
	Delivery
	State   DeliveryState
	About   Ticket    // zero when there is none, or its reader may not know of it
	Err     string    // of the latest attempt, "" when that went well
	EndedAt time.Time // zero while it is owed
	With    uuid.UUID // the delivery whose notice tells it; uuid.Nil when that is its own
}

// DeliveryQuery asks for deliveries. Zero fields do not restrict.
type DeliveryQuery struct {
	ID      uuid.UUID
	States  []DeliveryState
	Channel Channel
	Ticket  uuid.UUID
	Trace   string    // the ID of the trace, or its beginning
	Since   time.Time // ended since then, or still owed
	Limit   int       // at most MaxDeliveries, which more means; 50 when 0
}

// Outbox knows what is owed, and what became of what was. It checks no
// permission.
type Outbox interface {
	// Backlog counts what is owed, and what was given up since then.
	Backlog(ctx context.Context, academy AcademyID, since time.Time) ([]Backlog, error)
	// Deliveries returns those asked for, the latest first: by when they ended,
	// or came to be owed.
	Deliveries(ctx context.Context, academy AcademyID, q DeliveryQuery) ([]DeliveryRecord, error)
	// Replay owes anew those of the deliveries that are dead, with what their
	// notices told, at once. It returns how many notices that is.
	Replay(ctx context.Context, academy AcademyID, ids []uuid.UUID, now time.Time) (int, error)
}

var errSupervisorsOnly = &Error{Code: Forbidden, Message: "supervision.only"}

// supervising returns the caller's academy if they are of its supervision, or on
// duty: [Forbidden] otherwise.
func (d *Desk) supervising(ctx context.Context, by Caller) (Academy, error) {
	a, err := d.store.Academy(ctx, by.Person.Academy)
	if err != nil {
		return Academy{}, err
	}
	if g, ok := a.Supervision(); ok && by.Person.MemberOf(g.Code) || by.Person.Supervisor() {
		return a, nil
	}
	if on, err := d.onDuty(ctx, by.Person); err != nil || !on {
		return Academy{}, cmp.Or(err, error(errSupervisorsOnly))
	}
	return a, nil
}

// Backlog counts the deliveries that the caller's academy owes, and those given
// up in the last 30 days. Only its supervision may ask: [Forbidden] otherwise.
func (d *Desk) Backlog(ctx context.Context, by Caller) ([]Backlog, error) {
	a, err := d.supervising(ctx, by)
	if err != nil {
		return nil, err
	}
	return d.store.Backlog(ctx, a.ID, d.now().Add(-deadShown))
}

// Deliveries returns deliveries of the caller's academy. Only its supervision may
// ask: [Forbidden] otherwise. Which ticket one is about is not told of a ticket
// that the caller may not see.
func (d *Desk) Deliveries(ctx context.Context, by Caller, q DeliveryQuery) ([]DeliveryRecord, error) {
	a, err := d.supervising(ctx, by)
	if err != nil {
		return nil, err
	}
	found, err := d.store.Deliveries(ctx, a.ID, q)
	for i := range found {
		if r := &found[i]; !by.Person.SeesTicket(r.About) {
			r.About, r.Ticket = Ticket{}, uuid.Nil
		}
	}
	return found, err
}

// Replay owes anew deliveries that were given up, at once and under their own
// ids: whoever has one already is not told twice where their channel can know.
// Ids of others change nothing. It returns how many mails and posts that is; more
// than MaxReplayed ids are [Invalid]. Only the supervision may do it: [Forbidden]
// otherwise.
func (d *Desk) Replay(ctx context.Context, by Caller, ids []uuid.UUID) (int, error) {
	a, err := d.supervising(ctx, by)
	if err != nil {
		return 0, err
	}
	if len(ids) > MaxReplayed {
		return 0, invalid("delivery", "supervision.too_many", MaxReplayed)
	}
	n, err := d.store.Replay(ctx, a.ID, ids, d.now())
	if n > 0 {
		d.committed()
	}
	return n, err
}
