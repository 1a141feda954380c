package mattermost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/ingest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// Handler answers what Mattermost posts: slash commands, clicks on buttons and
// dialogs. Mattermost shows nothing readable for another status than 200, so
// refusals have it too; only what is no POST gets 405, and what is not from
// Mattermost's addresses 403.
func (s *Commands) Handler(gateway *ingest.Gateway) http.Handler {
	mux := http.NewServeMux()
	for path, h := range map[string]func(*http.Request) any{
		"/mattermost/command": func(r *http.Request) any { return ephemeral(s.slash(r, gateway)) },
		"/mattermost/action": func(r *http.Request) any {
			return model.PostActionIntegrationResponse{EphemeralText: shown(s.click(r, gateway)), SkipSlackParsing: true}
		},
		"/mattermost/dialog": func(r *http.Request) any { return s.dialog(r, gateway) },
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			r = r.WithContext(tickets.Traced(r.Context()))
			if r.Method != http.MethodPost {
				s.refuse(r, "not a POST") // a GET has its token in the URL: that is not logged
				w.Header().Set("Allow", http.MethodPost)
				http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			if err := json.NewEncoder(w).Encode(h(r)); err != nil {
				s.Logger.Info("answer to Mattermost not written", "trace", tickets.TraceOf(r.Context()).ID(), "path", r.URL.Path, "error", err)
			}
		})
	}
	return s.guard(mux)
}

// author is the name under which answers stand in the chat, where the server
// lets integrations choose it.
const author = "Cecoia"

// ephemeral is an answer that one person sees and that calls nobody.
func ephemeral(text string) *model.CommandResponse {
	return &model.CommandResponse{
		ResponseType: model.CommandResponseTypeEphemeral, Text: shown(text), Username: author, SkipSlackParsing: true,
	}
}

// shown makes sure of any text on its way out.
func shown(text string) string { return shorten(defuse(text), maxPost) }

// refuse notes a request that is not for us, without its token.
func (s *Commands) refuse(r *http.Request, why string, args ...any) {
	s.refused.WithLabelValues(why).Inc()
	s.Logger.Warn("request of Mattermost refused", append([]any{"why", why, "trace", tickets.TraceOf(r.Context()).ID(), "path", r.URL.Path, "remote", r.RemoteAddr}, args...)...)
}

// slash answers a slash command.
func (s *Commands) slash(r *http.Request, gateway *ingest.Gateway) string {
	p := locale.For(tickets.French, nil)
	body, err := s.readBody(r, "application/x-www-form-urlencoded")
	if errors.Is(err, errTooLong) {
		s.refuse(r, "body too long")
		return p.T("chat.http.too_long")
	}
	var form url.Values
	if err == nil {
		form, err = url.ParseQuery(string(body))
	}
	if err != nil {
		s.refuse(r, "malformed") // the error could quote the form, and so its token
		return p.T("chat.http.malformed")
	}
	academy, ok := s.academyOf(r, form.Get("token"))
	if !ok {
		s.refuse(r, "wrong token")
		return p.T("chat.http.token")
	}
	account, text := form.Get("user_id"), form.Get("text")
	if !idPattern.MatchString(account) {
		s.refuse(r, "no user", "academy", academy)
		return p.T("chat.http.malformed")
	}
	if !utf8.ValidString(text) {
		s.refuse(r, "not UTF-8", "academy", academy, "account", account)
		return p.T("error.text.not_utf8")
	}
	cmd := ingest.Command{
		ID:      commandID(form.Get("trigger_id"), account, text),
		Academy: academy, Account: account, Text: strings.TrimSpace(text),
		Place: hint(form.Get("channel_id")), Thread: hint(form.Get("root_id")), Mentions: mentions(form),
		Reply: replyHandle(form.Get("response_url")), ReceivedAt: s.Now(),
	}
	if said, is := s.tooFast(r, cmd); is {
		return said
	}
	if said, ok := s.openDialog(r.Context(), cmd, form.Get("trigger_id")); ok {
		return said
	}
	return s.submit(r.Context(), gateway, cmd)
}

// mentions are the users and public channels that the words name, as Mattermost
// lists them: names and ids in the same order.
func mentions(form url.Values) map[string]string {
	const most = 50
	var out map[string]string
	for sign, field := range map[string]string{"@": "user_mentions", "~": "channel_mentions"} {
		ids := form[field+"_ids"]
		for i, name := range form[field] {
			name = strings.ToLower(strings.TrimPrefix(name, sign))
			if i >= len(ids) || i >= most || name == "" || !idPattern.MatchString(ids[i]) {
				break
			}
			if out == nil {
				out = map[string]string{}
			}
			out[sign+name] = ids[i]
		}
	}
	return out
}

// replyHandle keeps of a response_url what is not the user's to choose: its
// host comes from their request.
func replyHandle(responseURL string) string {
	u, err := url.Parse(responseURL)
	if err != nil {
		return ""
	}
	if m := replyPattern.FindStringSubmatch(u.Path); m != nil {
		return m[1]
	}
	return ""
}

// commandID is the same for a request that reaches us twice. A person who
// repeats a command has another trigger.
func commandID(trigger string, fields ...string) string {
	if trigger == "" {
		return uuid.Must(uuid.NewV7()).String()
	}
	sum := sha256.Sum256([]byte(trigger + "\x00" + strings.Join(fields, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// submit hands the command over and words what became of it.
func (s *Commands) submit(ctx context.Context, gateway *ingest.Gateway, c ingest.Command) string {
	return s.word(ctx, c, gateway.Submit(ctx, c))
}

// word writes an answer in the person's language, French when that takes long.
func (s *Commands) word(ctx context.Context, c ingest.Command, a ingest.Answer) string {
	switch {
	case a.How == ingest.Done && c.Form != nil:
		return formText(a.Text)
	case a.How == ingest.Done:
		return a.Text
	}
	ctx, cancel := s.within(ctx, 300*time.Millisecond)
	defer cancel()
	p := locale.For(s.langOf(ctx, c), nil)
	switch {
	case a.How == ingest.Failed:
		return p.T("chat.failed", a.Incident)
	case a.How == ingest.Later && c.Reply == "":
		return p.T("chat.later.click")
	case a.How == ingest.Later:
		return p.T("chat.later")
	}
	return p.T("chat.not_accepted")
}
