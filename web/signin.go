package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/web/auth"
)

type signInBody struct {
	Action     string
	Identifier field
	Password   field
	Academies  []academyLinks
}

// academyLinks are the academy's own pages for who has lost something.
type academyLinks struct {
	Name  string
	Links []link
}

// signInPath is the sign-in page that leads back to what was asked for.
func signInPath(r *http.Request) string {
	if r.URL.Path == "/" {
		return "/connexion"
	}
	return "/connexion?" + url.Values{"suite": {localPath(r.URL.RequestURI())}}.Encode()
}

// signIn shows the sign-in page.
func (s *server) signIn(w http.ResponseWriter, r *http.Request, v *visit) error {
	if v.signedIn {
		return &movedError{localPath(r.URL.Query().Get("suite"))}
	}
	return s.showSignIn(w, r, v, "", 0, nil)
}

func (s *server) showSignIn(w http.ResponseWriter, r *http.Request, v *visit, identifier string, status int, refused error) error {
	academies, err := s.auth.Academies(r.Context())
	if err != nil {
		return err
	}
	f := newForm(v.words, refused)
	body := signInBody{
		Action:     r.URL.RequestURI(),
		Identifier: f.field(field{Name: "identifier", Value: identifier, Autocomplete: "username", Hint: v.words.T("web.field.identifier.hint")}),
		Password:   f.field(field{Name: "password", Kind: "password", Autocomplete: "current-password"}),
	}
	for _, a := range academies {
		own := academyLinks{Name: a.Name}
		if a.Links.Login != "" {
			own.Links = append(own.Links, link{a.Links.Login, v.words.T("web.signin.forgot_login")})
		}
		if a.Links.Password != "" {
			own.Links = append(own.Links, link{a.Links.Password, v.words.T("web.signin.forgot_password")})
		}
		if len(own.Links) > 0 {
			body.Academies = append(body.Academies, own)
		}
	}
	return s.render(w, r, v, content{
		status: status, template: "signin", title: v.words.T("web.signin.title"),
		problems: f.problems(nil), body: body,
	})
}

// doSignIn signs in, then leads to the page asked for at first.
func (s *server) doSignIn(w http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	identifier, password := sub.Get("identifier"), sub.Get("password")
	if identifier == "" || password == "" {
		var missing []error
		for _, name := range []string{"identifier", "password"} {
			if sub.Get(name) == "" {
				missing = append(missing, invalid(name, "web.signin.missing."+name))
			}
		}
		return s.showSignIn(w, r, v, identifier, http.StatusUnprocessableEntity, refusals(missing...))
	}
	_, err = s.auth.SignIn(r.Context(), s.auth.ClientAddress(r), identifier, password)
	var throttled *auth.ThrottledError
	switch {
	case errors.As(err, &throttled):
		minutes := int((throttled.Wait + time.Minute - 1) / time.Minute)
		w.Header().Set("Retry-After", strconv.Itoa(int(throttled.Wait.Seconds())+1))
		return s.showSignIn(w, r, v, identifier, http.StatusTooManyRequests,
			&tickets.Error{Code: tickets.Invalid, Field: "password", Message: "web.signin.throttled", Args: []any{minutes}})
	case errors.Is(err, auth.ErrRefused):
		return s.showSignIn(w, r, v, identifier, http.StatusUnprocessableEntity, invalid("identifier", "web.signin.refused"))
	case err != nil:
		return err
	}
	return &movedError{localPath(r.URL.Query().Get("suite"))}
}

// signOut ends the session.
func (s *server) signOut(_ http.ResponseWriter, r *http.Request, _ *visit) error {
	if err := s.auth.SignOut(r.Context()); err != nil {
		return err
	}
	return &movedError{"/connexion"}
}
