package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test, built once for all tests of this package.
var binary string

// buildFlags are what the program under test is built with.
var buildFlags []string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "cecoia-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "cecoia")
	build := exec.Command("go", append([]string{"build", "-o", binary}, append(buildFlags, ".")...)...)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the program:", err)
		os.Exit(1)
	}
	status := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// demoVariables are the addresses of the demo, in the order of its ready line.
var demoVariables = []string{
	"CECOIA_PORTAL_ADDR", "CECOIA_MATTERMOST_ADDR", "CECOIA_MAILBOX_ADDR", "CECOIA_HOOKS_ADDR",
	"CECOIA_OPS_ADDR", "CECOIA_SMTP_ADDR", "CECOIA_IMAP_ADDR",
}

// demo is a running `cecoia demo`, as its user starts it.
type demo struct {
	t       *testing.T
	data    string
	env     []string
	addr    map[string]string // by variable
	process *exec.Cmd
	ended   chan struct{} // closed when the process has ended
	stdout  lockedBuffer
	stderr  lockedBuffer
}

// lockedBuffer is what a process has written so far.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// newDemo chooses free ports and a data folder for a demo that is not started.
func newDemo(t *testing.T) *demo {
	t.Helper()
	// Not t.TempDir: its path is not open to the user that Postgres runs as.
	data, err := os.MkdirTemp("", "cecoia-data-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // what a killed demo had started ends a moment after it
		eventually(t, "the data folder is removed", func() (bool, string) {
			err := os.RemoveAll(data)
			return err == nil, fmt.Sprint(err)
		})
	})
	d := &demo{t: t, data: data, addr: map[string]string{}}
	for _, variable := range demoVariables {
		d.addr[variable] = freeAddress(t)
	}
	return d
}

// ports numbers the ports that the tests of this process choose.
var ports atomic.Int32

// freeAddress returns an address that nobody listens on, for a process yet to be
// started. Its port is below those that the kernel gives out by itself, so that
// no connection takes it meanwhile, and no test of this process gets it twice.
func freeAddress(t *testing.T) string {
	t.Helper()
	const first, count = 12_000, 20_000
	for range 1000 {
		port := first + (os.Getpid()*97+int(ports.Add(1)))%count
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue // somebody else's
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return l.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}

func (d *demo) url(variable, path string) string { return "http://" + d.addr[variable] + path }

// start runs the demo until it says that it is ready, and returns how long that
// took.
func (d *demo) start() time.Duration {
	d.t.Helper()
	began := time.Now()
	d.process = exec.Command(binary, "demo")
	d.process.Env = append(os.Environ(), "CECOIA_DATA="+d.data)
	d.process.Env = append(d.process.Env, d.env...)
	for variable, addr := range d.addr {
		d.process.Env = append(d.process.Env, variable+"="+addr)
	}
	out, err := d.process.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	d.process.Stderr = &d.stderr
	d.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.process.Start(); err != nil {
		d.t.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	d.ended = ended
	go func() {
		lines := bufio.NewReader(out)
		for said := false; ; {
			line, err := lines.ReadString('\n')
			fmt.Fprint(&d.stdout, line)
			if !said && strings.HasPrefix(line, "ready ") {
				said = true
				close(ready)
			}
			if err != nil {
				break
			}
		}
		_ = d.process.Wait() // its state says how it ended
		close(ended)
	}()
	d.t.Cleanup(func() {
		if d.process != nil {
			d.kill()
		}
		if d.t.Failed() {
			d.t.Logf("the demo's log:\n%s", tail(d.stderr.String(), 8000))
		}
	})
	select {
	case <-ready:
		return time.Since(began)
	case <-ended:
		d.process = nil
		d.t.Fatalf("the demo ended before it was ready:\n%s", d.stderr.String())
	case <-time.After(patience):
		d.t.Fatalf("the demo is not ready after %s\n%s", patience, d.stderr.String())
	}
	return 0
}

// kill is kill -9: no goodbye.
func (d *demo) kill() {
	_ = d.process.Process.Kill()
	<-d.ended
	d.process = nil
}

// terminate is SIGTERM: the demo ends in order, and soon.
func (d *demo) terminate() {
	d.t.Helper()
	began := time.Now()
	if err := d.process.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	select {
	case <-d.ended:
	case <-time.After(patience):
		d.t.Fatal("the demo does not end on SIGTERM")
	}
	if status, took := d.process.ProcessState.ExitCode(), time.Since(began); status != 0 || took > 5*time.Second {
		d.t.Errorf("SIGTERM ends the demo with status %d after %s", status, took)
	}
	d.process = nil
}

// descendants returns the processes that pid started and that still run, those
// of its children included.
func descendants(t *testing.T, pid int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		// pid (name) state ppid …; the name may hold spaces and parentheses.
		fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if len(fields) < 2 || fields[1] != strconv.Itoa(pid) {
			continue
		}
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		found = append(append(found, child), descendants(t, child)...)
	}
	return found
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// cecoia runs a command of the program to its end.
func cecoia(t *testing.T, env []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, binary, args...)
	command.Env = append(os.Environ(), env...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err := command.Run()
	if command.ProcessState == nil {
		t.Fatalf("cecoia %v: %v", args, err)
	}
	return command.ProcessState.ExitCode(), out.String(), errs.String()
}

// patience bounds what a test waits for: far more than that takes, also on a
// machine that is busy.
const patience = 2 * time.Minute

// eventually waits until what is looked for is there; it looks ever again, and
// fails with what it saw last.
func eventually(t *testing.T, what string, look func() (bool, string)) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		ok, seen := look()
		if ok {
			return
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("%s: not within %s; last seen:\n%s", what, patience, tail(seen, 4000))
		}
	}
}

// read returns a response's body and closes it.
func read(t *testing.T, body io.ReadCloser) string {
	t.Helper()
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(body, 8<<20))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
