package mattermost

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/ingest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

const (
	// dialogLife is how long an open dialog may be sent.
	dialogLife = time.Hour
	// openWithin bounds the opening: the trigger of a 5.37 server lives 3 s.
	openWithin = 2 * time.Second
)

// openDialog opens the dialog in which the person writes what the command
// lacks, and returns what to tell them, "" for nothing: the dialog tells it all.
// It is called with the request's trigger before the command is handed over, as
// a trigger lives 3 s. It returns false when no dialog completes the command, or
// none can be opened: the command then goes its way, and says what is missing.
//
// Which verbs it completes is in the table of forms: a verb's own file has
// nothing to do for it.
func (s *Commands) openDialog(ctx context.Context, cmd ingest.Command, trigger string) (said string, ok bool) {
	f, rest, found := s.formFor(cmd.Text)
	if !found || trigger == "" || s.HooksURL == "" || s.BaseURL == "" {
		return "", false
	}
	ctx, cancel := s.within(ctx, openWithin)
	defer cancel()
	said, err := s.open(ctx, f, rest, cmd, trigger)
	if err != nil {
		if !errors.Is(err, errUsage) {
			s.Logger.Warn("dialog not opened", "form", f.name, "trace", tickets.TraceOf(ctx).ID(), "academy", cmd.Academy, "account", cmd.Account, "error", err)
		}
		return "", false
	}
	return said, true
}

// open is openDialog for a command that names a form. An error means that the
// command goes its usual way.
func (s *Commands) open(ctx context.Context, f form, rest string, cmd ingest.Command, trigger string) (said string, err error) {
	c, err := s.begin(ctx, cmd)
	if err != nil {
		return "", err
	}
	if !c.linked || !c.person.Agent() {
		return "", errUsage // the command's way has the words, and the audit
	}
	state := tickets.Dialog{
		Form: f.name, Academy: cmd.Academy, Account: cmd.Account,
		Place: cmd.Place, Thread: cmd.Thread, Reply: cmd.Reply, Expires: s.Now().Add(dialogLife),
	}
	var about tickets.Case
	if f.action != "" {
		p := parsePhrase(rest)
		if len(p.numbers) > 1 || p.words != "" {
			return "", errUsage
		}
		refs, _, err := c.targets(ctx, p.numbers...)
		if err != nil {
			return "", errUsage
		}
		if about, err = c.Desk.Case(ctx, c.by(0), refs[0]); err == nil {
			err = tickets.Refusal(about, f.action, c.person, s.Now())
		}
		if err != nil {
			if said = c.refused(err); said == "" {
				return "", err
			}
			return said, nil
		}
		state.Ticket = about.ID
	} else if strings.TrimFunc(rest, blank) != "" {
		return "", errUsage
	}
	elements, err := f.fields(ctx, c, about)
	if err != nil {
		return "", err
	}
	dialog := model.Dialog{
		CallbackId: f.name, Title: c.print.T("dialog." + f.name + ".title"), SubmitLabel: c.print.T("dialog." + f.name + ".submit"),
		Elements: elements, State: s.Keyring.SealDialog(state),
	}
	if f.action != "" {
		dialog.IntroductionText = c.introduction(about)
	}
	return "", s.show(ctx, model.OpenDialogRequest{TriggerId: trigger, URL: s.HooksURL + "/mattermost/dialog", Dialog: dialog})
}

// introduction says which ticket a dialog is about.
func (c *call) introduction(about tickets.Case) string {
	line := "**" + about.Number.String() + "** · " + c.print.State(about.Ticket)
	if summary := cmp.Or(about.Summary, about.Description); summary != "" {
		line += " · " + inline(shorten(summary, 200))
	}
	return line
}

// show asks Mattermost to open the dialog. No token is needed: the trigger says
// for whom.
func (s *Commands) show(ctx context.Context, d model.OpenDialogRequest) error {
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("dialog %s: %w", d.Dialog.CallbackId, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.BaseURL+"/api/v4/actions/dialogs/open", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("dialog %s: the base URL is not one", d.Dialog.CallbackId)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.Client.Do(req)
	if err != nil {
		return fmt.Errorf("dialog %s: %w", d.Dialog.CallbackId, err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("dialog %s: status %d", d.Dialog.CallbackId, resp.StatusCode)
	}
	return nil
}

// dialog answers the submission of a dialog. Anybody may submit one that was
// never opened, with any state: nothing of it is to be believed but user_id, and
// a state that we sealed for that user.
func (s *Commands) dialog(r *http.Request, gateway *ingest.Gateway) model.SubmitDialogResponse {
	p := locale.For(tickets.French, nil)
	body, err := s.readBody(r, "application/json")
	var req model.SubmitDialogRequest
	if err == nil {
		err = json.Unmarshal(body, &req)
	}
	switch {
	case err == nil && req.Cancelled:
		return model.SubmitDialogResponse{}
	case err != nil || !idPattern.MatchString(req.UserId):
		s.refuse(r, "malformed")
		return model.SubmitDialogResponse{Error: p.T("chat.http.malformed")}
	}
	refuse := func(why string) model.SubmitDialogResponse {
		s.refuse(r, why, "account", req.UserId)
		return model.SubmitDialogResponse{Error: p.T("chat.dialog.refused")}
	}
	d, id, ok := s.Keyring.OpenDialog(req.State, s.Now())
	if !ok {
		return refuse("dialog is forged or expired")
	}
	if d.Account != req.UserId {
		return refuse("dialog was opened for another account")
	}
	f, ok := formNamed(d.Form)
	if !ok || len(s.Tokens[d.Academy]) == 0 {
		return refuse("dialog stands for nothing")
	}
	vs, ok := dialogValues(req.Submission)
	if !ok {
		return refuse("dialog holds what none of ours can")
	}
	cmd := ingest.Command{
		ID:      commandID(id, vs.list()...), // another for values put right
		Academy: d.Academy, Account: d.Account, Text: f.name, Place: d.Place, Thread: d.Thread, Reply: d.Reply, ReceivedAt: s.Now(),
		Form: &ingest.Form{ID: id, Ticket: d.Ticket, Values: vs},
	}
	if said, is := s.tooFast(r, cmd); is {
		return model.SubmitDialogResponse{Error: said}
	}
	answer := gateway.Submit(r.Context(), cmd)
	if answer.How != ingest.Done {
		return model.SubmitDialogResponse{Error: shown(s.word(r.Context(), cmd, answer))}
	}
	var out filled
	if err := json.Unmarshal([]byte(answer.Text), &out); err != nil {
		s.Logger.Error("answer of a form is not one", "form", f.name, "trace", tickets.TraceOf(r.Context()).ID(), "command", cmd.ID, "error", err)
		return model.SubmitDialogResponse{Error: p.T("error.internal")}
	}
	if out.Said != "" && cmd.Reply != "" {
		if err := s.Reply(r.Context(), cmd, answer); err != nil { // it is done, and the card shows it
			s.Logger.Warn("answer to a dialog not sent", "form", f.name, "trace", tickets.TraceOf(r.Context()).ID(), "command", cmd.ID, "error", err)
		}
	}
	return model.SubmitDialogResponse{Error: out.Error, Errors: out.Errors}
}

// filled is what became of a form: what to say once it is done, or what is
// wrong, as a whole and by field. It is the answer of the command, as JSON.
type filled struct {
	Said   string            `json:"said,omitempty"`
	Error  string            `json:"error,omitempty"`
	Errors map[string]string `json:"errors,omitempty"`
}

// formText writes the answer of a form in one piece, for when there is no dialog
// any more to show it.
func formText(answer string) string {
	var f filled
	if err := json.Unmarshal([]byte(answer), &f); err != nil {
		return "" // is ours
	}
	parts := []string{f.Said, f.Error}
	for _, e := range values(f.Errors).list() {
		_, said, _ := strings.Cut(e, "=")
		parts = append(parts, said)
	}
	return strings.TrimSpace(strings.Join(parts, "\n"))
}

// fillIn applies a form and returns what became of it. An error is a failure of
// ours.
func (c *call) fillIn(ctx context.Context) (string, error) {
	f, ok := formNamed(c.command.Text)
	if !ok {
		return "", fmt.Errorf("no form %q", c.command.Text)
	}
	out, err := c.submit(ctx, f)
	switch {
	case err != nil:
		c.count(f.name, failed)
		return "", err
	case out.Error != "" || len(out.Errors) > 0:
		c.count(f.name, refused)
	default:
		c.count(f.name, done)
	}
	out.Said, out.Error = shown(out.Said), shown(out.Error)
	for name, text := range out.Errors {
		out.Errors[name] = shown(text)
	}
	text, err := json.Marshal(out)
	return string(text), err
}

func (c *call) submit(ctx context.Context, f form) (filled, error) {
	switch {
	case !c.linked:
		c.audit("account is not linked")
		return filled{Error: c.unlinked()}, nil
	case !c.person.Agent():
		c.audit("person is not of the desk")
		return filled{Error: c.print.T("chat.not_agent", c.Portal.Home())}, nil
	}
	var about tickets.Case
	if c.command.Form.Ticket != uuid.Nil {
		var err error
		if about, err = c.Desk.CaseByID(ctx, c.by(0), c.command.Form.Ticket); err != nil {
			return c.wrong(f, err)
		}
	}
	said, err := f.submit(ctx, c, about, c.command.Form.Values)
	if err != nil {
		return c.wrong(f, err)
	}
	return filled{Said: said}, nil
}

// wrong words a refusal, each on the field that it is about where there is one.
func (c *call) wrong(f form, err error) (filled, error) {
	var on fieldRefusal
	var many tickets.Errors
	switch {
	case errors.As(err, &on):
		return filled{Errors: map[string]string{on.field: on.said}}, nil
	case errors.As(err, &many) || tickets.CodeOf(err) == tickets.Invalid:
		out := filled{Errors: map[string]string{}}
		for _, e := range c.print.FieldErrors(err) {
			name := cmp.Or(f.holds[e.Field], e.Field)
			switch {
			case !f.has(name):
				out.Error = strings.TrimSpace(out.Error + " " + e.Text)
			case out.Errors[name] == "":
				out.Errors[name] = e.Text
			}
		}
		return out, nil
	}
	said := c.refused(err)
	if said == "" {
		return filled{}, err
	}
	return filled{Error: said}, nil
}

// fieldRefusal refuses one field of a form, already worded for the person.
type fieldRefusal struct{ field, said string }

func (r fieldRefusal) Error() string { return r.said }
