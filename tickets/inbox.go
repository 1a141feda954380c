package tickets

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// ReplyDraftKept is how long the words of a refused reply wait for their author.
const ReplyDraftKept = 7 * 24 * time.Hour

// LoopHeader is in every mail we send (its value is the academy's id), so that
// one that comes back to us is known for ours.
const LoopHeader = "X-Cecoia-Loop"

// InboundMail is one message that reached the no-reply address, with what was
// decided of it. Raw is kept among [Files].
type InboundMail struct {
	Academy     AcademyID
	ID          uuid.UUID
	Mailbox     string // the mailbox it was read from, "" when it came by SMTP
	UIDValidity uint32
	UID         uint32
	Hash        [32]byte // SHA-256 of the raw message; where it is kept, too
	MessageID   string   // without angle brackets
	Sender      string   // the author's address, lower case; "" when there is none
	// ReturnPath is where an answer goes (RFC 3834, section 4): the envelope's
	// sender. "" when it is not known: then the author's address.
	ReturnPath string
	Person     uuid.UUID
	Ticket     uuid.UUID
	Row        int    // the row of the decision table that decided
	Verdict    string // what that row says to do
	ReceivedAt time.Time
}

// ReplyDraft is what a person wrote in a refused reply: theirs alone, offered
// when they open the ticket on the portal.
type ReplyDraft struct {
	Academy   AcademyID
	Ticket    uuid.UUID
	Person    uuid.UUID
	Text      string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Guidance is what the guidance mail needs beyond the ticket; it is the Data of
// a [TemplateGuidance] delivery.
type Guidance struct {
	Lang       Lang     `json:"lang"`
	MessageID  string   `json:"message_id"` // of the refused reply, without angle brackets
	References []string `json:"references"` // its References, without angle brackets
	Subject    string   `json:"subject"`    // of the refused reply
	Quoted     string   `json:"quoted"`     // the refused text
	Generic    bool     `json:"generic"`    // no ticket of the sender's was recognised: guide to the portal's first page
}

// MailFacts is what is known of a sender when their mail is classified.
type MailFacts struct {
	Known       bool // an active person of the academy has this address
	Person      Person
	Participant bool // requester or beneficiary of the ticket
	Ticket      Case // zero when the ticket is unknown
	Answered    bool // guidance went to this sender about this ticket within 24 h
	AnsweredDay int  // guidance mails to this sender within 24 h
	AnsweredAll int  // guidance mails of the academy within an hour
}

// Inbox keeps what came to the no-reply address.
type Inbox interface {
	// MailFacts looks up the sender's address and the ticket, uuid.Nil for none.
	MailFacts(ctx context.Context, academy AcademyID, sender string, ticket uuid.UUID, now time.Time) (MailFacts, error)
	// KeepMail records the mail, the draft and the delivery owed (either may be
	// nil) in one transaction. It changes nothing and returns false when the
	// mail was recorded before: by (Mailbox, UIDValidity, UID), or by Hash
	// within the last day.
	KeepMail(ctx context.Context, m InboundMail, draft *ReplyDraft, owed *Delivery) (bool, error)
	// ReplyDraft returns the person's draft on the ticket, unless expired.
	ReplyDraft(ctx context.Context, academy AcademyID, ticket, person uuid.UUID, now time.Time) (ReplyDraft, error)
}

// RefuseMail records an inbound mail with its verdict. When guide is not nil a
// guidance mail is owed to the sender; when text is not "" and the person and
// the ticket are known, it is kept as their draft on that ticket, below what an
// earlier reply left there. It returns false when the mail was handled before.
func (d *Desk) RefuseMail(ctx context.Context, m InboundMail, text string, guide *Guidance) (bool, error) {
	now := d.now()
	if m.ID == uuid.Nil {
		m.ID = newID()
	}
	if m.ReceivedAt.IsZero() {
		m.ReceivedAt = now
	}
	var draft *ReplyDraft
	if text != "" && m.Person != uuid.Nil && m.Ticket != uuid.Nil {
		draft = &ReplyDraft{
			Academy: m.Academy, Ticket: m.Ticket, Person: m.Person,
			Text: text, CreatedAt: now, ExpiresAt: now.Add(ReplyDraftKept),
		}
	}
	var owed *Delivery
	if guide != nil {
		data, err := json.Marshal(guide)
		if err != nil {
			return false, err
		}
		owed = &Delivery{
			Academy: m.Academy, ID: newID(), Cause: m.ID, Ticket: m.Ticket,
			Channel: Mail, Recipient: ToAddress(cmp.Or(m.ReturnPath, m.Sender)), Template: TemplateGuidance,
			Rule: "reply-is-refused", Data: data, Due: now, CreatedAt: now,
		}
	}
	kept, err := d.store.KeepMail(ctx, m, draft, owed)
	if err != nil {
		return false, err
	}
	if kept && owed != nil {
		d.committed()
	}
	return kept, nil
}

// MailFacts is what the decision table needs to know of a sender.
func (d *Desk) MailFacts(ctx context.Context, academy AcademyID, sender string, ticket uuid.UUID) (MailFacts, error) {
	return d.store.MailFacts(ctx, academy, sender, ticket, d.now())
}
