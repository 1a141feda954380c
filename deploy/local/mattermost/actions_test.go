package mattermost_test

import (
	"net/http"
	"testing"

	"cecoia.example/deploy/local/mattermost"
	"github.com/mattermost/mattermost/server/public/model"
)

// card is the props of a post with a button "prendre" and a menu "theme".
func (d *double) card() model.StringInterface {
	to := func(op string) *model.PostActionIntegration {
		return &model.PostActionIntegration{URL: d.in.URL + "/mattermost/action", Context: map[string]any{"op": op, "ticket": "I261121_007"}}
	}
	return model.StringInterface{"delivery": "d-1", "attachments": []*model.MessageAttachment{{Title: "I261121_007", Actions: []*model.PostAction{
		{Id: "prendre", Type: "button", Name: "Prendre", Integration: to("take")},
		{Id: "theme", Type: "select", Name: "Thème", Options: []*model.PostActionOptions{{Text: "ENT", Value: "ent"}}, Integration: to("theme")},
		{Id: "bad-id", Type: "button", Name: "Mal nommé", Integration: to("bad")},
	}}}}
}

func (d *double) postCard(t *testing.T) *model.Post {
	t.Helper()
	return post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "carte", Props: d.card()})
}

func (d *double) click(c *model.Client4, postID, action string) (*model.Response, error) {
	return c.DoPostAction(d.t.Context(), postID, action)
}

func TestButtonCallbackHasNoAuthenticationAtAll(t *testing.T) {
	d := start(t)
	p := d.postCard(t)
	_, err := d.click(d.as(agent), p.Id, "prendre")
	ok(t, err)
	got := d.in.last(t)
	equal(t, "authorization", got.header.Get("Authorization"), "")
	equal(t, "type", got.header.Get("Content-Type"), "application/json")
	body := got.json(t)
	for field, want := range map[string]any{
		"user_id": mattermost.UserID("agent"), "user_name": "agent", "channel_id": assistance, "channel_name": "assistance",
		"team_id": mattermost.TeamID("creteil"), "team_domain": "creteil", "post_id": p.Id, "type": "button", "data_source": "",
	} {
		equal(t, field, body[field], want)
	}
	equal(t, "context", body["context"].(map[string]any)["ticket"], any("I261121_007"))
	if body["trigger_id"] == "" {
		t.Error("no trigger_id")
	}
}

func TestMenuAddsSelectedOptionUnchecked(t *testing.T) {
	d := start(t)
	p := d.postCard(t)
	_, err := d.as(agent).DoPostActionWithCookie(t.Context(), p.Id, "theme", "no such option", "", nil, "")
	ok(t, err)
	body := d.in.last(t).json(t)
	equal(t, "type", body["type"], any("select"))
	equal(t, "selected", body["context"].(map[string]any)["selected_option"], any("no such option"))
}

func TestActionIDsAreAlphanumericOnly(t *testing.T) {
	d := start(t)
	p := d.postCard(t)
	res, err := d.click(d.as(agent), p.Id, "bad-id")
	refused(t, res, err, http.StatusNotFound, "api.context.404.app_error")
	res, err = d.click(d.as(agent), p.Id, "inconnu")
	refused(t, res, err, http.StatusNotFound, "api.post.do_action.action_id.app_error")
	equal(t, "calls", d.in.count(), 0)
}

func TestButtonOnly200Counts(t *testing.T) {
	d := start(t)
	p := d.postCard(t)
	for _, status := range []int{201, 400, 500} {
		d.in.answers(answerStatus(status, `{"ephemeral_text":"non"}`))
		res, err := d.click(d.as(agent), p.Id, "prendre")
		refused(t, res, err, http.StatusBadRequest, "api.post.do_action.action_integration.app_error")
	}
	d.in.answers(answerJSON(`not json`))
	res, err := d.click(d.as(agent), p.Id, "prendre")
	refused(t, res, err, http.StatusBadRequest, "api.post.do_action.action_integration.app_error")
	equal(t, "shown", len(d.Ephemerals(mattermost.UserID("agent"))), 0)
}

func TestAnErrorInAButtonsAnswerIsIgnored(t *testing.T) {
	d := start(t)
	p := d.postCard(t)
	for _, answer := range []string{`{"error":{"message":"non"}}`, `{}`, ``} {
		d.in.answers(answerJSON(answer))
		_, err := d.click(d.as(agent), p.Id, "prendre")
		ok(t, err)
	}
	equal(t, "shown", len(d.Ephemerals(mattermost.UserID("agent"))), 0)
}

func TestUpdateWithoutPropsKeepsTheButtons(t *testing.T) {
	d := start(t)
	p := d.postCard(t)
	d.in.answers(answerJSON(`{"update":{"message":"pris"},"ephemeral_text":"À vous."}`))
	_, err := d.click(d.as(agent), p.Id, "prendre")
	ok(t, err)
	stored := d.Posts(assistance)[0]
	equal(t, "message", stored.Message, "pris")
	equal(t, "author", stored.UserId, mattermost.UserID("cecoia"))
	equal(t, "from_bot", stored.GetProp("from_bot"), any("true"))
	equal(t, "ephemeral", d.lastEphemeral(t, "agent").Message, "À vous.")
	equal(t, "thread", d.lastEphemeral(t, "agent").RootId, p.Id)
	_, err = d.click(d.as(agent), p.Id, "prendre")
	ok(t, err)
	equal(t, "clicks are not de-duplicated", d.in.count(), 2)
}

func TestUpdateWithEmptyPropsRemovesButtonsAndFromBot(t *testing.T) {
	d := start(t)
	p := d.postCard(t)
	d.in.answers(answerJSON(`{"update":{"message":"pris","props":{}}}`))
	_, err := d.click(d.as(agent), p.Id, "prendre")
	ok(t, err)
	stored := d.Posts(assistance)[0]
	equal(t, "props", len(stored.GetProps()), 0)
	res, err := d.click(d.as(agent), p.Id, "prendre")
	refused(t, res, err, http.StatusNotFound, "api.post.do_action.action_id.app_error")
}

func TestReadsHideIntegrationsExceptThreadsAndHistory(t *testing.T) {
	d := start(t)
	p := d.postCard(t)
	hidden := func(what string, p *model.Post) {
		t.Helper()
		for _, a := range p.Attachments()[0].Actions {
			if a.Integration != nil {
				t.Errorf("%s shows the integration of %s", what, a.Id)
			}
		}
	}
	shown := func(what string, p *model.Post) {
		t.Helper()
		if p.GetAction("prendre").Integration == nil {
			t.Errorf("%s hides the integration: on a real server members see it", what)
		}
	}
	hidden("the answer to a post", p)
	c := d.as(agent)
	read, _, err := c.GetPost(t.Context(), p.Id, "")
	ok(t, err)
	hidden("a post", read)
	list, _, err := c.GetPostsForChannel(t.Context(), assistance, 0, 10, "", false, false)
	ok(t, err)
	hidden("a channel", list.Posts[p.Id])
	thread, _, err := c.GetPostThread(t.Context(), p.Id, "", false)
	ok(t, err)
	shown("a thread", thread.Posts[p.Id])
	patched, _, err := d.bot().PatchPost(t.Context(), p.Id, &model.PostPatch{Message: new("suite")})
	ok(t, err)
	hidden("the answer to a patch", patched)
	history, _, err := c.GetEditHistoryForPost(t.Context(), p.Id)
	ok(t, err)
	shown("the edit history", history[0])
}

func TestWhatKillsButtonsAndWhatIsSafe(t *testing.T) {
	bodies := map[string]struct {
		edit  func(d *double, p *model.Post) error
		alive bool
	}{
		"a PUT of a post read back": {func(d *double, p *model.Post) error {
			read, _, err := d.bot().GetPost(d.t.Context(), p.Id, "")
			ok(d.t, err)
			_, _, err = d.bot().UpdatePost(d.t.Context(), p.Id, read)
			return err
		}, false},
		"a PUT without props": {func(d *double, p *model.Post) error {
			_, _, err := d.bot().UpdatePost(d.t.Context(), p.Id, &model.Post{Id: p.Id, Message: "x"})
			return err
		}, false},
		"a PATCH of props read back": {func(d *double, p *model.Post) error {
			read, _, err := d.bot().GetPost(d.t.Context(), p.Id, "")
			ok(d.t, err)
			_, _, err = d.bot().PatchPost(d.t.Context(), p.Id, &model.PostPatch{Props: new(read.GetProps())})
			return err
		}, false},
		"a PATCH of the message": {func(d *double, p *model.Post) error {
			_, _, err := d.bot().PatchPost(d.t.Context(), p.Id, &model.PostPatch{Message: new("x")})
			return err
		}, true},
		"a PATCH with the full props": {func(d *double, p *model.Post) error {
			_, _, err := d.bot().PatchPost(d.t.Context(), p.Id, &model.PostPatch{Message: new("x"), Props: new(d.card())})
			return err
		}, true},
	}
	for name, b := range bodies {
		t.Run(name, func(t *testing.T) {
			d := start(t)
			p := d.postCard(t)
			ok(t, b.edit(d, p))
			res, err := d.click(d.as(agent), p.Id, "prendre")
			if b.alive {
				ok(t, err)
				return
			}
			refused(t, res, err, http.StatusNotFound, "api.post.do_action.action_id.app_error")
		})
	}
}

func TestAnyUserMayForgeAPostWithAButton(t *testing.T) {
	d := start(t)
	props := d.card()
	props["from_bot"] = "true"
	forged := post(t, d.as(agent), &model.Post{ChannelId: assistance, Message: "carte", Props: props})
	equal(t, "from_bot", d.Posts(assistance)[0].GetProp("from_bot"), any("true"))
	_, err := d.click(d.as(superviseur), forged.Id, "prendre")
	ok(t, err)
	equal(t, "post", d.in.last(t).json(t)["post_id"], any(forged.Id))
	own := post(t, d.as(agent), &model.Post{ChannelId: assistance, Message: "rien"})
	_, _, err = d.as(agent).PatchPost(t.Context(), own.Id, &model.PostPatch{Props: new(props)})
	ok(t, err)
	_, err = d.click(d.as(agent), own.Id, "prendre")
	ok(t, err)
}

func TestOnlyReadersOfAPostMayClick(t *testing.T) {
	d := start(t)
	p := d.postCard(t)
	res, err := d.click(d.as(agentParis), p.Id, "prendre")
	refused(t, res, err, http.StatusForbidden, "api.context.permissions.app_error")
}

func TestButtonsOfAnEphemeralPostWorkByCookie(t *testing.T) {
	d := start(t)
	d.in.answers(answerJSON(`{"text":"lequel ?","attachments":[{"actions":[{"id":"oui","type":"button","name":"Oui","integration":{"url":"` + d.in.URL + `/mattermost/action","context":{"op":"yes"}}}]}]}`))
	_, _, err := d.execute(d.as(agent), "/ticket résoudre 7")
	ok(t, err)
	p := d.lastEphemeral(t, "agent")
	action := p.GetAction("oui")
	if action.Integration != nil {
		t.Error("an ephemeral post must not show its integration")
	}
	d.in.answers(answerJSON(`{"ephemeral_text":"fait"}`))
	_, err = d.as(agent).DoPostActionWithCookie(t.Context(), p.Id, "oui", "", action.Cookie, nil, "")
	ok(t, err)
	equal(t, "context", d.in.last(t).json(t)["context"].(map[string]any)["op"], any("yes"))
	equal(t, "shown", d.lastEphemeral(t, "agent").Message, "fait")
	res, err := d.click(d.as(agent), p.Id, "oui")
	refused(t, res, err, http.StatusNotFound, "app.post.get.app_error")
	res, err = d.as(agent).DoPostActionWithCookie(t.Context(), p.Id, "oui", "", "forged", nil, "")
	refused(t, res, err, http.StatusBadRequest, "api.post.do_action.action_integration.app_error")
}
