package notify_test

import (
	"testing"

	"github.com/google/uuid"

	"cecoia.example/notify"
	"cecoia.example/tickets"
)

// What warns of the queue is sent while the queue is away, once, and recorded;
// what is another's or unknown is left alone.
func TestDirectNeedsNoQueue(t *testing.T) {
	w := newWorld(t)
	out := &outbox{}
	n, err := notify.New(w.options(map[tickets.Channel]notify.Channel{tickets.Chat: out}))
	if err != nil {
		t.Fatal(err)
	}
	open(t, w.desk(nil), "creteil")
	if err := w.redis.Close(); err != nil {
		t.Fatal(err)
	}
	var id uuid.UUID
	if err := w.Pool().QueryRow(t.Context(), `SELECT id FROM deliveries`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	keys := []tickets.DeliveryKey{
		{Academy: "creteil", ID: id, Channel: tickets.Chat},
		{Academy: "creteil", ID: uuid.New(), Channel: tickets.Chat},
		{Academy: "creteil", ID: uuid.New(), Channel: "pigeon"},
	}
	for range 2 {
		if err := n.Direct(t.Context(), keys); err != nil {
			t.Fatal(err)
		}
	}
	if w.owed(t) != 0 || out.count() != 1 {
		t.Errorf("%d owed, sent %d times", w.owed(t), out.count())
	}
}
