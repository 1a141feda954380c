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
	// Room is how long the draft may become when the text joins earlier words,
	// which stay before it, in characters.
	Room int
}

// The room of a draft. Its author shortens what is more than MaxText when they
// send it: nothing that they wrote gives way to something else.
const (
	draftRoom         = 4 * MaxText
	doubtfulDraftRoom = MaxText // for words that may be another's: they leave room for the author's
)

// Guidance is what the guidance mail needs beyond the ticket; it is the Data of
// a [TemplateGuidance] delivery.
type Guidance struct {
	Lang       Lang     `json:"lang"`
	MessageID  string   `json:"message_id"`          // of the refused reply, without angle brackets
	References []string `json:"references"`          // its References, without angle brackets
	Subject    string   `json:"subject"`             // of the refused reply
	Quoted     string   `json:"quoted"`              // the refused text
	TooLarge   bool     `json:"too_large,omitempty"` // only the beginning of the refused reply was read: its documents are not kept
	Generic    bool     `json:"generic"`             // no ticket of the sender's was recognised: guide to the portal's first page
}

// MailFacts is what is known of a sender when their mail is classified.
type MailFacts struct {
	Known       bool // an active person of the academy has this address
	Person      Person
	Participant bool   // requester or beneficiary of the ticket
	Ticket      Ticket // its key, number, parties and privacy alone; zero when it is unknown
	Answered    bool   // guidance went to this sender about this ticket within 24 h
	AnsweredDay int    // guidance mails to this sender within 24 h
	AnsweredAll int    // guidance mails of the academy within an hour
}

// MailQuestion asks for the facts of one mail.
type MailQuestion struct {
	Sender string    // the author's address
	Ticket uuid.UUID // uuid.Nil for none
}

// MailRecord is an inbound mail with what came of it.
type MailRecord struct {
	Mail  InboundMail
	Draft *ReplyDraft
	Owed  *Delivery
}

// RefusedMail is an inbound mail with its verdict. When Guide is not nil a guidance
// mail is owed to the sender; when Text is not "" and the person and the ticket
// are known, it is kept as their draft on that ticket, below what an earlier
// reply left there.
type RefusedMail struct {
	Mail     InboundMail
	Text     string
	Doubtful bool // nobody vouched for the sender
	Guide    *Guidance
	Trace    Trace // of the mail
}

// Inbox keeps what came to the no-reply address.
type Inbox interface {
	// MailFacts answers each question: what is known of the sender's address
	// and of the ticket.
	MailFacts(ctx context.Context, academy AcademyID, asked []MailQuestion, now time.Time) ([]MailFacts, error)
	// KeepMails records mails, each with the draft and the delivery owed (either
	// may be nil), all in one transaction. It returns which of them are new: of
	// one that was recorded before, by (Mailbox, UIDValidity, UID) or by Hash
	// within the last day, it changes nothing.
	KeepMails(ctx context.Context, academy AcademyID, mails []MailRecord) ([]bool, error)
	// ReplyDraft returns the person's draft on the ticket, unless expired.
	ReplyDraft(ctx context.Context, academy AcademyID, ticket, person uuid.UUID, now time.Time) (ReplyDraft, error)
	// DiscardDraft ends the person's draft on the ticket, if it was made until then.
	DiscardDraft(ctx context.Context, academy AcademyID, ticket, person uuid.UUID, until time.Time) error
	// Originals returns the mails that the person's words about the ticket came
	// in since then, oldest first; none that nobody vouched for, no bounces.
	Originals(ctx context.Context, academy AcademyID, ticket, person uuid.UUID, since time.Time) ([]InboundMail, error)
}

// RefuseMails records inbound mails of an academy with what they owe, all of
// them or, on an error, none. It returns which of them are new: the others were
// handled before.
func (d *Desk) RefuseMails(ctx context.Context, academy AcademyID, refused []RefusedMail) ([]bool, error) {
	now := d.now()
	records := make([]MailRecord, len(refused))
	for i, r := range refused {
		var err error
		if records[i], err = r.record(academy, now); err != nil {
			return nil, err
		}
	}
	kept, err := d.store.KeepMails(ctx, academy, records)
	if err != nil {
		return nil, err
	}
	for i, r := range records {
		if kept[i] && r.Owed != nil {
			d.committed()
			break
		}
	}
	return kept, nil
}

// RefuseMail is [Desk.RefuseMails] of one mail.
func (d *Desk) RefuseMail(ctx context.Context, m InboundMail, text string, guide *Guidance) (bool, error) {
	kept, err := d.RefuseMails(ctx, m.Academy, []RefusedMail{{Mail: m, Text: text, Guide: guide}})
	return err == nil && kept[0], err
}

// record is what the register keeps of a refusal.
func (r RefusedMail) record(academy AcademyID, now time.Time) (MailRecord, error) {
	m := r.Mail
	m.Academy = academy
	if m.ID == uuid.Nil {
		m.ID = newID()
	}
	if m.ReceivedAt.IsZero() {
		m.ReceivedAt = now
	}
	out := MailRecord{Mail: m}
	if r.Text != "" && m.Person != uuid.Nil && m.Ticket != uuid.Nil {
		out.Draft = &ReplyDraft{
			Academy: academy, Ticket: m.Ticket, Person: m.Person,
			Text: r.Text, CreatedAt: now, ExpiresAt: now.Add(ReplyDraftKept), Room: draftRoom,
		}
		if r.Doubtful {
			out.Draft.Room = doubtfulDraftRoom
		}
	}
	if r.Guide != nil {
		data, err := json.Marshal(r.Guide)
		if err != nil {
			return MailRecord{}, err
		}
		out.Owed = &Delivery{
			Academy: academy, ID: newID(), Cause: m.ID, Ticket: m.Ticket,
			Channel: Mail, Recipient: ToAddress(cmp.Or(m.ReturnPath, m.Sender)), Template: TemplateGuidance,
			Rule: "reply-is-refused", Data: data, Due: now, CreatedAt: now, Trace: r.Trace,
		}
	}
	return out, nil
}

// DiscardDraft ends the caller's draft on the ticket that they have seen (its
// CreatedAt); one that later words joined meanwhile stays. Documents that came
// with it stay pending until their author takes them off, or a week has passed.
func (d *Desk) DiscardDraft(ctx context.Context, by Caller, ref Ref, seen time.Time) error {
	c, err := d.Case(ctx, by, ref)
	if err != nil {
		return err
	}
	return d.store.DiscardDraft(ctx, c.Academy, c.ID, by.Person.ID, seen)
}

// MailFacts is what the decision table needs to know of senders, each asked
// about with their ticket.
func (d *Desk) MailFacts(ctx context.Context, academy AcademyID, asked ...MailQuestion) ([]MailFacts, error) {
	return d.store.MailFacts(ctx, academy, asked, d.now())
}
