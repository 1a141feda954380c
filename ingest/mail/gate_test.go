package mail

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cecoia.example/deploy/local/wait"
)

// greeting is the first line that a new connection gets.
func greeting(t *testing.T, addr string) (net.Conn, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	var line strings.Builder
	for next := make([]byte, 1); next[0] != '\n'; line.Write(next) { // what follows, perhaps already there, is not read
		if _, err := c.Read(next); err != nil {
			t.Fatal(err)
		}
	}
	return c, line.String()
}

func TestConnectionsAreLimited(t *testing.T) {
	w := newWorld(t)
	o := w.listenerOptions()
	o.Connections, o.ConnectionsEach = 3, 2
	addr, _ := listen(t, o)
	first, hello := greeting(t, addr)
	_, second := greeting(t, addr)
	_, third := greeting(t, addr)
	if !strings.HasPrefix(hello, "220 ") || !strings.HasPrefix(second, "220 ") || !strings.HasPrefix(third, "421 4.7.0") {
		t.Errorf("%q %q %q", hello, second, third)
	}
	first.Close()
	wait.Until(t, "a place is free again", func() bool {
		c, line := greeting(t, addr)
		defer c.Close()
		return strings.HasPrefix(line, "220 ")
	})
	o.Connections, o.ConnectionsEach = 1, 2
	addr, _ = listen(t, o)
	greeting(t, addr)
	if _, line := greeting(t, addr); !strings.HasPrefix(line, "421 4.3.2") {
		t.Errorf("%q", line)
	}
}

// Only the site's mail servers may connect: what they say of the sender is
// believed.
func TestOthersMayNotConnect(t *testing.T) {
	w := newWorld(t)
	o := w.listenerOptions()
	o.Allow = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	addr, _ := listen(t, o)
	if _, line := greeting(t, addr); !strings.HasPrefix(line, "554 5.7.1") {
		t.Errorf("%q", line)
	}
}

func TestMailsAreLimitedByAddress(t *testing.T) {
	w := newWorld(t)
	o := w.listenerOptions()
	o.MailsPerMinute = 2
	addr, _ := listen(t, o)
	for n := range 3 {
		from, data := envelope(w.reply(n, "Bonjour"))
		refused := submit(t, addr, from, []string{w.tokenAddress()}, data)
		if want := map[bool]int{true: 550, false: 450}[n < 2]; refused == nil || refused.Code != want {
			t.Errorf("mail %d: %+v, want %d", n, refused, want)
		}
	}
}

func TestSilentClientsAreLeft(t *testing.T) {
	w := newWorld(t)
	o := w.listenerOptions()
	o.Timeout = 500 * time.Millisecond
	// One that stops in the middle of a mail: the time is for the whole. It has said
	// all of this before it is heard, so that none of it comes late.
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	slow, err := net.Dial("tcp", on.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slow.Close() })
	_ = slow.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(slow, "EHLO x\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n", w.ada.Email, testAcademy.NoReply)
	serve(t, on, o)
	go func() {
		drip := time.NewTicker(5 * time.Millisecond)
		defer drip.Stop()
		for range 400 {
			if _, err := slow.Write([]byte("X-Slow: x\r\n")); err != nil {
				return
			}
			<-drip.C
		}
	}()
	if rest, _ := io.ReadAll(slow); !strings.Contains(string(rest), "\r\n451 4.3.0") {
		t.Errorf("%q", rest)
	}
	if n := w.figure(t, `SELECT count(*) FROM inbound_mails`); n != 0 {
		t.Errorf("%d records", n)
	}
	c, _ := greeting(t, on.Addr().String())
	rest, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(rest), "421 4.4.2") {
		t.Errorf("%q, %v", rest, err)
	}
}

// Told to end, it hangs up on who waits and leaves nothing behind.
func TestListenerEnds(t *testing.T) {
	w := newWorld(t)
	check := leavesNothing(t)
	addr, stop := listen(t, w.listenerOptions())
	c, _ := greeting(t, addr)
	fmt.Fprintf(c, "EHLO x\r\n")
	began := time.Now()
	stop()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	if _, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
		t.Error("it still listens")
	}
	c.Close()
	check()
}
