package notify

import (
	"time"

	"cecoia.example/tickets"
)

// The bounds of the backoff.
const (
	backoffBase = time.Second
	backoffCap  = 15 * time.Minute
	// deferral is the most that waits what a channel could not try, when it did
	// not say until when.
	deferral = 5 * time.Second
)

// backoff returns how long to wait after that many attempts: exponential, with
// full jitter, so that a crowd turned away together does not come back together.
func (n *Notifier) backoff(attempts int) time.Duration {
	ceiling := backoffCap
	if shift := max(attempts-1, 0); shift < 10 { // 2^10 s is above the cap
		ceiling = min(backoffBase<<shift, backoffCap)
	}
	return n.opts.Jitter(ceiling)
}

// settle completes a channel's receipt for the attempt that the notice was.
func (n *Notifier) settle(notice tickets.Notice, r tickets.Receipt) tickets.Receipt {
	now := n.opts.Now()
	r.Academy, r.Delivery, r.Lease, r.At, r.Digest = notice.Academy.ID, notice.ID, notice.Lease, now, false
	switch r.Outcome {
	case tickets.Delivered, tickets.Suppressed:
		r.RetryAt, r.Dead = time.Time{}, false
		return r
	case tickets.Permanent:
		r.RetryAt, r.Dead = time.Time{}, true
		return r
	case tickets.Deferred: // no attempt: it exhausts nothing
		r.Dead = false
		if !r.RetryAt.After(now) {
			r.RetryAt = now.Add(n.opts.Jitter(deferral))
		}
		return r
	case tickets.Retry, tickets.Uncertain:
	default:
		r.Outcome, r.Err = tickets.Uncertain, "the channel gave no outcome"
	}
	if notice.Attempts >= n.opts.MaxAttempts && now.Sub(notice.CreatedAt) >= n.opts.MaxAge {
		r.RetryAt, r.Dead = time.Time{}, true
		return r
	}
	// Never before what the other side said, and not all at that very moment.
	from := now
	if r.RetryAt.After(now) {
		from = r.RetryAt
	}
	r.RetryAt = from.Add(n.backoff(notice.Attempts))
	return r
}

// heldBack is the receipt of a notice that is not told now, and false when it is.
// Its time is exactly what was said: nothing failed.
func (n *Notifier) heldBack(notice tickets.Notice) (tickets.Receipt, bool) {
	now := n.opts.Now()
	r := tickets.Receipt{Academy: notice.Academy.ID, Delivery: notice.ID, Lease: notice.Lease, At: now}
	switch h := notice.Hold(now, n.opts.Window); {
	case h.Never != "":
		r.Outcome, r.Err = tickets.Suppressed, h.Never
	case !h.Until.IsZero():
		r.Outcome, r.RetryAt, r.Digest = tickets.Deferred, h.Until, h.Digest
	default:
		return r, false
	}
	return r, true
}
