// Package mattermost tells the desk in its chat, as a bot: the one card of each
// ticket in its group's channel, the words in the card's thread, alerts to
// supervisors, and to a member of the desk one direct message per ticket, with
// its thread, or a digest.
//
// Who reads a channel bypasses a ticket's permissions, so a card never shows a
// requester's name, a telephone or the description. card.go says what is posted
// there, direct.go and digest.go what one person gets, defuse.go makes people's
// words harmless, bot.go and client.go talk to the server (REST, model.Client4)
// and make posting idempotent.
//
// What must not live here: who is told, retries and their times (notify), what
// people click or type (ingest/mattermost), words (tickets/locale).
package mattermost

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/notify"
	"cecoia.example/tickets"
)

// Options are what a Bot is made of.
type Options struct {
	URL   string // of the server, required
	Token string // of the bot's account, required
	// HooksURL is our own base URL as the server reaches it; buttons call
	// HooksURL/mattermost/action. Required.
	HooksURL string
	Portal   tickets.Portal   // required
	Keyring  *tickets.Keyring // required

	// Timeout bounds one request to the server. Default 15 s.
	Timeout time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Bot posts notices. It is safe for concurrent use.
type Bot struct {
	opts   Options
	client *model.Client4
	held   atomic.Int64 // Unix ms: no request before, as the server asked

	mu       sync.Mutex
	id, name string               // the bot's own user id and name, "" before they are known
	channels map[string]string    // ids, by team/channel or by user of a direct channel
	alerted  map[string]time.Time // when supervisors were told that it cannot write in a team/channel
}

var _ notify.Channel = (*Bot)(nil)

// New returns a bot. It connects to nothing yet.
func New(o Options) (*Bot, error) {
	if o.URL == "" || o.Token == "" || o.HooksURL == "" || o.Portal.Base == "" || o.Keyring == nil {
		return nil, errors.New("mattermost.New: URL, Token, HooksURL, Portal and Keyring are required")
	}
	o.HooksURL = strings.TrimRight(o.HooksURL, "/")
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	client := model.NewAPIv4Client(o.URL)
	client.SetToken(o.Token)
	client.HTTPClient = &http.Client{
		Transport: transport,
		Timeout:   o.Timeout,
		// The token is for this server alone.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Bot{opts: o, client: client, channels: map[string]string{}, alerted: map[string]time.Time{}}, nil
}

// Close lets go of the connections kept alive.
func (b *Bot) Close() { b.client.HTTPClient.CloseIdleConnections() }

// Send posts the notice, or edits the post that already stands for it.
//
// The post carries the delivery's id, as pending_post_id, by which the server
// drops a double for some 30 s, and in its props, by which a later attempt finds
// it. Receipt.Thread is the id of the post.
func (b *Bot) Send(ctx context.Context, n tickets.Notice) tickets.Receipt {
	thread, err := b.deliver(ctx, n)
	r := b.receipt(err)
	if thread != n.Thread {
		r.Thread = thread // even when what follows failed: the card is there
	}
	return r
}

func (b *Bot) deliver(ctx context.Context, n tickets.Notice) (thread string, err error) {
	switch n.Template {
	case tickets.TemplateCard:
		thread, err := b.card(ctx, n)
		return thread, b.lockedOut(ctx, n, err)
	case tickets.TemplateAlert:
		return b.alert(ctx, n)
	case tickets.TemplateEscalated:
		return b.escalated(ctx, n)
	case tickets.TemplateRoundup:
		return b.roundup(ctx, n)
	}
	if slices.Contains(tickets.DirectTemplates(), n.Template) {
		return b.direct(ctx, n)
	}
	return n.Thread, permanent(fmt.Sprintf("the chat has no template %q", n.Template))
}

// How often a card is sent until it can link to the one where the ticket is now,
// or to the one that the ticket has left: that one may never have been.
const (
	linkAttempts     = 8
	linkBackAttempts = 3
)

// card brings the ticket's card up to date, posts it where there is none, and
// puts the event's words into its thread. Where the ticket has left the group, a
// card that is not there is not made.
func (b *Bot) card(ctx context.Context, n tickets.Notice) (thread string, err error) {
	channel, err := b.groupChannel(ctx, n)
	if err != nil {
		return n.Thread, err
	}
	card := b.cardPost(n, channel)
	thread = n.Thread
	if thread == "" && left(n) && n.Attempts > 1 {
		if thread, err = b.find(ctx, card, n.CreatedAt); err != nil {
			return n.Thread, err
		}
	}
	if thread != "" {
		there, err := b.edit(ctx, thread, card)
		if err != nil {
			return thread, err
		}
		if !there {
			thread = ""
		}
	}
	if thread == "" && left(n) {
		return n.Thread, nil // the channel has never seen it, or sees it no more
	}
	defer func() {
		if why := unlinked(n); err == nil && why != "" {
			err = &failure{outcome: tickets.Retry, err: errors.New(why)}
		}
	}()
	if thread == "" {
		if thread, err = b.postOnce(ctx, n, card); err != nil {
			return n.Thread, err
		}
	}
	words := wordsPost(n, b.opts.Portal)
	if words == nil {
		return thread, nil
	}
	words.ChannelId, words.RootId = channel, thread
	_, err = b.postOnce(ctx, n, words)
	return thread, err
}

// postOnce posts unless an earlier attempt at this delivery did.
func (b *Bot) postOnce(ctx context.Context, n tickets.Notice, p *model.Post) (id string, err error) {
	if n.Attempts > 1 {
		id, err = b.find(ctx, p, n.CreatedAt)
		if err != nil || id != "" {
			return id, err
		}
	}
	return b.post(ctx, p)
}
