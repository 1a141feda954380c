package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// What a session holds.
const (
	keyAcademy = "academy"
	keyPerson  = "person"
	keyFlash   = "flash"
	keyWarning = "warning" // the flash is one

	keyKeptPath = "kept.path"
	keyKeptForm = "kept.form"
	keyKeptAt   = "kept.at"
	keyKeptCut  = "kept.cut"
)

func newSessions(store scs.Store, lifetime time.Duration, secure bool) *scs.SessionManager {
	m := scs.New()
	m.Store = store
	m.Lifetime = lifetime
	m.HashTokenInStore = true // who reads the store cannot become somebody
	m.Cookie.Name = "cecoia"
	if secure {
		// The prefix makes browsers refuse the cookie unless it is Secure, of
		// this host alone and of the whole site (RFC 6265bis, 4.1.3.2).
		m.Cookie.Name = "__Host-cecoia"
	}
	m.Cookie.Secure = secure
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Persist = false // machines are shared: it ends with the browser
	return m
}

// Sessions returns next behind the loading and saving of sessions. fail answers
// when their store is away.
func (s *Service) Sessions(next http.Handler, fail func(http.ResponseWriter, *http.Request, error)) http.Handler {
	m := *s.sessions // the same sessions, with this way to fail
	m.ErrorFunc = fail
	return m.LoadAndSave(next)
}

func (s *Service) begin(ctx context.Context, p tickets.Person) error {
	// A token that was known before the sign-in must be worth nothing after.
	if err := s.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("auth: renew the session: %w", err)
	}
	s.sessions.Put(ctx, keyAcademy, string(p.Academy))
	s.sessions.Put(ctx, keyPerson, p.ID.String())
	return nil
}

// ErrRemoved says that who was signed in is no longer in the directory: their
// session has just ended.
var ErrRemoved = errors.New("auth: the person is no longer in the directory")

// Person returns who is signed in, as the directory knows them now, and false
// when nobody is. Its error is [ErrRemoved], or that the directory is away.
func (s *Service) Person(ctx context.Context) (tickets.Person, bool, error) {
	id, err := uuid.Parse(s.sessions.GetString(ctx, keyPerson))
	if err != nil {
		return tickets.Person{}, false, nil
	}
	academy := tickets.AcademyID(s.sessions.GetString(ctx, keyAcademy))
	p, err := s.directory.Person(ctx, academy, id)
	switch {
	case tickets.CodeOf(err) == tickets.NotFound:
		if err := s.SignOut(ctx); err != nil {
			return tickets.Person{}, false, err
		}
		s.log.Info("session of a removed person ended", "trace", tickets.TraceOf(ctx).ID(), "academy", academy, "person", id)
		return tickets.Person{}, false, ErrRemoved
	case err != nil:
		return tickets.Person{}, false, fmt.Errorf("auth.Person: %w", err)
	}
	return p, true, nil
}

// SignOut ends the session, here and in the store.
func (s *Service) SignOut(ctx context.Context) error {
	if err := s.sessions.Destroy(ctx); err != nil {
		return fmt.Errorf("auth.SignOut: %w", err)
	}
	return nil
}

// Flash keeps good news for the next page that the person sees, in place of what
// was kept for it before.
func (s *Service) Flash(ctx context.Context, text string) {
	s.sessions.Put(ctx, keyFlash, text)
	s.sessions.Remove(ctx, keyWarning)
}

// Warn keeps a word as Flash does, that something was not done.
func (s *Service) Warn(ctx context.Context, text string) {
	s.sessions.Put(ctx, keyFlash, text)
	s.sessions.Put(ctx, keyWarning, true)
}

// TakeFlash returns the word kept by Flash or Warn, and whether it is a warning,
// and forgets it; "" when there is none.
func (s *Service) TakeFlash(ctx context.Context) (text string, warning bool) {
	return s.sessions.PopString(ctx, keyFlash), s.sessions.PopBool(ctx, keyWarning)
}

// Kept is a form that was sent when nobody was signed in any more.
type Kept struct {
	Path string    // of the page that it is of
	Form string    // its fields, as application/x-www-form-urlencoded
	At   time.Time // when it was sent
	Cut  bool      // it came half-way, from somebody who was signed in
}

// keptLifetime ends the session that holds nothing but such a form.
const keptLifetime = time.Hour

// Keep keeps a form in the session of somebody who is not signed in, in place of
// the one before, and says whether it did. An address that has too much kept is
// passed over: words that nobody has signed in for are a favour, not a right to
// our disk.
func (s *Service) Keep(ctx context.Context, from netip.Addr, k Kept) bool {
	if s.keeping.begin(site(from)) > 0 {
		return false
	}
	s.KeepOwn(ctx, k)
	s.sessions.SetDeadline(ctx, time.Now().Add(keptLifetime)) // of the store's clock, as scs has it
	return true
}

// KeepOwn keeps a form in the session of who is signed in, in place of the one
// before.
func (s *Service) KeepOwn(ctx context.Context, k Kept) {
	s.sessions.Put(ctx, keyKeptPath, k.Path)
	s.sessions.Put(ctx, keyKeptForm, k.Form)
	s.sessions.Put(ctx, keyKeptAt, k.At.Unix())
	s.sessions.Put(ctx, keyKeptCut, k.Cut)
}

// Kept returns the form kept last in this session, and false when there is none.
func (s *Service) Kept(ctx context.Context) (Kept, bool) {
	k := Kept{
		Path: s.sessions.GetString(ctx, keyKeptPath), Form: s.sessions.GetString(ctx, keyKeptForm),
		At: time.Unix(s.sessions.GetInt64(ctx, keyKeptAt), 0), Cut: s.sessions.GetBool(ctx, keyKeptCut),
	}
	return k, k.Path != ""
}

// ForgetKept forgets the kept form.
func (s *Service) ForgetKept(ctx context.Context) {
	for _, key := range []string{keyKeptPath, keyKeptForm, keyKeptAt, keyKeptCut} {
		s.sessions.Remove(ctx, key)
	}
}
