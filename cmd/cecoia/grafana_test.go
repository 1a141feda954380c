package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"cecoia.example/deploy/example"
	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/files"
	"cecoia.example/tickets/postgres"
)

// figureNames returns the name of each metric that a process with all roles has,
// with its help.
func figureNames(t *testing.T) map[string]string {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Options{URL: postgrestest.New(t, "cecoia", postgres.Migrate), MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	log := slog.New(slog.DiscardHandler)
	s := settings{
		Data: t.TempDir(), MattermostURL: "http://127.0.0.1:1", MattermostToken: "x", SecretKey: strings.Repeat("k", 32),
		SMTPURL: "smtp://127.0.0.1:1?tls=none", SendAtOnce: 1,
	}
	rdb, err := openRedis(t.Context(), s, log)
	if err != nil {
		t.Fatal(err)
	}
	defer rdb.Close()
	academies, err := parseDeskFile(example.Desk, example.Logos)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := s.keyring()
	if err != nil {
		t.Fatal(err)
	}
	documents, err := files.Open(s.Data)
	if err != nil {
		t.Fatal(err)
	}
	defer documents.Close()
	s.own = map[string]string{}
	for _, a := range academies {
		s.own[academyVariable("CECOIA_SLASH_TOKEN", a.ID)] = "token of " + string(a.ID)
		s.own[academyVariable("CECOIA_IMAP_URL", a.ID)] = "imap://" + string(a.ID) + "@127.0.0.1:1?tls=none"
	}
	h := house{
		settings: s, academies: academies, db: db, redis: rdb, keys: keys, files: documents, portal: tickets.NewPortal("http://127.0.0.1:1"),
		portalURL: "http://127.0.0.1:1", hooksURL: "http://127.0.0.1:1", metrics: prometheus.NewRegistry(), log: log,
		desk: tickets.NewDesk(tickets.Options{Store: db, Files: documents, Keyring: keys}),
	}
	_, closeChannels, err := h.notifier()
	if err != nil {
		t.Fatal(err)
	}
	defer closeChannels()
	if _, err := h.web(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.ingest(); err != nil {
		t.Fatal(err)
	}
	health, err := h.health()
	if err != nil {
		t.Fatal(err)
	}
	newPulse(h.metrics)
	h.metrics.MustRegister(health, backlogFigures{db, log}, poolFigures{db.Pool(), rdb.Client},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	described := make(chan *prometheus.Desc)
	go func() {
		defer close(described)
		h.metrics.Describe(described)
	}()
	form := regexp.MustCompile(`fqName: "([^"]+)", help: "([^"]*)"`)
	names := map[string]string{}
	for d := range described {
		m := form.FindStringSubmatch(d.String())
		if m == nil {
			t.Fatalf("a metric without name or help: %s", d)
		}
		names[m[1]] = m[2]
	}
	return names
}

// What the dashboard shows and the rules watch is what there is: a metric that is
// renamed takes them along. Each of ours says what it is.
func TestTheDashboardShowsWhatThereIs(t *testing.T) {
	names := figureNames(t)
	ours := 0
	for name, help := range names {
		if strings.HasPrefix(name, "cecoia_") {
			if ours++; len(help) < 20 || !strings.HasSuffix(help, ".") {
				t.Errorf("%s has the help %q", name, help)
			}
		}
	}
	if ours < 30 {
		t.Fatalf("only %d metrics of ours", ours)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
		Templating struct{ List []struct{ Query string } }
	}
	read := func(path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if err := json.Unmarshal(read("../../deploy/grafana/dashboard.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations struct{ Summary, Remedy string }
			}
		}
	}
	if err := yaml.Unmarshal(read("../../deploy/grafana/alerts.yaml"), &rules); err != nil {
		t.Fatal(err)
	}
	expressions := map[string]string{}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			expressions[p.Title+": "+target.Expr] = target.Expr
		}
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			expressions[r.Alert] = r.Expr
			if r.Annotations.Summary == "" || r.Annotations.Remedy == "" {
				t.Errorf("%s does not say what is wrong, or what to do", r.Alert)
			}
		}
	}
	if len(expressions) < 40 {
		t.Fatalf("only %d expressions", len(expressions))
	}
	metric := regexp.MustCompile(`\b(?:cecoia|go|process)_[a-z0-9_]+`)
	for where, expression := range expressions {
		found := metric.FindAllString(expression, -1)
		if len(found) == 0 {
			t.Errorf("%s: no metric", where)
		}
		for _, name := range found {
			base := name
			for _, part := range []string{"_bucket", "_sum", "_count"} {
				base = strings.TrimSuffix(base, part)
			}
			if names[name] == "" && names[base] == "" {
				t.Errorf("%s: there is no %s", where, name)
			}
		}
	}
}
