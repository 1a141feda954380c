package mail

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/deploy/local/wait"
	"cecoia.example/tickets"
	"cecoia.example/tickets/files"
	"cecoia.example/tickets/postgres"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// world is a real register with one academy, its staff and one ticket of Ada's.
type world struct {
	db     *postgres.DB
	files  *files.Dir
	keys   *tickets.Keyring
	desk   *tickets.Desk
	ada    tickets.Person
	ticket tickets.Case
	log    *logs
}

func newWorld(t testing.TB) *world {
	t.Helper()
	url := postgrestest.New(t, "ingest/mail", postgres.Migrate)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: url, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	dir, err := files.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	academy := testAcademy
	academy.Groups = []tickets.Group{
		{Code: "desk", Name: tickets.Text{FR: "Assistance"}, Channel: "assistance"},
		{Code: "supervision", Name: tickets.Text{FR: "Supervision"}, Channel: "supervision", Supervises: true},
	}
	academy.Themes = []tickets.Theme{{Code: "poste", Name: tickets.Text{FR: "Poste de travail"}}}
	if _, err := db.Apply(t.Context(), []tickets.Academy{academy}, time.Now()); err != nil {
		t.Fatal(err)
	}
	w := &world{
		db: db, files: dir, keys: testKeyring(t), log: &logs{},
		desk: tickets.NewDesk(tickets.Options{Store: db, Files: dir}),
		ada:  member("ada.exemple", "Ada", "Exemple", tickets.English),
	}
	other := member("bob.exemple", "Bob", "Exemple", tickets.French)
	if err := db.ImportPeople(t.Context(), academy.ID, []postgres.Entry{{Person: w.ada}, {Person: other}}); err != nil {
		t.Fatal(err)
	}
	w.ticket, err = w.desk.Open(t.Context(), tickets.Caller{Person: w.ada, Origin: tickets.FromPortal}, tickets.Incident,
		tickets.Card{Beneficiary: w.ada.ID, Description: "L'écran reste noir."})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func member(login, given, family string, lang tickets.Lang) tickets.Person {
	return tickets.Person{
		Academy: testAcademy.ID, ID: uuid.NewSHA1(uuid.NameSpaceDNS, []byte(login)), Login: login,
		Email: login + "@creteil.example", GivenName: given, FamilyName: family, Lang: lang,
	}
}

// reply is a reply of Ada's to her ticket, with what differs from one to the next.
func (w *world) reply(n int, text string, fields ...string) []byte {
	to := tickets.WithToken(testAcademy.NoReply, w.keys.ReplyToken(testAcademy.ID, w.ticket.ID))
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\nAuthentication-Results: mx.creteil.example; dmarc=pass\n", w.ada.Email)
	fmt.Fprintf(&b, "From: Ada Exemple <%s>\nTo: <%s>\nSubject: Re: [%s]\nMessage-ID: <reply-%d@creteil.example>\n", w.ada.Email, to, w.ticket.Number, n)
	for _, f := range fields {
		b.WriteString(f + "\n")
	}
	b.WriteString("\n" + text + "\n")
	return bytes.ReplaceAll(b.Bytes(), []byte("\n"), []byte("\r\n"))
}

// figure is what SQL counts.
func (w *world) figure(t testing.TB, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := w.db.Pool().QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (w *world) guidances(t testing.TB) int {
	t.Helper()
	return w.figure(t, "SELECT count(*) FROM deliveries WHERE template = 'guidance'")
}

// view is the ticket as Ada sees it.
func (w *world) view(t testing.TB) tickets.View {
	t.Helper()
	v, err := w.desk.View(t.Context(), tickets.Caller{Person: w.ada}, w.ticket.Number.Ref())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// logs keeps what is logged.
type logs struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

func (l *logs) count(s string) int { return strings.Count(l.String(), s) }

// options are those of a worker with short times.
func (w *world) options(url string) Options {
	return Options{
		Academy: testAcademy, URL: url, Desk: w.desk, Files: w.files, Keyring: w.keys, AuthServID: "mx.creteil.example",
		Poll: 100 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(w.log, nil)),
		Timeouts: Timeouts{Command: 20 * time.Second, RetryMin: time.Millisecond, RetryMax: 50 * time.Millisecond},
	}
}

// start runs a worker until the test ends, or stop is called.
func start(t testing.TB, o Options, change ...func(*Worker)) (stop func()) {
	t.Helper()
	worker, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	worker.bounds.Duration = time.Hour // not what the machine's other work makes of it
	for _, c := range change {
		c(worker)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- worker.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("Run did not return")
		}
	})
	t.Cleanup(stop)
	return stop
}

// eventually waits until the condition holds, for a bounded time.
func (w *world) eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("the log:\n%s", w.log)
		}
	}()
	wait.Until(t, what, condition)
}

// mailbox is an IMAP server with the mailbox of the no-reply address.
type mailbox struct {
	user *imapmemserver.User
	addr string

	mu    sync.Mutex
	hooks hooks
	conns []net.Conn
}

// hooks make a server misbehave; nil ones do not.
type hooks struct {
	fetch func(imap.NumSet, *imap.FetchOptions) error
	move  func() error
	idle  func(stop <-chan struct{})
	conn  func(net.Conn) net.Conn
}

func (m *mailbox) hook(f func(*hooks)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.hooks)
}

func (m *mailbox) hooked() hooks {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hooks
}

// newMailbox serves a mailbox with these capabilities besides IMAP4rev1.
func newMailbox(t testing.TB, caps ...imap.Cap) *mailbox {
	t.Helper()
	m := &mailbox{user: imapmemserver.NewUser("no-reply", "hunter2")}
	if err := m.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory := imapmemserver.New()
	memory.AddUser(m.user)
	set := imap.CapSet{imap.CapIMAP4rev1: {}}
	for _, c := range caps {
		set[c] = struct{}{}
	}
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &hookedSession{SessionIMAP4rev2: memory.NewSession().(imapserver.SessionIMAP4rev2), mailbox: m}, nil, nil
		},
		Caps: set, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.addr = l.Addr().String()
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(hookedListener{l, m}) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return m
}

func (m *mailbox) url() string { return "imap://no-reply:hunter2@" + m.addr + "?tls=none" }

type hookedListener struct {
	net.Listener
	m *mailbox
}

func (l hookedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if f := l.m.hooked().conn; f != nil {
		c = f(c)
	}
	l.m.mu.Lock()
	l.m.conns = append(l.m.conns, c)
	l.m.mu.Unlock()
	return c, nil
}

// cut ends all connections.
func (m *mailbox) cut() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.conns {
		c.Close()
	}
	m.conns = nil
}

type hookedSession struct {
	imapserver.SessionIMAP4rev2
	mailbox *mailbox
}

func (s *hookedSession) Fetch(w *imapserver.FetchWriter, set imap.NumSet, o *imap.FetchOptions) error {
	if f := s.mailbox.hooked().fetch; f != nil {
		if err := f(set, o); err != nil {
			return err
		}
	}
	return s.SessionIMAP4rev2.Fetch(w, set, o)
}

func (s *hookedSession) Move(w *imapserver.MoveWriter, set imap.NumSet, dest string) error {
	if f := s.mailbox.hooked().move; f != nil {
		if err := f(); err != nil {
			return err
		}
	}
	return s.SessionIMAP4rev2.Move(w, set, dest)
}

func (s *hookedSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	if f := s.mailbox.hooked().idle; f != nil {
		f(stop)
		return nil
	}
	return s.SessionIMAP4rev2.Idle(w, stop)
}

// put delivers a mail.
func (m *mailbox) put(t testing.TB, raw []byte) {
	t.Helper()
	if _, err := m.user.Append("INBOX", sized{bytes.NewReader(raw)}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

type sized struct{ *bytes.Reader }

func (s sized) Size() int64 { return s.Reader.Size() }

// count is how many mails a folder has; -1 when it does not exist.
func (m *mailbox) count(folder string) int {
	data, err := m.user.Status(folder, &imap.StatusOptions{NumMessages: true})
	if err != nil {
		return -1
	}
	return int(*data.NumMessages)
}

// leavesNothing returns a check that no goroutine runs which does not run now.
// The world's pool goes on, and may have one more to read or to look after its
// connections.
func leavesNothing(t *testing.T) (check func()) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	return func() {
		t.Helper()
		wait.NothingRuns(t, before,
			goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"),
			goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgconn/internal/bgreader.(*BGReader).bgRead"))
	}
}
