package mattermost

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/ingest"
)

// While a token is renewed the old one and the new one are both good, each for
// its own academy; an empty one is none.
func TestTwoTokensAreGoodAtOnce(t *testing.T) {
	w := newWorld(t)
	for token, want := range map[string]string{
		"token-of-creteil": "Alix Modèle", "next-token-of-creteil": "Alix Modèle", "token-of-paris": "n’est pas lié",
		"token-of-creteil,next-token-of-creteil": "jeton", "": "jeton", "token-of-versailles": "jeton",
	} {
		form := url.Values{"token": {token}, "user_id": {account("creteil", "agent")}, "text": {"compte"}}
		answer := w.post("/mattermost/command", formType, "", strings.NewReader(form.Encode()))
		said, _ := answer["text"].(string)
		wants(t, token, said, want)
	}
}

func TestOnlyTheAllowedNetworksAreHeard(t *testing.T) {
	for name, c := range map[string]struct {
		allow []netip.Prefix
		from  string
		want  bool
	}{
		"everybody":        {nil, "203.0.113.9:1", true},
		"one of them":      {[]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("10.1.2.3/32")}, "10.1.2.3:1", true},
		"another":          {[]netip.Prefix{netip.MustParsePrefix("10.1.2.3/32")}, "10.1.2.4:1", false},
		"IPv4 in IPv6":     {[]netip.Prefix{netip.MustParsePrefix("10.1.2.0/24")}, "[::ffff:10.1.2.3]:1", true},
		"IPv6":             {[]netip.Prefix{netip.MustParsePrefix("2001:db8::/32")}, "[2001:db8::1]:1", true},
		"IPv6 with a zone": {[]netip.Prefix{netip.MustParsePrefix("fe80::/10")}, "[fe80::1%eth0]:1", true},
		"another IPv6":     {[]netip.Prefix{netip.MustParsePrefix("2001:db8::/32")}, "[2001:db9::1]:1", false},
		"from nowhere":     {[]netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}, "@", false},
	} {
		s := New(Options{Allow: c.allow})
		if got := s.allowed(&http.Request{RemoteAddr: c.from}); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	w := newWorld(t, func(o *Options) { o.Allow = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")} })
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.hooks.URL+"/mattermost/command", strings.NewReader("token=token-of-creteil&text=aide"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", formType)
	req.Header.Set("X-Forwarded-For", "192.0.2.1") // anybody may say so
	resp, err := w.hooks.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden || !strings.Contains(w.log.String(), "address is not allowed") || strings.Contains(w.log.String(), "token-of") {
		t.Errorf("status %d, log %s", resp.StatusCode, w.log)
	}
}

func TestAnAccountThatHurriesIsSlowedDown(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		stopped := noon
		o.Now, o.PerMinute, o.Burst = func() time.Time { return stopped }, 30, 3
	})
	for n := range 5 {
		said := w.say("creteil", "agent", "compte", "trigger_id", fmt.Sprint("hurry-", n))
		if want := map[bool]string{true: "Alix Modèle", false: "Doucement"}[n < 3]; !strings.Contains(said, want) {
			t.Errorf("command %d: %s", n+1, said)
		}
	}
	wants(t, "others", w.say("creteil", "supervisor", "compte"), "Sacha")
	wants(t, "the same account elsewhere", w.say("paris", "", "compte", "user_id", account("creteil", "agent")), "n’est pas lié")
	if got := strings.Count(w.log.String(), "too many commands"); got != 2 {
		t.Errorf("%d lines of audit:\n%s", got, w.log)
	}
	l := newLimiter(30, 3)
	at := noon
	for range 3 {
		if _, ok := l.take("a", at); !ok {
			t.Fatal("a burst is refused")
		}
	}
	if wait, ok := l.take("a", at); ok || wait != 2*time.Second {
		t.Errorf("%t, wait %s", ok, wait)
	}
	if _, ok := l.take("a", at.Add(2*time.Second)); !ok {
		t.Error("refused after the wait")
	}
	for n := range accountsKept + 100 {
		l.take(fmt.Sprint(n), at)
	}
	if len(l.accounts) > accountsKept {
		t.Errorf("%d accounts are kept", len(l.accounts))
	}
	p := profiles{kept: map[string]keptProfile{}}
	for n := range profilesKept + 100 {
		p.keep(fmt.Sprint(n), keptProfile{until: at}, at.Add(-time.Minute))
	}
	if len(p.kept) > profilesKept {
		t.Errorf("%d profiles are kept", len(p.kept))
	}
	if New(Options{PerMinute: -1}).limiter != nil {
		t.Error("no limit is one")
	}
}

// Who sends a request drop by drop does not hold the listener.
func TestASlowRequestIsGivenUp(t *testing.T) {
	w := newWorld(t)
	w.commands.bodyTimeout = 50 * time.Millisecond
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.hooks.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "POST /mattermost/command HTTP/1.1\r\nHost: x\r\nContent-Type: "+formType+"\r\nContent-Length: 1000\r\n\r\ntoken="); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("the listener still waits: %v", err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	wants(t, "answer", string(b), "pas lisible")
}

// An answer that no response_url takes any more comes as a direct message.
func TestALateAnswerComesDirectly(t *testing.T) {
	server, options := chatServer(t, mattermost.User{Username: "alix", Email: "alix@creteil.example", Locale: "en"})
	w := newWorld(t, options)
	c := ingest.Command{
		ID: "late", Academy: "creteil", Account: mattermost.UserID("alix"), Text: "note 1 `@all` ## vu", Reply: "abcdefghijklmnopqrstuvwxyz",
		ReceivedAt: w.tick().Add(-31 * time.Minute),
	}
	done := ingest.Answer{How: ingest.Done, Text: "Fait @all."}
	if err := w.commands.Reply(t.Context(), c, done); err == nil || server.Requests("") != 0 {
		t.Errorf("a handle of half an hour ago is used: %v", err)
	}
	for range 2 { // tried again: one message
		if err := w.commands.Direct(t.Context(), c, done); err != nil {
			t.Fatal(err)
		}
	}
	posts := server.DirectPosts("cecoia", "alix")
	if len(posts) != 1 {
		t.Fatalf("%d messages", len(posts))
	}
	wants(t, "message", posts[0].Message, "The answer to your command `/ticket note 1 '@\u200ball' ## vu`", "Fait @\u200ball.")
	if called := server.Mentioned(posts[0].Id); len(called) > 1 { // whom it is for, at most
		t.Errorf("it calls people: %q", posts[0].Message)
	}
	for name, s := range map[string]*Commands{"no bot": New(Options{Directory: w.db}), "nobody": w.commands} {
		c.Account = id("ghost")
		if err := s.Direct(t.Context(), c, done); err == nil || !strings.Contains(err.Error(), ingest.ErrUndeliverable.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	server.Fail(mattermost.Fault{Status: 500})
	if err := w.commands.Direct(t.Context(), c, done); err == nil || strings.Contains(err.Error(), ingest.ErrUndeliverable.Error()) {
		t.Errorf("an outage: %v", err)
	}
	server.Heal()
}
