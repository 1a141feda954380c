package mattermost

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cecoia.example/ingest"
)

// padded is a form of that many bytes.
func padded(bytes int, form string) string {
	return form + "&x=" + strings.Repeat("x", bytes-len(form)-len("&x="))
}

func TestWhatIsNoCommandOfOursIsRefused(t *testing.T) {
	w := newWorld(t)
	form := func(token, text string) string {
		return url.Values{"token": {token}, "user_id": {account("creteil", "agent")}, "text": {text}}.Encode()
	}
	for name, c := range map[string]struct{ contentType, authorization, body, want string }{
		"wrong token":      {formType, "Token wrong-token", form("wrong-token", "aide"), "jeton n’est pas le bon"},
		"no token":         {formType, "", form("", "aide"), "jeton n’est pas le bon"},
		"an empty token":   {formType, "Token ", form("", "aide"), "jeton n’est pas le bon"},
		"basic":            {formType, "Basic token-of-creteil", form("", "aide"), "jeton n’est pas le bon"},
		"2 MB":             {formType, "Token token-of-creteil", form("token-of-creteil", strings.Repeat("x", 2<<20)), "trop longue"},
		"1 MiB":            {formType, "Token token-of-creteil", padded(1<<20, form("token-of-creteil", "voir 9")), "La demande 9 n’existe pas"},
		"a byte more":      {formType, "Token token-of-creteil", padded(1<<20+1, form("token-of-creteil", "voir 9")), "trop longue"},
		"longest message":  {formType, "Token token-of-creteil", form("token-of-creteil", "note 1 "+strings.Repeat("😀", 16_376)), "La demande 1 n’existe pas"},
		"JSON":             {"application/json", "Token token-of-creteil", `{"text":"aide"}`, "pas lisible"},
		"no content type":  {"", "Token token-of-creteil", form("token-of-creteil", "aide"), "pas lisible"},
		"a broken form":    {formType, "Token token-of-creteil", "token=token-of-creteil&text=%zz", "pas lisible"},
		"no user":          {formType, "Token token-of-creteil", "token=token-of-creteil&text=aide", "pas lisible"},
		"a user in pieces": {formType, "Token token-of-creteil", "token=token-of-creteil&text=aide&user_id=../x", "pas lisible"},
		"not UTF-8":        {formType, "Token token-of-creteil", "token=token-of-creteil&text=%ff&user_id=" + account("creteil", "agent"), "illisibles"},
	} {
		t.Run(name, func(t *testing.T) {
			logged := len(w.log.String())
			answer := w.post("/mattermost/command", c.contentType, c.authorization, strings.NewReader(c.body))
			said, _ := answer["text"].(string)
			wants(t, name, said, c.want)
			line := w.log.String()[logged:]
			if strings.Count(line, "\n") != 1 || strings.Contains(line, "token-of") || strings.Contains(line, "wrong-token") {
				t.Errorf("log %q: want one line without the token", line)
			}
		})
	}
	for _, path := range []string{"/mattermost/command", "/mattermost/action", "/mattermost/dialog"} {
		logged := len(w.log.String())
		resp, err := http.Get(w.hooks.URL + path + "?token=token-of-creteil&text=aide")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		line := w.log.String()[logged:]
		if resp.StatusCode != http.StatusMethodNotAllowed || strings.Count(line, "\n") != 1 || strings.Contains(line, "token-of") {
			t.Errorf("GET %s: status %d, log %q", path, resp.StatusCode, line)
		}
	}
	// The token says the academy, not the user: here a person of another one.
	answer := w.post("/mattermost/command", formType, "Token token-of-paris", strings.NewReader(form("", "liste")))
	wants(t, "another academy's user", answer["text"].(string), "n’est pas lié")
}

func TestDialogsAreRefused(t *testing.T) {
	w := newWorld(t)
	for body, want := range map[string]string{
		`{"type":"dialog_submission","callback_id":"x","state":"y","user_id":"` + id("u") + `","submission":{"a":1}}`: "plus valable",
		`{"type":"dialog_submission","cancelled":true}`:                                                               "",
		`{`: "pas lisible",
	} {
		answer := w.post("/mattermost/dialog", "application/json", "", strings.NewReader(body))
		said, _ := answer["error"].(string)
		if !strings.Contains(said, want) || want == "" && len(answer) != 0 {
			t.Errorf("%s: answer %v", body, answer)
		}
	}
}

func TestLateAnswersGoToMattermostAndNowhereElse(t *testing.T) {
	w := newWorld(t)
	var got []string
	status := http.StatusOK
	chat := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type")+" "+string(body))
		if status == http.StatusFound {
			rw.Header().Set("Location", "/elsewhere")
		}
		rw.WriteHeader(status)
	}))
	defer chat.Close()
	w.commands.BaseURL = chat.URL
	c := ingest.Command{
		ID: "c", Academy: "creteil", Account: account("creteil", "edith"),
		Reply: replyHandle("http://evil.test/hooks/commands/handle123"), ReceivedAt: w.tick(),
	}
	if err := w.commands.Reply(t.Context(), c, ingest.Answer{How: ingest.Done, Text: "fait @all"}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 {
		t.Fatalf("posted %q", got)
	}
	wants(t, "reply", got[0], "POST /hooks/commands/handle123 application/json", `"response_type":"ephemeral"`, `"skip_slack_parsing":true`, "fait @\u200ball")
	if err := w.commands.Reply(t.Context(), c, ingest.Answer{How: ingest.Failed, Incident: "ABC"}); err != nil {
		t.Fatal(err)
	}
	wants(t, "failure in the person's language", got[1], "report incident ABC")

	for code, final := range map[int]bool{400: true, 404: true, 302: false, 429: false, 500: false} {
		status = code
		before := len(got)
		err := w.commands.Reply(t.Context(), c, ingest.Answer{How: ingest.Done, Text: "x"})
		if err == nil || errors.Is(err, ingest.ErrUndeliverable) != final || strings.Contains(err.Error(), "handle123") {
			t.Errorf("status %d: %v", code, err)
		}
		if len(got) != before+1 {
			t.Errorf("status %d: %d requests", code, len(got)-before)
		}
	}
	chat.Close()
	if err := w.commands.Reply(t.Context(), c, ingest.Answer{How: ingest.Done}); err == nil || errors.Is(err, ingest.ErrUndeliverable) || strings.Contains(err.Error(), "handle123") {
		t.Errorf("away: %v", err)
	}
	w.later(31 * time.Minute)
	if err := w.commands.Reply(t.Context(), c, ingest.Answer{How: ingest.Done}); !errors.Is(err, ingest.ErrUndeliverable) {
		t.Errorf("after half an hour: %v", err)
	}
}

func TestRefusalsBeforeAnythingIsDoneAreInThePersonsLanguage(t *testing.T) {
	w := newWorld(t)
	for login, want := range map[string]string{"agent": "n’a PAS été acceptée", "edith": "was NOT accepted", "nobody": "n’a PAS été acceptée"} {
		c := ingest.Command{Academy: "creteil", Account: account("creteil", login), Reply: "x"}
		wants(t, login, w.commands.word(t.Context(), c, ingest.Answer{How: ingest.NotAccepted}), want)
	}
	c := ingest.Command{Academy: "creteil", Account: account("creteil", "edith"), Reply: "x"}
	wants(t, "later", w.commands.word(t.Context(), c, ingest.Answer{How: ingest.Later}), "will follow here")
	c.Reply = ""
	wants(t, "click", w.commands.word(t.Context(), c, ingest.Answer{How: ingest.Later}), "Your click")
}
