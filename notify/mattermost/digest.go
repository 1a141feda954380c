package mattermost

import (
	"strings"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// maxDigestTickets is how many tickets a digest tells of.
const maxDigestTickets = 30

// digestPost tells in one message what the recipient wanted told together: a
// line for each ticket, the one of which something happened first before the
// others; of a private one its number alone.
func (b *Bot) digestPost(n tickets.Notice, channel string) *model.Post {
	p := reader(n)
	var order []uuid.UUID
	about := map[uuid.UUID][]tickets.Told{}
	for _, t := range told(n) {
		if _, seen := about[t.Case.ID]; !seen {
			order = append(order, t.Case.ID)
		}
		about[t.Case.ID] = append(about[t.Case.ID], t)
	}
	var s strings.Builder
	s.WriteString(p.N("digest.head", len(order)) + "\n")
	for _, id := range order[:min(len(order), maxDigestTickets)] {
		s.WriteString("\n- " + b.digestLine(n.Recipient, about[id], p))
	}
	if left := len(order) - maxDigestTickets; left > 0 {
		s.WriteString("\n- " + p.N("digest.left", left))
	}
	s.WriteString("\n\n" + p.T("digest.why", n.Direct.DigestTimes()))
	return newPost(channel, n.ID, s.String())
}

// digestLine tells what happened to one ticket, who did it and when.
func (b *Bot) digestLine(who tickets.Person, happened []tickets.Told, p locale.Printer) string {
	latest := happened[len(happened)-1].Case
	link := markdownLink(latest.Number.String(), b.opts.Portal.Ticket(latest.Ticket))
	if hidden(who, latest.Ticket) {
		return link + " · " + p.T("card.private")
	}
	parts := []string{link, p.State(latest.Ticket)}
	for _, t := range happened {
		what, byDesk := variant(t)
		var args []any
		if byDesk {
			args = append(args, actor(t.Case, t.Event, p))
		}
		parts = append(parts, p.T("digest."+what, args...)+" ("+p.When(t.Event.At)+")")
	}
	return strings.Join(parts, " · ")
}
