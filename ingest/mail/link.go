package mail

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// Link is how a mail names its ticket.
type Link string

// The ways, in the order they are tried.
const (
	LinkToken      Link = "token"       // our signed token in a recipient's address
	LinkInReplyTo  Link = "in-reply-to" // the Message-ID of a mail of ours
	LinkReferences Link = "references"  // the same, the latest first
	LinkSubject    Link = "subject"     // the number: proves nothing, good for participants only
	LinkNone       Link = ""
)

// linkTicket returns the ticket that a mail answers about, uuid.Nil when none is
// recognised by what only a recipient of our mail can know. The subject is not
// looked at: see [subjectRef].
func linkTicket(m Message, a tickets.Academy, k *tickets.Keyring) (uuid.UUID, Link) {
	for _, to := range m.Recipients {
		if base, token := splitToken(to); token != "" && strings.EqualFold(base, a.NoReply) {
			if ticket, ok := k.ParseReplyToken(a.ID, token); ok {
				return ticket, LinkToken
			}
		}
	}
	for _, id := range m.InReplyTo {
		if _, ticket, ok := tickets.ParseMessageID(id, a.MailDomain()); ok && ticket != uuid.Nil {
			return ticket, LinkInReplyTo
		}
	}
	for i := len(m.References) - 1; i >= 0; i-- {
		if _, ticket, ok := tickets.ParseMessageID(m.References[i], a.MailDomain()); ok && ticket != uuid.Nil {
			return ticket, LinkReferences
		}
	}
	return uuid.Nil, LinkNone
}

// splitToken takes no-reply+token@domain apart into no-reply@domain and token.
func splitToken(address string) (base, token string) {
	local, domain := split(address)
	name, token, _ := strings.Cut(local, "+")
	return name + "@" + domain, token
}

// subjectPattern is the number as our subjects carry it: "[I261121_007] …".
var subjectPattern = regexp.MustCompile(`(?i)\[([IS][0-9]{6}_[0-9]{3,6})\]`)

// subjectRef returns the ticket number in a subject. Anybody can write it, so it
// counts only when the sender is a participant of that ticket.
func subjectRef(subject string) (tickets.Ref, bool) {
	m := subjectPattern.FindStringSubmatch(subject)
	if m == nil {
		return tickets.Ref{}, false
	}
	ref, err := tickets.ParseRef(m[1])
	return ref, err == nil
}

// linked is what is known of a mail's sender and ticket.
type linked struct {
	facts tickets.MailFacts
	link  Link
}

// lookUp finds the ticket each mail is about and what is known of its sender.
func (d *door) lookUp(ctx context.Context, read []reading) ([]linked, error) {
	out, asked := make([]linked, len(read)), make([]tickets.MailQuestion, len(read))
	for i, r := range read {
		asked[i].Sender = r.message.Author
		if !r.unreadable {
			asked[i].Ticket, out[i].link = linkTicket(r.message, d.academy, d.keyring)
		}
	}
	if err := d.facts(ctx, out, asked); err != nil {
		return nil, err
	}
	again := false
	for i, r := range read {
		if out[i].facts.Ticket.ID != uuid.Nil || r.unreadable {
			continue
		}
		// One that is gone: the facts are asked anew without it.
		again = again || asked[i].Ticket != uuid.Nil
		asked[i].Ticket, out[i].link = uuid.Nil, LinkNone
		ref, ok := subjectRef(r.message.Subject)
		if !ok || !out[i].facts.Known {
			continue
		}
		author := out[i].facts.Person
		c, err := d.desk.Case(ctx, d.caller(author), ref)
		switch {
		case err == nil && c.Party(author.ID):
			again, asked[i].Ticket, out[i].link = true, c.ID, LinkSubject
		case err != nil && tickets.CodeOf(err) != tickets.NotFound:
			return nil, fmt.Errorf("mail: ticket %s of a subject: %w", ref, err)
		}
	}
	if !again {
		return out, nil
	}
	return out, d.facts(ctx, out, asked)
}

// facts asks what is known of authors and tickets. Nothing is known of an author
// without an address, whoever in the directory has none either.
func (d *door) facts(ctx context.Context, out []linked, asked []tickets.MailQuestion) error {
	facts, err := d.desk.MailFacts(ctx, d.academy.ID, asked...)
	if err != nil {
		return fmt.Errorf("mail: facts of %d senders: %w", len(asked), err)
	}
	for i, f := range facts {
		if asked[i].Sender == "" {
			f = tickets.MailFacts{Ticket: f.Ticket}
		}
		out[i].facts = f
	}
	return nil
}

func (d *door) caller(p tickets.Person) tickets.Caller {
	return tickets.Caller{Person: p, Origin: tickets.FromMail}
}
