package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
	"github.com/google/uuid"

	"cecoia.example/tickets"
)

func TestAHashVerifiesItsPasswordAlone(t *testing.T) {
	h, err := HashPassword("démo")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %s", h)
	}
	for password, want := range map[string]bool{"démo": true, "demo": false, "": false, "démo" + strings.Repeat("x", 5000): false} {
		if got, err := verify(h, password); got != want || err != nil {
			t.Errorf("%.10q: %v, %v", password, got, err)
		}
	}
	if again, _ := HashPassword("démo"); again == h {
		t.Error("two hashes share a salt")
	}
	for _, bad := range []string{"", strings.Repeat("x", 1025)} {
		if _, err := HashPassword(bad); err == nil {
			t.Errorf("%.10q has a hash", bad)
		}
	}
}

func TestAHashOfOtherParametersIsReadFromItsString(t *testing.T) {
	// The reference implementation's own: argon2 "somesalt" -id -t 2 -m 8 -p 1.
	const reference = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	if ok, err := verify(reference, "password"); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	for _, bad := range []string{
		"", "plain", "$2y$10$abcdefghijklmnopqrstuv",
		strings.Replace(reference, "m=256", "m=4294967295", 1), // would take 4 TiB
		strings.Replace(reference, "t=2", "t=4000000", 1),
		strings.Replace(reference, "p=1", "p=0", 1),
		strings.Replace(reference, "v=19", "v=16", 1),
		strings.Replace(reference, "argon2id", "argon2i", 1),
		strings.Replace(reference, "c29tZXNhbHQ", "!", 1),
		reference + "$",
	} {
		if ok, err := verify(bad, "password"); ok || err == nil {
			t.Errorf("%q: %v, %v", bad, ok, err)
		}
	}
}

func TestWaitsDoubleAreBoundedAndEnd(t *testing.T) {
	now := time.Unix(0, 0)
	th := newThrottle(pace{free: 3, first: 10 * time.Second, most: time.Minute, ease: time.Hour, forget: 10 * time.Minute, keys: 10}, func() time.Time { return now })
	for i := range 3 {
		if w := th.begin("a"); w != 0 {
			t.Fatalf("try %d waits %v", i, w)
		}
	}
	for _, want := range []time.Duration{10, 20, 40, 60, 60} {
		want *= time.Second
		if w := th.begin("a"); w != want {
			t.Fatalf("wait %v, want %v", w, want)
		}
		now = now.Add(want - time.Second)
		if w := th.begin("a"); w != time.Second {
			t.Fatalf("a refused try changed the wait: %v", w)
		}
		now = now.Add(time.Second)
		if w := th.begin("a"); w != 0 {
			t.Fatalf("after waiting: %v", w)
		}
	}
	if w := th.begin("b"); w != 0 {
		t.Error("another key waits")
	}
	now = now.Add(11 * time.Minute)
	for range 3 {
		if w := th.begin("a"); w != 0 {
			t.Fatalf("not forgotten: %v", w)
		}
	}
	th.clear("a")
	if w := th.begin("a"); w != 0 {
		t.Errorf("after the right secret: %v", w)
	}
}

func TestOneGoodSignInDoesNotCoverGuessesAtOthers(t *testing.T) {
	now := time.Unix(0, 0)
	th := newThrottle(pace{free: 4, first: time.Minute, most: time.Hour, ease: time.Hour, forget: time.Hour, keys: 10}, func() time.Time { return now })
	blocked := 0
	for range 10 { // guess, guess, one's own account
		for _, good := range []bool{false, false, true} {
			if th.begin("site") > 0 {
				blocked++
			} else if good {
				th.forgive("site")
			}
		}
	}
	if blocked == 0 {
		t.Error("guesses go on for ever")
	}
}

// Behind the address of a rectorat somebody mistypes every minute, all day.
func TestABusyAddressIsNotShut(t *testing.T) {
	now := time.Now()
	th := newThrottle(addressPace, func() time.Time { return now })
	for minute := range 10 * 60 {
		if wait := th.begin("rectorat"); wait > 0 {
			t.Fatalf("after %d minutes everybody waits %s", minute, wait)
		}
		now = now.Add(time.Minute)
	}
	// Who guesses there is held back nevertheless.
	tried := 0
	for range 60 * 60 {
		if th.begin("rectorat") == 0 {
			tried++
		}
		now = now.Add(time.Second)
	}
	if tried > 60+2*60+10 {
		t.Errorf("%d tries within an hour", tried)
	}
}

func TestTheThrottlesMemoryIsBounded(t *testing.T) {
	now := time.Unix(0, 0)
	th := newThrottle(pace{free: 1, first: time.Hour, most: time.Hour, ease: time.Hour, forget: time.Hour, keys: 100}, func() time.Time { return now })
	for i := range 1000 {
		th.begin(fmt.Sprint(i))
	}
	if len(th.byKey) != 100 || th.recent.Len() != 100 {
		t.Errorf("%d keys, %d entries", len(th.byKey), th.recent.Len())
	}
	if th.begin("999") == 0 {
		t.Error("the most recent key was forgotten")
	}
}

func TestForwardedAddressesAreBelievedFromOurProxiesOnly(t *testing.T) {
	s := &Service{proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1:5", "198.51.100.7", "192.0.2.1"}, // a stranger's word
		{"10.0.0.1:5", "198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:5", "203.0.113.9, 198.51.100.7", "198.51.100.7"}, // the left one is the client's word
		{"10.0.0.1:5", "198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"10.0.0.1:5", "nonsense", "10.0.0.1"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"[fd00::1]:5", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"},
		{"[::ffff:192.0.2.1]:5", "", "192.0.2.1"},
		{"@", "", "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := s.ClientAddress(r); got.String() != c.want {
			t.Errorf("%s, forwarded %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
	if a, b := site(netip.MustParseAddr("2001:db8:1:2::1")), site(netip.MustParseAddr("2001:db8:1:2:ffff::1")); a != b {
		t.Errorf("one customer is two: %s, %s", a, b)
	}
}

// directory is a directory of one academy and one person.
type directory struct {
	person tickets.Person
	hash   string
	err    error
}

func (d *directory) Academies(context.Context) ([]tickets.Academy, error) {
	return []tickets.Academy{{ID: "creteil", Domains: []string{"creteil.example"}}}, d.err
}

func (d *directory) Credentials(_ context.Context, _ tickets.AcademyID, identifier string) (tickets.Person, string, error) {
	if identifier != d.person.Email {
		return tickets.Person{}, "", &tickets.Error{Code: tickets.NotFound}
	}
	return d.person, d.hash, nil
}

func (d *directory) Person(context.Context, tickets.AcademyID, uuid.UUID) (tickets.Person, error) {
	return d.person, d.err
}

func newService(t *testing.T, d *directory, url string) *Service {
	t.Helper()
	s, err := New(Options{Directory: d, Sessions: memstore.NewWithCleanupInterval(0), URL: url})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnAccountWithoutAPasswordAndAnUnknownOneAreRefusedAlike(t *testing.T) {
	d := &directory{person: tickets.Person{Academy: "creteil", ID: uuid.New(), Email: "alix@creteil.example"}}
	s := newService(t, d, "https://portail.example")
	ctx, err := s.sessions.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	addr := netip.MustParseAddr("192.0.2.1")
	for _, identifier := range []string{"alix@creteil.example", "nobody@creteil.example", "x@elsewhere.example", "", strings.Repeat("x", 300), "a\x00b"} {
		for _, password := range []string{"", "nobody has this password", "x"} {
			if _, err := s.SignIn(ctx, addr, identifier, password); !errors.Is(err, ErrRefused) {
				t.Errorf("%.20q, %q: %v", identifier, password, err)
			}
		}
	}
	d.err = errors.New("away")
	if _, err := s.SignIn(ctx, addr, "alix@creteil.example", "x"); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("the directory is away: %v", err)
	}
}

func TestOverHTTPSTheCookieIsOfThisHostAlone(t *testing.T) {
	s := newService(t, &directory{}, "https://portail.example")
	if c := s.sessions.Cookie; c.Name != "__Host-cecoia" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode || c.Persist {
		t.Errorf("cookie %+v", c)
	}
	if c := newService(t, &directory{}, "http://127.0.0.1:8080").sessions.Cookie; c.Name != "cecoia" || c.Secure {
		t.Errorf("on the loopback: %+v", c)
	}
}

func TestHashingIsBoundedAndEndsWithTheRequest(t *testing.T) {
	s := newService(t, &directory{}, "http://127.0.0.1:8080")
	for range cap(s.hashing) {
		s.hashing <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.verify(ctx, s.decoy, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("err %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{
		{}, {Directory: &directory{}}, {Directory: &directory{}, Sessions: memstore.NewWithCleanupInterval(0), URL: "portail"},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}
