// Command bench measures the product beside the limit of the same machine, in
// one run: for each row its own figure, what the machine does without the
// product in the way, and the ratio. It starts what it needs, a PostgreSQL that
// keeps what it commits among it, and never fails on a timing. What it measures
// is in the file of each set of rows; how, in turns.go and report.go.
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

// set is a part of the bench: rows that share what they are measured on.
type set struct {
	name    string // for --rows
	measure func(context.Context, *bench) error
}

// sets are all of them, in the order they run.
var sets = []set{
	{"pages", pages},
	{"opening", opening},
	{"commands", commands},
	{"refusals", refusals},
	{"deliveries", deliveries},
}

// options are the command line.
type options struct {
	Rows    []string      `help:"Which sets of rows to measure: ${sets}." default:"${sets}" enum:"${sets}"`
	JSON    bool          `help:"Print the rows as JSON."`
	Sizes   []int         `help:"How many tickets the pages are measured with." default:"10000,100000,1000000"`
	Rounds  int           `help:"How often product and limit take turns; the median counts." default:"3"`
	Turn    time.Duration `help:"How long each turn is." default:"200ms"`
	Replies int           `help:"How many replies are refused." default:"10000"`
	Burst   int           `help:"How many mails a burst is of." default:"20000"`
	Slow    time.Duration `help:"Show the plan of each statement slower than this. 0: none."`
}

// bench is one run.
type bench struct {
	options
	log    *slog.Logger
	folder string // for what the run needs on the disk, gone at its end
	rows   []row
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings given. It returns the exit status: 0
// whatever the figures are, 1 when they could not be taken, 2 for a wrong
// command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	names := make([]string, len(sets))
	for i, s := range sets {
		names[i] = s.name
	}
	b := bench{log: slog.New(slog.NewTextHandler(stderr, nil))}
	parser, err := kong.New(&b.options, kong.Name("bench"),
		kong.Description("Measures Cecoia beside the limit of this machine."),
		kong.Vars{"sets": strings.Join(names, ",")}, kong.Writers(stdout, stderr))
	if err == nil {
		_, err = parser.Parse(args)
	}
	if err == nil && (b.Rounds < 1 || b.Turn <= 0 || len(b.Sizes) == 0 || slices.Min(b.Sizes) < 1 || b.Replies < 1 || b.Burst < 1) {
		err = errors.New("--rounds, --turn, --sizes, --replies and --burst are at least 1")
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	if b.JSON {
		err = printJSON(stdout, b.rows)
	} else {
		err = printTable(stdout, b.rows)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

// run measures the chosen sets.
func (b *bench) run(ctx context.Context) (err error) {
	// Others may pass through the folder: the database runs as another user.
	if b.folder, err = os.MkdirTemp("", "cecoia-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.folder)) }()
	if err := os.Chmod(b.folder, 0o711); err != nil {
		return err
	}
	for _, s := range sets {
		if !slices.Contains(b.Rows, s.name) {
			continue
		}
		began := time.Now()
		if err := s.measure(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		b.log.Info("measured", "rows", s.name, "took", time.Since(began).Round(time.Second))
	}
	return nil
}
