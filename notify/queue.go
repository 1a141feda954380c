package notify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cecoia.example/tickets"
)

// The names of what is kept in Redis, all of it disposable.
const (
	epochKey    = "cecoia:deliveries:epoch"
	wakeSubject = "cecoia:deliveries:wake"
	groupName   = "workers"
)

func streamOf(c tickets.Channel) string { return "cecoia:deliveries:" + string(c) }

// errForgotten says that Redis lost a stream, a group or the epoch.
var errForgotten = errors.New("redis forgot the queue")

// queue is one stream and one consumer group per channel. It uses only commands
// of Redis 6.2.
type queue struct {
	redis    *redis.Client
	channels []tickets.Channel
	consumer string // unique to this process
}

// entry is a hint: that delivery wants a look.
type entry struct {
	id  string // of the stream's entry
	key tickets.DeliveryKey
}

// epoch returns the current epoch. Where the key or a group is missing Redis
// forgot: it draws a new epoch, then makes the groups. In this order, because a
// crash in between leaves a group missing, which the next call sees. Two
// processes at once may draw two; the last one counts, and rows enqueued under
// the other are enqueued again.
func (q *queue) epoch(ctx context.Context) (epoch string, renewed bool, err error) {
	pipe := q.redis.Pipeline()
	current := pipe.Get(ctx, epochKey)
	groups := make([]*redis.XInfoGroupsCmd, len(q.channels))
	for i, c := range q.channels {
		groups[i] = pipe.XInfoGroups(ctx, streamOf(c))
	}
	_, _ = pipe.Exec(ctx) // each command's own error is looked at
	forgotten := errors.Is(current.Err(), redis.Nil)
	if err := current.Err(); err != nil && !forgotten {
		return "", false, fmt.Errorf("queue.epoch: %w", err)
	}
	for _, g := range groups {
		switch err := g.Err(); {
		case err != nil && isNoKey(err):
			forgotten = true
		case err != nil:
			return "", false, fmt.Errorf("queue.epoch: %w", err)
		case !hasGroup(g.Val()):
			forgotten = true
		}
	}
	if !forgotten {
		return current.Val(), false, nil
	}
	epoch = rand.Text()
	if err := q.redis.Set(ctx, epochKey, epoch, 0).Err(); err != nil {
		return "", false, fmt.Errorf("queue.epoch: %w", err)
	}
	for _, c := range q.channels {
		err := q.redis.XGroupCreateMkStream(ctx, streamOf(c), groupName, "0").Err()
		if err != nil && !strings.HasPrefix(err.Error(), "BUSYGROUP") {
			return "", false, fmt.Errorf("queue.epoch: group of %s: %w", c, err)
		}
	}
	return epoch, true, nil
}

func hasGroup(groups []redis.XInfoGroup) bool {
	for _, g := range groups {
		if g.Name == groupName {
			return true
		}
	}
	return false
}

func isNoKey(err error) bool { return strings.Contains(err.Error(), "no such key") }

// push adds the deliveries to their streams, in order. It makes no stream: one
// that is missing is errForgotten.
func (q *queue) push(ctx context.Context, keys []tickets.DeliveryKey) error {
	pipe := q.redis.Pipeline()
	added := make([]*redis.StringCmd, len(keys))
	for i, k := range keys {
		added[i] = pipe.XAdd(ctx, &redis.XAddArgs{
			Stream: streamOf(k.Channel), NoMkStream: true,
			Values: []string{"academy", string(k.Academy), "delivery", k.ID.String()},
		})
	}
	_, _ = pipe.Exec(ctx)
	for _, cmd := range added {
		if errors.Is(cmd.Err(), redis.Nil) {
			return errForgotten
		}
		if err := cmd.Err(); err != nil {
			return fmt.Errorf("queue.push: %w", err)
		}
	}
	return nil
}

// read returns up to count new entries of the channel, waiting for one up to
// block. A missing stream or group is errForgotten.
func (q *queue) read(ctx context.Context, c tickets.Channel, count int, block time.Duration) ([]entry, error) {
	streams, err := q.redis.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: groupName, Consumer: q.consumer, Streams: []string{streamOf(c), ">"},
		Count: int64(count), Block: block,
	}).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil && (strings.HasPrefix(err.Error(), "NOGROUP") || strings.HasPrefix(err.Error(), "UNBLOCKED")):
		return nil, errForgotten // a reader already waiting is unblocked when its stream goes
	case err != nil:
		return nil, fmt.Errorf("queue.read %s: %w", c, err)
	}
	var out []entry
	for _, s := range streams {
		for _, m := range s.Messages {
			e := entry{id: m.ID, key: tickets.DeliveryKey{Channel: c}}
			if a, ok := m.Values["academy"].(string); ok {
				e.key.Academy = tickets.AcademyID(a)
			}
			if d, ok := m.Values["delivery"].(string); ok {
				e.key.ID, _ = uuid.Parse(d) // a malformed one names no row, and is dropped as stale
			}
			out = append(out, e)
		}
	}
	return out, nil
}

// drop removes entries: their rows were recorded, or come back by themselves.
// What it fails to remove is removed by tidy.
func (q *queue) drop(ctx context.Context, c tickets.Channel, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	pipe := q.redis.Pipeline()
	pipe.XAck(ctx, streamOf(c), groupName, ids...)
	pipe.XDel(ctx, streamOf(c), ids...)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("queue.drop %s: %w", c, err)
	}
	return nil
}

// dropAbandoned removes entries that a consumer has held for longer than idle,
// and the consumers that have been silent for as long and hold nothing.
func (q *queue) dropAbandoned(ctx context.Context, c tickets.Channel, idle time.Duration) error {
	for start := "0-0"; ; {
		ids, next, err := q.redis.XAutoClaimJustID(ctx, &redis.XAutoClaimArgs{
			Stream: streamOf(c), Group: groupName, Consumer: q.consumer, MinIdle: idle, Start: start, Count: 500,
		}).Result()
		if err != nil {
			return fmt.Errorf("queue.dropAbandoned %s: %w", c, err)
		}
		if err := q.drop(ctx, c, ids); err != nil {
			return err
		}
		if next == "0-0" || next == "" {
			break
		}
		start = next
	}
	consumers, err := q.redis.XInfoConsumers(ctx, streamOf(c), groupName).Result()
	if err != nil {
		return fmt.Errorf("queue.dropAbandoned %s: %w", c, err)
	}
	for _, other := range consumers {
		if other.Name == q.consumer || other.Pending > 0 || other.Idle < idle {
			continue
		}
		if err := q.redis.XGroupDelConsumer(ctx, streamOf(c), groupName, other.Name).Err(); err != nil {
			return fmt.Errorf("queue.dropAbandoned %s: %w", c, err)
		}
	}
	return nil
}
