package notify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"cecoia.example/tickets"
)

// Channel is a way to reach people: mail, a chat.
type Channel interface {
	// Send tries once to tell the recipient, until ctx ends, and says how that
	// went: Outcome, Err, Thread, and RetryAt when the other side named a time.
	// Deferred means that it did not try, for a limit of its own. Tried again after a crash or an uncertain
	// end, the notice has the same delivery id and tells the same events: the
	// channel uses it to be idempotent where its protocol allows. It is called by
	// several goroutines at once, never for two deliveries of one lane.
	Send(ctx context.Context, n tickets.Notice) tickets.Receipt
}

// Store is where deliveries are owed. tickets/postgres satisfies it.
type Store interface {
	// Academies returns every academy.
	Academies(ctx context.Context) ([]tickets.Academy, error)
	// Enqueue marks up to limit due heads of lanes under the epoch and calls
	// push with them before it commits; an error of push undoes it. Rows marked
	// under the same epoch for longer than visibility, and not leased, are taken
	// again. It returns how many there were.
	Enqueue(ctx context.Context, academy tickets.AcademyID, epoch string, now time.Time, visibility time.Duration,
		limit int, push func(context.Context, []tickets.DeliveryKey) error) (int, error)
	// LookAnew makes due what is held back and may be no longer, as somebody came
	// to its lane, and returns how many.
	LookAnew(ctx context.Context, academy tickets.AcademyID, now time.Time) (freed int, err error)
	// Hasten makes due at once whatever waits, and ends leases at that time at the
	// latest: the clock that they were counted by went back.
	Hasten(ctx context.Context, academy tickets.AcademyID, now, until time.Time) error
	// Lease takes those of the deliveries that are undelivered, due, first of
	// their lane and not leased, until the given time, and counts an attempt. It
	// returns each with what is told with it.
	Lease(ctx context.Context, academy tickets.AcademyID, ids []uuid.UUID, now, until time.Time) ([]tickets.Notice, error)
	// Record keeps receipts and returns how many later deliveries of the same
	// lanes are waiting now.
	Record(ctx context.Context, academy tickets.AcademyID, receipts []tickets.Receipt) (successors int, err error)
}

// Options are what a Notifier is made of. Zero durations and counts mean their
// defaults.
type Options struct {
	Store    Store                       // required
	Redis    *redis.Client               // required; the caller closes it
	Channels map[tickets.Channel]Channel // required

	// Window is how long after one mail of a ticket the next to the same person
	// waits, so that rapid changes are told together. Default 20 s; negative:
	// none waits.
	Window time.Duration
	// Concurrency is how many deliveries are sent at once on each channel.
	// Default 8.
	Concurrency int
	// SendTimeout bounds one Send. Default 75 s: a mail server may take a minute
	// over a message.
	SendTimeout time.Duration
	// Lease is how long a delivery is a worker's own. It must outlast SendTimeout
	// with time to record. Default SendTimeout + 15 s.
	Lease time.Duration
	// Visibility is how long an enqueued delivery that nobody leased is taken to
	// be on its way. Default 60 s.
	Visibility time.Duration
	// Sweep is how often the relay looks without being rung. Default 500 ms.
	Sweep time.Duration
	// MaxAttempts and MaxAge together make a delivery dead: tried so often and
	// owed so long. Defaults 40 and 72 h, so that a server that is away for a
	// weekend loses nothing and a refusal in a hurry neither.
	MaxAttempts int
	MaxAge      time.Duration
	// Drain bounds how long Run waits for sends under way once its ctx ended.
	// Default 2 s.
	Drain time.Duration

	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Jitter returns a random duration in [0, d); math/rand when nil.
	Jitter func(d time.Duration) time.Duration
	// Logger; slog.Default() when nil.
	Logger *slog.Logger
	// Registerer takes the metrics; nil for none.
	Registerer prometheus.Registerer
}

func (o *Options) complete() error {
	if o.Store == nil || o.Redis == nil || len(o.Channels) == 0 {
		return errors.New("Store, Redis and Channels are required")
	}
	if o.Window == 0 {
		o.Window = 20 * time.Second
	}
	setDefault(&o.Concurrency, 8)
	setDefault(&o.SendTimeout, 75*time.Second)
	setDefault(&o.Lease, o.SendTimeout+15*time.Second)
	setDefault(&o.Visibility, time.Minute)
	setDefault(&o.Sweep, 500*time.Millisecond)
	setDefault(&o.MaxAttempts, 40)
	setDefault(&o.MaxAge, 72*time.Hour)
	setDefault(&o.Drain, 2*time.Second)
	if o.Lease <= o.SendTimeout {
		return fmt.Errorf("a lease of %s must outlast a send of %s", o.Lease, o.SendTimeout)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Jitter == nil {
		o.Jitter = func(d time.Duration) time.Duration { return mathrand.N(d) } //nolint:gosec // spreads load, keeps no secret
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return nil
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Notifier is the relay and the workers of every channel.
type Notifier struct {
	opts    Options
	queue   *queue
	wake    chan struct{}
	metrics *metrics

	redisOutage, storeOutage outage
	// looked is when the relay looked last; it alone looks at it.
	looked time.Time
	// unknown are the channels that deliveries wait for and nobody gave us; the
	// relay alone looks at it.
	unknown map[tickets.Channel]bool
}

// New returns a notifier that rests until Run. It fails on incomplete or
// contradictory options, and on metrics registered twice.
func New(o Options) (*Notifier, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("notify.New: %w", err)
	}
	channels := make([]tickets.Channel, 0, len(o.Channels))
	for c := range o.Channels {
		channels = append(channels, c)
	}
	slices.Sort(channels)
	q := &queue{redis: o.Redis, channels: channels, consumer: rand.Text()}
	m, err := newMetrics(o.Registerer, q)
	if err != nil {
		return nil, fmt.Errorf("notify.New: %w", err)
	}
	return &Notifier{
		opts:        o,
		queue:       q,
		wake:        make(chan struct{}, 1),
		metrics:     m,
		unknown:     map[tickets.Channel]bool{},
		redisOutage: outage{what: "redis", logger: o.Logger},
		storeOutage: outage{what: "deliveries store", logger: o.Logger},
	}, nil
}

// Wake rings the relay of this process: something may be owed. It never blocks,
// and many rings are one.
func (n *Notifier) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Run relays and sends until ctx ends, then waits up to Drain for the sends
// under way, and records them. It returns nil then; it has no other end.
func (n *Notifier) Run(ctx context.Context) error {
	var all sync.WaitGroup
	all.Go(func() { n.relay(ctx) })
	all.Go(func() { n.listen(ctx) })
	all.Go(func() { n.tidy(ctx) })
	for c, ch := range n.opts.Channels {
		all.Go(func() { newWorker(n, c, ch).run(ctx) })
	}
	all.Wait()
	return nil
}

// pause waits, and says false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
