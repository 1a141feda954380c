package auth

import (
	"container/list"
	"sync"
	"time"
)

// pace says how fast secrets may be tried under one key.
type pace struct {
	free   int           // tries before the first wait
	first  time.Duration // the first wait; each later one is twice as long
	most   time.Duration // the longest wait
	ease   time.Duration // one try is forgotten each time that this has passed
	forget time.Duration // a key untouched for so long starts afresh
	keys   int           // how many keys are remembered; the least recent go first
}

// The paces. A whole school or rectorat may share one address, which is never
// silent and where somebody always mistypes: it may fail often before anybody
// waits, and nobody there waits long.
var (
	accountPace = pace{free: 5, first: 30 * time.Second, most: 15 * time.Minute, ease: 15 * time.Minute, forget: 30 * time.Minute, keys: 20_000}
	addressPace = pace{free: 60, first: 10 * time.Second, most: time.Minute, ease: 30 * time.Second, forget: 30 * time.Minute, keys: 20_000}
	keepingPace = pace{free: 120, first: 30 * time.Second, most: 30 * time.Minute, ease: 30 * time.Second, forget: time.Hour, keys: 20_000}
)

// throttle makes who tries secrets wait longer and longer. Its memory is
// bounded. It is safe for concurrent use.
type throttle struct {
	pace pace
	now  func() time.Time

	mu     sync.Mutex
	byKey  map[string]*list.Element
	recent *list.List // of *tries, most recent first
}

type tries struct {
	key   string
	count int
	eased time.Time // when one was last forgotten, or when count was 0
	last  time.Time
	until time.Time // no try before
}

func newThrottle(p pace, now func() time.Time) *throttle {
	return &throttle{pace: p, now: now, byKey: map[string]*list.Element{}, recent: list.New()}
}

// begin counts a try under the key before its outcome is known, so that many at
// once gain nothing, and returns 0; or it counts nothing and returns how long
// to wait.
func (t *throttle) begin(key string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	e, ok := t.byKey[key]
	if !ok {
		e = t.recent.PushFront(&tries{key: key})
		t.byKey[key] = e
		if t.recent.Len() > t.pace.keys {
			oldest := t.recent.Back()
			t.recent.Remove(oldest)
			delete(t.byKey, oldest.Value.(*tries).key)
		}
	}
	t.recent.MoveToFront(e)
	k := e.Value.(*tries)
	if now.Before(k.until) {
		return k.until.Sub(now)
	}
	if now.Sub(k.last) > t.pace.forget {
		k.count = 0
	}
	for ; k.count > 0 && now.Sub(k.eased) >= t.pace.ease; k.eased = k.eased.Add(t.pace.ease) {
		k.count--
	}
	if k.count == 0 {
		k.eased = now
	}
	k.count++
	k.last = now
	if over := k.count - t.pace.free; over >= 0 {
		k.until = now.Add(min(t.pace.first<<min(over, 20), t.pace.most))
	}
	return 0
}

// clear forgets the key's tries: the secret was right.
func (t *throttle) clear(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, ok := t.byKey[key]; ok {
		t.recent.Remove(e)
		delete(t.byKey, key)
	}
}

// forgive takes back one try that turned out well, without forgetting the
// others: one known account must not cover guesses at the rest.
func (t *throttle) forgive(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, ok := t.byKey[key]; ok {
		k := e.Value.(*tries)
		k.count--
		if k.count < t.pace.free {
			k.until = time.Time{}
		}
	}
}
