package web_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/html"

	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/files"
	"cecoia.example/tickets/oncall"
	"cecoia.example/tickets/postgres"
	"cecoia.example/web"
	"cecoia.example/web/auth"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

var noon = time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)

// portal is a portal over a real desk and a real database: two academies, each
// with staff (dominique, camille), agents (alix of the desk, robin of the
// network) and the password "demo".
type portal struct {
	*httptest.Server
	db   *postgres.DB
	desk *tickets.Desk
	room *oncall.Room
	log  *logBook
	// documents is the folder that holds them.
	documents string

	mu  sync.Mutex
	now time.Time
}

// demoHash is the hash of "demo", made once: it is meant to be slow.
var demoHash = sync.OnceValue(func() string {
	h, err := auth.HashPassword("demo")
	if err != nil {
		panic(err)
	}
	return h
})

func newPortal(t *testing.T) *portal {
	t.Helper()
	return newPortalWith(t, func(*web.Options) {})
}

// newPortalWith is newPortal with other options.
func newPortalWith(t *testing.T, change func(*web.Options)) *portal {
	t.Helper()
	return newPortalIn(t, nil, change)
}

// newPortalIn is newPortalWith of a desk that is there in some hours only.
func newPortalIn(t *testing.T, hours func(tickets.Academy, string) tickets.OpenTime, change func(*web.Options)) *portal {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Options{URL: postgrestest.New(t, "cecoia", postgres.Migrate), MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	p := &portal{db: db, now: noon, log: &logBook{}, documents: t.TempDir()}
	academies := []tickets.Academy{academy("creteil", "Créteil", "#8a3ffc"), academy("paris", "Paris", "")}
	if _, err := db.Apply(t.Context(), academies, noon); err != nil {
		t.Fatal(err)
	}
	for _, a := range academies {
		var entries []postgres.Entry
		for _, login := range []string{"dominique", "camille", "alix", "robin"} {
			entries = append(entries, postgres.Entry{Person: person(a.ID, login), PasswordHash: demoHash()})
		}
		if err := db.ImportPeople(t.Context(), a.ID, entries); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := files.Open(p.documents)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	p.room = oncall.NewRoom(oncall.Options{Store: db, Now: p.clock})
	p.desk = tickets.NewDesk(tickets.Options{Store: db, Files: dir, Calendar: hours, OnDuty: p.room.Answers, Now: p.clock})
	logger := slog.New(slog.NewTextHandler(p.log, nil))

	// The server's address is part of the portal's own URL.
	var handler http.Handler
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(p.Close)
	registry := prometheus.NewRegistry()
	who, err := auth.New(auth.Options{
		Directory: db, Sessions: memstore.NewWithCleanupInterval(0), URL: p.URL, Now: p.clock, Logger: logger, Registerer: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	o := web.Options{Desk: p.desk, Room: p.room, Auth: who, URL: p.URL, Unavailable: postgres.Unavailable, Now: p.clock, Logger: logger, Registerer: registry}
	change(&o)
	handler, err = web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *portal) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *portal) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

func academy(id tickets.AcademyID, town, colour string) tickets.Academy {
	return tickets.Academy{
		ID: id, Name: "Académie de " + town, Timezone: "Europe/Paris", Domains: []string{string(id) + ".example"},
		NoReply: "no-reply@" + string(id) + ".example", Bounce: "bounce@" + string(id) + ".example", Team: string(id),
		Welcome: tickets.Text{FR: "Bienvenue à l’assistance.", EN: "Welcome to the desk."}, Colour: colour,
		Links: tickets.Links{Login: "https://" + string(id) + ".example/identifiant", Password: "https://" + string(id) + ".example/motdepasse"},
		Groups: []tickets.Group{
			{Code: "assistance", Name: tickets.Text{FR: "Assistance", EN: "Desk"}, Channel: "assistance"},
			{Code: "reseau", Name: tickets.Text{FR: "Réseau", EN: "Network"}, Channel: "reseau"},
		},
		Themes: []tickets.Theme{
			{Code: "messagerie", Name: tickets.Text{FR: "Messagerie", EN: "Mail"}},
			{Code: "poste", Name: tickets.Text{FR: "Poste de travail", EN: "Workstation"}},
		},
	}
}

func person(a tickets.AcademyID, login string) tickets.Person {
	p := tickets.Person{
		Academy: a, ID: uuid.NewSHA1(uuid.NameSpaceDNS, []byte(string(a)+"/"+login)),
		Login: login, Email: login + "@" + string(a) + ".example",
		GivenName: strings.ToUpper(login[:1]) + login[1:], FamilyName: "Modèle", Function: "Professeur",
		Phone: "01 99 00 00 01", Place: "94/CRETEIL/Bâtiment A", Entity: "0940001R", Lang: tickets.French,
	}
	switch login {
	case "alix":
		p.Memberships = []tickets.Membership{{Group: "assistance", Role: tickets.RoleAgent}}
	case "robin":
		p.Memberships = []tickets.Membership{{Group: "reseau", Role: tickets.RoleAgent}}
	case "camille":
		p.Login += "-" + string(a) // a login that one academy alone knows
	}
	return p
}

func caller(p tickets.Person) tickets.Caller {
	return tickets.Caller{Person: p, Origin: tickets.FromPortal}
}

// open files a ticket without the portal.
func (p *portal) open(t *testing.T, by tickets.Person, kind tickets.Kind, card tickets.Card) tickets.Case {
	t.Helper()
	c, err := p.desk.Open(t.Context(), caller(by), kind, card)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (p *portal) do(t *testing.T, by tickets.Person, c tickets.Case, action tickets.Action, text string) {
	t.Helper()
	if _, err := p.desk.Do(t.Context(), caller(by), c.Number.Ref(), action, tickets.Input{Text: text}); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
}

// browser is a visitor: it keeps cookies, sends what a browser sends with a
// form, and follows redirects.
type browser struct {
	t       *testing.T
	portal  *portal
	client  *http.Client
	headers http.Header
}

func (p *portal) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, portal: p, client: &http.Client{Jar: jar}, headers: http.Header{"Sec-Fetch-Site": {"same-origin"}}}
}

// as returns the browser of somebody signed in, by mail address.
func (p *portal) as(t *testing.T, by tickets.Person) *browser {
	t.Helper()
	b := p.browser(t)
	pg := b.post("/connexion", url.Values{"identifier": {by.Email}, "password": {"demo"}})
	if pg.status != http.StatusOK || pg.path != "/" {
		t.Fatalf("sign-in of %s: %d at %s:\n%s", by.Email, pg.status, pg.path, pg.text("body"))
	}
	return b
}

func (b *browser) get(path string) *page { return b.send(http.MethodGet, path, "", nil) }

func (b *browser) post(path string, form url.Values) *page {
	return b.send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// file is a document to send.
type file struct {
	name    string
	content []byte
}

func (b *browser) upload(path string, form url.Values, docs ...file) *page {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		for _, v := range values {
			if err := w.WriteField(name, v); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	for _, d := range docs {
		part, err := w.CreateFormFile("document", d.name)
		if err == nil {
			_, err = part.Write(d.content)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.send(http.MethodPost, path, w.FormDataContentType(), &body)
}

func (b *browser) send(method, path, contentType string, body io.Reader) *page {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, b.portal.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	for k, v := range b.headers {
		req.Header[k] = v
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	p := &page{t: b.t, status: res.StatusCode, path: res.Request.URL.RequestURI(), header: res.Header, raw: raw}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		if p.doc, err = html.Parse(bytes.NewReader(raw)); err != nil {
			b.t.Fatal(err)
		}
		p.check()
	}
	return p
}

// page is what a request led to.
type page struct {
	t      *testing.T
	status int
	path   string // after redirects
	header http.Header
	raw    []byte
	doc    *html.Node
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// all returns the elements that match a selector of one step: tag, #id, .class,
// [name=value], in that order and any of them left out.
func (p *page) all(selector string) []*html.Node {
	p.t.Helper()
	if p.doc == nil {
		p.t.Fatalf("%s: no HTML page, status %d: %.200s", p.path, p.status, p.raw)
	}
	tag, rest := selector, ""
	if i := strings.IndexAny(selector, "#.["); i >= 0 {
		tag, rest = selector[:i], selector[i:]
	}
	var out []*html.Node
	for n := range p.doc.Descendants() {
		if n.Type != html.ElementNode || tag != "" && n.Data != tag {
			continue
		}
		if matches(n, rest) {
			out = append(out, n)
		}
	}
	return out
}

func matches(n *html.Node, rest string) bool {
	switch {
	case rest == "":
		return true
	case rest[0] == '#':
		id, _ := attr(n, "id")
		return id == rest[1:]
	case rest[0] == '.':
		class, _ := attr(n, "class")
		return slices.Contains(strings.Fields(class), rest[1:])
	}
	name, value, exact := strings.Cut(strings.Trim(rest, "[]"), "=")
	got, ok := attr(n, name)
	return ok && (!exact || got == value)
}

// one returns the only element that matches.
func (p *page) one(selector string) *html.Node {
	p.t.Helper()
	found := p.all(selector)
	if len(found) != 1 {
		p.t.Fatalf("%s (%d): %d elements match %s:\n%s", p.path, p.status, len(found), selector, p.text("body"))
	}
	return found[0]
}

func (p *page) has(selector string) bool { p.t.Helper(); return len(p.all(selector)) > 0 }

// text returns the words of the only element that matches, white space folded.
func (p *page) text(selector string) string { p.t.Helper(); return words(p.one(selector)) }

func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	// No-break spaces fold too: tests need not know the typography.
	return strings.Join(strings.Fields(b.String()), " ")
}

// value returns what a field of that name holds.
func (p *page) value(name string) string {
	p.t.Helper()
	for _, n := range p.all("[name=" + name + "]") {
		kind, _ := attr(n, "type")
		_, checked := attr(n, "checked")
		switch {
		case n.Data == "textarea":
			var b strings.Builder
			for d := range n.Descendants() {
				b.WriteString(d.Data)
			}
			return b.String()
		case kind != "radio" || checked:
			v, _ := attr(n, "value")
			return v
		}
	}
	p.t.Fatalf("%s: no field %s", p.path, name)
	return ""
}

func (p *page) want(status int, path string) *page {
	p.t.Helper()
	if p.status != status || path != "" && p.path != path {
		p.t.Fatalf("got %d at %s, want %d at %s\n%.1500s", p.status, p.path, status, path, p.raw)
	}
	return p
}

// logBook keeps the lines logged.
type logBook struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.Write(b)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}
