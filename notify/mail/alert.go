package mail

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
	"cecoia.example/tickets/oncall"
)

// writeAlert words an alert that nobody saw to, or that the chat cannot carry:
// what it is, since when, the tickets to begin with, by number alone, and the
// supervision page.
func writeAlert(n tickets.Notice, portal tickets.Portal) (letter, error) {
	var card oncall.Card
	if err := json.Unmarshal(n.Data, &card); err != nil || card.Rule == "" {
		return letter{}, errors.New("the delivery has no alert")
	}
	p := locale.For(n.Recipient.Lang, n.Academy.Location())
	l := newLetter(n, p, n.Recipient.Name())
	what := []string{p.T("alert." + string(card.Rule))}
	if about := p.AlertAbout(n.Academy, string(card.Rule), card.Theme, card.Subject); about != "" {
		what = append(what, oneLine(about))
	}
	severity := p.T("alert.severity." + strconv.Itoa(int(card.Severity)))
	l.Subject = "[" + p.T("alert.number", card.Rank) + "] " + severity + " · " + strings.Join(what, " · ")
	l.Do = p.T("mail.do.escalated")
	count := "alert.things"
	if len(card.Worst) > 0 {
		count = "alert.tickets"
	}
	l.Story = telling{Lead: strings.Join(append(what, p.N(count, card.Count), p.T("alert.since", card.Since)), " · ")}
	l.After = []string{p.T("alert." + string(card.Rule) + ".todo")}
	l.Links = []link{{p.T("mail.link.supervision"), portal.Supervision()}}
	for _, w := range card.Worst {
		l.More = append(l.More, link{w.Number.String(), portal.Ticket(tickets.Ticket{Academy: n.Academy.ID, Number: w.Number})})
	}
	l.NoReplyLink = portal.Supervision()
	l.Why = p.T("mail.why.escalated")
	l.Rules = []string{n.Rule}
	return l, nil
}
