package mattermost

import (
	"iter"
	"net/http"
	"regexp"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
)

// maxShown is how many ephemeral posts of one user are kept for tests to see.
const maxShown = 200

var slackUser = regexp.MustCompile(`<@([a-zA-Z0-9]+)>`)

// showAnswer turns a command's answer and its extra responses into posts. One
// that fails is told to the user, the others are still shown.
func (s *Server) showAnswer(c *model.Command, args *model.CommandArgs, answer *model.CommandResponse) error {
	failed := s.showOne(c, args, answer) != nil
	for _, extra := range answer.ExtraResponses {
		if extra != nil && s.showOne(c, args, extra) != nil {
			failed = true
		}
	}
	if failed {
		return internalError("api.command.execute_command.create_post_failed.app_error", c.Trigger)
	}
	return nil
}

// showOne shows one answer: in_channel as a post authored by the user who typed
// (who may edit and delete it; a bot may not), ephemeral or without a type to
// that user alone, any other type not at all. In a thread it lands in the thread.
func (s *Server) showOne(c *model.Command, args *model.CommandArgs, answer *model.CommandResponse) error {
	p := &model.Post{ChannelId: args.ChannelId, RootId: args.RootId, UserId: args.UserId, Type: answer.Type}
	for key, value := range answer.Props {
		p.AddProp(key, value)
	}
	if answer.ChannelId != "" {
		s.mu.Lock()
		member := s.world.isMember(answer.ChannelId, args.UserId)
		s.mu.Unlock()
		if !member {
			return &apiError{id: "api.command.command_post.forbidden.app_error", status: http.StatusForbidden}
		}
		p.ChannelId = answer.ChannelId
	}
	if name := or(c.Username, answer.Username); name != "" {
		p.AddProp(model.PostPropsOverrideUsername, name)
	}
	if icon := or(c.IconURL, answer.IconURL); icon != "" {
		p.AddProp(model.PostPropsOverrideIconURL, icon)
	}
	p.AddProp(model.PostPropsFromWebhook, "true")

	if !answer.SkipSlackParsing {
		answer.Text = s.slackText(answer.Text)
		for _, a := range answer.Attachments {
			a.Text, a.Pretext, a.Title = s.slackText(a.Text), s.slackText(a.Pretext), s.slackText(a.Title)
			for _, f := range a.Fields {
				if value, ok := f.Value.(string); ok {
					f.Value = s.slackText(value)
				}
			}
		}
	}
	p.Message = answer.Text
	if !answer.SkipSlackParsing {
		p.Message = model.ParseSlackLinksToMarkdown(answer.Text)
	}
	if strings.HasPrefix(p.Type, model.PostSystemMessagePrefix) {
		return invalidParam("post.type")
	}
	if answer.Attachments != nil {
		model.ParseMessageAttachment(p, answer.Attachments)
	}

	switch answer.ResponseType {
	case model.CommandResponseTypeInChannel:
		_, err := s.savePost(p)
		return err
	case model.CommandResponseTypeEphemeral, "":
		if answer.Text != "" || answer.Attachments != nil {
			s.showEphemeral(p)
		}
	}
	return nil
}

// slackText does what 11.2 does to an answer that does not say
// skip_slack_parsing: it turns Slack's mentions into real pings.
func (s *Server) slackText(text string) string {
	text = strings.NewReplacer("<!channel>", "@channel", "<!here>", "@here", "<!all>", "@all").Replace(text)
	s.mu.Lock()
	defer s.mu.Unlock()
	return slackUser.ReplaceAllStringFunc(text, func(m string) string {
		if u := s.world.users[slackUser.FindStringSubmatch(m)[1]]; u != nil {
			return "@" + u.Username
		}
		return m
	})
}

// showEphemeral shows a post to its user alone and stores it nowhere: after a
// reload it is gone. Its buttons work by a cookie that carries the integration,
// encrypted.
func (s *Server) showEphemeral(p *model.Post) {
	now := millis(s.now())
	p.Id, p.CreateAt, p.UpdateAt, p.Type = model.NewId(), now, now, model.PostTypeEphemeral
	p.GenerateActionIds()
	if p.GetProps() == nil {
		p.SetProps(model.StringInterface{})
	}
	p = model.AddPostActionCookies(p, s.secret)
	p.StripActionIntegrations()
	body, err := p.ToJSON()
	if err != nil {
		s.log.Error("mattermost double cannot encode an ephemeral post", "error", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown[p.UserId] = append(s.shown[p.UserId], p)
	if extra := len(s.shown[p.UserId]) - maxShown; extra > 0 {
		s.shown[p.UserId] = s.shown[p.UserId][extra:]
	}
	s.publish(only(p.UserId), func(userID string) *model.WebSocketEvent {
		event := model.NewWebSocketEvent(model.WebsocketEventEphemeralMessage, "", p.ChannelId, userID, nil, "")
		event.Add("post", body)
		return event
	})
}

// only is a sequence of one.
func only(id string) iter.Seq[string] {
	return func(yield func(string) bool) { yield(id) }
}
