package mattermost

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
)

// paging reads ?page= (from 0) and ?per_page= (60 unless told, 200 at most).
func paging(r *http.Request) (page, size int) {
	page, _ = strconv.Atoi(r.URL.Query().Get("page"))
	size, err := strconv.Atoi(r.URL.Query().Get("per_page"))
	if err != nil || size < 0 {
		size = 60
	}
	return max(page, 0), min(size, 200)
}

// window is one page of a list.
func window[T any](list []T, page, size int) []T {
	from := min(page*size, len(list))
	return list[from:min(from+size, len(list))]
}

func (s *Server) getTeam(w http.ResponseWriter, r *http.Request, me *model.User) error {
	return s.answerTeam(w, me, func(world *world) *model.Team { return world.teams[r.PathValue("team")] })
}

// getTeamPart answers GET /teams/name/{name} and GET /teams/{team}/channels,
// which one route table cannot hold side by side.
func (s *Server) getTeamPart(w http.ResponseWriter, r *http.Request, me *model.User) error {
	switch team, what := r.PathValue("team"), r.PathValue("what"); {
	case team == "name":
		return s.answerTeam(w, me, func(world *world) *model.Team { return world.teamByName(what) })
	case what == "channels":
		return s.getPublicChannels(w, r, me)
	}
	return notFound("api.context.404.app_error")
}

func (s *Server) answerTeam(w http.ResponseWriter, me *model.User, find func(*world) *model.Team) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := find(s.world)
	if t == nil {
		return notFound("app.team.get.find.app_error")
	}
	if !s.world.isMember(t.Id, me.Id) {
		return forbidden()
	}
	return writeJSON(w, http.StatusOK, t)
}

func (s *Server) getTeamMember(w http.ResponseWriter, r *http.Request, me *model.User) error {
	team, user := r.PathValue("team"), pathUser(r, me)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.world.isMember(team, me.Id) {
		return forbidden()
	}
	if !s.world.isMember(team, user) {
		return notFound("app.team.get_member.missing.app_error")
	}
	return writeJSON(w, http.StatusOK, &model.TeamMember{TeamId: team, UserId: user,
		SchemeUser: true, SchemeAdmin: s.world.isAdmin(team, user)})
}

func (s *Server) getChannel(w http.ResponseWriter, r *http.Request, me *model.User) error {
	return s.answerChannel(w, me, func(world *world) *model.Channel { return world.channels[r.PathValue("channel")] })
}

func (s *Server) getChannelByName(w http.ResponseWriter, r *http.Request, me *model.User) error {
	return s.answerChannel(w, me, func(world *world) *model.Channel {
		return world.channelByName(r.PathValue("team"), r.PathValue("name"))
	})
}

func (s *Server) getChannelByTeamName(w http.ResponseWriter, r *http.Request, me *model.User) error {
	return s.answerChannel(w, me, func(world *world) *model.Channel {
		if t := world.teamByName(r.PathValue("name")); t != nil {
			return world.channelByName(t.Id, r.PathValue("channel"))
		}
		return nil
	})
}

func (s *Server) answerChannel(w http.ResponseWriter, me *model.User, find func(*world) *model.Channel) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := find(s.world)
	if c == nil {
		return notFound("app.channel.get.existing.app_error")
	}
	if !s.world.mayRead(c, me.Id) {
		return forbidden()
	}
	return writeJSON(w, http.StatusOK, c)
}

// getPublicChannels lists the public channels of a team, joined or not, by name,
// one page of them.
func (s *Server) getPublicChannels(w http.ResponseWriter, r *http.Request, me *model.User) error {
	page, size := paging(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.world.isMember(r.PathValue("team"), me.Id) {
		return forbidden()
	}
	public := []*model.Channel{}
	for _, c := range s.world.channels {
		if c.TeamId == r.PathValue("team") && c.Type == model.ChannelTypeOpen {
			public = append(public, c)
		}
	}
	slices.SortFunc(public, func(a, b *model.Channel) int { return strings.Compare(a.Name, b.Name) })
	return writeJSON(w, http.StatusOK, window(public, page, size))
}

func (s *Server) getUserChannels(w http.ResponseWriter, r *http.Request, me *model.User) error {
	if pathUser(r, me) != me.Id {
		return forbidden()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return writeJSON(w, http.StatusOK, s.world.channelsOf(me.Id, r.PathValue("team")))
}

// readable is the channel of the path if the reader may read it. The caller
// holds mu.
func (s *Server) readable(r *http.Request, me *model.User) (*model.Channel, error) {
	c := s.world.channels[r.PathValue("channel")]
	if c == nil {
		return nil, notFound("app.channel.get.existing.app_error")
	}
	if !s.world.mayRead(c, me.Id) {
		return nil, forbidden()
	}
	return c, nil
}

// createDirectChannel answers POST /channels/direct [id, id]: 201 and the same
// channel however often it is asked, and whoever asks first.
func (s *Server) createDirectChannel(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var ids []string
	if err := readJSON(r, "user_ids", &ids); err != nil || len(ids) != 2 {
		return invalidParam("user_ids")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(ids, me.Id) {
		return forbidden()
	}
	if s.world.users[ids[0]] == nil || s.world.users[ids[1]] == nil {
		return invalidParam("user_ids")
	}
	c := s.world.directChannel(ids[0], ids[1])
	if c == nil {
		now := millis(s.now())
		c = &model.Channel{Id: model.NewId(), CreateAt: now, UpdateAt: now, Type: model.ChannelTypeDirect,
			Name: model.GetDMNameFromIds(ids[0], ids[1]), CreatorId: me.Id}
		if err := s.commit(record{Channel: c}); err != nil {
			return err
		}
		s.publish(slices.Values(s.world.members[c.Id]), func(string) *model.WebSocketEvent {
			event := model.NewWebSocketEvent(model.WebsocketEventDirectAdded, "", c.Id, "", nil, "")
			event.Add("creator_id", me.Id)
			return event
		})
	}
	return writeJSON(w, http.StatusCreated, c)
}
