package notify_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/deploy/local/redis/redistest"
	"cecoia.example/deploy/local/wait"
	"cecoia.example/notify"
	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// patience is for what must happen; a test that passes never waits so long.
const patience = 20 * time.Second

var (
	alix      = tickets.Person{Academy: "creteil", ID: uuid.UUID{15: 1}, Login: "alix", Email: "alix@creteil.example", GivenName: "Alix", FamilyName: "Exemple", Lang: tickets.French}
	dominique = tickets.Person{Academy: "creteil", ID: uuid.UUID{15: 2}, Login: "dominique", Email: "dominique@creteil.example", GivenName: "Dominique", FamilyName: "Modèle", Lang: tickets.French,
		Memberships: []tickets.Membership{{Group: "desk", Role: tickets.RoleAgent}}}
)

// world is a real register, a real queue and a clock that is moved by hand.
type world struct {
	*postgres.DB
	redis  *redis.Client
	ahead  atomic.Int64              // nanoseconds
	stands atomic.Pointer[time.Time] // nil: the clock goes by itself, too
	logged logBook
}

func newWorld(t *testing.T) *world {
	t.Helper()
	server := redistest.New(t)
	return newWorldOn(t, server.URL())
}

func newWorldOn(t *testing.T, redisURL string) *world {
	t.Helper()
	url := postgrestest.New(t, "cecoia", postgres.Migrate)
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { wait.NothingRuns(t, before) })
	db, err := postgres.Open(t.Context(), postgres.Options{URL: url, MaxConns: 12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	options, err := redis.ParseURL(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{DB: db, redis: redis.NewClient(options)}
	t.Cleanup(func() { _ = w.redis.Close() })
	academies := []tickets.Academy{academy("creteil"), academy("paris")}
	if _, err := db.Apply(t.Context(), academies, w.now()); err != nil {
		t.Fatal(err)
	}
	for _, a := range academies {
		var entries []postgres.Entry
		for _, p := range []tickets.Person{alix, dominique} {
			p.Academy = a.ID
			entries = append(entries, postgres.Entry{Person: p})
		}
		if err := db.ImportPeople(t.Context(), a.ID, entries); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func academy(id tickets.AcademyID) tickets.Academy {
	return tickets.Academy{
		ID: id, Name: "Académie de " + string(id), Timezone: "Europe/Paris", Domains: []string{string(id) + ".example"},
		NoReply: "no-reply@" + string(id) + ".example", Bounce: "bounce@" + string(id) + ".example", Team: string(id),
		Groups: []tickets.Group{{Code: "desk", Name: tickets.Text{FR: "Assistance"}, Channel: "assistance"}},
		Themes: []tickets.Theme{{Code: "mail", Name: tickets.Text{FR: "Messagerie"}}},
	}
}

func (w *world) now() time.Time {
	from := time.Now()
	if stands := w.stands.Load(); stands != nil {
		from = *stands
	}
	return from.Add(time.Duration(w.ahead.Load()))
}

func (w *world) advance(d time.Duration) { w.ahead.Add(int64(d)) }

// stand has the clock stand still from now on, until it is moved.
func (w *world) stand() {
	now := time.Now()
	w.stands.Store(&now)
}

func (w *world) desk(n func()) *tickets.Desk {
	return tickets.NewDesk(tickets.Options{Store: w.DB, Now: w.now, Committed: n})
}

func by(p tickets.Person, a tickets.AcademyID) tickets.Caller {
	p.Academy = a
	return tickets.Caller{Person: p, Origin: tickets.FromPortal}
}

// open opens a ticket of the academy: one card is owed.
func open(t *testing.T, d *tickets.Desk, a tickets.AcademyID) tickets.Case {
	t.Helper()
	c, err := d.Open(t.Context(), by(alix, a), tickets.Incident, tickets.Card{Description: "L’écran reste noir."})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func do(t *testing.T, d *tickets.Desk, c tickets.Case, action tickets.Action, text string) {
	t.Helper()
	if _, err := d.Do(t.Context(), by(dominique, c.Academy), c.Number.Ref(), action, tickets.Input{Text: text}); err != nil {
		t.Fatal(err)
	}
}

// owed counts the deliveries not delivered yet, ended those of the log.
func (w *world) owed(t *testing.T) int  { return w.count(t, `SELECT count(*) FROM deliveries`) }
func (w *world) ended(t *testing.T) int { return w.count(t, `SELECT count(*) FROM delivery_log`) }

func (w *world) count(t *testing.T, sql string) (n int) {
	t.Helper()
	if err := w.Pool().QueryRow(context.Background(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// options are those of a notifier over this world, quick to look again.
func (w *world) options(channels map[tickets.Channel]notify.Channel) notify.Options {
	return notify.Options{
		Store: w.DB, Redis: w.redis, Channels: channels, Now: w.now, Sweep: 20 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(&w.logged, nil)),
	}
}

// run runs a notifier until the test ends or stop is called.
func run(t *testing.T, o notify.Options) (n *notify.Notifier, stop func()) {
	t.Helper()
	n, err := notify.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := n.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return n, stop
}

// outbox is a channel that keeps what it is given and answers as told.
type outbox struct {
	answer func(ctx context.Context, n tickets.Notice) tickets.Receipt // nil: delivered

	mu   sync.Mutex
	sent []tickets.Notice
}

func (o *outbox) Send(ctx context.Context, n tickets.Notice) tickets.Receipt {
	o.mu.Lock()
	o.sent = append(o.sent, n)
	o.mu.Unlock()
	if o.answer == nil {
		return tickets.Receipt{Outcome: tickets.Delivered}
	}
	return o.answer(ctx, n)
}

func (o *outbox) all() []tickets.Notice {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]tickets.Notice(nil), o.sent...)
}

func (o *outbox) count() int { return len(o.all()) }

// told counts the deliveries that were sent, those told with others too.
func (o *outbox) told() (n int) {
	for _, notice := range o.all() {
		n += 1 + len(notice.Earlier)
	}
	return n
}

// once fails the test unless everything was sent exactly once, each ticket's in
// the order of its events.
func (o *outbox) once(t *testing.T) {
	t.Helper()
	seen := map[uuid.UUID]bool{}
	last := map[string]int{}
	for _, n := range o.all() {
		if seen[n.ID] {
			t.Errorf("%s sent twice", n.ID)
		}
		seen[n.ID] = true
		lane := fmt.Sprint(n.Case.ID, n.Channel, n.Delivery.Recipient)
		if n.Seq <= last[lane] {
			t.Errorf("%s: event %d after %d", lane, n.Seq, last[lane])
		}
		last[lane] = n.Seq
	}
}

func both(o *outbox) map[tickets.Channel]notify.Channel {
	return map[tickets.Channel]notify.Channel{tickets.Mail: o, tickets.Chat: o}
}

// logBook keeps log lines.
type logBook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(b))
	return len(b), nil
}

func (l *logBook) count(part string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}
