// Package gateway runs `cecoia serve` as a child process, as an administrator's
// machine does: for the drills, which kill it, and for whatever else measures it
// from outside.
//
// It knows the program by its command line, its environment and its addresses
// alone; what it is given to serve belongs to the caller.
package gateway

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cecoia.example/deploy/local/child"
)

const (
	// startWithin bounds a start on a migrated database.
	startWithin = time.Minute
	// stopWithin bounds an orderly end.
	stopWithin = 15 * time.Second
)

// Build compiles the program into the folder and returns its path. The flags go
// to go build. It must run inside this module.
func Build(ctx context.Context, folder string, flags ...string) (string, error) {
	binary := filepath.Join(folder, "cecoia")
	arguments := append([]string{"build", "-o", binary}, flags...)
	build := exec.CommandContext(ctx, "go", append(arguments, "cecoia.example/cmd/cecoia")...)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("gateway.Build: %w: %s", err, out)
	}
	return binary, nil
}

// Addresses are where one gateway listens.
type Addresses struct{ Portal, Hooks, Ops string }

// FreeAddresses are those of a gateway that may be away for a while: see
// [child.FreeAddresses].
func FreeAddresses(ctx context.Context) (Addresses, error) {
	free, err := child.FreeAddresses(ctx, 3)
	if err != nil {
		return Addresses{}, err
	}
	return Addresses{Portal: free[0], Hooks: free[1], Ops: free[2]}, nil
}

// Options says what is run, and where.
type Options struct {
	// Command is the program and its arguments. Required.
	Command []string
	// Env are its variables, as VARIABLE=value; those of this process are passed
	// on but for the settings of a gateway.
	Env []string
	// Addresses are where it listens. Required.
	Addresses Addresses
	// Line receives what it logs. Nil discards it.
	Line func(string)
}

// A Gateway is a running `cecoia serve`.
type Gateway struct {
	Addresses
	process *child.Process
}

// Start runs the program and returns once it says that it is ready. Cancelling
// ctx abandons the start; it does not end a started gateway.
func Start(ctx context.Context, o Options) (*Gateway, error) {
	cmd := exec.Command(o.Command[0], o.Command[1:]...)
	cmd.Env = Environ(o.Env...)
	cmd.Env = append(cmd.Env, "CECOIA_PORTAL_ADDR="+o.Addresses.Portal, "CECOIA_HOOKS_ADDR="+o.Addresses.Hooks, "CECOIA_OPS_ADDR="+o.Addresses.Ops)
	ready, said := make(chan struct{}), false
	process, err := child.Start(cmd, child.Options{Line: func(line string) {
		switch {
		case strings.HasPrefix(line, "ready ") && !said:
			said = true
			close(ready)
		case o.Line != nil:
			o.Line(line)
		}
	}})
	if err != nil {
		return nil, fmt.Errorf("gateway.Start: %w", err)
	}
	g := &Gateway{Addresses: o.Addresses, process: process}
	patience := time.NewTimer(startWithin)
	defer patience.Stop()
	select {
	case <-ready:
		return g, nil
	case <-process.Done():
		return nil, fmt.Errorf("gateway.Start: it ended before it was ready: %w", process.Err())
	case <-ctx.Done():
		err = ctx.Err()
	case <-patience.C:
		err = fmt.Errorf("not ready within %s", startWithin)
	}
	process.Kill()
	return nil, fmt.Errorf("gateway.Start: %w", err)
}

// Environ is the environment of this process without a gateway's settings, and
// those given.
func Environ(settings ...string) []string {
	var all []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "CECOIA_") {
			all = append(all, variable)
		}
	}
	return append(all, settings...)
}

// PID returns its process id.
func (g *Gateway) PID() int { return g.process.PID() }

// Done is closed when it has ended, asked or not.
func (g *Gateway) Done() <-chan struct{} { return g.process.Done() }

// Kill is kill -9; it returns when the process is gone.
func (g *Gateway) Kill() { g.process.Kill() }

// Stop asks it to end, waits for that, and returns how it ended: an error when
// it failed or had to be killed.
func (g *Gateway) Stop(ctx context.Context) error {
	g.process.Stop(ctx, child.Step{Signal: syscall.SIGTERM, Patience: stopWithin})
	return g.process.Err()
}

// Figures returns what it tells Prometheus: the value of each series, by its
// name with its labels as they are written there.
func (g *Gateway) Figures(ctx context.Context) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.Ops+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	req.Close = true // a connection kept alive would be counted among what it holds
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("gateway.Figures: %w", err)
	}
	defer res.Body.Close()
	figures := map[string]float64{}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		name, value, found := cutLast(lines.Text(), ' ')
		if v, err := strconv.ParseFloat(value, 64); found && err == nil && name[0] != '#' {
			figures[name] = v
		}
	}
	return figures, lines.Err()
}

func cutLast(s string, separator byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, separator); i > 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}
