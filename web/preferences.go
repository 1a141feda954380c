package web

import (
	"net/http"
	"slices"
	"strings"

	"cecoia.example/tickets"
)

// The cookies of what a reader chose; they say nothing of who it is.
const (
	langCookie       = "lang"
	appearanceCookie = "appearance"
	shortcutsCookie  = "shortcuts"
)

var (
	langs       = []tickets.Lang{tickets.French, tickets.English}
	appearances = []string{"light", "dark"}
)

// shortcutKeys are the keys of the former application, Alt and N (new incident),
// E (Envoyer), D (Annuler), U (documents). As access keys they clash with those
// of browsers and screen readers: they are off unless the reader wants them.
var shortcutKeys = []string{"n", "e", "d", "u"}

func keyLabel(key string) string { return " [Alt+" + strings.ToUpper(key) + "]" }

// languages are the choices of a language, each in its own words.
func languages() []option {
	return []option{{Value: "fr", Label: "Français", Lang: "fr"}, {Value: "en", Label: "English", Lang: "en"}}
}

type preferencesBody struct {
	Heading                     string
	Direct                      string // where direct messages are tuned, "" for who gets none
	Lang, Appearance, Shortcuts field
}

// preferences shows what a reader may choose: language, appearance, keys.
func (s *server) preferences(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := v.form(nil)
	choose := func(name, chosen string, options ...option) field {
		return f.field(field{Name: name, Kind: "radio", Options: checked(options, chosen), Hint: v.words.T("web.field." + name + ".hint")})
	}
	appearance, shortcuts := "auto", "off"
	if v.appearance != "" {
		appearance = v.appearance
	}
	if v.shortcuts {
		shortcuts = "on"
	}
	body := preferencesBody{
		Heading: v.words.T("web.preferences.title"),
		Lang:    choose("lang", string(v.words.Lang), languages()...),
		Appearance: choose("appearance", appearance,
			option{Value: "auto", Label: v.words.T("web.appearance.auto"), Hint: v.words.T("web.appearance.auto.hint")},
			option{Value: "light", Label: v.words.T("web.appearance.light")},
			option{Value: "dark", Label: v.words.T("web.appearance.dark")}),
		Shortcuts: choose("shortcuts", shortcuts,
			option{Value: "off", Label: v.words.T("web.shortcuts.off")},
			option{Value: "on", Label: v.words.T("web.shortcuts.on"), Hint: v.words.T("web.shortcuts.on.hint")}),
	}
	if v.signedIn && v.person.Agent() {
		body.Direct = v.words.T("web.preferences.direct")
	}
	return s.render(w, r, v, content{template: "preferences", title: body.Heading, body: body})
}

// doPreferences keeps what the reader chose, and leads back to the page they
// were on. An unknown value returns to the default. The language that somebody
// chooses once signed in becomes their own: their mail follows it.
func (s *server) doPreferences(w http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	if sub.Has("lang") {
		lang := tickets.Lang(sub.Get("lang"))
		known := slices.Contains(langs, lang)
		if v.signedIn && known {
			if err := s.desk.SetLang(r.Context(), v.caller(), lang); err != nil {
				return err
			}
		}
		// In the browser only for who has no name here: the next person to sign
		// in on a shared computer has a language of their own.
		s.setCookie(w, langCookie, string(lang), known && !v.signedIn)
	}
	if sub.Has("appearance") {
		s.setCookie(w, appearanceCookie, sub.Get("appearance"), slices.Contains(appearances, sub.Get("appearance")))
	}
	if sub.Has("shortcuts") {
		s.setCookie(w, shortcutsCookie, "on", sub.Get("shortcuts") == "on")
		said := v.words // the words of the page to come
		if lang := tickets.Lang(sub.Get("lang")); slices.Contains(langs, lang) {
			said.Lang = lang
		}
		s.auth.Flash(r.Context(), said.T("web.preferences.done"))
	}
	return &movedError{localPath(sub.Get("return"))}
}

// setCookie keeps a value in the browser for a year, or forgets it.
func (s *server) setCookie(w http.ResponseWriter, name, value string, keep bool) {
	c := &http.Cookie{ //nolint:gosec // Secure follows the public URL: the demo is on plain loopback
		Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	}
	if !keep {
		c.Value, c.MaxAge = "", -1
	}
	http.SetCookie(w, c)
}
