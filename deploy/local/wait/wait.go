// Package wait lets a test wait for what another goroutine or process is about
// to do, without sleeping longer than that takes.
//
// What must not live here: anything that the gateway or its peers use.
package wait

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long a test waits: far more than what it waits for takes,
// also on a machine that is busy.
const patience = 2 * time.Minute

// Until waits until the condition holds and fails the test, naming what it
// waited for, when it does not in time. It must be called by the test's own
// goroutine.
func Until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	if !until(condition) {
		t.Fatalf("not within %s: %s", patience, what)
	}
}

// until says whether the condition held in time.
func until(condition func() bool) bool {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !condition() {
		select {
		case <-look.C:
		case <-deadline.C:
			return false
		}
	}
	return true
}

// NothingRuns waits until no goroutine runs but those of the options, and fails
// the test with those that go on. [goleak.VerifyNone] gives them less than half a
// second, in which one that is about to end may not get a processor.
func NothingRuns(t testing.TB, options ...goleak.Option) {
	t.Helper()
	if err := running(options...); err != nil {
		t.Error(err)
	}
}

// Main runs the tests of a package, and fails it when goroutines of theirs go
// on. Call it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := running(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func running(options ...goleak.Option) (err error) {
	until(func() bool { err = goleak.Find(options...); return err == nil })
	return err
}
