package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	goredis "github.com/redis/go-redis/v9"

	"cecoia.example/deploy/example"
	"cecoia.example/deploy/local/gateway"
	"cecoia.example/deploy/local/mail"
	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/postgres"
	"cecoia.example/deploy/local/redis"
)

// The site: one academy of the example, with people enough for a load.
const (
	academy    = "creteil"
	team       = "creteil"
	channel    = "assistance"
	noReply    = "no-reply@creteil.example"
	bot        = "cecoia"
	slashToken = "a token of the drill"
	password   = "a password of the drill"
	requesters = 4
	agents     = 8
)

func requester(i int) string      { return fmt.Sprintf("demandeur.%d", i) }
func agent(i int) string          { return fmt.Sprintf("agent.%d", i) }
func address(login string) string { return login + "@creteil.example" }

// site is everything that runs: what the gateway stands on, and the gateways.
type site struct {
	settings []string // VARIABLE=value
	folder   string
	binary   string
	// wrongBinary is the same program with a clock that can be set wrong.
	wrongBinary string

	postgres *postgres.Server
	redis    *redis.Server
	redisAt  string // its address, also when it comes back
	mail     *mail.Server
	chat     *mattermost.Server
	token    string        // of the bot, as long as the chat knows it
	disk     *disk         // of the gateways' data
	db       *pgxpool.Pool // to look; the gateways have their own
	rows     int           // loads so far
	usual    held          // by a gateway after a load
	lines    io.Writer     // takes what the gateways log
	closers  []func() error

	mu       sync.Mutex
	gateways []*running // those that people are led to
}

// running is a gateway, and what it is started with.
type running struct {
	*gateway.Gateway
	addresses gateway.Addresses
	binary    string
}

// openSite starts everything, with one gateway, which gets these settings too.
// Its log is kept in the file, unless that is "". Close it at the end.
func openSite(ctx context.Context, logs string, settings ...string) (_ *site, err error) {
	s := &site{settings: settings, token: "a token of the drill's bot", lines: io.Discard}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.folder, err = os.MkdirTemp("", "cecoia-drill-"); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() error { return os.RemoveAll(s.folder) })
	if err := os.Chmod(s.folder, 0o711); err != nil { // the database runs as another user
		return nil, err
	}
	if logs != "" {
		file, err := os.Create(logs)
		if err != nil {
			return nil, err
		}
		s.lines = file
		s.closers = append(s.closers, file.Close)
	}
	if s.binary, err = gateway.Build(ctx, s.folder); err != nil {
		return nil, err
	}
	if s.disk, err = openDisk(ctx, s.folder); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, s.disk.close)
	if err := s.openPeers(ctx); err != nil {
		return nil, err
	}
	if err := s.setUp(ctx); err != nil {
		return nil, err
	}
	return s, s.addGateway(ctx)
}

// openPeers starts what a gateway stands on.
func (s *site) openPeers(ctx context.Context) (err error) {
	if err := s.startPostgres(ctx); err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { s.postgres.Stop(context.WithoutCancel(ctx)); return nil })
	if s.db, err = pgxpool.New(ctx, s.postgres.URL()+"&application_name=drill"); err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { s.db.Close(); return nil })
	free, err := gateway.FreeAddresses(ctx)
	if err != nil {
		return err
	}
	s.redisAt = free.Ops
	if err := s.startRedis(ctx); err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { return s.redis.Stop(context.WithoutCancel(ctx)) })
	accounts := []mail.Account{{Address: noReply, Password: password}}
	for i := range requesters {
		accounts = append(accounts, mail.Account{Address: address(requester(i)), Password: password})
	}
	if s.mail, err = mail.Start(ctx, mail.Options{Accounts: accounts, TrustNetwork: true}); err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { return within(ctx, s.mail.Close) })
	seed := mattermost.Seed{
		Teams: []mattermost.Team{{Name: team, Channels: []mattermost.Channel{{Name: channel}, {Name: "reseaux"}, {Name: "supervision"}}}},
		Bots:  []mattermost.Bot{{Username: bot, Token: s.token, Channels: []string{team + "/" + channel, team + "/reseaux", team + "/supervision"}}},
	}
	for i := range agents {
		seed.Users = append(seed.Users, mattermost.User{Username: agent(i), Email: address(agent(i)), Password: password, Channels: []string{team + "/" + channel}})
	}
	s.chat, err = mattermost.Start(ctx, mattermost.Options{Seed: seed})
	s.closers = append(s.closers, func() error { return within(ctx, s.chat.Close) })
	return err
}

// within ends a peer, also one that hangs on purpose.
func within(ctx context.Context, end func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return end(ctx)
}

func (s *site) startPostgres(ctx context.Context) (err error) {
	s.postgres, err = postgres.Start(ctx, postgres.Options{Dir: filepath.Join(s.folder, "postgres"), Fsync: true})
	return err
}

func (s *site) startRedis(ctx context.Context) (err error) {
	s.redis, err = redis.StartServer(ctx, redis.Options{Addr: s.redisAt})
	return err
}

// redisDo sends Redis one command.
func (s *site) redisDo(ctx context.Context, command ...any) (string, error) {
	c := goredis.NewClient(&goredis.Options{Addr: s.redisAt})
	defer c.Close() //nolint:errcheck // it holds nothing
	return c.Do(ctx, command...).Text()
}

// setUp makes the schema, the desk and the people, as an administrator does.
func (s *site) setUp(ctx context.Context) error {
	desk, people := filepath.Join(s.folder, "desk"), filepath.Join(s.folder, "people.csv")
	if err := os.CopyFS(desk, example.Logos); err != nil {
		return err
	}
	var csv bytes.Buffer
	fmt.Fprintln(&csv, "academy,login,email,given_name,family_name,function,phone,place,entity,groups")
	line := func(login, groups string) {
		fmt.Fprintf(&csv, "%s,%s,%s,Camille,Essai,Essais,01 99 00 94 10,94/CRETEIL/COLLEGE DES EXEMPLES/SALLE 12,0940100Y,%s\n", academy, login, address(login), groups)
	}
	for i := range requesters {
		line(requester(i), "")
	}
	for i := range agents {
		line(agent(i), "assistance:agent")
	}
	if err := errors.Join(os.WriteFile(filepath.Join(desk, "desk.yaml"), example.Desk, 0o600), os.WriteFile(people, csv.Bytes(), 0o600)); err != nil {
		return err
	}
	steps := [][]string{{"migrate"}, {"apply", filepath.Join(desk, "desk.yaml")}, {"people", "import", people, "--academy", academy}}
	for i := range requesters {
		steps = append(steps, []string{"people", "password", "--academy", academy, requester(i)})
	}
	for i := range agents {
		steps = append(steps, []string{"people", "link", "--academy", academy, agent(i), mattermost.UserID(agent(i))})
	}
	for _, arguments := range steps {
		cmd := exec.CommandContext(ctx, s.binary, arguments...)
		cmd.Env = gateway.Environ("CECOIA_DATABASE_URL="+s.postgres.URL(), "CECOIA_DATA="+filepath.Join(s.folder, "set-up"))
		cmd.Stdin = strings.NewReader(password)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("cecoia %s: %w: %s", strings.Join(arguments, " "), err, out)
		}
	}
	return nil
}

// addGateway starts one more gateway, at addresses of its own.
func (s *site) addGateway(ctx context.Context) error {
	addresses, err := gateway.FreeAddresses(ctx)
	if err != nil {
		return err
	}
	r := &running{addresses: addresses, binary: s.binary}
	if err := s.start(ctx, r); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gateways = append(s.gateways, r)
	return nil
}

// start starts a gateway, or starts it again.
func (s *site) start(ctx context.Context, r *running) (err error) {
	first := r.addresses
	if len(s.gateways) > 0 {
		first = s.gateways[0].addresses
	}
	r.Gateway, err = gateway.Start(ctx, gateway.Options{
		Command: s.disk.within(r.binary, "serve"), Addresses: r.addresses,
		Line: func(line string) { fmt.Fprintln(s.lines, r.addresses.Portal, line) },
		Env: append([]string{
			"CECOIA_DATA=" + s.disk.at, "CECOIA_DATABASE_URL=" + s.postgres.URL(), "CECOIA_REDIS_URL=redis://" + s.redisAt,
			"CECOIA_SECRET_KEY=" + slashToken + slashToken, "CECOIA_SLASH_TOKEN_CRETEIL=" + slashToken, "CECOIA_COMMANDS_PER_MINUTE=-1",
			"CECOIA_MATTERMOST_URL=" + s.chat.URL(), "CECOIA_MATTERMOST_TOKEN=" + s.token,
			"CECOIA_SMTP_URL=smtp://" + s.mail.SMTPAddr() + "?tls=none", "CECOIA_MAIL_WINDOW=0",
			clockVariable + "=" + s.clockFile(),
			"CECOIA_PORTAL_URL=http://" + first.Portal, "CECOIA_HOOKS_URL=http://" + first.Hooks,
		}, s.settings...),
	})
	return err
}

// backs are where the gateways listen that people are led to.
func (s *site) backs() []gateway.Addresses {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]gateway.Addresses, len(s.gateways))
	for i, r := range s.gateways {
		all[i] = r.addresses
	}
	return all
}

// restart ends a gateway and starts it again where it was.
func (s *site) restart(ctx context.Context, r *running, end func(*running) error) error {
	if err := end(r); err != nil {
		return err
	}
	return s.start(ctx, r)
}

func killed(r *running) error { r.Kill(); return nil }

func stopped(ctx context.Context) func(*running) error {
	return func(r *running) error { return r.Stop(ctx) }
}

// dropGateway ends the last gateway in order, once nobody is led to it any more.
func (s *site) dropGateway(ctx context.Context) error {
	s.mu.Lock()
	last := s.gateways[len(s.gateways)-1]
	s.gateways = s.gateways[:len(s.gateways)-1]
	s.mu.Unlock()
	return last.Stop(ctx)
}

// count reads one number from the database.
func (s *site) count(ctx context.Context, sql string, args ...any) (n int, err error) {
	err = s.db.QueryRow(ctx, sql, args...).Scan(&n)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return n, err
}

// close ends everything, the last first.
func (s *site) close() (err error) {
	for _, r := range s.gateways {
		if r.Gateway != nil {
			err = errors.Join(err, r.Stop(context.Background()))
		}
	}
	for i := len(s.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, s.closers[i]())
	}
	return err
}
