package mattermost

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// alertAgain is when supervisors are told again of a channel that the bot is
// still kept out of.
const alertAgain = 24 * time.Hour

// lockedOut tells supervisors, once, that the bot cannot write in its group's
// channel, with the remedy: it was removed from a channel that it cannot join by
// itself, or the channel is gone. It returns err, the end of the attempt at a
// card, with the remedy: the delivery is tried again.
func (b *Bot) lockedOut(ctx context.Context, n tickets.Notice, err error) error {
	code, _ := n.Delivery.Recipient.Group()
	group, ok := n.Academy.Group(code)
	where := n.Academy.Team + "/" + group.Channel
	status := statusOf(err)
	if !ok || status != http.StatusForbidden && status != http.StatusNotFound {
		if err == nil {
			b.mu.Lock()
			delete(b.alerted, where)
			b.mu.Unlock()
		}
		return err
	}
	supervision, ok := n.Academy.Supervision()
	if !ok || supervision.Code == code || !b.first(where) {
		return err
	}
	if told := b.tellLockedOut(ctx, n, group, supervision); told != nil {
		b.mu.Lock()
		delete(b.alerted, where) // the next attempt tells
		b.mu.Unlock()
		return fmt.Errorf("%w (and supervisors could not be told: %w)", err, told)
	}
	return err
}

// first says whether this is the first lock-out of the channel that this process
// sees, and notes it.
func (b *Bot) first(where string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.opts.Now()
	if at, told := b.alerted[where]; told && now.Sub(at) < alertAgain {
		return false
	}
	b.alerted[where] = now
	return true
}

// tellLockedOut posts the alert, unless another process did in this day: its key
// is that of the channel and the day.
func (b *Bot) tellLockedOut(ctx context.Context, n tickets.Notice, group, supervision tickets.Group) error {
	n.Delivery.Recipient = tickets.ToGroup(supervision.Code)
	channel, err := b.groupChannel(ctx, n)
	if err != nil {
		return err
	}
	if _, err := b.me(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	name := b.name
	b.mu.Unlock()
	day := b.opts.Now().UTC().Truncate(alertAgain)
	key := uuid.NewSHA1(uuid.NameSpaceURL, []byte("locked out of "+b.permalink(n.Academy.Team, group.Channel)+day.Format(time.DateOnly)))
	post := newPost(channel, key, printer(n).T("card.locked_out", group.Channel, name))
	posted, err := b.find(ctx, post, day)
	if err != nil || posted != "" {
		return err
	}
	_, err = b.post(ctx, post)
	return err
}
