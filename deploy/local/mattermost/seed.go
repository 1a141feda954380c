package mattermost

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
)

// Seed declares what exists before anyone signs in. The same seed always gives
// the same ids, see UserID, TeamID and ChannelID.
type Seed struct {
	Teams    []Team
	Users    []User
	Bots     []Bot
	Commands []Command
	// Try is what the first page offers to newcomers.
	Try []Suggestion
}

// Suggestion is one thing to try: a link on the first page that signs in as User,
// opens Channel ("team/name" or "@username") and has Draft, if any, ready in the
// message box. French and English are its words.
type Suggestion struct {
	User, Channel, Draft string
	French, English      string
}

// Team is a team with its channels. Name is the handle in addresses.
type Team struct {
	Name, DisplayName string
	Channels          []Channel
}

// Channel is a channel of a team; public unless Private.
type Channel struct {
	Name, DisplayName, Header string
	Private                   bool
}

// User is a person who signs in with Email (or Username) and Password.
type User struct {
	Username, FirstName, LastName, Email, Password string
	// Locale is "fr" or "en", default "fr"; Timezone an IANA name, default
	// "Europe/Paris".
	Locale, Timezone string
	// Position is the job title the page shows.
	Position string
	// Channels are the memberships, "team/channel"; the teams follow from them.
	Channels []string
	// AdminOf names the teams in which the user may create commands.
	AdminOf []string
}

// Bot is an account without a password; it acts with Token, fixed by the seed.
type Bot struct {
	Username, DisplayName, Token string
	Channels, AdminOf            []string
}

// Command is a slash command of one team: its own trigger (without the slash),
// URL and token. Hint and Description feed the autocomplete line.
type Command struct {
	Team, Trigger, URL, Token string
	Hint, Description         string
	// Get makes the server send GET, with the token in the address. A trap.
	Get bool
	// Bearer is the token of an outgoing OAuth connection: it takes the place of
	// the command's token in the header. Empty: there is no connection.
	Bearer string
}

// idEncoding is Mattermost's own alphabet for ids.
var idEncoding = base32.NewEncoding("ybndrfg8ejkmcpqxot1uwisza345h769").WithPadding(base32.NoPadding)

// seedID is a 26-character id that depends on its arguments only.
func seedID(kind, name string) string {
	sum := sha256.Sum256([]byte("cecoia mattermost double\x00" + kind + "\x00" + name))
	return idEncoding.EncodeToString(sum[:16])
}

// UserID is the id of the seeded user or bot with this username.
func UserID(username string) string { return seedID("user", username) }

// TeamID is the id of the seeded team with this name.
func TeamID(name string) string { return seedID("team", name) }

// ChannelID is the id of the seeded channel of a team.
func ChannelID(team, name string) string { return seedID("channel", team+"/"+name) }

// CommandID is the id of the seeded command of a team.
func CommandID(team, trigger string) string { return seedID("command", team+"/"+trigger) }

// seed puts the declared things into an empty world. It reports the first name
// that refers to nothing or is taken.
func (w *world) seed(seed Seed, now int64) error {
	for _, t := range seed.Teams {
		id := TeamID(t.Name)
		w.teams[id] = &model.Team{Id: id, CreateAt: now, UpdateAt: now, Name: t.Name,
			DisplayName: or(t.DisplayName, t.Name), Type: model.TeamOpen}
		w.teamOrder = append(w.teamOrder, id)
		for _, c := range t.Channels {
			kind := model.ChannelTypeOpen
			if c.Private {
				kind = model.ChannelTypePrivate
			}
			w.putChannel(&model.Channel{Id: ChannelID(t.Name, c.Name), CreateAt: now, UpdateAt: now, TeamId: id,
				Type: kind, Name: c.Name, DisplayName: or(c.DisplayName, c.Name), Header: c.Header})
		}
	}
	for _, u := range seed.Users {
		err := w.seedUser(&model.User{Id: UserID(u.Username), CreateAt: now, UpdateAt: now, Username: u.Username,
			Email: strings.ToLower(u.Email), EmailVerified: true, FirstName: u.FirstName, LastName: u.LastName,
			Position: u.Position, Locale: or(u.Locale, "fr"), Roles: model.SystemUserRoleId,
			Timezone: timezone(or(u.Timezone, "Europe/Paris")),
		}, u.Channels, u.AdminOf)
		if err != nil {
			return err
		}
		w.passwords[UserID(u.Username)] = u.Password
	}
	for _, b := range seed.Bots {
		id := UserID(b.Username)
		err := w.seedUser(&model.User{Id: id, CreateAt: now, UpdateAt: now, Username: b.Username,
			Email: b.Username + "@localhost", FirstName: b.DisplayName, IsBot: true, Locale: "en",
			Roles: model.SystemUserRoleId, Timezone: timezone("Europe/Paris")}, b.Channels, b.AdminOf)
		if err != nil {
			return err
		}
		if b.Token != "" {
			w.sessions[b.Token] = &session{Token: b.Token, UserID: id}
		}
	}
	for _, try := range seed.Try {
		if w.users[UserID(try.User)] == nil {
			return fmt.Errorf("seed: a suggestion is for %q, who is not declared", try.User)
		}
	}
	w.try = seed.Try
	for _, c := range seed.Commands {
		team := w.teams[TeamID(c.Team)]
		if team == nil {
			return fmt.Errorf("seed: command %q names the team %q, which is not declared", c.Trigger, c.Team)
		}
		w.bearers[CommandID(c.Team, c.Trigger)] = c.Bearer
		method := model.CommandMethodPost
		if c.Get {
			method = model.CommandMethodGet
		}
		id := CommandID(c.Team, c.Trigger)
		w.commands[id] = &model.Command{Id: id, Token: c.Token, CreateAt: now, UpdateAt: now, CreatorId: w.anyAdmin(team.Id),
			TeamId: team.Id, Trigger: strings.ToLower(c.Trigger), Method: method, URL: c.URL, DisplayName: c.Trigger,
			AutoComplete: c.Hint != "" || c.Description != "", AutoCompleteHint: c.Hint, AutoCompleteDesc: c.Description}
	}
	return nil
}

func (w *world) seedUser(u *model.User, channels, adminOf []string) error {
	if w.users[u.Id] != nil {
		return fmt.Errorf("seed: the username %q is declared twice", u.Username)
	}
	w.users[u.Id] = u
	w.userOrder = append(w.userOrder, u.Id)
	for _, path := range channels {
		team, name, _ := strings.Cut(path, "/")
		c := w.channels[ChannelID(team, name)]
		if c == nil {
			return fmt.Errorf("seed: %q belongs to the channel %q, which is not declared as team/channel", u.Username, path)
		}
		w.join(c.TeamId, u.Id)
		w.join(c.Id, u.Id)
	}
	for _, name := range adminOf {
		if w.teams[TeamID(name)] == nil {
			return fmt.Errorf("seed: %q administers the team %q, which is not declared", u.Username, name)
		}
		w.join(TeamID(name), u.Id)
		w.admins[TeamID(name)+u.Id] = true
	}
	return nil
}

func timezone(name string) model.StringMap {
	return model.StringMap{"useAutomaticTimezone": "true", "automaticTimezone": name, "manualTimezone": ""}
}

// or is s, or a default for an empty s.
func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
