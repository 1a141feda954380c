package oncall

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// Finding is a rule that applies.
type Finding struct {
	Rule tickets.AlertRule
	// Ticket is what it is about; of what is about none, Subject says what: a
	// group, a channel. A storm has both: its tickets, and the entities they are of.
	Ticket  uuid.UUID
	Subject string
	// Level is 1, and more where the same thing gets worse.
	Level int
	// Deadline is what passed, or since when it is so: what is so anew has
	// another.
	Deadline time.Time

	Severity tickets.Severity
	Theme    string // of the ticket, as requalified
	Group    string
	Since    time.Time // since when it is so
	Count    int       // how many of what is counted; 1 of tickets
	Low      bool      // of a ticket of low urgency: it is never escalated
}

// ID identifies what fires once: the rule, the ticket or subject, the level and
// the deadline (a UUIDv5 of them, RFC 9562).
func (f Finding) ID(academy tickets.AcademyID) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "firing %s %s %s %q %d %d",
		academy, f.Rule, f.Ticket, f.Subject, f.Level, f.Deadline.UnixMicro()))
}

// Firing is a finding that was seen, for good.
type Firing struct {
	Academy tickets.AcademyID
	ID      uuid.UUID
	Finding
	Alert   uuid.UUID // what it was told in
	FiredAt time.Time
	EndedAt time.Time // zero while it stands
}

// Step is how far an alert has been escalated.
type Step int

// The steps, in order.
const (
	ToChannel Step = iota
	ToDuty
	ToDeputy
	ToAll // all supervisors, by mail
)

// Hold is why an alert is not escalated for now.
type Hold string

// The holds.
const (
	NotHeld      Hold = ""
	Acknowledged Hold = "acknowledged" // somebody sees to it
	Snoozed      Hold = "snoozed"      // somebody wants to hear of it later
)

// Alert is what stands of one rule and theme: one card in the supervisors'
// channel, however many firings it has.
type Alert struct {
	Academy  tickets.AcademyID
	ID       uuid.UUID
	Rank     int // by which people name it, 1 and up
	Rule     tickets.AlertRule
	Theme    string
	Subject  string
	Severity tickets.Severity
	OpenedAt time.Time
	EndedAt  time.Time // zero while it stands
	Total    int       // how many firings it has had

	Revision int       // how many times it was told in the channel
	PostedAt time.Time // the latest post of its own; zero before the first
	EditedAt time.Time // the latest post or edit
	Told     Card      // what it said then

	Step   Step
	NextAt time.Time // when the next step is taken; zero for never
	Hold   Hold
	Owner  uuid.UUID // who holds it
	Until  time.Time // until then

	Major    uuid.UUID // of a storm: the ticket of its major incident, uuid.Nil before
	declared string    // its number, when it is declared just now
}

// Ref names an alert: by its number, or by its id where Rank is 0.
type Ref struct {
	Rank int
	ID   uuid.UUID
}

func (r Ref) is(a Alert) bool {
	return r.Rank > 0 && r.Rank == a.Rank || r.Rank == 0 && r.ID != uuid.Nil && r.ID == a.ID
}

// missing refuses what is over, or never was.
func (r Ref) missing() error {
	if r.Rank == 0 {
		return refuse(tickets.NotFound, "alert.over")
	}
	return refuse(tickets.NotFound, "alert.not_found", r.Rank)
}

// held says whether somebody holds it at that time.
func (a Alert) held(now time.Time) bool { return a.Hold != NotHeld && now.Before(a.Until) }

// group is what the firings of one alert have in common.
type group struct {
	rule           tickets.AlertRule
	theme, subject string
}

func (a Alert) group() group { return group{a.Rule, a.Theme, a.Subject} }

func (f Finding) group() group { return group{f.Rule, f.Theme, f.Subject} }

// Card is what an alert's post, message or mail shows: the Data of its
// deliveries.
type Card struct {
	Alert    uuid.UUID         `json:"alert"`
	Rank     int               `json:"rank"`
	Rule     tickets.AlertRule `json:"rule"`
	Theme    string            `json:"theme,omitempty"`
	Subject  string            `json:"subject,omitempty"`
	Severity tickets.Severity  `json:"severity"`
	Count    int               `json:"count"`
	Total    int               `json:"total"` // how many there were since it began
	Since    time.Time         `json:"since"` // since when the oldest is so
	Worst    []Worst           `json:"worst,omitempty"`
	Major    string            `json:"major,omitempty"`   // the number of the major incident
	Joined   int               `json:"joined,omitempty"`  // how many tickets are joined to it
	Settled  int               `json:"settled,omitempty"` // of these, resolved or closed

	State State     `json:"state"`
	Owner string    `json:"owner,omitempty"` // the name of who holds it, else of who is on duty
	Until time.Time `json:"until,omitzero"`  // until when it is held
	// Next is whom the next step reaches, by name, NextStep which it is, and
	// NextAt when; zero when there is none.
	Next     string    `json:"next,omitempty"`
	NextStep Step      `json:"next_step,omitzero"`
	NextAt   time.Time `json:"next_at,omitzero"`
	OpenedAt time.Time `json:"opened_at"`
	EndedAt  time.Time `json:"ended_at,omitzero"`
	// Anew asks for a post of its own rather than an edit of the one before.
	Anew bool `json:"anew,omitempty"`
}

// Worst is one of the tickets that a card names. It says nothing that a reader
// of the channel may not know.
type Worst struct {
	Ticket  uuid.UUID       `json:"ticket"`
	Number  tickets.Number  `json:"number"`
	Urgency tickets.Urgency `json:"urgency"`
	Since   time.Time       `json:"since"`
	Private bool            `json:"private,omitempty"` // a channel's card leaves it out
}

// State is how an alert stands, in a word.
type State string

// The states.
const (
	StateFiring   State = "firing"
	StateHeld     State = "acknowledged"
	StateSnoozed  State = "snoozed"
	StateSilenced State = "silenced"
	StateResolved State = "resolved"
)

// Trace is something that happened to an alert: appended, never changed.
type Trace struct {
	Academy tickets.AcademyID
	Alert   uuid.UUID
	At      time.Time
	What    Happening
	By      uuid.UUID // uuid.Nil for the clock
	Detail  string    // for people who look into it: a step, a time
	Command string    // what had it done; "" for none
}

// Happening is what happens to an alert.
type Happening string

// The happenings.
const (
	Opened       Happening = "opened"
	Posted       Happening = "posted"
	Rose         Happening = "rose"
	Escalated    Happening = "escalated"
	HoldBegan    Happening = "held"
	HoldExpired  Happening = "expired"
	Hastened     Happening = "hastened" // somebody had it escalated
	Resolved     Happening = "resolved"
	MajorCreated Happening = "major"
)
