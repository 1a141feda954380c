package notify

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// Direct sends deliveries past the queue, one after the other, and records them:
// for those that warn of the queue. What another worker has, or has sent, it
// leaves alone; what it cannot send comes again by the queue. It returns what
// kept it from the store, and no failure of a channel: those are recorded.
func (n *Notifier) Direct(ctx context.Context, keys []tickets.DeliveryKey) error {
	type lane struct {
		academy tickets.AcademyID
		channel tickets.Channel
	}
	ids := map[lane][]uuid.UUID{}
	for _, k := range keys {
		l := lane{k.Academy, k.Channel}
		ids[l] = append(ids[l], k.ID)
	}
	var failed error
	for l, of := range ids {
		sender, ok := n.opts.Channels[l.channel]
		if !ok {
			continue
		}
		failed = errors.Join(failed, newWorker(n, l.channel, sender).direct(ctx, l.academy, of))
	}
	return failed
}

func (w *worker) direct(ctx context.Context, academy tickets.AcademyID, ids []uuid.UUID) error {
	now := w.opts.Now()
	notices, err := w.opts.Store.Lease(ctx, academy, ids, now, now.Add(w.opts.Lease))
	if err != nil {
		return err
	}
	for _, notice := range notices {
		s := sent{leased: leased{notice: notice}, receipt: w.try(ctx, notice)}
		if _, err := w.opts.Store.Record(ctx, academy, []tickets.Receipt{s.receipt}); err != nil {
			return err // the lease ends, and it comes again under the same id
		}
		w.count(s)
	}
	return nil
}
