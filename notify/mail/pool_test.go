package mail

import (
	"bufio"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"cecoia.example/tickets"
)

// After any number of refused connections there are as many places as before.
func TestNoPlaceIsLostWithARefusedConnection(t *testing.T) {
	addr, open := deaf(t)
	now := time.Now()
	m := mailer(t, "smtp://"+addr+"?tls=none&connections=2", Options{Now: func() time.Time { return now }, Patience: 50 * time.Millisecond})
	for range 6 {
		r := m.Send(t.Context(), taken())
		want(t, r, tickets.Retry)
		if !strings.Contains(r.Err, "refused") {
			t.Errorf("%s", r.Err)
		}
		now = now.Add(time.Hour)
	}
	p := &peer{}
	p.serve(t, open(), nil)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() { want(t, m.Send(t.Context(), taken()), tickets.Delivered) })
	}
	all.Wait()
}

// Who waits for a server that was away is told when it has taken a mail again,
// once: not when it only greets.
func TestAServerThatIsBackIsSaidToBe(t *testing.T) {
	back := 0
	p := newPeer(t, false)
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	m := mailer(t, plain(p), Options{Back: func() { back++ }, Now: func() time.Time { return now }})
	want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	if back != 0 {
		t.Errorf("said of a server that was there")
	}
	s := m.servers[plain(p)]
	s.connected(errors.New("refused"))
	now = now.Add(time.Hour)
	s.connected(nil)
	if back != 0 {
		t.Errorf("said of a server that only greets")
	}
	for range 2 {
		want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	}
	if back != 1 {
		t.Errorf("said %d times", back)
	}
}

// A server that greets and then never answers is left alone as one that is away:
// the mails for it do not wait one by one.
func TestASessionThatLeadsNowhereIsLeftAlone(t *testing.T) {
	now := time.Now()
	m := mailer(t, scripted(t, "220 hello", "250 hello"), Options{CommandTimeout: soon, Now: func() time.Time { return now }})
	want(t, m.Send(t.Context(), taken()), tickets.Retry)
	r := m.Send(t.Context(), taken())
	want(t, r, tickets.Retry)
	if !strings.Contains(r.Err, "left alone") {
		t.Errorf("%s", r.Err)
	}
}

// While a server keeps its connections busy, further mails for it are put off
// and leave their places to those for others.
func TestABusyServerKeepsNobodyWaiting(t *testing.T) {
	held, release := make(chan struct{}), make(chan struct{})
	addr := hostile(t, func(c net.Conn, r *bufio.Reader, _ int) {
		takeMessage(c, r)
		close(held)
		<-release
		say(c, "250 ok")
		silence(r)
	})
	m := mailer(t, "smtp://"+addr+"?tls=none&connections=1", Options{Patience: 20 * time.Millisecond})
	var all sync.WaitGroup
	all.Go(func() { want(t, m.Send(t.Context(), taken()), tickets.Delivered) })
	<-held
	r := m.Send(t.Context(), taken())
	want(t, r, tickets.Deferred)
	if !strings.Contains(r.Err, "busy") {
		t.Errorf("%s", r.Err)
	}
	close(release)
	all.Wait()
}

func TestTheURLSaysHowManyConnections(t *testing.T) {
	p := newPeer(t, false)
	m := mailer(t, plain(p)+"&connections=2", Options{Patience: time.Minute})
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() { want(t, m.Send(t.Context(), taken()), tickets.Delivered) })
	}
	all.Wait()
	if len(p.got) != 30 || p.most > 2 {
		t.Errorf("%d mails over %d connections at once", len(p.got), p.most)
	}
}

func TestAConnectionIsRenewedWithAge(t *testing.T) {
	p := newPeer(t, false)
	now := time.Now()
	m := mailer(t, plain(p), Options{Now: func() time.Time { return now }, MaxAge: time.Minute, MaxIdle: time.Hour})
	for range 6 {
		want(t, m.Send(t.Context(), taken()), tickets.Delivered)
		now = now.Add(30 * time.Second)
	}
	if p.sessions != 2 {
		t.Errorf("%d sessions, want one for each minute", p.sessions)
	}
}

// The server hears goodbye on a connection that nobody needs, mail or no mail.
func TestAnIdleConnectionIsNotKeptForEver(t *testing.T) {
	left := make(chan string, 1)
	addr := hostile(t, func(c net.Conn, r *bufio.Reader, _ int) {
		takeMessage(c, r)
		say(c, "250 ok")
		left <- hear(r)
		say(c, "221 bye")
	})
	m := mailer(t, "smtp://"+addr+"?tls=none", Options{MaxIdle: 30 * time.Millisecond})
	want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	select {
	case last := <-left:
		if last != "QUIT" {
			t.Errorf("the last words were %q", last)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it is still there")
	}
}

// Whether an idle connection still answers is asked before a mail depends on it:
// one that is dead but open costs a question, not a mail.
func TestADeadConnectionCostsNoMail(t *testing.T) {
	addr := hostile(t, func(c net.Conn, r *bufio.Reader, nth int) {
		takeMessage(c, r)
		say(c, "250 ok")
		if nth == 0 {
			silence(r) // deaf from here on
		}
		say(c, "421 too long")
	})
	now := time.Now()
	m := mailer(t, "smtp://"+addr+"?tls=none", Options{
		ConnectTimeout: 4 * time.Second, // bounds the question, and the next connection
		Now:            func() time.Time { return now }, MaxIdle: time.Hour,
	})
	want(t, m.Send(t.Context(), taken()), tickets.Delivered)
	now = now.Add(time.Minute)
	want(t, m.Send(t.Context(), taken()), tickets.Delivered)
}

// Each academy sends by its own server, as itself and from its own addresses.
func TestEachAcademySendsByItsOwnServer(t *testing.T) {
	peers := map[tickets.AcademyID]*peer{"creteil": newPeer(t, false), "paris": newPeer(t, false)}
	m, err := New(Options{
		Portal: portal, Keyring: keyring(t), Logger: slog.New(slog.DiscardHandler),
		Accounts: func(a tickets.AcademyID) Account {
			return Account{URL: "smtp://" + string(a) + ":right@" + peers[a].addr + "?tls=none"}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	for a, p := range peers {
		n := taken()
		n.Delivery.Academy, n.Academy.ID, n.Case.Academy = a, a, a
		n.Academy.Name, n.Academy.NoReply, n.Academy.Bounce = "Le bureau de "+string(a), "no-reply@"+string(a)+".example", "bounce@"+string(a)+".example"
		want(t, m.Send(t.Context(), n), tickets.Delivered)
		if len(p.got) != 1 || p.signedIn[0] != "PLAIN "+string(a) || !strings.HasPrefix(p.from[0], "bounce+") || !strings.HasSuffix(p.from[0], "@"+string(a)+".example") {
			t.Fatalf("%s: %d mails, signed in as %q, from %q", a, len(p.got), p.signedIn, p.from)
		}
		for _, line := range []string{"From: \"Le bureau de " + string(a) + "\" <no-reply@" + string(a) + ".example>", "@" + string(a) + ".example>\r\nSubject"} {
			if !strings.Contains(p.got[0], line) {
				t.Errorf("%s: no %q in\n%s", a, line, p.got[0])
			}
		}
	}
}
