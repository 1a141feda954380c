package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// teller tells the story to a browser.
type teller struct {
	*chromium
	hand
	lang    tickets.Lang
	words   locale.Printer
	scripts bool // JavaScript is on
	keys    bool // there is no mouse
}

func newTeller(t *testing.T, lang tickets.Lang, how func(*chromium) hand) *teller {
	t.Helper()
	p := newDesk(t)
	p.hire(t, "creteil", "Émélie-Exemple", "D’Essai-Modèle", "Émélia-Modèle")
	c := openChromium(t, p)
	c.look(looks[0])
	return &teller{chromium: c, hand: how(c), lang: lang, words: locale.For(lang, nil), scripts: true}
}

// is waits for an element that has those words; "" for any.
func (s *teller) is(selector, want string) {
	s.t.Helper()
	fold := func(t string) string { return strings.Join(strings.Fields(t), " ") }
	var got string
	s.until(selector, func() bool {
		got = fold(ask[string](s.chromium, fmt.Sprintf(`(document.querySelector(%q) || { textContent: "⟦absent⟧" }).textContent`, selector)))
		return got != "⟦absent⟧" && strings.Contains(got, fold(want))
	}, func() string { return fmt.Sprintf("says %q, want %q", got, fold(want)) })
	if lang := ask[string](s.chromium, `document.documentElement.lang`); lang != string(s.lang) {
		s.t.Errorf("%s is in %q", s.at(), lang)
	}
}

// until waits, 30 s at most, for what a page shows once it is there.
func (s *teller) until(what string, done func() bool, otherwise func() string) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); {
		if time.Now().After(end) {
			s.t.Fatalf("%s: %s %s\n%.1500s", s.at(), what, otherwise(), ask[string](s.chromium, `document.body.innerText`))
		}
		s.do("a frame", chromedp.WaitReady("body"))
	}
}

// at is the path of the page shown.
func (s *teller) at() string { s.t.Helper(); return ask[string](s.chromium, `location.pathname`) }

// leads waits for the page of that path.
func (s *teller) leads(want string) {
	s.t.Helper()
	s.until("the page", func() bool { return s.at() == want }, func() string { return "should be " + want })
}

func (s *teller) status(want tickets.Ticket) { s.t.Helper(); s.is("#status", s.words.State(want)) }

// become goes on as somebody else, who has signed in before.
func (s *teller) become(who tickets.Person) {
	s.t.Helper()
	b := s.portal.as(s.t, who)
	b.post("/preferences", form("lang", string(s.lang), "return", "/"))
	s.chromium.become(b)
}

// onSummary asserts that the focus is on the summary of what went wrong: a
// script puts it there.
func (s *teller) onSummary() {
	s.t.Helper()
	if at := ask[string](s.chromium, `document.activeElement.id`); s.scripts && at != "errors" {
		s.t.Errorf("%s: after a refusal the focus is on %q", s.at(), at)
	}
}

// enter presses Enter where the focus is, and waits for the page it leads to.
func (s *teller) enter() {
	s.t.Helper()
	s.navigate("Enter", chromedp.KeyEvent(kb.Enter))
}
