package web

import (
	"net/http"
	"slices"

	"cecoia.example/tickets"
)

// The cookies of what a reader chose; they say nothing of who it is.
const (
	langCookie       = "lang"
	appearanceCookie = "appearance"
)

var (
	langs       = []tickets.Lang{tickets.French, tickets.English}
	appearances = []string{"light", "dark"}
)

// preferences keeps the language or the appearance that the reader chose, and
// leads back to the page they were on. An unknown value returns to the default.
func (s *server) preferences(w http.ResponseWriter, r *http.Request, _ *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	keep := func(name, value string, known bool) {
		c := &http.Cookie{ //nolint:gosec // Secure follows the public URL: the demo is on plain loopback
			Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600,
			HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
		}
		if !known {
			c.Value, c.MaxAge = "", -1
		}
		http.SetCookie(w, c)
	}
	if sub.Has("lang") {
		keep(langCookie, sub.Get("lang"), slices.Contains(langs, tickets.Lang(sub.Get("lang"))))
	}
	if sub.Has("appearance") {
		keep(appearanceCookie, sub.Get("appearance"), slices.Contains(appearances, sub.Get("appearance")))
	}
	return &movedError{localPath(sub.Get("return"))}
}
