package mail

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cecoia.example/tickets"
)

// A mail too many is not lost and holds no place: it is told when to come back,
// each at a moment of its own, a minute's number in a minute.
func TestNoMoreMailsThanTheServerTakes(t *testing.T) {
	p := newPeer(t, false)
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	m := mailer(t, plain(p)+"&connections=1&per_minute=6", Options{Now: func() time.Time { return now }, MaxIdle: time.Hour})
	want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	for i := range 3 {
		r := m.Send(t.Context(), taken())
		want(t, r, tickets.Deferred)
		if again := now.Add(time.Duration(i+1) * 10 * time.Second); !r.RetryAt.Equal(again) {
			t.Errorf("the %dth may come back at %s, not %s", i, r.RetryAt, again)
		}
	}
	for range 3 {
		now = now.Add(10 * time.Second)
		want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	}
	if len(p.got) != 4 {
		t.Errorf("%d mails", len(p.got))
	}
}

// One that is a moment early waits for its turn.
func TestAMomentEarlyIsWaitedFor(t *testing.T) {
	p := newPeer(t, false)
	m := mailer(t, plain(p)+"&connections=1&per_minute=1200", Options{})
	began := time.Now()
	for range 4 {
		want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	}
	if took := time.Since(began); took < 140*time.Millisecond {
		t.Errorf("four mails in %s, at one in 50 ms", took)
	}
}

func TestWaitingForOnesTurnEndsWithTheSendersTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(60, 1)
		if err := p.wait(t.Context(), time.Now, time.Minute); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		began := time.Now()
		err := p.wait(ctx, time.Now, time.Minute)                   // its turn comes later than that: known at once
		if _, soon := err.(tooSoon); !soon || time.Now() != began { //nolint:errorlint // it is not wrapped here
			t.Errorf("%v after %s", err, time.Since(began))
		}
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(200*time.Millisecond, cancel)
		if err := p.wait(ctx, time.Now, time.Minute); err == nil || !strings.Contains(err.Error(), "canceled") {
			t.Errorf("%v", err)
		}
		if took := time.Since(began); took != 200*time.Millisecond {
			t.Errorf("given up after %s", took)
		}
	})
}

func TestWhenGreylistingServersWantUsBack(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"4.7.1 Greylisting in action, please come back in 00:05:00":           5 * time.Minute,
		"4.2.0 Greylisted, see https://postgrey.example/help":                 0,
		"4.7.1 Greylisted, please try again in 300 seconds":                   5 * time.Minute,
		"4.2.0 <a@b.example>: greylisted for 5 minutes":                       5 * time.Minute,
		"4.7.0 try again after 90s":                                           90 * time.Second,
		"4.7.0 Deferred, wait 99:59:59":                                       time.Hour,
		"4.3.2 in 1 month we are back":                                        0,
		"4.2.2 mailbox full":                                                  0,
		"4.7.1 please try again in 99999 minutes or write to us in 5 seconds": time.Hour,
	} {
		if got := retryAfter(refusal(451, text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if got := retryAfter(refusal(554, "try again in 300 seconds")); got != 0 {
		t.Errorf("a refusal for good: %s", got)
	}
}
