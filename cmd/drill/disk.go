package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"cecoia.example/deploy/local/child"
)

// diskSize is how large the disk of the documents is.
const diskSize = "64m"

// disk is the disk of the gateways' data, so small that it can be filled: a file
// system in memory, mounted in a namespace that only a sleeping process holds
// and the gateways enter. It is gone with that process.
type disk struct {
	process *child.Process // nil where this machine allows no such namespace: an ordinary folder
	why     error          // it allows none
	at      string         // where it is mounted, in the namespace
	root    bool
}

// openDisk mounts it. Without being root, in a namespace of users as well.
func openDisk(ctx context.Context, folder string) (*disk, error) {
	d := &disk{at: filepath.Join(folder, "data"), root: os.Geteuid() == 0}
	if err := os.Mkdir(d.at, 0o711); err != nil { // others pass through it
		return nil, err
	}
	arguments := []string{"--mount"}
	if !d.root {
		arguments = append(arguments, "--map-root-user")
	}
	arguments = append(arguments, "sh", "-c", `mount -t tmpfs -o size=`+diskSize+` drill "$1" && touch "$1/mounted" && exec sleep 1d`, "disk", d.at)
	said := make(chan string, 16)
	process, err := child.Start(exec.Command("unshare", arguments...), child.Options{Line: func(line string) {
		select {
		case said <- line:
		default:
		}
	}})
	if err != nil {
		return nil, err
	}
	d.process = process
	err = process.Ready(ctx, 5*time.Second, func(context.Context) error { _, err := os.Stat(d.seen("mounted")); return err })
	if err != nil {
		process.Kill()
		close(said)
		d.process, d.why = nil, fmt.Errorf("no disk of its own for the documents: %w: %s", err, <-said)
	}
	return d, nil
}

// seen is the path of a file on the disk, for processes outside the namespace.
func (d *disk) seen(name string) string {
	if d.process == nil {
		return filepath.Join(d.at, name)
	}
	return filepath.Join("/proc", strconv.Itoa(d.process.PID()), "root", d.at, name)
}

// within is the command line of a program that sees the disk.
func (d *disk) within(command ...string) []string {
	if d.process == nil {
		return command
	}
	enter := []string{"nsenter", "--target", strconv.Itoa(d.process.PID()), "--mount"}
	if !d.root {
		enter = append(enter, "--user", "--preserve-credentials")
	}
	return append(append(enter, "--"), command...)
}

// fill leaves no room on it.
func (d *disk) fill() error {
	if d.process == nil {
		return d.why // never the machine's own disk
	}
	filler, err := os.Create(d.seen("filler"))
	if err != nil {
		return err
	}
	_, err = io.Copy(filler, zeroes{})
	if !errors.Is(err, syscall.ENOSPC) {
		return errors.Join(fmt.Errorf("filling the disk: %w", err), filler.Close())
	}
	_ = filler.Close() // whatever it kept is of no use
	return nil
}

// empty makes room again.
func (d *disk) empty() error { return os.Remove(d.seen("filler")) }

func (d *disk) close() error {
	if d.process != nil {
		d.process.Kill()
	}
	return nil
}

// zeroes is an endless reader of them.
type zeroes struct{}

// Read reads zeroes.
func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }
