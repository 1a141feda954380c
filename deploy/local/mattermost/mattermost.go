package mattermost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

// Version is the server version the double claims, in X-Version-Id and in the
// WebSocket's hello.
const Version = "11.2.0"

// Options says how a Server is built. The zero value is usable: an empty,
// forgetful server.
type Options struct {
	// Addr is where Start listens; default "127.0.0.1:0".
	Addr string
	// URL is the site's address as people type it; default what Start listens on.
	// Only URL() returns it: response URLs follow the user's Host header.
	URL string
	// Dir is the folder of the journal, created if missing. Empty: memory only.
	Dir string
	// Seed declares who and what exists before anyone signs in.
	Seed Seed
	// Now is the clock; default time.Now.
	Now func() time.Time
	// Logger receives one line per refused journal write and outgoing failure;
	// default discards. Never a token, a password or a response URL.
	Logger *slog.Logger
	// IntegrationTimeout bounds a request to a command, button or dialog URL, and
	// is the life of a trigger id; default 30 s, as OutgoingIntegrationRequestsTimeout.
	IntegrationTimeout time.Duration
}

// Server is the running double. Its methods may be called from any goroutine.
type Server struct {
	log     *slog.Logger
	now     func() time.Time
	timeout time.Duration
	url     string

	mu    sync.Mutex // guards world and shown; held while publishing, so events keep their order
	world *world
	shown map[string][]*model.Post // user id → ephemeral posts, newest last

	journal  *journal
	pending  *pendingPosts
	hub      *hub
	faults   *faults
	outgoing *http.Client
	secret   []byte // of this process: signs trigger ids, encrypts the cookies of ephemeral buttons
	handler  http.Handler

	http      *http.Server // nil when the caller serves Handler itself
	closing   chan struct{}
	closeOnce sync.Once
	closeErr  error
}

// New builds a server that listens nowhere: serve its Handler, and Close it.
// An error tells what is wrong with the seed or the journal.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.IntegrationTimeout <= 0 {
		o.IntegrationTimeout = 30 * time.Second
	}
	w := newWorld()
	if err := w.seed(o.Seed, millis(o.Now())); err != nil {
		return nil, fmt.Errorf("mattermost.New: %w", err)
	}
	j, err := openJournal(o.Dir, w.apply)
	if err != nil {
		return nil, fmt.Errorf("mattermost.New: %w", err)
	}
	s := &Server{
		log:      o.Logger,
		now:      o.Now,
		timeout:  o.IntegrationTimeout,
		url:      o.URL,
		world:    w,
		shown:    map[string][]*model.Post{},
		journal:  j,
		pending:  newPendingPosts(o.Now),
		hub:      newHub(),
		outgoing: newOutgoingClient(),
		secret:   newSecret(),
		closing:  make(chan struct{}),
	}
	s.faults = newFaults(o.Now, s.closing)
	s.handler = s.routes()
	return s, nil
}

// Start is New plus a listener. It answers once the server accepts requests.
// ctx bounds the start only; stop the server with Close.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	s, err := New(o)
	if err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mattermost.Start: listen on %s: %w", o.Addr, err), s.Close(ctx))
	}
	if s.url == "" {
		s.url = "http://" + l.Addr().String()
	}
	s.http = &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("mattermost double stopped serving", "error", err)
		}
	}()
	return s, nil
}

// URL is the site's address, without a slash at the end: Options.URL, else where
// Start listens.
func (s *Server) URL() string { return s.url }

// Handler serves the whole site, for httptest.
func (s *Server) Handler() http.Handler { return s.handler }

// Close ends the server: hanging requests are let go, requests under way may
// finish until ctx ends, WebSockets are cut without a farewell, as a restart
// does. Everything acknowledged is in the journal before. Closing twice is fine.
func (s *Server) Close(ctx context.Context) error {
	s.closeOnce.Do(func() {
		close(s.closing)
		s.hub.close()
		if s.http != nil {
			if err := s.http.Shutdown(ctx); err != nil {
				s.closeErr = errors.Join(err, s.http.Close())
			}
		}
		s.outgoing.CloseIdleConnections()
		s.closeErr = errors.Join(s.closeErr, s.journal.close())
	})
	return s.closeErr
}

// commit writes a change to the journal and then to the world. The caller holds
// mu. On an error nothing changed.
func (s *Server) commit(r record) error {
	if err := s.journal.append(r); err != nil {
		s.log.Error("mattermost double cannot write its journal", "error", err)
		return internalError("app.journal.append")
	}
	s.world.apply(r)
	return nil
}

// millis is a time as Mattermost writes it: milliseconds since 1970.
func millis(t time.Time) int64 { return t.UnixMilli() }
