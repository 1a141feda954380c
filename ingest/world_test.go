package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cecoia.example/deploy/local/wait"
	"cecoia.example/ingest"
	"cecoia.example/tickets"
)

func TestMain(m *testing.M) { wait.Main(m) }

// store keeps accepted commands in memory, as Postgres would.
type store struct {
	mu     sync.Mutex
	kept   map[string]kept
	fail   error
	accept func() // called before a command is kept
}

type kept struct {
	payload  []byte
	at       time.Time
	finished bool
}

func (s *store) Academies(context.Context) ([]tickets.Academy, error) {
	return []tickets.Academy{{ID: "creteil"}}, nil
}

func (s *store) AcceptCommand(_ context.Context, _ tickets.AcademyID, id string, payload []byte, at time.Time) (first bool, err error) {
	if s.accept != nil {
		s.accept()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return false, s.fail
	}
	if _, there := s.kept[id]; !there {
		s.kept[id], first = kept{payload: payload, at: at}, true
	}
	return first, nil
}

func (s *store) FinishCommand(_ context.Context, _ tickets.AcademyID, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, there := s.kept[id]; there {
		k.finished = true
		s.kept[id] = k
	}
	return nil
}

func (s *store) AcceptedCommands(_ context.Context, _ tickets.AcademyID, before time.Time, _ int) (payloads [][]byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.kept)) {
		if k := s.kept[id]; !k.finished && k.at.Before(before) {
			payloads = append(payloads, k.payload)
		}
	}
	return payloads, nil
}

// state returns whether the command was kept, and ended.
func (s *store) state(id string) (there, finished bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, there := s.kept[id]
	return there, k.finished
}

// desk executes commands and notes what it did and what was replied.
type desk struct {
	store   *store
	log     *lockedBuffer
	timer   chan time.Time // ends the patience of a Submit
	clock   clock
	execute func(context.Context, ingest.Command) (string, error)
	reply   func() error

	mu       sync.Mutex
	executed map[string]int
	replies  []string
	gateways int
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newDesk() *desk {
	return &desk{
		store: &store{kept: map[string]kept{}}, log: &lockedBuffer{},
		timer: make(chan time.Time, 1), executed: map[string]int{},
	}
}

// clock moves by hand: a kept command is executed again when the test says so,
// not when the machine takes long.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// start runs a gateway of this desk until the end of the test.
func (d *desk) start(t *testing.T, options func(*ingest.Options)) (g *ingest.Gateway, stop func()) {
	t.Helper()
	o := ingest.Options{
		Store: d.store,
		Execute: func(ctx context.Context, c ingest.Command) (string, error) {
			d.mu.Lock()
			d.executed[c.ID]++
			d.mu.Unlock()
			if d.execute != nil {
				return d.execute(ctx, c)
			}
			return "done: " + c.Text, nil
		},
		Reply: func(_ context.Context, c ingest.Command, a ingest.Answer) error {
			d.mu.Lock()
			d.replies = append(d.replies, fmt.Sprintf("%s %s %s", c.ID, a.How, a.Text))
			d.mu.Unlock()
			if d.reply != nil {
				return d.later(d.reply())
			}
			return nil
		},
		After:     func(time.Duration) <-chan time.Time { return d.timer },
		Abandoned: time.Minute, Sweep: 20 * time.Millisecond, Now: d.clock.now,
		Logger: slog.New(slog.NewTextHandler(d.log, nil)),
	}
	if options != nil {
		options(&o)
	}
	g = ingest.New(o)
	g.BePatient()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { g.Run(ctx); close(done) }()
	stop = func() {
		cancel()
		select {
		case <-done:
		case <-time.After(30 * time.Second):
			t.Error("Run does not end")
		}
	}
	t.Cleanup(stop)
	if o.Redis != nil {
		c := goredis.NewClient(o.Redis)
		defer c.Close()
		if c.Ping(t.Context()).Err() == nil {
			d.gateways++
			wait.Until(t, "it listens for answers", func() bool {
				return strings.Count(d.log.String(), "commands go through Redis") >= d.gateways
			})
		}
	}
	return g, stop
}

// later makes it the time to try again what failed, and returns why it did.
func (d *desk) later(err error) error {
	if err != nil && !errors.Is(err, ingest.ErrUndeliverable) {
		d.clock.advance(6 * time.Minute) // longer than any pause between two tries
	}
	return err
}

func (d *desk) times(id string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.executed[id]
}

func (d *desk) replied() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.replies)
}

func command(id string) ingest.Command {
	return ingest.Command{
		ID: id, Academy: "creteil", Account: "account", Text: "text of " + id,
		Reply: "secret-handle", ReceivedAt: time.Now(),
	}
}

func parse(t *testing.T, url string) *goredis.Options {
	t.Helper()
	o, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func client(t *testing.T, url string) *goredis.Client {
	t.Helper()
	c := goredis.NewClient(parse(t, url))
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func onRedis(t *testing.T, url string) func(*ingest.Options) {
	return func(o *ingest.Options) { o.Redis = parse(t, url) }
}

func wantAnswer(t *testing.T, got ingest.Answer, how ingest.How, text string) {
	t.Helper()
	if got.How != how || got.Text != text {
		t.Errorf("answer %+v, want %s %q", got, how, text)
	}
}

// nothingLeft waits until the stream and its group hold nothing.
func nothingLeft(t *testing.T, c *goredis.Client) {
	t.Helper()
	wait.Until(t, "the stream is empty and nothing is pending", func() bool {
		n, err := c.XLen(t.Context(), "cecoia:commands").Result()
		pending, perr := c.XPending(t.Context(), "cecoia:commands", "workers").Result()
		return err == nil && perr == nil && n == 0 && pending.Count == 0
	})
}
