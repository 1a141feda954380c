package main

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// TestALongRegisterIsWhole multiplies a short one: each ticket has its events,
// its words and its number, and what pages show is as much as before.
func TestALongRegisterIsWhole(t *testing.T) {
	ctx := t.Context()
	folder, err := os.MkdirTemp("", "cecoia-bench-") // others may pass through: the database runs as another user
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	if err := os.Chmod(folder, 0o711); err != nil {
		t.Fatal(err)
	}
	b := &bench{folder: folder, log: slog.New(slog.DiscardHandler)}
	server, err := b.startPostgres(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop(context.WithoutCancel(ctx))
	url, err := b.database(ctx, server, "bench_register")
	if err != nil {
		t.Fatal(err)
	}
	academy, err := exampleAcademy()
	if err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Apply(ctx, []tickets.Academy{academy}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := fillFrom(ctx, url, academy, "", 3000, 1000); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for sql, want := range map[string]int{
		`SELECT count(*) FROM tickets`:                                                                            3000,
		`SELECT count(*) FROM tickets WHERE status <> 'closed'`:                                                   openTickets,
		`SELECT count(*) FROM tickets JOIN people p ON p.id = requester WHERE p.login = 'personne0'`:              ownTickets,
		`SELECT count(*) FROM ticket_words WHERE words @@ to_tsquery('fr', '` + rareWord + `')`:                   rareTickets,
		`SELECT count(*) FROM ticket_words JOIN tickets ON id = ticket`:                                           3000,
		`SELECT count(*) FROM tickets t WHERE version <> (SELECT count(*) FROM events e WHERE e.ticket = t.id)`:   0,
		`SELECT count(*) FROM tickets t WHERE rank > (SELECT last FROM day_counters d WHERE d.day = t.day)`:       0,
		`SELECT count(*) FROM tickets WHERE day <> to_char(opened_at AT TIME ZONE 'Europe/Paris', 'YYMMDD')`:      0,
		`SELECT count(*) FROM pg_index WHERE NOT indisvalid OR NOT indisready`:                                    0,
		`SELECT count(*) FROM tickets t JOIN events e ON e.ticket = t.id WHERE e.seq = 1 AND e.at <> t.opened_at`: 0,
	} {
		var got int
		if err := conn.QueryRow(ctx, sql).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %d, want %d, %v", sql, got, want, err)
		}
	}
}
