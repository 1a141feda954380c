package mattermost_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cecoia.example/deploy/local/mattermost"
	"github.com/mattermost/mattermost/server/public/model"
)

// trigger clicks a button and returns the trigger id the integration got.
func (d *double) trigger(t *testing.T) string {
	t.Helper()
	_, err := d.click(d.as(agent), d.postCard(t).Id, "prendre")
	ok(t, err)
	return d.in.last(t).json(t)["trigger_id"].(string)
}

func (d *double) dialog(trigger string) model.OpenDialogRequest {
	return model.OpenDialogRequest{TriggerId: trigger, URL: d.in.URL + "/mattermost/dialog", Dialog: model.Dialog{
		CallbackId: "resolve", Title: strings.Repeat("Un titre bien trop long ", 4), State: "signed", IntroductionText: "**I261121_007** · En cours",
		Elements: []model.DialogElement{{DisplayName: "Solution", Name: "solution", Type: "textarea"}}}}
}

func TestOpeningADialogNeedsNothingButATrigger(t *testing.T) {
	d := start(t)
	ws := d.listen(t, "agent")
	_, err := d.client().OpenInteractiveDialog(t.Context(), d.dialog(d.trigger(t)))
	ok(t, err)
	var shown model.OpenDialogRequest
	ok(t, json.Unmarshal([]byte(ws.next(t, model.WebsocketEventOpenDialog).GetData()["dialog"].(string)), &shown))
	equal(t, "state", shown.Dialog.State, "signed")
	equal(t, "limits are not enforced", len(shown.Dialog.Title), 96)
}

func TestATriggerLivesAsLongAsTheTimeoutAndMayBeUsedAgain(t *testing.T) {
	d := start(t)
	trigger := d.trigger(t)
	for range 2 {
		_, err := d.client().OpenInteractiveDialog(t.Context(), d.dialog(trigger))
		ok(t, err)
	}
	d.clock.advance(30 * time.Second)
	_, err := d.client().OpenInteractiveDialog(t.Context(), d.dialog(trigger))
	ok(t, err)
	d.clock.advance(time.Millisecond)
	res, err := d.client().OpenInteractiveDialog(t.Context(), d.dialog(trigger))
	refused(t, res, err, http.StatusBadRequest, "interactive_message.decode_trigger_id.expired")
	contains(t, err.Error(), "30 seconds")
	res, err = d.client().OpenInteractiveDialog(t.Context(), d.dialog("forged"))
	refused(t, res, err, http.StatusBadRequest, "interactive_message.decode_trigger_id.missing_data")
}

func TestASlashCommandsTriggerOpensADialogToo(t *testing.T) {
	d := start(t)
	_, _, err := d.execute(d.as(agent), "/ticket nouveau")
	ok(t, err)
	_, err = d.client().OpenInteractiveDialog(t.Context(), d.dialog(d.in.last(t).form(t).Get("trigger_id")))
	ok(t, err)
}

func TestAUserMaySubmitWithNoDialogOpenToAnyURL(t *testing.T) {
	d := start(t)
	d.in.answers(answerJSON(`{"error":"non","errors":{"solution":"trop court"}}`))
	answer, _, err := d.as(agent).SubmitInteractiveDialog(t.Context(), model.SubmitDialogRequest{
		URL: d.in.URL + "/mattermost/command", CallbackId: "forged", State: "forged", UserId: mattermost.UserID("superviseur"),
		ChannelId: assistance, TeamId: mattermost.TeamID("creteil"), Submission: map[string]any{"solution": "x"}})
	ok(t, err)
	equal(t, "field error", answer.Errors["solution"], "trop court")
	equal(t, "error", answer.Error, "non")
	body := d.in.last(t).json(t)
	equal(t, "authorization", d.in.last(t).header.Get("Authorization"), "")
	equal(t, "type", body["type"], any("dialog_submission"))
	equal(t, "state", body["state"], any("forged"))
	equal(t, "only user_id is truthful", body["user_id"], any(mattermost.UserID("agent")))
	if _, sent := body["url"]; sent {
		t.Error("the url must not be sent")
	}
}

func TestANonJSONAnswerToADialogIs500(t *testing.T) {
	d := start(t)
	submit := func() (*model.Response, error) {
		_, res, err := d.as(agent).SubmitInteractiveDialog(t.Context(), model.SubmitDialogRequest{
			URL: d.in.URL + "/mattermost/dialog", ChannelId: assistance, TeamId: mattermost.TeamID("creteil")})
		return res, err
	}
	d.in.answers(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "OK") })
	res, err := submit()
	refused(t, res, err, http.StatusInternalServerError, "app.submit_interactive_dialog.decode_json_error")
	d.in.answers(func(http.ResponseWriter, *http.Request) {})
	_, err = submit()
	ok(t, err)
	d.in.answers(answerStatus(500, `{}`))
	res, err = submit()
	refused(t, res, err, http.StatusBadRequest, "api.post.do_action.action_integration.app_error")
}
