package mattermost

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"

	"github.com/mattermost/mattermost/server/public/model"
)

// actionID is what the router of a real server accepts; any other id is a 404.
var actionID = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// retainedProps survive an update that brings its own props. from_bot is not
// among them.
var retainedProps = []string{model.PostPropsFromWebhook, model.PostPropsOverrideUsername, model.PostPropsOverrideIconURL}

// click is a button or menu about to be sent to its integration.
type click struct {
	request model.PostActionIntegrationRequest
	url     string
	rootID  string         // of the thread an ephemeral answer lands in
	retain  map[string]any // props an update keeps
}

// doAction answers POST /posts/{post}/actions/{action}: it calls the button's
// integration, applies the update and shows the ephemeral text of its answer.
// Whoever reads the post may click; clicks are not de-duplicated.
func (s *Server) doAction(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var in model.DoPostActionRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil && !errors.Is(err, io.EOF) {
		return invalidParam("action")
	}
	if !actionID.MatchString(r.PathValue("action")) {
		return notFound("api.context.404.app_error")
	}
	c, err := s.prepareClick(r.PathValue("post"), r.PathValue("action"), me, in)
	if err != nil {
		return err
	}
	raw, err := s.postJSON(r.Context(), c.url, c.request)
	if err != nil {
		return err
	}
	var answer model.PostActionIntegrationResponse // an "error" in it is ignored
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &answer); err != nil {
			return badRequest("api.post.do_action.action_integration.app_error")
		}
	}
	if answer.Update != nil {
		if err := s.applyUpdate(c, answer.Update); err != nil {
			return err
		}
	}
	if answer.EphemeralText != "" {
		text := answer.EphemeralText
		if !answer.SkipSlackParsing {
			text = model.ParseSlackLinksToMarkdown(text)
		}
		p := &model.Post{Message: text, ChannelId: c.request.ChannelId, RootId: c.rootID, UserId: me.Id}
		for key, value := range c.retain {
			p.AddProp(key, value)
		}
		s.showEphemeral(p)
	}
	return writeJSON(w, http.StatusOK, model.PostActionAPIResponse{Status: model.StatusOk, TriggerId: clientTrigger(c.request.TriggerId)})
}

// prepareClick finds the action, in the stored post or, for an ephemeral one, in
// the cookie the client got with it. A menu adds context.selected_option, which
// nobody compares with the options.
func (s *Server) prepareClick(postID, id string, me *model.User, in model.DoPostActionRequest) (*click, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &click{retain: map[string]any{}}
	var action *model.PostAction
	if p := s.world.post(postID); p != nil {
		if _, err := s.visible(postID, me); err != nil {
			return nil, err
		}
		action = p.GetAction(id)
		c.request.ChannelId, c.rootID = p.ChannelId, or(p.RootId, p.Id)
		for _, key := range retainedProps {
			if value, ok := p.GetProps()[key]; ok {
				c.retain[key] = value
			}
		}
	} else {
		if in.Cookie == "" {
			return nil, notFound("app.post.get.app_error")
		}
		var cookie model.PostActionCookie
		plain, err := model.DecryptPostActionCookie(in.Cookie, s.secret)
		if err != nil || json.Unmarshal([]byte(plain), &cookie) != nil || cookie.PostId != postID || cookie.Integration == nil {
			return nil, badRequest("api.post.do_action.action_integration.app_error")
		}
		action = &model.PostAction{Type: cookie.Type, DataSource: cookie.DataSource, Integration: cookie.Integration}
		c.request.ChannelId, c.rootID, c.retain = cookie.ChannelId, cookie.RootPostId, cookie.RetainProps
		if c.rootID == postID {
			c.rootID = "" // no thread hangs on an ephemeral post
		}
	}
	channel := s.world.channels[c.request.ChannelId]
	if action == nil || action.Integration == nil || channel == nil {
		return nil, notFound("api.post.do_action.action_id.app_error")
	}
	c.url = action.Integration.URL
	req := &c.request
	req.UserId, req.UserName = me.Id, me.Username
	req.ChannelName, req.TeamId, req.PostId, req.Type = channel.Name, channel.TeamId, postID, action.Type
	req.Context = maps.Clone(action.Integration.Context)
	req.TriggerId = s.newTrigger(me.Id)
	if team := s.world.teams[channel.TeamId]; team != nil {
		req.TeamName = team.Name
	}
	if action.Type == model.PostActionTypeSelect && in.SelectedOption != "" {
		if req.Context == nil {
			req.Context = map[string]any{}
		}
		req.Context["selected_option"], req.DataSource = in.SelectedOption, action.DataSource
	}
	return c, nil
}

// applyUpdate changes the clicked post as its integration says, whoever wrote
// it. Without props the post keeps all of its own, buttons included; with props,
// an empty object too, they replace everything but the retained ones.
func (s *Server) applyUpdate(c *click, update *model.Post) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.world.post(c.request.PostId)
	if p == nil {
		return notFound("app.post.get.app_error") // ephemeral posts are stored nowhere
	}
	_, err := s.editPost(p, func(p *model.Post) {
		p.Message = update.Message
		if update.GetProps() == nil {
			return
		}
		props := maps.Clone(update.GetProps())
		maps.DeleteFunc(props, func(key string, _ any) bool { return slices.Contains(retainedProps, key) })
		maps.Copy(props, c.retain)
		p.SetProps(props)
	})
	return err
}
