package postgres

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bench is a script for pgbench, PostgreSQL's own measuring tool: what the
// machine does with bare statements, prepared.
type Bench struct {
	URL       string            // of the database
	Script    string            // a file in pgbench's language
	Variables map[string]string // those of the script, by name
}

// Run has that many clients run the script again and again for about that long,
// whole seconds and at least one; at the rate of so many transactions a second
// when that is not 0. It returns what each transaction took, from the moment it
// was due when there is a rate.
func (b Bench) Run(ctx context.Context, clients int, length time.Duration, rate int) ([]time.Duration, error) {
	binaries, err := findBinaries()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "cecoia-pgbench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	args := []string{
		"--no-vacuum", "--protocol=prepared", "--client=" + strconv.Itoa(clients), "--file=" + b.Script, "--log",
		"--log-prefix=" + filepath.Join(folder, "log"), "--time=" + strconv.Itoa(max(int(math.Ceil(length.Seconds())), 1)),
	}
	for _, name := range slices.Sorted(maps.Keys(b.Variables)) {
		args = append(args, "--define="+name+"="+b.Variables[name])
	}
	if rate > 0 {
		args = append(args, "--rate="+strconv.Itoa(rate))
	}
	cmd := exec.CommandContext(ctx, filepath.Join(binaries, "pgbench"), append(args, b.URL)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pgbench: %w: %s", err, bytes.TrimSpace(out))
	}
	logs, err := filepath.Glob(filepath.Join(folder, "log*"))
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	for _, path := range logs {
		if took, err = readTimes(took, path); err != nil {
			return nil, err
		}
	}
	if len(took) == 0 {
		return nil, errors.New("pgbench: no transaction was done")
	}
	return took, nil
}

// readTimes adds the times of a log of pgbench's: its third field, in µs.
func readTimes(took []time.Duration, path string) ([]time.Duration, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 {
			continue
		}
		us, err := strconv.ParseFloat(fields[2], 64)
		if err != nil {
			return nil, fmt.Errorf("pgbench's log: %q", lines.Text()) // "failed" and "skipped" among them
		}
		took = append(took, time.Duration(us*float64(time.Microsecond)))
	}
	return took, nil
}
