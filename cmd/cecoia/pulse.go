package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// pulse tells how the clock's loops go: tidy, and alerts.
type pulse struct {
	lag  *prometheus.GaugeVec
	last *prometheus.GaugeVec
}

func newPulse(r prometheus.Registerer) pulse {
	p := pulse{
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "cecoia_clock_lag_seconds", Help: "How late the last tick of a loop of the clock began.",
		}, []string{"loop"}),
		last: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "cecoia_clock_last_tick_timestamp_seconds", Help: "When a loop of the clock last did all it had to, as Unix time.",
		}, []string{"loop"}),
	}
	r.MustRegister(p.lag, p.last)
	return p
}

// due notes that a loop begins what was due at that time.
func (p pulse) due(loop string, at time.Time) {
	p.lag.WithLabelValues(loop).Set(max(0, time.Since(at).Seconds()))
}

// done notes that a loop did what was due, unless it failed.
func (p pulse) done(loop string, err error) {
	if err == nil {
		p.last.WithLabelValues(loop).SetToCurrentTime()
	}
}
