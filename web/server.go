package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
	"cecoia.example/web/auth"
)

// Options are what the portal is made of.
type Options struct {
	Desk *tickets.Desk // required
	Auth *auth.Service // required
	// Room is the door to alerts and duty. There is no supervision when nil.
	Room *oncall.Room
	// URL is the public URL that browsers use; https makes cookies Secure and
	// asks browsers to stay with https. Required.
	URL string
	// Unavailable says whether an error comes of something that is away for a
	// while, so that the page says to come back; nil: none does.
	Unavailable func(error) bool
	// Overrides is the folder of the site's own partials and style sheets, laid
	// over the portal's; see overrides.go. None when nil.
	Overrides fs.FS
	// MaxExport is how many tickets an export of a list has at most;
	// tickets.MaxExport when 0.
	MaxExport int
	// Around wraps the handler of each route, named as "GET /aide": for what
	// follows requests. Nothing when nil.
	Around     func(route string, next http.Handler) http.Handler
	Now        func() time.Time      // time.Now when nil
	Logger     *slog.Logger          // discarded when nil
	Registerer prometheus.Registerer // none when nil
}

// The bounds on one request. Documents have their own: see upload.go.
const (
	// maxForm is the bytes of a posted form without documents: a million accented
	// letters, which nobody types but somebody pastes, are six million bytes as
	// browsers write them, and are refused with their page and their words.
	maxForm        = 8 << 20
	requestTimeout = 15 * time.Second
)

type server struct {
	desk    *tickets.Desk
	room    *oncall.Room // nil without supervision
	auth    *auth.Service
	secure  bool
	away    func(error) bool
	now     func() time.Time
	log     *slog.Logger
	pages   *pages
	assets  *assets
	sheets  *sheets
	metrics *metrics
	uploads chan struct{}
	exports chan struct{}
	most    int // tickets in an export
	lookups lookups
	mux     *http.ServeMux
}

// New returns the portal. The caller's http.Server sets the time-outs on
// headers, reading and writing; requests that carry documents extend theirs.
func New(o Options) (http.Handler, error) {
	if o.Desk == nil || o.Auth == nil {
		return nil, errors.New("web.New: Desk and Auth are required")
	}
	public, err := url.Parse(o.URL)
	if err != nil || public.Host == "" {
		return nil, fmt.Errorf("web.New: URL %q is not the address of a site", o.URL)
	}
	if o.Unavailable == nil {
		o.Unavailable = func(error) bool { return false }
	}
	if o.Around == nil {
		o.Around = func(_ string, next http.Handler) http.Handler { return next }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxExport <= 0 {
		o.MaxExport = tickets.MaxExport
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &server{
		desk: o.Desk, room: o.Room, auth: o.Auth, now: o.Now, log: o.Logger,
		secure:  public.Scheme == "https",
		away:    o.Unavailable,
		uploads: make(chan struct{}, maxUploads),
		exports: make(chan struct{}, maxListExports),
		most:    o.MaxExport,
		mux:     http.NewServeMux(),
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, fmt.Errorf("web.New: %w", err)
	}
	site, err := loadOverrides(o.Overrides)
	if err != nil {
		return nil, fmt.Errorf("web.New: overrides: %w", err)
	}
	if s.pages, err = loadPages(site); err != nil {
		return nil, fmt.Errorf("web.New: %w", err)
	}
	s.sheets = newSheets(s.assets.sheet, site)
	if s.metrics, err = newMetrics(o.Registerer); err != nil {
		return nil, fmt.Errorf("web.New: metrics: %w", err)
	}
	for _, rt := range routes {
		name := rt.method + " " + rt.pattern
		s.mux.Handle(name, o.Around(name, s.watch(rt, s.serve(rt))))
	}
	unknown := route{pattern: "/", who: everyone}
	s.mux.Handle("/", o.Around("/", s.watch(unknown, s.withSession(unknown, (*server).unknown))))

	csrf := http.NewCrossOriginProtection()
	if err := csrf.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, fmt.Errorf("web.New: URL: %w", err)
	}
	csrf.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, s.stranger(r), &tickets.Error{Code: tickets.Forbidden, Message: "web.cross_origin"})
	}))
	return s.outermost(csrf.Handler(s.mux)), nil
}

// policy is the Content-Security-Policy of every page: nothing inline, nothing
// from elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// outermost gives each request its trace, headers and an end whatever happens.
// The trace begins here: anybody could make one up in a header.
func (s *server) outermost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(tickets.Traced(r.Context()))
		id := traceID(r.Context())
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// Not no-referrer: browsers would then send "Origin: null" with forms.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("X-Robots-Tag", "noindex")
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		defer func() {
			if cause := recover(); cause != nil {
				if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(cause)
				}
				s.log.Error("panic", "trace", id, "method", r.Method, "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
				s.renderError(w, r, s.stranger(r), http.StatusInternalServerError, s.stranger(r).words.T("error.internal"))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// traceID names the request in the log; error pages show its beginning.
func traceID(ctx context.Context) string { return tickets.TraceOf(ctx).ID() }

// serve wraps a route's handler in what its kind needs.
func (s *server) serve(rt route) http.Handler {
	if rt.who == asset {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := rt.handle(s, w, r, nil); err != nil {
				http.Error(w, "404 not found", http.StatusNotFound)
			}
		})
	}
	return s.withSession(rt, rt.handle)
}

// withSession bounds the request, finds out who is visiting, sends strangers to
// the sign-in page where one must be known, and renders the error that the
// handler returns.
func (s *server) withSession(rt route, handle handler) http.Handler {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timeout := requestTimeout
		if rt.long {
			timeout = uploadTimeout
		} else {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		}
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		r = r.WithContext(ctx)

		// What follows is about one person: no cache may keep it.
		w.Header().Set("Cache-Control", "no-store")
		v, err := s.visit(r)
		if err != nil {
			s.fail(w, r, s.stranger(r), err)
			return
		}
		if rt.who == signedIn && !v.signedIn {
			if r.Method == http.MethodPost {
				s.keepWords(w, r, v)
			} else {
				http.Redirect(w, r, signInPath(r.URL.RequestURI()), http.StatusSeeOther)
			}
			return
		}
		if v.signedIn {
			s.keptWords(r, v)
		}
		if rt.long { // not before: a stranger must not hold a connection that long
			extendDeadlines(w, time.Now().Add(timeout)) // a deadline of the network, not of the domain's clock
		}
		if err := handle(s, w, r, v); err != nil {
			s.notTheirs(r, v, err)
			s.fail(w, r, v, err)
		}
	})
	return s.auth.Sessions(inner, func(w http.ResponseWriter, r *http.Request, err error) {
		s.fail(w, r, s.stranger(r), fmt.Errorf("session store: %w", err))
	})
}

// unknown answers any address that no route has.
func (s *server) unknown(w http.ResponseWriter, r *http.Request, v *visit) error {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := s.mux.Handler(probe); pattern != "/" && pattern != "" && method != r.Method {
			w.Header().Set("Allow", method)
			s.renderError(w, r, v, http.StatusMethodNotAllowed, v.words.T("web.error.method"))
			return nil
		}
	}
	return &tickets.Error{Code: tickets.NotFound, Message: "web.page"}
}
