package mattermost

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"
	"github.com/prometheus/client_golang/prometheus"

	"cecoia.example/ingest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
	"cecoia.example/tickets/oncall"
)

// Trigger is the word after the slash: /ticket.
const Trigger = "ticket"

// table is every command, in the order in which help shows them.
func table() []verb {
	return []verb{
		liste, suite, voir, chercher, kb,
		prendre, rendre, affecter, urgence, theme, note,
		demander, attente, repondre, resoudre, cloturer, rouvrir, fusionner, rattacher, nouveau,
		alertes, ack, differer, escalader, majeur, silence, garde,
		notif, pourquoi, compte, aide,
	}
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
	// supervisor keeps it for supervisors and whoever is on duty.
	supervisor bool
	// rare leaves it out of the one screen of help: another verb's help leads to it.
	rare bool
	// button says that a card's button may stand for it.
	button bool
	// run does it and returns the answer. A [tickets.Error] is worded for the
	// person; errUsage shows how to write the command; any other error is a
	// failure of ours.
	run func(context.Context, *call) (string, error)
}

// key returns the locale key of the verb's "usage", "example" or "about".
func (v verb) key(what string) string { return "chat." + fold(v.name) + "." + what }

// offeredTo says whether the verb is for that person: nothing else is offered.
func (v verb) offeredTo(p tickets.Person) bool {
	switch {
	case v.anyone:
		return true
	case v.supervisor:
		return p.Supervisor()
	}
	return p.Agent()
}

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
	// ChosenLang returns the language that the person chose on the portal, ""
	// when they chose none.
	ChosenLang(ctx context.Context, academy tickets.AcademyID, person uuid.UUID) (tickets.Lang, error)
	// Unlinked returns those of the people of whom no account is known.
	Unlinked(ctx context.Context, academy tickets.AcademyID, ch tickets.Channel, people []uuid.UUID) ([]uuid.UUID, error)
}

// Options are what Commands is made of. Desk, Room, Directory, Keyring, Portal,
// Tokens and BaseURL are required.
type Options struct {
	Desk      *tickets.Desk
	Room      *oncall.Room
	Directory Directory
	Memory    Memory
	Keyring   *tickets.Keyring
	Portal    tickets.Portal
	// Tokens are the tokens of the slash command in each academy's team: one, or
	// two while it is being renewed. Which one a request has says which academy
	// it is for.
	Tokens map[tickets.AcademyID][]string
	// BaseURL is Mattermost's address, where late answers go.
	BaseURL string
	// HooksURL is our own base URL as the server reaches it; dialogs are sent to
	// HooksURL/mattermost/dialog. Without it none is opened, and commands need
	// all their words.
	HooksURL string
	// BotToken is the bot's access token. Without one, what only the bot can ask
	// the server is not known.
	BotToken string
	// Client makes the requests to Mattermost; default: 3 s for each,
	// redirections refused.
	Client *http.Client
	// Allow are the networks from which Mattermost connects, itself or the last
	// proxy before us; none: everybody may.
	Allow []netip.Prefix
	// PerMinute is how many commands and clicks an account may send, with Burst
	// of them at once; default 60 and 20, as typed by a hurried person. Each
	// process counts its own. Negative: as many as they like.
	PerMinute, Burst int
	// Take keeps a command that is a message and has it executed; see
	// [ingest.Gateway.Take]. Without it messages to the bot are not heard.
	Take func(context.Context, ingest.Command) (first bool, err error)
	// Now is the clock and After its timer; default time.Now and time.After.
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
	// Logger gets one line for each refused try. Default: discarded.
	Logger *slog.Logger
	// Registerer takes the metrics; nil for none.
	Registerer prometheus.Registerer
}

// Commands executes the slash commands. Its Execute and Reply are for
// ingest.Options, its Handler for the listener that Mattermost reaches.
type Commands struct {
	Options
	verbs []verb
	bot   *model.Client4 // the server's API as the bot sees it; nil without BotToken

	profiles    profiles
	account     atomic.Pointer[model.User] // the bot's own, nil before it is known
	limiter     *limiter                   // nil: no limit
	scolded     *limiter                   // how often an account is told by a message that it hurries
	bodyTimeout time.Duration              // for a request to come in whole
	// within bounds what somebody waits for: context.WithTimeout, but in tests,
	// where an answer does not depend on how busy the machine is.
	within    func(context.Context, time.Duration) (context.Context, context.CancelFunc)
	long      chan struct{} // slots for long requests
	executed  *prometheus.CounterVec
	refused   *prometheus.CounterVec
	listening prometheus.Gauge
}

// New returns the slash commands over a desk.
func New(o Options) *Commands {
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.After == nil {
		o.After = time.After
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
	if o.PerMinute == 0 {
		o.PerMinute = 60
	}
	if o.Burst <= 0 {
		o.Burst = 20
	}
	s := &Commands{
		Options: o, verbs: table(), bodyTimeout: 10 * time.Second, within: context.WithTimeout, long: make(chan struct{}, maxLong),
		profiles: profiles{kept: map[string]keptProfile{}}, scolded: newLimiter(6, 1),
		executed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cecoia_chat_commands_total", Help: "Commands of the chat executed, by verb (none for words that are no command) and outcome: done, refused, or failed for a reason of ours.",
		}, []string{"verb", "outcome"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cecoia_chat_refused_total", Help: "What came from the chat and was refused, by the reason that the log has.",
		}, []string{"why"}),
		listening: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cecoia_chat_listening", Help: "1 while direct messages to the bot are heard by this process.",
		}),
	}
	if o.PerMinute > 0 {
		s.limiter = newLimiter(o.PerMinute, o.Burst)
	}
	if o.Registerer != nil {
		o.Registerer.MustRegister(s.executed, s.refused, s.listening)
	}
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
