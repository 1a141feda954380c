// Package child runs the helper programs of the embedded default (PostgreSQL,
// redis-server) as child processes that never outlive this process, not even
// when it is killed with SIGKILL.
//
// Only the life and death of a process live here; what a program needs to be
// useful (its folder, its settings, when it is ready) belongs to the package
// of that program.
package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// A Process is a running child.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // result of Wait, readable once done is closed
}

// Options says how a child is started.
type Options struct {
	// DeathSignal is what the kernel sends the child when this process dies
	// without having stopped it (Linux only). Default SIGKILL.
	DeathSignal syscall.Signal
	// Line receives each line the child writes on its standard output and
	// error, without the line end. Nil discards them.
	Line func(line string)
}

// Start starts cmd, in a process group of its own: Ctrl-C in a terminal must
// reach this process alone, which then stops its children in order.
// cmd.SysProcAttr may already carry a Credential.
func Start(cmd *exec.Cmd, opts Options) (*Process, error) {
	if opts.DeathSignal == 0 {
		opts.DeathSignal = syscall.SIGKILL
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	setDeathSignal(cmd.SysProcAttr, opts.DeathSignal)
	// A grandchild that keeps the pipe open must not hold Wait for ever.
	cmd.WaitDelay = 2 * time.Second

	endOutput := func() {}
	if opts.Line != nil {
		lines, output := io.Pipe()
		cmd.Stdout, cmd.Stderr = output, output
		read := make(chan struct{})
		go func() {
			defer close(read)
			readLines(lines, opts.Line)
		}()
		endOutput = func() {
			_ = output.Close() // a PipeWriter's Close cannot fail
			<-read
		}
	}

	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The death signal follows the thread that forked, not the process:
		// this thread does nothing else until the child has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
		endOutput()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("child.Start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// readLines calls line for each line of r; over-long lines come in pieces.
func readLines(r io.Reader, line func(string)) {
	buffered := bufio.NewReaderSize(r, 4096)
	for {
		text, _, err := buffered.ReadLine()
		if err != nil {
			return
		}
		line(string(text))
	}
}

// PID returns the child's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed once the child has ended, for whatever reason, and its last
// line was handed over.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how the child ended (nil for exit status 0). Call it only once
// Done is closed.
func (p *Process) Err() error { return p.err }

// ErrEnded says that a process ended while it was waited for.
var ErrEnded = errors.New("it ended while starting")

// Ready tries the server until it answers, for that long at most. It returns the
// last error then, or ErrEnded with the process's own.
func (p *Process) Ready(ctx context.Context, patience time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	retry := time.NewTicker(10 * time.Millisecond)
	defer retry.Stop()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%w: %w", ErrEnded, p.err)
		case <-ctx.Done():
			return fmt.Errorf("it is not ready: %w", err)
		case <-retry.C:
		}
	}
}

// Signal sends sig to the child; a child that has ended is not an error.
func (p *Process) Signal(sig os.Signal) {
	// The only failure is os.ErrProcessDone: nothing is left to signal.
	_ = p.cmd.Process.Signal(sig)
}

// Kill ends the child at once with SIGKILL and returns when it is gone.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// A Step is one signal of Stop and how long to wait for its effect.
type Step struct {
	Signal   syscall.Signal
	Patience time.Duration
}

// Stop sends each step's signal in turn until the child has ended, and at last
// SIGKILL. When ctx ends, the current wait is cut short, and so are those that
// follow: Stop always returns with the child gone.
func (p *Process) Stop(ctx context.Context, steps ...Step) {
	for _, step := range steps {
		p.Signal(step.Signal)
		patience := time.NewTimer(step.Patience)
		select {
		case <-p.done:
		case <-patience.C:
		case <-ctx.Done():
		}
		patience.Stop()
		select {
		case <-p.done:
			return
		default:
		}
	}
	p.Kill()
}
