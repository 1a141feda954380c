package mattermost

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// Trigger is the word after the slash: /ticket.
const Trigger = "ticket"

// table is every command, in the order in which help shows them.
func table() []verb {
	return []verb{liste, voir, prendre, note, demander, repondre, resoudre, kb, compte, aide}
}

// verb is one command.
type verb struct {
	// name is the command in French, as people write it. The keys of its words
	// in tickets/locale derive from it: see [verb.key].
	name string
	// aliases are other words for it, folded.
	aliases []string
	// anyone may use it; otherwise only members of the desk.
	anyone bool
	// button says that a card's button may stand for it.
	button bool
	// run does it and returns the answer. A [tickets.Error] is worded for the
	// person; errUsage shows how to write the command; any other error is a
	// failure of ours.
	run func(context.Context, *call) (string, error)
}

// key returns the locale key of the verb's "usage", "example" or "about".
func (v verb) key(what string) string { return "chat." + fold(v.name) + "." + what }

// label is the verb in the reader's language, as its usage begins.
func (v verb) label(p locale.Printer) string {
	word, _ := cutWord(p.T(v.key("usage")))
	return word
}

// Directory tells who an account is, and which ticket a post is about. Absent
// things are a [tickets.NotFound] error.
type Directory interface {
	PersonByAccount(ctx context.Context, academy tickets.AcademyID, ch tickets.Channel, account string) (tickets.Person, error)
	// ThreadTicket returns the ticket that a post of the bot is about.
	ThreadTicket(ctx context.Context, academy tickets.AcademyID, ch tickets.Channel, ref string) (uuid.UUID, tickets.Recipient, error)
}

// Options are what Commands is made of. All but BotToken, Now, Client and Logger are required.
type Options struct {
	Desk      *tickets.Desk
	Directory Directory
	Keyring   *tickets.Keyring
	Portal    tickets.Portal
	// Tokens are the tokens of the slash command in each academy's team: one, or
	// two while it is being renewed. Which one a request has says which academy
	// it is for.
	Tokens map[tickets.AcademyID][]string
	// BaseURL is Mattermost's address, where late answers go.
	BaseURL string
	// BotToken is the bot's access token. Without one, what only the bot can ask
	// the server is not known.
	BotToken string
	// Client makes the requests to Mattermost; default: 3 s for each,
	// redirections refused.
	Client *http.Client
	// Now is the clock; default time.Now.
	Now func() time.Time
	// Logger gets one line for each refused try. Default: discarded.
	Logger *slog.Logger
}

// Commands executes the slash commands. Its Execute and Reply are for
// ingest.Options, its Handler for the listener that Mattermost reaches.
type Commands struct {
	Options
	verbs []verb
	bot   *model.Client4 // the server's API as the bot sees it; nil without BotToken
}

// New returns the slash commands over a desk.
func New(o Options) *Commands {
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		o.Client = &http.Client{
			Timeout:       3 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	s := &Commands{Options: o, verbs: table()}
	if o.BotToken != "" {
		s.bot = model.NewAPIv4Client(o.BaseURL)
		s.bot.SetToken(o.BotToken)
		s.bot.HTTPClient = o.Client
	}
	return s
}

// Definition is the slash command as an administrator declares it in a team,
// with its line of autocompletion; url is our /mattermost/command as Mattermost
// reaches it.
func Definition(lang tickets.Lang, url string) model.Command {
	p := locale.For(lang, nil)
	labels := make([]string, 0, len(table()))
	for _, v := range table() {
		labels = append(labels, v.label(p))
	}
	return model.Command{
		Trigger: Trigger, Method: model.CommandMethodPost, URL: url,
		DisplayName: p.T("chat.command.name"), Description: p.T("chat.command.about"),
		AutoComplete: true, AutoCompleteDesc: p.T("chat.command.about"),
		AutoCompleteHint: "[" + strings.Join(labels, " | ") + "]",
	}
}
