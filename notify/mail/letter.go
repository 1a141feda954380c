package mail

import (
	"encoding/json"
	"fmt"
	"strings"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// longestQuote is how much of somebody's words a letter repeats, in characters:
// all that the portal accepts.
const longestQuote = tickets.MaxText

// letter is what a mail says, in the order in which it is read; compose writes
// it once as text and once as HTML.
type letter struct {
	Lang       tickets.Lang
	Colour     string // of the academy, #rrggbb
	Subject    string
	Greeting   string
	Lead       []string
	QuoteTitle string // "" when the lead introduces the quote
	Quote      string // somebody's words, as written
	After      []string
	Links      []link // the one to follow first
	Footer     []string
	FooterLink string
}

type link struct{ Label, URL string }

// defaultColour is used by academies that name none.
const defaultColour = "#000091"

// write words the notice for its recipient.
func write(n tickets.Notice, portal tickets.Portal, keys *tickets.Keyring) (letter, error) {
	switch n.Template {
	case tickets.TemplateGuidance:
		return writeGuidance(n, portal)
	case tickets.TemplateLinkCode:
		return writeLinkCode(n, portal, keys), nil
	}
	p := locale.For(n.Recipient.Lang, n.Academy.Location())
	t := n.Case.Ticket
	number := t.Number.String()
	view := portal.Ticket(t)

	l := newLetter(n, p, n.Recipient.Name())
	l.FooterLink = portal.Update(t)
	l.Footer = []string{p.T("mail.footer.no_reply")}
	why := p.T("mail.footer.beneficiary", number)
	if n.Recipient.ID == t.Requester {
		why = p.T("mail.footer.requester", number)
	}
	if t.Private {
		l.Subject = subject(number, p.T("mail.subject.private"))
		l.Lead = []string{p.T("mail.lead.private", number)}
		l.Links = []link{{p.T("mail.link.view"), view}}
		l.FooterLink = view
		return l, nil
	}
	l.Footer = append(l.Footer, why)

	tpl := string(n.Template)
	l.Subject = subject(number, p.T("mail.subject."+tpl))
	lead, args := "mail.lead."+tpl, []any{number}
	switch n.Template {
	case tickets.TemplateOpenedForYou:
		args = append(args, who(n, p))
		l.After = []string{p.T("mail.after." + tpl)}
		l.Links = []link{{p.T("mail.link.view"), view}}
	case tickets.TemplateTaken:
		l.After = []string{p.T("mail.after." + tpl)}
		l.Links = []link{{p.T("mail.link.view"), view}}
	case tickets.TemplateInformed:
		l.Quote = quoted(n.Event.Text)
		l.Links = []link{{p.T("mail.link.view"), view}}
	case tickets.TemplateAsked:
		l.Quote = quoted(n.Event.Text)
		l.After = []string{p.T("mail.after." + tpl)}
		l.Links = []link{{p.T("mail.link.answer"), portal.Update(t)}}
	case tickets.TemplateResolved:
		l.Quote = quoted(n.Event.Text)
		l.After = []string{p.T("mail.after." + tpl)}
		l.Links = []link{{p.T("mail.link.validate"), portal.Validate(t)}}
	case tickets.TemplateClosed:
		l.Quote = quoted(n.Event.Text)
		if cause := p.Cause(n.Academy, n.Event.Detail.Cause); cause != "" {
			l.After = []string{p.T("detail.cause", cause)}
		}
		l.After = append(l.After, p.T("mail.after."+tpl, p.Date(n.Event.At.Add(tickets.ReopenWithin))))
		l.Links = []link{{p.T("mail.link.reopen"), portal.Reopen(t)}, {p.T("mail.link.view"), view}}
		l.FooterLink = view // it takes no update any more
	case tickets.TemplateMerged:
		args = append(args, n.Event.Detail.Into)
		l.Quote = quoted(n.Event.Text)
		l.After = []string{p.T("mail.after."+tpl, n.Event.Detail.Into)}
		l.Links = []link{{p.T("mail.link.view"), view}} // the other's page may not be theirs to see
		l.FooterLink = view
	case tickets.TemplateReopened:
		l.Quote = quoted(n.Event.Text)
		l.Links = []link{{p.T("mail.link.view"), view}}
		switch {
		case n.Event.Action == tickets.ActionUnmerge:
			lead = "mail.lead.reopened.unmerged"
		case t.Party(n.Event.Actor):
			lead = "mail.lead.reopened.by_party"
			args = append(args, who(n, p))
		}
	default:
		return letter{}, fmt.Errorf("mail has no template %q", n.Template)
	}
	l.Lead = []string{p.T(lead, args...)}
	if t.Summary != "" && l.Quote == "" {
		l.Lead = append(l.Lead, p.T("mail.about", t.Summary))
	}
	return l, nil
}

// who is the actor by name, for what another party of the ticket did; what the
// desk does is the desk's.
func who(n tickets.Notice, p locale.Printer) string {
	if name := n.Case.Who(n.Event.Actor).Name(); name != "" {
		return name
	}
	return p.T("mail.somebody")
}

// writeGuidance words the answer to a refused reply: what happened, that nothing
// is lost, and the one link.
func writeGuidance(n tickets.Notice, portal tickets.Portal) (letter, error) {
	var g tickets.Guidance
	if err := json.Unmarshal(n.Data, &g); err != nil {
		return letter{}, fmt.Errorf("guidance data: %w", err)
	}
	p := locale.For(g.Lang, n.Academy.Location())
	t := n.Case.Ticket
	number := t.Number.String()
	l := newLetter(n, p, "")
	if !t.Private || g.Generic { // which says that the words are there
		l.Quote = quoted(g.Quoted)
	}
	if l.Quote != "" {
		l.QuoteTitle = p.T("mail.guidance.quoted")
	}
	if g.Generic || number == "" {
		l.Subject = p.T("mail.subject.generic")
		l.Lead = []string{p.T("mail.lead.generic"), p.T("mail.guidance.generic")}
		l.Links = []link{{p.T("mail.link.home"), portal.Home()}}
		l.Footer = []string{p.T("mail.footer.no_reply"), p.T("mail.footer.sender")}
		l.FooterLink = portal.Home()
		return l, nil
	}
	l.Subject = subject(number, p.T("mail.subject.guidance"))
	l.Lead = []string{p.T("mail.lead.guidance", number), p.T("mail.guidance.kept")}
	l.Links = []link{{p.T("mail.link.update"), portal.Update(t)}}
	if t.Status == tickets.StatusClosed { // it takes no update any more
		l.Lead[1] = p.T("mail.guidance.closed")
		l.Links = []link{{p.T("mail.link.view"), portal.Ticket(t)}}
		l.Subject = subject(number, p.T("mail.subject.generic"))
	}
	if t.Status == tickets.StatusResolved && !t.Private {
		l.Lead = append(l.Lead, p.T("mail.guidance.resolved"))
		l.Links = append(l.Links, link{p.T("mail.link.validate"), portal.Validate(t)})
	}
	l.Footer = []string{p.T("mail.footer.no_reply"), p.T("mail.footer.sender_of")}
	l.FooterLink = portal.Update(t)
	return l, nil
}

// writeLinkCode words the code that links a chat account: what to do with it and
// until when, and that whoever did not ask for it has nothing to do. It has no
// link to follow: the code goes where it was asked for.
func writeLinkCode(n tickets.Notice, portal tickets.Portal, keys *tickets.Keyring) letter {
	p := locale.For(n.Recipient.Lang, n.Academy.Location())
	l := newLetter(n, p, n.Recipient.Name())
	l.Subject = p.T("mail.subject.link_code") // without the code: subjects are shown and logged on the way
	l.Lead = []string{p.T("mail.lead.link_code")}
	l.Quote = keys.LinkCode(n.Delivery.Academy, n.Cause)
	l.After = []string{
		p.T("mail.after.link_code", l.Quote, p.When(n.CreatedAt.Add(tickets.LinkCodeLife))),
		p.T("mail.link_code.ignore"),
	}
	l.Footer = []string{p.T("mail.footer.no_reply"), p.T("mail.footer.link_code")}
	l.FooterLink = portal.Home()
	return l
}

func newLetter(n tickets.Notice, p locale.Printer, name string) letter {
	l := letter{Lang: p.Lang, Colour: n.Academy.Colour, Greeting: p.T("mail.greeting.nameless")}
	if l.Colour == "" {
		l.Colour = defaultColour
	}
	if name != "" {
		l.Greeting = p.T("mail.greeting", oneLine(name))
	}
	return l
}

// subject begins in the same way for all mails of a ticket, and holds what the
// inbound side and mail readers recognise it by.
func subject(number, what string) string { return "[" + number + "] " + what }

func quoted(s string) string {
	s = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"))
	if r := []rune(s); len(r) > longestQuote {
		s = string(r[:longestQuote]) + " […]"
	}
	return s
}

// oneLine keeps header fields and greetings on their line.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
}
