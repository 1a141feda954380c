package tickets

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"
)

// Store is what [Desk] needs kept. One transaction stands behind each method.
// Absent things are a [NotFound] error; any other error is internal.
type Store interface {
	Directory
	PeopleSearch
	Register
	Lists
	Forms
	Documents
	Inbox
	Agents
	Visits
	Knowledge
	Searches
	Favourites
	Preferences
	Reasons
	Linking
	Alerts
	Bounces
	Outbox
	Stopwatches
	Silent
	Majors
	FigureStore
}

// Directory knows the academies and their people.
type Directory interface {
	// Academy returns the academy as its desk file was last applied.
	Academy(ctx context.Context, id AcademyID) (Academy, error)
	// Person returns one active entry of the academy's directory.
	Person(ctx context.Context, academy AcademyID, id uuid.UUID) (Person, error)
	// People returns the entries of those ids, by id; also of people who left, as
	// what they did still bears their name. Unknown ids are left out.
	People(ctx context.Context, academy AcademyID, ids []uuid.UUID) (map[uuid.UUID]Person, error)
}

// Register keeps tickets, their events and the deliveries owed.
type Register interface {
	// NextRank reserves and returns the day's next rank, from 1; gaps are normal.
	NextRank(ctx context.Context, academy AcademyID, day Day) (int, error)
	// Create keeps a new ticket with its first event and the deliveries owed,
	// binds the pending documents of the ticket to the event, and ends the form
	// of the same id. When a ticket of that id is there already it changes
	// nothing and returns that one.
	Create(ctx context.Context, t Ticket, e Event, owed []Delivery) (Case, error)
	// Update locks the ticket, calls change with the case as it stands, and
	// keeps the ticket, the event and the deliveries it returns in the same
	// transaction, binds the actor's pending documents to the event, and ends
	// the reply draft that the words were written from (see Attempt). A nil
	// event changes nothing. An error of change is returned as it is and
	// changes nothing. When the attempt was applied before change is not called.
	Update(ctx context.Context, ref Ref, by Attempt, change Change) (Result, error)
	// Case returns the ticket by number; a bare rank is that of the most recent
	// day on which the viewer sees it. What the viewer may not see is not found.
	Case(ctx context.Context, viewer Person, ref Ref) (Case, error)
	// CaseByID is Case by the ticket's id.
	CaseByID(ctx context.Context, viewer Person, id uuid.UUID) (Case, error)
	// Events returns the ticket's events in order, internal ones only when
	// asked. It checks no permission.
	Events(ctx context.Context, academy AcademyID, ticket uuid.UUID, internal bool) ([]Event, error)
	// List returns a page of the tickets that the viewer sees.
	List(ctx context.Context, viewer Person, q Query) (Page, error)
	// Counters counts what concerns the viewer as requester or beneficiary.
	Counters(ctx context.Context, viewer Person) (Counters, error)
}

// Attempt is who tries a change, and how to know that they already did.
type Attempt struct {
	Viewer      Person
	Command     string    // applied before when an event has it; "" skips the check
	Fingerprint string    // applied before when an event since Since has it; "" skips the check
	Since       time.Time // how far back Fingerprint counts
	Draft       time.Time // the viewer's reply draft made until then ends with the change; zero for none
	Into        Ref       // another ticket that the change depends on, locked as well; zero for none
}

// Change turns a case into what must be kept. into is the ticket of
// [Attempt].Into, zero when the viewer sees none of that reference. It must not
// block: a lock is held.
type Change func(c Case, into Ticket) (Ticket, *Event, []Delivery, error)

// Result is the case after an update. Event is what was applied, now or by the
// earlier identical attempt; nil when nothing was.
type Result struct {
	Case
	Event    *Event
	Repeated bool // nothing changed now: it had been done before
}

// Scope is whose tickets a list is about.
type Scope string

// The scopes.
const (
	ScopeMine      Scope = "mine"      // those the viewer requested or benefits from
	ScopeRequested Scope = "requested" // those the viewer requested
	ScopeBenefits  Scope = "benefits"  // those the viewer benefits from
	ScopeDesk      Scope = "desk"      // all that the viewer sees as a member of the desk
	ScopeTeam      Scope = "team"      // those in the care of the viewer's groups
)

// Query asks for a page of tickets. Zero fields do not restrict.
type Query struct {
	Scope      Scope
	Kind       Kind
	Statuses   []Status
	Group      string
	Assignee   uuid.UUID
	Unassigned bool
	Theme      string // as requalified; WithoutTheme for none
	Urgency    Urgency
	Text       string    // words of the number, the summary or the description, whatever the accents
	From, To   time.Time // filed since From and before To
	DueBefore  time.Time // not resolved, and should have been before that
	Sort       Sort      // "" is by date, as Oldest says
	Desc       bool      // with Sort: the last first
	Oldest     bool      // oldest first; else newest first
	Limit      int       // at most 100, which more means; 20 when 0
	Offset     int
}

// Page is one page of a list and how many there are in all, as far as they are
// counted: see [MaxCounted].
type Page struct {
	Cases []Case
	Total int
	More  bool // there are more than Total, which is MaxCounted or the last of the page then
}

// Counters are the figures of the portal's first page.
type Counters struct {
	Validations int // resolved, waiting for the viewer's word
	Incidents   int // open incidents
	Services    int // open service requests
}

// Form is a ticket being written. Its ID is that of the ticket to be, so that
// sending it twice makes one ticket.
type Form struct {
	Academy   AcademyID
	ID        uuid.UUID
	Kind      Kind
	Number    Number // reserved when the form was opened
	Author    uuid.UUID
	Card      Card
	UpdatedAt time.Time
}

// Forms keeps the forms that are not sent yet.
type Forms interface {
	// Form returns one form of that author.
	Form(ctx context.Context, academy AcademyID, author, id uuid.UUID) (Form, error)
	// Forms returns the author's forms, the most recently changed first, at most
	// limit.
	Forms(ctx context.Context, academy AcademyID, author uuid.UUID, limit int) ([]Form, error)
	// SaveForm creates or replaces a form. It refuses with [Expired] to bring
	// back one that was sent, and with [Conflict] to replace one whose UpdatedAt
	// is no longer seen; the zero time skips that check.
	SaveForm(ctx context.Context, f Form, seen time.Time) error
	// DropForm forgets a form and its pending documents; absent is no error.
	DropForm(ctx context.Context, academy AcademyID, author, id uuid.UUID) error
}

// Documents keeps what is known of attachments; [Files] keeps their bytes.
type Documents interface {
	// AddAttachment keeps a pending attachment and returns it. The same content
	// under the same name, pending already, is returned as it is. With max or
	// more pending attachments already on the ticket by its author it refuses
	// with [Invalid].
	AddAttachment(ctx context.Context, a Attachment, max int) (Attachment, error)
	// DropAttachment forgets a pending attachment of that author.
	DropAttachment(ctx context.Context, academy AcademyID, author, id uuid.UUID) error
	// Attachments returns the ticket's bound attachments, those of internal
	// notes only when the viewer is of the desk, and the viewer's own pending
	// ones, oldest first. It does not check that the viewer sees the ticket.
	Attachments(ctx context.Context, academy AcademyID, ticket, viewer uuid.UUID) ([]Attachment, error)
	// Attachment returns one attachment by id. It checks no permission.
	Attachment(ctx context.Context, academy AcademyID, id uuid.UUID) (Attachment, error)
}

// Stored is a file as [Files] keeps it.
type Stored struct {
	SHA256    [32]byte
	Size      int64  // bytes
	MediaType string // sniffed from the bytes, without parameters
}

// Files keeps bytes by their hash, per academy. What Put has returned is durable.
type Files interface {
	// Put reads r to its end and keeps it. More than limit bytes is an
	// [Invalid] error with message "document.too_large".
	Put(ctx context.Context, academy AcademyID, r io.Reader, limit int64) (Stored, error)
	// PutAll keeps small contents, all or, on an error, perhaps some of them. It
	// tells no media types.
	PutAll(ctx context.Context, academy AcademyID, contents [][]byte) ([]Stored, error)
	// Open returns the bytes, or a [NotFound] error.
	Open(ctx context.Context, academy AcademyID, sum [32]byte) (io.ReadSeekCloser, error)
}
