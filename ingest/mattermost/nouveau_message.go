package mattermost

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/ingest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// permalinkPattern is the link of a message, as "Copy link" gives it. Which
// server it names does not count: ours has an address inside and one outside.
var permalinkPattern = regexp.MustCompile(`^(?:https?://\S+?|/?[a-z0-9_-]+)?/pl/([a-z0-9]{26})/?(?:[?#]\S*)?$`)

// cutPermalink takes the link of a message, or its bare id, off the head of s.
func cutPermalink(s string) (post, link, rest string, ok bool) {
	s = strings.TrimLeftFunc(s, blank)
	end := strings.IndexFunc(s, blank)
	if end < 0 {
		end = len(s)
	}
	link, rest = strings.Trim(s[:end], "<>()[]\"'“”«»,;:."), plainText(s[end:])
	if m := permalinkPattern.FindStringSubmatch(link); m != nil {
		return m[1], link, rest, true
	}
	if idPattern.MatchString(link) && strings.ContainsAny(link, "0123456789") { // letters alone may be a word
		return link, "", rest, true
	}
	return "", "", s, false
}

// noteWithin bounds the first attempt to write the number in the thread, so that
// the answer says what became of it.
const noteWithin = 2 * time.Second

// fromMessage files the ticket of a message, once for all who ask, and has its
// number written in the message's thread. card is whom the command itself names,
// and words what it adds.
func (c *call) fromMessage(ctx context.Context, kind tickets.Kind, card tickets.Card, post, link, words string) (string, error) {
	me, err := c.me(ctx)
	if err != nil {
		return "", err
	}
	p, err := c.message(ctx, me, post)
	if err != nil {
		return "", err
	}
	if p.UserId == me.Id {
		said, err := c.ownPost(ctx, p)
		if err != nil || said != "" {
			return said, err
		}
	}
	source := "message " + p.Id
	cs, err := c.Desk.CaseFrom(ctx, c.by(0), source)
	if err == nil {
		said := c.print.T("chat.post.there", cs.Number.String(), c.print.State(cs.Ticket), c.Portal.Ticket(cs.Ticket))
		return said + "\n" + c.tellThread(ctx, cs, p, me), nil
	}
	if tickets.CodeOf(err) != tickets.NotFound {
		return "", err
	}
	nobody := false
	if card.Beneficiary == uuid.Nil {
		if card.Beneficiary, err = c.authorOf(ctx, p); err != nil {
			return "", err
		}
		if nobody = card.Beneficiary == uuid.Nil; nobody || card.Beneficiary == c.person.ID {
			card.Beneficiary, card.Phone, card.Place, card.Entity = c.person.ID, c.person.Phone, c.person.Place, c.person.Entity
		}
	}
	card.Urgency = tickets.Low
	if card.Summary, card.Description, err = c.describe(ctx, p, link, words); err != nil {
		return "", err
	}
	if cs, err = c.Desk.OpenFrom(ctx, c.by(0), source, kind, card); err != nil {
		return "", err
	}
	if !c.person.SeesTicket(cs.Ticket) { // somebody else's, and private
		return c.print.T("chat.post.hidden"), nil
	}
	said := c.print.T("chat.post.done", cs.Number.String(), inline(cs.Who(cs.Beneficiary).Name()), c.Portal.Ticket(cs.Ticket))
	if nobody {
		said += "\n" + c.print.T("chat.post.unlinked")
	}
	return said + "\n" + c.tellThread(ctx, cs, p, me), nil
}

// message reads a message as the bot, for somebody who could read it themselves:
// a link must not show what its channel keeps from them.
func (c *call) message(ctx context.Context, me *model.User, id string) (*model.Post, error) {
	p, resp, err := c.bot.GetPost(ctx, id, "")
	unseen := resp != nil && (resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusBadRequest)
	switch {
	case unseen, err == nil && (p.DeleteAt != 0 || p.IsSystemMessage()):
		c.audit("message is not the bot's to read")
		return nil, refusal(c.print.T("chat.post.unseen", me.Username))
	case err != nil:
		return nil, asBot(resp, err)
	}
	if _, resp, err = c.bot.GetChannelMember(ctx, p.ChannelId, c.command.Account, ""); err != nil {
		if resp != nil && (resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusForbidden) {
			c.audit("message is of a channel that is not theirs")
			return nil, refusal(c.print.T("chat.post.not_yours"))
		}
		return nil, asBot(resp, err)
	}
	return p, nil
}

// ownPost says which ticket a card of the bot's is; "" for what is none.
func (c *call) ownPost(ctx context.Context, p *model.Post) (string, error) {
	id, _, err := c.Directory.ThreadTicket(ctx, c.academy.ID, tickets.Chat, p.Id)
	if err == nil && id != uuid.Nil {
		cs, err := c.Desk.CaseByID(ctx, c.by(0), id)
		if err != nil {
			return "", err
		}
		return c.print.T("chat.post.card", cs.Number.String(), c.Portal.Ticket(cs.Ticket)), nil
	}
	if tickets.CodeOf(err) == tickets.NotFound {
		err = nil
	}
	return "", err
}

// authorOf returns the person of the directory who wrote the message, uuid.Nil
// when that is not known: a program's message bears the name of who set it up.
func (c *call) authorOf(ctx context.Context, p *model.Post) (uuid.UUID, error) {
	if !written(p, "") {
		return uuid.Nil, nil
	}
	person, err := c.Directory.PersonByAccount(ctx, c.academy.ID, tickets.Chat, p.UserId)
	if tickets.CodeOf(err) == tickets.NotFound {
		return uuid.Nil, nil
	}
	return person.ID, err
}

// describe makes the description: what the agent adds, the message as it was
// written, the names of its files, and its link; and the summary of its first
// line.
func (c *call) describe(ctx context.Context, p *model.Post, link, words string) (summary, description string, err error) {
	text := strings.TrimSpace(plainChars(p.Message))
	var after []string
	if len(p.FileIds) > 0 {
		files, resp, err := c.bot.GetFileInfosForPost(ctx, p.Id, "")
		if err != nil && (resp == nil || resp.StatusCode >= http.StatusInternalServerError) {
			return "", "", err
		}
		var names []string
		for _, f := range files {
			names = append(names, shorten(plainChars(f.Name), tickets.MaxLine))
		}
		if len(names) > 0 {
			after = append(after, c.print.T("chat.post.files", strings.Join(names, ", ")))
		}
	}
	if text == "" && words == "" && len(after) == 0 {
		return "", "", refusal(c.print.T("chat.post.no_text"))
	}
	if strings.HasPrefix(link, "http") {
		after = append(after, c.print.T("chat.post.link", shorten(link, tickets.MaxLine)))
	}
	end := strings.Join(after, "\n")
	words = shorten(plainChars(words), tickets.MaxText/2)
	// Of too long a message the end is cut, not what follows it.
	const between = "\n\n"
	room := tickets.MaxText - utf8.RuneCountInString(words+between+between+end)
	parts := slices.DeleteFunc([]string{words, shorten(text, max(room, 1)), end}, func(s string) bool { return s == "" })
	first, _, _ := strings.Cut(parts[0], "\n")
	return shorten(strings.Trim(first, "#*>_~`- \t|"), tickets.MaxLine), shorten(strings.Join(parts, between), tickets.MaxText), nil
}

// plainChars is s without what no text of a ticket holds.
func plainChars(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
}

// tellThread writes the ticket's number in the thread of its message, and says
// what became of that. It is written once, however often it is asked for; what
// fails is kept, and tried again.
func (c *call) tellThread(ctx context.Context, cs tickets.Case, p *model.Post, me *model.User) string {
	root := p.RootId
	if root == "" {
		root = p.Id
	}
	note := ingest.Command{
		ID: commandID(p.Id, "filed", string(c.academy.ID)), Academy: c.academy.ID, Account: c.command.Account, Text: cs.Number.String(),
		Place: p.ChannelId, Thread: root, Post: p.Id, Instead: insteadFiled, ReceivedAt: c.Now(),
	}
	tell := func() error {
		ctx, cancel := c.within(ctx, noteWithin)
		defer cancel()
		return c.Direct(ctx, note, ingest.Answer{How: ingest.Done, Text: c.filedText(cs)})
	}
	err := tell()
	if errors.Is(err, ingest.ErrUndeliverable) { // a public channel can be read from outside, not written in
		if _, _, joined := c.bot.AddChannelMember(ctx, p.ChannelId, me.Id); joined == nil {
			err = tell()
		}
	}
	if err == nil {
		return c.print.T("chat.post.told")
	}
	c.Logger.Warn("number of a ticket not written in the thread of its message", "ticket", cs.Number.String(), "academy", c.academy.ID, "error", err)
	if !errors.Is(err, ingest.ErrUndeliverable) && c.Take != nil {
		if _, err := c.Take(ctx, note); err == nil {
			return c.print.T("chat.post.told_soon")
		}
	}
	return c.print.T("chat.post.not_told", me.Username)
}

// filedText is what a channel may know of a ticket.
func (c *call) filedText(cs tickets.Case) string {
	p := locale.For(tickets.French, c.academy.Location()) // as cards are
	return p.T("chat.message.filed", cs.Number.String(), c.Portal.Ticket(cs.Ticket), p.State(cs.Ticket))
}

// filedNote is filedText for a kept note, by its number.
func (c *call) filedNote(ctx context.Context) (string, error) {
	ref, err := tickets.ParseRef(c.command.Text)
	if err != nil {
		return "", err
	}
	cs, err := c.Desk.Case(ctx, c.by(0), ref)
	if err != nil {
		if tickets.CodeOf(err) != "" {
			return "", nil // no longer theirs to tell
		}
		return "", err
	}
	return c.filedText(cs), nil
}
