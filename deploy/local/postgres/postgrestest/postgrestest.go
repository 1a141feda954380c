// Package postgrestest gives each test a fresh database on a real PostgreSQL:
// one throwaway cluster per test process, started by the first test that asks,
// one template database per schema, one clone of it per test.
//
// Durability is off: never measure speed or survival here.
package postgrestest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cecoia.example/deploy/local/child"
	"cecoia.example/deploy/local/postgres"
)

// shared is the cluster of this test process. It is the one global of the
// package: tests of a package share nothing else to hang it on.
var shared cluster

type cluster struct {
	start     sync.Once
	err       error
	server    *postgres.Server
	remove    func() error // removes the cluster's folder
	templates sync.Map     // name → *template
	clones    atomic.Int64
}

type template struct {
	make sync.Once
	err  error
}

// patience bounds each step on the cluster, on a machine that may be busy.
const patience = 60 * time.Second

// Main runs the tests of a package, then stops the cluster if one was started,
// removes its folder and exits. Call it from TestMain. Without it, or after a
// panic, the same happens within a moment of the end of the process.
func Main(m *testing.M) {
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "postgrestest:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// New returns the URL of a fresh database for this test. key names the schema
// and migrate brings an empty database to it: migrate runs once per key and
// test process, the result is cloned. The database is dropped at the end of
// the test, connections included. For goleak: call goleak.IgnoreCurrent after
// the first New, the cluster's own goroutines outlive the test.
func New(t testing.TB, key string, migrate func(ctx context.Context, url string) error) string {
	t.Helper()
	shared.start.Do(func() { shared.err = shared.launch() })
	if shared.err != nil {
		t.Fatalf("postgrestest.New: starting PostgreSQL: %v", shared.err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()

	source := fmt.Sprintf("template_%x", sha256.Sum256([]byte(key)))[:32]
	value, _ := shared.templates.LoadOrStore(source, new(template))
	made := value.(*template)
	made.make.Do(func() { made.err = shared.makeTemplate(ctx, source, migrate) })
	if made.err != nil {
		t.Fatalf("postgrestest.New: schema %q: %v", key, made.err)
	}

	clone := fmt.Sprintf("test_%d", shared.clones.Add(1))
	if err := shared.exec(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", clone, source)); err != nil {
		t.Fatalf("postgrestest.New: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := shared.exec(ctx, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", clone)); err != nil {
			t.Errorf("postgrestest: %v", err)
		}
	})
	return shared.url(clone)
}

func (c *cluster) launch() error {
	dir, err := os.MkdirTemp("", "cecoia-test-")
	if err != nil {
		return err
	}
	if c.remove, err = child.RemoveAtEnd(dir); err != nil {
		return err
	}
	// Started as root, the server runs as another user, who must get through.
	if err := os.Chmod(dir, 0o711); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c.server, err = postgres.Start(ctx, postgres.Options{Dir: filepath.Join(dir, "postgres")})
	return err
}

func (c *cluster) makeTemplate(ctx context.Context, name string, migrate func(context.Context, string) error) error {
	if err := c.exec(ctx, "CREATE DATABASE "+name); err != nil {
		return err
	}
	return migrate(ctx, c.url(name))
}

// exec runs one statement on the maintenance database.
func (c *cluster) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // the statement's result is what counts
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

func (c *cluster) url(database string) string {
	u, err := url.Parse(c.server.URL())
	if err != nil {
		panic(err) // our own URL
	}
	u.Path = "/" + database
	return u.String()
}

// stop ends the server and returns once the folder is gone.
func (c *cluster) stop() error {
	if c.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		c.server.Stop(ctx)
	}
	if c.remove == nil {
		return nil
	}
	return c.remove()
}
