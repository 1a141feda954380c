package auth

import (
	"context"
	"fmt"
	"net/http"
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

// Person returns who is signed in, as the directory knows them now, and false
// when nobody is. It fails only when the directory is away.
func (s *Service) Person(ctx context.Context) (tickets.Person, bool, error) {
	id, err := uuid.Parse(s.sessions.GetString(ctx, keyPerson))
	if err != nil {
		return tickets.Person{}, false, nil
	}
	academy := tickets.AcademyID(s.sessions.GetString(ctx, keyAcademy))
	p, err := s.directory.Person(ctx, academy, id)
	switch {
	case tickets.CodeOf(err) == tickets.NotFound:
		return tickets.Person{}, false, s.SignOut(ctx)
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

// Flash keeps a word for the next page that the person sees.
func (s *Service) Flash(ctx context.Context, text string) { s.sessions.Put(ctx, keyFlash, text) }

// TakeFlash returns the word kept by Flash and forgets it; "" when there is none.
func (s *Service) TakeFlash(ctx context.Context) string { return s.sessions.PopString(ctx, keyFlash) }
