package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"cecoia.example/deploy/local/gateway"
)

// A gateway whose clock can be set wrong: the same program, built with a time.Now
// that adds to the time of day what a file says, and nothing to the monotonic
// clock, as when an administrator or NTP sets the clock of a machine. Nothing of
// the product knows of it.
const (
	clockVariable = "DRILL_CLOCK" // names the file; it holds seconds
	timeOfDay     = "sec, nsec, mono := runtimeNow()\n"
	wrongTime     = timeOfDay + "\tsec += drilled()\n"
	drilledTime   = `package time

import "syscall"

// drilled reads by how many seconds the clock is wrong.
func drilled() (seconds int64) {
	name, _ := syscall.Getenv("` + clockVariable + `")
	if name == "" {
		return 0
	}
	fd, err := open(name)
	if err != nil {
		return 0
	}
	defer closefd(fd)
	var digits [12]byte
	n, _ := read(fd, digits[:])
	sign := int64(1)
	for _, c := range digits[:max(n, 0)] {
		if c == '-' {
			sign = -1
		} else if c >= '0' && c <= '9' {
			seconds = 10*seconds + int64(c-'0')
		}
	}
	return sign * seconds
}
`
)

// buildClock builds that program.
func (s *site) buildClock(ctx context.Context) error {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	original, err := os.ReadFile(filepath.Join(source, "time.go"))
	if err != nil {
		return err
	}
	if strings.Count(string(original), timeOfDay) != 1 {
		return errors.New("this Go has another time.Now: see cmd/drill/clock.go")
	}
	folder := filepath.Join(s.folder, "clock")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	overlay := map[string]map[string]string{"Replace": {}}
	for name, text := range map[string]string{"time.go": strings.Replace(string(original), timeOfDay, wrongTime, 1), "drilled.go": drilledTime} {
		overlay["Replace"][filepath.Join(source, name)] = filepath.Join(folder, name)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "overlay.json"), text, 0o600); err != nil {
		return err
	}
	s.wrongBinary, err = gateway.Build(ctx, folder, "-overlay", filepath.Join(folder, "overlay.json"))
	return err
}

// setClock makes the clock of that program wrong by so much.
func (s *site) setClock(by time.Duration) error {
	temp := s.clockFile() + ".new" // whole at any moment
	if err := os.WriteFile(temp, []byte(strconv.Itoa(int(by.Seconds()))), 0o600); err != nil {
		return err
	}
	return os.Rename(temp, s.clockFile())
}

func (s *site) clockFile() string { return filepath.Join(s.folder, "clock", "wrong") }

// jump has the clock of the only gateway jump an hour forth and back, then back
// and forth.
func jump(ctx context.Context, s *site, b blow) error {
	for _, by := range []time.Duration{time.Hour, 0, -time.Hour, 0} {
		if err := s.setClock(by); err != nil {
			return err
		}
		pause(ctx, time.Duration(b.times(5))*time.Second)
	}
	return nil
}

// otherProgram restarts the only gateway as another build of the program.
func (s *site) otherProgram(ctx context.Context, binary string) error {
	r := s.gateways[0]
	r.binary = binary
	return s.restart(ctx, r, stopped(ctx))
}
