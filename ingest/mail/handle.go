package mail

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cecoia.example/tickets"
)

// maxQuoted is how much of a refused text the guidance quotes, in characters.
const maxQuoted = 2000

// maxReferences is how many identifiers the guidance repeats: enough to thread.
const maxReferences = 20

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
	patience   time.Duration // for a decision and its record; without end when 0
	now        func() time.Time
	log        *slog.Logger
	received   *prometheus.CounterVec
	// session is true where the refusal is said within the SMTP session: there
	// the sender's own server tells them, and no guidance mail is owed.
	session bool
	bounces bool // this is the bounce address: see returned.go
	alerts  alerts
}

func newReceivedCounter(a tickets.AcademyID, address string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name:        "cecoia_mail_received_total",
		Help:        "Mails that reached that address (no-reply, bounce), by row of the decision table and verdict; row 0 could not be read.",
		ConstLabels: prometheus.Labels{"academy": string(a), "address": address},
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

// arrival is a kept message on its way through the door.
type arrival struct {
	from origin
	raw  tickets.Stored
	// small is the message itself when it is in memory already; nil when it is
	// to be opened.
	small []byte
	// cut is true when only the beginning is kept: the mail is too large.
	cut bool
}

// handle decides on one kept message, as [door.handleAll].
func (d *door) handle(ctx context.Context, from origin, raw tickets.Stored) (Decision, error) {
	read, err := d.prepare(ctx, []arrival{{from: from, raw: raw}})
	if err != nil {
		return Decision{}, err
	}
	decisions, err := d.handleAll(ctx, read)
	if err != nil {
		return Decision{}, err
	}
	return decisions[0], nil
}

// handleAll decides on messages in their order and records the decisions with
// all that they owe, in one transaction: all of them or, on an error, none. It
// may be called again for the same messages: it then changes nothing.
func (d *door) handleAll(ctx context.Context, read []reading) ([]Decision, error) {
	cases, first, err := d.conclude(ctx, read)
	if err != nil {
		return nil, err
	}
	decisions := make([]Decision, len(cases))
	for i, c := range cases {
		decisions[i] = c.decision
		d.recorded(ctx, c, first[i])
	}
	return decisions, nil
}

// decide reads messages, decides on them and records the decisions.
func (d *door) decide(ctx context.Context, arrivals []arrival) (cases []judged, first []bool, err error) {
	read, err := d.prepare(ctx, arrivals)
	if err != nil {
		return nil, nil, err
	}
	return d.conclude(ctx, read)
}

// conclude decides on messages that were read and kept, and records the
// decisions.
func (d *door) conclude(ctx context.Context, read []reading) (cases []judged, first []bool, err error) {
	if d.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.patience)
		defer cancel()
	}
	known, err := d.lookUp(ctx, read)
	if err != nil {
		return nil, nil, err
	}
	cases = make([]judged, len(read))
	refused := make([]tickets.RefusedMail, len(read))
	earlier := newAnswers()
	for i, r := range read {
		cases[i] = d.judge(r, known[i], earlier)
		refused[i] = cases[i].refused
		if cases[i].decision.Verdict == Bounce {
			if err := d.returned(ctx, cases[i]); err != nil {
				return nil, nil, err
			}
		}
	}
	first, err = d.desk.RefuseMails(ctx, d.academy.ID, refused)
	if err != nil {
		return nil, nil, fmt.Errorf("mail: recording %s: %w", hashOf(read[0].raw), err)
	}
	return cases, first, nil
}

// answers are those owed to the mails before, whose records the facts do not
// tell of yet.
type answers struct {
	all    int
	sender map[string]int
	ticket map[tickets.MailQuestion]bool
}

func newAnswers() *answers {
	return &answers{sender: map[string]int{}, ticket: map[tickets.MailQuestion]bool{}}
}

// judged is a mail with its decision and what it owes.
type judged struct {
	reading
	linked
	authentication Authentication
	decision       Decision
	refused        tickets.RefusedMail
}

// judge decides on a mail, and says what it owes.
func (d *door) judge(r reading, l linked, earlier *answers) judged {
	m := r.message
	j := judged{reading: r, linked: l, decision: Decision{Verdict: Quarantine, Reason: "unreadable"}}
	if !r.unreadable {
		about := tickets.MailQuestion{Sender: m.Author, Ticket: l.facts.Ticket.ID}
		l.facts.Answered = l.facts.Answered || earlier.ticket[about]
		l.facts.AnsweredDay += earlier.sender[m.Author]
		l.facts.AnsweredAll += earlier.all
		if d.session { // row 11 holds our mails back; a refusal sends none
			l.facts.Answered, l.facts.AnsweredDay, l.facts.AnsweredAll = false, 0, 0
		}
		j.authentication = authenticate(m.Header, d.authServID, domainOf(m.Author))
		evidence := Evidence{
			Message: m, Facts: l.facts, Academy: d.academy, Authentication: j.authentication,
			TrustParticipants: d.trust, Ceilings: d.ceilings,
		}
		if d.bounces {
			j.decision = classifyReturned(evidence, r.returnedAs)
		} else {
			j.decision = classify(evidence)
		}
		if j.decision.Verdict == Answer {
			earlier.all++
			earlier.sender[m.Author]++
			earlier.ticket[about] = true
		}
	}
	answerTo, _ := returnPath(m.Header)
	j.refused.Trace = tickets.NewTrace()
	j.refused.Mail = tickets.InboundMail{
		Academy: d.academy.ID, Mailbox: r.from.mailbox, UIDValidity: r.from.uidValidity, UID: r.from.uid,
		Hash: r.raw.SHA256, MessageID: m.ID, Sender: m.Author, ReturnPath: answerTo,
		Person: l.facts.Person.ID, Ticket: l.facts.Ticket.ID,
		Row: j.decision.Row, Verdict: string(j.decision.Verdict),
	}
	// A participant's words wait for them on the portal, answered or not: some
	// servers stamp people's replies as automatic.
	if l.facts.Participant && j.decision.Verdict != Bounce && j.decision.Row > 1 && (!d.bounces || j.decision.Verdict != File) {
		j.refused.Text, j.refused.Doubtful = r.said, j.decision.Verdict == Quarantine
	}
	if j.decision.Verdict == Answer && !d.session {
		j.refused.Guide = guidance(m, l, r.said)
		j.refused.Guide.TooLarge = r.cut
	}
	return j
}

// recorded does what follows once a decision is recorded; first is false when it
// was before.
func (d *door) recorded(ctx context.Context, j judged, first bool) {
	documents := 0
	ctx = tickets.WithTrace(ctx, j.refused.Trace)
	if first && draftDocuments(j, d.trust) {
		var err error
		if documents, err = d.attach(ctx, j.linked, j.raw); err != nil {
			// The words and the guidance are safe, and so is the raw message.
			d.log.ErrorContext(ctx, "mail: documents of a refused reply are not on its ticket",
				"trace", j.refused.Trace.ID(), "hash", hashOf(j.raw), "ticket", j.facts.Ticket.Number.String(), "error", err)
		}
	}
	d.report(ctx, j.from, j.raw, j.decision,
		"first", first, "link", string(j.link), "ticket", j.facts.Ticket.Number.String(),
		"participant", j.facts.Participant, "authentication", string(j.authentication),
		"draft", j.refused.Text != "" && first, "documents", documents, "mended", strings.Join(j.message.Notes, ", "))
	if first {
		d.alert(ctx, j.decision)
	}
}

// report writes the one log line of a mail, without anything of its content,
// and counts it.
func (d *door) report(ctx context.Context, from origin, raw tickets.Stored, decision Decision, more ...any) {
	level := slog.LevelInfo
	if decision.Row <= 1 || decision.Verdict == Hold || decision.Verdict == Quarantine {
		level = slog.LevelWarn
	}
	d.log.Log(ctx, level, "mail: received", append([]any{
		"trace", tickets.TraceOf(ctx).ID(),
		"academy", string(d.academy.ID), "mailbox", from.mailbox, "uidvalidity", from.uidValidity, "uid", from.uid,
		"hash", hashOf(raw), "bytes", raw.Size, "row", decision.Row, "verdict", string(decision.Verdict),
		"reason", decision.Reason,
	}, more...)...)
	d.received.WithLabelValues(strconv.Itoa(decision.Row), string(decision.Verdict)).Inc()
}

// hashOf names a raw message in the log, as [tickets.Files] does.
func hashOf(raw tickets.Stored) string { return fmt.Sprintf("%x", raw.SHA256[:8]) }

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
