package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"cecoia.example/ingest"
	ingestmattermost "cecoia.example/ingest/mattermost"
	"cecoia.example/notify"
	notifymail "cecoia.example/notify/mail"
	notifymattermost "cecoia.example/notify/mattermost"
	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
	"cecoia.example/tickets/files"
	"cecoia.example/tickets/oncall"
	"cecoia.example/tickets/postgres"
	"cecoia.example/web"
	"cecoia.example/web/auth"
)

// allRoles are the parts a process may play; one process may play them all.
var allRoles = []string{"web", "ingest", "notify", "clock"}

type serveCommand struct {
	settings `embed:""`
	Roles    []string `env:"CECOIA_ROLES" enum:"web,ingest,notify,clock" default:"web,ingest,notify,clock" help:"Which parts this process plays: web (the portal), ingest (commands and mail that come in), notify (mail and chat that go out), clock (deadlines and clean-up)."`
}

// Run serves until it is told to end.
func (c *serveCommand) Run(ctx context.Context, out *output) error {
	return serve(ctx, c.settings, c.Roles, nil, c.logger(), func() {
		portal, hooks := c.publicURLs()
		fmt.Fprintf(out, "ready portal=%s hooks=%s ops=http://%s\n", portal, hooks, c.OpsAddr)
	})
}

// serve wires the gateway and runs it until ctx ends. seed, when not nil, fills
// the database first; ready is called when everything listens.
func serve(ctx context.Context, s settings, roles []string, seed func(context.Context, *postgres.DB) error, log *slog.Logger, ready func()) error {
	data, err := s.dataFolder()
	if err != nil {
		return err
	}
	s.Data = data
	if s.now == nil {
		s.now = time.Now
	}
	keys, err := s.keyring()
	if err != nil {
		return err
	}
	documents, err := files.Open(filepath.Join(data, "files"))
	if err != nil {
		return err
	}
	defer func() { _ = documents.Close() }()
	db, err := openDatabase(ctx, s, log)
	if err != nil {
		return err
	}
	defer db.Close()
	if seed != nil {
		if err := seed(ctx, db.DB); err != nil {
			return err
		}
	}
	rdb, err := openRedis(ctx, s, log)
	if err != nil {
		return err
	}
	defer rdb.Close()
	academies, err := db.Academies(ctx)
	if err != nil {
		return err
	}
	if len(academies) == 0 {
		log.Warn("no academy is known yet: 'cecoia apply' a desk file, then start again")
	}

	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	portalURL, hooksURL := s.publicURLs()
	house := house{
		settings: s, academies: academies, db: db.DB, redis: rdb, keys: keys, files: documents,
		portal: tickets.NewPortal(portalURL), portalURL: portalURL, hooksURL: hooksURL, metrics: metrics, log: log,
		comeback: &comeback{db: db.DB, now: s.now, log: log.With("part", "notify"), mail: make(chan struct{}, 1)},
	}
	if house.tracing, err = newTracing(ctx, s.OTLPEndpoint, log); err != nil {
		return err
	}
	defer house.tracing.close(log)
	plays := func(role string) bool { return slices.Contains(roles, role) }

	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // whatever ends this early ends what runs already
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		select {
		case <-db.Lost:
			return errors.New("the embedded PostgreSQL ended by itself: its last lines are in the log")
		case <-ctx.Done():
			return nil
		}
	})
	var wake func()
	var notifier *notify.Notifier
	if plays("notify") || plays("clock") { // the clock sends what warns of the queue itself
		if house.bot, err = house.newBot(); err != nil {
			return err
		}
		var closeChannels func()
		if notifier, closeChannels, err = house.notifier(); err != nil {
			return err
		}
		defer closeChannels()
	}
	if plays("notify") {
		wake = notifier.Wake
		group.Go(func() error { return notifier.Run(ctx) })
		group.Go(func() error { return house.comeback.run(ctx) })
	} else {
		bell := notify.NewBell(rdb.Client, log)
		wake = bell.Wake
		group.Go(func() error { return bell.Run(ctx) })
	}
	house.room = oncall.NewRoom(oncall.Options{Store: db, Committed: wake, Now: s.now})
	house.desk = tickets.NewDesk(tickets.Options{Store: house.tracing.store(db, log), Files: documents, Keyring: keys, Calendar: calendar.OpenTime, OnDuty: house.room.Answers, Committed: wake, Now: s.now})

	host := func(variable, addr string, h http.Handler, err error) error {
		if err != nil {
			return err
		}
		l, err := listen(ctx, variable, addr)
		if err != nil {
			return err
		}
		group.Go(func() error { return serveHTTP(ctx, l, h, log) })
		return nil
	}
	start := func() error {
		if plays("web") {
			portal, err := house.web()
			if err := host("CECOIA_PORTAL_ADDR", s.PortalAddr, portal, err); err != nil {
				return err
			}
		}
		if plays("ingest") {
			hooks, runs, err := house.ingest()
			if err := host("CECOIA_HOOKS_ADDR", s.HooksAddr, hooks, err); err != nil {
				return err
			}
			smtpd, err := house.smtpd(ctx)
			if err != nil {
				return err
			}
			if smtpd != nil {
				runs = append(runs, smtpd)
			}
			for _, run := range runs {
				group.Go(func() error { return run(ctx) })
			}
		}
		if plays("clock") {
			beat := newPulse(metrics)
			group.Go(func() error { return runClock(ctx, db.DB, beat, log) })
			alerts := &supervision{db: db.DB, room: house.room, desk: house.desk, direct: notifier.Direct, every: superviseEvery / time.Duration(max(s.speed, 1)), beat: beat, log: log.With("part", "clock")}
			group.Go(func() error { return alerts.run(ctx) })
		}
		if house.bot != nil {
			watch := &botWatch{db: db.DB, desk: house.desk, accepted: house.bot.Accepted, back: func(ctx context.Context) { house.comeback.retry(ctx, tickets.Chat) }, every: botLookEvery / time.Duration(max(s.speed, 1)), log: log.With("part", "chat")}
			group.Go(func() error { return watch.run(ctx) })
		}
		// Last: whoever gets an answer from /readyz finds the rest listening.
		health, err := house.health()
		if err != nil {
			return err
		}
		metrics.MustRegister(health, backlogFigures{db, log}, poolFigures{db.Pool(), rdb.Client})
		return host("CECOIA_OPS_ADDR", s.OpsAddr, opsHandler(health, metrics), nil)
	}
	if err := start(); err != nil {
		group.Go(func() error { return err }) // ends what was started
		return group.Wait()
	}
	ready()
	debug.FreeOSMemory() // what starting took; at rest nothing else would ask for it back
	return group.Wait()
}

// house is what the parts of one process are wired from.
type house struct {
	settings
	academies           []tickets.Academy
	db                  *postgres.DB
	redis               *redisConn
	keys                *tickets.Keyring
	files               *files.Dir
	desk                *tickets.Desk
	room                *oncall.Room
	bot                 *notifymattermost.Bot // nil without a chat, and where nothing goes out
	comeback            *comeback
	portal              tickets.Portal
	portalURL, hooksURL string
	metrics             *prometheus.Registry
	tracing             *tracing
	log                 *slog.Logger
}

// newBot wires the bot that posts in the chat; nil where none is configured.
func (h house) newBot() (*notifymattermost.Bot, error) {
	if h.MattermostURL == "" {
		return nil, nil
	}
	return notifymattermost.New(notifymattermost.Options{
		URL: h.MattermostURL, Token: h.MattermostToken, HooksURL: h.hooksURL, Portal: h.portal, Keyring: h.keys, Now: h.now,
	})
}

// notifier wires what goes out: the channels that are configured. Deliveries
// for another wait in the database. The returned func closes the channels, once
// the notifier has stopped.
func (h house) notifier() (*notify.Notifier, func(), error) {
	channels := map[tickets.Channel]notify.Channel{}
	accounts, err := h.mailAccounts()
	if err != nil {
		return nil, nil, err
	}
	encryption, err := h.mailTLS()
	if err != nil {
		return nil, nil, err
	}
	mailer, err := notifymail.New(notifymail.Options{
		Portal: h.portal, Keyring: h.keys, Hostname: h.SMTPName, TLS: encryption, Logger: h.log.With("part", "mail"),
		Accounts: func(a tickets.AcademyID) notifymail.Account { return accounts[a] }, Refused: h.refused, Back: h.comeback.mailBack, Now: h.now,
	})
	if err != nil {
		return nil, nil, err
	}
	if err := h.metrics.Register(mailer); err != nil {
		return nil, nil, err
	}
	channels[tickets.Mail] = mailer
	closeAll := mailer.Close
	if h.bot != nil {
		channels[tickets.Chat] = h.bot
		closeAll = func() { mailer.Close(); h.bot.Close() }
	}
	window := h.MailWindow
	if window == 0 {
		window = -1 // none, which 0 is not
	}
	for name, c := range channels {
		channels[name] = h.tracing.channel(name, c)
	}
	options := notify.Options{
		Store: h.db, Redis: h.redis.Client, Channels: channels, Concurrency: h.SendAtOnce, SendTimeout: h.SendTimeout, Window: window,
		Now: h.now, Logger: h.log.With("part", "notify"), Registerer: h.metrics,
	}
	if h.speed > 1 { // what is measured by a faster clock, and lasts as long as it does
		options.Lease = time.Duration(h.speed) * (h.SendTimeout + 15*time.Second)
		options.Visibility = time.Duration(h.speed) * time.Minute
	}
	notifier, err := notify.New(options)
	return notifier, closeAll, err
}

// web wires the portal.
func (h house) web() (http.Handler, error) {
	log := h.log.With("part", "web")
	signIn, err := auth.New(auth.Options{
		Directory: h.db, Sessions: pgxstore.New(h.db.Pool()), URL: h.portalURL, TrustedProxies: h.TrustedProxies,
		Logger: log, Registerer: h.metrics,
	})
	if err != nil {
		return nil, err
	}
	var overrides fs.FS
	if h.PortalOverrides != "" {
		overrides = os.DirFS(h.PortalOverrides)
	}
	portal, err := web.New(web.Options{
		Desk: h.desk, Room: h.room, Auth: signIn, URL: h.portalURL, Overrides: overrides, Now: h.now,
		Unavailable: postgres.Unavailable, Around: h.tracing.requests, Logger: log, Registerer: h.metrics,
	})
	if err != nil && h.PortalOverrides != "" {
		return nil, fmt.Errorf("CECOIA_PORTAL_OVERRIDES %s: %w", h.PortalOverrides, err)
	}
	return portal, err
}

// ingest wires what comes in: the chat's hooks, the commands' workers, and the
// readers of the academies' mailboxes.
func (h house) ingest() (hooks http.Handler, runs []func(context.Context) error, err error) {
	log := h.log.With("part", "ingest")
	tokens, tokenOf := map[tickets.AcademyID][]string{}, map[string]tickets.AcademyID{}
	for _, a := range h.academies {
		token, err := h.forAcademy("CECOIA_SLASH_TOKEN", a.ID, h.SlashToken)
		if err != nil {
			return nil, nil, err
		}
		for t := range strings.SplitSeq(token, ",") {
			if t = strings.TrimSpace(t); t == "" {
				continue
			}
			if other, taken := tokenOf[t]; taken && other != a.ID {
				return nil, nil, fmt.Errorf("CECOIA_SLASH_TOKEN: %s and %s have the same token, by which nobody could tell them apart: give each team's own as %s",
					other, a.ID, academyVariable("CECOIA_SLASH_TOKEN", a.ID))
			}
			tokenOf[t] = a.ID
			tokens[a.ID] = append(tokens[a.ID], t)
		}
	}
	if runs, err = h.mailboxes(log); err != nil {
		return nil, nil, err
	}
	var gateway *ingest.Gateway
	commands := ingestmattermost.New(ingestmattermost.Options{
		Desk: h.desk, Room: h.room, Directory: h.db, Memory: h.db, Keyring: h.keys, Portal: h.portal, Tokens: tokens,
		BaseURL: h.MattermostURL, HooksURL: h.hooksURL, BotToken: h.MattermostToken,
		Take:  func(ctx context.Context, c ingest.Command) (bool, error) { return gateway.Take(ctx, c) },
		Allow: h.HooksAllow, PerMinute: h.CommandsPerMinute, Burst: h.CommandsBurst, Now: h.now, Logger: log, Registerer: h.metrics,
	})
	gateway = ingest.New(ingest.Options{
		Store: h.db, Execute: h.tracing.commands(commands.Execute), Reply: commands.Reply, Direct: commands.Direct, Redis: h.redis.options, Now: h.now, Logger: log, Registerer: h.metrics,
	})
	runs = append(runs, func(ctx context.Context) error { gateway.Run(ctx); return nil }, commands.Listen)
	return h.tracing.hooks(commands.Handler(gateway)), runs, nil
}
