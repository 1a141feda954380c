package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"syscall"
	"time"

	"cecoia.example/deploy/local/mail"
	"cecoia.example/deploy/local/mattermost"
)

// fault is one thing that breaks.
type fault struct {
	name, what string
	// prepare makes what it needs, before the load; nil for nothing.
	prepare func(context.Context, *site) error
	// begin breaks it and end mends it, so long afterwards; quick is how long in
	// the short version. nil: nothing is to be done.
	begin, end func(context.Context, *site, blow) error
	lasts      time.Duration
	quick      time.Duration
	// gone: nobody answers for a moment, as the only process was killed. away:
	// the portal says that the service is away.
	gone, away bool
	// doubles: what was sent and could not be recorded is sent again.
	doubles bool
	// refuses: mails are refused for good, and kept as dead.
	refuses bool
	// full: documents are refused, in words.
	full bool
}

// blow is what a fault is told of how it is dealt.
type blow struct {
	quick bool
	load  *load // that it strikes
}

// times is how often a fault strikes within its row.
func (b blow) times(n int) int {
	if b.quick {
		return min(n, 2)
	}
	return n
}

// Long enough for the backoff to grow, and to see what waits; the silences
// outlast the patience of whoever waits for an answer (notify/mail, notify).
const (
	short  = 15 * time.Second
	moment = 2 * time.Second
)

// faults are everything that is drilled, in this order.
var faults = []fault{
	{name: "none", what: "nothing breaks: the load by itself", lasts: short, quick: moment},
	{
		name: "kill", what: "kill -9 of the process, 20 times, at random moments",
		gone: true, doubles: true,
		begin: func(ctx context.Context, s *site, b blow) error {
			for range b.times(20) {
				pause(ctx, time.Duration(200+rand.N(1300))*time.Millisecond) //nolint:gosec // spreads, keeps no secret
				if err := s.restart(ctx, s.gateways[0], killed); err != nil {
					return err
				}
			}
			return nil
		},
	},
	{
		name: "redis-kill", what: "kill -9 of Redis, which keeps nothing on disk",
		begin: func(_ context.Context, s *site, _ blow) error { s.redis.Kill(); return nil },
		end:   redisBack, lasts: moment, quick: time.Second,
	},
	{
		name: "redis-flush", what: "FLUSHALL, three times",
		begin: func(ctx context.Context, s *site, b blow) error {
			for range b.times(3) {
				if _, err := s.redisDo(ctx, "FLUSHALL"); err != nil {
					return err
				}
				pause(ctx, time.Second)
			}
			return nil
		},
	},
	{
		name: "redis-away", what: "Redis is stopped for a minute",
		begin: func(_ context.Context, s *site, _ blow) error { s.redis.Kill(); return nil },
		end:   redisBack, lasts: time.Minute, quick: moment,
	},
	{
		name: "redis-hangs", what: "Redis takes connections and says nothing (CLIENT PAUSE)",
		begin: func(ctx context.Context, s *site, b blow) error {
			pauseFor := 20 * time.Second
			if b.quick {
				pauseFor = moment
			}
			_, err := s.redisDo(ctx, "CLIENT", "PAUSE", pauseFor.Milliseconds(), "ALL")
			return err
		},
		lasts: 20 * time.Second, quick: moment,
	},
	{
		name: "postgres-restart", what: "Postgres is restarted", away: true, doubles: true,
		begin: postgresStops, end: postgresBack,
	},
	{
		name: "postgres-kill", what: "kill -9 of Postgres, which recovers by its log", away: true, doubles: true,
		begin: postgresKilled, end: postgresBack,
	},
	{
		name: "postgres-away", what: "Postgres is stopped for 30 s", away: true, doubles: true,
		begin: postgresStops, end: postgresBack, lasts: 30 * time.Second, quick: moment,
	},
	smtp("smtp-421", "the mail server answers 421 and closes", mail.Answer421, fault{lasts: short, quick: moment}),
	smtp("smtp-450", "the mail server answers 450", mail.Answer450, fault{lasts: short, quick: moment}),
	smtp("smtp-550", "the mail server answers 550: what it refuses is kept as dead", mail.Answer550, fault{lasts: 5 * time.Second, quick: time.Second, refuses: true}),
	smtp("smtp-silent", "the mail server says nothing after the message", mail.Hang, fault{lasts: 70 * time.Second, quick: moment}),
	smtp("smtp-drop", "the mail server cuts the connection after the message", mail.Drop, fault{lasts: short, quick: moment}),
	smtp("smtp-drop-stored", "the mail server keeps the message, and cuts before it says so", mail.DropStored, fault{lasts: 5 * time.Second, quick: time.Second, doubles: true}),
	chat("chat-429", "Mattermost answers 429", mattermost.Fault{Status: http.StatusTooManyRequests}, short),
	chat("chat-500", "Mattermost answers 500", mattermost.Fault{Status: http.StatusInternalServerError}, short),
	chat("chat-silent", "Mattermost says nothing", mattermost.Fault{Hang: true}, 20*time.Second),
	chat("chat-lost-answer", "Mattermost does it, and cuts before it says so", mattermost.Fault{LoseAnswer: true}, short),
	{
		name: "chat-token", what: "Mattermost no longer knows the bot's token, until the administrator gives another",
		begin: func(_ context.Context, s *site, _ blow) error { return s.chat.Revoke(s.token) },
		end: func(ctx context.Context, s *site, _ blow) (err error) {
			if s.token, err = s.chat.NewToken(bot); err != nil {
				return err
			}
			return s.restart(ctx, s.gateways[0], stopped(ctx))
		},
		lasts: short, quick: moment, gone: true,
	},
	{
		name: "disk-full", what: "no room for the documents",
		begin: func(_ context.Context, s *site, _ blow) error { return s.disk.fill() },
		end: func(ctx context.Context, s *site, b blow) error {
			b.load.refusal(ctx) // somebody has seen it, however busy the machine is
			return s.disk.empty()
		},
		lasts: short, quick: moment, full: true,
	},
	{
		name: "clock", what: "the gateway's clock jumps an hour, forth and back, then back and forth", gone: true, doubles: true,
		prepare: func(ctx context.Context, s *site) error { return s.buildClock(ctx) },
		begin: func(ctx context.Context, s *site, b blow) error {
			if err := s.otherProgram(ctx, s.wrongBinary); err != nil {
				return err
			}
			pause(ctx, moment)
			return jump(ctx, s, b)
		},
		end: func(ctx context.Context, s *site, _ blow) error { return s.otherProgram(ctx, s.binary) },
	},
	{
		name: "two", what: "two gateways side by side",
		begin: func(ctx context.Context, s *site, _ blow) error { return s.addGateway(ctx) },
		end:   func(ctx context.Context, s *site, _ blow) error { return s.dropGateway(ctx) },
		lasts: short, quick: moment,
	},
	{
		name: "rolling", what: "two gateways, each restarted in turn, twice",
		begin: func(ctx context.Context, s *site, b blow) error {
			if err := s.addGateway(ctx); err != nil {
				return err
			}
			for n := range b.times(4) {
				pause(ctx, time.Second)
				if err := s.restart(ctx, s.gateways[n%2], stopped(ctx)); err != nil {
					return err
				}
			}
			return nil
		},
		end: func(ctx context.Context, s *site, _ blow) error { return s.dropGateway(ctx) }, lasts: moment, quick: time.Second,
	},
}

func redisBack(ctx context.Context, s *site, _ blow) error {
	if err := s.redis.Stop(ctx); err != nil { // its folder
		return err
	}
	return s.startRedis(ctx)
}

func postgresStops(ctx context.Context, s *site, _ blow) error { s.postgres.Stop(ctx); return nil }
func postgresBack(ctx context.Context, s *site, _ blow) error  { return s.startPostgres(ctx) }

// postgresKilled ends Postgres as a crash of its machine's power would, but for
// the disk.
func postgresKilled(ctx context.Context, s *site, _ blow) error {
	if err := syscall.Kill(s.postgres.PID(), syscall.SIGKILL); err != nil {
		return err
	}
	<-s.postgres.Done()
	s.postgres.Stop(ctx) // its socket
	return nil
}

// smtp is a fault of the mail server.
func smtp(name, what string, how mail.Fault, f fault) fault {
	f.name, f.what = name, what
	f.begin = func(_ context.Context, s *site, _ blow) error { s.mail.Fail(how, -1); return nil }
	f.end = func(_ context.Context, s *site, _ blow) error { s.mail.Fail(mail.NoFault, 0); return nil }
	return f
}

// chat is a fault of Mattermost.
func chat(name, what string, how mattermost.Fault, lasts time.Duration) fault {
	return fault{
		name: name, what: what, lasts: lasts, quick: moment,
		begin: func(_ context.Context, s *site, _ blow) error { s.chat.Fail(how); return nil },
		end:   func(_ context.Context, s *site, _ blow) error { s.chat.Heal(); return nil },
	}
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
