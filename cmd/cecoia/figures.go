package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"cecoia.example/tickets"
)

// What is read when Prometheus asks: what is owed, and the pools' use.

var (
	pendingDesc = prometheus.NewDesc("cecoia_deliveries_pending",
		"Deliveries owed: waiting for their turn, held back for a better hour, or failing and tried again. Each process tells the same.",
		[]string{"academy", "channel", "outcome"}, nil)
	oldestDesc = prometheus.NewDesc("cecoia_deliveries_oldest_seconds",
		"For how long the oldest of the deliveries owed could have been delivered. Each process tells the same.",
		[]string{"academy", "channel", "outcome"}, nil)
	deadDesc = prometheus.NewDesc("cecoia_deliveries_dead",
		"Deliveries given up in the last 30 days and not replayed. Each process tells the same.",
		[]string{"academy", "channel"}, nil)
	connectionsDesc = prometheus.NewDesc("cecoia_pool_connections",
		"Connections of this process to a server, by state: in_use or idle.", []string{"pool", "state"}, nil)
	connectionLimitDesc = prometheus.NewDesc("cecoia_pool_connections_limit",
		"How many connections a pool may have.", []string{"pool"}, nil)
	poolWaitsDesc = prometheus.NewDesc("cecoia_pool_waits_total",
		"Times that somebody waited for a connection of a pool.", []string{"pool"}, nil)
	poolWaitDesc = prometheus.NewDesc("cecoia_pool_wait_seconds_total",
		"Time spent waiting for a connection of a pool.", []string{"pool"}, nil)
)

// figuresWithin bounds what a scrape waits for the database: without it, the
// other figures still come.
const figuresWithin = 2 * time.Second

// backlogFigures tells what is owed.
type backlogFigures struct {
	store interface {
		Academies(ctx context.Context) ([]tickets.Academy, error)
		Backlog(ctx context.Context, academy tickets.AcademyID, since time.Time) ([]tickets.Backlog, error)
	}
	log *slog.Logger
}

// Describe names the figures.
func (backlogFigures) Describe(ch chan<- *prometheus.Desc) {
	ch <- pendingDesc
	ch <- oldestDesc
	ch <- deadDesc
}

// Collect reads them; while the database is away there are none.
func (f backlogFigures) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), figuresWithin)
	defer cancel()
	now := time.Now()
	academies, err := f.store.Academies(ctx)
	for _, a := range academies {
		var counted []tickets.Backlog
		if counted, err = f.store.Backlog(ctx, a.ID, now.Add(-30*24*time.Hour)); err != nil {
			break
		}
		for _, b := range counted {
			if b.State == tickets.DeliveryDead {
				ch <- prometheus.MustNewConstMetric(deadDesc, prometheus.GaugeValue, float64(b.Count), string(a.ID), string(b.Channel))
				continue
			}
			labels := []string{string(a.ID), string(b.Channel), string(b.State)}
			ch <- prometheus.MustNewConstMetric(pendingDesc, prometheus.GaugeValue, float64(b.Count), labels...)
			ch <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, max(0, now.Sub(b.Oldest).Seconds()), labels...)
		}
	}
	if err != nil {
		f.log.Debug("what is owed could not be counted", "error", err) // /readyz says that the database is away
	}
}

// poolFigures tells the use of the pools of PostgreSQL and Redis.
type poolFigures struct {
	postgres *pgxpool.Pool
	redis    *redis.Client
}

// Describe names the figures.
func (poolFigures) Describe(ch chan<- *prometheus.Desc) {
	ch <- connectionsDesc
	ch <- connectionLimitDesc
	ch <- poolWaitsDesc
	ch <- poolWaitDesc
}

// Collect reads them.
func (f poolFigures) Collect(ch chan<- prometheus.Metric) {
	tell := func(pool string, used, idle, limit int, waits, wait float64) {
		ch <- prometheus.MustNewConstMetric(connectionsDesc, prometheus.GaugeValue, float64(used), pool, "in_use")
		ch <- prometheus.MustNewConstMetric(connectionsDesc, prometheus.GaugeValue, float64(idle), pool, "idle")
		ch <- prometheus.MustNewConstMetric(connectionLimitDesc, prometheus.GaugeValue, float64(limit), pool)
		ch <- prometheus.MustNewConstMetric(poolWaitsDesc, prometheus.CounterValue, waits, pool)
		ch <- prometheus.MustNewConstMetric(poolWaitDesc, prometheus.CounterValue, wait, pool)
	}
	p := f.postgres.Stat()
	tell("postgres", int(p.AcquiredConns()), int(p.IdleConns()), int(p.MaxConns()),
		float64(p.EmptyAcquireCount()), p.EmptyAcquireWaitTime().Seconds())
	r := f.redis.PoolStats()
	tell("redis", int(r.TotalConns-r.IdleConns), int(r.IdleConns), f.redis.Options().PoolSize,
		float64(r.WaitCount), time.Duration(r.WaitDurationNs).Seconds())
}
