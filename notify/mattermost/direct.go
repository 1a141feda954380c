package mattermost

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// A member of the desk has one direct message per ticket. Its words are the first
// news, which stay; its attachment shows the ticket as it stood at the latest
// news. Each later news is one reply in its thread.

// direct tells a member of the desk, in their language, what somebody else did.
func (b *Bot) direct(ctx context.Context, n tickets.Notice) (thread string, err error) {
	if n.Account == "" {
		return n.Thread, permanent("the person is not linked to a chat account")
	}
	channel, err := b.directChannel(ctx, n.Account)
	if err != nil {
		return n.Thread, err
	}
	if n.Digest { // its post is no ticket's
		_, err := b.postOnce(ctx, n, b.digestPost(n, channel))
		return n.Thread, err
	}
	root := b.directPost(n, channel)
	if n.Thread == "" {
		return b.postOnce(ctx, n, root)
	}
	state := root.Clone()
	state.Message = ""
	there, err := b.edit(ctx, n.Thread, state)
	switch {
	case err != nil:
		return n.Thread, err
	case !there: // deleted: the ticket gets another
		return b.postOnce(ctx, n, root)
	}
	_, err = b.postOnce(ctx, n, b.newsPost(n, channel))
	return n.Thread, err
}

// reader writes for the notice's recipient.
func reader(n tickets.Notice) locale.Printer {
	return locale.For(n.Recipient.Lang, n.Academy.Location())
}

// directPost is the one message about the ticket: the news, and how it stands.
func (b *Bot) directPost(n tickets.Notice, channel string) *model.Post {
	p := reader(n)
	message := news(n, p)
	if !n.Recipient.SeesTicket(n.Case.Ticket) { // not any more
		return newPost(channel, n.ID, message)
	}
	a := b.attachment(n, channel, p)
	a.Text += " · " + p.T("direct.as_of", b.opts.Now())
	a.Actions = b.fitting(n, channel, p, n.Recipient,
		offer{"prendre", "card.take", tickets.ActionTake},
		offer{"voir", "card.view", ""},
		offer{"demander", "card.ask", tickets.ActionAsk},
		offer{"resoudre", "card.resolve", tickets.ActionResolve},
		offer{"affecter", "card.assign", tickets.ActionAssign},
		offer{"rendre", "card.release", tickets.ActionRelease},
		offer{"pourquoi", "card.why", ""},
	)
	return newPost(channel, n.ID, message, a)
}

// newsPost is the reply in the thread of the message about the ticket.
func (b *Bot) newsPost(n tickets.Notice, channel string) *model.Post {
	p := reader(n)
	why := &model.MessageAttachment{Actions: []*model.PostAction{b.button(n, channel, "pourquoi", p.T("card.why"))}}
	post := newPost(channel, uuid.NewSHA1(n.ID, []byte("news")), news(n, p), why)
	post.RootId = n.Thread
	return post
}

// told is all that the notice tells, in the order in which it happened.
func told(n tickets.Notice) []tickets.Told {
	last := tickets.Told{Template: n.Template, Rule: n.Rule, Case: n.Case, Event: n.Event}
	return append(append([]tickets.Told{}, n.Earlier...), last)
}

// maxGathered is how much of each one's words is quoted where several are told
// together, in characters.
const maxGathered = 1000

// news words what the notice tells of its ticket: of several things, a line each
// with its time.
func news(n tickets.Notice, p locale.Printer) string {
	all := told(n)
	if len(all) == 1 {
		message := sentence(all[0], p)
		if words := all[0].Event.Text; words != "" && !hidden(n.Recipient, n.Case.Ticket) {
			message += "\n" + quote(words)
		}
		return message
	}
	message := p.N("direct.several", len(all), n.Case.Number.String())
	for _, one := range all {
		message += "\n- **" + p.When(one.Event.At) + "** · " + sentence(one, p)
		if words := one.Event.Text; words != "" && !hidden(n.Recipient, n.Case.Ticket) {
			message += "\n  " + strings.ReplaceAll(quote(shorten(words, maxGathered)), "\n", "\n  ")
		}
	}
	return message
}

// hidden says whether hardly more than the ticket's number is for a chat: the
// ticket is private, or the recipient may not see it any more.
func hidden(who tickets.Person, t tickets.Ticket) bool { return t.Private || !who.SeesTicket(t) }

// sentence says what happened to the ticket. A requester is never named.
func sentence(t tickets.Told, p locale.Printer) string {
	args := []any{t.Case.Number.String()}
	what, byDesk := variant(t)
	if byDesk {
		args = append(args, actor(t.Case, t.Event, p))
	}
	return p.T("direct."+what, args...)
}

// variant is which words tell it, and whether they name a member of the desk.
func variant(t tickets.Told) (what string, byDesk bool) {
	what = string(t.Template)
	switch {
	case t.Template == tickets.TemplateComplement, t.Template == tickets.TemplateRefused:
		return what, false
	case t.Template == tickets.TemplateReopened && t.Case.Party(t.Event.Actor):
		return what + ".by_party", false
	case t.Template == tickets.TemplateReopened && t.Event.Action == tickets.ActionUnmerge:
		return what + ".unmerged", true
	}
	return what, true
}

// shorten cuts s to at most that many characters and says so by an ellipsis.
func shorten(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-1]) + "…"
}
