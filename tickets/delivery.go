package tickets

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Channel is a way to reach people. The domain knows which channel suits which
// words; how a channel works is the business of notify's sub-packages.
type Channel string

// The channels.
const (
	Mail Channel = "mail"
	Chat Channel = "chat"
)

// Recipient is whom a delivery is for, in one of three forms: "person:<uuid>",
// "group:<code>" or "address:<mail address>".
type Recipient string

// ToPerson is the recipient for a person of the directory.
func ToPerson(id uuid.UUID) Recipient { return Recipient("person:" + id.String()) }

// ToGroup is the recipient for a group of the desk.
func ToGroup(code string) Recipient { return Recipient("group:" + code) }

// ToAddress is the recipient for a bare mail address.
func ToAddress(address string) Recipient { return Recipient("address:" + address) }

// Person returns the person's id, and false when the recipient is another kind.
func (r Recipient) Person() (uuid.UUID, bool) {
	s, ok := strings.CutPrefix(string(r), "person:")
	if !ok {
		return uuid.Nil, false
	}
	id, err := uuid.Parse(s)
	return id, err == nil
}

// Group returns the group's code, and false when the recipient is another kind.
func (r Recipient) Group() (string, bool) { return strings.CutPrefix(string(r), "group:") }

// Address returns the mail address, and false when the recipient is another kind.
func (r Recipient) Address() (string, bool) { return strings.CutPrefix(string(r), "address:") }

// Template names the words of a delivery; each channel has its own text for it.
type Template string

// The templates.
const (
	TemplateOpenedForYou Template = "opened_for_you" // mail: somebody filed it for you
	TemplateTaken        Template = "taken"          // mail: "pris en compte"
	TemplateInformed     Template = "informed"       // mail: news from the desk
	TemplateAsked        Template = "asked"          // mail: "demande de précisions"
	TemplateResolved     Template = "resolved"       // mail: "réglé, à valider"
	TemplateReminded     Template = "reminded"       // mail: still to be validated
	TemplateClosed       Template = "closed"         // mail: closed by the desk
	TemplateMerged       Template = "merged"         // mail: goes on in another ticket
	TemplateJoined       Template = "joined"         // mail: it is a part of a major incident
	TemplateReopened     Template = "reopened"       // mail: in progress again; chat: direct message to the assignee
	TemplateGuidance     Template = "guidance"       // mail: your reply was refused, here is the portal
	TemplateLinkCode     Template = "link_code"      // mail: the code that links a chat account
	TemplateCard         Template = "card"           // chat: the ticket's one card, and its thread
	TemplateAlert        Template = "alert"          // chat: the card of an alert (tickets/oncall)
	TemplateRoundup      Template = "roundup"        // chat, mail: what waits, to one member of the desk
	TemplateEscalated    Template = "escalated"      // chat, mail: an alert that nobody saw to, to one person
	TemplateAssigned     Template = "assigned"       // chat: direct message to the assignee
	TemplateComplement   Template = "complement"     // chat: direct message to the assignee
	TemplateRefused      Template = "refused"        // chat: direct message to the assignee
	TemplateMentioned    Template = "mentioned"      // chat: direct message to whom a note names
)

// Delivery is one thing to tell one recipient by one channel, decided in the
// transaction of its cause and unique on (Cause, Channel, Recipient). Deliveries
// of one ticket to one recipient on one channel never overtake each other: Seq
// orders them.
type Delivery struct {
	Academy   AcademyID
	ID        uuid.UUID
	Cause     uuid.UUID // the event, or the inbound mail, that it tells about
	Ticket    uuid.UUID // or the alert; uuid.Nil when there is none
	Seq       int       // of the event within its ticket, of the telling within its alert
	Channel   Channel
	Recipient Recipient
	Template  Template
	Rule      string          // which rule of the policy decided it ("Pourquoi ce message ?")
	Data      json.RawMessage // what the template needs beyond the ticket; nil for most
	Due       time.Time       // not before
	Attempts  int             // tries begun, the current one included
	CreatedAt time.Time
	Trace     Trace // of what it came of; "" when that has none
}

// DeliveryKey names a delivery on its way through the queue.
type DeliveryKey struct {
	Academy AcademyID
	ID      uuid.UUID
	Channel Channel
}

// Notice is a delivery with what a channel needs to word it: everything as it
// stands now, except the event, which is as it happened.
//
// It may tell several deliveries (see [Together]). Then the latest of them is the
// notice's own: Template, Rule, Cause, Seq, Data, Event and Trace are its, and in a
// digest Ticket and Case too; the others are Earlier. ID, Attempts, Due and
// CreatedAt are those of the first: what is tried again has the same ID, and
// tells the same.
type Notice struct {
	Delivery
	Academy   Academy
	Case      Case   // zero when the delivery has no ticket
	Event     Event  // zero when the cause is no event
	Recipient Person // zero unless the recipient is a person
	// Account is the recipient's own account on the channel (the chat's user
	// id), "" when there is none or the channel uses the directory's address.
	Account string
	// Thread is where the ticket already lives on this channel for this
	// recipient (a post's id, a first mail's Message-ID), "" before the first.
	Thread string
	// Muted is what keeps mail from its recipient's address; zero when nothing
	// does, and on other channels.
	Muted Muting
	// Elsewhere is where it lives on this channel for others: the cards of the
	// groups that it came through.
	Elsewhere map[Recipient]string
	// Told is when the recipient was last told of the ticket on this channel;
	// zero before the first time.
	Told time.Time
	// Earlier is what else is told with it, in the order in which it happened
	// and before it: of the same ticket, or, of a Digest, of any.
	Earlier []Told
	// Digest says that it gathers what the recipient wanted told together, of any
	// ticket; that may be one thing. It has no Thread, and makes none.
	Digest bool
	// Lease says which of the times it was given to a worker this is, for the
	// Receipt.
	Lease int
	// Direct is how the recipient wants to be told in chat.
	Direct DirectMessages
}

// Told is one of several things that a notice tells.
type Told struct {
	Template Template
	Rule     string
	Case     Case // as it stands now
	Event    Event
	Trace    Trace
}

// Outcome is how an attempt to deliver ended.
type Outcome string

// The outcomes. Uncertain means that the other side may have accepted it: it is
// tried again under the same identity, so that the other side can tell.
const (
	Delivered  Outcome = "delivered"
	Permanent  Outcome = "permanent" // it will never work: the delivery is dead
	Retry      Outcome = "retry"
	Uncertain  Outcome = "uncertain"
	Deferred   Outcome = "deferred"   // not tried: its time has not come (see [Notice.Hold]), or its channel takes no more for now
	Suppressed Outcome = "suppressed" // not tried and never will be, as somebody chose
)

// Receipt is what a worker records of an attempt. A channel fills Outcome, Err,
// RetryAt and Thread; notify fills the rest.
type Receipt struct {
	Academy  AcademyID
	Delivery uuid.UUID
	// Lease is the Notice's: a worker so late that another has the delivery by
	// now does not take it away from them. 0 is the latest.
	Lease   int
	Outcome Outcome
	Err     string    // why, unless Delivered; no secrets
	RetryAt time.Time // for Retry, Uncertain and Deferred: not before; a channel sets it only when the other side said so, or its own limit does
	Digest  bool      // for Deferred: to be told together with what else the recipient has held so
	Dead    bool      // attempts exhausted, or Permanent
	// Thread becomes the Notice.Thread of the ticket's next deliveries here,
	// when not "".
	Thread string
	At     time.Time
}
