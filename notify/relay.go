package notify

import (
	"context"
	"errors"
	"slices"
	"time"

	"cecoia.example/tickets"
)

// relayBatch is how many deliveries one transaction of the relay enqueues.
const relayBatch = 2000

// relay enqueues what is due whenever it is rung, and at each sweep; a sweep also
// looks at what is held back.
func (n *Notifier) relay(ctx context.Context) {
	sweep := time.NewTicker(n.opts.Sweep)
	defer sweep.Stop()
	for sweeps := true; ; {
		n.relayOnce(ctx, sweeps)
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
			sweeps = false
		case <-sweep.C:
			sweeps = true
		}
	}
}

// relayOnce enqueues everything that is due now, of every academy. What fails is
// tried again at the next sweep; one academy's failure does not hold the others.
func (n *Notifier) relayOnce(ctx context.Context, sweeps bool) {
	began := time.Now()
	epoch, renewed, err := n.queue.epoch(ctx)
	if ctx.Err() != nil {
		return
	}
	n.redisOutage.note(began, err)
	if err != nil {
		return
	}
	if renewed {
		n.metrics.epochs.Inc()
		n.opts.Logger.Info("notify: the queue was made anew; whatever is owed is enqueued again")
	}
	began = time.Now()
	academies, err := n.opts.Store.Academies(ctx)
	back := n.clockWentBack()
	for _, a := range academies {
		if back {
			err = errors.Join(err, n.opts.Store.Hasten(ctx, a.ID, n.opts.Now(), n.opts.Now().Add(n.opts.Lease)))
		}
		failed := n.enqueue(ctx, a.ID, epoch)
		if sweeps && failed == nil {
			var freed int
			if freed, failed = n.opts.Store.LookAnew(ctx, a.ID, n.opts.Now()); freed > 0 {
				failed = n.enqueue(ctx, a.ID, epoch)
			}
		}
		if errors.Is(failed, errPush) {
			return // Redis is the same for all
		}
		err = errors.Join(err, failed)
	}
	if ctx.Err() == nil {
		n.storeOutage.note(began, err)
	}
}

// clockWentBack says whether the time of day is earlier than at the last look, by
// more than a clock is ever trimmed. What waits was counted by a clock that was
// wrong then, or is now: to try too early costs an attempt, to wait an hour for
// nothing costs that hour.
func (n *Notifier) clockWentBack() bool {
	const trimmed = 2 * time.Second
	now := n.opts.Now().Round(0) // the time of day alone, as a database keeps it
	back := now.Before(n.looked.Add(-trimmed))
	if back {
		n.opts.Logger.Warn("notify: the clock went back; what waits is looked at now", "by", n.looked.Sub(now).Round(time.Second))
	}
	n.looked = now
	return back
}

// errPush marks a failure of Redis inside a transaction of the store.
var errPush = errors.New("push")

// enqueue enqueues everything due of one academy.
func (n *Notifier) enqueue(ctx context.Context, academy tickets.AcademyID, epoch string) error {
	push := func(ctx context.Context, keys []tickets.DeliveryKey) error {
		known := slices.DeleteFunc(slices.Clone(keys), n.hasNoChannel)
		began := time.Now()
		err := n.queue.push(ctx, known)
		if errors.Is(err, errForgotten) {
			n.Wake() // the next round makes the queue anew
			return errors.Join(errPush, err)
		}
		if ctx.Err() == nil {
			n.redisOutage.note(began, err)
		}
		if err != nil {
			return errors.Join(errPush, err)
		}
		n.metrics.enqueued.Add(float64(len(known)))
		return nil
	}
	for {
		count, err := n.opts.Store.Enqueue(ctx, academy, epoch, n.opts.Now(), n.opts.Visibility, relayBatch, push)
		if err != nil || count < relayBatch {
			return err
		}
	}
}

// hasNoChannel says whether nobody here can send the delivery. It waits then: it
// comes round again each time Visibility has passed.
func (n *Notifier) hasNoChannel(k tickets.DeliveryKey) bool {
	if _, ok := n.opts.Channels[k.Channel]; ok {
		return false
	}
	if !n.unknown[k.Channel] {
		n.unknown[k.Channel] = true
		n.opts.Logger.Warn("notify: deliveries wait for a channel that is not set up", "channel", k.Channel, "academy", k.Academy)
	}
	return true
}

// tidy removes, now and then, what dead workers left in the streams.
func (n *Notifier) tidy(ctx context.Context) {
	for pause(ctx, n.opts.Lease) {
		for _, c := range n.queue.channels {
			err := n.queue.dropAbandoned(ctx, c, 2*n.opts.Lease)
			if err != nil && ctx.Err() == nil {
				n.opts.Logger.Debug("notify: tidying the queue", "error", err) // the relay reports an outage
			}
		}
	}
}
