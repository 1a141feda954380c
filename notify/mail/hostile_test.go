package mail

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"cecoia.example/tickets"
)

// Limits that a test can wait for: each is for servers that are silent there, as
// one that answers may take longer on a busy machine.
const soon, late, tooLate = 300 * time.Millisecond, 2 * time.Minute, time.Minute

var (
	patient     = Options{ConnectTimeout: late, CommandTimeout: late, DataTimeout: late}
	connectSoon = Options{ConnectTimeout: soon, CommandTimeout: late, DataTimeout: late}
	commandSoon = Options{ConnectTimeout: late, CommandTimeout: soon, DataTimeout: late}
	dataSoon    = Options{ConnectTimeout: late, CommandTimeout: late, DataTimeout: soon}
)

// Whatever a server does, a mail that it has not accepted is tried again, one of
// which nobody knows is uncertain, and Send comes back in time.
func TestWhatServersDo(t *testing.T) {
	const hello, ok = "250 hello", "250 ok"
	upTo := func(lines ...string) []string { return append([]string{"220 hello", hello}, lines...) }
	cut := func(lines ...string) func(net.Conn, *bufio.Reader, int) {
		return func(c net.Conn, r *bufio.Reader, _ int) {
			for i, line := range lines {
				if i > 0 && hear(r) == "" {
					return
				}
				say(c, line)
			}
		}
	}
	quiet := func(lines ...string) func(net.Conn, *bufio.Reader, int) {
		return func(c net.Conn, r *bufio.Reader, _ int) { polite(c, r, lines...) }
	}
	for name, s := range map[string]struct {
		talk   func(net.Conn, *bufio.Reader, int)
		want   tickets.Outcome
		limits Options
	}{
		"accepts the connection and says nothing": {quiet(), tickets.Retry, connectSoon},
		"is silent at EHLO":                       {quiet("220 hello"), tickets.Retry, connectSoon},
		"is silent at MAIL":                       {quiet(upTo()...), tickets.Retry, commandSoon},
		"is silent at RCPT":                       {quiet(upTo(ok)...), tickets.Retry, commandSoon},
		"is silent at DATA":                       {quiet(upTo(ok, ok)...), tickets.Retry, commandSoon},
		"is silent after the message":             {quiet(upTo(ok, ok, "354 go on")...), tickets.Uncertain, dataSoon},
		"leaves at once":                          {cut(), tickets.Retry, patient},
		"leaves after the greeting":               {cut("220 hello"), tickets.Retry, patient},
		"leaves after EHLO":                       {cut(upTo()...), tickets.Retry, patient},
		"leaves after RCPT":                       {cut(upTo(ok, ok)...), tickets.Retry, patient},
		"is another protocol":                     {quiet("* OK IMAP4rev1 ready"), tickets.Retry, patient},
		"greets with a refusal":                   {quiet("554 5.7.1 go away"), tickets.Retry, patient},
		"speaks nonsense":                         {quiet("220 hello", hello, "\x00\xff\xfe garbage"), tickets.Retry, patient},
		"is full after the message":               {quiet(upTo(ok, ok, "354 go on", "452 4.3.1 disk full", ok)...), tickets.Retry, patient},
		"refuses the message":                     {quiet(upTo(ok, ok, "354 go on", "554 5.6.0 no", ok)...), tickets.Permanent, patient},
		"drops in the message": {func(c net.Conn, r *bufio.Reader, _ int) {
			for _, line := range upTo(ok, ok) {
				say(c, line)
				hear(r)
			}
			say(c, "354 go on")
			_ = c.(*net.TCPConn).SetLinger(0)
		}, "", patient}, // whether the whole of it was on its way is a matter of luck
		"drops after the message": {func(c net.Conn, r *bufio.Reader, _ int) {
			for _, line := range upTo(ok, ok) {
				say(c, line)
				hear(r)
			}
			say(c, "354 go on")
			hearMessage(r)
		}, tickets.Uncertain, patient},
		"drips": {func(c net.Conn, _ *bufio.Reader, _ int) {
			drip := time.NewTicker(10 * time.Millisecond)
			defer drip.Stop()
			for range drip.C {
				if _, err := io.WriteString(c, "2"); err != nil {
					return
				}
			}
		}, tickets.Retry, connectSoon},
		"never ends its answer": {func(c net.Conn, r *bufio.Reader, _ int) {
			say(c, "220 hello")
			hear(r)
			line := strings.Repeat("250-"+strings.Repeat("x", 90)+"\r\n", 1000)
			for {
				if _, err := io.WriteString(c, line); err != nil {
					return
				}
			}
		}, tickets.Retry, patient},
		"never ends its line": {func(c net.Conn, _ *bufio.Reader, _ int) {
			for {
				if _, err := io.WriteString(c, strings.Repeat("2", 1<<16)); err != nil {
					return
				}
			}
		}, tickets.Retry, patient},
	} {
		t.Run(name, func(t *testing.T) {
			m := mailer(t, "smtp://"+hostile(t, s.talk)+"?tls=none", s.limits)
			began := time.Now()
			r := m.Send(t.Context(), taken())
			if s.want == "" && r.Outcome == tickets.Retry {
				s.want = tickets.Retry
			} else if s.want == "" {
				s.want = tickets.Uncertain
			}
			want(t, r, s.want)
			if took := time.Since(began); took > tooLate {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestTheSendersOwnTimeIsKept(t *testing.T) {
	began := time.Now()
	for _, lines := range [][]string{nil, {"220 hello", "250 hello", "250 ok"}} {
		ctx, cancel := context.WithTimeout(t.Context(), soon)
		want(t, mailer(t, scripted(t, lines...), patient).Send(ctx, taken()), tickets.Retry)
		cancel()
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	addr := hostile(t, func(c net.Conn, r *bufio.Reader, _ int) {
		takeMessage(c, r)
		cancel()
		silence(r)
	})
	want(t, mailer(t, "smtp://"+addr+"?tls=none", patient).Send(ctx, taken()), tickets.Uncertain)
	if took := time.Since(began); took > tooLate {
		t.Errorf("it took %s", took)
	}
}

// A greylisting server turns the first attempt away and says when to come back.
// The second is the same mail, and accepted.
func TestGreylisting(t *testing.T) {
	var mu sync.Mutex
	var got []string
	addr := hostile(t, func(c net.Conn, r *bufio.Reader, _ int) {
		seen := false
		say(c, "220 hello")
		for {
			switch line := hear(r); {
			case line == "":
				return
			case strings.HasPrefix(line, "RCPT") && !seen:
				seen = true
				say(c, "451 4.7.1 Greylisting in action, please come back in 00:05:00")
			case line == "DATA":
				say(c, "354 go on")
				message, _ := hearMessage(r)
				mu.Lock()
				got = append(got, message)
				mu.Unlock()
				say(c, "250 ok")
			default:
				say(c, "250 ok")
			}
		}
	})
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	m := mailer(t, "smtp://"+addr+"?tls=none", Options{Now: func() time.Time { return now }})
	r := m.Send(t.Context(), taken())
	want(t, r, tickets.Retry)
	if !r.RetryAt.Equal(now.Add(5 * time.Minute)) {
		t.Errorf("again at %s", r.RetryAt)
	}
	n := taken()
	n.Attempts = 2
	want(t, m.Send(t.Context(), n), tickets.Delivered)
	if len(got) != 1 || !strings.Contains(got[0], "Message-ID: <"+tickets.MessageID(n.Delivery, "creteil.example")+">") {
		t.Errorf("%q", got)
	}
}
