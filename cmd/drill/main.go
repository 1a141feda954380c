// Command drill breaks what a gateway stands on, one thing after the other,
// under a steady load, and counts what was owed and what arrived.
//
// Real processes of cecoia serve, a PostgreSQL that keeps what it commits, a
// redis-server that keeps nothing, a mail server and a Mattermost double that
// keep what they are given. Every word that the load sends is told apart, so
// that what is lost, doubled or out of order is seen where people would see it:
// in the mailbox and in the chat, not in the gateway's own figures.
//
//	faults.go  the table of what breaks
//	disk.go    a disk that can be filled
//	clock.go   a clock that can be set wrong
//	drill.go   one row: a load, a fault, what became of it
//	load.go    who opens tickets and who types commands
//	portal.go  a browser, and a visitor who looks whether the portal answers
//	tally.go   what was owed, what arrived
//	held.go    what a gateway holds beyond what is usual: leaks
//	table.go   the table
//	soak.go    ten minutes at half the highest rate
//	site.go    what runs, and how it is set up by the program's own commands
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// options is the command line.
type options struct {
	Faults   []string      `help:"Which faults, by name. Default: all." placeholder:"NAME,…"`
	List     bool          `help:"List the faults and end."`
	Quick    bool          `help:"Each fault for a moment, and each killing twice."`
	Openings float64       `help:"Tickets opened in a second." default:"6"`
	Commands float64       `help:"Commands typed in a second." default:"30"`
	Soak     time.Duration `help:"No fault: so long at half the highest rate, memory and latency told per minute." placeholder:"10m"`
	Logs     string        `help:"Keep what the gateways log in this file." type:"path"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings given. It returns the exit status: 0 when
// every promise was kept, 1 when one was not or the drill itself failed, 2 for a
// wrong command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	parser, err := kong.New(&o, kong.Name("drill"), kong.Description("Breaks what Cecoia stands on, and counts what is lost."), kong.Writers(stdout, stderr))
	if err == nil {
		_, err = parser.Parse(args)
	}
	chosen, unknown := choose(o.Faults)
	if err == nil && (len(unknown) > 0 || o.Openings <= 0 || o.Commands <= 0 || o.Soak < 0) {
		err = fmt.Errorf("no fault is called %s; rates are above 0", strings.Join(unknown, ", "))
	}
	if err != nil {
		fmt.Fprintln(stderr, "drill:", err)
		return 2
	}
	if o.List {
		for _, f := range faults {
			fmt.Fprintf(stdout, "%-22s %s\n", f.name, f.what)
		}
		return 0
	}
	if err := o.run(ctx, chosen, stdout, slog.New(slog.NewTextHandler(stderr, nil))); err != nil {
		fmt.Fprintln(stderr, "drill:", err)
		return 1
	}
	return 0
}

// choose returns the faults of those names, all for none.
func choose(names []string) (chosen []fault, unknown []string) {
	for _, name := range names {
		if !slices.ContainsFunc(faults, func(f fault) bool { return f.name == name }) {
			unknown = append(unknown, name)
		}
	}
	for _, f := range faults {
		if len(names) == 0 || slices.Contains(names, f.name) {
			chosen = append(chosen, f)
		}
	}
	return chosen, unknown
}

// errBroken says that a promise was not kept; the table tells which.
var errBroken = errors.New("a promise was broken: see the table")

func (o options) run(ctx context.Context, chosen []fault, stdout io.Writer, log *slog.Logger) (err error) {
	s, err := openSite(ctx, o.Logs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if o.Soak > 0 {
		return soak(ctx, s, o.Soak, stdout)
	}
	load := pace{o.Openings, o.Commands}
	if err := s.warm(ctx, load); err != nil {
		return err
	}
	var rows []row
	for _, f := range chosen {
		began := time.Now()
		r, err := s.drill(ctx, load, o.Quick, f)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", f.name, err), printTable(stdout, rows))
		}
		rows = append(rows, r)
		log.Info("drilled", "fault", r.name, "owed", r.owed, "lost", r.lost(), "doubled", r.doubled, "longest", r.longest.Round(time.Millisecond),
			"took", time.Since(began).Round(time.Second), "broken", len(r.broken))
	}
	if err := printTable(stdout, rows); err != nil {
		return err
	}
	if slices.ContainsFunc(rows, func(r row) bool { return len(r.broken) > 0 }) {
		return errBroken
	}
	return nil
}
