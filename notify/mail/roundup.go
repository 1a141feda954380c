package mail

import (
	"encoding/json"
	"errors"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
	"cecoia.example/tickets/oncall"
)

// writeRoundup words what waits for a member of the desk who has no chat account.
func writeRoundup(n tickets.Notice, portal tickets.Portal) (letter, error) {
	var r oncall.Roundup
	if err := json.Unmarshal(n.Data, &r); err != nil || r.At.IsZero() {
		return letter{}, errors.New("the delivery has no round-up")
	}
	p := locale.For(n.Recipient.Lang, n.Academy.Location())
	l := newLetter(n, p, n.Recipient.Name())
	l.Subject = p.T("roundup.head", r.At)
	l.Do = p.T("mail.do.roundup")
	var lines []string
	if own := p.Waiting(r.Own.Counts(), r.Own.Oldest); own != "" {
		lines = append(lines, p.T("roundup.own")+" · "+own)
	}
	for _, g := range r.Groups {
		lines = append(lines, oneLine(p.Group(n.Academy, g.Group))+" · "+p.Waiting(g.Counts(), g.Oldest))
	}
	l.Story = telling{Lead: p.T("roundup.head", r.At)}
	l.After = lines
	l.Links = []link{{p.T("mail.link.desk"), portal.Home()}}
	if r.Alerts > 0 {
		l.After = append(l.After, p.N("roundup.alerts", r.Alerts))
		l.More = []link{{p.T("mail.link.supervision"), portal.Supervision()}}
	}
	l.NoReplyLink = portal.Home()
	l.Why = p.T("mail.why.roundup")
	l.Rules = []string{n.Rule}
	return l, nil
}
