package mattermost

import (
	"encoding/json"
	"net/http"

	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// dialog answers the submission of a dialog. Anybody may submit one that was
// never opened, and no command opens any: every submission is refused, and only
// the news that one was cancelled is taken note of.
func (s *Commands) dialog(r *http.Request) model.SubmitDialogResponse {
	p := locale.For(tickets.French, nil)
	body, err := readBody(r, "application/json")
	var req model.SubmitDialogRequest
	if err == nil {
		err = json.Unmarshal(body, &req)
	}
	switch {
	case err != nil:
		s.refuse(r, "malformed")
		return model.SubmitDialogResponse{Error: p.T("chat.http.malformed")}
	case req.Cancelled:
		return model.SubmitDialogResponse{}
	}
	s.refuse(r, "dialog was not opened by us", "account", hint(req.UserId))
	return model.SubmitDialogResponse{Error: p.T("chat.dialog.refused")}
}
