package mail

import (
	"encoding/json"
	"fmt"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// writeGuidance words the answer to a refused reply: what happened, that nothing
// is lost, and the one link; with the words of the reply, which are the reader's
// own.
func writeGuidance(n tickets.Notice, portal tickets.Portal) (letter, error) {
	var g tickets.Guidance
	if err := json.Unmarshal(n.Data, &g); err != nil {
		return letter{}, fmt.Errorf("guidance data: %w", err)
	}
	p := locale.For(g.Lang, n.Academy.Location())
	t := n.Case.Ticket
	l := newLetter(n, p, "")
	l.Rules = []string{n.Rule}
	if !t.Private || g.Generic { // which says that the words are there
		l.Quote = quoted(g.Quoted)
	}
	if l.Quote != "" {
		l.QuoteTitle = p.T("mail.guidance.quoted")
	}
	stop := func(key string, args ...any) telling { return telling{Lead: p.T("mail.end.stop", p.T(key, args...))} }
	wordless := g.Quoted == "" // a picture alone, an encrypted mail, nothing but quotes
	if g.Generic || t.Number.String() == "" {
		l.Subject = p.T("mail.subject.generic")
		l.Do = l.Subject
		l.Links = []link{{p.T("mail.link.home"), portal.Home()}}
		l.Story = stop("mail.lead.generic")
		l.After = []string{p.T("mail.guidance.generic")}
		if wordless {
			l.After = []string{p.T("mail.wordless.generic")}
		}
		if g.TooLarge {
			l.After = append(l.After, p.T("mail.guidance.too_large"))
		}
		l.NoReplyLink = portal.Home()
		l.Why = p.T("mail.why.generic")
		return l, nil
	}
	l.about(p, t)
	l.Subject = "Re: " + l.Subject // it answers them, and stays with the ticket's mails
	l.Why = p.T("mail.why.guidance")
	l.NoReplyLink = portal.Update(t)
	l.Story = stop("mail.lead.guidance", l.Number)
	if t.Status == tickets.StatusClosed { // it takes no update any more
		l.Do = p.T("mail.do.closed_reply")
		if !t.Private {
			l.After = []string{p.T("mail.guidance.closed")}
		}
		l.Links = []link{{p.T("mail.link.view"), portal.Ticket(t)}}
		l.NoReplyLink = portal.Ticket(t)
		return l, nil
	}
	l.Do = p.T("mail.do.guidance")
	l.After = []string{p.T("mail.guidance.kept")}
	l.Links = []link{{p.T("mail.link.update"), portal.Update(t)}}
	resolved := "mail.guidance.resolved"
	if wordless {
		resolved = "mail.wordless.resolved"
		l.After = []string{p.T("mail.wordless")}
		l.Links = []link{{p.T("mail.link.answer"), portal.Update(t)}}
	}
	if g.TooLarge {
		l.After = append(l.After, p.T("mail.guidance.too_large"))
	}
	if t.Status == tickets.StatusResolved && !t.Private {
		l.After = append(l.After, p.T(resolved))
		l.Links = append(l.Links, link{p.T("mail.link.validate"), portal.Validate(t)})
	}
	return l, nil
}
