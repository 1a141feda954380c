package mattermost

import (
	"crypto/subtle"
	"net/http"

	"github.com/mattermost/mattermost/server/public/model"
)

// login answers POST /users/login {login_id, password}: login_id is a mail
// address or a username, the token comes in the header Token.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	var in struct {
		LoginID  string `json:"login_id"`
		Password string `json:"password"`
	}
	if err := readJSON(r, "login", &in); err != nil {
		writeError(w, r, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.world.userByEmail(in.LoginID)
	if u == nil {
		u = s.world.userByName(in.LoginID)
	}
	if u == nil || u.IsBot || subtle.ConstantTimeCompare([]byte(s.world.passwords[u.Id]), []byte(in.Password)) != 1 {
		writeError(w, r, &apiError{id: "api.user.login.invalid_credentials_email_username", status: http.StatusUnauthorized})
		return
	}
	token, err := s.newSession(u.Id)
	if err != nil {
		writeError(w, r, err)
		return
	}
	w.Header().Set(model.HeaderToken, token)
	_ = writeJSON(w, http.StatusOK, u)
}

// newSession signs a user in. The caller holds mu.
func (s *Server) newSession(userID string) (token string, err error) {
	token = model.NewId()
	return token, s.commit(record{Session: &session{Token: token, UserID: userID}})
}

// revoke makes a token worthless. The caller holds mu.
func (s *Server) revoke(token string) error {
	old := s.world.sessions[token]
	if old == nil || old.Revoked {
		return nil
	}
	return s.commit(record{Session: &session{Token: token, UserID: old.UserID, Revoked: true}})
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request, _ *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.revoke(bearer(r)); err != nil {
		return err
	}
	return writeOK(w)
}

// revokeSessions signs a user out everywhere, this request's token included: all
// their tokens are worthless from now on.
func (s *Server) revokeSessions(w http.ResponseWriter, r *http.Request, me *model.User) error {
	if pathUser(r, me) != me.Id {
		return forbidden()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for token, own := range s.world.sessions {
		if own.UserID != me.Id {
			continue
		}
		if err := s.revoke(token); err != nil {
			return err
		}
	}
	return writeOK(w)
}

// pathUser is the user id of the path; "me" is the reader.
func pathUser(r *http.Request, me *model.User) string {
	if id := r.PathValue("user"); id != model.Me {
		return id
	}
	return me.Id
}

func (s *Server) getUser(w http.ResponseWriter, r *http.Request, me *model.User) error {
	return s.answerUser(w, func(world *world) *model.User { return world.users[pathUser(r, me)] })
}

func (s *Server) getUserByName(w http.ResponseWriter, r *http.Request, _ *model.User) error {
	return s.answerUser(w, func(world *world) *model.User { return world.userByName(r.PathValue("name")) })
}

func (s *Server) getUserByEmail(w http.ResponseWriter, r *http.Request, _ *model.User) error {
	return s.answerUser(w, func(world *world) *model.User { return world.userByEmail(r.PathValue("mail")) })
}

// answerUser writes the user that find returns. Locale and timezone are part of
// it: this is where an integration learns them, no command request carries them.
func (s *Server) answerUser(w http.ResponseWriter, find func(*world) *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := find(s.world)
	if u == nil {
		return notFound("app.user.missing_account.const")
	}
	return writeJSON(w, http.StatusOK, u)
}

func (s *Server) getUsersByIDs(w http.ResponseWriter, r *http.Request, _ *model.User) error {
	return s.answerUsers(w, r, func(world *world, id string) *model.User { return world.users[id] })
}

func (s *Server) getUsersByNames(w http.ResponseWriter, r *http.Request, _ *model.User) error {
	return s.answerUsers(w, r, (*world).userByName)
}

// answerUsers writes the users that a list of keys names, unknown ones left out.
func (s *Server) answerUsers(w http.ResponseWriter, r *http.Request, find func(*world, string) *model.User) error {
	var keys []string
	if err := readJSON(r, "user_ids", &keys); err != nil || len(keys) == 0 {
		return invalidParam("user_ids")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []*model.User{}
	for _, key := range keys {
		if u := find(s.world, key); u != nil {
			found = append(found, u)
		}
	}
	return writeJSON(w, http.StatusOK, found)
}

// listUsers answers GET /users, of one team or channel when asked
// (?in_team=, ?in_channel=), one page of them.
func (s *Server) listUsers(w http.ResponseWriter, r *http.Request, _ *model.User) error {
	q := r.URL.Query()
	group := or(q.Get("in_channel"), q.Get("in_team"))
	page, size := paging(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := s.world.userOrder
	if group != "" {
		ids = s.world.members[group]
	}
	found := []*model.User{}
	for _, id := range window(ids, page, size) {
		found = append(found, s.world.users[id])
	}
	return writeJSON(w, http.StatusOK, found)
}

// getUserList answers GET /users/{user}/teams and, for oneself,
// GET /users/{user}/channels.
func (s *Server) getUserList(w http.ResponseWriter, r *http.Request, me *model.User) error {
	what := r.PathValue("what")
	s.mu.Lock()
	defer s.mu.Unlock()
	if what == "channels" && pathUser(r, me) == me.Id {
		return writeJSON(w, http.StatusOK, s.world.channelsOf(me.Id, ""))
	}
	if what != "teams" {
		return notFound("api.context.404.app_error")
	}
	teams := []*model.Team{}
	for _, id := range s.world.teamOrder {
		if s.world.isMember(id, pathUser(r, me)) {
			teams = append(teams, s.world.teams[id])
		}
	}
	return writeJSON(w, http.StatusOK, teams)
}
