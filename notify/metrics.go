package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// metrics are the figures of the queue.
type metrics struct {
	enqueued  prometheus.Counter
	epochs    prometheus.Counter
	attempts  *prometheus.CounterVec
	held      *prometheus.CounterVec
	sending   *prometheus.GaugeVec
	duration  *prometheus.HistogramVec
	delay     *prometheus.HistogramVec
	abandoned prometheus.Counter
}

func newMetrics(r prometheus.Registerer, q *queue) (*metrics, error) {
	m := &metrics{
		enqueued: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cecoia_deliveries_enqueued_total", Help: "Deliveries put on a stream; one may be put there several times.",
		}),
		epochs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cecoia_queue_epochs_total", Help: "Times the queue in Redis was found empty or incomplete and was made anew.",
		}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cecoia_delivery_attempts_total", Help: "Attempts to deliver, by how they ended; dead is the last of a delivery given up, suppressed was not tried as its recipient chose.",
		}, []string{"channel", "outcome"}),
		held: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cecoia_deliveries_held_total", Help: "Times that a delivery was held back, to be told later with others, at a better hour, or when its server takes more.",
		}, []string{"channel"}),
		sending: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "cecoia_deliveries_under_way", Help: "Deliveries leased by this process and not recorded yet.",
		}, []string{"channel"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cecoia_delivery_attempt_seconds", Help: "How long one attempt took.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 75},
		}, []string{"channel"}),
		delay: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cecoia_delivery_delay_seconds", Help: "From the moment a delivery came to be owed, or was held back until, until it was delivered.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 15, 60, 300, 1800, 7200, 86400},
		}, []string{"channel"}),
		abandoned: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cecoia_delivery_receipts_abandoned_total", Help: "Receipts that could not be recorded before their lease ended; the delivery comes again.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.enqueued, m.epochs, m.attempts, m.held, m.sending, m.duration, m.delay, m.abandoned, q} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

var (
	lengthDesc = prometheus.NewDesc("cecoia_deliveries_stream_length",
		"Entries of a channel's stream in Redis, read and recorded ones gone. Each process tells the same.", []string{"channel"}, nil)
	readDesc = prometheus.NewDesc("cecoia_deliveries_stream_pending",
		"Entries of a channel's stream that a worker has read and not ended. Each process tells the same.", []string{"channel"}, nil)
)

// Describe names the figures of the streams.
func (q *queue) Describe(ch chan<- *prometheus.Desc) { ch <- lengthDesc; ch <- readDesc }

// Collect reads them; while Redis is away there are none.
func (q *queue) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	pipe := q.redis.Pipeline()
	lengths, groups := make([]*redis.IntCmd, len(q.channels)), make([]*redis.XInfoGroupsCmd, len(q.channels))
	for i, c := range q.channels {
		lengths[i], groups[i] = pipe.XLen(ctx, streamOf(c)), pipe.XInfoGroups(ctx, streamOf(c))
	}
	_, _ = pipe.Exec(ctx) // each command's own error is looked at
	for i, c := range q.channels {
		if lengths[i].Err() == nil {
			ch <- prometheus.MustNewConstMetric(lengthDesc, prometheus.GaugeValue, float64(lengths[i].Val()), string(c))
		}
		for _, g := range groups[i].Val() {
			if g.Name == groupName {
				ch <- prometheus.MustNewConstMetric(readDesc, prometheus.GaugeValue, float64(g.Pending), string(c))
			}
		}
	}
}
