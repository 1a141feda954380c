package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"cecoia.example/deploy/local/mail"
	"cecoia.example/deploy/local/mattermost"
	localpostgres "cecoia.example/deploy/local/postgres"
	"cecoia.example/deploy/local/redis"
	"cecoia.example/deploy/local/redis/redistest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// installation is a site of its own: each peer a server that a test may stop, and
// a `cecoia serve` before them.
type installation struct {
	*demo     // for its free ports and its folder; the demo itself is not started
	env       []string
	postgres  *localpostgres.Server
	redis     *redis.Server
	smtp      *mail.Server
	imap      *mail.Server
	chat      *mattermost.Server
	log       lockedBuffer
	collected spans
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	s := &installation{demo: newDemo(t)}
	ctx := context.WithoutCancel(t.Context())
	var err error
	if err := os.Chmod(s.data, 0o711); err != nil {
		t.Fatal(err)
	}
	if s.postgres, err = localpostgres.Start(ctx, localpostgres.Options{Dir: filepath.Join(s.data, "site")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.postgres.Stop(ctx) })
	s.redis = redistest.New(t)
	mailServer := func(accounts ...string) *mail.Server {
		o := mail.Options{SMTPAddr: "127.0.0.1:0", IMAPAddr: "127.0.0.1:0", PageAddr: "127.0.0.1:0"}
		for _, a := range accounts {
			o.Accounts = append(o.Accounts, mail.Account{Address: a, Password: "x"})
		}
		server, err := mail.Start(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close(ctx) })
		return server
	}
	s.smtp, s.imap = mailServer("demandeur@creteil.example", "superviseur@creteil.example"), mailServer("no-reply@creteil.example")
	s.chat, err = mattermost.Start(ctx, mattermost.Options{Addr: s.addr["CECOIA_MATTERMOST_ADDR"], Seed: mattermost.Seed{
		Teams: []mattermost.Team{{Name: "creteil", Channels: []mattermost.Channel{{Name: "assistance"}, {Name: "reseaux"}, {Name: "supervision"}}}},
		Bots:  []mattermost.Bot{{Username: demoBot, Token: demoBotToken, Channels: []string{"creteil/assistance", "creteil/reseaux", "creteil/supervision"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.chat.Close(ctx) })
	receiver := httptest.NewServer(&s.collected)
	t.Cleanup(receiver.Close)

	imap := url.URL{Scheme: "imap", User: url.UserPassword("no-reply@creteil.example", "x"), Host: s.imap.IMAPAddr(), RawQuery: "tls=none"}
	s.env = []string{
		"CECOIA_DATA=" + s.data, "CECOIA_SECRET_KEY=une clé de trente-deux octets au moins",
		"CECOIA_DATABASE_URL=" + s.postgres.URL(), "CECOIA_REDIS_URL=" + s.redis.URL(),
		"CECOIA_MATTERMOST_URL=" + s.chat.URL(), "CECOIA_MATTERMOST_TOKEN=" + demoBotToken, "CECOIA_SLASH_TOKEN_CRETEIL=un-jeton",
		"CECOIA_SMTP_URL_CRETEIL=smtp://" + s.smtp.SMTPAddr() + "?tls=none", "CECOIA_IMAP_URL_CRETEIL=" + imap.String(),
		"CECOIA_LOG_LEVEL=debug", "CECOIA_LOG_FORMAT=json", "OTEL_EXPORTER_OTLP_ENDPOINT=" + receiver.URL, "OTEL_BSP_SCHEDULE_DELAY=50",
	}
	for _, variable := range []string{"CECOIA_PORTAL_ADDR", "CECOIA_HOOKS_ADDR", "CECOIA_OPS_ADDR"} {
		s.env = append(s.env, variable+"="+s.addr[variable])
	}
	for _, args := range [][]string{
		{"migrate"}, {"apply", "../../deploy/example/desk.yaml"},
		{"people", "import", "../../deploy/example/people.csv", "--academy", "creteil"},
		{"people", "link", "agent@creteil.example", mattermost.UserID("agent.creteil"), "--academy", "creteil"},
	} {
		s.cecoia(0, args...)
	}
	command := exec.CommandContext(ctx, binary, "people", "password", "demandeur@creteil.example", "--academy", "creteil")
	command.Env, command.Stdin = append(os.Environ(), s.env...), strings.NewReader("un long mot de passe\n")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("people password: %v %s", err, out)
	}
	return s
}

// cecoia runs a command that is to end with the status, and returns what it says.
func (s *installation) cecoia(want int, args ...string) string {
	s.t.Helper()
	status, out, stderr := cecoia(s.t, s.env, args...)
	if status != want {
		s.t.Fatalf("cecoia %v: %d\n%s\n%s", args, status, out, stderr)
	}
	return out + stderr
}

// serve runs all roles until it is stopped, or the test ends.
func (s *installation) serve() (stop func()) {
	s.t.Helper()
	command := exec.Command(binary, "serve")
	command.Env = append(os.Environ(), s.env...)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	command.Stderr = &s.log
	out, err := command.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
	})
	s.t.Cleanup(func() {
		stop()
		if s.t.Failed() {
			s.t.Logf("serve:\n%s", tail(s.log.String(), 6000))
		}
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "ready ") {
		s.t.Fatalf("serve says %q: %v\n%s", line, err, s.log.String())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return stop
}

// said returns the lines of the log that have the trace, by their messages.
func (s *installation) said(trace string) map[string]map[string]any {
	out := map[string]map[string]any{}
	for line := range strings.Lines(s.log.String()) {
		var said map[string]any
		if json.Unmarshal([]byte(line), &said) == nil && said["trace"] == trace && trace != "" {
			out[fmt.Sprint(said["msg"])] = said
		}
	}
	return out
}

// spans is a tiny receiver of OTLP over HTTP.
type spans struct {
	mu  sync.Mutex
	all []*tracepb.Span
}

// ServeHTTP takes spans.
func (s *spans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &request)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, fmt.Sprint(r.URL.Path, err), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			s.all = append(s.all, scope.Spans...)
		}
	}
}

// chain says whether the trace has spans of those names, each the parent of the
// next, the first without any.
func (s *spans) chain(trace string, names ...string) (bool, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var seen strings.Builder
	parent := []byte{}
	for _, span := range s.all {
		if hex.EncodeToString(span.TraceId) == trace {
			fmt.Fprintf(&seen, "%s: %x below %x\n", span.Name, span.SpanId, span.ParentSpanId)
		}
	}
	for _, name := range names {
		i := slices.IndexFunc(s.all, func(span *tracepb.Span) bool {
			return hex.EncodeToString(span.TraceId) == trace && span.Name == name && bytes.Equal(span.ParentSpanId, parent)
		})
		if i < 0 {
			return false, seen.String()
		}
		parent = s.all[i].SpanId
	}
	return true, ""
}

// One id leads from what a person sees to what was sent: in the log, in traces and
// in the register.
func TestOneIDFromTheRequestToTheDelivery(t *testing.T) {
	t.Parallel()
	s := newInstallation(t)
	s.serve()
	person, _ := visitorAs(t, s.demo, "demandeur@creteil.example", "un long mot de passe")
	path, number := person.newForm()
	person.post(path+"/demande", url.Values{"description": {"L’écran reste noir"}, "do": {"continue"}})
	jar := person.http.Jar
	once := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := once.PostForm(s.url("CECOIA_PORTAL_ADDR", path+"/verification"), url.Values{"do": {"send"}})
	if err != nil {
		t.Fatal(err)
	}
	read(t, res.Body)
	id := res.Header.Get("X-Request-Id")
	eventually(t, "the way of "+id, func() (bool, string) {
		said := s.said(id)
		delivered, sent := said["notify: delivery delivered"], said["action"]
		return said["request"] != nil && sent["ticket"] == number && delivered["event"] == sent["event"] && delivered["channel"] == "chat", fmt.Sprint(said)
	})
	eventually(t, "the spans of "+id, func() (bool, string) {
		return s.collected.chain(id, "POST /formulaires/{id}/verification", "action open", "deliver by chat")
	})

	// A page that says no shows the beginning of the id, by which an operator finds
	// the line.
	res, page := person.get("/nulle-part")
	shown := regexp.MustCompile(`id="request-id">([0-9a-f]{12})<`).FindStringSubmatch(page)
	refused := res.Header.Get("X-Request-Id")
	if shown == nil || !strings.HasPrefix(refused, shown[1]) {
		t.Errorf("the page of an error shows %v, its request was %s", shown, refused)
	}
	eventually(t, "the line of "+refused, func() (bool, string) { // it is written once the page was
		said := s.said(refused)
		return said["request"] != nil, fmt.Sprint(said)
	})

	// A command of the chat, to the mail that it causes.
	if _, answer := s.command("un-jeton", mattermost.UserID("agent.creteil"), "prendre 1"); !strings.Contains(answer.Text, number) {
		t.Fatalf("%+v", answer)
	}
	var taken string
	eventually(t, "the mail of the taking", func() (bool, string) {
		for line := range strings.Lines(s.log.String()) {
			var said map[string]any
			if json.Unmarshal([]byte(line), &said) == nil && said["msg"] == "chat command" {
				taken, _ = said["trace"].(string)
			}
		}
		said := s.said(taken)
		answer, _ := said["mail: taken by the server"]["answer"].(string)
		return said["chat command"]["verb"] == "prendre" && said["action"]["action"] == "take" &&
			answer != "" && said["notify: delivery delivered"] != nil, fmt.Sprint(said)
	})
	eventually(t, "the spans of "+taken, func() (bool, string) {
		return s.collected.chain(taken, "POST /mattermost/command", "command", "action take", "deliver by mail")
	})
	if out := s.cecoia(0, "deliveries", "list", "--trace", taken[:12], "--academy", "creteil"); !strings.Contains(out, number) ||
		!strings.Contains(out, "taken") || strings.Contains(out, "noir") {
		t.Errorf("deliveries of the trace:\n%s", out)
	}
}

// parts asks /readyz.
func (s *installation) parts() (status int, told report) {
	s.t.Helper()
	res, err := http.Get(s.url("CECOIA_OPS_ADDR", "/readyz"))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(read(s.t, res.Body)), &told); err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, told
}

// Each part in turn goes away: the gateway stays ready, and says which it is, and
// so does the doctor, with what to do; without the database it is not ready.
func TestWhatIsAwayIsNamed(t *testing.T) {
	t.Parallel()
	s := newInstallation(t)
	s.serve()
	names := []string{"database", "redis", "mattermost", "smtp creteil", "imap creteil"}
	eventually(t, "all parts", func() (bool, string) {
		status, told := s.parts()
		for _, name := range names {
			if told.Parts[name] != "ok" {
				return false, fmt.Sprint(told)
			}
		}
		return status == http.StatusOK && told.Status == "ready", fmt.Sprint(told)
	})
	if out := s.cecoia(1, "doctor"); !strings.Contains(out, "ok    smtp creteil") || !strings.Contains(out, "ok    imap creteil") ||
		!strings.Contains(out, "ok    bot token") || !strings.Contains(out, "ok    channels creteil") || !strings.Contains(out, "ok    redis") ||
		!strings.Contains(out, "FAIL  slash token paris") || !strings.Contains(out, "CECOIA_SLASH_TOKEN_PARIS") {
		t.Errorf("doctor:\n%s", out) // the other academies are not set up
	}
	ctx := context.WithoutCancel(t.Context())
	for _, away := range []struct {
		part string
		stop func()
	}{
		{"redis", s.redis.Kill},
		{"smtp creteil", func() { _ = s.smtp.Close(ctx) }},
		{"imap creteil", func() { _ = s.imap.Close(ctx) }},
		{"mattermost", func() { _ = s.chat.Close(ctx) }},
	} {
		away.stop()
		eventually(t, away.part+" is away", func() (bool, string) {
			status, told := s.parts()
			return status == http.StatusOK && told.Status == "degraded" && told.Parts[away.part] != "ok" && told.Parts["database"] == "ok", fmt.Sprint(told)
		})
	}
	eventually(t, "the figures say so", func() (bool, string) {
		res, err := http.Get(s.url("CECOIA_OPS_ADDR", "/metrics"))
		if err != nil {
			t.Fatal(err)
		}
		figures := read(t, res.Body)
		return strings.Contains(figures, `cecoia_part_up{part="redis"} 0`) && strings.Contains(figures, `cecoia_part_up{part="database"} 1`) &&
			strings.Contains(figures, `cecoia_pool_connections_limit{pool="postgres"} 32`) && strings.Contains(figures, `cecoia_clock_lag_seconds{loop="tidy"}`), figures
	})
	out := s.cecoia(1, "doctor")
	for _, want := range []string{"FAIL  redis", "FAIL  smtp creteil", "FAIL  imap creteil", "FAIL  mattermost", "FAIL  bot token", "Nothing listens there", "ok    database"} {
		if !strings.Contains(out, want) {
			t.Errorf("doctor does not say %q:\n%s", want, out)
		}
	}
	s.postgres.Stop(ctx)
	if status, told := s.parts(); status != http.StatusServiceUnavailable || told.Status != "unready" || told.Parts["database"] == "ok" {
		t.Errorf("without a database: %d %v", status, told)
	}
	if out := s.cecoia(1, "doctor"); !strings.Contains(out, "FAIL  database") || !strings.Contains(out, "CECOIA_DATABASE_URL must name") {
		t.Errorf("doctor without a database:\n%s", out)
	}
}

// What was given up is listed, told in full and owed anew by the operator; the
// gateway then sends it.
func TestTheOperatorReplays(t *testing.T) {
	t.Parallel()
	s := newInstallation(t)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: s.postgres.URL(), MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	requester, _, err := db.Credentials(t.Context(), "creteil", "demandeur@creteil.example")
	if err != nil {
		t.Fatal(err)
	}
	agent, err := db.PersonByAccount(t.Context(), "creteil", tickets.Chat, mattermost.UserID("agent.creteil"))
	if err != nil {
		t.Fatal(err)
	}
	desk := tickets.NewDesk(tickets.Options{Store: db})
	if _, err := desk.Open(t.Context(), tickets.Caller{Person: agent, Origin: tickets.FromChat}, tickets.Incident,
		tickets.Card{Beneficiary: requester.ID, Description: "Le clavier est muet"}); err != nil {
		t.Fatal(err)
	}
	owed, err := db.Deliveries(t.Context(), "creteil", tickets.DeliveryQuery{Channel: tickets.Mail})
	if err != nil || len(owed) != 1 {
		t.Fatalf("%d mails owed, %v", len(owed), err)
	}
	dead := owed[0]
	leased, err := db.Lease(t.Context(), "creteil", []uuid.UUID{dead.ID}, dead.Due, dead.Due.Add(time.Second))
	if err != nil || len(leased) != 1 {
		t.Fatalf("%d leased, %v", len(leased), err)
	}
	if _, err := db.Record(t.Context(), "creteil", []tickets.Receipt{{Academy: "creteil", Delivery: dead.ID, Outcome: tickets.Permanent, Dead: true, Err: "550 5.1.1 no such user", At: dead.Due}}); err != nil {
		t.Fatal(err)
	}

	list := s.cecoia(0, "deliveries", "list", "--state", "dead")
	if !strings.Contains(list, dead.ID.String()) || !strings.Contains(list, "550 5.1.1 no such user") || !strings.Contains(list, dead.About.Number.String()) {
		t.Errorf("list:\n%s", list)
	}
	shown := s.cecoia(0, "deliveries", "show", dead.ID.String())
	for _, want := range []string{"dead", string(dead.Recipient), dead.Rule, "550 5.1.1 no such user", "creteil"} {
		if !strings.Contains(shown, want) || strings.Contains(shown, "clavier") {
			t.Errorf("show lacks %q, or tells people's words:\n%s", want, shown)
		}
	}
	s.cecoia(1, "deliveries", "show", agent.ID.String())
	s.cecoia(1, "deliveries", "replay", agent.ID.String())
	s.cecoia(1, "deliveries", "replay", "--dead")
	if out := s.cecoia(0, "deliveries", "replay", "--dead", "--academy", "creteil"); !strings.Contains(out, "1 owed anew") {
		t.Errorf("replay: %s", out)
	}
	s.serve()
	eventually(t, "the mail arrives", func() (bool, string) {
		out := s.cecoia(0, "deliveries", "show", dead.ID.String())
		return strings.Contains(out, "delivered"), out
	})
}
