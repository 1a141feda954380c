package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

//go:embed templates
var templateFiles embed.FS

// pages are the parsed templates, by page.
type pages struct{ byName map[string]*template.Template }

// loadPages parses each page of templates/ over the layout and the partials.
func loadPages() (*pages, error) {
	base, err := template.New("layout.html").ParseFS(templateFiles, "templates/layout.html", "templates/partials/*.html")
	if err != nil {
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
	Icon       string
	Styles     []string
	Person     *tickets.Person // nil when signed out
	Academy    tickets.Academy
	Menu       []menuEntry
	Notice     string
	Problems   []problem
	Return     string // where the preferences lead back to
	Body       any
}

type menuEntry struct {
	link
	Current bool
}

// menu is the menu of the portal, with the words of the former application.
var menu = []struct{ path, key string }{
	{"/", "web.nav.home"},
	{"/incidents/nouveau", "web.nav.new.I"},
	{"/incidents", "web.nav.list.I"},
	{"/services/nouveau", "web.nav.new.S"},
	{"/services", "web.nav.list.S"},
	{"/validations", "web.nav.validations"},
	{"/aide", "web.nav.help"},
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
	s.log.Info("refused", "request", requestID(r.Context()), "method", r.Method, "path", r.URL.Path,
		"status", c.status, "fields", fields, "person", v.person.ID)
}

// render writes a page. Nothing is written when the template fails, so that the
// error can be.
func (s *server) render(w http.ResponseWriter, r *http.Request, v *visit, c content) error {
	p := page{
		Printer: v.words, Appearance: v.appearance,
		Title:  c.title + " – Cecoia",
		Script: s.assets.hashed["cecoia.js"], Icon: s.assets.hashed["favicon.svg"],
		Styles:   []string{s.assets.hashed["cecoia.css"]},
		Problems: c.problems, Return: "/", Body: c.body,
	}
	if len(c.problems) > 0 {
		p.Title = v.words.T("web.error.prefix") + p.Title
	}
	if r.Method == http.MethodGet || len(c.problems) > 0 {
		p.Return = r.URL.RequestURI()
	}
	if v.signedIn {
		p.Person, p.Academy = &v.person, v.academy
		if accent := accentPath(v.academy.Colour); accent != "" {
			p.Styles = append(p.Styles, accent)
		}
		for _, e := range menu {
			p.Menu = append(p.Menu, menuEntry{link{e.path, v.words.T(e.key)}, r.URL.Path == e.path})
		}
		if c.status < 400 {
			p.Notice = s.auth.TakeFlash(r.Context())
		}
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
	if c.status != 0 {
		w.WriteHeader(c.status)
	}
	_, err := out.WriteTo(w)
	if err != nil {
		s.log.Debug("page not taken", "request", requestID(r.Context()), "err", err)
	}
	return nil
}

// stamp is a moment for machines and for people.
type stamp struct{ ISO, Text string }

func when(words locale.Printer, t time.Time) stamp {
	return stamp{t.UTC().Format(time.RFC3339), words.When(t)}
}
func date(words locale.Printer, t time.Time) stamp {
	return stamp{t.UTC().Format(time.RFC3339), words.Date(t)}
}
