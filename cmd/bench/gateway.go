package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	localgateway "cecoia.example/deploy/local/gateway"
	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/redis"
	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

const (
	// sendAtOnce is how many mails, and how many posts, are sent at once, by the
	// product and by the bare clients.
	sendAtOnce = 8
	// botToken is that of the bot in the chat.
	botToken = "a token of the bench's bot"
)

// gateway is `cecoia serve` as a process of its own, and what surrounds it: a
// PostgreSQL that keeps what it commits, a Redis, a mail server and a chat that
// only take what they are given.
type gateway struct {
	academy tickets.Academy
	db      *postgres.DB
	redis   *goredis.Client
	sink    *sink
	chat    *mattermost.Server

	options localgateway.Options
	running *localgateway.Gateway // nil while it does not run
	closers []func()
}

// openGateway builds the program, fills a register and starts what the gateway
// needs, but not the gateway. Close it at the end.
func (b *bench) openGateway(ctx context.Context, count int) (_ *gateway, err error) {
	g := &gateway{}
	defer func() {
		if err != nil {
			g.close()
		}
	}()
	binary, err := localgateway.Build(ctx, b.folder)
	if err != nil {
		return nil, err
	}
	server, err := b.startPostgres(ctx)
	if err != nil {
		return nil, err
	}
	g.closers = append(g.closers, func() { server.Stop(context.WithoutCancel(ctx)) })
	databaseURL, err := b.database(ctx, server, "bench_gateway")
	if err != nil {
		return nil, err
	}
	if g.academy, err = exampleAcademy(); err != nil {
		return nil, err
	}
	if g.db, err = postgres.Open(ctx, postgres.Options{URL: databaseURL, MaxConns: 8}); err != nil {
		return nil, err
	}
	g.closers = append(g.closers, g.db.Close)
	if _, err := g.db.Apply(ctx, []tickets.Academy{g.academy}, time.Now()); err != nil {
		return nil, err
	}
	if err := fill(ctx, databaseURL, g.academy, "", count); err != nil {
		return nil, err
	}
	queue, err := redis.StartServer(ctx, redis.Options{Logger: b.log})
	if err != nil {
		return nil, err
	}
	g.closers = append(g.closers, func() { _ = queue.Stop(context.WithoutCancel(ctx)) })
	options, err := goredis.ParseURL(queue.URL())
	if err != nil {
		return nil, err
	}
	g.redis = goredis.NewClient(options)
	g.closers = append(g.closers, func() { _ = g.redis.Close() })
	if g.sink, err = openSink(ctx); err != nil {
		return nil, err
	}
	g.closers = append(g.closers, g.sink.close)
	if g.chat, err = openChatDouble(ctx, g.academy); err != nil {
		return nil, err
	}
	g.closers = append(g.closers, func() { _ = g.chat.Close(context.WithoutCancel(ctx)) })
	addresses, err := localgateway.FreeAddresses(ctx)
	if err != nil {
		return nil, err
	}
	g.options = localgateway.Options{
		Command: []string{binary, "serve"}, Addresses: addresses,
		Line: func(line string) { b.log.Warn("cecoia serve", "line", line) },
		Env: []string{
			"CECOIA_DATA=" + filepath.Join(b.folder, "gateway"), "CECOIA_DATABASE_URL=" + databaseURL, "CECOIA_REDIS_URL=" + queue.URL(),
			"CECOIA_SMTP_URL=smtp://" + g.sink.addr + "?tls=none&connections=" + strconv.Itoa(sendAtOnce),
			"CECOIA_MATTERMOST_URL=" + g.chat.URL(), "CECOIA_MATTERMOST_TOKEN=" + botToken,
			"CECOIA_SEND_AT_ONCE=" + strconv.Itoa(sendAtOnce), "CECOIA_LOG_LEVEL=warn",
		},
	}
	return g, nil
}

// openChatDouble starts a chat with a team, and a channel for each group of the
// academy.
func openChatDouble(ctx context.Context, a tickets.Academy) (*mattermost.Server, error) {
	team, bot := mattermost.Team{Name: a.Team}, mattermost.Bot{Username: "cecoia", Token: botToken}
	for _, g := range a.Groups {
		team.Channels = append(team.Channels, mattermost.Channel{Name: g.Channel})
		bot.Channels = append(bot.Channels, a.Team+"/"+g.Channel)
	}
	return mattermost.Start(ctx, mattermost.Options{Seed: mattermost.Seed{Teams: []mattermost.Team{team}, Bots: []mattermost.Bot{bot}}})
}

// start starts the gateway and returns how long it took until /readyz said yes.
func (g *gateway) start(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	running, err := localgateway.Start(ctx, g.options)
	if err != nil {
		return 0, err
	}
	g.running = running
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+running.Ops+"/readyz", nil)
	if err != nil {
		return 0, err
	}
	req.Close = true
	_, _, err = fetch(http.DefaultClient, req)
	return time.Since(began), err
}

// stop ends the gateway, if it runs.
func (g *gateway) stop(ctx context.Context) (err error) {
	if g.running != nil {
		err = g.running.Stop(context.WithoutCancel(ctx))
		g.running = nil
	}
	return err
}

// memory is what a process has resident, in MB: now, of that without what is mapped
// from files (its program, above all), and at its most.
type memory struct{ now, own, most float64 }

// resident returns the gateway's memory.
func (g *gateway) resident() (m memory, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.running.PID()))
	if err != nil {
		return m, err
	}
	for line := range strings.Lines(string(status)) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		kilobytes, _ := strconv.ParseFloat(words[1], 64) // what is no number is not looked at
		switch words[0] {
		case "VmRSS:":
			m.now = kilobytes / 1024
		case "RssAnon:":
			m.own = kilobytes / 1024
		case "VmHWM:":
			m.most = kilobytes / 1024
		}
	}
	if m.now == 0 || m.own == 0 || m.most == 0 {
		return m, errors.New("the kernel does not tell how much memory it is")
	}
	return m, nil
}

// close ends the gateway and what surrounds it, the last first.
func (g *gateway) close() {
	_ = g.stop(context.Background()) // its figures are in hand
	for i := len(g.closers) - 1; i >= 0; i-- {
		g.closers[i]()
	}
}
