package mattermost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/ingest"
	"cecoia.example/tickets/locale"
)

// CommandProp is the property of the bot's answers that has the command's id: by
// it an answer that is tried again is found.
const CommandProp = "cecoia_command"

const (
	// skew is how far the server's clock may be behind ours when a post is looked
	// for by its age.
	skew = 5 * time.Minute
	// lookPage and lookPages bound that search.
	lookPage, lookPages = 200, 5
)

// Direct sends an answer as a message of the bot: where the command was written
// as a message, below it; else to whoever typed it, where Reply is of no use any
// more. It is posted once, however often, and by whichever process, it is tried.
// Without a bot, or an account to write to, it is [ingest.ErrUndeliverable].
func (s *Commands) Direct(ctx context.Context, c ingest.Command, a ingest.Answer) error {
	if s.bot == nil {
		return fmt.Errorf("answering command %s by a message: no bot: %w", c.ID, ingest.ErrUndeliverable)
	}
	said := s.word(ctx, c, a)
	if said == "" {
		return nil
	}
	post := &model.Post{ChannelId: c.Place, RootId: c.Thread, Message: shown(said)}
	if c.Post == "" {
		me, err := s.me(ctx)
		if err != nil {
			return fmt.Errorf("answering command %s by a message: %w", c.ID, err)
		}
		channel, resp, err := s.bot.CreateDirectChannel(ctx, me.Id, c.Account)
		if err != nil {
			return undelivered(c, resp, err)
		}
		p := locale.For(s.langOf(ctx, c), nil)
		// Between backquotes only a backquote or a new line would end the code.
		typed := shorten(strings.NewReplacer("`", "'", serviceForm, "nouveau service").Replace(strings.Join(strings.Fields(visible(c.Text)), " ")), 60)
		post.ChannelId, post.RootId = channel.Id, ""
		post.Message = shown(p.T("chat.direct.command", typed) + "\n" + said)
	}
	resp, err := s.postOnce(ctx, post, c)
	if err != nil {
		return undelivered(c, resp, err)
	}
	return nil
}

// undelivered says whether trying again is of any use.
func undelivered(c ingest.Command, resp *model.Response, err error) error {
	if resp != nil && (resp.StatusCode == http.StatusBadRequest || resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusNotFound) {
		return fmt.Errorf("answering command %s by a message: %w: %w", c.ID, err, ingest.ErrUndeliverable)
	}
	return fmt.Errorf("answering command %s by a message: %w", c.ID, err)
}

// postOnce posts as the bot what answers a command, unless that was posted
// before: by an attempt whose end nobody heard, or by another process. The server
// drops a double for some 30 s by its pending_post_id; later it is found by its
// property. Where the thread is gone it is posted below nothing.
func (s *Commands) postOnce(ctx context.Context, p *model.Post, c ingest.Command) (*model.Response, error) {
	there, resp, err := s.posted(ctx, p, c)
	if err != nil || there {
		return resp, err
	}
	p.PendingPostId = "cecoia." + c.ID
	p.AddProp(CommandProp, c.ID)
	_, resp, err = s.bot.CreatePost(ctx, p)
	if p.RootId != "" && isRootGone(err) {
		p.RootId = ""
		_, resp, err = s.bot.CreatePost(ctx, p)
	}
	return resp, err
}

func isRootGone(err error) bool {
	var e *model.AppError
	return errors.As(err, &e) && e.StatusCode == http.StatusBadRequest && strings.Contains(e.Id, "root_id")
}

// posted says whether the answer is there already. Anybody may copy a property:
// only a post of the bot's counts.
func (s *Commands) posted(ctx context.Context, p *model.Post, c ingest.Command) (bool, *model.Response, error) {
	me, err := s.me(ctx)
	if err != nil {
		return false, nil, err
	}
	answers := func(l *model.PostList) bool {
		for _, candidate := range l.Posts {
			if candidate.UserId == me.Id && candidate.GetProp(CommandProp) == c.ID {
				return true
			}
		}
		return false
	}
	var list *model.PostList
	var resp *model.Response
	switch {
	case p.RootId != "":
		list, resp, err = s.bot.GetPostThread(ctx, p.RootId, "", false)
		if resp != nil && resp.StatusCode == http.StatusNotFound { // the thread is gone
			return false, resp, nil
		}
	case c.Post == "":
		list, resp, err = s.bot.GetPostsSince(ctx, p.ChannelId, c.ReceivedAt.Add(-skew).UnixMilli(), false)
	default:
		for page := range lookPages {
			list, resp, err = s.bot.GetPostsAfter(ctx, p.ChannelId, c.Post, page, lookPage, "", false, false)
			if err != nil || answers(list) || len(list.Order) < lookPage {
				break
			}
		}
	}
	if err != nil {
		return false, resp, err
	}
	return answers(list), resp, nil
}

// me is the bot's own account.
func (s *Commands) me(ctx context.Context) (*model.User, error) {
	if known := s.account.Load(); known != nil {
		return known, nil
	}
	user, resp, err := s.bot.GetMe(ctx, "")
	if err != nil {
		return nil, asBot(resp, err)
	}
	s.account.Store(user)
	return user, nil
}

// asBot names the remedy where the server does not know the bot's token.
func asBot(resp *model.Response, err error) error {
	if cmp.Or(resp, &model.Response{}).StatusCode == http.StatusUnauthorized {
		return fmt.Errorf("the server refuses the bot's token: renew it: %w", err)
	}
	return err
}
