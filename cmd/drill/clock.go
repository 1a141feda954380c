package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"cecoia.example/deploy/local/gateway"
)

// A gateway whose clock can be set wrong: the same program, built with a time.Now
// that adds to the time of day what a file says, and nothing to the monotonic
// clock, as when an administrator or NTP sets the clock of a machine. Nothing of
// the product knows of it.
const (
	clockVariable = "DRILL_CLOCK" // names the file; it holds seconds, in eight bytes
	timeOfDay     = "sec, nsec, mono := runtimeNow()\n"
	wrongTime     = timeOfDay + "\tsec += *drilled\n"
	// The runtime asks for the time where it may not enter the system: the file is
	// mapped into memory.
	drilledTime = `package time

import (
	"syscall"
	"unsafe"
)

// drilled is by how many seconds the clock is wrong.
var drilled = new(int64)

func init() {
	name, _ := syscall.Getenv("` + clockVariable + `")
	fd, err := syscall.Open(name, syscall.O_RDONLY, 0)
	if err != nil {
		return
	}
	if shared, err := syscall.Mmap(fd, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED); err == nil {
		drilled = (*int64)(unsafe.Pointer(&shared[0]))
	}
	syscall.Close(fd)
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
	// Always in the same folder: the first time all that the program is made of is
	// compiled anew, which takes minutes, and from then on it is in Go's cache.
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	folder := filepath.Join(cache, "cecoia-drill")
	if err := os.MkdirAll(folder, 0o700); err != nil {
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
	wrong := filepath.Dir(s.clockFile())
	if err := os.Mkdir(wrong, 0o711); err != nil {
		return err
	}
	if err := s.setClock(0); err != nil { // there is something to map
		return err
	}
	s.wrongBinary, err = gateway.Build(ctx, wrong, "-overlay", filepath.Join(folder, "overlay.json"))
	return err
}

// setClock makes the clock of that program wrong by so much, at once.
func (s *site) setClock(by time.Duration) error {
	file, err := os.OpenFile(s.clockFile(), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(binary.NativeEndian.AppendUint64(nil, uint64(int64(by.Seconds()))))
	return errors.Join(err, file.Close())
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
