// Command cecoia is the helpdesk gateway: the one binary, its configuration,
// the wiring of its parts by plain calls, and its sub-commands. No rule of the
// house lives here: what a ticket is, is in tickets; how people are reached, in
// notify; what they send, in ingest; what they see, in web.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands is the command line; each command's Run is in the file of its name.
type commands struct {
	Demo       demoCommand       `cmd:"" help:"Run everything on the embedded default with made-up data, in one process."`
	Serve      serveCommand      `cmd:"" help:"Run the gateway."`
	Migrate    migrateCommand    `cmd:"" help:"Bring the database's schema up to date."`
	Apply      applyCommand      `cmd:"" help:"Apply a desk file: academies, groups, themes, addresses."`
	People     peopleCommand     `cmd:"" help:"The directory: import people, set a local password."`
	Deliveries deliveriesCommand `cmd:"" help:"What is owed and what was given up: list, show, replay."`
	Doctor     doctorCommand     `cmd:"" help:"Prove what the gateway leans on, one by one, with the remedy for what fails."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
	Help       helpCommand       `cmd:"" help:"Explain a topic: config."`
}

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings given: it returns the exit status, 0 for a
// clean end (SIGTERM and Ctrl-C included), 1 for a failure, 2 for a wrong
// command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()

	var cli commands
	parser, err := kong.New(&cli,
		kong.Name("cecoia"),
		kong.Description("Cecoia, the helpdesk gateway. Settings come from the environment: see 'cecoia help config'."),
		kong.UsageOnError(),
		kong.Writers(stdout, stderr),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&output{stdout}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "cecoia:", err)
		return 1
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "cecoia:", err)
		return 2
	}
	if err := command.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, "cecoia:", err)
		return 1
	}
	return 0
}

// output is where a command prints its result; logs go elsewhere.
type output struct{ io.Writer }

// logger writes structured lines to standard error.
func (s settings) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

type versionCommand struct{}

// Run prints the module's version and the Go version that built it.
func (versionCommand) Run(out *output) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("no build information")
	}
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	_, err := fmt.Fprintf(out, "cecoia %s %s\n", version, info.GoVersion)
	return err
}
