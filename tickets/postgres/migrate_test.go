package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

func leaveEmpty(context.Context, string) error { return nil }

// From nothing, by several processes at once, and again.
func TestMigrate(t *testing.T) {
	url := postgrestest.New(t, "empty", leaveEmpty)
	if _, err := postgres.Open(t.Context(), postgres.Options{URL: url}); err == nil || !strings.Contains(err.Error(), "cecoia migrate") {
		t.Errorf("Open of an empty database: %v, want the remedy", err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := postgres.Migrate(t.Context(), url); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Errorf("again: %v", err)
	}
	db, err := postgres.Open(t.Context(), postgres.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	// A later version's schema: this one serves it, but does not touch it.
	if _, err := db.Pool().Exec(t.Context(), `UPDATE schema_version SET version = version + 1`); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(t.Context(), url); err == nil {
		t.Error("Migrate touched the schema of a later version")
	}
	later, err := postgres.Open(t.Context(), postgres.Options{URL: url})
	if err != nil {
		t.Fatalf("Open beside a later version: %v", err)
	}
	later.Close()
}

// The rule that lets the schema be distributed by academy: every primary key,
// unique index and foreign key carries the academy, and the foreign key's
// academy is the same academy.
func TestCatalogue(t *testing.T) {
	w := newWorld(t)
	exempt := []string{"sessions", "schema_version"}
	rows, err := w.Pool().Query(t.Context(), `
		SELECT c.relname, i.relname AS what, EXISTS (
			SELECT FROM unnest(x.indkey) k JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k
			WHERE a.attname = 'academy') AS kept
		FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
		WHERE c.relnamespace = 'public'::regnamespace AND x.indisunique
		UNION ALL
		SELECT c.relname, f.conname, EXISTS (
			SELECT FROM unnest(f.conkey, f.confkey) AS k (here, there)
			JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.here
			JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.there
			WHERE a.attname = 'academy' AND b.attname = 'academy')
		FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid
		WHERE c.relnamespace = 'public'::regnamespace AND f.contype = 'f'
		UNION ALL
		SELECT c.relname, 'the column academy', EXISTS (
			SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'academy' AND a.attnotnull)
		FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`)
	if err != nil {
		t.Fatal(err)
	}
	var table, what string
	var kept bool
	seen := 0
	_, err = pgx.ForEachRow(rows, []any{&table, &what, &kept}, func() error {
		seen++
		if !kept && !slices.Contains(exempt, table) {
			t.Errorf("%s: %s does not carry the academy", table, what)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 60 {
		t.Errorf("only %d keys seen: is this the catalogue?", seen)
	}
}

// Every statement of the package names the academy, or is known to be about all.
func TestStatementsNameTheAcademy(t *testing.T) {
	literal := regexp.MustCompile("(?s)`[^`]*`(?:\\s*\\+\\s*[\\w.]+(?:\\s*\\+\\s*`[^`]*`)?)*")
	statement := regexp.MustCompile(`(?s)\b(SELECT|UPDATE|DELETE|INSERT)\b.*\b(FROM|SET|INTO)\b`)
	about := []string{
		"FROM academies ORDER BY academy", // Academies: all of them
		"SELECT version FROM",             // the schema's
		"array_agg(fold_words(w))",        // words, no rows
		"delivery_log_default",            // the log's days are everybody's
		"pg_advisory_xact_lock(key)",      // no rows: the key holds the academy
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		source, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range literal.FindAllString(string(source), -1) {
			known := slices.ContainsFunc(about, func(s string) bool { return strings.Contains(sql, s) })
			if !statement.MatchString(sql) || known {
				continue
			}
			seen++
			if !strings.Contains(sql, "academy = ") && !strings.Contains(sql, "(academy, ") &&
				!strings.Contains(sql, "ticketColumns") && !strings.Contains(sql, "eventColumns") && !strings.Contains(sql, "deliveryColumns") &&
				!strings.Contains(sql, "firingColumns") && !strings.Contains(sql, "alertColumns") && !strings.Contains(sql, "turnColumns") && !strings.Contains(sql, "where") {
				t.Errorf("%s: no academy in %s", f.Name(), sql)
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d statements seen", seen)
	}
}

// Events are proof: not even the application's own role changes them.
func TestEventsAreProof(t *testing.T) {
	w := newWorld(t)
	c := w.open(t, "creteil", tickets.Card{})
	for _, sql := range []string{
		`UPDATE events SET text = 'x'`, `DELETE FROM events`, `TRUNCATE events CASCADE`,
	} {
		err := w.exec(t, sql)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "42501" {
			t.Errorf("%s: %v, want it refused", sql, err)
		}
	}
	// Retention may, for one transaction.
	err := pgx.BeginFunc(t.Context(), w.Pool(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT set_config('cecoia.retention', 'on', true)`); err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), `UPDATE events SET text = 'erased'`); err != nil {
			return err
		}
		tag, err := tx.Exec(t.Context(), `DELETE FROM events WHERE ticket = $1`, c.ID)
		if err == nil && tag.RowsAffected() != 1 {
			err = fmt.Errorf("%s", tag)
		}
		return err
	})
	if err != nil {
		t.Errorf("retention: %v", err)
	}
	w.open(t, "creteil", tickets.Card{})
	if err := w.exec(t, `DELETE FROM events`); err == nil {
		t.Error("the permission of retention outlived its transaction")
	}
}

func TestSessionsAreBounded(t *testing.T) {
	w := newWorld(t)
	for name, want := range map[string]string{
		"application_name": "cecoia", "statement_timeout": "15s", "lock_timeout": "5s",
		"idle_in_transaction_session_timeout": "30s",
	} {
		var got string
		if err := w.Pool().QueryRow(t.Context(), `SELECT current_setting($1)`, name).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v, want %q", name, got, err, want)
		}
	}
	db, err := postgres.Open(t.Context(), postgres.Options{URL: w.url + "&statement_timeout=1min"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var own string
	if err := db.Pool().QueryRow(t.Context(), `SELECT current_setting('statement_timeout')`).Scan(&own); err != nil || own != "1min" {
		t.Errorf("the address's own statement_timeout is %q, %v", own, err)
	}
	_, err = db.Pool().Exec(t.Context(), `SET statement_timeout = '50ms'; SELECT pg_sleep(10)`)
	if !postgres.Unavailable(err) {
		t.Errorf("a statement past its time: %v, want unavailable", err)
	}
}

func TestUnavailable(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, refused := postgres.Open(ctx, postgres.Options{URL: "postgres://cecoia@127.0.0.1:1/none?sslmode=disable"})
	if !postgres.Unavailable(refused) {
		t.Errorf("connection refused: %v", refused)
	}
	// The server ends our connection in the middle of a statement.
	conn := w.at(t)
	pid := conn.PgConn().PID()
	done := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), `SELECT pg_sleep(30)`)
		done <- err
	}()
	until(t, w, `SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state = 'active'`, pid)
	must(t)(w.Pool().Exec(t.Context(), `SELECT pg_terminate_backend($1)`, pid))
	if err := <-done; !postgres.Unavailable(err) {
		t.Errorf("terminated: %v", err)
	}
	if _, err := conn.Exec(t.Context(), `SELECT 1`); !postgres.Unavailable(err) {
		t.Errorf("after that: %v", err)
	}
	_, absent := w.Person(t.Context(), "creteil", newID())
	for what, err := range map[string]error{
		"no error": nil, "a refusal": absent, "a mistake": w.exec(t, `SELECT nothing`), "nobody waits": context.Canceled,
	} {
		if postgres.Unavailable(err) {
			t.Errorf("%s counts as unavailable: %v", what, err)
		}
	}
}

// A restart of the server costs the calls under way, not the process.
func TestReconnects(t *testing.T) {
	w := newWorld(t)
	conn := w.at(t)
	for range 3 {
		must(t)(conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`))
		for tries := 0; ; tries++ {
			_, err := w.Academy(t.Context(), "creteil")
			if err == nil {
				break
			}
			if !postgres.Unavailable(err) || tries > 20 {
				t.Fatalf("after %d tries: %v", tries, err)
			}
		}
	}
}
