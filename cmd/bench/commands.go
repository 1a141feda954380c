package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	goredis "github.com/redis/go-redis/v9"

	localpostgres "cecoia.example/deploy/local/postgres"
	"cecoia.example/deploy/local/redis"
	"cecoia.example/ingest"
	"cecoia.example/ingest/mattermost"
	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
	"cecoia.example/tickets/postgres"
)

const (
	// commandP99 is what the slowest of a hundred may take then, in ms.
	commandP99 = 25
	// commandTypists is how many people type at once at the highest rate.
	commandTypists = 32
	// commandTickets is how many tickets the register of the set has.
	commandTickets = 10_000
	slashToken     = "a token of the bench"
)

//go:embed note.sql
var noteSQL []byte

// commands measures slash commands over HTTP, from the request to the answer, by
// way of a real Redis: how long they take at the rate of a busy desk, and how
// many there can be. Beside it pgbench does the transaction of the same action.
func commands(ctx context.Context, b *bench) error {
	server, err := b.startPostgres(ctx)
	if err != nil {
		return err
	}
	defer server.Stop(context.WithoutCancel(ctx))
	databaseURL, err := b.database(ctx, server, "bench_commands")
	if err != nil {
		return err
	}
	c, err := b.openChat(ctx, databaseURL, min(commandTickets, 10*b.Sizes[0]))
	if err != nil {
		return err
	}
	defer c.close()
	raw, err := c.rawNotes(ctx, b.folder, databaseURL)
	if err != nil {
		return err
	}
	if _, err := turn(ctx, commandTypists, b.Turn, c.note); err != nil { // connections open, statements get prepared
		return err
	}

	// Typed at the rate, then at once; pgbench does the same after each.
	var paced, bare []latency
	var most, bareMost []float64
	length := 10 * b.Turn
	for range b.Rounds {
		got, err := sustain(ctx, length, c.note)
		if err != nil {
			return err
		}
		limit, err := raw.Run(ctx, commandTypists, length, steadyRate)
		if err != nil {
			return err
		}
		paced, bare = append(paced, got), append(bare, latencyOf(limit))
		done, err := throughput(ctx, commandTypists, length, c.note)
		if err != nil {
			return err
		}
		if limit, err = raw.Run(ctx, commandTypists, length, 0); err != nil {
			return err
		}
		most, bareMost = append(most, done), append(bareMost, perSecond(limit, commandTypists))
	}
	got, limit := medians(paced), medians(bare)
	name := fmt.Sprintf("command at %d/s", steadyRate)
	b.rows = append(b.rows,
		newLatency(name, got, limit).atMost(3),
		newRow(name+", p99 against the desk's patience", "ms", milliseconds(got.p99), commandP99).atMost(1),
		newRow(fmt.Sprintf("commands, %d at once", commandTypists), "1/s", median(most), median(bareMost)).atLeast(0.5))
	return nil
}

// chat is what takes the commands of one academy, and who types them.
type chat struct {
	url     string
	db      *postgres.DB
	client  *http.Client
	agents  []tickets.Person
	open    []tickets.Case // what they note on
	typed   atomic.Int64
	closers []func()
}

// openChat fills an empty, migrated database and opens the hooks over it, wired
// as cecoia serve does. Close it at the end.
func (b *bench) openChat(ctx context.Context, databaseURL string, count int) (_ *chat, err error) {
	c := &chat{client: newClient()}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	academy, err := exampleAcademy()
	if err != nil {
		return nil, err
	}
	if c.db, err = postgres.Open(ctx, postgres.Options{URL: databaseURL, MaxConns: 16}); err != nil {
		return nil, err
	}
	c.closers = append(c.closers, c.db.Close)
	if _, err := c.db.Apply(ctx, []tickets.Academy{academy}, time.Now()); err != nil {
		return nil, err
	}
	if err := fill(ctx, databaseURL, academy, "", count); err != nil {
		return nil, err
	}
	if c.agents, err = c.db.Agents(ctx, academy.ID, ""); err != nil {
		return nil, err
	}
	for _, p := range c.agents {
		if err := c.db.LinkAccount(ctx, academy.ID, p.ID, tickets.Chat, account(p)); err != nil {
			return nil, err
		}
	}
	keys, err := tickets.NewKeyring([]byte("a secret of the bench, of no use elsewhere"))
	if err != nil {
		return nil, err
	}
	desk := tickets.NewDesk(tickets.Options{Store: c.db, Keyring: keys, Calendar: calendar.OpenTime})
	for page := range 5 {
		found, err := desk.List(ctx, tickets.Caller{Person: c.agents[0]}, tickets.Query{Scope: tickets.ScopeDesk, Limit: 100, Offset: 100 * page})
		if err != nil {
			return nil, err
		}
		for _, of := range found.Cases {
			if !of.Private { // each agent sees it
				c.open = append(c.open, of)
			}
		}
	}

	queue, err := redis.StartServer(ctx, redis.Options{Logger: b.log})
	if err != nil {
		return nil, err
	}
	c.closers = append(c.closers, func() { _ = queue.Stop(context.WithoutCancel(ctx)) })
	options, err := goredis.ParseURL(queue.URL())
	if err != nil {
		return nil, err
	}
	verbs := mattermost.New(mattermost.Options{
		Desk: desk, Directory: c.db, Memory: c.db, Keyring: keys, Portal: tickets.NewPortal("https://portail.example"),
		Tokens: map[tickets.AcademyID][]string{academy.ID: {slashToken}}, PerMinute: -1, Logger: b.log,
	})
	gateway := ingest.New(ingest.Options{Store: c.db, Execute: verbs.Execute, Reply: verbs.Reply, Redis: options, Logger: b.log})
	running, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); gateway.Run(running) }()
	c.closers = append(c.closers, func() { stop(); <-ended })

	l, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	c.url = "http://" + l.Addr().String()
	c.closers = append(c.closers, serve(l, verbs.Handler(gateway)))
	return c, nil
}

// close ends what it is made of, the last first.
func (c *chat) close() {
	for i := len(c.closers) - 1; i >= 0; i-- {
		c.closers[i]()
	}
}

// account is the chat account of a person: 26 characters, as Mattermost's are.
func account(p tickets.Person) string { return strings.ReplaceAll(p.ID.String(), "-", "")[:26] }

// note types a command that notes something on one of the tickets, and reads the
// answer.
func (c *chat) note(ctx context.Context) error {
	n := c.typed.Add(1)
	on := c.open[rand.N(len(c.open))] //nolint:gosec // which one keeps no secret
	words := fmt.Sprintf("rappel-%d", n)
	form := url.Values{
		"user_id": {account(c.agents[n%int64(len(c.agents))])}, "team_domain": {"creteil"}, "command": {"/ticket"},
		"text":       {fmt.Sprintf("note %s Rappeler le secrétariat avant midi : %s", on.Number, words)},
		"trigger_id": {fmt.Sprintf("declic-%d", n)}, "response_url": {""},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/mattermost/command", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Token "+slashToken)
	_, body, err := fetch(c.client, req)
	if err != nil {
		return err
	}
	var answer struct{ Text string }
	if err := json.Unmarshal(body, &answer); err != nil || !strings.Contains(answer.Text, words) {
		return errors.Join(err, fmt.Errorf("a note is answered %.300q", answer.Text))
	}
	return nil
}

// rawNotes returns the same notes for pgbench, which chooses from the same
// tickets.
func (c *chat) rawNotes(ctx context.Context, folder, databaseURL string) (raw localpostgres.Bench, err error) {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return raw, err
	}
	defer conn.Close(ctx) //nolint:errcheck // what was written has been acknowledged
	if _, err := conn.Exec(ctx, `CREATE TABLE bench_numbers (n integer PRIMARY KEY, kind text, day text, rank integer, actor uuid)`); err != nil {
		return raw, err
	}
	for i, cs := range c.open {
		if _, err := conn.Exec(ctx, `INSERT INTO bench_numbers VALUES ($1, $2, $3, $4, $5)`,
			i+1, cs.Number.Kind, cs.Number.Day, cs.Number.Rank, c.agents[i%len(c.agents)].ID); err != nil {
			return raw, err
		}
	}
	script := filepath.Join(folder, "note.sql")
	return localpostgres.Bench{URL: databaseURL, Script: script, Variables: map[string]string{"tickets": strconv.Itoa(len(c.open))}},
		os.WriteFile(script, noteSQL, 0o600)
}
