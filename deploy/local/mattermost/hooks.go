package mattermost

import (
	"net/http"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

const (
	hookUses = 5                // of one response URL, failed ones included
	hookLife = 30 * time.Minute // from the command on
)

// hook is a response URL: who has it may answer a command later, up to five
// times within half an hour. There is no other authentication.
type hook struct {
	ID        string `json:"id"`
	CreateAt  int64  `json:"create_at"`
	CommandID string `json:"command_id"`
	UserID    string `json:"user_id"`
	ChannelID string `json:"channel_id"`
	TeamID    string `json:"team_id"`
	RootID    string `json:"root_id,omitempty"`
	Uses      int    `json:"uses"`
}

// newHook makes the response URL of one command typed. The caller holds mu.
func (s *Server) newHook(c *model.Command, args *model.CommandArgs) (*hook, error) {
	h := &hook{ID: model.NewId(), CreateAt: millis(s.now()), CommandID: c.Id, UserID: args.UserId,
		ChannelID: args.ChannelId, TeamID: args.TeamId, RootID: args.RootId}
	return h, s.commit(record{Hook: h})
}

// useHook counts a use of a response URL. Unknown or too old: 404; used up: 400.
func (s *Server) useHook(id string) (*hook, *model.Command, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.world.hooks[id]
	if h == nil || s.now().Sub(time.UnixMilli(h.CreateAt)) >= hookLife {
		return nil, nil, notFound("app.command_webhook.get.missing")
	}
	if h.Uses >= hookUses {
		return nil, nil, badRequest("app.command_webhook.try_use.invalid")
	}
	used := *h
	used.Uses++
	if err := s.commit(record{Hook: &used}); err != nil {
		return nil, nil, err
	}
	c := s.world.commands[h.CommandID]
	if c == nil || c.DeleteAt != 0 {
		return nil, nil, notFound("api.command.command.not_found.app_error")
	}
	return &used, c, nil
}

// commandHook answers POST /hooks/commands/{hook}: a late answer to a command,
// shown as an immediate one would have been.
func (s *Server) commandHook(w http.ResponseWriter, r *http.Request) {
	h, c, err := s.useHook(r.PathValue("hook"))
	if err != nil {
		writeError(w, r, err)
		return
	}
	answer, err := model.CommandResponseFromHTTPBody(r.Header.Get("Content-Type"), r.Body)
	if err != nil || answer == nil {
		writeError(w, r, badRequest("web.command_webhook.parse.app_error"))
		return
	}
	args := &model.CommandArgs{UserId: h.UserID, ChannelId: h.ChannelID, TeamId: h.TeamID, RootId: h.RootID}
	if err := s.showAnswer(c, args, answer); err != nil {
		writeError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write([]byte("ok"))
}
