package notify

import (
	"time"

	"cecoia.example/tickets"
)

// The bounds of the backoff.
const (
	backoffBase = time.Second
	backoffCap  = 15 * time.Minute
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
	r.Academy, r.Delivery, r.Attempt, r.At = notice.Academy.ID, notice.ID, notice.Attempts, now
	switch r.Outcome {
	case tickets.Delivered:
		r.RetryAt, r.Dead = time.Time{}, false
		return r
	case tickets.Permanent:
		r.RetryAt, r.Dead = time.Time{}, true
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
