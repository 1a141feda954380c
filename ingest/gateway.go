// Package ingest carries commands from a channel to whoever executes them, and
// the answers back: through a Redis Stream shared by all processes, directly
// when Redis is away, and kept in Postgres as soon as the person is told that
// the answer will come later.
//
// The life of a command: Submit puts it on the stream and waits. A worker of
// any process executes it and sends the answer to the process that waits. In
// time, that is all: Postgres has seen nothing but the action itself. Too
// late, Submit first keeps the command in Postgres, then says so; whoever gets
// the answer sends it to the channel's reply handle and forgets the command. A
// kept command that nobody finishes (a process killed, Redis emptied) is
// executed again by the sweep. Executing twice is harmless: actions are applied
// once per Command.ID.
//
// A command that nobody waits for at the other end of a request is handed over by
// Take: it is kept first, and its answer always comes later.
//
// What must not live here: any channel's protocol (they are the sub-packages),
// the meaning of a command's text, words for people.
package ingest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"cecoia.example/tickets"
)

// ErrUndeliverable is what Options.Reply returns when a late answer can never
// reach the person: trying again is of no use.
var ErrUndeliverable = errors.New("the answer can no longer be delivered")

const (
	patience    = 2500 * time.Millisecond // how long a person waits before being told "later"
	keepTimeout = 2 * time.Second         // to keep or end a command in Postgres
	replyTries  = 5                       // uses of a reply handle, failed ones included
	directTries = 20                      // of another way, each a while after the last
	giveUpAfter = time.Hour               // a command that still fails is answered as failed
	maxWaiting  = 1000                    // commands whose answer this process waits for
)

// Store keeps the commands whose answer was promised for later.
type Store interface {
	// Academies returns the academies of the desk file.
	Academies(ctx context.Context) ([]tickets.Academy, error)
	// AcceptCommand keeps a command durably, and says whether it is the first to:
	// a second time changes nothing, until a day after the command was ended.
	AcceptCommand(ctx context.Context, academy tickets.AcademyID, id string, payload []byte, at time.Time) (first bool, err error)
	// FinishCommand ends a kept command; an unknown one is no error.
	FinishCommand(ctx context.Context, academy tickets.AcademyID, id string) error
	// AcceptedCommands returns the commands kept before that time and not
	// ended, oldest first.
	AcceptedCommands(ctx context.Context, academy tickets.AcademyID, before time.Time, limit int) ([][]byte, error)
}

// Options are what a Gateway is made of.
type Options struct {
	Store Store // required
	// Execute does what the command says and returns the answer, refusals
	// included; an error is a failure of ours that may pass. It may be called
	// several times with one command, also concurrently. Required.
	Execute func(context.Context, Command) (string, error)
	// Reply sends a late answer by Command.Reply. Any error but
	// ErrUndeliverable is tried again. Required where commands have a Reply.
	Reply func(context.Context, Command, Answer) error
	// Direct sends a late answer by another way, where a command has no Reply, or
	// it is of no use any more. Errors are as of Reply. Nil: there is none, and
	// such an answer is not told.
	Direct func(context.Context, Command, Answer) error
	// Redis is how to reach it; the gateway opens a pool of its own. Nil: every
	// command is executed directly.
	Redis *redis.Options
	// Workers is how many commands this process executes at once; default 8.
	Workers int
	// Abandoned is how long after a command was handed out, or kept, somebody
	// else executes it; default 15 s. It must outlast ExecuteTimeout.
	Abandoned time.Duration
	// ExecuteTimeout bounds one execution; default 4 s.
	ExecuteTimeout time.Duration
	// Sweep is how often abandoned commands are looked for; default 5 s.
	Sweep time.Duration
	// Now is the clock and After its timer; default time.Now and time.After.
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
	// Logger gets one line for each failure, without a command's words.
	// Default: discarded.
	Logger *slog.Logger
	// Registerer takes the metrics; nil for none.
	Registerer prometheus.Registerer
}

// Gateway takes commands in and answers them. It is safe for concurrent use.
type Gateway struct {
	Options
	id        string        // of this process, in Redis
	redis     *redis.Client // nil when there is none
	listening atomic.Bool   // answers of other processes reach this one
	avoid     atomic.Int64  // Redis failed: not before this time (Unix ns) for Submit
	workers   chan struct{} // slots for commands from the stream and the sweep
	direct    chan struct{} // slots for commands executed without Redis
	settling  chan settlement
	taken     chan Command // kept here a moment ago, to be executed

	enqueueWithin, answerWithin time.Duration // see the constants; more in tests

	mu      sync.Mutex
	closed  bool // Run has ended
	work    sync.WaitGroup
	waiting map[string]*waiter   // by token
	efforts map[string]*effort   // of kept commands, by command id
	lines   map[string][]Command // what was taken and waits, by author; while one is executed it has an entry

	commands *prometheus.CounterVec
	directly prometheus.Counter
	panics   prometheus.Counter
	seconds  prometheus.Histogram
}

// waiter is a Submit that waits, or (late) one that has told the person that
// the answer follows.
type waiter struct {
	command Command
	answer  chan outcome // takes one
	late    bool
}

// outcome is an answer, and whether executing the command again may give a
// better one.
type outcome struct {
	Answer
	Retry bool `json:"retry,omitempty"`
}

// settlement is a late answer on its way to the channel.
type settlement struct {
	command Command
	outcome outcome
}

// New returns a gateway. Run must be running for it to answer late, and to
// execute what other processes submit.
func New(o Options) *Gateway {
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.Abandoned <= 0 {
		o.Abandoned = 15 * time.Second
	}
	if o.ExecuteTimeout <= 0 {
		o.ExecuteTimeout = 4 * time.Second
	}
	if o.Sweep <= 0 {
		o.Sweep = 5 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.After == nil {
		o.After = time.After
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{
		Options: o, id: rand.Text(),
		workers: make(chan struct{}, o.Workers), direct: make(chan struct{}, o.Workers),
		settling: make(chan settlement, maxWaiting), taken: make(chan Command, maxWaiting),
		enqueueWithin: enqueueWithin, answerWithin: answerWithin,
		waiting: map[string]*waiter{}, efforts: map[string]*effort{}, lines: map[string][]Command{},
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cecoia_commands_total", Help: "Commands received, by what the person was told first.",
		}, []string{"told"}),
		directly: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cecoia_commands_direct_total", Help: "Commands executed without Redis.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cecoia_commands_panics_total", Help: "Executions of a command that panicked.",
		}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "cecoia_commands_answer_seconds", Help: "From the reception of a command to what the person is told first.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}),
	}
	if o.Redis != nil {
		own := *o.Redis
		own.ContextTimeoutEnabled = true // a hung Redis is left within Submit's patience
		own.MaxRetries, own.DialerRetries = 1, 1
		g.redis = redis.NewClient(&own)
	}
	if o.Registerer != nil {
		o.Registerer.MustRegister(g.commands, g.directly, g.panics, g.seconds)
		if g.redis != nil {
			o.Registerer.MustRegister(streamFigures{g.redis})
		}
	}
	return g
}

// Submit hands a command over and returns what to tell the person, within
// about 2.5 s. A person who hangs up changes nothing: the command goes its way.
func (g *Gateway) Submit(ctx context.Context, c Command) Answer {
	ctx = tickets.Traced(context.WithoutCancel(ctx))
	c.Trace = tickets.TraceOf(ctx)
	start := g.Now()
	a := g.submit(ctx, c)
	g.commands.WithLabelValues(string(a.How)).Inc()
	g.seconds.Observe(g.Now().Sub(start).Seconds())
	return a
}

func (g *Gateway) submit(ctx context.Context, c Command) Answer {
	timer := g.After(patience)
	token, w, ok := g.wait(c)
	if !ok {
		g.Logger.Error("command not accepted: too many wait, or the process ends", "trace", c.Trace.ID(), "command", c.ID, "academy", c.Academy)
		return Answer{How: NotAccepted}
	}
	if !g.enqueue(ctx, c, token) && !g.executeDirectly(ctx, c, token, timer) {
		g.leave(token)
		g.Logger.Error("command not accepted: no slot to execute it became free in time, or the process ends", "trace", c.Trace.ID(), "command", c.ID, "academy", c.Academy)
		return Answer{How: NotAccepted}
	}
	select {
	case out := <-w.answer:
		return out.Answer
	case <-timer:
	}
	_, kept := g.keep(ctx, c)
	if kept != nil {
		g.Logger.Error("command not kept", "trace", c.Trace.ID(), "command", c.ID, "academy", c.Academy, "error", kept)
	}
	if out, ok := g.turnLate(w); ok {
		if kept == nil {
			g.finish(ctx, c)
		}
		return out.Answer
	}
	if kept != nil {
		return Answer{How: NotAccepted}
	}
	return Answer{How: Later}
}

// Take keeps a command durably and returns; the answer is sent by Options.Direct.
// It says whether the command is new: what several processes take at once, or
// one takes again, is executed and answered once. After an error it is not known
// to be kept: take it again.
func (g *Gateway) Take(ctx context.Context, c Command) (first bool, err error) {
	ctx = tickets.Traced(ctx)
	c.Trace = tickets.TraceOf(ctx)
	if first, err = g.keep(ctx, c); err != nil || !first {
		return false, err
	}
	g.commands.WithLabelValues(string(Later)).Inc()
	select {
	case g.taken <- c:
	default: // the sweep executes it, as when this process ends now
	}
	return true, nil
}

// wait makes room for the answer to a command, and says whether there was any.
func (g *Gateway) wait(c Command) (token string, w *waiter, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || len(g.waiting) >= maxWaiting {
		return "", nil, false
	}
	token, w = rand.Text(), &waiter{command: c, answer: make(chan outcome, 1)}
	g.waiting[token] = w
	return token, w, true
}

func (g *Gateway) leave(token string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.waiting, token)
}

// turnLate makes the answer go to the channel's reply handle from now on, or
// returns the one that has just come.
func (g *Gateway) turnLate(w *waiter) (outcome, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case out := <-w.answer:
		return out, true
	default:
		w.late = true
		return outcome{}, false
	}
}

// deliver gives an answer to whoever waits for it here. An answer that nobody
// waits for any more was given before.
func (g *Gateway) deliver(token string, out outcome) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w := g.waiting[token]
	if w == nil {
		return
	}
	delete(g.waiting, token)
	if !w.late {
		w.answer <- out
		return
	}
	select {
	case g.settling <- settlement{w.command, out}:
	default: // the sweep will execute and settle it
	}
}

// executeDirectly executes the command without Redis as soon as there is a
// slot, and says whether it could start before late.
func (g *Gateway) executeDirectly(ctx context.Context, c Command, token string, late <-chan time.Time) bool {
	select {
	case g.direct <- struct{}{}:
	default:
		select {
		case g.direct <- struct{}{}:
		case <-late:
			return false
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		<-g.direct
		return false
	}
	g.directly.Inc()
	g.work.Go(func() {
		defer func() { <-g.direct }()
		g.deliver(token, g.execute(ctx, c))
	})
	return true
}

// execute runs the command once, within ExecuteTimeout whatever becomes of ctx.
func (g *Gateway) execute(ctx context.Context, c Command) (out outcome) {
	ctx, cancel := context.WithTimeout(tickets.WithTrace(context.WithoutCancel(ctx), c.Trace), g.ExecuteTimeout)
	defer cancel()
	failed := func(what string, args ...any) outcome {
		args = append(args, "trace", c.Trace.ID(), "command", c.ID, "academy", c.Academy, "account", c.Account)
		g.Logger.Error(what, args...)
		return outcome{Answer: Answer{How: Failed, Incident: c.Trace.Short()}}
	}
	defer func() {
		if p := recover(); p != nil {
			g.panics.Inc()
			out = failed("command panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	text, err := g.Execute(ctx, c)
	if err != nil {
		out = failed("command failed", "error", err)
		out.Retry = g.Now().Sub(c.ReceivedAt) < giveUpAfter
		return out
	}
	return outcome{Answer: Answer{How: Done, Text: text}}
}
