package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"

	localpostgres "cecoia.example/deploy/local/postgres"
	localredis "cecoia.example/deploy/local/redis"
	"cecoia.example/tickets/postgres"
)

// stopWithin bounds the end of the embedded database.
const stopWithin = 4 * time.Second

// database is an open database. Close it at the end: what was started for it
// is stopped.
type database struct {
	*postgres.DB
	Close func()
	// Lost closes when an embedded server ends by itself; nil for another.
	Lost <-chan struct{}
}

// openDatabase opens the configured database, or starts the embedded one and
// brings its schema up to date.
func openDatabase(ctx context.Context, s settings, log *slog.Logger) (*database, error) {
	url, stop, lost := s.DatabaseURL, func() {}, (<-chan struct{})(nil)
	if url == "" {
		server, err := startPostgres(ctx, s, log)
		if err != nil {
			return nil, err
		}
		url, lost, stop = server.URL(), server.Done(), func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
			defer cancel()
			server.Stop(ctx)
		}
		if err := postgres.Migrate(ctx, url); err != nil {
			stop()
			return nil, err
		}
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: url, MaxConns: 32})
	if err != nil {
		stop()
		return nil, err
	}
	opened := &database{DB: db, Lost: lost, Close: func() { db.Close(); stop() }}
	if s.DatabaseURL == "" { // ours alone: a killed process has nothing under way any more
		if err := freeLeases(ctx, db); err != nil {
			opened.Close()
			return nil, err
		}
	}
	return opened, nil
}

// openBeside opens the database for an operator's command: as openDatabase does,
// or beside the gateway that runs the embedded one.
func openBeside(ctx context.Context, s settings, log *slog.Logger) (*database, error) {
	db, err := openDatabase(ctx, s, log)
	inUse, ok := errors.AsType[*localpostgres.InUseError](err)
	if !ok {
		return db, err
	}
	beside, err := postgres.Open(ctx, postgres.Options{URL: inUse.URL, MaxConns: 4})
	if err != nil {
		return nil, err
	}
	return &database{DB: beside, Close: beside.Close}, nil
}

// freeLeases lets what a killed process was sending be sent again at once.
func freeLeases(ctx context.Context, db *postgres.DB) error {
	academies, err := db.Academies(ctx)
	for _, a := range academies {
		err = errors.Join(err, db.FreeLeases(ctx, a.ID))
	}
	return err
}

func startPostgres(ctx context.Context, s settings, log *slog.Logger) (*localpostgres.Server, error) {
	data, err := s.dataFolder()
	if err != nil {
		return nil, err
	}
	server, err := localpostgres.Start(ctx, localpostgres.Options{
		Dir: filepath.Join(data, "postgres"), Fsync: true, Logger: log.With("part", "postgres"),
	})
	if missing, ok := errors.AsType[*localpostgres.MissingError](err); ok {
		return nil, fmt.Errorf("PostgreSQL is not installed here, and CECOIA_DATABASE_URL names none elsewhere. To install it:\n\n  %w", missing)
	}
	return server, err
}

// dataFolder returns the data folder and makes it when it is missing. Others
// may pass through it, as the embedded database runs as another user; what is
// private in it has its own permissions.
func (s settings) dataFolder() (string, error) {
	data := s.Data
	if data == "" {
		data = defaultData
	}
	if err := os.MkdirAll(data, 0o711); err != nil {
		return "", fmt.Errorf("CECOIA_DATA: %w", err)
	}
	return data, nil
}

// openRedis connects to the configured Redis, or to an embedded one in memory.
// A Redis that is away is no error: everything works without, more slowly.
func openRedis(ctx context.Context, s settings, log *slog.Logger) (*redisConn, error) {
	url, stop := s.RedisURL, func() {}
	if url == "" {
		embedded, err := localredis.StartEmbedded(ctx, localredis.Options{})
		if err != nil {
			return nil, err
		}
		url, stop = embedded.URL(), embedded.Close
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		stop()
		return nil, fmt.Errorf("CECOIA_REDIS_URL: not a Redis URL") // the cause would show the password
	}
	options.ContextTimeoutEnabled = true // or a silent server outlasts every deadline of ours
	redis.SetLogger(redisLog{log})       // it would print what we report ourselves
	client := redis.NewClient(options)
	return &redisConn{Client: client, options: options, Close: func() { _ = client.Close(); stop() }}, nil
}

// redisConn is a Redis client. Close it at the end: what was started for it is
// stopped.
type redisConn struct {
	*redis.Client
	Close func()
	// options are for those who open a pool of their own: the client's, which
	// Client.Options returns, change while it connects.
	options *redis.Options
}

// redisLog takes what the Redis client says of its connections.
type redisLog struct{ log *slog.Logger }

// Printf logs a line of the client, for those who look closely.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, "redis: "+fmt.Sprintf(format, args...))
}

type migrateCommand struct {
	settings `embed:""`
}

// Run brings the schema of the configured database up to date.
func (c *migrateCommand) Run(ctx context.Context, out *output) error {
	if c.DatabaseURL == "" {
		// The embedded database is migrated whenever it is started.
		db, err := openBeside(ctx, c.settings, c.logger())
		if err != nil {
			return err
		}
		db.Close()
	} else if err := postgres.Migrate(ctx, c.DatabaseURL); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, "the schema is up to date")
	return err
}
