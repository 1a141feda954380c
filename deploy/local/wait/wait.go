// Package wait lets a test wait for what another goroutine or process is about
// to do, without sleeping longer than that takes.
//
// What must not live here: anything that the gateway or its peers use.
package wait

import (
	"testing"
	"time"
)

// patience is how long a test waits: far more than what it waits for takes,
// also on a machine that is busy.
const patience = 30 * time.Second

// Until waits until the condition holds and fails the test, naming what it
// waited for, when it does not in time. It must be called by the test's own
// goroutine.
func Until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !condition() {
		select {
		case <-look.C:
		case <-deadline.C:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}
