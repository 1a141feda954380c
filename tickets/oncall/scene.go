package oncall

import (
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
)

// Scene is what supervision knows of one academy at one moment.
type Scene struct {
	Academy tickets.Academy
	Now     time.Time
	// Tickets are those that a rule may speak of: open, and late, critical,
	// refused and so on; and those of standing firings.
	Tickets []Watched
	// Partial says that there were too many to read: who is missing from Tickets
	// may still be as it was.
	Partial bool
	// Recent are the tickets opened since the longer of the storm's times, in the
	// order of their opening.
	Recent  []tickets.Ticket
	Signals []Signal
	Queues  []Queue
	Lines   []Line
	// Firings are all that stand, all of the Tickets that ended, and what ended
	// lately of what is about no ticket.
	Firings  []Firing
	Alerts   []Alert             // those that stand
	Majors   map[uuid.UUID]Major // the major incidents of the Alerts, by ticket
	Silences []Silence           // those that have not ended
	Turns    []Turn              // those of now
	// Desk are the members of the desk, supervisors included, by id.
	Desk map[uuid.UUID]tickets.Person
	// Linked are those of the desk who have a chat account.
	Linked map[uuid.UUID]bool
	// RoundupAt is the roundup that is due and was not told; zero for none. Then
	// Loads are what waits.
	RoundupAt time.Time
	Loads     []Load
	// Done is what the command at hand has done already, when it is delivered
	// again: the alert that it acted on, the silence (then among the Silences,
	// ended or not) or the turn that it made; uuid.Nil for nothing.
	Done uuid.UUID
	// Ranks are the last numbers given to alerts and to silences.
	LastAlert, LastSilence int
}

// Watched is a ticket with what rules ask of it beyond itself.
type Watched struct {
	tickets.Ticket
	Reopenings  int       // how many times it was opened again
	Unreachable bool      // its beneficiary's address gets no mail
	Dead        time.Time // since when something owed about it is dead; zero for nothing
}

// Signal is something that another part reported, and that stands until it was
// not reported for a while.
type Signal struct {
	Rule  tickets.AlertRule
	Count int // how many there were
	Since time.Time
	Until time.Time
}

// Queue is how many come to a group.
type Queue struct {
	Group   string
	Waiting int     // new tickets that nobody has
	Recent  int     // opened within the last hour
	Usual   float64 // as many on the same weekday and hour of the last weeks, on average
}

// Line is what is to be sent on a channel.
type Line struct {
	Channel tickets.Channel
	Pending int
	Oldest  time.Time // since when the oldest could have been sent; zero when none could
}

// Major is how a major incident stands.
type Major struct {
	Joined  int // how many tickets are joined to it
	Settled int // of these, resolved or closed
}

// Silence keeps what matches it from being told. Empty fields match anything.
type Silence struct {
	Academy tickets.AcademyID
	ID      uuid.UUID
	Rank    int // by which people name it
	Rule    tickets.AlertRule
	Theme   string
	By      uuid.UUID
	Reason  string
	From    time.Time
	Until   time.Time
	Command string // what had it made; "" for none
}

// covers says whether it keeps the finding quiet at that time.
func (s Silence) covers(f Finding, now time.Time) bool {
	return (s.Rule == "" || s.Rule == f.Rule) && (s.Theme == "" || s.Theme == f.Theme) &&
		!now.Before(s.From) && now.Before(s.Until)
}

// hours are those in which a group's tickets wait; "" is the desk's.
func (s Scene) hours(group string) calendar.Calendar {
	if group == "" {
		group = s.Academy.Desk().Code
	}
	return calendar.Of(s.Academy, group)
}

// later returns the moment that long after t: of what is about tickets in the
// time that the desk is open.
func (s Scene) later(rule tickets.AlertRule, t time.Time, d time.Duration) time.Time {
	if technical(rule) {
		return t.Add(d)
	}
	return s.hours("").Add(t, d)
}

// speaks says whether there is anybody to tell of the rule now: what is
// technical does not wait for the morning, as nobody else notices it.
func (s Scene) speaks(rule tickets.AlertRule) bool {
	return technical(rule) || s.hours("").Open(s.Now)
}

// technical says whether the rule is about the gateway rather than about tickets.
func technical(rule tickets.AlertRule) bool {
	switch rule {
	case tickets.AlertConsumer, tickets.AlertBot, tickets.AlertMailLoop, tickets.AlertMailHeld,
		tickets.AlertMailQuarantine, tickets.AlertAddressMuted:
		return true
	}
	return false
}
