package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/goccy/go-yaml"
	"github.com/jackc/pgx/v5"

	"cecoia.example/deploy/example"
	localpostgres "cecoia.example/deploy/local/postgres"
	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
	"cecoia.example/tickets/files"
	"cecoia.example/tickets/postgres"
	"cecoia.example/web"
	"cecoia.example/web/auth"
)

// startPostgres starts a PostgreSQL that keeps what it commits. The caller
// stops it.
func (b *bench) startPostgres(ctx context.Context) (*localpostgres.Server, error) {
	log := b.log
	if b.Slow > 0 {
		log = slog.New(plans{b.log.Handler()})
	}
	return localpostgres.Start(ctx, localpostgres.Options{Dir: filepath.Join(b.folder, "postgres"), Fsync: true, Logger: log})
}

// plans passes the server's reports on with the plans of slow statements, which
// it writes at a level that is not shown otherwise.
type plans struct{ slog.Handler }

// Enabled says yes: what is a plan is only known from the report.
func (plans) Enabled(context.Context, slog.Level) bool { return true }

// Handle shows all but the routine: checkpoints, and errors that the
// application gets as results.
func (p plans) Handle(ctx context.Context, r slog.Record) error {
	var text string
	r.Attrs(func(a slog.Attr) bool { text = a.Value.String(); return a.Key == "severity" })
	if r.Level < slog.LevelInfo && (strings.HasPrefix(text, "checkpoint") || strings.HasPrefix(text, "automatic")) {
		return nil
	}
	r.Level = max(r.Level, slog.LevelInfo)
	return p.Handler.Handle(ctx, r)
}

// database makes an empty database on the server and brings it to the schema.
func (b *bench) database(ctx context.Context, server *localpostgres.Server, name string) (string, error) {
	conn, err := pgx.Connect(ctx, server.URL())
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx) //nolint:errcheck // the answers are already in hand
	identifier := pgx.Identifier{name}.Sanitize()
	statements := []string{`CREATE DATABASE ` + identifier}
	if b.Slow > 0 {
		statements = append(statements,
			`ALTER DATABASE `+identifier+` SET session_preload_libraries = 'auto_explain'`,
			fmt.Sprintf(`ALTER DATABASE %s SET auto_explain.log_min_duration = %d`, identifier, b.Slow.Milliseconds()),
			`ALTER DATABASE `+identifier+` SET auto_explain.log_analyze = on`,
			`ALTER DATABASE `+identifier+` SET auto_explain.log_buffers = on`)
	}
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return "", fmt.Errorf("database %s: %w", name, err)
		}
	}
	u, err := url.Parse(server.URL())
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), postgres.Migrate(ctx, u.String())
}

// exampleAcademy returns the first academy of the example's desk file.
func exampleAcademy() (tickets.Academy, error) {
	var file struct {
		Academies []tickets.Academy `yaml:"academies"`
	}
	if err := yaml.Unmarshal(example.Desk, &file); err != nil {
		return tickets.Academy{}, err
	}
	return file.Academies[0], file.Academies[0].Validate()
}

// site is a portal over a database with so many tickets, and two people signed
// in on it.
type site struct {
	tickets          int
	url              string
	db               *postgres.DB
	desk             *tickets.Desk
	academy          tickets.Academy
	requester, agent *visitor
	form             tickets.Form // one that the requester has filled in
	closers          []func()
}

// openSite fills an empty, migrated database and opens the portal over it, wired
// as cecoia serve does. Close it at the end, also after an error.
func (b *bench) openSite(ctx context.Context, databaseURL string, count int) (_ *site, err error) {
	s := &site{tickets: count}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.academy, err = exampleAcademy(); err != nil {
		return nil, err
	}
	if s.db, err = postgres.Open(ctx, postgres.Options{URL: databaseURL, MaxConns: 32}); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, s.db.Close)
	hash, err := auth.HashPassword(password)
	if err != nil {
		return nil, err
	}
	if _, err := s.db.Apply(ctx, []tickets.Academy{s.academy}, time.Now()); err != nil {
		return nil, err
	}
	if err := fill(ctx, databaseURL, s.academy, hash, count); err != nil {
		return nil, err
	}
	documents, err := files.Open(filepath.Join(b.folder, fmt.Sprintf("files-%d", count)))
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() { _ = documents.Close() })
	s.desk = tickets.NewDesk(tickets.Options{Store: s.db, Files: documents, Calendar: calendar.OpenTime})

	l, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	s.url = "http://" + l.Addr().String()
	sessions := pgxstore.NewWithCleanupInterval(s.db.Pool(), 0)
	signIn, err := auth.New(auth.Options{Directory: s.db, Sessions: sessions, URL: s.url})
	if err != nil {
		return nil, err
	}
	portal, err := web.New(web.Options{
		Desk: s.desk, Auth: signIn, URL: s.url, Unavailable: postgres.Unavailable, Now: hurriedClock(), Logger: b.log,
	})
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, serve(l, portal))
	if s.requester, err = s.signIn(ctx, requester); err == nil {
		s.agent, err = s.signIn(ctx, agent)
	}
	if err == nil {
		err = s.fillIn(ctx)
	}
	return s, err
}

// fillIn begins a form that lacks nothing but to be sent.
func (s *site) fillIn(ctx context.Context) (err error) {
	by := tickets.Caller{Person: s.requester.person, Origin: tickets.FromPortal}
	if s.form, err = s.desk.StartForm(ctx, by, tickets.Incident); err != nil {
		return err
	}
	s.form.Card.Description = "L’imprimante de la salle des professeurs ne répond plus."
	s.form.Card.Theme = "poste" // has subjects to choose from
	return s.desk.SaveForm(ctx, by, s.form)
}

// hurriedClock returns the portal's clock, which runs so fast that nobody looks
// up too many people in a minute.
func hurriedClock() func() time.Time {
	began := time.Now()
	return func() time.Time { return began.Add(2000 * time.Since(began)) }
}

// close ends what the site is made of, the last first.
func (s *site) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

func listen(ctx context.Context) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
}

// serve answers on the listener until the returned func is called.
func serve(l net.Listener, h http.Handler) (end func()) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(l) // always ends with an error: that it was closed
	}()
	return func() { _ = server.Close(); <-ended }
}

// visitor is somebody signed in on a site, with connections that stay open.
type visitor struct {
	site   *site
	person tickets.Person
	client *http.Client
}

func (s *site) signIn(ctx context.Context, address string) (*visitor, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	who, _, err := s.db.Credentials(ctx, s.academy.ID, address)
	if err != nil {
		return nil, err
	}
	v := &visitor{s, who, newClient()}
	v.client.Jar = jar
	at, _, err := v.post(ctx, "/connexion", url.Values{"identifier": {address}, "password": {password}})
	if err == nil && at != "/" {
		err = errors.New("refused")
	}
	if err != nil {
		return nil, fmt.Errorf("signing in as %s: %w", address, err)
	}
	return v, nil
}

// newClient returns a client whose connections are kept, as many as are busy at
// once.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: time.Minute}
}

// get reads a page whole; one that leads elsewhere is an error.
func (v *visitor) get(ctx context.Context, path string) (body []byte, err error) {
	at, body, err := v.send(ctx, http.MethodGet, path, nil)
	if asked, _, _ := strings.Cut(path, "?"); err == nil && at != asked {
		err = fmt.Errorf("%s leads to %s", path, at)
	}
	return body, err
}

// post sends a form and returns where it led, and that page.
func (v *visitor) post(ctx context.Context, path string, form url.Values) (at string, body []byte, err error) {
	return v.send(ctx, http.MethodPost, path, form)
}

func (v *visitor) send(ctx context.Context, method, path string, form url.Values) (at string, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, v.site.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	at, body, err = fetch(v.client, req)
	if err != nil {
		return "", nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return at, body, nil
}

// fetch reads an answer whole, and says at which path it was in the end; one
// that is not a success is an error.
func fetch(client *http.Client, req *http.Request) (at string, body []byte, err error) {
	res, err := client.Do(req)
	if err != nil {
		return "", nil, err
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, res.Body); err != nil {
		return "", nil, err
	}
	if res.StatusCode != http.StatusOK {
		return "", nil, fmt.Errorf("%s: %.200s", res.Status, b.Bytes())
	}
	return res.Request.URL.Path, b.Bytes(), nil
}
