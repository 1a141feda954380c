package notify

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	localredis "cecoia.example/deploy/local/redis"
	"cecoia.example/deploy/local/redis/redistest"
	"cecoia.example/tickets"
)

func queues(t *testing.T) map[string]*redis.Client {
	t.Helper()
	embedded, err := localredis.StartEmbedded(t.Context(), localredis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(embedded.Close)
	out := map[string]*redis.Client{}
	for name, url := range map[string]string{"redis-server": redistest.New(t).URL(), "embedded": embedded.URL()} {
		options, err := redis.ParseURL(url)
		if err != nil {
			t.Fatal(err)
		}
		c := redis.NewClient(options)
		t.Cleanup(func() { _ = c.Close() })
		out[name] = c
	}
	return out
}

func TestQueueKnowsWhenItIsForgotten(t *testing.T) {
	for name, client := range queues(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			q := &queue{redis: client, channels: []tickets.Channel{tickets.Chat, tickets.Mail}, consumer: "c"}
			key := tickets.DeliveryKey{Academy: "creteil", ID: uuid.New(), Channel: tickets.Mail}
			if err := q.push(ctx, []tickets.DeliveryKey{key}); !errors.Is(err, errForgotten) {
				t.Errorf("push into nothing: %v", err)
			}
			if _, err := q.read(ctx, tickets.Mail, 1, time.Millisecond); !errors.Is(err, errForgotten) {
				t.Errorf("read of nothing: %v", err)
			}
			first, renewed, err := q.epoch(ctx)
			if err != nil || !renewed || first == "" {
				t.Fatalf("first epoch %q %v %v", first, renewed, err)
			}
			if same, renewed, err := q.epoch(ctx); err != nil || renewed || same != first {
				t.Errorf("second look: %q %v %v", same, renewed, err)
			}
			if err := q.push(ctx, []tickets.DeliveryKey{key}); err != nil {
				t.Fatal(err)
			}
			got, err := q.read(ctx, tickets.Mail, 10, time.Millisecond)
			if err != nil || len(got) != 1 || got[0].key != key {
				t.Fatalf("read %+v, %v", got, err)
			}
			if got, err := q.read(ctx, tickets.Chat, 10, time.Millisecond); err != nil || len(got) != 0 {
				t.Errorf("the other channel: %+v, %v", got, err)
			}
			if err := client.XGroupDestroy(ctx, streamOf(tickets.Mail), groupName).Err(); err != nil {
				t.Fatal(err)
			}
			if next, renewed, err := q.epoch(ctx); err != nil || !renewed || next == first {
				t.Errorf("after a group is lost: %q %v %v", next, renewed, err)
			}
		})
	}
}

// What a dead worker held is removed, and so is its name.
func TestQueueForgetsTheDead(t *testing.T) {
	for name, client := range queues(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			dead := &queue{redis: client, channels: []tickets.Channel{tickets.Mail}, consumer: "dead"}
			alive := &queue{redis: client, channels: dead.channels, consumer: "alive"}
			if _, _, err := dead.epoch(ctx); err != nil {
				t.Fatal(err)
			}
			keys := make([]tickets.DeliveryKey, 3)
			for i := range keys {
				keys[i] = tickets.DeliveryKey{Academy: "creteil", ID: uuid.New(), Channel: tickets.Mail}
			}
			if err := dead.push(ctx, keys); err != nil {
				t.Fatal(err)
			}
			if got, err := dead.read(ctx, tickets.Mail, 10, time.Millisecond); err != nil || len(got) != 3 {
				t.Fatalf("read %d, %v", len(got), err)
			}
			if err := alive.dropAbandoned(ctx, tickets.Mail, time.Hour); err != nil {
				t.Fatal(err)
			}
			if n := client.XLen(ctx, streamOf(tickets.Mail)).Val(); n != 3 {
				t.Errorf("what is held since a moment was removed: %d left", n)
			}
			for deadline := time.Now().Add(time.Minute); ; {
				if err := alive.dropAbandoned(ctx, tickets.Mail, time.Millisecond); err != nil {
					t.Fatal(err)
				}
				consumers := client.XInfoConsumers(ctx, streamOf(tickets.Mail), groupName).Val()
				// The embedded one does not tell how long a consumer was silent: its
				// names stay until it ends with the process.
				gone := len(consumers) <= 1 || name == "embedded"
				if gone && client.XLen(ctx, streamOf(tickets.Mail)).Val() == 0 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("left: %+v", consumers)
				}
			}
		})
	}
}
