// Package postgres runs PostgreSQL as a child process from the binaries
// installed on the machine: the database of the demo, of a `cecoia serve`
// without a database address, and of the tests.
//
// It knows nothing of the schema or of the data: that is tickets/postgres.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"cecoia.example/deploy/local/child"
)

// name is the superuser and the database made in every cluster.
const name = "cecoia"

// Options says where and how a Server runs.
type Options struct {
	// Dir is the folder of this server, created when missing: the cluster in
	// Dir/data, its socket in Dir/run. Required. When this process is root,
	// Dir is handed to an unprivileged user, and that user must be able to
	// traverse the folders above it.
	Dir string
	// Fsync makes commits survive a crash of the machine. Off is for tests:
	// a crash of the machine then loses the cluster.
	Fsync bool
	// MaxConnections is the server's max_connections. Default 100.
	MaxConnections int
	// Logger receives what the server reports. Default: discarded.
	Logger *slog.Logger
}

// A Server is a running PostgreSQL.
type Server struct {
	process *child.Process
	lock    *os.File
	socket  string // folder of the socket
	// quiet is set while refused and cut connections are expected: starting,
	// stopping.
	quiet atomic.Bool
}

// Start runs the cluster in opts.Dir, which it makes when there is none, and
// returns once a connection succeeds. A server left behind by a killed process
// is stopped first. Errors: *MissingError without binaries, *InUseError when
// another process runs the same folder. Cancelling ctx abandons the start; it
// does not end a started server.
func Start(ctx context.Context, opts Options) (_ *Server, err error) {
	if opts.MaxConnections == 0 {
		opts.MaxConnections = 100
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Dir == "" {
		return nil, errors.New("postgres.Start: Options.Dir is required")
	}
	binaries, err := findBinaries()
	if err != nil {
		return nil, err
	}
	home, err := openHome(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("postgres.Start: %w", err)
	}
	defer func() {
		if err != nil {
			_ = home.lock.Close() // releases the lock; nothing was written through it
		}
	}()
	if err := home.stopPrevious(ctx); err != nil {
		return nil, fmt.Errorf("postgres.Start: %w", err)
	}
	if err := home.initialise(ctx, binaries, opts.Fsync); err != nil {
		return nil, fmt.Errorf("postgres.Start: %w", err)
	}
	s := &Server{lock: home.lock, socket: home.socket}
	s.quiet.Store(true)

	arguments := []string{"-D", home.data}
	for _, setting := range settings(opts, home.socket) {
		arguments = append(arguments, "-c", setting)
	}
	cmd := exec.Command(filepath.Join(binaries, "postgres"), arguments...)
	home.prepare(cmd)
	s.process, err = child.Start(cmd, child.Options{
		// Immediate shutdown: every commit is in the write-ahead log already.
		DeathSignal: syscall.SIGQUIT,
		Line:        func(line string) { s.log(opts.Logger, line) },
	})
	if err != nil {
		return nil, fmt.Errorf("postgres.Start: %w", err)
	}
	const patience = 60 * time.Second // crash recovery may replay much
	if err := s.process.Ready(ctx, patience, s.createDatabase); err != nil {
		s.process.Stop(ctx, child.Step{Signal: syscall.SIGQUIT, Patience: 2 * time.Second})
		return nil, fmt.Errorf("postgres.Start %s: %w", opts.Dir, err)
	}
	s.quiet.Store(false)
	return s, nil
}

// settings are the server's parameters that differ from PostgreSQL's defaults.
func settings(opts Options, socket string) []string {
	s := []string{
		"listen_addresses=",
		"unix_socket_directories=" + socket,
		"unix_socket_permissions=0700",
		"max_connections=" + strconv.Itoa(opts.MaxConnections),
		"timezone=UTC",
		"log_timezone=UTC",
		"log_line_prefix=",
		"log_min_error_statement=panic", // statements carry people's words: never in a log
		"log_error_verbosity=terse",     // and so does DETAIL
		"jit=off",                       // short queries only: compiling costs more than it saves
	}
	if !opts.Fsync {
		s = append(s, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
	}
	return s
}

// createDatabase makes the database where there is none yet.
func (s *Server) createDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // the answer is already in hand
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		_, err = conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize())
	}
	return err
}

// log passes one line of the server's report on, at the level of its severity.
func (s *Server) log(logger *slog.Logger, line string) {
	severity, text, found := strings.Cut(line, ":  ")
	if !found {
		logger.Debug("postgres", "line", line)
		return
	}
	switch severity {
	case "PANIC":
		logger.Error("postgres: panic", "message", text)
	case "FATAL":
		if s.quiet.Load() && (strings.Contains(text, "the database system is") || strings.Contains(text, "due to administrator command")) {
			return
		}
		logger.Warn("postgres: fatal", "message", text)
	case "WARNING":
		logger.Warn("postgres: warning", "message", text)
	default: // ERROR included: the application gets it as the query's result
		logger.Debug("postgres", "severity", severity, "message", text)
	}
}

// URL returns the connection string of the database, over the Unix socket, as
// pgx and libpq read it.
func (s *Server) URL() string { return s.url(name) }

func (s *Server) url(database string) string { return address(s.socket, database) }

func address(socket, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(name), Path: "/" + database}
	u.RawQuery = url.Values{"host": {socket}, "sslmode": {"disable"}}.Encode()
	return u.String()
}

// PID returns the process id of the postmaster.
func (s *Server) PID() int { return s.process.PID() }

// Done is closed when the server has ended, stopped or not.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Stop ends the server: fast shutdown (sessions cut, checkpoint written), then
// immediate shutdown when that takes over 3 s or ctx ends, then SIGKILL. It
// returns with no child left; a second call does nothing.
func (s *Server) Stop(ctx context.Context) {
	s.quiet.Store(true)
	s.process.Stop(ctx,
		child.Step{Signal: syscall.SIGINT, Patience: 3 * time.Second},
		child.Step{Signal: syscall.SIGQUIT, Patience: time.Second})
	_ = os.Remove(s.socket) // may lie outside Dir; made again at the next start
	_ = s.lock.Close()      // a second Close fails harmlessly
}
