package mattermost

import (
	"maps"
	"slices"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
)

// session is a token that stands for a user. A bot's token is one too.
type session struct {
	Token   string `json:"token"`
	UserID  string `json:"user_id"`
	Revoked bool   `json:"revoked,omitempty"`
}

// membership says that a user is in a channel or a team (Group), or left it.
type membership struct {
	Group  string `json:"group"`
	UserID string `json:"user_id"`
	Left   bool   `json:"left,omitempty"`
}

// commandToken is a regenerated token. Recorded apart from its command so that a
// seeded command keeps following the seed in everything else.
type commandToken struct {
	CommandID string `json:"command_id"`
	Token     string `json:"token"`
}

// world is what the server remembers. It knows no clock and no network; apply
// changes it, the other methods only look. The Server's lock guards it. What it
// hands out is its own: callers clone before they change.
type world struct {
	teams     map[string]*model.Team
	teamOrder []string
	users     map[string]*model.User
	userOrder []string
	passwords map[string]string
	channels  map[string]*model.Channel
	members   map[string][]string // channel or team id → user ids, in order of joining
	admins    map[string]bool     // team id + user id
	commands  map[string]*model.Command
	bearers   map[string]string // command id → token of an outgoing OAuth connection
	sessions  map[string]*session
	hooks     map[string]*hook
	try       []Suggestion

	viewed   map[string]int64 // channel id + user id → milliseconds, see viewed.go
	posts    map[string]*model.Post
	timeline map[string][]string      // channel id → post ids, oldest first
	threads  map[string][]string      // root post id → ids of its replies, oldest first
	history  map[string][]*model.Post // post id → earlier versions, newest last
}

func newWorld() *world {
	return &world{
		teams: map[string]*model.Team{}, users: map[string]*model.User{}, passwords: map[string]string{},
		channels: map[string]*model.Channel{}, members: map[string][]string{}, admins: map[string]bool{},
		commands: map[string]*model.Command{}, bearers: map[string]string{}, sessions: map[string]*session{}, hooks: map[string]*hook{},
		viewed: map[string]int64{},
		posts:  map[string]*model.Post{}, timeline: map[string][]string{}, threads: map[string][]string{}, history: map[string][]*model.Post{},
	}
}

// apply makes one recorded change, now or when the journal is replayed.
func (w *world) apply(r record) {
	switch {
	case r.Post != nil:
		p := r.Post
		if old := w.posts[p.Id]; old != nil {
			w.history[p.Id] = append(w.history[p.Id], old)
		} else {
			w.timeline[p.ChannelId] = append(w.timeline[p.ChannelId], p.Id)
			if p.RootId != "" {
				w.threads[p.RootId] = append(w.threads[p.RootId], p.Id)
			}
		}
		w.posts[p.Id] = p
	case r.Channel != nil:
		w.putChannel(r.Channel)
	case r.Member != nil && r.Member.Left:
		m := r.Member
		w.members[m.Group] = slices.DeleteFunc(w.members[m.Group], func(id string) bool { return id == m.UserID })
	case r.Member != nil:
		w.join(r.Member.Group, r.Member.UserID)
	case r.Command != nil:
		w.commands[r.Command.Id] = r.Command
	case r.CommandToken != nil:
		if c := w.commands[r.CommandToken.CommandID]; c != nil {
			changed := *c
			changed.Token = r.CommandToken.Token
			w.commands[c.Id] = &changed
		}
	case r.Session != nil:
		w.sessions[r.Session.Token] = r.Session
	case r.Hook != nil:
		w.hooks[r.Hook.ID] = r.Hook
	case r.View != nil:
		w.viewed[r.View.ChannelID+r.View.UserID] = r.View.At
	}
}

// putChannel stores a channel; the two people of a direct one are its members.
func (w *world) putChannel(c *model.Channel) {
	w.channels[c.Id] = c
	if c.Type == model.ChannelTypeDirect {
		for id := range strings.SplitSeq(c.Name, "__") {
			w.join(c.Id, id)
		}
	}
}

func (w *world) join(group, userID string) {
	if !w.isMember(group, userID) {
		w.members[group] = append(w.members[group], userID)
	}
}

func (w *world) isMember(group, userID string) bool {
	return slices.Contains(w.members[group], userID)
}

// mayRead says whether a user may read a channel: its members, and the team's
// for a public one.
func (w *world) mayRead(c *model.Channel, userID string) bool {
	return w.isMember(c.Id, userID) || c.Type == model.ChannelTypeOpen && w.isMember(c.TeamId, userID)
}

func (w *world) isAdmin(teamID, userID string) bool { return w.admins[teamID+userID] }

// anyAdmin is a user who administers a team, to be the creator of its seeded
// commands; empty when it has none.
func (w *world) anyAdmin(teamID string) string {
	for _, id := range w.userOrder {
		if w.isAdmin(teamID, id) {
			return id
		}
	}
	return ""
}

// signedIn is the user of a valid token, nil otherwise.
func (w *world) signedIn(token string) *model.User {
	if s := w.sessions[token]; s != nil && !s.Revoked {
		return w.users[s.UserID]
	}
	return nil
}

func (w *world) userByName(name string) *model.User {
	name = strings.ToLower(name)
	for _, u := range w.users {
		if u.Username == name {
			return u
		}
	}
	return nil
}

func (w *world) userByEmail(mail string) *model.User {
	for _, u := range w.users {
		if strings.EqualFold(u.Email, mail) {
			return u
		}
	}
	return nil
}

func (w *world) teamByName(name string) *model.Team {
	for _, t := range w.teams {
		if t.Name == name {
			return t
		}
	}
	return nil
}

func (w *world) channelByName(teamID, name string) *model.Channel {
	for _, c := range w.channels {
		if c.TeamId == teamID && c.Name == name && c.DeleteAt == 0 {
			return c
		}
	}
	return nil
}

// directChannel is the channel of two people, nil before they opened it.
func (w *world) directChannel(a, b string) *model.Channel {
	return w.channelByName("", model.GetDMNameFromIds(a, b))
}

// channelsOf are the channels a user is in: those of one team (all teams when
// empty) and, always, the direct ones; by name.
func (w *world) channelsOf(userID, teamID string) []*model.Channel {
	own := slices.DeleteFunc(slices.Collect(maps.Values(w.channels)), func(c *model.Channel) bool {
		return !w.isMember(c.Id, userID) || teamID != "" && c.TeamId != "" && c.TeamId != teamID
	})
	slices.SortFunc(own, func(a, b *model.Channel) int { return strings.Compare(a.TeamId+a.Name, b.TeamId+b.Name) })
	return own
}

// command is the command of a team with this trigger, nil if there is none.
func (w *world) command(teamID, trigger string) *model.Command {
	for _, c := range w.commands {
		if c.TeamId == teamID && c.Trigger == trigger && c.DeleteAt == 0 {
			return c
		}
	}
	return nil
}

// commandsOf are the commands of a team, by trigger.
func (w *world) commandsOf(teamID string) []*model.Command {
	var all []*model.Command
	for _, c := range w.commands {
		if c.TeamId == teamID && c.DeleteAt == 0 {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *model.Command) int { return strings.Compare(a.Trigger, b.Trigger) })
	return all
}

// post is a post that is not deleted, nil otherwise.
func (w *world) post(id string) *model.Post {
	if p := w.posts[id]; p != nil && p.DeleteAt == 0 {
		return p
	}
	return nil
}

// replies are the posts of a thread without its root, oldest first.
func (w *world) replies(rootID string) []*model.Post {
	var all []*model.Post
	for _, id := range w.threads[rootID] {
		if p := w.post(id); p != nil {
			all = append(all, p)
		}
	}
	return all
}

// displayName is the name of a channel as one of its readers sees it: a direct
// channel bears the other person's username.
func (w *world) displayName(c *model.Channel, userID string) string {
	if c.Type != model.ChannelTypeDirect {
		return c.DisplayName
	}
	if u := w.users[c.GetOtherUserIdForDM(userID)]; u != nil {
		return u.Username
	}
	return ""
}
