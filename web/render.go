package web

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

//go:embed templates
var templateFiles embed.FS

// pages are the parsed templates, by page.
type pages struct{ byName map[string]*template.Template }

// loadPages parses each page of templates/ over the layout and the partials, the
// site's own before ours.
func loadPages(site overrides) (*pages, error) {
	base, err := template.New("layout.html").ParseFS(templateFiles, "templates/layout.html", "templates/partials/*.html")
	if err != nil {
		return nil, err
	}
	if err := site.apply(base); err != nil {
		return nil, err
	}
	if err := site.try(base); err != nil {
		return nil, err
	}
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	p := &pages{byName: map[string]*template.Template{}}
	for _, name := range names {
		plain := strings.TrimSuffix(path.Base(name), ".html")
		if plain == "layout" {
			continue
		}
		t, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if p.byName[plain], err = t.ParseFS(templateFiles, name); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// content is what a page's handler gives to render.
type content struct {
	status   int    // 200 when 0
	template string // the page's name
	title    string // what the page is, also in the browser's tab
	problems []problem
	body     any
}

// link is an address with its words.
type link struct{ Href, Text string }

// problem is one refusal in the summary on top; Href leads to the field.
type problem = link

// page is what the layout gets; templates write its words by T.
type page struct {
	locale.Printer
	Title      string
	Appearance string
	Script     string
	Icon       template.URL
	Sheet      string
	DeskSheet  string          // of the pages of supervision, "" for others
	Person     *tickets.Person // nil when signed out
	Academy    tickets.Academy
	Menu       []menuEntry
	Notice     string
	Warning    bool // the notice says that something was not done
	Problems   []problem
	Muted      *muted // the banner of who cannot be written to, nil for others
	Return     string // where the preferences lead back to
	Shortcuts  bool   // the keys of the former application are on
	Body       any
}

type menuEntry struct {
	link
	Current string // "page" for the page itself, "true" for its section, else ""
}

// menu is the menu of the portal, with the words of the former application;
// supervision is there for who answers for the desk.
var menu = []struct{ path, key string }{
	{"/", "web.nav.home"},
	{"/incidents/nouveau", "web.nav.new.I"},
	{"/incidents", "web.nav.list.I"},
	{"/services/nouveau", "web.nav.new.S"},
	{"/services", "web.nav.list.S"},
	{"/validations", "web.nav.validations"},
	{"/connaissances", "web.nav.knowledge"},
	{searchPath, "web.nav.search"},
	{"/favoris", "web.favourites.title"},
	{supervisionPath, "web.supervision.title"},
	{"/aide", "web.nav.help"},
}

// section is the entry of the menu that a page belongs to, "" for none: a ticket
// to the list of its kind, a form to the kind it will be.
func section(r *http.Request, v *visit) string {
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/formulaires/") && v.filling != "":
		return listPath(v.filling) + "/nouveau"
	case strings.HasPrefix(path, "/connaissances/"):
		return "/connaissances"
	case strings.HasPrefix(path, supervisionPath+"/"):
		return supervisionPath
	case strings.HasPrefix(path, "/demandes/") && strings.HasSuffix(path, "/validation"):
		return "/validations"
	}
	if ref, err := tickets.ParseRef(r.PathValue("number")); err == nil && strings.HasPrefix(path, "/demandes/") {
		return listPath(ref.Kind)
	}
	return ""
}

// noteRefusal writes the one log line of a request that was refused, without
// what was typed. Signing in and failures have lines of their own.
func (s *server) noteRefusal(r *http.Request, v *visit, c content) {
	if c.status < 400 || c.status >= 500 || c.template == "signin" {
		return
	}
	var fields []string
	for _, p := range c.problems {
		fields = append(fields, strings.TrimPrefix(p.Href, "#"))
	}
	s.log.Info("refused", "trace", traceID(r.Context()), "method", r.Method, "path", r.URL.Path,
		"status", c.status, "fields", fields, "person", v.person.ID)
}

// render writes a page. Nothing is written when the template fails, so that the
// error can be.
func (s *server) render(w http.ResponseWriter, r *http.Request, v *visit, c content) error {
	p := page{
		Printer: v.words, Appearance: v.appearance,
		Title:  c.title + " – Cecoia",
		Script: s.assets.script, Icon: s.assets.icon, Sheet: s.sheets.path(v.academy),
		Problems: c.problems, Return: "/", Shortcuts: v.shortcuts, Body: c.body,
	}
	if v.supervising {
		p.DeskSheet = s.assets.desk
	}
	if len(c.problems) > 0 {
		p.Title = v.words.T("web.error.prefix") + p.Title
	}
	if r.Method == http.MethodGet || len(c.problems) > 0 {
		p.Return = r.URL.RequestURI()
	}
	if v.signedIn {
		p.Person, p.Academy = &v.person, v.academy
		if c.status < http.StatusInternalServerError {
			p.Muted = s.mutedBanner(r, v)
		}
		supervises := v.supervising || c.status < http.StatusInternalServerError && s.supervises(r, v)
		for _, e := range menu {
			if e.path == supervisionPath && !supervises {
				continue
			}
			entry := menuEntry{link: link{e.path, v.words.T(e.key)}}
			switch e.path {
			case r.URL.Path:
				entry.Current = "page"
			case section(r, v):
				entry.Current = "true"
			}
			p.Menu = append(p.Menu, entry)
		}
	}
	if c.status < 400 {
		p.Notice, p.Warning = s.auth.TakeFlash(r.Context())
	}
	if v.restored {
		why := "web.kept"
		if v.cut {
			why = "web.kept.cut"
		}
		p.Notice = strings.TrimSpace(p.Notice + " " + v.words.T(why))
	}
	t, ok := s.pages.byName[c.template]
	if !ok {
		return fmt.Errorf("web.render: no template %q", c.template)
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, "layout.html", p); err != nil {
		return fmt.Errorf("web.render: %s: %w", c.template, err)
	}
	s.noteRefusal(r, v, c)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", string(v.words.Lang))
	if err := s.writePage(w, r, c, out.Bytes()); err != nil {
		s.log.Debug("page not taken", "trace", traceID(r.Context()), "err", err)
	}
	return nil
}

// writePage sends a page, compressed where that gives nothing away. Who can
// make somebody open addresses and sees how long the answers are could guess
// what a page says, had the address a part that the page repeats (BREACH): only
// pages that answer an address without a query are compressed, which repeat none.
func (s *server) writePage(w http.ResponseWriter, r *http.Request, c content, html []byte) error {
	status := max(c.status, http.StatusOK)
	w.Header().Add("Vary", "Accept-Encoding")
	if r.Method != http.MethodGet || status != http.StatusOK || r.URL.RawQuery != "" || !acceptsGzip(r) {
		w.WriteHeader(status)
		_, err := w.Write(html)
		return err
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // the level exists
	_, err := z.Write(html)
	return errors.Join(err, z.Close())
}

// Key returns the access key of a shortcut as an attribute, when they are on.
func (p page) Key(key string) template.HTMLAttr {
	if !p.Shortcuts || !slices.Contains(shortcutKeys, key) {
		return ""
	}
	return template.HTMLAttr(` accesskey="` + key + `"`) //nolint:gosec // one of ours
}

// KeyLabel returns what a label says of its shortcut: " [Alt+N]", when they are on.
func (p page) KeyLabel(key string) string {
	if !p.Shortcuts || !slices.Contains(shortcutKeys, key) {
		return ""
	}
	return keyLabel(key)
}

// stamp is a moment for machines and for people.
type stamp struct{ ISO, Text string }

func when(words locale.Printer, t time.Time) stamp {
	return stamp{t.UTC().Format(time.RFC3339), words.When(t)}
}
func date(words locale.Printer, t time.Time) stamp {
	return stamp{t.UTC().Format(time.RFC3339), words.Date(t)}
}
