package tickets

import (
	"time"

	"github.com/google/uuid"
)

// Status is where a ticket stands.
type Status string

// The statuses; tickets/locale has their names.
const (
	StatusNew        Status = "new"
	StatusInProgress Status = "in_progress"
	StatusWaiting    Status = "waiting"  // for the requester's precisions
	StatusResolved   Status = "resolved" // to be validated by the requester
	StatusClosed     Status = "closed"
)

// Closure is why a ticket is closed.
type Closure string

// The reasons of a closure.
const (
	ClosedValidated Closure = "validated"
	ClosedWithdrawn Closure = "withdrawn"
	ClosedByDesk    Closure = "desk"
	ClosedBySilence Closure = "silence"
	ClosedDuplicate Closure = "duplicate"
)

// Urgency is 1 critique, 2 haute, 3 faible.
type Urgency int

// The urgencies.
const (
	Critical Urgency = 1
	High     Urgency = 2
	Low      Urgency = 3
)

// UnknownTheme is the theme of somebody who does not know ("Je ne sais pas").
const UnknownTheme = ""

// Card is the identity card of a ticket: what its author may write, filled in
// from the directory and editable.
type Card struct {
	Beneficiary   uuid.UUID `json:"beneficiary"`
	Phone         string    `json:"phone"`
	OtherPhone    string    `json:"other_phone"`
	Availability  string    `json:"availability"`
	Place         string    `json:"place"`
	Entity        string    `json:"entity"` // a UAI code's control letter is checked
	Equipment     string    `json:"equipment"`
	EquipmentInfo string    `json:"equipment_info"`
	Private       bool      `json:"private"`
	Urgency       Urgency   `json:"urgency"`
	Theme         string    `json:"theme"`        // as chosen; UnknownTheme allowed
	Subject       string    `json:"subject"`      // one of the theme's subjects; "" allowed
	RequestType   string    `json:"request_type"` // one of the academy's; "" allowed
	Summary       string    `json:"summary"`
	Description   string    `json:"description"`
	// Parent is the major incident that it is a part of, uuid.Nil for none: its
	// author may say so, and the desk.
	Parent uuid.UUID `json:"parent,omitzero"`
}

// Ticket is one request for help, of one academy, in the care of one group.
type Ticket struct {
	Academy AcademyID
	ID      uuid.UUID
	Number  Number
	Version int // how many events it has; the next event's Seq is Version + 1
	Card
	Requester uuid.UUID
	// The theme and subject as requalified by the desk; they start as chosen.
	Category, Subcategory string
	Group                 string
	Assignee              uuid.UUID // uuid.Nil when nobody has taken it
	Status                Status
	Closure               Closure // "" unless closed
	Cause                 string  // the real cause, one of the academy's; "" when not given
	Solution              string
	Rating                int       // 1 to 5, 0 when not given
	Refusals              int       // how many times a resolution was refused
	MergedInto            uuid.UUID // the ticket that goes on in its place; uuid.Nil unless a duplicate
	Major                 bool      // a major incident: others may be joined to it; see major.go

	// When something should have happened, in the open time of its group; see
	// deadline.go. While it waits for its requester, and once it is closed, all
	// are zero; so are they where nothing says when.
	TakeUpDue time.Time // somebody takes it; zero while somebody has it
	DueSoon   time.Time // three quarters of the time to resolve it are over
	Due       time.Time // it is resolved ("Fin max")
	// The stopwatch that they come of: the open time that the desk spent on it
	// before RunningSince, which is zero while the stopwatch stands still.
	Spent        time.Duration
	RunningSince time.Time
	// While it waits to be validated: when its requester is reminded, zero once
	// they were, and when their silence closes it. See silence.go.
	RemindAt, LapseAt time.Time

	// Who brought it to its status, how and when: what a late-comer is told.
	StatusAction Action
	StatusBy     uuid.UUID
	StatusAt     time.Time

	OpenedAt time.Time
}

// Party says whether the person is the requester or the beneficiary: either may
// complement, validate, refuse and withdraw.
func (t Ticket) Party(person uuid.UUID) bool {
	return person != uuid.Nil && (person == t.Requester || person == t.Beneficiary)
}

// Open says whether the ticket is not closed.
func (t Ticket) Open() bool { return t.Status != StatusClosed }

// Case is a ticket with the people it names, by id.
type Case struct {
	Ticket
	People map[uuid.UUID]Person
}

// Who returns the person of that id, or an empty one when the ticket does not
// name them.
func (c Case) Who(id uuid.UUID) Person { return c.People[id] }

// Phones returns the numbers to call that party of the ticket at; one may be "".
// Those written on the ticket are its beneficiary's: the directory's holds for
// anybody else, and for a beneficiary without any.
func (c Case) Phones(party uuid.UUID) []string {
	if party == c.Beneficiary && c.Phone+c.OtherPhone != "" {
		return []string{c.Phone, c.OtherPhone}
	}
	return []string{c.Who(party).Phone}
}

// Action is what can be done to a ticket.
type Action string

// The actions.
const (
	ActionOpen       Action = "open"
	ActionTake       Action = "take"
	ActionNote       Action = "note"
	ActionInform     Action = "inform"
	ActionAsk        Action = "ask"
	ActionComplement Action = "complement"
	ActionResolve    Action = "resolve"
	ActionValidate   Action = "validate"
	ActionRate       Action = "rate" // what was validated before
	ActionRefuse     Action = "refuse"
	ActionWithdraw   Action = "withdraw"
	ActionRelease    Action = "release"
	ActionAssign     Action = "assign" // to a member of the desk, or to a group
	ActionRequalify  Action = "requalify"
	ActionClose      Action = "close" // by the desk
	ActionReopen     Action = "reopen"
	ActionMerge      Action = "merge"
	ActionUnmerge    Action = "unmerge"
	ActionJoin       Action = "join"   // to a major incident
	ActionLeave      Action = "leave"  // the major incident
	ActionRemind     Action = "remind" // that a word on the resolution is awaited; by the clock
	ActionLapse      Action = "lapse"  // closed, as no word came; by the clock
)

// Origin is the door an action came through.
type Origin string

// The doors.
const (
	FromPortal Origin = "portal"
	FromChat   Origin = "chat"
	FromMail   Origin = "mail"
	FromClock  Origin = "clock"
)

// Event is one action on a ticket: the trace that counts as proof. Events are
// appended and never changed.
type Event struct {
	Academy  AcademyID
	ID       uuid.UUID
	Ticket   uuid.UUID
	Seq      int // 1 for the opening, then without gaps
	Action   Action
	Actor    uuid.UUID
	Origin   Origin
	At       time.Time
	From, To Status // From is "" for the opening
	Text     string // what the actor wrote
	Detail   Detail
	Internal bool // for the desk only
	// Command is the id of the command that asked for it; it is applied once,
	// whatever is delivered again. "" when there is none.
	Command string
	// Fingerprint identifies the same words by the same person; "" when there
	// is none. See [Attempt].
	Fingerprint string
}

// Detail is what an action set beyond its words: the values after it. What it
// did not touch is zero.
type Detail struct {
	Assignee    uuid.UUID `json:"assignee,omitzero"`
	Group       string    `json:"group,omitempty"`
	FromGroup   string    `json:"from_group,omitempty"` // where the ticket was, when its group changed
	Category    string    `json:"category,omitempty"`
	Subcategory string    `json:"subcategory,omitempty"`
	Urgency     Urgency   `json:"urgency,omitempty"`
	RequestType string    `json:"request_type,omitempty"`
	Cause       string    `json:"cause,omitempty"`
	Rating      int       `json:"rating,omitempty"`
	Into        string    `json:"into,omitempty"` // the number of the ticket that it was merged into
	// Major is the number of the major incident that the ticket was joined to, or
	// that this is a step of.
	Major string `json:"major,omitempty"`
	// Mentions are the members of the desk that a note names, at most MaxMentions.
	Mentions []uuid.UUID `json:"mentions,omitempty"`
}

// Named returns the people whom the detail names.
func (d Detail) Named() []uuid.UUID {
	var out []uuid.UUID
	if d.Assignee != uuid.Nil {
		out = append(out, d.Assignee)
	}
	return append(out, d.Mentions...)
}

// Attachment is a document of a ticket. Its bytes are kept apart, by their hash.
// Before its event it is pending: seen by its author alone.
type Attachment struct {
	Academy   AcademyID
	ID        uuid.UUID
	Ticket    uuid.UUID // of the ticket to be, while its form is not sent
	Event     uuid.UUID // uuid.Nil while pending
	Author    uuid.UUID
	Name      string // as the author's browser gave it, base name only
	MediaType string // sniffed from the bytes, never from the name
	Size      int64  // bytes
	SHA256    [32]byte
	At        time.Time
}
