package mattermost

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
)

// maxBody bounds a request body of the API. A post of 16,383 runes with its
// props stays far below.
const maxBody = 4 << 20

// handler serves one request of a signed-in user. It answers itself, or returns
// an error for writeError.
type handler func(w http.ResponseWriter, r *http.Request, me *model.User) error

// routes is the route table.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	raw := func(route string, h http.HandlerFunc) { mux.Handle(route, s.faults.wrap(route, versioned(h))) }
	public := func(route string, h http.HandlerFunc) { raw(route, answerAfter(h)) }
	user := func(route string, h handler) { public(route, s.signedIn(h)) }

	public("GET /api/v4/system/ping", s.ping)
	public("POST /api/v4/users/login", s.login)
	user("POST /api/v4/users/logout", s.logout)
	user("POST /api/v4/users/{user}/sessions/revoke/all", s.revokeSessions)
	user("GET /api/v4/users", s.listUsers)
	user("GET /api/v4/users/{user}", s.getUser)
	user("GET /api/v4/users/{user}/{what}", s.getUserList)
	user("GET /api/v4/users/username/{name}", s.getUserByName)
	user("GET /api/v4/users/email/{mail}", s.getUserByEmail)
	user("POST /api/v4/users/ids", s.getUsersByIDs)
	user("POST /api/v4/users/usernames", s.getUsersByNames)
	user("GET /api/v4/users/{user}/teams/{team}/channels", s.getUserChannels)

	user("GET /api/v4/teams/{team}", s.getTeam)
	user("GET /api/v4/teams/{team}/{what}", s.getTeamPart)
	user("GET /api/v4/teams/{team}/members/{user}", s.getTeamMember)
	user("GET /api/v4/teams/{team}/channels/name/{name}", s.getChannelByName)
	user("GET /api/v4/teams/name/{name}/channels/name/{channel}", s.getChannelByTeamName)
	user("GET /api/v4/channels/{channel}", s.getChannel)
	user("GET /api/v4/channels/{channel}/members", s.getChannelMembers)
	user("POST /api/v4/channels/{channel}/members", s.addChannelMember)
	user("GET /api/v4/channels/{channel}/members/{user}", s.getChannelMember)
	user("DELETE /api/v4/channels/{channel}/members/{user}", s.removeChannelMember)
	user("POST /api/v4/channels/members/{user}/view", s.viewChannel)
	user("POST /api/v4/channels/direct", s.createDirectChannel)

	user("POST /api/v4/posts", s.createPost)
	user("POST /api/v4/posts/ephemeral", s.createEphemeral)
	user("POST /api/v4/posts/ids", s.getPostsByIDs)
	user("GET /api/v4/posts/{post}", s.getPost)
	user("PUT /api/v4/posts/{post}", s.updatePost)
	user("PUT /api/v4/posts/{post}/patch", s.patchPost)
	user("DELETE /api/v4/posts/{post}", s.deletePost)
	user("GET /api/v4/posts/{post}/thread", s.getThread)
	user("GET /api/v4/posts/{post}/edit_history", s.getHistory)
	user("GET /api/v4/channels/{channel}/posts", s.getChannelPosts)
	user("POST /api/v4/posts/search", s.searchPosts)
	user("POST /api/v4/teams/{team}/posts/search", s.searchPosts)

	user("POST /api/v4/commands", s.createCommand)
	user("GET /api/v4/commands", s.listCommands)
	user("GET /api/v4/commands/{command}", s.getCommand)
	user("PUT /api/v4/commands/{command}", s.updateCommand)
	user("DELETE /api/v4/commands/{command}", s.deleteCommand)
	user("PUT /api/v4/commands/{command}/regen_token", s.regenCommandToken)
	user("GET /api/v4/teams/{team}/commands/autocomplete", s.autocompleteCommands)
	user("POST /api/v4/commands/execute", s.executeCommand)
	public("POST /hooks/commands/{hook}", s.commandHook)

	user("POST /api/v4/posts/{post}/actions/{action}", s.doAction)
	public("POST /api/v4/actions/dialogs/open", s.openDialog)
	user("POST /api/v4/actions/dialogs/submit", s.submitDialog)

	raw("GET /api/v4/websocket", s.websocket)
	nowhere := func(w http.ResponseWriter, r *http.Request) {
		writeError(w, r, notFound("api.context.404.app_error"))
	}
	public("/api/v4/", nowhere)
	public("/hooks/", nowhere)
	s.pageRoutes(mux)
	return mux
}

// versioned adds the headers every answer of the API has.
func versioned(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(model.HeaderRequestId, model.NewId())
		w.Header().Set(model.HeaderVersionId, Version)
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next(w, r)
	}
}

// answerAfter sends a handler's answer once it returned: what a handler writes
// while it holds the lock must not wait for a client that does not read.
func answerAfter(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a := &answer{header: w.Header(), status: http.StatusOK}
		next(a, r)
		w.WriteHeader(a.status)
		_, _ = a.body.WriteTo(w)
	}
}

// answer is an http.ResponseWriter that keeps what it is given.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

// signedIn runs a handler for the owner of the request's token, or answers 401.
func (s *Server) signedIn(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		me := s.world.signedIn(bearer(r))
		s.mu.Unlock()
		if me == nil {
			writeError(w, r, &apiError{id: "api.context.session_expired.app_error", status: http.StatusUnauthorized})
			return
		}
		if err := h(w, r, me); err != nil {
			writeError(w, r, err)
		}
	}
}

// bearer is the token of a request, from "Authorization: Bearer …" or
// "Token …", in any case as the real server reads it; empty without one.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get(model.HeaderAuth), " ")
	if strings.EqualFold(scheme, model.HeaderBearer) || strings.EqualFold(scheme, model.HeaderToken) {
		return token
	}
	return ""
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The status is sent: an error here is a client that left.
	_ = json.NewEncoder(w).Encode(v)
	return nil
}

func writeOK(w http.ResponseWriter) error {
	return writeJSON(w, http.StatusOK, map[string]string{"status": "OK"})
}

// readJSON decodes a body, or says which parameter was bad.
func readJSON(r *http.Request, name string, v any) error {
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		return invalidParam(name)
	}
	return nil
}

func (s *Server) ping(w http.ResponseWriter, _ *http.Request) {
	_ = writeJSON(w, http.StatusOK, map[string]string{"status": "OK"})
}

// writeError answers with the JSON of an AppError in the reader's language.
// What is no apiError was a fault of this double: 500 without its words.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		e = internalError("app.internal")
	}
	_ = writeJSON(w, e.status, map[string]any{
		"id":             e.id,
		"message":        e.message(r.Header.Get("Accept-Language")),
		"detailed_error": "",
		"request_id":     w.Header().Get(model.HeaderRequestId),
		"status_code":    e.status,
	})
}
