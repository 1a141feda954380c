package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"cecoia.example/tickets"
)

// maxQuoted is how much of a refused text the guidance quotes, in characters.
const maxQuoted = 2000

// maxReferences is how many identifiers the guidance repeats: enough to thread.
const maxReferences = 20

// minInline is the size in bytes from which a picture inside the HTML is taken
// for a screenshot that the author pasted, not for a logo of their signature.
const minInline = 16 << 10

// door is what every way in shares: keep the raw message, then decide.
type door struct {
	academy    tickets.Academy
	desk       *tickets.Desk
	files      tickets.Files
	keyring    *tickets.Keyring
	authServID string
	trust      bool // see Evidence.TrustParticipants
	ceilings   Ceilings
	bounds     Bounds
	now        func() time.Time
	log        *slog.Logger
	received   *prometheus.CounterVec
}

func newReceivedCounter(a tickets.AcademyID) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name:        "cecoia_mail_received_total",
		Help:        "Mails that reached the no-reply address, by row of the decision table and verdict; row 0 could not be read.",
		ConstLabels: prometheus.Labels{"academy": string(a)},
	}, []string{"row", "verdict"})
}

// origin is where a mail was read. The zero origin is a session of SMTP.
type origin struct {
	mailbox     string
	uidValidity uint32
	uid         uint32
}

// keep stores a raw message durably. More than MaxMessage bytes is an error with
// code [tickets.Invalid].
func (d *door) keep(ctx context.Context, raw io.Reader) (tickets.Stored, error) {
	stored, err := d.files.Put(ctx, d.academy.ID, raw, d.bounds.Message)
	if err != nil {
		return tickets.Stored{}, fmt.Errorf("mail: keeping a message: %w", err)
	}
	return stored, nil
}

// handle decides on a kept message and records the decision with all that it
// owes, in one transaction. It may be called again for the same message: it
// then changes nothing.
func (d *door) handle(ctx context.Context, from origin, raw tickets.Stored) (Decision, error) {
	m, err := d.read(ctx, raw)
	if errors.Is(err, errUnreadable) {
		return d.setAside(ctx, from, raw, Message{}, "unreadable")
	}
	if err != nil {
		return Decision{}, err
	}
	l, err := d.lookUp(ctx, m)
	if err != nil {
		return Decision{}, err
	}
	authentication := authenticate(m.Header, d.authServID, domainOf(m.Author))
	decision := classify(Evidence{
		Message: m, Facts: l.facts, Academy: d.academy, Authentication: authentication,
		TrustParticipants: d.trust, Ceilings: d.ceilings,
	})

	answerTo, _ := returnPath(m.Header)
	in := tickets.InboundMail{
		Academy: d.academy.ID, Mailbox: from.mailbox, UIDValidity: from.uidValidity, UID: from.uid,
		Hash: raw.SHA256, MessageID: m.ID, Sender: m.Author, ReturnPath: answerTo,
		Person: l.facts.Person.ID, Ticket: l.facts.Ticket.ID,
		Row: decision.Row, Verdict: string(decision.Verdict),
	}
	said := newWords(m.Text)
	// A participant's words wait for them on the portal, answered or not: some
	// servers stamp people's replies as automatic.
	draft := ""
	if l.facts.Participant && decision.Verdict != Bounce && decision.Row != 1 {
		draft = said
	}
	var guide *tickets.Guidance
	if decision.Verdict == Answer {
		guide = guidance(m, l, said)
	}
	first, err := d.desk.RefuseMail(ctx, in, draft, guide)
	if err != nil {
		return Decision{}, fmt.Errorf("mail: recording %s: %w", hashOf(raw), err)
	}
	documents := 0
	if first && draftDocuments(l, decision, authentication, d.trust) {
		if documents, err = d.attach(ctx, l, raw); err != nil {
			// The words and the guidance are safe, and so is the raw message.
			d.log.ErrorContext(ctx, "mail: documents of a refused reply are not on its ticket",
				"hash", hashOf(raw), "ticket", l.facts.Ticket.Number.String(), "error", err)
		}
	}
	d.report(ctx, from, raw, decision,
		"first", first, "link", string(l.link), "ticket", l.facts.Ticket.Number.String(),
		"participant", l.facts.Participant, "authentication", string(authentication),
		"draft", draft != "" && first, "documents", documents, "mended", strings.Join(m.Notes, ", "))
	return decision, nil
}

// setAside records a message that the table cannot judge, as row 0: nothing but
// its quarantine is owed.
func (d *door) setAside(ctx context.Context, from origin, raw tickets.Stored, m Message, reason string) (Decision, error) {
	decision := Decision{Verdict: Quarantine, Reason: reason}
	_, err := d.desk.RefuseMail(ctx, tickets.InboundMail{
		Academy: d.academy.ID, Mailbox: from.mailbox, UIDValidity: from.uidValidity, UID: from.uid,
		Hash: raw.SHA256, MessageID: m.ID, Sender: m.Author, Verdict: string(decision.Verdict),
	}, "", nil)
	if err != nil {
		return Decision{}, fmt.Errorf("mail: recording %s: %w", hashOf(raw), err)
	}
	d.report(ctx, from, raw, decision)
	return decision, nil
}

// report writes the one log line of a mail, without anything of its content,
// and counts it.
func (d *door) report(ctx context.Context, from origin, raw tickets.Stored, decision Decision, more ...any) {
	level := slog.LevelInfo
	if decision.Row <= 1 || decision.Verdict == Hold || decision.Verdict == Quarantine {
		level = slog.LevelWarn
	}
	d.log.Log(ctx, level, "mail: received", append([]any{
		"academy", string(d.academy.ID), "mailbox", from.mailbox, "uidvalidity", from.uidValidity, "uid", from.uid,
		"hash", hashOf(raw), "bytes", raw.Size, "row", decision.Row, "verdict", string(decision.Verdict),
		"reason", decision.Reason,
	}, more...)...)
	d.received.WithLabelValues(strconv.Itoa(decision.Row), string(decision.Verdict)).Inc()
}

// hashOf names a raw message in the log, as [tickets.Files] does.
func hashOf(raw tickets.Stored) string { return fmt.Sprintf("%x", raw.SHA256[:8]) }

// errUnreadable is a message that panics the code that reads it.
var errUnreadable = errors.New("mail: unreadable message")

// read parses a kept message. A panic in the decoders, which strangers feed,
// costs that message only.
func (d *door) read(ctx context.Context, raw tickets.Stored) (m Message, err error) {
	defer func() {
		if v := recover(); v != nil {
			d.log.ErrorContext(ctx, "mail: a message panics its reader", "hash", hashOf(raw), "panic", v, "stack", string(debug.Stack()))
			err = errUnreadable
		}
	}()
	f, err := d.files.Open(ctx, d.academy.ID, raw.SHA256)
	if err != nil {
		return Message{}, fmt.Errorf("mail: opening %s: %w", hashOf(raw), err)
	}
	defer f.Close()
	return Parse(f, d.bounds, d.now)
}

// linked is what is known of a mail's sender and ticket.
type linked struct {
	facts tickets.MailFacts
	link  Link
}

// lookUp finds the ticket a mail is about and what is known of its sender.
func (d *door) lookUp(ctx context.Context, m Message) (linked, error) {
	ticket, link := linkTicket(m, d.academy, d.keyring)
	facts, err := d.facts(ctx, m, ticket)
	if err != nil {
		return linked{}, err
	}
	if facts.Ticket.ID != uuid.Nil {
		return linked{facts, link}, nil
	}
	ref, ok := subjectRef(m.Subject)
	if ok && facts.Known {
		c, err := d.desk.Case(ctx, d.caller(facts.Person), ref)
		switch {
		case err == nil && c.Party(facts.Person.ID):
			facts, err = d.facts(ctx, m, c.ID)
			return linked{facts, LinkSubject}, err
		case err != nil && tickets.CodeOf(err) != tickets.NotFound:
			return linked{}, fmt.Errorf("mail: ticket %s of a subject: %w", ref, err)
		}
	}
	if ticket != uuid.Nil { // one that is gone: the facts are asked anew without it
		facts, err = d.facts(ctx, m, uuid.Nil)
	}
	return linked{facts, LinkNone}, err
}

// facts asks what is known of a mail's author and of a ticket. Nothing is known
// of an author without an address, whoever in the directory has none either.
func (d *door) facts(ctx context.Context, m Message, ticket uuid.UUID) (tickets.MailFacts, error) {
	f, err := d.desk.MailFacts(ctx, d.academy.ID, m.Author, ticket)
	if err != nil {
		return tickets.MailFacts{}, fmt.Errorf("mail: facts of a sender: %w", err)
	}
	if m.Author == "" {
		return tickets.MailFacts{Ticket: f.Ticket}, nil
	}
	return f, nil
}

func (d *door) caller(p tickets.Person) tickets.Caller {
	return tickets.Caller{Person: p, Origin: tickets.FromMail}
}

// guidance is what the answer to a refused reply needs.
func guidance(m Message, l linked, said string) *tickets.Guidance {
	lang := l.facts.Person.Lang
	if lang == "" {
		lang = tickets.French
	}
	references := m.References
	if len(references) == 0 && len(m.InReplyTo) == 1 {
		references = m.InReplyTo // RFC 5322, section 3.6.4
	}
	if len(references) > maxReferences {
		// The first is the thread's root; the others are the nearest.
		references = append([]string{references[0]}, references[len(references)-maxReferences+1:]...)
	}
	return &tickets.Guidance{
		Lang: lang, MessageID: m.ID, References: references,
		Subject: cut(m.Subject, tickets.MaxLine), Quoted: cut(said, maxQuoted),
		// Nothing waits for a stranger there, and they may not see the ticket.
		Generic: !l.facts.Participant,
	}
}

// draftDocuments says whether a mail's documents become pending ones of its
// ticket. Unlike words, which their author reads before sending, documents go
// along unseen: only a sender that somebody vouches for is believed.
func draftDocuments(l linked, decision Decision, authentication Authentication, trust bool) bool {
	believed := authentication == Authenticated || authentication == Unchecked && trust
	return l.facts.Participant && believed &&
		decision.Verdict != Bounce && decision.Verdict != Quarantine && decision.Row != 1
}

// attach keeps the documents of a refused reply, pending on its ticket. What the
// desk refuses is logged and left out. It returns how many were kept.
func (d *door) attach(ctx context.Context, l linked, raw tickets.Stored) (kept int, err error) {
	f, err := d.files.Open(ctx, d.academy.ID, raw.SHA256)
	if err != nil {
		return 0, fmt.Errorf("mail: opening %s: %w", hashOf(raw), err)
	}
	defer f.Close()
	caller, ticket := d.caller(l.facts.Person), l.facts.Ticket.ID
	_, _, err = walk(f, d.bounds, d.now, func(p Part) error {
		name, ok := documentName(p)
		if !ok {
			return nil
		}
		body := p.Body
		if p.Related {
			large, ok := atLeast(body, minInline)
			if !ok {
				return nil
			}
			body = large
		}
		_, err := d.desk.Attach(ctx, caller, ticket, name, body)
		switch {
		case err == nil:
			kept++
			return nil
		case tickets.CodeOf(err) == "":
			return fmt.Errorf("mail: attaching to %s: %w", l.facts.Ticket.Number, err)
		case tickets.CodeOf(err) == tickets.Conflict: // closed: none will be taken
			d.log.InfoContext(ctx, "mail: documents refused", "hash", hashOf(raw), "error", err)
			return errStop
		}
		d.log.InfoContext(ctx, "mail: document refused", "hash", hashOf(raw), "media_type", p.MediaType, "code", string(tickets.CodeOf(err)))
		return nil
	})
	return kept, err
}

// documentName returns the name of a part that is a document, and false for
// what is text of the mail, a signature or machinery.
func documentName(p Part) (string, bool) {
	switch {
	case p.MediaType == "application/pgp-signature", strings.HasSuffix(p.MediaType, "pkcs7-signature"),
		p.MediaType == "application/ms-tnef", p.MediaType == "text/calendar" && !p.Attached:
		return "", false
	case p.FileName != "":
		return p.FileName, true
	case p.MediaType == "message/rfc822":
		return "message.eml", true
	case strings.HasPrefix(p.MediaType, "image/"):
		return "image." + strings.TrimPrefix(p.MediaType, "image/"), true
	case p.Attached:
		return "document", true
	}
	return "", false
}

// atLeast reads the first n bytes of r and returns r as a whole again, and false
// when there are fewer.
func atLeast(r io.Reader, n int) (io.Reader, bool) {
	head := make([]byte, n)
	got, err := io.ReadFull(r, head)
	if err != nil {
		return nil, false
	}
	return io.MultiReader(strings.NewReader(string(head[:got])), r), true
}
