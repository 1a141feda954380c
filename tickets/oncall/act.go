package oncall

import (
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// The bounds of what people may choose.
const (
	minHold    = 5 * time.Minute
	maxSnooze  = 24 * time.Hour
	maxSilence = 7 * 24 * time.Hour
	maxReason  = 200 // characters
	maxTurn    = 14 * 24 * time.Hour
	turnSlack  = time.Minute // a turn's end may have been reckoned so long before it gets here
)

// acknowledge says that somebody sees to the alert. It holds the chain, not the
// deadlines, and expires.
func (d *decision) acknowledge(a *Alert, by tickets.Person) {
	d.hold(a, by, Acknowledged, d.Now.Add(d.Academy.OnCall.WithDefaults().Acknowledged))
}

// hold keeps the alert from being escalated and repeated until then.
func (d *decision) hold(a *Alert, by tickets.Person, how Hold, until time.Time) {
	a.Hold, a.Owner, a.Until = how, by.ID, until
	d.trace(*a, HoldBegan, by.ID, string(how)+" "+until.UTC().Format(time.RFC3339))
}

// hasten takes the next step now, whoever holds the alert.
func (d *decision) hasten(a *Alert, by tickets.Person) {
	a.Hold, a.Owner, a.Until, a.NextAt = NotHeld, uuid.Nil, time.Time{}, d.Now
	d.trace(*a, Hastened, by.ID, "")
}

func refuse(code tickets.Code, message string, args ...any) *tickets.Error {
	return &tickets.Error{Code: code, Message: message, Args: args}
}
