package mattermost

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
	"golang.org/x/sync/errgroup"
)

// Posted is how many posts a channel has had since the start, deleted ones
// included.
func (s *Server) Posted(channelID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.world.timeline[channelID])
}

// Repost is a bare client: as the account of the token it posts the channel's
// latest post so many times again, so many at once, and does nothing else.
func (s *Server) Repost(ctx context.Context, token, channelID string, count, atOnce int) error {
	s.mu.Lock()
	var post *model.Post
	if posted := s.world.timeline[channelID]; len(posted) > 0 {
		post = s.world.posts[posted[len(posted)-1]].Clone()
	}
	s.mu.Unlock()
	if post == nil {
		return fmt.Errorf("mattermost.Repost: channel %s has no post", channelID)
	}
	client := model.NewAPIv4Client(s.url)
	client.SetToken(token)
	client.HTTPClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}, Timeout: time.Minute}
	defer client.HTTPClient.CloseIdleConnections()
	var posting errgroup.Group
	for one := range atOnce {
		posting.Go(func() error {
			for n := one; n < count; n += atOnce {
				p := &model.Post{ChannelId: channelID, Message: post.Message, PendingPostId: model.NewId()}
				p.SetProps(post.GetProps())
				if _, _, err := client.CreatePost(ctx, p); err != nil {
					return fmt.Errorf("mattermost.Repost: %w", err)
				}
			}
			return nil
		})
	}
	return posting.Wait()
}
