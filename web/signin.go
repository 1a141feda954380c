package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cecoia.example/tickets"
	"cecoia.example/web/auth"
)

type signInBody struct {
	Action     string
	Identifier field
	Password   field
	Remember   field
	Academies  []academyLinks
}

// academyLinks are the academy's own pages for who has lost something.
type academyLinks struct {
	Name  string
	Links []link
}

// signInPath is the sign-in page that leads back to what was asked for.
func signInPath(to string) string {
	if to = localPath(to); to == "/" {
		return "/connexion"
	}
	return "/connexion?" + url.Values{"suite": {to}}.Encode()
}

// signIn shows the sign-in page.
func (s *server) signIn(w http.ResponseWriter, r *http.Request, v *visit) error {
	if v.signedIn {
		return &movedError{localPath(r.URL.Query().Get("suite"))}
	}
	known := remembered(r)
	return s.showSignIn(w, r, v, known, known != "", 0, nil)
}

func (s *server) showSignIn(w http.ResponseWriter, r *http.Request, v *visit, identifier string, remember bool, status int, refused error) error {
	academies, err := s.auth.Academies(r.Context())
	if err != nil {
		return err
	}
	nearestFirst(academies, r.URL.Query().Get("suite"), remembered(r))
	f := v.form(refused)
	body := signInBody{
		Action:     r.URL.RequestURI(),
		Identifier: f.field(field{Name: "identifier", Value: identifier, Autocomplete: "username", Hint: v.words.T("web.field.identifier.hint")}),
		Password:   f.field(field{Name: "password", Kind: "password", Autocomplete: "current-password"}),
		Remember: f.field(field{
			Name: "remember", Kind: "checkbox", Checked: remember, Hint: v.words.T("web.field.remember.hint"),
		}),
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
	problems := f.problems(nil)
	if why, _ := s.auth.TakeFlash(r.Context()); why != "" { // why the session before ended
		problems = append(problems, problem{Text: why})
	}
	return s.render(w, r, v, content{
		status: status, template: "signin", title: v.words.T("web.signin.title"),
		problems: problems, body: body,
	})
}

// doSignIn signs in, then leads to the page asked for at first.
func (s *server) doSignIn(w http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	identifier, password, remember := sub.Get("identifier"), sub.Get("password"), sub.Get("remember") != ""
	if identifier == "" || password == "" {
		var missing []error
		for _, name := range []string{"identifier", "password"} {
			if sub.Get(name) == "" {
				missing = append(missing, invalid(name, "web.signin.missing."+name))
			}
		}
		return s.showSignIn(w, r, v, identifier, remember, http.StatusUnprocessableEntity, refusals(missing...))
	}
	_, err = s.auth.SignIn(r.Context(), s.auth.ClientAddress(r), identifier, password)
	var throttled *auth.ThrottledError
	switch {
	case errors.As(err, &throttled):
		minutes := int((throttled.Wait + time.Minute - 1) / time.Minute)
		w.Header().Set("Retry-After", strconv.Itoa(int(throttled.Wait.Seconds())+1))
		return s.showSignIn(w, r, v, identifier, remember, http.StatusTooManyRequests,
			&tickets.Error{Code: tickets.Invalid, Field: "password", Message: "web.signin.throttled", Args: []any{minutes}})
	case errors.Is(err, auth.ErrRefused):
		return s.showSignIn(w, r, v, identifier, remember, http.StatusUnprocessableEntity, invalid("identifier", "web.signin.refused"))
	case err != nil:
		return err
	}
	s.remember(w, r, identifier, remember)
	return &movedError{localPath(r.URL.Query().Get("suite"))}
}

// rememberCookie holds the identifier of who wants not to type it again
// ("Mémoriser l'utilisateur"): it opens nothing.
const rememberCookie = "identifier"

// remember keeps the identifier for a year in the browser, or forgets it.
func (s *server) remember(w http.ResponseWriter, r *http.Request, identifier string, keep bool) {
	identifier = strings.TrimSpace(identifier)
	if !keep && remembered(r) == "" {
		return
	}
	s.setCookie(w, rememberCookie, url.QueryEscape(identifier), keep && len(identifier) <= maxIdentifier)
}

const maxIdentifier = 254 // bytes: the longest mail address (RFC 5321, erratum 1690)

// remembered returns the identifier that this browser remembers, or "".
func remembered(r *http.Request) string {
	c, err := r.Cookie(rememberCookie)
	if err != nil {
		return ""
	}
	identifier, err := url.QueryUnescape(c.Value)
	if err != nil || len(identifier) > maxIdentifier || !utf8.ValidString(identifier) {
		return ""
	}
	return identifier
}

// nearestFirst moves to the front the academy that the visitor seems to be of:
// that of the page asked for, else that of the remembered address.
func nearestFirst(academies []tickets.Academy, suite, identifier string) {
	_, domain, _ := strings.Cut(strings.ToLower(identifier), "@")
	rank := func(a tickets.Academy) int {
		switch {
		case strings.HasPrefix(suite, "/demandes/"+string(a.ID)+"/"):
			return 0
		case slices.Contains(a.Domains, domain):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(academies, func(a, b tickets.Academy) int { return rank(a) - rank(b) })
}

// signOut ends the session.
func (s *server) signOut(_ http.ResponseWriter, r *http.Request, _ *visit) error {
	if err := s.auth.SignOut(r.Context()); err != nil {
		return err
	}
	return &movedError{"/connexion"}
}
