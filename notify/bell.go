package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// Bell rings the notifiers of other processes, by Redis, from a process that
// runs none: a portal of its own, say. A ring that is lost costs at most the
// notifiers' sweep.
type Bell struct {
	redis *redis.Client
	ring  chan struct{}
	away  outage
}

// NewBell returns a bell that is silent until Run. The caller closes the client;
// a nil logger is slog.Default().
func NewBell(client *redis.Client, logger *slog.Logger) *Bell {
	if logger == nil {
		logger = slog.Default()
	}
	return &Bell{redis: client, ring: make(chan struct{}, 1), away: outage{what: "redis", logger: logger}}
}

// Wake asks for one ring. It never blocks, and many before it rings are one.
func (b *Bell) Wake() {
	select {
	case b.ring <- struct{}{}:
	default:
	}
}

// Run rings until ctx ends, and returns nil then.
func (b *Bell) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.ring:
			began := time.Now()
			if err := b.redis.Publish(ctx, wakeSubject, "").Err(); !errors.Is(err, context.Canceled) {
				b.away.note(began, err)
			}
		}
	}
}

// listen wakes the relay when another process rings. The subscription renews
// itself after an outage.
func (n *Notifier) listen(ctx context.Context) {
	sub := n.opts.Redis.Subscribe(ctx, wakeSubject)
	defer sub.Close() //nolint:errcheck // it holds nothing
	rings := sub.Channel(redis.WithChannelSize(1))
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-rings:
			if !ok {
				return
			}
			n.Wake()
		}
	}
}
