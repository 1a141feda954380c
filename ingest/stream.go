package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// The names in Redis, for Redis >= 6.2.
const (
	stream        = "cecoia:commands"
	group         = "workers"
	answersPrefix = "cecoia:answers:" // + the waiting process' id: a channel of Pub/Sub
	sweptPrefix   = "cecoia:swept:"   // + a command's id: a process is executing it again
)

const (
	streamLimit   = 100_000                // entries, about; what is dropped was kept in Postgres
	enqueuePause  = time.Second            // Submit leaves a failing Redis alone for
	enqueueWithin = 300 * time.Millisecond // or the command is executed directly
	readBlock     = 500 * time.Millisecond // an end of the process waits no longer
	answerWithin  = time.Second
)

// reply is an answer on its way to the process that waits for it.
type reply struct {
	Token   string  `json:"token"`
	Outcome outcome `json:"outcome"`
}

// Run executes commands from the stream, hands answers over and sweeps what
// was abandoned, until ctx ends; it returns when all of that has stopped. It
// is called once; afterwards nothing more is accepted.
func (g *Gateway) Run(ctx context.Context) {
	var loops sync.WaitGroup
	loops.Go(func() { g.settleLoop(ctx) })
	loops.Go(func() { g.sweepLoop(ctx) })
	loops.Go(func() { g.takeLoop(ctx) })
	if g.redis != nil {
		loops.Go(func() { g.listen(ctx) })
		loops.Go(func() { g.consume(ctx) })
	}
	loops.Wait()
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.work.Wait()
	if g.redis != nil {
		if err := g.redis.Close(); err != nil {
			g.Logger.Warn("closing Redis", "error", err)
		}
	}
}

func (g *Gateway) settleLoop(ctx context.Context) {
	for {
		select {
		case s := <-g.settling:
			if !g.spawn(ctx, func() { g.settle(ctx, s) }) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (g *Gateway) sweepLoop(ctx context.Context) {
	tick := time.NewTicker(g.Sweep)
	defer tick.Stop()
	for {
		g.sweep(ctx)
		if g.redis != nil {
			g.claim(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// enqueue puts the command on the stream, and says whether it is there. It is
// not while no answer could come back.
func (g *Gateway) enqueue(ctx context.Context, c Command, token string) bool {
	if g.redis == nil || !g.listening.Load() || g.Now().UnixNano() < g.avoid.Load() {
		return false
	}
	payload, err := json.Marshal(c)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, g.enqueueWithin)
		defer cancel()
		err = g.redis.XAdd(ctx, &redis.XAddArgs{
			Stream: stream, MaxLen: streamLimit, Approx: true,
			Values: []any{"command", payload, "token", token, "process", g.id},
		}).Err()
	}
	if err != nil {
		g.avoid.Store(g.Now().Add(enqueuePause).UnixNano())
		g.Logger.Warn("commands are executed without Redis", "error", err)
		return false
	}
	return true
}

// consume reads new commands while there are free workers.
func (g *Gateway) consume(ctx context.Context) {
	pause, down := time.Duration(0), false
	for ctx.Err() == nil {
		select {
		case g.workers <- struct{}{}:
		case <-ctx.Done():
			return
		}
		m, err := g.next(ctx)
		if err == nil && m != nil {
			g.work.Go(func() {
				defer func() { <-g.workers }()
				g.handle(ctx, *m)
			})
		} else {
			<-g.workers
		}
		if err == nil {
			if down {
				g.Logger.Info("Redis is back")
			}
			pause, down = 0, false
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if !down {
			g.Logger.Warn("reading commands", "error", err)
			down = true
		}
		pause = min(2*pause+20*time.Millisecond, time.Second)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// next returns a new entry of the stream, or nil when none came for a while.
func (g *Gateway) next(ctx context.Context) (*redis.XMessage, error) {
	read, err := g.redis.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: group, Consumer: g.id, Streams: []string{stream, ">"}, Count: 1, Block: readBlock,
	}).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil && strings.Contains(err.Error(), "NOGROUP"), err != nil && strings.Contains(err.Error(), "UNBLOCKED"):
		return nil, g.createGroup(ctx)
	case err != nil:
		return nil, err
	case len(read) == 0 || len(read[0].Messages) == 0:
		return nil, nil
	}
	return &read[0].Messages[0], nil
}

// createGroup makes the stream and its group, as at the first start or after
// Redis forgot. The group starts at the beginning: what came before is unread.
func (g *Gateway) createGroup(ctx context.Context) error {
	err := g.redis.XGroupCreateMkStream(ctx, stream, group, "0").Err()
	if err != nil && strings.Contains(err.Error(), "BUSYGROUP") {
		return nil
	}
	return err
}

// handle executes one entry, hands the answer over and ends the entry. An entry
// that is left is claimed again later.
func (g *Gateway) handle(ctx context.Context, m redis.XMessage) {
	field := func(name string) string { s, _ := m.Values[name].(string); return s }
	var c Command
	if err := json.Unmarshal([]byte(field("command")), &c); err != nil {
		g.Logger.Error("entry of the command stream is unreadable", "entry", m.ID, "error", err)
		g.acknowledge(ctx, m.ID)
		return
	}
	out := g.execute(ctx, c)
	if g.tell(ctx, field("process"), reply{field("token"), out}) || g.settle(ctx, settlement{c, out}) {
		g.acknowledge(ctx, m.ID)
	}
}

// tell hands the answer to the process that waits for it, and says whether
// that process is there.
func (g *Gateway) tell(ctx context.Context, process string, r reply) bool {
	if process == g.id {
		g.deliver(r.Token, r.Outcome)
		return true
	}
	payload, err := json.Marshal(r)
	var listeners int64
	if err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.answerWithin)
		defer cancel()
		listeners, err = g.redis.Publish(ctx, answersPrefix+process, payload).Result()
	}
	if err != nil {
		g.Logger.Warn("handing an answer over", "error", err)
	}
	return listeners > 0
}

func (g *Gateway) acknowledge(ctx context.Context, entry string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.answerWithin)
	defer cancel()
	_, err := g.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.XAck(ctx, stream, group, entry)
		p.XDel(ctx, stream, entry)
		return nil
	})
	if err != nil {
		g.Logger.Warn("acknowledging a command: it will be executed again, to no effect", "entry", entry, "error", err)
	}
}

// listen receives the answers meant for this process; go-redis subscribes anew
// whenever Redis comes back.
func (g *Gateway) listen(ctx context.Context) {
	answers := g.redis.Subscribe(ctx, answersPrefix+g.id)
	defer answers.Close() //nolint:errcheck // nothing depends on it
	messages := answers.ChannelWithSubscriptions()
	for {
		select {
		case m, ok := <-messages:
			if !ok {
				return
			}
			switch m := m.(type) {
			case *redis.Subscription:
				if !g.listening.Swap(true) {
					g.Logger.Info("commands go through Redis")
				}
			case *redis.Message:
				var r reply
				if err := json.Unmarshal([]byte(m.Payload), &r); err != nil {
					g.Logger.Error("answer is unreadable", "error", err)
					continue
				}
				g.deliver(r.Token, r.Outcome)
			}
		case <-ctx.Done():
			g.listening.Store(false)
			return
		}
	}
}

// claim executes entries whose worker has been silent for too long, and forgets
// workers of processes that ended long ago.
func (g *Gateway) claim(ctx context.Context) {
	start := "0-0"
	for ctx.Err() == nil {
		entries, next, err := g.redis.XAutoClaim(ctx, &redis.XAutoClaimArgs{
			Stream: stream, Group: group, Consumer: g.id, MinIdle: g.Abandoned, Start: start, Count: 16,
		}).Result()
		if err != nil {
			return // consume says what is wrong with Redis
		}
		for _, m := range entries {
			if !g.spawn(ctx, func() { g.handle(ctx, m) }) {
				return
			}
		}
		if next == "0-0" || next == "" {
			break
		}
		start = next
	}
	consumers, err := g.redis.XInfoConsumers(ctx, stream, group).Result()
	if err != nil {
		return
	}
	for _, c := range consumers {
		if c.Name != g.id && c.Pending == 0 && c.Idle > time.Hour {
			g.redis.XGroupDelConsumer(ctx, stream, group, c.Name)
		}
	}
}

// claimed says whether another process is executing the kept command again;
// without Redis both may, which is harmless.
func (g *Gateway) claimed(ctx context.Context, id string) bool {
	if g.redis == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, g.enqueueWithin)
	defer cancel()
	err := g.redis.SetArgs(ctx, sweptPrefix+id, g.id, redis.SetArgs{Mode: "NX", TTL: g.Abandoned}).Err()
	return errors.Is(err, redis.Nil)
}

var (
	lengthDesc = prometheus.NewDesc("cecoia_commands_stream_length",
		"Entries of the stream of commands in Redis, executed ones gone. Each process tells the same.", nil, nil)
	readDesc = prometheus.NewDesc("cecoia_commands_stream_pending",
		"Commands of the stream that a worker has read and not ended. Each process tells the same.", nil, nil)
)

// streamFigures tells how full the stream is.
type streamFigures struct{ redis *redis.Client }

// Describe names the figures.
func (streamFigures) Describe(ch chan<- *prometheus.Desc) { ch <- lengthDesc; ch <- readDesc }

// Collect reads them; while Redis is away there are none.
func (f streamFigures) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	pipe := f.redis.Pipeline()
	length, groups := pipe.XLen(ctx, stream), pipe.XInfoGroups(ctx, stream)
	_, _ = pipe.Exec(ctx) // each command's own error is looked at
	if length.Err() == nil {
		ch <- prometheus.MustNewConstMetric(lengthDesc, prometheus.GaugeValue, float64(length.Val()))
	}
	for _, g := range groups.Val() {
		if g.Name == group {
			ch <- prometheus.MustNewConstMetric(readDesc, prometheus.GaugeValue, float64(g.Pending))
		}
	}
}
