package mattermost

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/mattermost/mattermost/server/public/model"
)

// maxIntegrationBody is how much of an integration's answer is read: 1 MiB.
const maxIntegrationBody = 1 << 20

var (
	atMention    = regexp.MustCompile(`\B@[[:alnum:]][[:alnum:]\.\-_:]*`)
	tildeMention = regexp.MustCompile(`\B~[a-zA-Z0-9\-_]+`)
)

// createCommand answers POST /commands: only an admin of the team, bots
// included, may create one.
func (s *Server) createCommand(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var c model.Command
	if err := readJSON(r, "command", &c); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.world.isAdmin(c.TeamId, me.Id) {
		return forbidden()
	}
	now := millis(s.now())
	c.Id, c.Token, c.CreatorId, c.CreateAt, c.UpdateAt, c.DeleteAt = model.NewId(), model.NewId(), me.Id, now, now, 0
	c.Trigger = strings.ToLower(c.Trigger)
	answer := c
	c.AutocompleteData = nil // echoed in the answer, never stored
	return s.putCommand(w, http.StatusCreated, &c, &answer)
}

// updateCommand answers PUT /commands/{command}; id, token and team stay.
func (s *Server) updateCommand(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var c model.Command
	if err := readJSON(r, "command", &c); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.ownCommand(r, me)
	if err != nil {
		return err
	}
	c.Id, c.Token, c.CreatorId, c.TeamId = old.Id, old.Token, old.CreatorId, old.TeamId
	c.CreateAt, c.UpdateAt, c.DeleteAt = old.CreateAt, millis(s.now()), 0
	c.Trigger, c.AutocompleteData = strings.ToLower(c.Trigger), nil
	return s.putCommand(w, http.StatusOK, &c, &c)
}

// putCommand stores a valid command with a trigger no other of its team has. The
// caller holds mu.
func (s *Server) putCommand(w http.ResponseWriter, status int, c, answer *model.Command) error {
	checked := *c
	checked.Token = model.NewId() // a seeded token may have any length
	if err := checked.IsValid(); err != nil {
		return badRequest(err.Id)
	}
	if other := s.world.command(c.TeamId, c.Trigger); other != nil && other.Id != c.Id {
		return badRequest("api.command.duplicate_trigger.app_error")
	}
	if err := s.commit(record{Command: c}); err != nil {
		return err
	}
	return writeJSON(w, status, answer)
}

// ownCommand is the command of the path for who may manage it; to others it does
// not exist. The caller holds mu.
func (s *Server) ownCommand(r *http.Request, me *model.User) (*model.Command, error) {
	c := s.world.commands[r.PathValue("command")]
	if c == nil || c.DeleteAt != 0 || !s.world.isAdmin(c.TeamId, me.Id) {
		return nil, notFound("api.command.command.not_found.app_error")
	}
	return c, nil
}

func (s *Server) getCommand(w http.ResponseWriter, r *http.Request, me *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.ownCommand(r, me)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, c)
}

func (s *Server) deleteCommand(w http.ResponseWriter, r *http.Request, me *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.ownCommand(r, me)
	if err != nil {
		return err
	}
	gone := *c
	gone.DeleteAt = millis(s.now())
	if err := s.commit(record{Command: &gone}); err != nil {
		return err
	}
	return writeOK(w)
}

// regenCommandToken gives a command a new token, which acts at once.
func (s *Server) regenCommandToken(w http.ResponseWriter, r *http.Request, me *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.ownCommand(r, me)
	if err != nil {
		return err
	}
	token := model.NewId()
	if err := s.commit(record{CommandToken: &commandToken{CommandID: c.Id, Token: token}}); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]string{"token": token})
}

// listCommands answers GET /commands?team_id=: with tokens for an admin of the
// team, without anything secret for its other members.
func (s *Server) listCommands(w http.ResponseWriter, r *http.Request, me *model.User) error {
	team := r.URL.Query().Get("team_id")
	if team == "" {
		return invalidParam("team_id")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.world.isAdmin(team, me.Id) && r.URL.Query().Get("custom_only") == "true" {
		list := s.world.commandsOf(team)
		if list == nil {
			list = []*model.Command{}
		}
		return writeJSON(w, http.StatusOK, list)
	}
	if r.URL.Query().Get("custom_only") == "true" {
		return forbidden()
	}
	return s.answerAutocomplete(w, team, me)
}

// autocompleteCommands answers GET /teams/{team}/commands/autocomplete: one line
// each, in one language.
func (s *Server) autocompleteCommands(w http.ResponseWriter, r *http.Request, me *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answerAutocomplete(w, r.PathValue("team"), me)
}

func (s *Server) answerAutocomplete(w http.ResponseWriter, team string, me *model.User) error {
	if !s.world.isMember(team, me.Id) {
		return forbidden()
	}
	list := []*model.Command{}
	for _, c := range s.world.commandsOf(team) {
		if c.AutoComplete {
			public := *c
			public.Sanitize()
			list = append(list, &public)
		}
	}
	return writeJSON(w, http.StatusOK, list)
}

// executeCommand answers POST /commands/execute {channel_id, command, team_id,
// root_id}: the command is sent out as this user, its answer shown, and returned.
func (s *Server) executeCommand(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var args model.CommandArgs
	if err := readJSON(r, "command_args", &args); err != nil {
		return err
	}
	if len(args.Command) <= 1 || args.Command[0] != '/' || !model.IsValidId(args.ChannelId) {
		return badRequest("api.command.execute_command.start.app_error")
	}
	args.UserId = me.Id
	args.SiteURL = siteURL(r)
	if answer, done, err := s.builtin(&args); err != nil {
		return err
	} else if done {
		return writeJSON(w, http.StatusOK, answer)
	}
	c, form, err := s.prepareCommand(&args)
	if err != nil {
		return err
	}
	answer, err := s.sendCommand(r.Context(), c, form)
	if err != nil {
		return err
	}
	if err := s.showAnswer(c, &args, answer); err != nil {
		return err
	}
	answer.TriggerId = clientTrigger(args.TriggerId)
	return writeJSON(w, http.StatusOK, answer)
}

// siteURL is the address the user's client used: the response_url is built on
// it, so its host is whatever Host header came in. A trap.
func siteURL(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get(model.HeaderForwardedProto) == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// prepareCommand finds the command of the team and builds the request's form.
// In a channel the team is the channel's, whatever the client said; in a direct
// one the client must name a team of the user's, or is refused. root_id is passed
// on unverified.
func (s *Server) prepareCommand(args *model.CommandArgs) (*model.Command, url.Values, error) {
	trigger, text := args.Command, ""
	if i := strings.IndexFunc(args.Command, unicode.IsSpace); i >= 0 {
		trigger, text = args.Command[:i], args.Command[i+1:]
	}
	trigger = strings.ToLower(strings.TrimPrefix(trigger, "/"))

	s.mu.Lock()
	defer s.mu.Unlock()
	channel := s.world.channels[args.ChannelId]
	if channel == nil || !s.world.isMember(channel.Id, args.UserId) {
		return nil, nil, forbidden()
	}
	if channel.Type != model.ChannelTypeDirect {
		args.TeamId = channel.TeamId
	} else if !s.world.isMember(args.TeamId, args.UserId) {
		return nil, nil, forbidden()
	}
	team := s.world.teams[args.TeamId]
	if team == nil {
		return nil, nil, notFound("app.team.get.find.app_error")
	}
	c := s.world.command(team.Id, trigger)
	if c == nil {
		return nil, nil, &apiError{id: "api.command.execute_command.not_found.app_error", status: http.StatusNotFound, args: []any{trigger}}
	}
	args.TriggerId = s.newTrigger(args.UserId)
	h, err := s.newHook(c, args)
	if err != nil {
		return nil, nil, err
	}
	form := url.Values{
		"token":        {c.Token},
		"team_id":      {team.Id},
		"team_domain":  {team.Name},
		"channel_id":   {channel.Id},
		"channel_name": {channel.Name},
		"user_id":      {args.UserId},
		"user_name":    {s.world.users[args.UserId].Username},
		"command":      {"/" + trigger},
		"text":         {text},
		"trigger_id":   {args.TriggerId},
		"root_id":      {args.RootId},
		"response_url": {args.SiteURL + "/hooks/commands/" + h.ID},
	}
	maps.Copy(form, s.userMentions(text, team.Id).ToURLValues())
	maps.Copy(form, s.channelMentions(text, team.Id).ToURLValues())
	return c, form, nil
}

// userMentions are the members of a team that a text names with @. The caller
// holds mu.
func (s *Server) userMentions(text, teamID string) model.UserMentionMap {
	found := model.UserMentionMap{}
	for _, m := range atMention.FindAllString(text, -1) {
		for name := m[1:]; name != ""; name = name[:len(name)-1] {
			if u := s.world.userByName(name); u != nil {
				if s.world.isMember(teamID, u.Id) {
					found[u.Username] = u.Id
				}
				break
			}
			if !strings.ContainsAny(name[len(name)-1:], ".-_:") {
				break // only punctuation may be cut off the end
			}
		}
	}
	return found
}

// channelMentions are the public channels of a team that a text names with ~.
// The caller holds mu.
func (s *Server) channelMentions(text, teamID string) model.ChannelMentionMap {
	found := model.ChannelMentionMap{}
	for _, m := range tildeMention.FindAllString(text, -1) {
		if c := s.world.channelByName(teamID, m[1:]); c != nil && c.Type == model.ChannelTypeOpen {
			found[c.Name] = c.Id
		}
	}
	return found
}

// sendCommand makes the outgoing request. Only 200 counts; what else happens,
// the user reads "… returned response 500 …" or "… failed". Never retried.
func (s *Server) sendCommand(ctx context.Context, c *model.Command, form url.Values) (*model.CommandResponse, error) {
	ctx, cancel := s.untilTimeout(ctx)
	defer cancel()
	failed := internalError("api.command.execute_command.failed.app_error", c.Trigger)
	var req *http.Request
	var err error
	if c.Method == model.CommandMethodGet {
		req, err = http.NewRequestWithContext(ctx, http.MethodGet, withQuery(c.URL, form), nil)
	} else {
		req, err = http.NewRequestWithContext(ctx, http.MethodPost, c.URL, strings.NewReader(form.Encode()))
	}
	if err != nil {
		return nil, failed
	}
	if c.Method != model.CommandMethodGet {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Authorization", "Token "+c.Token)
	if bearer := s.world.bearers[c.Id]; bearer != "" { // only the seed sets it, no lock needed
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := s.do(req)
	if err != nil {
		s.log.Warn("mattermost double: a command failed", "trigger", c.Trigger, "error", withoutURL(err))
		return nil, failed
	}
	defer res.Body.Close()
	body := io.LimitReader(res.Body, maxIntegrationBody)
	if res.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, body)
		return nil, internalError("api.command.execute_command.failed_resp.app_error", c.Trigger, res.Status)
	}
	answer, err := model.CommandResponseFromHTTPBody(res.Header.Get("Content-Type"), body)
	if err != nil || answer == nil {
		return nil, failed
	}
	return answer, nil
}

func withQuery(address string, form url.Values) string {
	if strings.Contains(address, "?") {
		return fmt.Sprintf("%s&%s", address, form.Encode())
	}
	return fmt.Sprintf("%s?%s", address, form.Encode())
}
