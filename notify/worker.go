package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

const (
	// readBlock bounds how long a read waits for an entry: a stopping process
	// waits for it, as the client cannot be interrupted.
	readBlock = 250 * time.Millisecond
	// recordBatch is how many receipts one statement records.
	recordBatch = 256
	// leaseAhead is how many times more deliveries are under way than are sent at
	// once; the next are leased when no more than one in lowWater waits.
	leaseAhead, lowWater = 32, 4
	// longestErr is how much of a channel's error is kept, in bytes.
	longestErr = 500
)

// worker reads, leases and sends the deliveries of one channel, and records what
// became of them. It leases ahead of the sending, many at a time, so that no
// sender waits for the store.
type worker struct {
	*Notifier
	channel tickets.Channel
	sender  Channel
	slots   chan struct{} // one token per delivery under way: from its reading to its recording
	leased  chan leased   // has room for all that are under way
	low     chan struct{} // rings when senders soon have nothing to do
	sent    chan sent
}

// leased is a delivery that waits for its sender.
type leased struct {
	notice tickets.Notice
	entry  string    // in the stream
	until  time.Time // the end of the lease
}

// sent is a delivery that was tried and is not recorded yet.
type sent struct {
	leased
	receipt tickets.Receipt
}

func newWorker(n *Notifier, c tickets.Channel, sender Channel) *worker {
	ahead := n.opts.Concurrency * leaseAhead
	return &worker{
		Notifier: n, channel: c, sender: sender,
		slots: make(chan struct{}, ahead), leased: make(chan leased, ahead), low: make(chan struct{}, 1), sent: make(chan sent, ahead),
	}
}

// run works until ctx ends, then lets the sends under way finish, bounded by
// Drain, gives back what was leased for later, and records it all.
func (w *worker) run(ctx context.Context) {
	sendCtx, cutSends := context.WithCancel(context.WithoutCancel(ctx))
	defer cutSends()
	recordCtx, cutRecords := context.WithCancel(context.WithoutCancel(ctx))
	defer cutRecords()

	defer context.AfterFunc(ctx, func() {
		time.AfterFunc(w.opts.Drain, cutSends)
		time.AfterFunc(w.opts.Drain+time.Second, cutRecords)
	})()

	var sending, recorder sync.WaitGroup
	recorder.Go(func() { w.record(recordCtx) })
	for range w.opts.Concurrency {
		sending.Go(func() { w.send(sendCtx) })
	}
	w.work(ctx, sendCtx)

	close(w.leased)
	sending.Wait()
	close(w.sent)
	recorder.Wait()
}

// send sends what is leased, one after the other. What comes to its turn too late
// to be sent within its lease, or before the work must end, is given back.
func (w *worker) send(ctx context.Context) {
	for l := range w.leased {
		if len(w.leased) <= cap(w.leased)/lowWater {
			select {
			case w.low <- struct{}{}:
			default:
			}
		}
		s := sent{leased: l}
		if ctx.Err() != nil || w.opts.Now().Add(w.opts.SendTimeout).After(l.until) {
			s.receipt = w.settle(l.notice, tickets.Receipt{Outcome: tickets.Deferred})
			s.receipt.RetryAt = s.receipt.At
		} else {
			s.receipt = w.try(ctx, l.notice)
		}
		w.sent <- s
	}
}

// work reads and leases until ctx ends. What it has read by then it still has
// sent: nobody else would look at it before Visibility has passed.
func (w *worker) work(ctx, sendCtx context.Context) {
	for {
		free := w.acquire(ctx)
		if free == 0 {
			return
		}
		began := time.Now()
		entries, err := w.queue.read(ctx, w.channel, free, readBlock)
		w.release(free - len(entries))
		if ctx.Err() == nil && !errors.Is(err, errForgotten) {
			w.redisOutage.note(began, err)
		}
		if err != nil {
			wait := 500 * time.Millisecond
			if errors.Is(err, errForgotten) {
				w.Wake() // the relay makes the queue anew
				wait = 50 * time.Millisecond
			}
			if !pause(ctx, wait) {
				return
			}
			continue
		}
		byAcademy := map[tickets.AcademyID][]entry{}
		for _, e := range entries {
			byAcademy[e.key.Academy] = append(byAcademy[e.key.Academy], e)
		}
		for academy, es := range byAcademy {
			w.start(sendCtx, academy, es)
		}
	}
}

// acquire waits until senders soon have nothing to do, and for a free slot, and
// takes all that are free. It returns how many, 0 when ctx ended.
func (w *worker) acquire(ctx context.Context) int {
	for len(w.leased) > cap(w.leased)/lowWater {
		select {
		case <-ctx.Done():
			return 0
		case <-w.low:
		}
	}
	select {
	case <-ctx.Done():
		return 0
	case w.slots <- struct{}{}:
	}
	for n := 1; ; n++ {
		select {
		case w.slots <- struct{}{}:
		default:
			return n
		}
	}
}

func (w *worker) release(n int) {
	for range n {
		<-w.slots
	}
}

// start leases the deliveries of one academy and hands them to the senders.
// Entries whose rows are not to be had are dropped.
func (w *worker) start(ctx context.Context, academy tickets.AcademyID, entries []entry) {
	ids := make([]uuid.UUID, 0, len(entries))
	at := map[uuid.UUID]string{}
	var stale []string
	for _, e := range entries {
		if _, twice := at[e.key.ID]; twice {
			stale = append(stale, e.id)
			continue
		}
		at[e.key.ID] = e.id
		ids = append(ids, e.key.ID)
	}
	notices, until := w.lease(ctx, academy, ids)
	for _, notice := range notices {
		entry := at[notice.ID]
		delete(at, notice.ID)
		w.metrics.sending.WithLabelValues(string(w.channel)).Inc()
		w.leased <- leased{notice: notice, entry: entry, until: until}
	}
	for _, e := range at {
		stale = append(stale, e)
	}
	_ = w.queue.drop(ctx, w.channel, stale) // else tidy does
	w.release(len(entries) - len(notices))
}

// lease leases rows. While the store is away it insists, until the rows would be
// enqueued again anyway.
func (w *worker) lease(ctx context.Context, academy tickets.AcademyID, ids []uuid.UUID) ([]tickets.Notice, time.Time) {
	insist, cancel := context.WithTimeout(ctx, w.opts.Visibility)
	defer cancel()
	for {
		now := w.opts.Now()
		until := now.Add(w.opts.Lease)
		began := time.Now()
		notices, err := w.opts.Store.Lease(insist, academy, ids, now, until)
		if insist.Err() != nil && err != nil {
			return nil, until
		}
		w.storeOutage.note(began, err)
		if err == nil {
			return notices, until
		}
		if !pause(insist, 100*time.Millisecond+w.opts.Jitter(400*time.Millisecond)) {
			return nil, until
		}
	}
}

// try sends one delivery, unless it is held back, and completes its receipt.
func (w *worker) try(ctx context.Context, notice tickets.Notice) (r tickets.Receipt) {
	if r, held := w.heldBack(notice); held {
		return r
	}
	ctx, cancel := context.WithTimeout(tickets.WithTrace(ctx, notice.Trace), w.opts.SendTimeout)
	defer cancel()
	began := time.Now()
	defer func() {
		if p := recover(); p != nil {
			w.opts.Logger.Error("notify: a channel panicked", "channel", w.channel, "delivery", notice.ID, "trace", notice.Trace.ID(),
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			r = tickets.Receipt{Outcome: tickets.Uncertain, Err: "internal failure of the channel"}
		}
		w.metrics.duration.WithLabelValues(string(w.channel)).Observe(time.Since(began).Seconds())
		r = w.settle(notice, r)
		r.Err = keepable(r.Err)
	}()
	return w.sender.Send(ctx, notice)
}

// keepable makes an error's text fit for a database: short, valid UTF-8, no NUL.
func keepable(s string) string {
	s = s[:min(len(s), longestErr)]
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
}

// record records what was sent until the channel closes, as many at once as
// there are.
func (w *worker) record(ctx context.Context) {
	for first := range w.sent {
		byAcademy := map[tickets.AcademyID][]sent{first.receipt.Academy: {first}}
		for n := 1; n < recordBatch; n++ {
			select {
			case s, open := <-w.sent:
				if open {
					byAcademy[s.receipt.Academy] = append(byAcademy[s.receipt.Academy], s)
					continue
				}
			default:
			}
			break
		}
		for academy, batch := range byAcademy {
			w.recordBatch(ctx, academy, batch)
		}
	}
}

// recordBatch records the receipts of one academy and removes their entries.
// While the store is away it insists until the last of their leases ends; then
// the deliveries come again, under the same ids.
func (w *worker) recordBatch(ctx context.Context, academy tickets.AcademyID, batch []sent) {
	receipts := make([]tickets.Receipt, len(batch))
	entries := make([]string, len(batch))
	var until time.Time
	for i, s := range batch {
		receipts[i], entries[i] = s.receipt, s.entry
		if s.until.After(until) {
			until = s.until
		}
	}
	defer w.metrics.sending.WithLabelValues(string(w.channel)).Sub(float64(len(batch)))
	defer w.release(len(batch))
	for {
		began := time.Now()
		successors, err := w.opts.Store.Record(ctx, academy, receipts)
		if err == nil {
			w.storeOutage.note(began, nil)
			if successors > 0 {
				w.Wake()
			}
			break
		}
		if ctx.Err() == nil {
			w.storeOutage.note(began, err)
		}
		if !w.opts.Now().Before(until) || !pause(ctx, 100*time.Millisecond+w.opts.Jitter(400*time.Millisecond)) {
			w.metrics.abandoned.Add(float64(len(batch)))
			w.opts.Logger.Error("notify: receipts could not be recorded; the deliveries will come again",
				"channel", w.channel, "academy", academy, "count", len(batch), "error", err)
			return // the entries stay for tidy; the rows come back when the leases end
		}
	}
	for _, s := range batch {
		w.count(s)
	}
	_ = w.queue.drop(ctx, w.channel, entries) // else tidy does
}

// count tells the figures and the log of one recorded attempt.
func (w *worker) count(s sent) {
	r := s.receipt
	outcome := string(r.Outcome)
	level := slog.LevelDebug
	switch {
	case r.Dead:
		outcome, level = "dead", slog.LevelError
	case r.Outcome == tickets.Delivered:
		w.metrics.delay.WithLabelValues(string(w.channel)).Observe(r.At.Sub(owedSince(s.notice)).Seconds())
	case r.Outcome == tickets.Deferred:
		w.metrics.held.WithLabelValues(string(w.channel)).Inc()
	case r.Outcome == tickets.Suppressed:
	case s.notice.Attempts <= 1: // the first failure is news, the next ones are not
		level = slog.LevelWarn
	}
	if r.Outcome != tickets.Deferred { // that is no attempt
		w.metrics.attempts.WithLabelValues(string(w.channel), outcome).Inc()
	}
	if !w.opts.Logger.Enabled(context.Background(), level) {
		return
	}
	about := []any{
		"trace", s.notice.Trace.ID(), "channel", w.channel, "academy", r.Academy, "delivery", r.Delivery, "event", s.notice.Cause,
		"template", s.notice.Template, "rule", s.notice.Rule, "attempts", s.notice.Attempts,
	}
	if r.Err != "" {
		about = append(about, "error", r.Err, "retry_at", r.RetryAt)
	}
	for _, e := range s.notice.Earlier { // what else it told came of requests of their own
		about = append(about, "with", e.Trace.ID())
	}
	w.opts.Logger.Log(context.Background(), level, "notify: delivery "+outcome, about...)
}

// owedSince is from when on a notice may be late: what was held back is not
// before its time.
func owedSince(n tickets.Notice) time.Time {
	if n.Attempts <= 1 && n.Due.After(n.CreatedAt) {
		return n.Due
	}
	return n.CreatedAt
}
