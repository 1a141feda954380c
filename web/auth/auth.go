package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"cecoia.example/tickets"
)

func newSignIns() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cecoia_sign_ins_total",
		Help: "Sign-ins by result: accepted, refused, throttled.",
	}, []string{"result"})
}

// Directory is what signing in needs of the directory. Absent things are a
// tickets.NotFound error.
type Directory interface {
	// Academies returns every academy.
	Academies(ctx context.Context) ([]tickets.Academy, error)
	// Credentials returns the person with that mail address or login, case-blind,
	// and the hash of their local password, "" when they have none.
	Credentials(ctx context.Context, academy tickets.AcademyID, identifier string) (tickets.Person, string, error)
	// Person returns one active person with their memberships as they are now.
	Person(ctx context.Context, academy tickets.AcademyID, id uuid.UUID) (tickets.Person, error)
}

// Options are what a Service is made of.
type Options struct {
	Directory Directory // required
	Sessions  scs.Store // required: where sessions are kept
	// URL is the portal's public URL; over https the cookie is __Host-cecoia
	// and Secure, else cecoia. Required.
	URL string
	// Lifetime is how long a session lasts from its sign-in, whatever happens;
	// 12 hours when 0. The cookie ends with the browser anyway.
	Lifetime time.Duration
	// TrustedProxies are the networks of the reverse proxies in front; none
	// when empty.
	TrustedProxies []netip.Prefix
	Now            func() time.Time      // time.Now when nil
	Logger         *slog.Logger          // discarded when nil
	Registerer     prometheus.Registerer // none when nil
}

// Service signs people in and out and tells who is there. It is safe for
// concurrent use.
type Service struct {
	directory Directory
	sessions  *scs.SessionManager
	proxies   []netip.Prefix
	accounts  *throttle
	addresses *throttle
	keeping   *throttle
	decoy     string        // what unknown accounts are checked against
	hashing   chan struct{} // a hash takes 19 MiB and a core: so many at once
	log       *slog.Logger
	signIns   *prometheus.CounterVec
}

// New returns the service, or an error when an option is missing or malformed.
func New(o Options) (*Service, error) {
	if o.Directory == nil || o.Sessions == nil {
		return nil, errors.New("auth.New: Directory and Sessions are required")
	}
	public, err := url.Parse(o.URL)
	if err != nil || public.Host == "" {
		return nil, fmt.Errorf("auth.New: URL %q is not the address of a site", o.URL)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Lifetime == 0 {
		o.Lifetime = 12 * time.Hour
	}
	decoy, err := decoyHash()
	if err != nil {
		return nil, err
	}
	s := &Service{
		directory: o.Directory,
		sessions:  newSessions(o.Sessions, o.Lifetime, public.Scheme == "https"),
		proxies:   o.TrustedProxies,
		accounts:  newThrottle(accountPace, o.Now),
		addresses: newThrottle(addressPace, o.Now),
		keeping:   newThrottle(keepingPace, o.Now),
		decoy:     decoy,
		hashing:   make(chan struct{}, max(2, runtime.NumCPU())),
		log:       o.Logger,
		signIns:   newSignIns(),
	}
	if o.Registerer != nil {
		if err := o.Registerer.Register(s.signIns); err != nil {
			return nil, fmt.Errorf("auth.New: metrics: %w", err)
		}
	}
	return s, nil
}

// ErrRefused is the one answer to an unknown account and to a wrong password,
// so that it does not tell which.
var ErrRefused = errors.New("auth: unknown account or wrong password")

// ThrottledError refuses a try that came too soon.
type ThrottledError struct {
	Wait time.Duration // until the next try is looked at
}

// Error says how long to wait, for logs.
func (e *ThrottledError) Error() string { return "auth: throttled for " + e.Wait.String() }

// SignIn checks an identifier (a mail address, whose domain tells the academy,
// or a login that only one academy knows) and its password, tried from an
// address. It returns the person, for whom the session of ctx now stands under
// a new token; or [ErrRefused], a [*ThrottledError], or an internal error.
func (s *Service) SignIn(ctx context.Context, from netip.Addr, identifier, password string) (tickets.Person, error) {
	if wait := s.addresses.begin(site(from)); wait > 0 {
		return s.throttled(ctx, from, wait)
	}
	identifier = strings.ToLower(strings.TrimSpace(identifier))
	person, hash, err := s.find(ctx, identifier)
	known := err == nil
	if err != nil && !errors.Is(err, ErrRefused) {
		return tickets.Person{}, err
	}
	account := "?" + identifier[:min(len(identifier), 254)]
	if known {
		account = string(person.Academy) + "/" + person.ID.String()
	}
	if wait := s.accounts.begin(account); wait > 0 {
		return s.throttled(ctx, from, wait)
	}
	if !known || hash == "" {
		known, hash = false, s.decoy
	}
	right, err := s.verify(ctx, hash, password)
	if err != nil {
		return tickets.Person{}, fmt.Errorf("auth.SignIn: %s: %w", account, err)
	}
	if !known || !right {
		s.signIns.WithLabelValues("refused").Inc()
		// Neither the identifier: people type their password there.
		s.log.Info("sign-in refused", "trace", tickets.TraceOf(ctx).ID(), "address", from, "known", known)
		return tickets.Person{}, ErrRefused
	}
	s.accounts.clear(account)
	s.addresses.forgive(site(from))
	if err := s.begin(ctx, person); err != nil {
		return tickets.Person{}, err
	}
	s.signIns.WithLabelValues("accepted").Inc()
	s.log.Info("signed in", "trace", tickets.TraceOf(ctx).ID(), "academy", person.Academy, "person", person.ID)
	return person, nil
}

func (s *Service) throttled(ctx context.Context, from netip.Addr, wait time.Duration) (tickets.Person, error) {
	s.signIns.WithLabelValues("throttled").Inc()
	s.log.Warn("sign-in throttled", "trace", tickets.TraceOf(ctx).ID(), "address", from, "wait", wait)
	return tickets.Person{}, &ThrottledError{Wait: wait}
}

// find returns the one account that the identifier names, or ErrRefused.
func (s *Service) find(ctx context.Context, identifier string) (tickets.Person, string, error) {
	if identifier == "" || len(identifier) > 254 || strings.ContainsRune(identifier, 0) {
		return tickets.Person{}, "", ErrRefused
	}
	academies, err := s.directory.Academies(ctx)
	if err != nil {
		return tickets.Person{}, "", err
	}
	var person tickets.Person
	var hash string
	found := 0
	_, domain, isMail := strings.Cut(identifier, "@")
	for _, a := range academies {
		if isMail && !slices.Contains(a.Domains, domain) {
			continue
		}
		p, h, err := s.directory.Credentials(ctx, a.ID, identifier)
		if tickets.CodeOf(err) == tickets.NotFound {
			continue
		}
		if err != nil {
			return tickets.Person{}, "", err
		}
		person, hash = p, h
		found++
	}
	if found != 1 {
		return tickets.Person{}, "", ErrRefused
	}
	return person, hash, nil
}

func (s *Service) verify(ctx context.Context, hash, password string) (bool, error) {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return verify(hash, password)
}

// Academies returns every academy, for the sign-in page's links.
func (s *Service) Academies(ctx context.Context) ([]tickets.Academy, error) {
	return s.directory.Academies(ctx)
}
