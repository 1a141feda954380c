package mattermost

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
)

// failure is why a request came to nothing, and what to make of it.
type failure struct {
	outcome tickets.Outcome
	status  int // HTTP, 0 without an answer
	retryAt time.Time
	err     error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func permanent(why string) error {
	return &failure{outcome: tickets.Permanent, err: errors.New(why)}
}

// receipt turns the end of an attempt into what notify records.
func (b *Bot) receipt(err error) tickets.Receipt {
	if err == nil {
		return tickets.Receipt{Outcome: tickets.Delivered}
	}
	r := tickets.Receipt{Outcome: tickets.Retry, Err: err.Error()}
	var f *failure
	if errors.As(err, &f) {
		r.Outcome, r.RetryAt = f.outcome, f.retryAt
	}
	return r
}

func statusOf(err error) int {
	var f *failure
	if errors.As(err, &f) {
		return f.status
	}
	return 0
}

// call makes one request, unless the server asked us to hold off, and says what
// a failure means. creates tells that the request makes a post: without an answer
// it may have. A 429 is no AppError and resp may be nil, so the status is read
// from resp alone.
func (b *Bot) call(what string, creates bool, request func() (*model.Response, error)) error {
	if until := time.UnixMilli(b.held.Load()); b.opts.Now().Before(until) {
		return &failure{outcome: tickets.Retry, status: http.StatusTooManyRequests, retryAt: until,
			err: fmt.Errorf("%s: the server asked for fewer requests", what)}
	}
	resp, err := request()
	if err == nil {
		return nil
	}
	f := &failure{outcome: tickets.Retry, err: fmt.Errorf("%s: %w", what, err)}
	if resp != nil {
		f.status = resp.StatusCode
	}
	switch {
	case f.status == 0 && creates && !neverConnected(err), f.status != 0 && f.status < 300 && creates:
		f.outcome = tickets.Uncertain
	case f.status == http.StatusTooManyRequests:
		f.retryAt = b.holdOff(resp.Header)
		f.err = fmt.Errorf("%s: too many requests", what)
	case f.status == http.StatusUnauthorized:
		f.err = fmt.Errorf("%s: the server refuses the bot's token: renew it", what)
	case f.status == http.StatusBadRequest:
		if !strings.Contains(appErrorID(err), "root_id") { // the thread's root went meanwhile
			f.outcome = tickets.Permanent
		}
	case f.status >= 500 && creates && !strings.Contains(appErrorID(err), "deduplicate_create_post.pending"):
		f.outcome = tickets.Uncertain
	}
	return f
}

// holdOff keeps all requests back until the server takes more, so that the rest
// of a crowd is not turned away one by one.
func (b *Bot) holdOff(h http.Header) time.Time {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 1 {
		seconds = 1
	}
	until := b.opts.Now().Add(time.Duration(min(seconds, 3600)) * time.Second)
	b.held.Store(until.UnixMilli())
	return until
}

func appErrorID(err error) string {
	var e *model.AppError
	if errors.As(err, &e) {
		return e.Id
	}
	return ""
}

// neverConnected says whether the request cannot have reached the server.
func neverConnected(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// me returns the bot's own user id.
func (b *Bot) me(ctx context.Context) (string, error) {
	b.mu.Lock()
	id := b.id
	b.mu.Unlock()
	if id != "" {
		return id, nil
	}
	var user *model.User
	err := b.call("who am I", false, func() (resp *model.Response, err error) {
		user, resp, err = b.client.GetMe(ctx, "")
		return resp, err
	})
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	b.id, b.name = user.Id, user.Username
	b.mu.Unlock()
	return user.Id, nil
}

// permalink is the address of a post as people open it in the chat.
func (b *Bot) permalink(team, post string) string {
	return strings.TrimRight(b.opts.URL, "/") + "/" + team + "/pl/" + post
}

// groupChannel returns the id of the channel of the group that the notice is for.
func (b *Bot) groupChannel(ctx context.Context, n tickets.Notice) (string, error) {
	code, _ := n.Delivery.Recipient.Group()
	group, ok := n.Academy.Group(code)
	if !ok {
		return "", permanent(fmt.Sprintf("the academy has no group %q any more", code))
	}
	team, name := n.Academy.Team, group.Channel
	return b.channel(team+"/"+name, func() (id string, err error) {
		err = b.call("find channel "+team+"/"+name, false, func() (*model.Response, error) {
			c, resp, err := b.client.GetChannelByNameForTeamName(ctx, name, team, "")
			if err == nil {
				id = c.Id
			}
			return resp, err
		})
		return id, retriable(err) // it may still be created, or opened to the bot
	})
}

// directChannel returns the id of the channel between the bot and a user.
func (b *Bot) directChannel(ctx context.Context, user string) (string, error) {
	me, err := b.me(ctx)
	if err != nil {
		return "", err
	}
	return b.channel("@"+user, func() (id string, err error) {
		err = b.call("open direct channel", false, func() (*model.Response, error) {
			c, resp, err := b.client.CreateDirectChannel(ctx, me, user)
			if err == nil {
				id = c.Id
			}
			return resp, err
		})
		if statusOf(err) == http.StatusNotFound {
			err = permanent("the person's chat account is gone")
		}
		return id, err
	})
}

// channel looks into the cache before it asks.
func (b *Bot) channel(key string, ask func() (string, error)) (string, error) {
	b.mu.Lock()
	id := b.channels[key]
	b.mu.Unlock()
	if id != "" {
		return id, nil
	}
	id, err := ask()
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	b.channels[key] = id
	b.mu.Unlock()
	return id, nil
}

// forget drops a channel from the cache: it may have been made anew.
func (b *Bot) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, v := range b.channels {
		if v == id {
			delete(b.channels, k)
		}
	}
}

// retriable makes a refusal that an administrator can lift one to try again.
func retriable(err error) error {
	var f *failure
	if errors.As(err, &f) && f.outcome == tickets.Permanent {
		f.outcome = tickets.Retry
	}
	return err
}
