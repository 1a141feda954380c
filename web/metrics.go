package web

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cecoia_web_requests_total",
			Help: "Requests to the portal by route, method and status code.",
		}, []string{"route", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "cecoia_web_request_seconds",
			Help:    "Time to answer a request to the portal, by route and method.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "method"}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// watch counts and times the route's requests, and tells those who look closely
// of each. The labels are bounded: the route's pattern, never the path; the
// method by its name only where known.
func (s *server) watch(rt route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := "other"
		if r.Method == http.MethodGet || r.Method == http.MethodPost || r.Method == http.MethodHead {
			method = r.Method
		}
		begun := time.Now() // a duration of the machine, not of the domain's clock
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			took := time.Since(begun)
			s.metrics.requests.WithLabelValues(rt.pattern, method, strconv.Itoa(sw.status)).Inc()
			s.metrics.seconds.WithLabelValues(rt.pattern, method).Observe(took.Seconds())
			if s.log.Enabled(r.Context(), slog.LevelDebug) {
				s.log.Debug("request", "trace", traceID(r.Context()), "method", method, "route", rt.pattern, "status", sw.status, "took", took)
			}
		}()
		next.ServeHTTP(sw, r)
	})
}

// statusWriter remembers the status that was written.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status on its way out.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController the writer beneath.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
