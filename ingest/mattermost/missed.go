package mattermost

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

const (
	// doneWithin is how old a message may be that is still executed when it is
	// heard late: later its author has perhaps done otherwise.
	doneWithin = 10 * time.Minute
	// missedWithin is how old a message may be whose author is told that it was
	// not heard. That a message was taken is kept for a day: it must be less.
	missedWithin = 12 * time.Hour
	// missedMost is how many messages of a conversation are executed when they
	// are heard late: of more, the last.
	missedMost = 20
)

// catchUp takes what was written to the bot while nobody listened, now and
// whenever again says so, until ctx ends.
func (s *Commands) catchUp(ctx context.Context, again <-chan struct{}) {
	wait := time.Duration(0)
	for {
		err := s.lookBack(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.Logger.Warn("direct messages written meanwhile are not read yet", "error", err)
			wait = min(max(2*wait, retryFirst), retryMost)
		} else {
			wait = retryFirst
			select {
			case <-again:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-s.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// lookBack looks at each of the bot's conversations in which something was
// written of late.
func (s *Commands) lookBack(ctx context.Context) error {
	me, err := s.me(ctx)
	if err != nil {
		return err
	}
	since := s.Now().Add(-missedWithin).UnixMilli()
	teams, _, err := s.bot.GetTeamsForUser(ctx, me.Id, "")
	if err != nil {
		return fmt.Errorf("the bot's teams: %w", err)
	}
	looked := map[string]bool{}
	for _, team := range teams { // each lists all the direct channels: old servers list them no other way
		channels, _, err := s.bot.GetChannelsForTeamForUser(ctx, team.Id, me.Id, false, "")
		if err != nil {
			return fmt.Errorf("the bot's conversations: %w", err)
		}
		for _, c := range channels {
			quiet := c.LastPostAt != 0 && c.LastPostAt < since
			if c.Type != model.ChannelTypeDirect || quiet || looked[c.Id] {
				continue
			}
			looked[c.Id] = true
			if err := s.lookInto(ctx, c.Id, me.Id, since); err != nil {
				return fmt.Errorf("conversation %s: %w", c.Id, err)
			}
		}
	}
	return nil
}

// lookInto takes the messages of a conversation that have no answer. Those that
// another process has taken, and has not answered yet, are not taken again.
func (s *Commands) lookInto(ctx context.Context, channel, me string, since int64) error {
	list, _, err := s.bot.GetPostsSince(ctx, channel, since, false)
	if err != nil {
		return err
	}
	answered := map[any]bool{}
	for _, p := range list.Posts {
		if p.UserId == me {
			answered[p.GetProp(CommandProp)] = true
		}
	}
	var missed []*model.Post
	for _, p := range list.Posts {
		if written(p, me) && p.CreateAt >= since && !answered[messageID(p)] {
			missed = append(missed, p)
		}
	}
	slices.SortFunc(missed, func(a, b *model.Post) int {
		return cmp.Or(cmp.Compare(a.CreateAt, b.CreateAt), cmp.Compare(a.Id, b.Id))
	})
	recent := s.Now().Add(-doneWithin).UnixMilli()
	old := 0 // the first of them are too old, or too many
	for old < len(missed) && (missed[old].CreateAt < recent || len(missed)-old > missedMost) {
		old++
	}
	for i, p := range missed {
		instead := ""
		switch {
		case i < old-1:
			instead = insteadNothing
		case i == old-1:
			instead = insteadMissed
		}
		if err := s.take(ctx, p, instead, true); err != nil {
			return err
		}
	}
	return nil
}
