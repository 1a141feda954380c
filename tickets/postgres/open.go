package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"

	"cecoia.example/tickets"
)

// DB is the register on one PostgreSQL database. It is safe for concurrent use.
type DB struct {
	pool        *pgxpool.Pool
	definitions definitions
}

var _ tickets.Store = (*DB)(nil)

// Options say which database, and how much of it.
type Options struct {
	// URL is the database's address (postgres://… or the libpq keywords); its
	// own settings of the session win over those of Open. Required.
	URL string
	// MaxConns bounds the connections of this process; 16 when 0.
	MaxConns int
}

// sessionDefaults bound what a statement, a forgotten transaction or a lock can
// cost the others, in PostgreSQL's own units.
var sessionDefaults = map[string]string{
	"application_name":                    "cecoia",
	"statement_timeout":                   "15s",
	"lock_timeout":                        "5s",
	"idle_in_transaction_session_timeout": "30s",
}

// Open connects to a database that [Migrate] has brought to this version's
// schema, and refuses an older one. The error is [Unavailable] when the
// database does not answer.
func Open(ctx context.Context, o Options) (*DB, error) {
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("postgres.Open: %w", err)
	}
	config.MaxConns = 16
	if o.MaxConns > 0 {
		config.MaxConns = int32(min(o.MaxConns, 10_000))
	}
	config.MaxConnLifetimeJitter = 5 * time.Minute
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	for name, value := range sessionDefaults {
		if _, set := config.ConnConfig.RuntimeParams[name]; !set {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		conn.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID,
			Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		pgxuuid.Register(conn.TypeMap()) // else ids, and arrays of them, go as text
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("postgres.Open: %w", err)
	}
	if err := checkSchema(ctx, pool); err != nil {
		pool.Close()
		return nil, fmt.Errorf("postgres.Open: %w", err)
	}
	return &DB{pool: pool}, nil
}

// Close waits for the statements under way and ends all connections.
func (db *DB) Close() { db.pool.Close() }

// Pool is the pool of connections, for what keeps its own table here (sessions,
// the leader's advisory lock).
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Ping proves that the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.pool.Ping(ctx); err != nil {
		return fmt.Errorf("postgres.Ping: %w", err)
	}
	return nil
}
