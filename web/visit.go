package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
	"cecoia.example/web/auth"
)

// visit is who asks for a page, and how they read.
type visit struct {
	signedIn   bool
	person     tickets.Person  // zero when signed out
	academy    tickets.Academy // of the person
	words      locale.Printer
	appearance string           // "light", "dark", or "" to follow the system
	shortcuts  bool             // "raccourcis CECOIA" are on
	filling    tickets.Kind     // of the form that the page is of, "" for none
	majors     []tickets.Ticket // the major incidents, on the pages of a form
	kept       url.Values
	cut        bool // what was kept came half-way
	// supervising says that the page is one of supervision.
	supervising bool
	restored    bool // some field of the page shows what was kept
}

// caller is the visitor as the Desk knows them.
func (v *visit) caller() tickets.Caller {
	return tickets.Caller{Person: v.person, Origin: tickets.FromPortal}
}

// visit finds out who is there.
func (s *server) visit(r *http.Request) (*visit, error) {
	v := s.stranger(r)
	p, ok, err := s.auth.Person(r.Context())
	if errors.Is(err, auth.ErrRemoved) {
		s.auth.Warn(r.Context(), v.words.T("web.signin.removed"))
		return v, nil
	}
	if err != nil || !ok {
		return v, err
	}
	v.signedIn, v.person = true, p
	if v.academy, err = s.desk.Academy(r.Context(), v.caller()); err != nil {
		return nil, err
	}
	v.words = locale.For(readerLang(r, p.Lang), v.academy.Location())
	return v, nil
}

// stranger is the visit of somebody who is not known, or not yet. It needs
// nothing but the request.
func (s *server) stranger(r *http.Request) *visit {
	v := &visit{words: locale.For(readerLang(r, ""), time.UTC)}
	if c, err := r.Cookie(appearanceCookie); err == nil && slices.Contains(appearances, c.Value) {
		v.appearance = c.Value
	}
	if c, err := r.Cookie(shortcutsCookie); err == nil {
		v.shortcuts = c.Value == "on"
	}
	return v
}

// readerLang is the language chosen on the portal, else the person's own, else
// the browser's, else French.
func readerLang(r *http.Request, own tickets.Lang) tickets.Lang {
	if c, err := r.Cookie(langCookie); err == nil && slices.Contains(langs, tickets.Lang(c.Value)) {
		return tickets.Lang(c.Value)
	}
	if slices.Contains(langs, own) {
		return own
	}
	accepted := r.Header.Get("Accept-Language")
	if len(accepted) > 200 {
		return tickets.French
	}
	tags, _, err := language.ParseAcceptLanguage(accepted)
	if err != nil {
		return tickets.French
	}
	for _, tag := range tags {
		base, _ := tag.Base()
		if slices.Contains(langs, tickets.Lang(base.String())) {
			return tickets.Lang(base.String())
		}
	}
	return tickets.French
}

// localPath returns s when it is an address of this site, "/" otherwise: a link
// to the sign-in page must not be able to lead elsewhere after it.
func localPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || len(s) > 2000 ||
		!strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n\t\x00") {
		return "/"
	}
	return s
}
