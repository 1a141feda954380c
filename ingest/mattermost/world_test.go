package mattermost

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/ingest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
	"cecoia.example/tickets/postgres"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// noon is when the tests begin.
var noon = time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)

// world is two academies on a real Postgres, with the listener that Mattermost
// would post to.
type world struct {
	t        *testing.T
	db       *postgres.DB
	desk     *tickets.Desk
	room     *oncall.Room
	commands *Commands
	keyring  *tickets.Keyring
	hooks    *httptest.Server
	log      *syncBuffer
	mu       sync.Mutex
	now      time.Time
	triggers int
	options  Options // as the last process has them

	abandoned time.Duration // of the gateways to come; their default when 0
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *syncBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *syncBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// id makes an id as Mattermost's from a name.
func id(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "-", ""))[:min(len(name), 20)] + strings.Repeat("x", 26)[:26-min(len(name), 20)]
}

// people of each academy; the English-speaking agent is "edith".
var people = map[string]tickets.Person{
	"agent":      {GivenName: "Alix", FamilyName: "Modèle", Lang: tickets.French, Memberships: []tickets.Membership{{Group: "desk", Role: tickets.RoleAgent}}},
	"edith":      {GivenName: "Edith", FamilyName: "Sample", Lang: tickets.English, Memberships: []tickets.Membership{{Group: "desk", Role: tickets.RoleAgent}}},
	"supervisor": {GivenName: "Sacha", FamilyName: "Gabarit", Lang: tickets.French, Memberships: []tickets.Membership{{Group: "desk", Role: tickets.RoleSupervisor}, {Group: "supervision", Role: tickets.RoleSupervisor}}},
	"specialist": {GivenName: "Robin", FamilyName: "Étalon", Lang: tickets.French, Memberships: []tickets.Membership{{Group: "reseaux", Role: tickets.RoleAgent}}},
	"elsewhere":  {GivenName: "Lou", FamilyName: "Patron", Lang: tickets.French, Memberships: []tickets.Membership{{Group: "supervision", Role: tickets.RoleAgent}}},
	"requester":  {GivenName: "Dominique", FamilyName: "Exemple", Lang: tickets.French, Function: "Enseignement"},
	"other":      {GivenName: "Camille", FamilyName: "Spécimen", Lang: tickets.French},
}

func person(academy tickets.AcademyID, login string) tickets.Person {
	p := people[login]
	p.Academy, p.Login, p.Email = academy, login, login+"@"+string(academy)+".example"
	p.ID = uuid.NewSHA1(uuid.NameSpaceDNS, []byte(string(academy)+"/"+login))
	p.Phone, p.Place, p.Entity = "01 99 00 94 10", "94/CRETEIL", "EN/RECTORAT"
	return p
}

// account is the Mattermost user of a person.
func account(academy tickets.AcademyID, login string) string { return id(string(academy) + login) }

// newWorld makes it; change, if given, has the last word on the options.
func newWorld(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Options{URL: postgrestest.New(t, "cecoia", postgres.Migrate), MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	w := &world{t: t, db: db, log: &syncBuffer{}, now: noon}
	var academies []tickets.Academy
	for _, a := range []tickets.AcademyID{"creteil", "paris"} {
		academies = append(academies, tickets.Academy{
			ID: a, Name: "Académie de " + string(a), Timezone: "Europe/Paris", Domains: []string{string(a) + ".example"},
			NoReply: "no-reply@" + string(a) + ".example", Bounce: "bounce@" + string(a) + ".example", Team: string(a),
			Groups: []tickets.Group{
				{Code: "desk", Name: tickets.Text{FR: "Assistance", EN: "Help desk"}, Channel: "assistance"},
				{Code: "reseaux", Name: tickets.Text{FR: "Réseaux", EN: "Networks"}, Channel: "reseaux-locaux"},
				{Code: "supervision", Name: tickets.Text{FR: "Supervision"}, Channel: "supervision", Supervises: true},
			},
			Themes: []tickets.Theme{{
				Code: "mail", Name: tickets.Text{FR: "Messagerie", EN: "Mail"},
				Subjects: []tickets.Choice{{Code: "quota", Name: tickets.Text{FR: "Boîte pleine", EN: "Full mailbox"}}},
			}},
			RequestTypes: []tickets.Choice{{Code: "panne", Name: tickets.Text{FR: "Panne", EN: "Breakdown"}}},
			OnCall:       tickets.OnCall{Rules: map[tickets.AlertRule]tickets.RuleSetting{tickets.AlertConsumer: {Off: true}}}, // nothing is sent here
			Causes:       []tickets.Choice{{Code: "cable", Name: tickets.Text{FR: "Câble", EN: "Cable"}}},
		})
	}
	if _, err := db.Apply(t.Context(), academies, noon); err != nil {
		t.Fatal(err)
	}
	for _, a := range academies {
		var entries []postgres.Entry
		for login := range people {
			entries = append(entries, postgres.Entry{Person: person(a.ID, login)})
		}
		if err := db.ImportPeople(t.Context(), a.ID, entries); err != nil {
			t.Fatal(err)
		}
		for login := range people {
			if err := db.LinkAccount(t.Context(), a.ID, person(a.ID, login).ID, tickets.Chat, account(a.ID, login)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if w.keyring, err = tickets.NewKeyring(bytes.Repeat([]byte("k"), 32)); err != nil {
		t.Fatal(err)
	}
	w.desk = tickets.NewDesk(tickets.Options{
		Store: db, Now: w.tick, Keyring: w.keyring,
		Calendar: func(tickets.Academy, string) tickets.OpenTime { return twoDays{} },
	})
	w.room = oncall.NewRoom(oncall.Options{Store: db, Now: w.tick})
	o := Options{
		Desk: w.desk, Room: w.room, Directory: db, Memory: db, Keyring: w.keyring, Portal: tickets.NewPortal("https://portail.example"),
		Tokens:  map[tickets.AcademyID][]string{"creteil": {"token-of-creteil", "next-token-of-creteil"}, "paris": {"token-of-paris"}, "versailles": {""}},
		BaseURL: "https://chat.example/", Now: w.tick, Logger: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	for _, f := range change {
		f(&o)
	}
	w.options = o
	gateway := w.process(o)
	w.hooks = httptest.NewServer(w.commands.Handler(gateway))
	t.Cleanup(w.hooks.Close)
	return w
}

// process makes the commands of one process, and runs its gateway.
func (w *world) process(o Options) *ingest.Gateway {
	var gateway *ingest.Gateway
	o.Take = func(ctx context.Context, c ingest.Command) (bool, error) { return gateway.Take(ctx, c) }
	w.commands = New(o)
	w.commands.within = patiently
	gateway = ingest.New(ingest.Options{
		Store: w.db, Execute: w.commands.Execute, Reply: w.commands.Reply, Direct: w.commands.Direct,
		Abandoned: w.abandoned, Logger: slog.New(slog.NewTextHandler(w.log, nil)),
		After: func(time.Duration) <-chan time.Time { return nil }, // people wait as long as it takes
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { gateway.Run(ctx); close(done) }()
	w.t.Cleanup(func() { cancel(); <-done })
	return gateway
}

// patiently is for what the answer depends on, however busy the machine is.
func patiently(ctx context.Context, _ time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, time.Minute)
}

// tick is a clock that moves by a second per look, so that things have an order.
func (w *world) tick() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Second)
	return w.now
}

// later lets the window of repetitions pass.
func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// open files a ticket as the requester of the academy.
func (w *world) open(a tickets.AcademyID, card tickets.Card) tickets.Case {
	w.t.Helper()
	if card.Description == "" {
		card.Description = "L’imprimante ne répond plus."
	}
	if card.Theme == "" {
		card.Theme = "mail"
	}
	cs, err := w.desk.Open(w.t.Context(), tickets.Caller{Person: person(a, "requester"), Origin: tickets.FromPortal}, tickets.Incident, card)
	if err != nil {
		w.t.Fatal(err)
	}
	return cs
}

// card records that a post is the ticket's card.
func (w *world) card(cs tickets.Case, post string) {
	w.t.Helper()
	if _, err := w.db.Pool().Exec(w.t.Context(), `INSERT INTO threads (academy, ticket, channel, recipient, ref) VALUES ($1, $2, 'chat', 'group:desk', $3)`,
		string(cs.Academy), cs.ID, post); err != nil {
		w.t.Error(err)
	}
}

// late is a directory in which a card is recorded just after it was asked for.
type late struct {
	Directory
	record func()
}

func (d *late) ThreadTicket(ctx context.Context, a tickets.AcademyID, ch tickets.Channel, ref string) (uuid.UUID, tickets.Recipient, error) {
	defer d.record()
	return d.Directory.ThreadTicket(ctx, a, ch, ref)
}

func (w *world) view(cs tickets.Case) tickets.View {
	w.t.Helper()
	v, err := w.desk.View(w.t.Context(), tickets.Caller{Person: person(cs.Academy, "supervisor")}, cs.Number.Ref())
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// post sends a request as Mattermost would and returns the answer, which must
// be readable for it.
func (w *world) post(path, contentType, authorization string, body io.Reader) map[string]any {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.hooks.URL+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := w.hooks.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/json" {
		w.t.Errorf("%s: status %d, content type %s", path, resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		w.t.Fatal(err)
	}
	return answer
}

const formType = "application/x-www-form-urlencoded"

// say types /ticket text as the person and returns the answer.
func (w *world) say(a tickets.AcademyID, login, text string, more ...string) string {
	w.t.Helper()
	w.triggers++
	form := url.Values{
		"user_id": {account(a, login)}, "channel_id": {id("channel")}, "command": {"/ticket"},
		"text": {text}, "trigger_id": {fmt.Sprint("trigger-", w.triggers)},
	}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	answer := w.post("/mattermost/command", formType, "Token "+w.commands.Tokens[a][0], strings.NewReader(form.Encode()))
	if answer["response_type"] != "ephemeral" || answer["skip_slack_parsing"] != true {
		w.t.Errorf("%q: answer %v", text, answer)
	}
	said, _ := answer["text"].(string)
	if strings.Contains(said, "⟦") {
		w.t.Errorf("%q: words are missing in %q", text, said)
	}
	return said
}

// wants fails the test unless the text contains each part; the spaces of French
// typography count as plain ones.
func wants(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	text = strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(text)
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s: %q is not in\n%s", what, part, text)
		}
	}
}

// twoDays is a desk where whatever is to be done takes two days.
type twoDays struct{}

func (twoDays) Add(from time.Time, _ time.Duration) time.Time { return from.Add(48 * time.Hour) }
func (twoDays) Between(_, _ time.Time) time.Duration          { return 0 }

func (twoDays) AddDays(from time.Time, days int) time.Time { return from.AddDate(0, 0, days) }
