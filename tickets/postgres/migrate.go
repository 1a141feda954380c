package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/tern/v2/migrate"
)

//go:embed migrations/*.sql
var embedded embed.FS

// versionTable is where tern counts the migrations that were run.
const versionTable = "public.schema_version"

// Migrate brings the database at url to this version's schema, from an empty
// one too, each migration in its own transaction. Several processes may call it
// at once: one works behind tern's advisory lock, the others wait for it. It
// refuses a database that a later version has migrated further.
func Migrate(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("postgres.Migrate: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing hangs on it
	m, err := migrate.NewMigrator(ctx, conn, versionTable)
	if err != nil {
		return fmt.Errorf("postgres.Migrate: %w", err)
	}
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return fmt.Errorf("postgres.Migrate: %w", err)
	}
	if err := m.LoadMigrations(files); err != nil {
		return fmt.Errorf("postgres.Migrate: %w", err)
	}
	if err := m.Migrate(ctx); err != nil {
		return fmt.Errorf("postgres.Migrate: %w", err)
	}
	return nil
}

// checkSchema refuses a database whose schema is older than this program. A
// newer one is let through: instances are replaced one by one.
func checkSchema(ctx context.Context, pool *pgxpool.Pool) error {
	files, err := fs.Glob(embedded, "migrations/*.sql")
	if err != nil {
		return err
	}
	var version int
	err = pool.QueryRow(ctx, `SELECT version FROM `+versionTable).Scan(&version)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == undefinedTable {
		version, err = 0, nil
	}
	if err != nil {
		return err
	}
	if version < len(files) {
		return fmt.Errorf("the schema is at version %d, this program needs %d: run `cecoia migrate`", version, len(files))
	}
	return nil
}
