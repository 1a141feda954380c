package mattermost

import (
	"fmt"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
)

// builtin runs the two commands of the server itself that an administrator of
// the desk's channels needs: /invite and /kick @name, with another channel of
// the team after it if need be. done is false when the command is neither.
// Refusals are words to who typed, as on a real server.
func (s *Server) builtin(args *model.CommandArgs) (answer *model.CommandResponse, done bool, err error) {
	words := strings.Fields(args.Command)
	verb := strings.ToLower(words[0])
	if verb != "/invite" && verb != "/kick" {
		return nil, false, nil
	}
	s.mu.Lock()
	text, err := s.runBuiltin(verb, words[1:], args)
	s.mu.Unlock()
	if err != nil && !isForbidden(err) {
		return nil, true, err
	}
	s.showEphemeral(&model.Post{Message: text, ChannelId: args.ChannelId, RootId: args.RootId, UserId: args.UserId})
	return &model.CommandResponse{ResponseType: model.CommandResponseTypeEphemeral, Text: text}, true, nil
}

// runBuiltin does the work and says what it did; its text goes with a refusal
// too. The caller holds mu.
func (s *Server) runBuiltin(verb string, names []string, args *model.CommandArgs) (text string, err error) {
	me, c := s.world.users[args.UserId], s.world.channels[args.ChannelId]
	say := wordsFor(me.Locale)
	var who *model.User
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, "~") && c != nil:
			c = s.world.channelByName(or(c.TeamId, args.TeamId), name[1:])
		case who == nil:
			who = s.world.userByName(strings.TrimPrefix(name, "@"))
		}
	}
	if who == nil || c == nil || c.Type == model.ChannelTypeDirect || !s.world.mayRead(c, me.Id) {
		return fmt.Sprintf(say.BuiltinUsage, verb), nil
	}
	change, told := s.addTo, say.Invited
	if verb == "/kick" {
		change, told = s.removeFrom, say.Kicked
	}
	if err := change(c, me, who.Id); err != nil {
		return forbidden().message(me.Locale), err
	}
	return fmt.Sprintf(told, who.Username, c.Name), nil
}
