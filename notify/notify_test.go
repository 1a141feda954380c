package notify_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"cecoia.example/deploy/local/child"
	localredis "cecoia.example/deploy/local/redis"
	"cecoia.example/deploy/local/redis/redistest"
	"cecoia.example/deploy/local/wait"
	"cecoia.example/notify"
	"cecoia.example/tickets"
)

func TestEverythingArrivesOnceAndInOrder(t *testing.T) {
	embedded, err := localredis.StartEmbedded(t.Context(), localredis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer embedded.Close()
	for name, url := range map[string]string{"redis-server": redistest.New(t).URL(), "embedded redis": embedded.URL()} {
		t.Run(name, func(t *testing.T) {
			w := newWorldOn(t, url)
			o := &outbox{}
			n, stop := run(t, w.options(both(o)))
			_, stopOther := run(t, w.options(both(o))) // a second process
			d := w.desk(n.Wake)
			for range 10 {
				for _, a := range []tickets.AcademyID{"creteil", "paris"} {
					c := open(t, d, a)
					do(t, d, c, tickets.ActionTake, "")
					do(t, d, c, tickets.ActionNote, "vu")
					do(t, d, c, tickets.ActionResolve, "fait")
				}
			}
			wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
			stop()
			stopOther()
			o.once(t)
			if got := o.told(); got != 20*6 || w.ended(t) != got { // four cards, two mails
				t.Errorf("%d told, %d in the log", got, w.ended(t))
			}
		})
	}
}

func TestRedisForgettingLosesNothing(t *testing.T) {
	w := newWorld(t)
	o := &outbox{}
	n, stop := run(t, w.options(both(o)))
	d := w.desk(n.Wake)
	for i := range 60 {
		if i%15 == 7 {
			if err := w.redis.FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
		}
		do(t, d, open(t, d, "creteil"), tickets.ActionTake, "")
	}
	wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	stop()
	o.once(t)
	if o.count() != 60*3 {
		t.Errorf("%d sent", o.count())
	}
}

// A queue that lost only its groups, or only its epoch, is made anew too.
func TestRedisForgettingInPart(t *testing.T) {
	for _, lost := range []string{"cecoia:deliveries:epoch", "cecoia:deliveries:chat"} {
		t.Run(lost, func(t *testing.T) {
			w := newWorld(t)
			o := &outbox{}
			n, _ := run(t, w.options(both(o)))
			d := w.desk(n.Wake)
			open(t, d, "creteil")
			wait.Until(t, "the first is delivered", func() bool { return w.owed(t) == 0 })
			if err := w.redis.Del(t.Context(), lost).Err(); err != nil {
				t.Fatal(err)
			}
			open(t, d, "creteil")
			wait.Until(t, "the second is delivered", func() bool { return w.owed(t) == 0 })
		})
	}
}

func TestRedisAwayDelaysOnly(t *testing.T) {
	free, err := child.FreeAddresses(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	addr := free[0]
	start := func() *localredis.Server {
		s, err := localredis.StartServer(t.Context(), localredis.Options{Addr: addr})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := start()
	w := newWorldOn(t, first.URL())
	o := &outbox{}
	n, stop := run(t, w.options(both(o)))
	d := w.desk(n.Wake)
	open(t, d, "creteil")
	wait.Until(t, "the first is delivered", func() bool { return w.owed(t) == 0 })

	_ = first.Stop(context.Background())
	open(t, d, "creteil") // the ticket does not need Redis
	wait.Until(t, "the outage is logged", func() bool { return w.logged.count("redis does not answer") > 0 })
	for range 3 {
		open(t, d, "creteil")
	}
	second := start()
	defer second.Stop(context.Background()) //nolint:errcheck // a test's
	wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	stop()
	o.once(t)
	if got := w.logged.count("redis does not answer"); got != 1 {
		t.Errorf("the outage is logged %d times", got)
	}
}

// deafStore is a store whose Record fails while deaf.
type deafStore struct {
	*world
	deaf    atomic.Bool
	refused atomic.Int64
}

func (s *deafStore) Record(ctx context.Context, a tickets.AcademyID, r []tickets.Receipt) (int, error) {
	if s.deaf.Load() {
		s.refused.Add(1)
		return 0, errors.New("the database is away")
	}
	return s.world.Record(ctx, a, r)
}

func TestAReceiptIsTriedAgainUntilRecorded(t *testing.T) {
	w := newWorld(t)
	o := &outbox{}
	store := &deafStore{world: w}
	store.deaf.Store(true)
	options := w.options(both(o))
	options.Store = store
	n, _ := run(t, options)
	open(t, w.desk(n.Wake), "creteil")
	wait.Until(t, "a record is refused twice", func() bool { return store.refused.Load() >= 2 })
	store.deaf.Store(false)
	wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	if o.count() != 1 {
		t.Errorf("sent %d times", o.count())
	}
}

// A worker that dies between sending and recording leaves a lease; when it ends
// the delivery comes again, the same one.
func TestAWorkerKilledBeforeRecording(t *testing.T) {
	w := newWorld(t)
	o := &outbox{}
	store := &deafStore{world: w}
	store.deaf.Store(true)
	options := w.options(both(o))
	options.Store, options.Drain = store, time.Millisecond
	n, kill := run(t, options)
	open(t, w.desk(n.Wake), "creteil")
	wait.Until(t, "it is sent", func() bool { return store.refused.Load() > 0 })
	kill()

	_, _ = run(t, w.options(both(o)))
	if w.owed(t) != 1 || o.count() != 1 {
		t.Fatalf("%d owed, %d sent before the lease ended", w.owed(t), o.count())
	}
	w.advance(2 * time.Minute)
	wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	sent := o.all()
	if len(sent) != 2 || sent[0].ID != sent[1].ID || sent[1].Attempts != 2 {
		t.Errorf("sent %d: %+v", len(sent), sent)
	}
}

func TestBackoffIsRecordedAndKept(t *testing.T) {
	w := newWorld(t)
	o := &outbox{answer: func(_ context.Context, n tickets.Notice) tickets.Receipt {
		if n.Attempts < 3 {
			return tickets.Receipt{Outcome: tickets.Retry, Err: "not now"}
		}
		return tickets.Receipt{Outcome: tickets.Delivered}
	}}
	options := w.options(both(o))
	var mu sync.Mutex // each attempt is another sender's
	var asked []time.Duration
	options.Jitter = func(d time.Duration) time.Duration {
		if d >= time.Second { // the backoff's, not that of a short pause
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, d)
			return time.Hour
		}
		return 0
	}
	n, stop := run(t, options)
	open(t, w.desk(n.Wake), "creteil")
	for attempt := 1; attempt < 3; attempt++ {
		wait.Until(t, "an attempt is recorded", func() bool {
			return o.count() == attempt && w.count(t, `SELECT count(*) FROM deliveries WHERE lease IS NULL AND error = 'not now'`) == 1
		})
		var due time.Time
		if err := w.Pool().QueryRow(t.Context(), `SELECT due FROM deliveries`).Scan(&due); err != nil {
			t.Fatal(err)
		}
		if wait := due.Sub(w.now()); wait < 59*time.Minute || wait > time.Hour {
			t.Fatalf("due in %s, want an hour", wait)
		}
		w.advance(time.Hour)
	}
	wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	stop()
	if len(asked) != 2 || asked[0] != time.Second || asked[1] != 2*time.Second {
		t.Errorf("ceilings %v, want 1s 2s", asked)
	}
}

// A clock that was wrong by an hour and is put right: what was to be tried again
// a moment later is, by the right clock.
func TestAClockThatGoesBackDelaysNothing(t *testing.T) {
	w := newWorld(t)
	w.advance(time.Hour)
	o := &outbox{answer: func(_ context.Context, n tickets.Notice) tickets.Receipt {
		if n.Attempts == 1 {
			return tickets.Receipt{Outcome: tickets.Retry, Err: "not now", RetryAt: w.now().Add(5 * time.Minute)}
		}
		return tickets.Receipt{Outcome: tickets.Delivered}
	}}
	n, _ := run(t, w.options(both(o)))
	open(t, w.desk(n.Wake), "creteil")
	wait.Until(t, "it waits", func() bool { return w.count(t, `SELECT count(*) FROM deliveries WHERE error = 'not now'`) == 1 })
	w.advance(-time.Hour)
	wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	if o.count() != 2 || w.logged.count("the clock went back") != 1 {
		t.Errorf("sent %d times; logged %v", o.count(), w.logged.lines)
	}
}

// What a channel had no room for is no attempt: it waits as long as was said, a
// moment where nothing was, and exhausts nothing.
func TestWhatAChannelPutsOffIsNoAttempt(t *testing.T) {
	w := newWorld(t)
	w.stand() // or that moment passes by itself
	again := w.now().Add(3 * time.Minute)
	var mu sync.Mutex // each attempt is another sender's
	var asked []int
	o := &outbox{answer: func(_ context.Context, n tickets.Notice) tickets.Receipt {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, n.Attempts)
		if len(asked) <= 2 {
			return tickets.Receipt{Outcome: tickets.Deferred, Err: "no room", RetryAt: again, Dead: true}
		}
		return tickets.Receipt{Outcome: tickets.Delivered}
	}}
	registry := prometheus.NewRegistry()
	options := w.options(both(o))
	options.Registerer, options.MaxAttempts, options.MaxAge = registry, 1, time.Nanosecond
	options.Jitter = func(d time.Duration) time.Duration { return d }
	n, stop := run(t, options)
	open(t, w.desk(n.Wake), "creteil")
	for i, later := range []time.Duration{3 * time.Minute, 5 * time.Second} {
		wait.Until(t, "it is put off", func() bool {
			return o.count() == i+1 && w.count(t, `SELECT count(*) FROM deliveries WHERE lease IS NULL AND held AND attempts = 0`) == 1
		})
		var due time.Time
		if err := w.Pool().QueryRow(t.Context(), `SELECT due FROM deliveries`).Scan(&due); err != nil {
			t.Fatal(err)
		}
		if wait := due.Sub(w.now()).Round(time.Millisecond); wait != later {
			t.Errorf("due in %s, want %s", wait, later)
		}
		w.advance(later)
	}
	wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	stop()
	if !slices.Equal(asked, []int{1, 1, 1}) || w.count(t, `SELECT count(*) FROM delivery_log WHERE NOT dead AND attempts = 1`) != 1 {
		t.Errorf("attempts %v", asked)
	}
	chat := prometheus.Labels{"channel": "chat"}
	if got := figure(t, registry, "cecoia_deliveries_held_total", chat); got != 2 {
		t.Errorf("held %v times, want 2", got)
	}
}

func TestPermanentFailuresAreDeadAndFreeTheirLane(t *testing.T) {
	w := newWorld(t)
	o := &outbox{answer: func(_ context.Context, n tickets.Notice) tickets.Receipt {
		if n.Seq == 1 {
			return tickets.Receipt{Outcome: tickets.Permanent, Err: "no such channel\x00\xff"}
		}
		return tickets.Receipt{Outcome: tickets.Delivered}
	}}
	d := w.desk(nil)
	c := open(t, d, "creteil")
	do(t, d, c, tickets.ActionNote, "vu")
	run(t, w.options(both(o)))
	wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	if got := w.count(t, `SELECT count(*) FROM delivery_log WHERE dead AND error = 'no such channel'`); got != 1 {
		t.Errorf("%d dead in the log", got)
	}
	if got := w.count(t, `SELECT count(*) FROM delivery_log WHERE NOT dead`); got != 1 {
		t.Errorf("%d delivered", got)
	}
}

func TestAttemptsAndAgeTogetherExhaustADelivery(t *testing.T) {
	w := newWorld(t)
	o := &outbox{answer: func(context.Context, tickets.Notice) tickets.Receipt {
		return tickets.Receipt{Outcome: tickets.Uncertain, Err: "who knows"}
	}}
	options := w.options(both(o))
	options.MaxAttempts, options.MaxAge = 3, time.Hour
	options.Jitter = func(time.Duration) time.Duration { return 0 }
	n, _ := run(t, options)
	open(t, w.desk(n.Wake), "creteil")
	wait.Until(t, "many attempts within its age", func() bool { return o.count() > 5 })
	if w.owed(t) != 1 {
		t.Fatal("given up before its age")
	}
	w.advance(time.Hour)
	wait.Until(t, "it is dead", func() bool { return w.count(t, `SELECT count(*) FROM delivery_log WHERE dead`) == 1 })
}

func TestSuccessorsDoNotWaitForTheSweep(t *testing.T) {
	w := newWorld(t)
	o := &outbox{}
	d := w.desk(nil)
	c := open(t, d, "creteil")
	for range 5 {
		do(t, d, c, tickets.ActionNote, uuid.NewString())
	}
	options := w.options(both(o))
	options.Sweep = time.Hour
	run(t, options)
	wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	o.once(t)
}

func TestABellOfAnotherProcessRings(t *testing.T) {
	w := newWorld(t)
	o := &outbox{}
	options := w.options(both(o))
	options.Sweep = time.Hour
	run(t, options)
	bell := notify.NewBell(w.redis, options.Logger)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = bell.Run(ctx) }()
	defer func() { cancel(); <-done }()
	open(t, w.desk(nil), "creteil")
	wait.Until(t, "nothing is owed", func() bool { bell.Wake(); return w.owed(t) == 0 })
}

func TestAPanicIsOneFailedAttempt(t *testing.T) {
	w := newWorld(t)
	o := &outbox{answer: func(_ context.Context, n tickets.Notice) tickets.Receipt {
		if n.Attempts == 1 {
			panic("boom")
		}
		return tickets.Receipt{Outcome: tickets.Delivered}
	}}
	options := w.options(both(o))
	options.Jitter = func(time.Duration) time.Duration { return 0 }
	n, _ := run(t, options)
	open(t, w.desk(n.Wake), "creteil")
	wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	if o.count() != 2 || w.logged.count("boom") == 0 {
		t.Errorf("%d attempts, %d log lines", o.count(), w.logged.count("boom"))
	}
}

func TestStoppingWaitsForSendsUnderWay(t *testing.T) {
	w := newWorld(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	o := &outbox{answer: func(context.Context, tickets.Notice) tickets.Receipt {
		close(entered)
		<-leave
		return tickets.Receipt{Outcome: tickets.Delivered}
	}}
	options := w.options(both(o))
	options.Drain = patience
	n, stop := run(t, options)
	open(t, w.desk(n.Wake), "creteil")
	<-entered
	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	close(leave)
	<-stopped
	if w.owed(t) != 0 {
		t.Error("a delivered one is still owed")
	}
}

// leaving is a store that has its notifier stopped as soon as the worker comes
// with what it has read.
type leaving struct {
	notify.Store
	stop context.CancelFunc
}

func (l *leaving) Lease(ctx context.Context, a tickets.AcademyID, ids []uuid.UUID, now, until time.Time) ([]tickets.Notice, error) {
	l.stop()
	return l.Store.Lease(ctx, a, ids, now, until)
}

// What a worker has read when it is asked to stop would wait until Visibility
// has passed.
func TestStoppingSendsWhatWasRead(t *testing.T) {
	w := newWorld(t)
	o := &outbox{}
	options := w.options(both(o))
	ctx, cancel := context.WithCancel(t.Context())
	options.Store = &leaving{Store: w.DB, stop: cancel}
	options.Drain = patience
	n, err := notify.New(options)
	if err != nil {
		t.Fatal(err)
	}
	open(t, w.desk(n.Wake), "creteil")
	if err := n.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if w.owed(t) != 0 || o.count() != 1 {
		t.Errorf("%d owed, %d sent", w.owed(t), o.count())
	}
}

// unhurried is a store that records however late the worker comes with it.
type unhurried struct{ notify.Store }

func (s unhurried) Record(ctx context.Context, a tickets.AcademyID, r []tickets.Receipt) (int, error) {
	return s.Store.Record(context.WithoutCancel(ctx), a, r)
}

func TestStoppingCutsSendsThatDoNotEnd(t *testing.T) {
	w := newWorld(t)
	entered := make(chan struct{})
	o := &outbox{answer: func(ctx context.Context, _ tickets.Notice) tickets.Receipt {
		close(entered)
		<-ctx.Done()
		return tickets.Receipt{Outcome: tickets.Uncertain, Err: "cut"}
	}}
	options := w.options(both(o))
	options.Store, options.Drain = unhurried{w.DB}, 10*time.Millisecond
	n, stop := run(t, options)
	open(t, w.desk(n.Wake), "creteil")
	<-entered
	stop()
	if got := w.count(t, `SELECT count(*) FROM deliveries WHERE lease IS NULL AND error = 'cut'`); got != 1 {
		t.Error("the cut attempt is not recorded")
	}
}

// sick is a store that cannot enqueue for one academy.
type sick struct {
	notify.Store
	academy tickets.AcademyID
}

func (s sick) Enqueue(ctx context.Context, a tickets.AcademyID, epoch string, now time.Time, visibility time.Duration,
	limit int, push func(context.Context, []tickets.DeliveryKey) error) (int, error) {
	if a == s.academy {
		return 0, errors.New("canceling statement due to lock timeout")
	}
	return s.Store.Enqueue(ctx, a, epoch, now, visibility, limit, push)
}

func TestAnAcademyInTroubleDoesNotHoldTheOthers(t *testing.T) {
	w := newWorld(t)
	out := &outbox{}
	o := w.options(both(out))
	o.Store = sick{Store: w.DB, academy: "creteil"} // the first of them
	n, _ := run(t, o)
	d := w.desk(n.Wake)
	open(t, d, "creteil")
	open(t, d, "paris")
	wait.Until(t, "paris is delivered", func() bool { return w.ended(t) == 1 })
	if out.all()[0].Delivery.Academy != "paris" || w.owed(t) != 1 {
		t.Errorf("sent %v, %d owed", out.all(), w.owed(t))
	}
}

func TestAChannelThatHangsDoesNotHoldTheOther(t *testing.T) {
	w := newWorld(t)
	stuck := &outbox{answer: func(ctx context.Context, _ tickets.Notice) tickets.Receipt {
		<-ctx.Done()
		return tickets.Receipt{Outcome: tickets.Retry}
	}}
	mails := &outbox{}
	options := w.options(map[tickets.Channel]notify.Channel{tickets.Chat: stuck, tickets.Mail: mails})
	options.Concurrency, options.Drain = 2, time.Millisecond
	n, _ := run(t, options)
	d := w.desk(n.Wake)
	for range 5 {
		do(t, d, open(t, d, "creteil"), tickets.ActionTake, "")
	}
	wait.Until(t, "the mails are out and the posts under way", func() bool { return mails.count() == 5 && stuck.count() >= 2 })
	if got := stuck.count(); got != 2 {
		t.Errorf("%d posts under way at once, want 2", got)
	}
}

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	registry := prometheus.NewRegistry()
	options := w.options(both(&outbox{}))
	options.Registerer = registry
	n, stop := run(t, options)
	open(t, w.desk(n.Wake), "creteil")
	wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	stop()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		m := f.GetMetric()[0]
		got[f.GetName()] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
	}
	for name, want := range map[string]float64{
		"cecoia_deliveries_enqueued_total": 1, "cecoia_queue_epochs_total": 1, "cecoia_delivery_attempts_total": 1,
		"cecoia_deliveries_under_way": 0, "cecoia_delivery_attempt_seconds": 1, "cecoia_delivery_delay_seconds": 1,
		"cecoia_delivery_receipts_abandoned_total": 0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
}

func TestOptionsThatContradictAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, change := range []func(*notify.Options){
		func(o *notify.Options) { o.Store = nil },
		func(o *notify.Options) { o.Channels = nil },
		func(o *notify.Options) { o.Lease, o.SendTimeout = time.Second, time.Second },
	} {
		o := w.options(both(&outbox{}))
		change(&o)
		if _, err := notify.New(o); err == nil {
			t.Error("accepted")
		}
	}
}
