package mattermost_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/wait"
	"github.com/mattermost/mattermost/server/public/model"
)

func TestLoginByMailAddressGivesAToken(t *testing.T) {
	d := start(t)
	c := d.client()
	u, _, err := c.Login(t.Context(), "Agent@Creteil.example", "demo")
	ok(t, err)
	equal(t, "id", u.Id, mattermost.UserID("agent"))
	me, _, err := c.GetMe(t.Context(), "")
	ok(t, err)
	equal(t, "me", me.Username, "agent")
	raw, err := json.Marshal(me)
	ok(t, err)
	if strings.Contains(string(raw), "demo") {
		t.Errorf("the password is shown: %s", raw)
	}

	_, res, err := d.client().Login(t.Context(), agent, "wrong")
	refused(t, res, err, http.StatusUnauthorized, "api.user.login.invalid_credentials_email_username")
	_, res, err = d.client().Login(t.Context(), "cecoia", "")
	refused(t, res, err, http.StatusUnauthorized, "api.user.login.invalid_credentials_email_username")
}

func TestRevokedTokenIs401(t *testing.T) {
	d := start(t)
	c := d.bot()
	_, _, err := c.GetMe(t.Context(), "")
	ok(t, err)
	ok(t, d.Revoke(botToken))
	_, res, err := c.GetMe(t.Context(), "")
	refused(t, res, err, http.StatusUnauthorized, "api.context.session_expired.app_error")
}

func TestSigningOutEverywhereRevokesEveryTokenOfOneUser(t *testing.T) {
	d := start(t)
	one, two, other := d.as(agent), d.as(agent), d.as(superviseur)
	ws := d.dial(t, two.AuthToken)
	ws.next(t, model.WebsocketEventHello)
	res, err := other.RevokeAllSessions(t.Context(), mattermost.UserID("agent"))
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
	_, err = one.RevokeAllSessions(t.Context(), mattermost.UserID("agent"))
	ok(t, err)
	for _, c := range []*model.Client4{one, two} {
		_, res, err := c.GetMe(t.Context(), "")
		refused(t, res, err, http.StatusUnauthorized, "api.context.session_expired.app_error")
	}
	_, _, err = other.GetMe(t.Context(), "")
	ok(t, err)
	equal(t, "the WebSocket stays open, deaf", d.Sockets(), 1)
}

func TestTheServersErrorTextsFollowAcceptLanguage(t *testing.T) {
	d := start(t)
	c := d.client()
	_, _, err := c.GetMe(t.Context(), "")
	contains(t, err.Error(), "please login again")
	c.HTTPHeader["Accept-Language"] = "fr-FR,fr;q=0.9"
	_, _, err = c.GetMe(t.Context(), "")
	contains(t, err.Error(), "veuillez vous reconnecter")
}

func TestTheBotReadsLocaleAndTimezoneOfAUser(t *testing.T) {
	d := start(t)
	u, _, err := d.bot().GetUser(t.Context(), mattermost.UserID("superviseur"), "")
	ok(t, err)
	equal(t, "locale", u.Locale, "en")
	equal(t, "timezone", u.GetPreferredTimezone(), "Europe/London")
	u, _, err = d.bot().GetUserByUsername(t.Context(), "agent", "")
	ok(t, err)
	equal(t, "mail", u.Email, agent)
	u, _, err = d.bot().GetUserByEmail(t.Context(), agent, "")
	ok(t, err)
	equal(t, "locale", u.Locale, "fr")
	list, _, err := d.bot().GetUsersByIds(t.Context(), []string{u.Id, "nobody"})
	ok(t, err)
	equal(t, "users", len(list), 1)
}

func TestTeamsAndChannelsByName(t *testing.T) {
	d := start(t)
	c := d.bot()
	team, _, err := c.GetTeamByName(t.Context(), "creteil", "")
	ok(t, err)
	equal(t, "team", team.Id, mattermost.TeamID("creteil"))
	ch, _, err := c.GetChannelByName(t.Context(), "assistance", team.Id, "")
	ok(t, err)
	equal(t, "channel", ch.Id, assistance)
	ch, _, err = c.GetChannelByNameForTeamName(t.Context(), "supervision", "creteil", "")
	ok(t, err)
	equal(t, "channel", ch.Id, supervision)
	members, _, err := c.GetChannelMembers(t.Context(), assistance, 0, 100, "")
	ok(t, err)
	equal(t, "members", len(members), 3)
	teams, _, err := c.GetTeamsForUser(t.Context(), model.Me, "")
	ok(t, err)
	equal(t, "teams", len(teams), 2)
	own, _, err := c.GetChannelsForTeamForUser(t.Context(), team.Id, model.Me, false, "")
	ok(t, err)
	equal(t, "channels", len(own), 2)
	public, _, err := c.GetPublicChannelsForTeam(t.Context(), team.Id, 0, 100, "")
	ok(t, err)
	equal(t, "public channels, joined or not", len(public), 2)
	_, res, err := d.as(agentParis).GetChannelByName(t.Context(), "assistance", team.Id, "")
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
	_, res, err = c.GetTeamByName(t.Context(), "lyon", "")
	refused(t, res, err, http.StatusNotFound, "app.team.get.find.app_error")
}

func TestTheBotMustBeAMemberOfPublicChannelsToo(t *testing.T) {
	d := start(t)
	_, res, err := d.bot().CreatePost(t.Context(), &model.Post{ChannelId: cantine, Message: "à table"})
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
	_, _, err = d.bot().AddChannelMember(t.Context(), cantine, mattermost.UserID("cecoia"))
	ok(t, err)
	post(t, d.bot(), &model.Post{ChannelId: cantine, Message: "à table"})
}

func TestASlowReaderHoldsNobodyUp(t *testing.T) {
	d := start(t)
	long := strings.Repeat("long ", 3000)
	for range 60 {
		post(t, d.bot(), &model.Post{ChannelId: assistance, Message: long})
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(d.URL(), "http://"))
	ok(t, err)
	defer conn.Close()
	ok(t, conn.(*net.TCPConn).SetReadBuffer(1024))
	for range 20 { // a megabyte each, and nobody reads
		_, err = fmt.Fprintf(conn, "GET /api/v4/channels/%s/posts?per_page=60 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", assistance, botToken)
		ok(t, err)
	}
	route := "GET /api/v4/channels/{channel}/posts"
	wait.Until(t, "the slow reader is served", func() bool { return d.Requests(route) > 0 })
	for range 20 {
		_, _, err = d.bot().GetMe(t.Context(), "")
		ok(t, err)
	}
}

func TestABotCannotPostEphemerals(t *testing.T) {
	d := start(t)
	_, res, err := d.bot().CreatePostEphemeral(t.Context(), &model.PostEphemeral{UserID: mattermost.UserID("agent"),
		Post: &model.Post{ChannelId: assistance, Message: "psst"}})
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
}

func TestCreatingADirectChannelIsIdempotent(t *testing.T) {
	d := start(t)
	bot, user := mattermost.UserID("cecoia"), mattermost.UserID("agent")
	a, _, err := d.bot().CreateDirectChannel(t.Context(), bot, user)
	ok(t, err)
	b, res, err := d.as(agent).CreateDirectChannel(t.Context(), user, bot)
	ok(t, err)
	equal(t, "status", res.StatusCode, http.StatusCreated)
	equal(t, "channel", b.Id, a.Id)
	post(t, d.bot(), &model.Post{ChannelId: a.Id, Message: "Bonjour"})
	equal(t, "posts", len(d.DirectPosts("agent", "cecoia")), 1)
	_, res, err = d.as(superviseur).CreateDirectChannel(t.Context(), user, bot)
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
}

func TestPostsHold16383Runes(t *testing.T) {
	d := start(t)
	p := post(t, d.bot(), &model.Post{ChannelId: assistance, Message: strings.Repeat("é", 16383)})
	_, res, err := d.bot().CreatePost(t.Context(), &model.Post{ChannelId: assistance, Message: strings.Repeat("é", 16384)})
	refused(t, res, err, http.StatusBadRequest, "model.post.is_valid.message_length.app_error")
	_, res, err = d.bot().PatchPost(t.Context(), p.Id, &model.PostPatch{Message: new(strings.Repeat("é", 16384))})
	refused(t, res, err, http.StatusBadRequest, "model.post.is_valid.message_length.app_error")
}

func TestRepliesLandInTheirThread(t *testing.T) {
	d := start(t)
	root := post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "carte"})
	reply := post(t, d.as(agent), &model.Post{ChannelId: assistance, RootId: root.Id, Message: "note"})
	for name, bad := range map[string]*model.Post{
		"unknown root":      {ChannelId: assistance, RootId: model.NewId(), Message: "x"},
		"root elsewhere":    {ChannelId: supervision, RootId: root.Id, Message: "x"},
		"a reply as a root": {ChannelId: assistance, RootId: reply.Id, Message: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			_, res, err := d.bot().CreatePost(t.Context(), bad)
			refused(t, res, err, http.StatusBadRequest, "api.post.create_post.root_id.app_error")
		})
	}
	list, _, err := d.bot().GetPostThread(t.Context(), reply.Id, "", false)
	ok(t, err)
	if !slices.Equal(list.Order, []string{reply.Id, root.Id}) {
		t.Errorf("order %v", list.Order)
	}
	equal(t, "replies", list.Posts[root.Id].ReplyCount, 1)
}

func TestChannelPostsAreNewestFirstAndPaged(t *testing.T) {
	d := start(t)
	var ids []string
	for range 5 {
		d.clock.advance(time.Millisecond)
		ids = append(ids, post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "n"}).Id)
	}
	slices.Reverse(ids)
	page := func(n, size int) []string {
		list, _, err := d.bot().GetPostsForChannel(t.Context(), assistance, n, size, "", false, false)
		ok(t, err)
		return list.Order
	}
	if got := slices.Concat(page(0, 2), page(1, 2), page(2, 2), page(3, 2)); !slices.Equal(got, ids) {
		t.Errorf("pages give %v, want %v", got, ids)
	}
	before, _, err := d.bot().GetPostsBefore(t.Context(), assistance, ids[2], 0, 10, "", false, false)
	ok(t, err)
	if !slices.Equal(before.Order, ids[3:]) {
		t.Errorf("before gives %v, want %v", before.Order, ids[3:])
	}
	after, _, err := d.bot().GetPostsAfter(t.Context(), assistance, ids[2], 0, 10, "", false, false)
	ok(t, err)
	if !slices.Equal(after.Order, ids[:2]) {
		t.Errorf("after gives %v, want %v", after.Order, ids[:2])
	}
	since, _, err := d.bot().GetPostsSince(t.Context(), assistance, d.clock.now().UnixMilli(), false)
	ok(t, err)
	if !slices.Equal(since.Order, ids[:1]) {
		t.Errorf("since gives %v, want %v", since.Order, ids[:1])
	}
}

func TestSearchLooksAtMessagesOfTheReadersChannelsOnly(t *testing.T) {
	d := start(t)
	team := mattermost.TeamID("creteil")
	p := post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "Ticket I261121_007 pris", Props: model.StringInterface{"delivery": "d-42"}})
	post(t, d.bot(), &model.Post{ChannelId: supervision, Message: "Alerte I261121_007"})
	search := func(c *model.Client4, terms string, or bool) int {
		t.Helper()
		list, _, err := c.SearchPosts(t.Context(), team, terms, or)
		ok(t, err)
		return len(list.Order)
	}
	equal(t, "agent", search(d.as(agent), "i261121_007", false), 1)
	equal(t, "bot", search(d.bot(), "I261121_007", false), 2)
	equal(t, "all words", search(d.bot(), "I261121_007 pris", false), 1)
	equal(t, "any word", search(d.bot(), "pris alerte", true), 2)
	equal(t, "props", search(d.bot(), "d-42", false), 0)
	list, _, err := d.bot().GetPostsForChannel(t.Context(), assistance, 0, 10, "", false, false)
	ok(t, err)
	equal(t, "found by its props", list.Posts[p.Id].GetProp("delivery"), any("d-42"))
}

func TestOnlyTheAuthorEdits(t *testing.T) {
	d := start(t)
	p := post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "un"})
	_, res, err := d.as(agent).PatchPost(t.Context(), p.Id, &model.PostPatch{Message: new("deux")})
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
	d.clock.advance(time.Second)
	edited, _, err := d.bot().PatchPost(t.Context(), p.Id, &model.PostPatch{Message: new("deux")})
	ok(t, err)
	equal(t, "edit_at", edited.EditAt, d.clock.now().UnixMilli())
	history, _, err := d.bot().GetEditHistoryForPost(t.Context(), p.Id)
	ok(t, err)
	equal(t, "earlier", history[0].Message, "un")
	res, err = d.as(agent).DeletePost(t.Context(), p.Id)
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
	_, err = d.bot().DeletePost(t.Context(), p.Id)
	ok(t, err)
	_, res, err = d.bot().GetPost(t.Context(), p.Id, "")
	refused(t, res, err, http.StatusNotFound, "app.post.get.app_error")
}

func TestPendingPostIDDeduplicatesByKeyAloneFor30Seconds(t *testing.T) {
	d := start(t)
	first := post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "un", PendingPostId: "key"})
	equal(t, "echo", first.PendingPostId, "key")
	d.clock.advance(24 * time.Second)
	again := post(t, d.bot(), &model.Post{ChannelId: supervision, Message: "tout autre", PendingPostId: "key"})
	equal(t, "after 24 s", again.Id, first.Id)
	d.clock.advance(8 * time.Second)
	late := post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "un", PendingPostId: "key"})
	if late.Id == first.Id {
		t.Error("after 32 s the key must make a new post")
	}
}

func TestAKeyOfAPostOneMayNotReadDoesNotCount(t *testing.T) {
	d := start(t)
	secret := post(t, d.bot(), &model.Post{ChannelId: supervision, Message: "secret", PendingPostId: "key"})
	own := post(t, d.as(agent), &model.Post{ChannelId: assistance, Message: "le mien", PendingPostId: "key"})
	if own.Id == secret.Id || own.Message != "le mien" {
		t.Errorf("got %q", own.Message)
	}
}

func TestEditingAPostThatIsGoneIs403(t *testing.T) {
	d := start(t)
	p := post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "un"})
	_, err := d.bot().DeletePost(t.Context(), p.Id)
	ok(t, err)
	for _, id := range []string{p.Id, model.NewId()} {
		_, res, err := d.bot().PatchPost(t.Context(), id, &model.PostPatch{Message: new("deux")})
		refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
		_, res, err = d.bot().UpdatePost(t.Context(), id, &model.Post{Id: id, Message: "deux"})
		refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
		_, res, err = d.bot().GetPost(t.Context(), id, "")
		refused(t, res, err, http.StatusNotFound, "app.post.get.app_error")
	}
}

func TestAConcurrentLoserOfAPendingPostIDGets500(t *testing.T) {
	d := start(t)
	release := d.HoldPosts()
	won := make(chan *model.Post, 1)
	go func() {
		p, _, err := d.bot().CreatePost(t.Context(), &model.Post{ChannelId: assistance, Message: "un", PendingPostId: "key"})
		if err != nil {
			t.Error(err)
		}
		won <- p
	}()
	wait.Until(t, "the first request is held", func() bool { return d.HeldPosts() == 1 })
	_, res, err := d.bot().CreatePost(t.Context(), &model.Post{ChannelId: assistance, Message: "un", PendingPostId: "key"})
	refused(t, res, err, http.StatusInternalServerError, "api.post.deduplicate_create_post.pending")
	release()
	first := <-won
	equal(t, "retried", post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "un", PendingPostId: "key"}).Id, first.Id)
	equal(t, "posts", len(d.Posts(assistance)), 1)
}

func TestOfManyAtOnceWithOneKeyOnePostIsMade(t *testing.T) {
	d := start(t)
	c := d.bot()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			_, res, err := c.CreatePost(t.Context(), &model.Post{ChannelId: assistance, Message: "un", PendingPostId: "key"})
			if err != nil && (res == nil || res.StatusCode != http.StatusInternalServerError) {
				t.Errorf("a loser gets the same post or a 500: %v", err)
			}
		})
	}
	wg.Wait()
	equal(t, "posts", len(d.Posts(assistance)), 1)
}

func TestAFailedPostFreesItsPendingPostID(t *testing.T) {
	d := start(t)
	_, _, err := d.bot().CreatePost(t.Context(), &model.Post{ChannelId: assistance, RootId: model.NewId(), PendingPostId: "key"})
	if err == nil {
		t.Fatal("want an error")
	}
	post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "un", PendingPostId: "key"})
}

func TestPriorityIsForRootPostsAndNeedsNoLicence(t *testing.T) {
	d := start(t)
	with := func(p model.PostPriority, root string) *model.Post {
		return &model.Post{ChannelId: assistance, RootId: root, Message: "panne", Metadata: &model.PostMetadata{Priority: &p}}
	}
	root := post(t, d.bot(), with(model.PostPriority{Priority: new("urgent")}, ""))
	read, _, err := d.bot().GetPost(t.Context(), root.Id, "")
	ok(t, err)
	equal(t, "priority", *read.GetPriority().Priority, "urgent")
	_, res, err := d.bot().CreatePost(t.Context(), with(model.PostPriority{Priority: new("important")}, root.Id))
	refused(t, res, err, http.StatusBadRequest, "api.post.post_priority.priority_post_only_allowed_for_root_post.request_error")
	_, res, err = d.bot().CreatePost(t.Context(), with(model.PostPriority{Priority: new("urgent"), RequestedAck: new(true)}, ""))
	refused(t, res, err, http.StatusNotImplemented, "license_error.feature_unavailable")
}

func TestWhoAPostPings(t *testing.T) {
	d := start(t)
	pings := func(p *model.Post) int {
		p.ChannelId = assistance
		return len(d.Mentioned(post(t, d.bot(), p).Id))
	}
	equal(t, "nobody", pings(&model.Post{Message: "courriel agent@creteil.example"}), 0)
	equal(t, "by name", pings(&model.Post{Message: "bravo @agent."}), 1)
	equal(t, "@all", pings(&model.Post{Message: "attention @all"}), 2)
	equal(t, "in an attachment", pings(&model.Post{Props: model.StringInterface{
		"attachments": []*model.MessageAttachment{{Text: "@channel"}}}}), 2)
}

func TestTheRestOfTheReadingAPI(t *testing.T) {
	d := start(t)
	c := d.as(agent)
	status, _, err := d.client().GetPing(t.Context())
	ok(t, err)
	equal(t, "ping", status, "OK")
	team, _, err := c.GetTeam(t.Context(), mattermost.TeamID("creteil"), "")
	ok(t, err)
	equal(t, "team", team.Name, "creteil")
	member, _, err := c.GetTeamMember(t.Context(), team.Id, mattermost.UserID("superviseur"), "")
	ok(t, err)
	equal(t, "admin", member.SchemeAdmin, true)
	ch, _, err := c.GetChannel(t.Context(), cantine)
	ok(t, err)
	equal(t, "a public channel is readable by the team", ch.Name, "cantine")
	_, res, err := c.GetChannel(t.Context(), supervision)
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
	byName, _, err := c.GetUsersByUsernames(t.Context(), []string{"cecoia", "nobody"})
	ok(t, err)
	equal(t, "users", len(byName), 1)
	in, _, err := c.GetUsersInChannel(t.Context(), assistance, 0, 2, "")
	ok(t, err)
	equal(t, "a page of users", len(in), 2)
	p := post(t, c, &model.Post{ChannelId: assistance, Message: "x"})
	byID, _, err := d.bot().GetPostsByIds(t.Context(), []string{p.Id, "nothing"})
	ok(t, err)
	equal(t, "posts", len(byID), 1)
	_, res, err = c.GetPost(t.Context(), model.NewId(), "")
	refused(t, res, err, http.StatusNotFound, "app.post.get.app_error")
	_, err = c.DoAPIGet(t.Context(), "/no/such/route", "")
	contains(t, err.Error(), "could not find the page")
	_, err = c.DoAPIPost(t.Context(), "/posts", "{broken")
	contains(t, err.Error(), "Invalid or missing post")
}
