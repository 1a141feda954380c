package mattermost

import (
	"net/http"
	"slices"

	"github.com/mattermost/mattermost/server/public/model"
)

// channelMember is a member as the API tells it. The caller holds mu.
func (s *Server) channelMember(channelID, userID string) model.ChannelMember {
	_, mentions := s.unread(channelID, userID)
	return model.ChannelMember{ChannelId: channelID, UserId: userID, SchemeUser: true, LastViewedAt: s.world.viewed[channelID+userID],
		MentionCount: int64(mentions), NotifyProps: model.GetDefaultChannelNotifyProps()}
}

func (s *Server) getChannelMembers(w http.ResponseWriter, r *http.Request, me *model.User) error {
	page, size := paging(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.readable(r, me)
	if err != nil {
		return err
	}
	list := model.ChannelMembers{}
	for _, id := range window(s.world.members[c.Id], page, size) {
		list = append(list, s.channelMember(c.Id, id))
	}
	return writeJSON(w, http.StatusOK, list)
}

func (s *Server) getChannelMember(w http.ResponseWriter, r *http.Request, me *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.readable(r, me)
	if err != nil {
		return err
	}
	if !s.world.isMember(c.Id, pathUser(r, me)) {
		return notFound("app.channel.get_member.missing.app_error")
	}
	return writeJSON(w, http.StatusOK, s.channelMember(c.Id, pathUser(r, me)))
}

// addChannelMember lets a member of the team join a public channel, and a member
// of a channel add others of the team.
func (s *Server) addChannelMember(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var in struct {
		UserID string `json:"user_id"`
	}
	if err := readJSON(r, "user_id", &in); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.readable(r, me)
	if err != nil {
		return err
	}
	if err := s.addTo(c, me, in.UserID); err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, s.channelMember(c.Id, in.UserID))
}

// addTo makes somebody a member of a channel, and says so in it. The caller
// holds mu.
func (s *Server) addTo(c *model.Channel, me *model.User, userID string) error {
	u := s.world.users[userID]
	if u == nil || c.Type == model.ChannelTypeDirect || !s.world.isMember(c.TeamId, userID) ||
		userID != me.Id && !s.world.isMember(c.Id, me.Id) {
		return forbidden()
	}
	if s.world.isMember(c.Id, userID) {
		return nil
	}
	if err := s.commit(record{Member: &membership{Group: c.Id, UserID: userID}}); err != nil {
		return err
	}
	s.publish(slices.Values(s.world.members[c.Id]), func(string) *model.WebSocketEvent {
		event := model.NewWebSocketEvent(model.WebsocketEventUserAdded, "", c.Id, "", nil, "")
		event.Add("user_id", userID)
		event.Add("team_id", c.TeamId)
		return event
	})
	if userID == me.Id {
		return s.tell(c, me, model.PostTypeJoinChannel, "@"+u.Username+" joined the channel.", u)
	}
	return s.tell(c, me, model.PostTypeAddToChannel, "@"+u.Username+" added to the channel by @"+me.Username+".", u)
}

// removeChannelMember lets a user leave, and a team admin remove anyone.
func (s *Server) removeChannelMember(w http.ResponseWriter, r *http.Request, me *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.readable(r, me)
	if err != nil {
		return err
	}
	if err := s.removeFrom(c, me, pathUser(r, me)); err != nil {
		return err
	}
	return writeOK(w)
}

// removeFrom ends a membership, and says so in the channel. Who is removed is
// told apart, as the channel's events no longer reach them. The caller holds mu.
func (s *Server) removeFrom(c *model.Channel, me *model.User, userID string) error {
	u := s.world.users[userID]
	if u == nil || c.Type == model.ChannelTypeDirect || userID != me.Id && !s.world.isAdmin(c.TeamId, me.Id) {
		return forbidden()
	}
	if !s.world.isMember(c.Id, userID) {
		return nil
	}
	if err := s.commit(record{Member: &membership{Group: c.Id, UserID: userID, Left: true}}); err != nil {
		return err
	}
	s.publish(slices.Values(s.world.members[c.Id]), func(string) *model.WebSocketEvent {
		event := model.NewWebSocketEvent(model.WebsocketEventUserRemoved, "", c.Id, "", nil, "")
		event.Add("user_id", userID)
		event.Add("remover_id", me.Id)
		return event
	})
	s.publish(only(userID), func(string) *model.WebSocketEvent {
		event := model.NewWebSocketEvent(model.WebsocketEventUserRemoved, "", "", userID, nil, "")
		event.Add("channel_id", c.Id)
		event.Add("remover_id", me.Id)
		return event
	})
	if userID == me.Id {
		return s.tell(c, me, model.PostTypeLeaveChannel, "@"+u.Username+" has left the channel.", u)
	}
	return s.tell(c, me, model.PostTypeRemoveFromChannel, "@"+u.Username+" was removed from the channel.", u)
}

// tell posts what happened to a channel's members as the server's own words:
// English on the wire, in the reader's language on a screen. The caller holds mu.
func (s *Server) tell(c *model.Channel, by *model.User, kind, words string, about *model.User) error {
	p := &model.Post{ChannelId: c.Id, UserId: by.Id, Type: kind, Message: words}
	p.AddProp("username", about.Username)
	_, err := s.storePost(p)
	return err
}
