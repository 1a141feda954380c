package mattermost

import (
	"net/http"
	"net/http/httptest"
	"testing"

	double "cecoia.example/deploy/local/mattermost"
)

// The bot's account is refused when the server says so of the account itself;
// what else goes wrong says nothing about it, and is no acceptance.
func TestWhetherTheAccountIsAccepted(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	expect := func(what string, bot *Bot, want, fails bool) {
		t.Helper()
		if got, err := bot.Accepted(t.Context()); got != want || (err != nil) != fails {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
	expect("a good token", b, true, false)
	expect("a wrong token", newBot(t, s.URL(), Options{Token: "another"}), false, false)
	s.Fail(double.Fault{Status: http.StatusForbidden, Times: 1})
	expect("an account that is deactivated", b, false, false)
	s.Fail(double.Fault{Status: http.StatusInternalServerError, Times: 1})
	expect("a server in trouble", b, false, true)
	if err := s.Revoke(botToken); err != nil {
		t.Fatal(err)
	}
	expect("a token that was revoked", b, false, false)
	again, err := s.NewToken("cecoia")
	if err != nil {
		t.Fatal(err)
	}
	expect("a new token", newBot(t, s.URL(), Options{Token: again}), true, false)

	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "Forbidden", http.StatusForbidden)
	}))
	defer proxy.Close()
	expect("a proxy that refuses", newBot(t, proxy.URL, Options{}), false, true)
	proxy.Close()
	expect("nobody there", newBot(t, proxy.URL, Options{}), false, true)
}
