package mattermost_test

import (
	"net/http"
	"testing"
	"time"

	"cecoia.example/deploy/local/mattermost"
	"github.com/mattermost/mattermost/server/public/model"
)

func TestWhoLeavesAChannelPostsThereNoMore(t *testing.T) {
	d := start(t)
	_, err := d.as(superviseur).RemoveUserFromChannel(t.Context(), assistance, mattermost.UserID("cecoia"))
	ok(t, err)
	_, res, err := d.bot().CreatePost(t.Context(), &model.Post{ChannelId: assistance, Message: "x"})
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
	_, res, err = d.bot().GetChannelMember(t.Context(), assistance, model.Me, "")
	refused(t, res, err, http.StatusNotFound, "app.channel.get_member.missing.app_error")
	res, err = d.as(agent).RemoveUserFromChannel(t.Context(), assistance, mattermost.UserID("superviseur"))
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
}

func TestMembershipIsKnownByTheAPI(t *testing.T) {
	d := start(t)
	m, _, err := d.bot().GetChannelMember(t.Context(), assistance, mattermost.UserID("agent"), "")
	ok(t, err)
	equal(t, "member", m.UserId, mattermost.UserID("agent"))
	_, res, err := d.bot().GetChannelMember(t.Context(), supervision, mattermost.UserID("agent"), "")
	refused(t, res, err, http.StatusNotFound, "app.channel.get_member.missing.app_error")
	_, res, err = d.as(agent).GetChannelMember(t.Context(), supervision, mattermost.UserID("cecoia"), "")
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
}

func TestComingAndGoingIsToldInTheChannelAndByEvents(t *testing.T) {
	d := start(t)
	botWS, agentWS := d.listen(t, "cecoia"), d.listen(t, "agent")
	_, err := d.as(superviseur).RemoveUserFromChannel(t.Context(), assistance, mattermost.UserID("cecoia"))
	ok(t, err)
	gone := botWS.next(t, model.WebsocketEventUserRemoved)
	equal(t, "who is removed is told where", gone.GetData()["channel_id"], any(assistance))
	equal(t, "others are told who", agentWS.next(t, model.WebsocketEventUserRemoved).GetData()["user_id"], any(mattermost.UserID("cecoia")))
	told := eventPost(t, agentWS.next(t, model.WebsocketEventPosted))
	equal(t, "a post of the server's", told.Type, model.PostTypeRemoveFromChannel)
	_, _, err = d.as(agent).AddChannelMember(t.Context(), assistance, mattermost.UserID("cecoia"))
	ok(t, err)
	botWS.next(t, model.WebsocketEventUserAdded)
	equal(t, "back", eventPost(t, botWS.next(t, model.WebsocketEventPosted)).Type, model.PostTypeAddToChannel)
}

func TestInviteAndKickAreTheServersOwnCommands(t *testing.T) {
	d := start(t)
	run := func(c *model.Client4, command string) string {
		t.Helper()
		answer, _, err := c.ExecuteCommand(t.Context(), assistance, command)
		ok(t, err)
		return answer.Text
	}
	member := func() int {
		_, res, _ := d.bot().GetChannelMember(t.Context(), assistance, model.Me, "")
		return res.StatusCode
	}
	contains(t, run(d.as(agent), "/kick @cecoia"), "permissions")
	equal(t, "an agent removes nobody", member(), http.StatusOK)
	contains(t, run(d.as(superviseur), "/kick @cecoia"), "no longer in ~assistance")
	equal(t, "the administrator does", member(), http.StatusNotFound)
	contains(t, run(d.as(agent), "/invite @personne"), "Usage")
	contains(t, run(d.as(superviseur), "/invite @agent ~supervision"), "in ~supervision")
	contains(t, run(d.as(agent), "/invite @cecoia ~assistance"), "est maintenant dans ~assistance")
	equal(t, "back", member(), http.StatusOK)
	equal(t, "no integration was asked", d.in.count(), 0)
}

func TestWhatOthersWroteIsUnreadUntilItIsSeen(t *testing.T) {
	d := start(t)
	counts := func() int64 {
		m, _, err := d.as(agent).GetChannelMember(t.Context(), assistance, model.Me, "")
		ok(t, err)
		return m.MentionCount
	}
	post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "pour tous"})
	post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "pour toi @agent"})
	equal(t, "called once", counts(), 1)
	_, _, err := d.as(agent).ViewChannel(t.Context(), model.Me, &model.ChannelView{ChannelId: assistance})
	ok(t, err)
	equal(t, "seen", counts(), 0)
	d.clock.advance(time.Second)
	post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "@agent encore"})
	equal(t, "called again", counts(), 1)
	d.clock.advance(time.Second)
	post(t, d.as(agent), &model.Post{ChannelId: assistance, Message: "oui"})
	equal(t, "who writes has seen", counts(), 0)
	_, res, err := d.as(agent).ViewChannel(t.Context(), model.Me, &model.ChannelView{ChannelId: supervision})
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
}
