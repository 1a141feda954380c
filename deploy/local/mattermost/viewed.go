package mattermost

import (
	"net/http"
	"slices"

	"github.com/mattermost/mattermost/server/public/model"
)

// view says until when somebody has seen a channel. What was written later, by
// others, is unread to them.
type view struct {
	ChannelID string `json:"channel_id"`
	UserID    string `json:"user_id"`
	At        int64  `json:"at"`
}

// viewChannel answers POST /channels/members/{user}/view {channel_id}: all that
// is in the channel now is seen.
func (s *Server) viewChannel(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var in model.ChannelView
	if err := readJSON(r, "channel_view", &in); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if pathUser(r, me) != me.Id || in.ChannelId != "" && !s.world.isMember(in.ChannelId, me.Id) {
		return forbidden()
	}
	answer := model.ChannelViewResponse{Status: model.StatusOk, LastViewedAtTimes: map[string]int64{}}
	if in.ChannelId != "" {
		if err := s.markViewed(in.ChannelId, me.Id, millis(s.now())); err != nil {
			return err
		}
		answer.LastViewedAtTimes[in.ChannelId] = s.world.viewed[in.ChannelId+me.Id]
	}
	return writeJSON(w, http.StatusOK, &answer)
}

// markViewed records that somebody has seen a channel until now. The caller
// holds mu.
func (s *Server) markViewed(channelID, userID string, now int64) error {
	if u := s.world.users[userID]; u.IsBot || now <= s.world.viewed[channelID+userID] {
		return nil // nobody looks at a bot's unread marks
	}
	return s.commit(record{View: &view{ChannelID: channelID, UserID: userID, At: now}})
}

// unread counts what others wrote in a channel since somebody saw it, and how
// much of it calls them. The caller holds mu.
func (s *Server) unread(channelID, userID string) (posts, mentions int) {
	since := s.world.viewed[channelID+userID]
	for _, id := range slices.Backward(s.world.timeline[channelID]) {
		p := s.world.posts[id]
		if p.CreateAt <= since {
			break
		}
		if p.DeleteAt != 0 || p.UserId == userID || p.IsSystemMessage() {
			continue
		}
		posts++
		if slices.Contains(s.mentioned(p), userID) {
			mentions++
		}
	}
	return posts, mentions
}
