package mattermost

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

const (
	// skew is how far the server's clock may be behind ours when we look for a
	// post by its age.
	skew = 5 * time.Minute
	// pageSize and maxPages bound that search.
	pageSize, maxPages = 200, 25
)

// post creates the post; where the bot is not in the channel it joins and tries
// once more.
func (b *Bot) post(ctx context.Context, p *model.Post) (id string, err error) {
	create := func() error {
		return b.call("post", true, func() (*model.Response, error) {
			created, resp, err := b.client.CreatePost(ctx, p)
			if err == nil {
				id = created.Id
			}
			return resp, err
		})
	}
	err = create()
	switch statusOf(err) {
	case http.StatusForbidden:
		if joined := b.join(ctx, p.ChannelId); joined != nil {
			return "", errors.Join(err, joined)
		}
		err = create()
	case http.StatusNotFound:
		b.forget(p.ChannelId)
	}
	return id, err
}

// join makes the bot a member of the channel, public ones too: who posts must be.
func (b *Bot) join(ctx context.Context, channel string) error {
	me, err := b.me(ctx)
	if err != nil {
		return err
	}
	return retriable(b.call("join the channel", false, func() (*model.Response, error) {
		_, resp, err := b.client.AddChannelMember(ctx, channel, me)
		return resp, err
	}))
}

// edit replaces the message, unless p has none, and the props of a post of ours
// by those of p, and says false when it is there no more. The props are always the full ones: those
// read back from the server have lost what makes their buttons work.
func (b *Bot) edit(ctx context.Context, id string, p *model.Post) (there bool, err error) {
	props := p.GetProps()
	change := &model.PostPatch{Props: &props}
	if p.Message != "" {
		change.Message = &p.Message
	}
	patch := func() error {
		return b.call("edit card", false, func() (*model.Response, error) {
			_, resp, err := b.client.PatchPost(ctx, id, change)
			return resp, err
		})
	}
	err = patch()
	if s := statusOf(err); s != http.StatusForbidden && s != http.StatusNotFound {
		return true, err
	}
	// Servers say 403 for a deleted post too: look whether it is there and ours.
	me, myErr := b.me(ctx)
	if myErr != nil {
		return true, myErr
	}
	var found *model.Post
	lookErr := b.call("look for the card", false, func() (resp *model.Response, err error) {
		found, resp, err = b.client.GetPost(ctx, id, "")
		return resp, err
	})
	switch {
	case statusOf(lookErr) == http.StatusNotFound:
		return false, nil
	case lookErr != nil && statusOf(lookErr) != http.StatusForbidden:
		return true, lookErr
	case lookErr == nil && (found.DeleteAt != 0 || found.UserId != me):
		return false, nil
	}
	// It is there, or may be: the bot is not in the channel any more.
	if joined := b.join(ctx, p.ChannelId); joined != nil {
		return true, errors.Join(err, joined)
	}
	return true, patch()
}

// find returns the id of the post that carries p's delivery, made since then, or
// "" when there is none: an earlier attempt may have made it without our hearing.
func (b *Bot) find(ctx context.Context, p *model.Post, since time.Time) (string, error) {
	me, err := b.me(ctx)
	if err != nil {
		return "", err
	}
	match := func(l *model.PostList) string {
		for id, candidate := range l.Posts {
			// Anybody may copy a property: only a post of the bot's counts.
			if candidate.UserId == me && candidate.DeleteAt == 0 && candidate.GetProp(DeliveryProp) == p.GetProp(DeliveryProp) {
				return id
			}
		}
		return ""
	}
	if p.RootId != "" {
		var thread *model.PostList
		err := b.call("look into the thread", false, func() (resp *model.Response, err error) {
			thread, resp, err = b.client.GetPostThread(ctx, p.RootId, "", false)
			return resp, err
		})
		if err != nil {
			return "", retriable(err)
		}
		return match(thread), nil
	}
	oldest := since.Add(-skew).UnixMilli()
	for page := range maxPages {
		var posts *model.PostList
		err := b.call("look into the channel", false, func() (resp *model.Response, err error) {
			posts, resp, err = b.client.GetPostsForChannel(ctx, p.ChannelId, page, pageSize, "", false, false)
			return resp, err
		})
		if statusOf(err) == http.StatusForbidden {
			return "", nil // whoever may not read cannot have posted; post joins
		}
		if err != nil {
			return "", retriable(err)
		}
		if id := match(posts); id != "" {
			return id, nil
		}
		if len(posts.Order) < pageSize || posts.Posts[posts.Order[len(posts.Order)-1]].CreateAt < oldest {
			break
		}
	}
	return "", nil
}
