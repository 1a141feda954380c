package mattermost

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/ingest"
	"cecoia.example/tickets"
)

// dialogs is a Mattermost that shows dialogs and late answers to nobody: the
// double's own tests say how it shows them.
type dialogs struct {
	mu      sync.Mutex
	opened  []model.OpenDialogRequest
	said    []string // by response URL: "HANDLE text"
	refuses bool
}

// newDialogs gives the world a Mattermost to open dialogs in.
func newDialogs(t *testing.T, w *world) *dialogs {
	t.Helper()
	c := &dialogs{}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		defer c.mu.Unlock()
		handle, late := strings.CutPrefix(r.URL.Path, "/hooks/commands/")
		switch {
		case c.refuses:
			rw.WriteHeader(http.StatusBadRequest)
		case late:
			var answer model.CommandResponse
			_ = json.Unmarshal(body, &answer)
			c.said = append(c.said, handle+" "+answer.Text)
		case r.URL.Path == "/api/v4/actions/dialogs/open" && r.Header.Get("Authorization") == "":
			var d model.OpenDialogRequest
			if err := json.Unmarshal(body, &d); err != nil {
				t.Error(err)
			}
			c.opened = append(c.opened, d)
		default:
			t.Errorf("asked for %s", r.URL.Path)
		}
	}))
	t.Cleanup(server.Close)
	w.commands.BaseURL, w.commands.HooksURL = server.URL, w.hooks.URL
	return c
}

// last returns the dialog opened last, which must keep to the limits that
// servers do not enforce.
func (c *dialogs) last(t *testing.T, count int) model.Dialog {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.opened) != count {
		t.Fatalf("%d dialogs opened, want %d", len(c.opened), count)
	}
	d := c.opened[count-1]
	if err := d.IsValid(); err != nil {
		t.Errorf("%s: %v", d.Dialog.CallbackId, err)
	}
	if !strings.HasSuffix(d.URL, "/mattermost/dialog") || d.TriggerId == "" {
		t.Errorf("dialog %+v", d)
	}
	short := func(what, text string, most int) {
		if n := len([]rune(text)); n > most || n == 0 && what != "help" || strings.Contains(text, "⟦") {
			t.Errorf("%s: %s of %d characters: %q", d.Dialog.CallbackId, what, n, text)
		}
	}
	short("title", d.Dialog.Title, 24)
	short("state", d.Dialog.State, 2999)
	if len(d.Dialog.Elements) == 0 || len(d.Dialog.Elements) > 5 {
		t.Errorf("%s: %d fields", d.Dialog.CallbackId, len(d.Dialog.Elements))
	}
	for _, e := range d.Dialog.Elements {
		short("label of "+e.Name, e.DisplayName, 24)
		short("help", e.HelpText, 150)
		if e.DataSource != "" {
			t.Errorf("%s is not static", e.Name)
		}
		for _, o := range e.Options {
			short("option of "+e.Name, o.Text, 100)
			short("value of "+e.Name, o.Value, 100)
		}
	}
	return d.Dialog
}

// sends posts a dialog filled in, as the account, and returns what is wrong, as
// a whole and by field.
func (w *world) sends(user, state string, submission map[string]any) (said string, fields map[string]string) {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{
		"type": "dialog_submission", "callback_id": "made-up", "state": state, "user_id": user, "channel_id": id("channel"),
		"team_id": id("team"), "submission": submission, "cancelled": false,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	answer := w.post("/mattermost/dialog", "application/json", "", strings.NewReader(string(body)))
	said, _ = answer["error"].(string)
	fields = map[string]string{}
	if errors, ok := answer["errors"].(map[string]any); ok {
		for name, text := range errors {
			fields[name], _ = text.(string)
		}
	}
	return said, fields
}

// right fails the test unless the dialog was taken.
func (w *world) right(what, state string, submission map[string]any) {
	w.t.Helper()
	if said, fields := w.sends(account("creteil", "agent"), state, submission); said != "" || len(fields) != 0 {
		w.t.Errorf("%s: %q %v", what, said, fields)
	}
}

// wrong fails the test unless just that field is refused with the words.
func (w *world) wrong(what, state string, submission map[string]any, field, words string) {
	w.t.Helper()
	said, fields := w.sends(account("creteil", "agent"), state, submission)
	if said != "" || len(fields) != 1 {
		w.t.Errorf("%s: %q %v, want an error on %s", what, said, fields, field)
		return
	}
	wants(w.t, what, fields[field], words)
}

func names(d model.Dialog) string {
	var out []string
	for _, e := range d.Elements {
		out = append(out, e.Name)
	}
	return strings.Join(out, " ")
}

// The life of a dialog: asked for without words, wrong, right, sent again.
func TestADialogFromOpeningToAnswer(t *testing.T) {
	w := newWorld(t)
	c := newDialogs(t, w)
	cs := w.open("creteil", tickets.Card{Summary: "Écran noir", Description: "Il reste noir."})
	if said := w.say("creteil", "agent", "résoudre 1", "response_url", "http://evil.test/hooks/commands/handle123"); said != "" {
		t.Errorf("beside its dialog, the command says %q", said)
	}
	d := c.last(t, 1)
	if names(d) != "text cause article" || !strings.Contains(d.IntroductionText, cs.Number.String()) || !strings.Contains(d.IntroductionText, "Écran noir") {
		t.Errorf("dialog %+v", d)
	}
	if strings.Contains(d.State, "handle123") || strings.Contains(d.State, cs.ID.String()) {
		t.Error("the state can be read")
	}
	w.wrong("no solution", d.State, map[string]any{"text": "  ", "cause": nil, "article": false}, "text", "solution")
	w.wrong("no cause of ours", d.State, map[string]any{"text": "Rebranché.", "cause": "volcan"}, "cause", "")
	w.wrong("too long", d.State, map[string]any{"text": strings.Repeat("é", tickets.MaxText+1)}, "text", "10 000")
	if v := w.view(cs); v.Status != tickets.StatusNew || len(v.Events) != 1 {
		t.Fatalf("a wrong dialog did something: %+v", v.Ticket)
	}
	full := map[string]any{"text": "Le câble était débranché.", "cause": "cable", "article": true}
	w.right("filled in", d.State, full)
	w.right("sent again", d.State, full)
	w.right("sent again with other words", d.State, map[string]any{"text": "Autre chose."})
	v := w.view(cs)
	if v.Status != tickets.StatusResolved || v.Solution != "Le câble était débranché." || v.Cause != "cable" || len(v.Events) != 2 {
		t.Errorf("ticket %+v", v.Ticket)
	}
	articles, err := w.desk.Articles(t.Context(), tickets.Caller{Person: person("creteil", "agent")}, tickets.ArticleQuery{State: tickets.ArticleDraft})
	if err != nil || articles.Total != 1 || articles.Items[0].Source != cs.ID || articles.Items[0].Title != "Écran noir" {
		t.Errorf("articles %+v, %v", articles, err)
	}
	wants(t, "afterwards", c.said[0], "handle123 "+cs.Number.String()+" est réglé", "Le câble était débranché.", "Dominique Exemple", "KB1")

	// Closed meanwhile by somebody else: said in the dialog, as a whole.
	other := w.open("creteil", tickets.Card{})
	w.say("creteil", "agent", "demander 2")
	d = c.last(t, 2)
	if _, err := w.desk.Do(t.Context(), tickets.Caller{Person: person("creteil", "edith"), Origin: tickets.FromPortal}, other.Number.Ref(), tickets.ActionResolve, tickets.Input{Text: "Fait."}); err != nil {
		t.Fatal(err)
	}
	said, fields := w.sends(account("creteil", "agent"), d.State, map[string]any{"text": "Quel poste ?"})
	if len(fields) != 0 {
		t.Errorf("errors %v", fields)
	}
	wants(t, "too late", said, other.Number.String(), "Edith Sample")
	if said := w.say("creteil", "agent", "demander 2"); !strings.Contains(said, "Edith Sample") {
		t.Errorf("a dialog that would lead nowhere: %q", said)
	}
}

// Nothing of a submission is to be believed but who sends it.
func TestDialogsOfOthers(t *testing.T) {
	w := newWorld(t)
	c := newDialogs(t, w)
	cs := w.open("creteil", tickets.Card{})
	w.say("creteil", "agent", "demander 1")
	state := c.last(t, 1).State
	filled := map[string]any{"text": "Quel poste ?"}
	const refused = "plus valable"
	forged := []byte(state)
	forged[len(forged)/2] ^= 1
	foreign, err := tickets.NewKeyring([]byte(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	open, _, ok := w.keyring.OpenDialog(state, noon)
	if !ok {
		t.Fatal("the state is not ours")
	}
	sealed := func(change func(*tickets.Dialog)) string {
		d := open
		change(&d)
		return w.keyring.SealDialog(d)
	}
	for name, x := range map[string]struct {
		user, state, want string
	}{
		"another agent's":          {account("creteil", "edith"), state, refused},
		"another academy's":        {account("paris", "agent"), state, refused},
		"nobody's":                 {"", state, "pas lisible"},
		"changed":                  {account("creteil", "agent"), string(forged), refused},
		"without state":            {account("creteil", "agent"), "", refused},
		"sealed by somebody":       {account("creteil", "agent"), foreign.SealDialog(open), refused},
		"expired":                  {account("creteil", "agent"), sealed(func(d *tickets.Dialog) { d.Expires = noon }), refused},
		"of a form that is none":   {account("creteil", "agent"), sealed(func(d *tickets.Dialog) { d.Form = "effacer" }), refused},
		"of an academy not linked": {account("creteil", "agent"), sealed(func(d *tickets.Dialog) { d.Academy = "nantes" }), refused},
		"of no ticket":             {account("creteil", "agent"), sealed(func(d *tickets.Dialog) { d.Ticket = uuid.New() }), "n’existe pas"},
	} {
		t.Run(name, func(t *testing.T) {
			logged := len(w.log.String())
			said, _ := w.sends(x.user, x.state, filled)
			wants(t, name, said, x.want)
			if line := w.log.String()[logged:]; strings.Count(line, "\n") != 1 || x.state != "" && strings.Contains(line, x.state) {
				t.Errorf("log: %s", line)
			}
		})
	}
	// Opened for somebody who is not of the desk, or no longer: no right comes with it.
	said, _ := w.sends(account("creteil", "requester"), sealed(func(d *tickets.Dialog) { d.Account = account("creteil", "requester") }), filled)
	wants(t, "a requester", said, "réservées à l’assistance")
	said, _ = w.sends(id("stranger"), sealed(func(d *tickets.Dialog) { d.Account = id("stranger") }), filled)
	wants(t, "a stranger", said, "lié")
	w.later(dialogLife)
	said, _ = w.sends(account("creteil", "agent"), state, filled)
	wants(t, "an hour later", said, refused)
	if v := w.view(cs); len(v.Events) != 1 {
		t.Errorf("%d events", len(v.Events))
	}
}

func TestNoDialogWithoutNeedOrMeans(t *testing.T) {
	w := newWorld(t)
	c := newDialogs(t, w)
	w.open("creteil", tickets.Card{})
	for _, x := range []struct{ login, text string }{
		{"requester", "résoudre 1"}, {"agent", "résoudre 99"}, {"agent", "résoudre"}, {"agent", "résoudre 1 2"},
		{"agent", "voir 1"}, {"agent", ""}, {"agent", "demander 1 Quel poste ?"}, {"agent", "nouveau pour"},
	} {
		if said := w.say("creteil", x.login, x.text); said == "" {
			t.Errorf("%q by %s: no answer", x.text, x.login)
		}
	}
	w.say("creteil", "agent", "résoudre 1", "trigger_id", "")
	if len(c.opened) != 0 {
		t.Fatalf("%d dialogs", len(c.opened))
	}
	c.refuses = true // a trigger that came too late, a server that is away
	wants(t, "without its dialog", w.say("creteil", "agent", "affecter 1"), "affecter")
}

func TestTheDialogToAssign(t *testing.T) {
	w := newWorld(t)
	c := newDialogs(t, w)
	cs := w.open("creteil", tickets.Card{})
	w.card(cs, id("card"))
	button := w.keyring.ButtonContext(tickets.Button{Operation: "affecter", Academy: "creteil", Ticket: cs.ID, Channel: id("channel"), Expires: noon.Add(time.Hour)})
	body, err := json.Marshal(map[string]any{"user_id": account("creteil", "agent"), "post_id": id("card"), "channel_id": id("channel"), "trigger_id": "trigger", "context": button})
	if err != nil {
		t.Fatal(err)
	}
	if answer := w.post("/mattermost/action", "application/json", "", strings.NewReader(string(body))); answer["ephemeral_text"] != "" {
		t.Errorf("the click says %v", answer)
	}
	d := c.last(t, 1)
	var texts []string
	for _, o := range d.Elements[0].Options {
		texts = append(texts, o.Text)
	}
	if got := strings.Join(texts, "|"); got != "Assistance, toute l’équipe|Assistance › moi|Assistance › Sacha Gabarit|Assistance › Edith Sample|Réseaux, toute l’équipe|Réseaux › Robin Étalon" {
		t.Errorf("whom: %s", got)
	}
	edith := person("creteil", "edith").ID.String()
	for name, value := range map[string]string{
		"nobody": "", "no id": "desk/edith", "no group": "/" + edith, "not a group": "toits/" + edith, "supervisors": "supervision",
		"not a member": "desk/" + person("creteil", "requester").ID.String(), "from elsewhere": "desk/" + person("paris", "agent").ID.String(),
	} {
		w.wrong(name, d.State, map[string]any{"assignee": value}, "assignee", "")
	}
	w.right("to Edith", d.State, map[string]any{"assignee": "desk/" + edith, "text": "Tu connais."})
	if v := w.view(cs); v.Assignee != person("creteil", "edith").ID || v.Events[1].Text != "Tu connais." {
		t.Errorf("ticket %+v", v.Ticket)
	}
	w.say("creteil", "agent", "affecter 1")
	w.wrong("whose it is", c.last(t, 2).State, map[string]any{"assignee": "desk/" + edith}, "assignee", "déjà à Edith Sample")
}

func TestTheDialogToRequalify(t *testing.T) {
	w := newWorld(t)
	c := newDialogs(t, w)
	cs := w.open("creteil", tickets.Card{})
	w.say("creteil", "agent", "thème 1")
	d := c.last(t, 1)
	if names(d) != "category urgency request_type text" || d.Elements[0].Default != "mail" || d.Elements[1].Default != "3" {
		t.Errorf("dialog %+v", d)
	}
	if !slices.ContainsFunc(d.Elements[0].Options, func(o *model.PostActionOptions) bool {
		return o.Text == "Messagerie › Boîte pleine" && o.Value == "mail/quota"
	}) {
		t.Errorf("themes %+v", d.Elements[0].Options)
	}
	as := map[string]any{"category": "mail", "urgency": "3", "request_type": nil}
	said, _ := w.sends(account("creteil", "agent"), d.State, as)
	wants(t, "as it is", said, "Rien n’a changé")
	w.wrong("no theme of ours", d.State, map[string]any{"category": "toit", "urgency": "3"}, "category", "")
	w.wrong("no subject of ours", d.State, map[string]any{"category": "mail/toit", "urgency": "3"}, "category", "")
	w.wrong("no urgency", d.State, map[string]any{"category": "mail", "urgency": "haute"}, "urgency", "")
	w.wrong("no type of ours", d.State, map[string]any{"category": "mail", "urgency": "3", "request_type": "x"}, "request_type", "")
	w.right("all of it", d.State, map[string]any{"category": "mail/quota", "urgency": "1", "request_type": "panne", "text": "Vu au téléphone."})
	if v := w.view(cs); v.Subcategory != "quota" || v.Urgency != tickets.Critical || v.RequestType != "panne" {
		t.Errorf("ticket %+v", v.Ticket)
	}
}

func TestTheDialogForACaller(t *testing.T) {
	w := newWorld(t)
	c := newDialogs(t, w)
	w.say("creteil", "agent", "nouveau", "response_url", "http://x.test/hooks/commands/handle9")
	d := c.last(t, 1)
	if names(d) != "beneficiary theme urgency private description" {
		t.Errorf("fields %s", names(d))
	}
	with := func(who string) map[string]any {
		return map[string]any{"beneficiary": who, "theme": "mail/quota", "urgency": "2", "private": true, "description": "Boîte pleine."}
	}
	w.wrong("nobody", d.State, with(" "), "beneficiary", "Pour qui")
	w.wrong("unknown", d.State, with("Zoé Nulle-Part"), "beneficiary", "Personne de ce nom")
	w.wrong("unknown address", d.State, with("dominique@creteil.example"), "beneficiary", "Personne de ce nom")
	w.wrong("another academy's", d.State, with("requester@paris.example"), "beneficiary", "Personne de ce nom")
	w.wrong("several", d.State, with("e"), "beneficiary", "requester@creteil.example")
	w.wrong("without words", d.State, map[string]any{"beneficiary": "Exemple", "theme": "mail", "urgency": "2"}, "description", "")
	w.right("by name", d.State, with("exemple dominique"))
	w.right("sent again", d.State, with("exemple dominique"))
	w.right("sent again for somebody else", d.State, with("other@creteil.example"))
	page, err := w.desk.List(t.Context(), tickets.Caller{Person: person("creteil", "supervisor")}, tickets.Query{Scope: tickets.ScopeDesk})
	if err != nil || page.Total != 1 {
		t.Fatalf("%d tickets, want one; %v", page.Total, err)
	}
	v := w.view(page.Cases[0])
	if v.Beneficiary != person("creteil", "requester").ID || v.Requester != person("creteil", "agent").ID ||
		v.Subject != "quota" || v.Urgency != tickets.High || !v.Private || v.Phone != "01 99 00 94 10" || v.Place == "" || v.Entity == "" {
		t.Errorf("ticket %+v", v.Ticket)
	}
	wants(t, "afterwards", c.said[0], "handle9", v.Number.String(), "Dominique Exemple")
	w.say("creteil", "agent", "nouveau")
	w.right("by address", c.last(t, 2).State, with("<OTHER@creteil.example>"))
}

// Without any cause, type or theme the fields that would choose from them are not asked.
func TestDialogsAskOnlyWhatThereIs(t *testing.T) {
	w := newWorld(t)
	c := newDialogs(t, w)
	w.open("creteil", tickets.Card{Private: true})
	w.say("creteil", "edith", "resolve 1")
	d := c.last(t, 1)
	if names(d) != "text cause" || d.Title != "Resolve the ticket" {
		t.Errorf("a private ticket's dialog: %s, %q", names(d), d.Title)
	}
}

// A service request has the same dialog, which the command asks for.
func TestTheDialogForAServiceRequest(t *testing.T) {
	w := newWorld(t)
	c := newDialogs(t, w)
	for i, text := range []string{"nouveau service", "New service request", "nouveau incident"} {
		w.say("creteil", "agent", text)
		d := c.last(t, i+1)
		if want := []string{"Demande de service", "Demande de service", "Nouvel incident"}[i]; d.Title != want || names(d) != "beneficiary theme urgency private description" {
			t.Errorf("%s: %q with %s", text, d.Title, names(d))
		}
	}
	w.right("service", c.opened[0].Dialog.State, map[string]any{"beneficiary": "requester@creteil.example", "urgency": "3", "description": "Un écran de plus."})
	page, err := w.desk.List(t.Context(), tickets.Caller{Person: person("creteil", "supervisor")}, tickets.Query{Scope: tickets.ScopeDesk, Kind: tickets.Service})
	if err != nil || page.Total != 1 {
		t.Fatalf("%d tickets, %v", page.Total, err)
	}
	wants(t, "words on one line", w.say("creteil", "agent", "nouveau service : un clavier"), "S261121_")
}

// A dialog opened by a button has no response_url: what becomes of it too late
// for the dialog itself is told by a message.
func TestALateDialogOfAButtonIsToldDirectly(t *testing.T) {
	c := newTalk(t)
	cs := c.open("creteil", tickets.Card{})
	for i, said := range []struct{ text, want string }{
		{"", "Écrivez"}, {"Quel message ?", "attend la réponse"},
	} {
		answer, err := c.commands.Execute(t.Context(), ingest.Command{
			ID: "form", Academy: "creteil", Account: mattermost.UserID("agent"), Text: "demander", ReceivedAt: time.Now(),
			Form: &ingest.Form{ID: said.want, Ticket: cs.ID, Values: values{"text": said.text}},
		})
		if err != nil {
			t.Fatal(err)
		}
		late := ingest.Command{ID: said.want, Academy: "creteil", Account: mattermost.UserID("agent"), Text: "demander", ReceivedAt: time.Now(), Form: &ingest.Form{}}
		if err := c.commands.Direct(t.Context(), late, ingest.Answer{How: ingest.Done, Text: answer}); err != nil {
			t.Fatal(err)
		}
		wants(t, said.text, c.answered("agent", i+1).Message, "`/ticket demander`", said.want)
	}
}

// A dialog that a button opened, sent while all is slow: the dialog says that the
// answer follows, and once it is done the bot says so, with nothing done twice by
// an impatient second try.
func TestALateDialogIsAnsweredInTheBotsConversation(t *testing.T) {
	c := newTalk(t)
	cs := c.open("creteil", tickets.Card{})
	goOn, tooLong := make(chan struct{}), make(chan time.Time)
	close(tooLong)
	gateway := ingest.New(ingest.Options{
		Store: c.db, Reply: c.commands.Reply, Direct: c.commands.Direct,
		After: func(time.Duration) <-chan time.Time { return tooLong },
		Execute: func(ctx context.Context, cmd ingest.Command) (string, error) {
			select {
			case <-goOn:
				return c.commands.Execute(ctx, cmd)
			case <-ctx.Done():
				return "", ctx.Err()
			}
		},
		Logger: c.commands.Logger,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { gateway.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	slow := httptest.NewServer(c.commands.Handler(gateway))
	t.Cleanup(slow.Close)
	c.hooks = slow

	agent := mattermost.UserID("agent")
	state := c.keyring.SealDialog(tickets.Dialog{
		Form: "demander", Academy: "creteil", Account: agent, Ticket: cs.ID, Expires: c.options.Now().Add(time.Hour),
	})
	for range 2 {
		said, fields := c.sends(agent, state, map[string]any{"text": "Quel message s’affiche ?"})
		if len(fields) != 0 {
			t.Errorf("on fields: %v", fields)
		}
		wants(t, "in the dialog", said, "Votre clic est bien enregistré")
	}
	if v := c.view(cs); v.Status != tickets.StatusNew {
		t.Fatalf("%s before it was executed", v.Status)
	}
	close(goOn)
	wants(t, "from the bot", c.answered("agent", 1).Message, "`/ticket demander`", cs.Number.String(), "attend la réponse")
	if n, events := c.settled("agent"), len(c.view(cs).Events); n != 1 || events != 2 {
		t.Errorf("%d answers, %d events", n, events)
	}
}
