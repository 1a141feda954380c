package mail

import "github.com/prometheus/client_golang/prometheus"

var (
	connectionsDesc = prometheus.NewDesc("cecoia_smtp_connections",
		"Connections of this process to a mail server, by state: in_use or idle.", []string{"server", "state"}, nil)
	connectionLimitDesc = prometheus.NewDesc("cecoia_smtp_connections_limit",
		"How many connections a mail server gets at once.", []string{"server"}, nil)
	failuresDesc = prometheus.NewDesc("cecoia_smtp_connect_failures",
		"Attempts to connect to a mail server since one succeeded.", []string{"server"}, nil)
)

// Describe names the figures of the pools.
func (m *Mailer) Describe(ch chan<- *prometheus.Desc) {
	ch <- connectionsDesc
	ch <- connectionLimitDesc
	ch <- failuresDesc
}

// Collect reads them: of each server as one, whoever signs in there.
func (m *Mailer) Collect(ch chan<- prometheus.Metric) {
	type use struct{ busy, idle, limit, failures int }
	servers := map[string]use{}
	m.mu.Lock()
	for _, s := range m.servers {
		u := servers[s.endpoint.addr]
		u.busy += len(s.slots)
		u.limit += cap(s.slots)
		s.mu.Lock()
		u.idle += len(s.idle)
		u.failures = max(u.failures, s.failures)
		s.mu.Unlock()
		servers[s.endpoint.addr] = u
	}
	m.mu.Unlock()
	for server, u := range servers {
		ch <- prometheus.MustNewConstMetric(connectionsDesc, prometheus.GaugeValue, float64(u.busy), server, "in_use")
		ch <- prometheus.MustNewConstMetric(connectionsDesc, prometheus.GaugeValue, float64(u.idle), server, "idle")
		ch <- prometheus.MustNewConstMetric(connectionLimitDesc, prometheus.GaugeValue, float64(u.limit), server)
		ch <- prometheus.MustNewConstMetric(failuresDesc, prometheus.GaugeValue, float64(u.failures), server)
	}
}
