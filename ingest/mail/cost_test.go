package mail

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// stopped is a clock that stands: what a test reads is not cut short when the
// machine is slow. What time may cost is asserted by those that count it.
func stopped() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }

// processorClock returns a clock that runs while a processor is busy with this
// test: unlike one on the wall, it does not run on with what else the machine
// does. It is read by the test's own goroutine.
func processorClock(t *testing.T) func() time.Time {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	return func() time.Time {
		const thread = 1 // RUSAGE_THREAD, getrusage(2)
		var u syscall.Rusage
		if err := syscall.Getrusage(thread, &u); err != nil {
			t.Error(err)
		}
		return stopped().Add(time.Duration(u.Utime.Nano() + u.Stime.Nano()))
	}
}
