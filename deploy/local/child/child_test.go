package child_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"cecoia.example/deploy/local/child"
	"cecoia.example/deploy/local/wait"
)

func TestMain(m *testing.M) { wait.Main(m) }

// shell starts a script, and returns once it has written the line "ready".
func shell(t *testing.T, script string) *child.Process {
	t.Helper()
	ready := make(chan struct{})
	var once sync.Once
	p, err := child.Start(exec.Command("/bin/sh", "-c", script), child.Options{Line: func(line string) {
		if line == "ready" {
			once.Do(func() { close(ready) })
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	select {
	case <-ready:
	case <-time.After(30 * time.Second):
		t.Fatal("the script does not start")
	}
	return p
}

func TestLinesAndExit(t *testing.T) {
	var lines []string
	p, err := child.Start(exec.Command("/bin/sh", "-c", "echo one; echo two >&2; printf three; exit 4"),
		child.Options{Line: func(line string) { lines = append(lines, line) }})
	if err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if !slices.Equal(lines, []string{"one", "two", "three"}) {
		t.Errorf("lines %q", lines)
	}
	if p.Err() == nil || p.Err().Error() != "exit status 4" {
		t.Errorf("ended by %v", p.Err())
	}
	p.Stop(t.Context()) // of what has ended: nothing to do
}

func TestStopEscalates(t *testing.T) {
	p := shell(t, `trap '' TERM; trap 'exit 7' INT; echo ready; while :; do sleep 0.05; done`)
	p.Stop(t.Context(),
		child.Step{Signal: syscall.SIGTERM, Patience: 20 * time.Millisecond},
		child.Step{Signal: syscall.SIGINT, Patience: 30 * time.Second})
	if p.Err() == nil || p.Err().Error() != "exit status 7" {
		t.Errorf("ended by %v, want its own answer to SIGINT", p.Err())
	}
}

func TestStopKillsTheStubborn(t *testing.T) {
	p := shell(t, `trap '' TERM; echo ready; while :; do sleep 0.05; done`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.Stop(ctx, child.Step{Signal: syscall.SIGTERM, Patience: time.Hour})
	if p.Err() == nil || p.Err().Error() != "signal: killed" {
		t.Errorf("ended by %v", p.Err())
	}
}

func TestStartFails(t *testing.T) {
	if _, err := child.Start(exec.Command("/no/such/program"), child.Options{Line: func(string) {}}); err == nil {
		t.Error("started")
	}
}

func TestRemoveAtEnd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "-a folder's name")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	remove, err := child.RemoveAtEnd(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("removed too early: %v", err)
	}
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("still there: %v", err)
	}
}

// A folder stays though its owner forgets how to remove it, as some do that want
// it until their process ends.
func TestRemoveAtEndIsNotCollected(t *testing.T) {
	dir := t.TempDir()
	if _, err := child.RemoveAtEnd(dir); err != nil {
		t.Fatal(err)
	}
	for range 3 { // each has the time to collect, and to remove a folder
		runtime.GC()
		remove, err := child.RemoveAtEnd(filepath.Join(t.TempDir(), "another"))
		if err != nil {
			t.Fatal(err)
		}
		if err := remove(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("removed too early: %v", err)
	}
}

func TestReady(t *testing.T) {
	away := errors.New("away")
	p := shell(t, "echo ready; exec sleep 60")
	tries := 0
	if err := p.Ready(t.Context(), time.Minute, func(context.Context) error {
		if tries++; tries < 3 {
			return away
		}
		return nil
	}); err != nil || tries != 3 {
		t.Errorf("%d tries: %v", tries, err)
	}
	if err := p.Ready(t.Context(), time.Millisecond, func(context.Context) error { return away }); !errors.Is(err, away) {
		t.Errorf("never ready: %v", err)
	}
	p.Kill()
	if err := p.Ready(t.Context(), time.Minute, func(context.Context) error { return away }); errors.Is(err, away) || err == nil {
		t.Errorf("ended: %v", err)
	}
}
