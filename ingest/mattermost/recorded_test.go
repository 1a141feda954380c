package mattermost

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
)

// recorded is one request as a real server, or somebody who plays one, sends it;
// values are made up. status, and the fields of the JSON that answers it: each
// has the words, or is absent for "-".
type recorded struct {
	method, path  string // POST, /mattermost/command by default
	contentType   string // of a form by default
	authorization string
	body          string
	status        int // 200 by default
	want          map[string]string
}

// Each shape of mattermost.md has its answer: always one that the server shows.
func TestRecordedRequests(t *testing.T) {
	w := newWorld(t)
	c := newDialogs(t, w)
	cs := w.open("creteil", tickets.Card{})
	w.card(cs, id("root"))
	agent, channel := account("creteil", "agent"), id("channel")
	const token, jsonType = "token-of-creteil", "application/json"
	n := 0
	// slash is a command; fields are "name=value", and "name" for one that is not sent.
	slash := func(text string, fields ...string) string {
		n++
		form := url.Values{
			"token": {token}, "team_id": {id("team")}, "team_domain": {"creteil"}, "channel_id": {channel}, "channel_name": {"assistance"},
			"user_id": {agent}, "user_name": {"alix"}, "command": {"/ticket"}, "text": {text}, "trigger_id": {fmt.Sprint("recorded-", n)},
			"root_id": {""}, "response_url": {"http://evil.test/hooks/commands/abcdefghijklmnopqrstuvwxyz"},
		}
		for _, field := range fields {
			if name, value, ok := strings.Cut(field, "="); ok {
				if strings.HasSuffix(name, "mentions") || strings.HasSuffix(name, "mentions_ids") {
					form.Add(name, value)
				} else {
					form.Set(name, value)
				}
			} else {
				form.Del(name)
			}
		}
		return form.Encode()
	}
	button := func(operation string) map[string]any {
		context := map[string]any{}
		for k, v := range w.keyring.ButtonContext(tickets.Button{Operation: operation, Academy: "creteil", Ticket: cs.ID, Channel: channel, Expires: noon.Add(24 * time.Hour)}) {
			context[k] = v
		}
		return context
	}
	click := func(change map[string]any) string {
		n++
		in := map[string]any{
			"user_id": agent, "user_name": "alix", "channel_id": channel, "channel_name": "assistance", "team_id": id("team"), "team_domain": "creteil",
			"post_id": id("root"), "trigger_id": fmt.Sprint("recorded-", n), "type": "button", "data_source": "", "context": button("voir"),
		}
		for k, v := range change {
			in[k] = v
		}
		return marshal(t, in)
	}
	menu := button("voir")
	menu["selected_option"] = "an option that is none"
	state := func(account string, expires time.Time) string {
		return w.keyring.SealDialog(tickets.Dialog{Form: "demander", Academy: "creteil", Ticket: cs.ID, Account: account, Expires: expires})
	}
	good := state(agent, noon.Add(24*time.Hour))
	submission := func(change map[string]any) string {
		in := map[string]any{
			"type": "dialog_submission", "callback_id": "demander", "state": good, "user_id": agent, "channel_id": channel, "team_id": id("team"),
			"submission": map[string]any{"text": ""}, "cancelled": false,
		}
		for k, v := range change {
			in[k] = v
		}
		return marshal(t, in)
	}
	says := func(words string) map[string]string {
		return map[string]string{"response_type": "ephemeral", "skip_slack_parsing": "true", "username": author, "text": words}
	}
	shows := func(words string) map[string]string {
		return map[string]string{"ephemeral_text": words, "skip_slack_parsing": "true", "update": "-"}
	}
	fails := func(words string) map[string]string { return map[string]string{"error": words, "errors": "-"} }
	const action, dialog = "/mattermost/action", "/mattermost/dialog"
	for name, r := range map[string]recorded{
		"command of 5.37: no root_id":           {authorization: "Token " + token, body: slash("voir 1", "root_id"), want: says(cs.Number.String())},
		"command of 11.2: an empty root_id":     {authorization: "Token " + token, body: slash("voir 1"), want: says(cs.Number.String())},
		"11.2, no number outside of a thread":   {authorization: "Token " + token, body: slash("voir"), want: says("Usage")},
		"11.2, in a thread":                     {authorization: "Token " + token, body: slash("voir", "root_id="+id("root")), want: says(cs.Number.String())},
		"11.2, the root of nothing of ours":     {authorization: "Token " + token, body: slash("voir", "root_id="+id("bogus")), want: says("Usage")},
		"11.2, a root that is no id":            {authorization: "Token " + token, body: slash("voir", "root_id=../../x"), want: says("Usage")},
		"11.2, repeated mentions":               {authorization: "Token " + token, body: slash("affecter 1 @sacha.g", "user_mentions=alix", "user_mentions_ids="+agent, "user_mentions=sacha.g", "user_mentions_ids="+account("creteil", "supervisor"), "channel_mentions=assistance", "channel_mentions_ids="+channel), want: says("Sacha Gabarit")},
		"11.2, mentions without their ids":      {authorization: "Token " + token, body: slash("note 1 demander à @alix dans ~assistance et @all", "user_mentions=alix"), want: says("« demander à @\u200balix dans \\~assistance et @\u200ball »")},
		"token in the form alone":               {body: slash("voir 1"), want: says(cs.Number.String())},
		"token in the header alone":             {authorization: "Token " + token, body: slash("voir 1", "token"), want: says(cs.Number.String())},
		"outgoing OAuth":                        {authorization: "Bearer " + token, body: slash("voir 1", "token"), want: says(cs.Number.String())},
		"another OAuth token beside the form's": {authorization: "Bearer of-the-connection", body: slash("voir 1"), want: says(cs.Number.String())},
		"a token of nobody":                     {authorization: "Token x", body: slash("voir 1", "token=x"), want: says("jeton n’est pas le bon")},
		"a command declared as GET":             {method: http.MethodGet, path: "/mattermost/command?" + slash("voir 1"), status: http.StatusMethodNotAllowed},
		"smart quotes and case":                 {body: slash("“VOIR” « 1 »"), want: says(cs.Number.String())},
		"tabs, newlines, hard spaces":           {body: slash("  \t voir\u00a0\n 1  "), want: says(cs.Number.String())},
		"lines, quotes and emoji survive":       {body: slash("note 1 vu\nle câble  😀 “neuf” l’a"), want: says("> vu\n> le câble  😀 “neuf” l’a")},
		"the trigger typed twice":               {body: slash("/TICKET voir 1"), want: says(cs.Number.String())},
		"nothing typed":                         {body: slash(""), want: says("liste [libres")},
		"a pinging text":                        {body: slash("<!channel> <!here> @all"), want: says("<\u200b!channel>")},

		"button":                       {path: action, contentType: jsonType, body: click(nil), want: shows(cs.Number.String())},
		"menu: an option is not ours":  {path: action, contentType: jsonType, body: click(map[string]any{"type": "select", "context": menu}), want: shows(cs.Number.String())},
		"a button that opens a dialog": {path: action, contentType: jsonType, body: click(map[string]any{"context": button("résoudre")}), want: shows("plus valable")},
		"no context":                   {path: action, contentType: jsonType, body: click(map[string]any{"context": nil}), want: shows("plus valable")},
		"a context of somebody's":      {path: action, contentType: jsonType, body: click(map[string]any{"context": map[string]any{"op": "voir", "selected_option": 1}}), want: shows("plus valable")},
		"copied to a forged post":      {path: action, contentType: jsonType, body: click(map[string]any{"post_id": id("forged")}), want: shows("plus valable")},
		"copied to another channel":    {path: action, contentType: jsonType, body: click(map[string]any{"channel_id": id("elsewhere")}), want: shows("plus valable")},
		"an ephemeral post's":          {path: action, contentType: jsonType, body: click(map[string]any{"post_id": ""}), want: shows("pas lisible")},
		"a click as a form":            {path: action, body: slash("voir 1"), want: shows("pas lisible")},
		"no body":                      {path: action, contentType: jsonType, want: shows("pas lisible")},
		"a click by GET":               {method: http.MethodGet, path: action, status: http.StatusMethodNotAllowed},

		"dialog submitted, wrong":         {path: dialog, contentType: jsonType, body: submission(map[string]any{"state": state(agent, noon.Add(24*time.Hour))}), want: map[string]string{"error": "-", "errors": "text:"}},
		"dialog submitted":                {path: dialog, contentType: jsonType, body: submission(map[string]any{"submission": map[string]any{"text": "Quel message ?"}}), want: map[string]string{"error": "-", "errors": "-"}},
		"dialog cancelled":                {path: dialog, contentType: jsonType, body: submission(map[string]any{"cancelled": true, "submission": nil}), want: map[string]string{"error": "-", "errors": "-"}},
		"dialog never opened":             {path: dialog, contentType: jsonType, body: submission(map[string]any{"state": "made-up"}), want: fails("plus valable")},
		"dialog without state":            {path: dialog, contentType: jsonType, body: submission(map[string]any{"state": ""}), want: fails("plus valable")},
		"dialog of another user":          {path: dialog, contentType: jsonType, body: submission(map[string]any{"state": state(account("creteil", "edith"), noon.Add(24*time.Hour))}), want: fails("plus valable")},
		"dialog of long ago":              {path: dialog, contentType: jsonType, body: submission(map[string]any{"state": state(agent, noon)}), want: fails("plus valable")},
		"dialog with what no field holds": {path: dialog, contentType: jsonType, body: submission(map[string]any{"submission": map[string]any{"text": []string{"a"}}}), want: fails("plus valable")},
		"dialog sent to our command":      {contentType: jsonType, body: submission(nil), want: says("pas lisible")},
		"dialog sent to our buttons":      {path: action, contentType: jsonType, body: submission(nil), want: shows("pas lisible")},
		"command sent to our dialogs":     {path: dialog, body: slash("voir 1"), want: fails("pas lisible")},
	} {
		t.Run(name, func(t *testing.T) {
			w.later(2 * time.Minute)
			answer := w.replay(t, r)
			for field, words := range r.want {
				got, there := answer[field]
				text := fmt.Sprint(got)
				if m, ok := got.(map[string]any); ok {
					text = strings.TrimPrefix(fmt.Sprint(m), "map[")
				}
				if words == "-" {
					if there && got != nil && got != "" {
						t.Errorf("%s is %v", field, got)
					}
					continue
				}
				wants(t, field, text, words)
			}
		})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.said) != 0 && !strings.HasPrefix(c.said[0], "abc") { // late answers go by the handle alone
		t.Errorf("said %q", c.said)
	}
	if strings.Contains(w.log.String(), token) || strings.Contains(w.log.String(), "abcdefghijklmnopqrstuvwxyz") {
		t.Error("a secret is in the log")
	}
}

// replay sends a recorded request and returns the JSON that answers it.
func (w *world) replay(t *testing.T, r recorded) map[string]any {
	t.Helper()
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	req, err := http.NewRequestWithContext(t.Context(), or(r.method, http.MethodPost), w.hooks.URL+or(r.path, "/mattermost/command"), strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", or(r.contentType, formType))
	req.Header.Set("User-Agent", "Mattermost-Bot/1.1")
	if r.authorization != "" {
		req.Header.Set("Authorization", r.authorization)
	}
	resp, err := w.hooks.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if r.status != 0 {
		if resp.StatusCode != r.status {
			t.Errorf("status %d", resp.StatusCode)
		}
		return nil
	}
	var answer map[string]any
	if err := json.Unmarshal(body, &answer); err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/json" || len(body) > 1<<20 {
		t.Fatalf("status %d, content type %s, %d bytes: %v", resp.StatusCode, resp.Header.Get("Content-Type"), len(body), err)
	}
	return answer
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
