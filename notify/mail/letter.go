package mail

import (
	"cmp"
	"fmt"
	"strings"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// letter is what a mail says, in the order in which it is read: what it is about
// and the one thing to do, the link for it, then what happened. compose writes it
// once as text and once as HTML.
type letter struct {
	Lang           tickets.Lang
	Accent, OnIt   string // the academy's colour and that of words on it, #rrggbb
	Academy        string // its name
	Subject        string
	Number         string // of the ticket; "" when there is none
	About          string // its summary, "" when there is none to show
	Do             string
	Links          []link // the one to follow first
	Greeting       string
	Story          telling
	After          []string
	Code           string // to be typed; "" for none
	Earlier        []telling
	EarlierTitle   string
	More           []link // for who wants something else
	Quote          string // the reader's own words, with their title
	QuoteTitle     string
	NoReply        string
	NoReplyLink    string
	Why            string // "Pourquoi ce message ?"
	Rules          []string
	revealsNothing bool
}

// telling is one thing that happened: a sentence, and somebody's words as written.
type telling struct {
	When  string // "" for now
	Lead  string
	Quote string
}

type link struct{ Label, URL string }

// longestQuote is how much of somebody's words a letter repeats, in characters:
// all that the portal accepts. longestLine is the same for names and summaries.
const (
	longestQuote = tickets.MaxText
	longestLine  = tickets.MaxLine
)

// write words the notice for its recipient.
func write(n tickets.Notice, portal tickets.Portal, keys *tickets.Keyring) (letter, error) {
	switch n.Template {
	case tickets.TemplateGuidance:
		return writeGuidance(n, portal)
	case tickets.TemplateLinkCode:
		return writeLinkCode(n, portal, keys), nil
	case tickets.TemplateEscalated:
		return writeAlert(n, portal)
	case tickets.TemplateRoundup:
		return writeRoundup(n, portal)
	}
	p := locale.For(n.Recipient.Lang, n.Academy.Location())
	t := n.Case.Ticket
	w := writer{Printer: p, notice: n}
	l := newLetter(n, p, n.Recipient.Name())
	l.about(p, t)
	l.NoReplyLink = portal.Update(t)
	if t.Private {
		l.Do = p.T("mail.do.private")
		l.Story = telling{Lead: p.T("mail.end.stop", p.T("mail.lead.private", l.Number))}
		l.Links = []link{{p.T("mail.link.view"), portal.Ticket(t)}}
		l.NoReplyLink = portal.Ticket(t)
		l.Why = p.T("mail.why.private", l.Number)
		return l, nil
	}

	for _, e := range n.Earlier {
		if e.Case.Private {
			continue // of another ticket, and not to be told
		}
		told, err := w.tell(e)
		if err != nil {
			return letter{}, err
		}
		told.When = p.When(e.Event.At)
		l.Earlier = append(l.Earlier, told)
		l.Rules = append(l.Rules, e.Rule)
	}
	l.EarlierTitle = p.T("mail.earlier")
	own := tickets.Told{Template: n.Template, Rule: n.Rule, Case: n.Case, Event: n.Event}
	var err error
	if l.Story, err = w.tell(own); err != nil {
		return letter{}, err
	}
	l.Rules = append(l.Rules, n.Rule)
	l.Do = p.T("mail.do." + string(n.Template))
	l.Why = w.why(own)
	l.Links = []link{{p.T("mail.link.view"), portal.Ticket(t)}}
	switch n.Template {
	case tickets.TemplateOpenedForYou, tickets.TemplateTaken:
		l.After = []string{p.T("mail.after." + string(n.Template))}
	case tickets.TemplateAsked:
		l.After = []string{p.T("mail.after.asked")}
		l.Links = []link{{p.T("mail.link.answer"), portal.Update(t)}}
	case tickets.TemplateResolved:
		l.After = []string{p.T("mail.after.resolved")}
		l.Links = []link{{p.T("mail.link.validate"), portal.Validate(t)}}
	case tickets.TemplateReminded:
		if !n.Case.LapseAt.IsZero() { // nobody has answered meanwhile
			l.After = []string{p.T("mail.after.reminded", p.Date(n.Case.LapseAt))}
		}
		l.Links = []link{{p.T("mail.link.validate"), portal.Validate(t)}}
	case tickets.TemplateClosed:
		if cause := p.Cause(n.Academy, n.Event.Detail.Cause); cause != "" {
			l.After = []string{p.T("detail.cause", oneLine(cause))}
		}
		l.After = append(l.After, p.T("mail.after.closed", p.Date(n.Event.At.Add(tickets.ReopenWithin))))
		l.More = []link{{p.T("mail.link.reopen"), portal.Reopen(t)}}
		l.NoReplyLink = portal.Ticket(t) // it takes no update any more
	case tickets.TemplateJoined:
		l.After = []string{p.T("mail.after.joined")}
	case tickets.TemplateMerged: // the other's page may not be theirs to see
		l.After = []string{p.T("mail.after.merged", oneLine(n.Event.Detail.Into))}
		l.NoReplyLink = portal.Ticket(t)
	}
	if major := n.Event.Detail.Major; major != "" && n.Template != tickets.TemplateJoined {
		l.After = append(l.After, p.T("mail.after.major", oneLine(major)))
	}
	return l, nil
}

// writer tells what happened to the reader of one notice.
type writer struct {
	locale.Printer
	notice tickets.Notice
}

// tell words one event, or fails when mail has no words for its template.
func (w writer) tell(e tickets.Told) (telling, error) {
	number := e.Case.Number.String()
	lead, args := string(e.Template), []any{number}
	switch e.Template {
	case tickets.TemplateTaken, tickets.TemplateInformed, tickets.TemplateAsked, tickets.TemplateResolved, tickets.TemplateReminded:
	case tickets.TemplateOpenedForYou:
		args = append(args, w.who(e))
	case tickets.TemplateClosed:
		if e.Case.Closure == tickets.ClosedBySilence {
			lead = "closed.silence"
		}
	case tickets.TemplateMerged:
		args = append(args, oneLine(e.Event.Detail.Into))
	case tickets.TemplateJoined:
		args = append(args, oneLine(e.Event.Detail.Major))
	case tickets.TemplateReopened:
		switch {
		case e.Event.Action == tickets.ActionUnmerge:
			lead = "reopened.unmerged"
		case e.Case.Party(e.Event.Actor):
			lead = "reopened.by_party"
			args = append(args, w.who(e))
		}
	default:
		return telling{}, fmt.Errorf("mail has no template %q", e.Template)
	}
	return w.sentence(w.T("mail.lead."+lead, args...), e.Event.Text), nil
}

// sentence ends a sentence before somebody's words, or without any.
func (w writer) sentence(lead, words string) telling {
	quote := quoted(words)
	if quote != "" {
		return telling{Lead: w.T("mail.end.quote", lead), Quote: quote}
	}
	return telling{Lead: w.T("mail.end.stop", lead)}
}

// who is the actor by name, for what another party of the ticket did; what the
// desk does is the desk's.
func (w writer) who(e tickets.Told) string {
	return cmp.Or(oneLine(e.Case.Who(e.Event.Actor).Name()), w.T("mail.somebody"))
}

// why says in words which rule made the mail go, and to this reader.
func (w writer) why(e tickets.Told) string {
	role := "mail.why.beneficiary"
	if w.notice.Recipient.ID == e.Case.Requester {
		role = "mail.why.requester"
	}
	reason := "mail.why." + string(e.Template)
	if e.Template == tickets.TemplateClosed && e.Case.Closure == tickets.ClosedBySilence {
		reason = "mail.why.closed.silence"
	}
	return w.T("mail.why", w.T(role, e.Case.Number.String()), w.T(reason))
}

// writeLinkCode words the code that links a chat account: what to do with it and
// until when, and that whoever did not ask for it has nothing to do. It has no
// link to follow: the code goes where it was asked for.
func writeLinkCode(n tickets.Notice, portal tickets.Portal, keys *tickets.Keyring) letter {
	p := locale.For(n.Recipient.Lang, n.Academy.Location())
	l := newLetter(n, p, n.Recipient.Name())
	l.Subject = p.T("mail.subject.link_code") // without the code: subjects are shown and logged on the way
	l.Do = p.T("mail.do.link_code")
	l.Story = telling{Lead: p.T("mail.end.quote", p.T("mail.lead.link_code"))}
	l.Code = keys.LinkCode(n.Delivery.Academy, n.Cause)
	l.After = []string{
		p.T("mail.after.link_code", l.Code, p.When(n.CreatedAt.Add(tickets.LinkCodeLife))),
		p.T("mail.link_code.ignore"),
	}
	l.NoReplyLink = portal.Home()
	l.Why = p.T("mail.why.link_code")
	l.Rules = []string{n.Rule}
	return l
}

func newLetter(n tickets.Notice, p locale.Printer, name string) letter {
	l := letter{Lang: p.Lang, Academy: oneLine(n.Academy.Name), Greeting: p.T("mail.greeting.nameless"), NoReply: p.T("mail.footer.no_reply")}
	l.Accent, l.OnIt = accent(n.Academy.Colour)
	if name = oneLine(name); name != "" {
		l.Greeting = p.T("mail.greeting", name)
	}
	return l
}

// about names the ticket, by its number alone when it is private. The subject
// begins in the same way for all mails of a ticket, holds what the inbound side
// recognises it by, and never changes: mail programs keep together what has one
// subject.
func (l *letter) about(p locale.Printer, t tickets.Ticket) {
	l.Number = t.Number.String()
	l.revealsNothing = t.Private
	if !t.Private {
		l.About = oneLine(t.Summary)
	}
	l.Subject = "[" + l.Number + "] " + cmp.Or(l.About, p.T("mail.subject"))
}

// quoted is somebody's words as a letter repeats them.
func quoted(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.TrimSpace(shorten(strings.Map(harmless, s), longestQuote))
}

// oneLine keeps header fields and greetings on their line.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return shorten(strings.Map(harmless, strings.Join(strings.Fields(s), " ")), longestLine)
}

func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + " […]"
	}
	return s
}

// harmless drops what is no text: control characters, and what turns the
// direction of the words around it (Unicode UAX #9).
func harmless(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r < ' ', r >= 0x7f && r <= 0x9f, r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return -1
	}
	return r
}
