package mattermost

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

// newSecret is the key of one process, fit for AES-256.
func newSecret() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails, see crypto/rand
	return key
}

// newTrigger makes a trigger id: "client id:user:milliseconds:signature", in
// base64. With it an integration may open a dialog for that user.
func (s *Server) newTrigger(userID string) string {
	data := strings.Join([]string{model.NewId(), userID, strconv.FormatInt(millis(s.now()), 10)}, ":")
	return base64.StdEncoding.EncodeToString([]byte(data + ":" + s.sign(data)))
}

func (s *Server) sign(data string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(data))
	return base64.RawStdEncoding.EncodeToString(mac.Sum(nil))
}

// readTrigger is the client id and the user of a trigger that is still alive.
// It lives as long as an outgoing request may take, and may be used again.
func (s *Server) readTrigger(id string) (client, userID string, err error) {
	raw, err := base64.StdEncoding.DecodeString(id)
	parts := strings.Split(string(raw), ":")
	if err != nil || len(parts) != 4 {
		return "", "", badRequest("interactive_message.decode_trigger_id.missing_data")
	}
	if !hmac.Equal([]byte(s.sign(strings.Join(parts[:3], ":"))), []byte(parts[3])) {
		return "", "", badRequest("interactive_message.decode_trigger_id.verify_signature_failed")
	}
	at, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || s.now().Sub(time.UnixMilli(at)) > s.timeout {
		return "", "", badRequest("interactive_message.decode_trigger_id.expired", int(s.timeout/time.Second))
	}
	return parts[0], parts[1], nil
}

// clientTrigger is the part of a trigger id that the user's client is told.
func clientTrigger(id string) string {
	raw, _ := base64.StdEncoding.DecodeString(id)
	client, _, _ := strings.Cut(string(raw), ":")
	return client
}

// openDialog answers POST /actions/dialogs/open: no authentication, the trigger
// is all. The dialog's limits are not enforced: the server passes on whatever it
// gets to the user's clients.
func (s *Server) openDialog(w http.ResponseWriter, r *http.Request) {
	var in model.OpenDialogRequest
	if err := readJSON(r, "dialog", &in); err != nil {
		writeError(w, r, err)
		return
	}
	if in.URL == "" {
		writeError(w, r, invalidParam("url"))
		return
	}
	client, userID, err := s.readTrigger(in.TriggerId)
	if err != nil {
		writeError(w, r, err)
		return
	}
	in.TriggerId = client
	body, err := json.Marshal(in)
	if err != nil {
		writeError(w, r, invalidParam("dialog"))
		return
	}
	s.mu.Lock()
	s.publish(only(userID), func(string) *model.WebSocketEvent {
		event := model.NewWebSocketEvent(model.WebsocketEventOpenDialog, "", "", userID, nil, "")
		event.Add("dialog", string(body))
		return event
	})
	s.mu.Unlock()
	_ = writeOK(w)
}

// submitDialog answers POST /actions/dialogs/submit: the user's client sends a
// submission anywhere it likes, whether or not a dialog was open, with any state
// and callback id. Only user_id is the server's own word. The integration must
// answer JSON, or nothing.
func (s *Server) submitDialog(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var in model.SubmitDialogRequest
	if err := readJSON(r, "submit", &in); err != nil {
		return err
	}
	if in.URL == "" {
		return invalidParam("url")
	}
	s.mu.Lock()
	channel := s.world.channels[in.ChannelId]
	allowed := channel != nil && s.world.mayRead(channel, me.Id) && (in.TeamId == "" || s.world.isMember(in.TeamId, me.Id))
	s.mu.Unlock()
	if !allowed {
		return forbidden()
	}
	address := in.URL
	in.URL, in.Type, in.UserId = "", "dialog_submission", me.Id
	raw, err := s.postJSON(r.Context(), address, in)
	if err != nil {
		return err
	}
	var answer model.SubmitDialogResponse
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &answer); err != nil {
			return internalError("app.submit_interactive_dialog.decode_json_error")
		}
	}
	return writeJSON(w, http.StatusOK, &answer)
}
