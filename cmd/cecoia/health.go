package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// lookedAt is how long what was found of a part holds.
	lookedAt = 5 * time.Second
	// lookWithin bounds a look at one part.
	lookWithin = 2 * time.Second
)

// part is something that the gateway leans on. Only the database is needed; what
// the others would do waits for them.
type part struct {
	name  string // "redis", "smtp creteil"
	check func(context.Context) error
}

// health tells how the parts do. Looks at the database are made as it is asked;
// those at the others in between, so that one that is slow to refuse holds no
// answer up.
type health struct {
	database func(context.Context) error
	parts    []part
	log      *slog.Logger

	mu      sync.Mutex
	found   map[string]error // of each part, by its name; absent before the first look
	at      time.Time
	looking bool
}

// report is the body of /readyz.
type report struct {
	Status string            `json:"status"` // ready, degraded: a part is away and its work waits, unready
	Parts  map[string]string `json:"parts"`  // ok, or what is wrong; by name
}

// report says how the parts do now.
func (h *health) report(ctx context.Context) report {
	r := report{Status: "ready", Parts: map[string]string{"database": "ok"}}
	for name, err := range h.states() {
		r.Parts[name] = "ok"
		if err != nil {
			r.Status, r.Parts[name] = "degraded", err.Error()
		}
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	if err := h.database(ctx); err != nil {
		r.Status, r.Parts["database"] = "unready", "it does not answer"
	}
	return r
}

// states returns what was found of the parts lately, and has them looked at again
// when that was a while ago. The first time it waits for it, a moment.
func (h *health) states() map[string]error {
	h.mu.Lock()
	first := h.found == nil
	if h.looking || time.Since(h.at) < lookedAt {
		defer h.mu.Unlock()
		return h.found
	}
	h.looking = true
	h.mu.Unlock()
	looked := make(chan struct{})
	go func() { // it ends by lookWithin
		defer close(looked)
		h.look()
	}()
	if first {
		select {
		case <-looked:
		case <-time.After(lookWithin / 4):
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.found
}

// look looks at all parts at once.
func (h *health) look() {
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	found := make(map[string]error, len(h.parts))
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, p := range h.parts {
		all.Go(func() {
			err := p.check(ctx)
			mu.Lock()
			defer mu.Unlock()
			found[p.name] = err
		})
	}
	all.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, err := range found {
		if before, known := h.found[name]; err != nil && (!known || before == nil) {
			h.log.Warn("degraded: what goes through it waits", "part", name, "error", err)
		} else if err == nil && before != nil {
			h.log.Info("no longer degraded", "part", name)
		}
	}
	h.found, h.at, h.looking = found, time.Now(), false
}

// ServeHTTP answers 200 while the database does, and names the state of each part.
func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	told := h.report(r.Context())
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(told); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if told.Status == "unready" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(b.Bytes()) // who asked is gone
}

var partDesc = prometheus.NewDesc("cecoia_part_up",
	"1 while a part that the gateway leans on answers, 0 while it does not: database, redis, smtp, imap, mattermost.", []string{"part"}, nil)

// Describe names the figure.
func (h *health) Describe(ch chan<- *prometheus.Desc) { ch <- partDesc }

// Collect tells of each part whether it answers.
func (h *health) Collect(ch chan<- prometheus.Metric) {
	for name, said := range h.report(context.Background()).Parts {
		up := 0.0
		if said == "ok" {
			up = 1
		}
		ch <- prometheus.MustNewConstMetric(partDesc, prometheus.GaugeValue, up, name)
	}
}

// health wires the looks at what the house leans on.
func (h house) health() (*health, error) {
	out := &health{database: h.db.Ping, log: h.log}
	out.parts = append(out.parts, part{"redis", func(ctx context.Context) error { return h.redis.Ping(ctx).Err() }})
	if h.MattermostURL != "" {
		out.parts = append(out.parts, part{"mattermost", func(ctx context.Context) error { return pingChat(ctx, h.MattermostURL) }})
	}
	for _, a := range h.academies {
		for _, p := range []struct{ kind, variable, common string }{
			{"smtp", "CECOIA_SMTP_URL", h.SMTPURL}, {"imap", "CECOIA_IMAP_URL", h.IMAPURL}, {"imap bounces", "CECOIA_BOUNCE_IMAP_URL", h.BounceIMAPURL},
		} {
			server, err := h.forAcademy(p.variable, a.ID, p.common)
			if err != nil {
				return nil, err
			}
			if server == "" {
				continue
			}
			addr := addressOf(server)
			out.parts = append(out.parts, part{p.kind + " " + string(a.ID), func(ctx context.Context) error { return reach(ctx, addr) }})
		}
	}
	return out, nil
}

// addressOf returns the host and port of a server's URL, whose form was checked
// as its part was wired.
func addressOf(server string) string {
	u, err := url.Parse(server)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"smtps": "465", "smtp": "587", "imaps": "993", "imap": "143"}[u.Scheme]
		if u.Scheme == "smtp" && u.Query().Get("tls") == "none" {
			port = "25"
		}
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// reach proves that somebody listens there. It says nothing: mail servers count
// sign-ins.
func reach(ctx context.Context, addr string) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return c.Close()
}

// pingChat proves that a Mattermost answers at that address.
func pingChat(ctx context.Context, base string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(base, "/")+"/api/v4/system/ping", nil)
	if err != nil {
		return err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("it leads elsewhere") }}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", req.URL, res.Status)
	}
	return nil
}
