package mail

import (
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
