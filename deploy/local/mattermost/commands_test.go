package mattermost_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/wait"
	"github.com/mattermost/mattermost/server/public/model"
)

// form is the form of a command request.
func (c call) form(t *testing.T) url.Values {
	t.Helper()
	form, err := url.ParseQuery(string(c.body))
	ok(t, err)
	return form
}

// execute types a command in a channel.
func (d *double) execute(c *model.Client4, command string) (*model.CommandResponse, *model.Response, error) {
	return c.ExecuteCommand(d.t.Context(), assistance, command)
}

// executeIn types a command with everything a client may say.
func (d *double) executeIn(c *model.Client4, args model.CommandArgs) error {
	res, err := c.DoAPIPostJSON(d.t.Context(), "/commands/execute", args)
	if err == nil {
		_ = res.Body.Close()
	}
	return err
}

func TestSlashCommandRequest(t *testing.T) {
	d := start(t)
	_, _, err := d.execute(d.as(agent), "/ticket voir 7")
	ok(t, err)
	got := d.in.last(t)
	form := got.form(t)
	equal(t, "method", got.method, http.MethodPost)
	equal(t, "path", got.path, "/mattermost/command")
	equal(t, "type", got.header.Get("Content-Type"), "application/x-www-form-urlencoded")
	equal(t, "authorization", got.header.Get("Authorization"), "Token "+commandToken)
	equal(t, "agent", got.header.Get("User-Agent"), "Mattermost-Bot/1.1")
	for field, want := range map[string]string{
		"token": commandToken, "team_id": mattermost.TeamID("creteil"), "team_domain": "creteil",
		"channel_id": assistance, "channel_name": "assistance", "user_id": mattermost.UserID("agent"),
		"user_name": "agent", "command": "/ticket", "text": "voir 7",
	} {
		equal(t, field, form.Get(field), want)
	}
	if form.Get("trigger_id") == "" || !strings.HasPrefix(form.Get("response_url"), d.URL()+"/hooks/commands/") {
		t.Errorf("trigger_id %q, response_url %q", form.Get("trigger_id"), form.Get("response_url"))
	}
	if root, sent := form["root_id"]; !sent || root[0] != "" {
		t.Errorf("root_id must always be sent, empty outside a thread: %v", form["root_id"])
	}
	if _, sent := form["locale"]; sent {
		t.Error("a locale must not be sent")
	}
}

func TestCommandTextIsRaw(t *testing.T) {
	d := start(t)
	text := "note 7  deux\tespaces\nl’“écran” ” 😀 "
	_, _, err := d.execute(d.as(agent), "/TICKET "+text)
	ok(t, err)
	form := d.in.last(t).form(t)
	equal(t, "text", form.Get("text"), text)
	equal(t, "command", form.Get("command"), "/ticket")
}

func TestCommandMentionsOfKnownUsersAndPublicChannels(t *testing.T) {
	d := start(t)
	_, _, err := d.execute(d.as(agent), "/ticket affecter 7 @superviseur. @agent.paris @nobody ~cantine ~supervision ~nulle-part")
	ok(t, err)
	form := d.in.last(t).form(t)
	if !slices.Equal(form["user_mentions"], []string{"superviseur"}) || !slices.Equal(form["user_mentions_ids"], []string{mattermost.UserID("superviseur")}) {
		t.Errorf("users %v %v", form["user_mentions"], form["user_mentions_ids"])
	}
	if !slices.Equal(form["channel_mentions"], []string{"cantine"}) || !slices.Equal(form["channel_mentions_ids"], []string{cantine}) {
		t.Errorf("channels %v %v", form["channel_mentions"], form["channel_mentions_ids"])
	}
}

func TestSeveralMentionsAreRepeatedFields(t *testing.T) {
	d := start(t)
	_, _, err := d.execute(d.as(agent), "/ticket note 7 @superviseur et @agent, voir ~assistance et ~cantine")
	ok(t, err)
	form := d.in.last(t).form(t)
	for names, ids := range map[string]string{"user_mentions": "user_mentions_ids", "channel_mentions": "channel_mentions_ids"} {
		equal(t, names, len(form[names]), 2)
		for i, name := range form[names] {
			id := mattermost.UserID(name)
			if names == "channel_mentions" {
				id = mattermost.ChannelID("creteil", name)
			}
			equal(t, "id of "+name, form[ids][i], id)
		}
	}
}

func TestACommandNeedsItsChannel(t *testing.T) {
	d := start(t)
	c := d.as(agent)
	_, res, err := c.ExecuteCommand(t.Context(), "no id", "/ticket liste")
	refused(t, res, err, http.StatusBadRequest, "api.command.execute_command.start.app_error")
	_, res, err = c.ExecuteCommand(t.Context(), assistance, "bonjour")
	refused(t, res, err, http.StatusBadRequest, "api.command.execute_command.start.app_error")
	_, res, err = c.ExecuteCommand(t.Context(), cantine, "/ticket liste")
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
	dm, _, err := c.CreateDirectChannel(t.Context(), mattermost.UserID("agent"), mattermost.UserID("cecoia"))
	ok(t, err)
	_, res, err = c.ExecuteCommand(t.Context(), dm.Id, "/ticket liste") // names no team
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
	equal(t, "calls", d.in.count(), 0)
}

func TestCommandsGoThroughOneKeptConnection(t *testing.T) {
	d := start(t)
	var peers []string
	d.in.answers(func(w http.ResponseWriter, r *http.Request) {
		peers = append(peers, r.RemoteAddr) // one request at a time
		answerJSON(`{"text":"ok"}`)(w, r)
	})
	c := d.as(agent)
	for range 3 {
		_, _, err := d.execute(c, "/ticket liste")
		ok(t, err)
	}
	equal(t, "connections", len(slices.Compact(peers)), 1)
}

func TestRootIDIsNotVerified(t *testing.T) {
	d := start(t)
	elsewhere := post(t, d.bot(), &model.Post{ChannelId: supervision, Message: "secret"})
	for _, root := range []string{elsewhere.Id, "bogus"} {
		ok(t, d.executeIn(d.as(agent), model.CommandArgs{ChannelId: assistance, RootId: root, Command: "/ticket voir"}))
		equal(t, "root_id", d.in.last(t).form(t).Get("root_id"), root)
	}
	// Only a post that is stored finds out, after the integration did its work.
	d.in.answers(answerJSON(`{"response_type":"in_channel","text":"ici"}`))
	err := d.executeIn(d.as(agent), model.CommandArgs{ChannelId: assistance, RootId: elsewhere.Id, Command: "/ticket voir"})
	if err == nil || !strings.Contains(err.Error(), "failed to post response") {
		t.Errorf("an answer in another channel's thread: %v", err)
	}
}

func TestCommandsAndTokensArePerTeam(t *testing.T) {
	d := start(t)
	c := d.as(agentParis)
	_, _, err := c.ExecuteCommand(t.Context(), mattermost.ChannelID("paris", "assistance"), "/ticket liste")
	ok(t, err)
	equal(t, "token", d.in.last(t).form(t).Get("token"), "demo-token-paris")
	// A team named by the client counts for nothing in a channel.
	ok(t, d.executeIn(c, model.CommandArgs{ChannelId: mattermost.ChannelID("paris", "assistance"), TeamId: mattermost.TeamID("creteil"), Command: "/ticket x"}))
	equal(t, "team", d.in.last(t).form(t).Get("team_domain"), "paris")
	_, res, err := d.execute(c, "/ticket liste")
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
}

func TestRegeneratingATokenActsAtOnce(t *testing.T) {
	d := start(t)
	token, _, err := d.as(superviseur).RegenCommandToken(t.Context(), mattermost.CommandID("creteil", "ticket"))
	ok(t, err)
	_, _, err = d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	equal(t, "token", d.in.last(t).form(t).Get("token"), token)
	equal(t, "authorization", d.in.last(t).header.Get("Authorization"), "Token "+token)
}

func TestAGetCommandCarriesTheTokenInTheURL(t *testing.T) {
	d := start(t)
	_, _, err := d.execute(d.as(agent), "/lire 7")
	ok(t, err)
	equal(t, "method", d.in.last(t).method, http.MethodGet)
	contains(t, d.in.last(t).path, "token="+commandToken)
}

func TestABotCreatesCommandsOnlyAsTeamAdmin(t *testing.T) {
	d := start(t)
	cmd := &model.Command{TeamId: mattermost.TeamID("creteil"), Trigger: "Guichet", Method: "P", URL: d.in.URL + "/new",
		AutoComplete: true, AutoCompleteHint: "[verbe]", AutocompleteData: model.NewAutocompleteData("guichet", "", "")}
	_, res, err := d.bot().CreateCommand(t.Context(), cmd)
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
	admin := start(t, func(o *mattermost.Options) { o.Seed.Bots[0].AdminOf = []string{"creteil"} })
	_, _, err = admin.bot().CreateCommand(t.Context(), cmd)
	ok(t, err)

	created, res, err := d.as(superviseur).CreateCommand(t.Context(), cmd)
	ok(t, err)
	equal(t, "status", res.StatusCode, http.StatusCreated)
	equal(t, "token", len(created.Token), 26)
	if created.AutocompleteData == nil {
		t.Error("autocomplete_data must be echoed")
	}
	list, _, err := d.as(superviseur).ListCommands(t.Context(), cmd.TeamId, true)
	ok(t, err)
	i := slices.IndexFunc(list, func(c *model.Command) bool { return c.Id == created.Id })
	if i < 0 || list[i].AutocompleteData != nil {
		t.Errorf("the command must be listed, its autocomplete_data never stored: %+v", list)
	}
	equal(t, "trigger", list[i].Trigger, "guichet")
	_, _, err = d.execute(d.as(agent), "/guichet x")
	ok(t, err)
	equal(t, "path", d.in.last(t).path, "/new")
	_, res, err = d.as(superviseur).CreateCommand(t.Context(), cmd)
	refused(t, res, err, http.StatusBadRequest, "api.command.duplicate_trigger.app_error")

	public, _, err := d.as(agent).ListAutocompleteCommands(t.Context(), cmd.TeamId)
	ok(t, err)
	for _, c := range public {
		if c.Token != "" || c.URL != "" {
			t.Errorf("members must not see token and URL: %+v", c)
		}
	}
}

func TestOnly200Counts(t *testing.T) {
	d := start(t)
	c := d.as(agent)
	for _, status := range []int{201, 204, 400, 404, 500, 503} {
		d.in.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			if status != 204 {
				_, _ = io.WriteString(w, `{"text":"secret words"}`)
			}
		})
		_, res, err := d.execute(c, "/ticket liste")
		refused(t, res, err, http.StatusInternalServerError, "api.command.execute_command.failed_resp.app_error")
		contains(t, err.Error(), "returned response")
		if strings.Contains(err.Error(), "secret words") {
			t.Error("11.2 does not show an error body to the user")
		}
	}
	equal(t, "shown", len(d.Ephemerals(mattermost.UserID("agent"))), 0)
	d.in.answers(answerStatus(500, ""))
	_, _, err := d.execute(c, "/ticket liste")
	contains(t, err.Error(), "Command with a trigger of 'ticket' returned response 500 Internal Server Error.")
}

func TestOfAnAnswerOneMebibyteIsRead(t *testing.T) {
	d := start(t)
	d.in.answers(answerJSON(`{"text":"` + strings.Repeat("x", 1<<20) + `"}`))
	_, res, err := d.as(agent).ExecuteCommand(t.Context(), assistance, "/ticket aide")
	refused(t, res, err, http.StatusInternalServerError, "api.command.execute_command.failed.app_error")
}

func TestARedirectIsFollowedAsGET(t *testing.T) {
	d := start(t)
	d.in.answers(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/elsewhere" {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
			return
		}
		answerJSON(`{"text":"là-bas"}`)(w, r)
	})
	answer, _, err := d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	equal(t, "text", answer.Text, "là-bas")
	equal(t, "method", d.in.last(t).method, http.MethodGet)
}

func TestTheServerGivesUpAfterItsTimeoutAndDoesNotRetry(t *testing.T) {
	d := start(t, func(o *mattermost.Options) { o.IntegrationTimeout = 3 * time.Second })
	d.in.answers(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	_, res, err := d.execute(d.as(agent), "/ticket liste")
	refused(t, res, err, http.StatusInternalServerError, "api.command.execute_command.failed.app_error")
	equal(t, "calls", d.in.count(), 1)
}

func TestAnUnreachableCommandFails(t *testing.T) {
	d := start(t)
	d.in.Close()
	_, res, err := d.execute(d.as(agent), "/ticket liste")
	refused(t, res, err, http.StatusInternalServerError, "api.command.execute_command.failed.app_error")
}

func TestAnUnknownCommandIsNotFound(t *testing.T) {
	d := start(t)
	_, res, err := d.execute(d.as(agent), "/tikcet liste")
	refused(t, res, err, http.StatusNotFound, "api.command.execute_command.not_found.app_error")
	contains(t, err.Error(), "'/tikcet' not found")
}

func TestAnAnswerThatIsNotDeclaredJSONIsShownRaw(t *testing.T) {
	d := start(t)
	d.in.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, `{"text":"x"}`)
	})
	_, _, err := d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	equal(t, "shown", d.lastEphemeral(t, "agent").Message, `{"text":"x"}`)
	d.in.answers(answerJSON(`{broken`))
	_, res, err := d.execute(d.as(agent), "/ticket liste")
	refused(t, res, err, http.StatusInternalServerError, "api.command.execute_command.failed.app_error")
	d.in.answers(answerJSON(`{"response_type":"none","text":"` + strings.Repeat("x", 1<<20-len(`{"response_type":"none","text":""}`)) + `"}`))
	_, _, err = d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	d.in.answers(answerJSON(`{"response_type":"none","text":"` + strings.Repeat("x", 1<<20+1-len(`{"response_type":"none","text":""}`)) + `"}`))
	_, res, err = d.execute(d.as(agent), "/ticket liste")
	refused(t, res, err, http.StatusInternalServerError, "api.command.execute_command.failed.app_error")
}

func (d *double) lastEphemeral(t *testing.T, username string) *model.Post {
	t.Helper()
	all := d.Ephemerals(mattermost.UserID(username))
	if len(all) == 0 {
		t.Fatalf("%s was shown nothing", username)
	}
	return all[len(all)-1]
}

func TestAnUnknownResponseTypeShowsNothing(t *testing.T) {
	d := start(t)
	d.in.answers(answerJSON(`{"response_type":"private","text":"perdu"}`))
	_, _, err := d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	equal(t, "ephemerals", len(d.Ephemerals(mattermost.UserID("agent"))), 0)
	equal(t, "posts", len(d.Posts(assistance)), 0)
}

func TestAnInChannelAnswerIsAuthoredByTheUser(t *testing.T) {
	d := start(t)
	d.in.answers(answerJSON(`{"response_type":"in_channel","text":"à tous","props":{"k":"v"}}`))
	c := d.as(agent)
	_, _, err := d.execute(c, "/ticket liste")
	ok(t, err)
	p := d.Posts(assistance)[0]
	equal(t, "author", p.UserId, mattermost.UserID("agent"))
	equal(t, "props", p.GetProp("k"), any("v"))
	_, res, err := d.bot().PatchPost(t.Context(), p.Id, &model.PostPatch{Message: new("le robot")})
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
	_, _, err = c.PatchPost(t.Context(), p.Id, &model.PostPatch{Message: new("moi"), Props: new(d.card())})
	ok(t, err)
	_, err = d.click(c, p.Id, "prendre")
	ok(t, err)
	equal(t, "the user rewrote the buttons", d.in.last(t).path, "/mattermost/action")
	res, err = d.bot().DeletePost(t.Context(), p.Id)
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
	_, err = c.DeletePost(t.Context(), p.Id)
	ok(t, err)
	d.in.answers(answerJSON(`{"response_type":"in_channel","text":"` + strings.Repeat("x", 16384) + `"}`))
	_, res, err = d.execute(c, "/ticket liste")
	refused(t, res, err, http.StatusInternalServerError, "api.command.execute_command.create_post_failed.app_error")
}

func TestExtraResponsesAndChannelID(t *testing.T) {
	d := start(t)
	d.in.answers(answerJSON(`{"text":"un","goto_location":"/x","username":"guichet","icon_url":"https://a.example/i.png","extra_responses":[{"text":"deux"},{"response_type":"in_channel","text":"trois","channel_id":"` + supervision + `"}]}`))
	answer, _, err := d.execute(d.as(superviseur), "/ticket liste")
	ok(t, err)
	equal(t, "goto", answer.GotoLocation, "/x")
	equal(t, "ephemerals", len(d.Ephemerals(mattermost.UserID("superviseur"))), 2)
	equal(t, "name", d.Ephemerals(mattermost.UserID("superviseur"))[0].GetProp("override_username"), any("guichet"))
	equal(t, "icon", d.Ephemerals(mattermost.UserID("superviseur"))[0].GetProp("override_icon_url"), any("https://a.example/i.png"))
	equal(t, "supervision", len(d.Posts(supervision)), 1)
	_, res, err := d.execute(d.as(agent), "/ticket liste")
	refused(t, res, err, http.StatusInternalServerError, "api.command.execute_command.create_post_failed.app_error")
	equal(t, "supervision", len(d.Posts(supervision)), 1)
}

func TestSlackParsingTurnsMarksIntoRealPings(t *testing.T) {
	d := start(t)
	text := `<!channel> <!here> <!all> <@` + mattermost.UserID("superviseur") + `> <http://a.example|lien>`
	d.in.answers(answerJSON(`{"response_type":"in_channel","text":"` + text + `"}`))
	_, _, err := d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	p := d.Posts(assistance)[0]
	equal(t, "text", p.Message, "@channel @here @all @superviseur [lien](http://a.example)")
	equal(t, "pings", len(d.Mentioned(p.Id)), 2)
	d.in.answers(answerJSON(`{"response_type":"in_channel","skip_slack_parsing":true,"text":"` + text + `"}`))
	_, _, err = d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	p = d.Posts(assistance)[1]
	equal(t, "text", p.Message, text)
	equal(t, "pings", len(d.Mentioned(p.Id)), 0)
}

func TestTypedInAThreadEveryAnswerLandsInTheThread(t *testing.T) {
	d := start(t)
	root := post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "carte"})
	d.in.answers(answerJSON(`{"text":"seul","extra_responses":[{"response_type":"in_channel","text":"tous"}]}`))
	ok(t, d.executeIn(d.as(agent), model.CommandArgs{ChannelId: assistance, RootId: root.Id, Command: "/ticket voir"}))
	equal(t, "ephemeral", d.lastEphemeral(t, "agent").RootId, root.Id)
	equal(t, "in_channel", d.Posts(assistance)[1].RootId, root.Id)
	respond(t, d.in.last(t).form(t).Get("response_url"), `{"text":"plus tard"}`, http.StatusOK)
	equal(t, "late", d.lastEphemeral(t, "agent").RootId, root.Id)
}

func TestASlashInADirectMessageGoesToTheCommand(t *testing.T) {
	d := start(t)
	c := d.as(agent)
	dm, _, err := c.CreateDirectChannel(t.Context(), mattermost.UserID("agent"), mattermost.UserID("cecoia"))
	ok(t, err)
	ok(t, d.executeIn(c, model.CommandArgs{ChannelId: dm.Id, TeamId: mattermost.TeamID("creteil"), Command: "/ticket liste"}))
	equal(t, "team", d.in.last(t).form(t).Get("team_domain"), "creteil")
	equal(t, "channel", d.in.last(t).form(t).Get("channel_id"), dm.Id)
	if err := d.executeIn(c, model.CommandArgs{ChannelId: dm.Id, TeamId: mattermost.TeamID("paris"), Command: "/ticket liste"}); err == nil {
		t.Error("a team the user is not in must be refused")
	}
}

// respond posts to a response URL and wants a status.
func respond(t *testing.T, address, body string, want int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader([]byte(body)))
	ok(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	ok(t, err)
	_ = res.Body.Close()
	equal(t, "status of "+body, res.StatusCode, want)
}

func TestResponseURLHasFiveUsesFailedOnesIncluded(t *testing.T) {
	d := start(t)
	_, _, err := d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	address := d.in.last(t).form(t).Get("response_url")
	respond(t, address, `{broken`, http.StatusBadRequest)
	respond(t, address, `{"response_type":"in_channel","text":"`+strings.Repeat("x", 16384)+`"}`, http.StatusInternalServerError)
	for range 3 {
		respond(t, address, `{"text":"voilà"}`, http.StatusOK)
	}
	respond(t, address, `{"text":"voilà"}`, http.StatusBadRequest)
	equal(t, "shown", len(d.Ephemerals(mattermost.UserID("agent"))), 3)
	respond(t, d.URL()+"/hooks/commands/"+model.NewId(), `{"text":"x"}`, http.StatusNotFound)
}

func TestAResponseURLIsForPOSTOnly(t *testing.T) {
	d := start(t)
	_, _, err := d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	address := d.in.last(t).form(t).Get("response_url")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	ok(t, err)
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	ok(t, err)
	_ = res.Body.Close()
	equal(t, "status", res.StatusCode, http.StatusNotFound)
	respond(t, address, `{"text":"voilà"}`, http.StatusOK)
}

func TestResponseURLLives30Minutes(t *testing.T) {
	d := start(t)
	_, _, err := d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	address := d.in.last(t).form(t).Get("response_url")
	d.clock.advance(30*time.Minute - time.Second)
	respond(t, address, `{"text":"juste"}`, http.StatusOK)
	d.clock.advance(time.Second)
	respond(t, address, `{"text":"trop tard"}`, http.StatusNotFound)
}

func TestTheHostOfAResponseURLComesFromTheUsersHostHeader(t *testing.T) {
	d := start(t)
	token, err := d.NewToken("agent")
	ok(t, err)
	body := `{"channel_id":"` + assistance + `","command":"/ticket liste"}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL()+"/api/v4/commands/execute", strings.NewReader(body))
	ok(t, err)
	req.Host, req.Close = "evil.test", true
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	ok(t, err)
	_ = res.Body.Close()
	contains(t, d.in.last(t).form(t).Get("response_url"), "http://evil.test/hooks/commands/")
}

func TestALateAnswerIsLikeAnImmediateOne(t *testing.T) {
	d := start(t)
	_, _, err := d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	address := d.in.last(t).form(t).Get("response_url")
	respond(t, address, `{"response_type":"in_channel","text":"<!channel>"}`, http.StatusOK)
	late := d.Posts(assistance)[0]
	equal(t, "author", late.UserId, mattermost.UserID("agent"))
	equal(t, "slack parsing", late.Message, "@channel")
	respond(t, address, `{"response_type":"private","text":"perdu"}`, http.StatusOK)
	equal(t, "posts", len(d.Posts(assistance)), 1)
	equal(t, "shown", len(d.Ephemerals(mattermost.UserID("agent"))), 0)
	respond(t, address, `{"text":"seul"}`, http.StatusOK)
	equal(t, "ephemeral by default", d.lastEphemeral(t, "agent").Message, "seul")
}

func TestAnOutgoingOAuthConnectionSendsABearerTokenInstead(t *testing.T) {
	d := start(t, func(o *mattermost.Options) { o.Seed.Commands[0].Bearer = "oauth" })
	_, _, err := d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	equal(t, "authorization", d.in.last(t).header.Get("Authorization"), "Bearer oauth")
	equal(t, "token", d.in.last(t).form(t).Get("token"), commandToken)
}

func TestAnAdminChangesAndDeletesCommands(t *testing.T) {
	d := start(t)
	admin := d.as(superviseur)
	id := mattermost.CommandID("creteil", "ticket")
	c, _, err := admin.GetCommandById(t.Context(), id)
	ok(t, err)
	c.URL, c.Token = d.in.URL+"/ailleurs", "not mine to choose"
	_, _, err = admin.UpdateCommand(t.Context(), c)
	ok(t, err)
	_, _, err = d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	equal(t, "path", d.in.last(t).path, "/ailleurs")
	equal(t, "token", d.in.last(t).form(t).Get("token"), commandToken)
	res, err := d.as(agent).DeleteCommand(t.Context(), id)
	refused(t, res, err, http.StatusNotFound, "api.command.command.not_found.app_error")
	_, err = admin.DeleteCommand(t.Context(), id)
	ok(t, err)
	_, res, err = d.execute(d.as(agent), "/ticket liste")
	refused(t, res, err, http.StatusNotFound, "api.command.execute_command.not_found.app_error")
}

func TestClosingDoesNotWaitForASlowIntegration(t *testing.T) {
	d := start(t)
	d.in.answers(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	done := make(chan error, 1)
	c := d.as(agent)
	go func() {
		_, _, err := d.execute(c, "/ticket liste")
		done <- err
	}()
	wait.Until(t, "the integration is called", func() bool { return d.in.count() == 1 })
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	ok(t, d.Close(ctx))
	if err := <-done; err == nil {
		t.Error("the command must fail")
	}
}
