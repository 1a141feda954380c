package notify

import (
	"testing"
	"time"

	"cecoia.example/tickets"
)

func TestBackoffGrowsToItsCap(t *testing.T) {
	n := &Notifier{opts: Options{Jitter: func(ceiling time.Duration) time.Duration { return ceiling }}}
	for attempts, want := range map[int]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 10: 512 * time.Second,
		11: 15 * time.Minute, 40: 15 * time.Minute, 1 << 30: 15 * time.Minute,
	} {
		if got := n.backoff(attempts); got != want {
			t.Errorf("after %d attempts: %s, want %s", attempts, got, want)
		}
	}
}

func TestSettle(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	n := &Notifier{opts: Options{
		MaxAttempts: 3, MaxAge: time.Hour, Now: func() time.Time { return now },
		Jitter: func(time.Duration) time.Duration { return 7 * time.Second },
	}}
	young, old := now.Add(-time.Minute), now.Add(-2*time.Hour)
	for name, c := range map[string]struct {
		outcome  tickets.Outcome
		retryAt  time.Time
		attempts int
		created  time.Time
		want     tickets.Outcome
		dead     bool
		due      time.Time
	}{
		"delivered":                       {outcome: tickets.Delivered, attempts: 9, created: old, want: tickets.Delivered},
		"permanent":                       {outcome: tickets.Permanent, attempts: 1, created: young, want: tickets.Permanent, dead: true},
		"suppressed by the channel":       {outcome: tickets.Suppressed, attempts: 1, created: young, want: tickets.Suppressed},
		"put off by the channel":          {outcome: tickets.Deferred, retryAt: old, attempts: 9, created: old, want: tickets.Deferred, due: now.Add(7 * time.Second)},
		"put off until a time":            {outcome: tickets.Deferred, retryAt: now.Add(time.Minute), attempts: 1, created: young, want: tickets.Deferred, due: now.Add(time.Minute)},
		"retry":                           {outcome: tickets.Retry, attempts: 1, created: young, want: tickets.Retry, due: now.Add(7 * time.Second)},
		"the other side named a time":     {outcome: tickets.Retry, retryAt: now.Add(time.Minute), attempts: 1, created: young, want: tickets.Retry, due: now.Add(67 * time.Second)},
		"the other side named a past one": {outcome: tickets.Retry, retryAt: old, attempts: 1, created: young, want: tickets.Retry, due: now.Add(7 * time.Second)},
		"often but young":                 {outcome: tickets.Uncertain, attempts: 3, created: young, want: tickets.Uncertain, due: now.Add(7 * time.Second)},
		"old but seldom":                  {outcome: tickets.Uncertain, attempts: 2, created: old, want: tickets.Uncertain, due: now.Add(7 * time.Second)},
		"often and old":                   {outcome: tickets.Uncertain, attempts: 3, created: old, want: tickets.Uncertain, dead: true},
		"no outcome":                      {attempts: 1, created: young, want: tickets.Uncertain, due: now.Add(7 * time.Second)},
	} {
		notice := tickets.Notice{Delivery: tickets.Delivery{Attempts: c.attempts, CreatedAt: c.created}, Lease: c.attempts + 1}
		got := n.settle(notice, tickets.Receipt{Outcome: c.outcome, RetryAt: c.retryAt})
		if got.Outcome != c.want || got.Dead != c.dead || !got.RetryAt.Equal(c.due) || !got.At.Equal(now) || got.Lease != c.attempts+1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestKeepable(t *testing.T) {
	for in, want := range map[string]string{"plain": "plain", "a\x00b\xffc": "abc"} {
		if got := keepable(in); got != want {
			t.Errorf("keepable(%q) = %q", in, got)
		}
	}
	long := make([]byte, 0, 2000)
	for len(long) < 1000 {
		long = append(long, "xé"...)
	}
	if got := keepable(string(long)); len(got) > longestErr {
		t.Errorf("%d bytes", len(got))
	}
}
