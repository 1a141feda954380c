package mail

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"cecoia.example/deploy/local/dovecot"
	"cecoia.example/deploy/local/dovecot/dovecottest"
)

// postbox is a mailbox on a server, as its tests see it.
type postbox interface {
	url() string
	put(t testing.TB, raw []byte)
	count(folder string) int // -1 when there is no such folder
	remove(t testing.TB, folders ...string)
}

// onBothServers runs a test on the server in memory and on Dovecot.
func onBothServers(t *testing.T, test func(*testing.T, *world, postbox)) {
	t.Run("memory", func(t *testing.T) { test(t, newWorld(t), newMailbox(t, imap.CapMove)) })
	t.Run("dovecot", func(t *testing.T) { test(t, newWorld(t), newDovebox(t, dovecot.Options{})) })
}

func (m *mailbox) remove(t testing.TB, folders ...string) {
	t.Helper()
	for _, f := range folders {
		if err := m.user.Delete(f); err != nil && m.count(f) >= 0 {
			t.Fatal(err)
		}
	}
}

// dovebox is a mailbox on a Dovecot of the test's own.
type dovebox struct {
	server *dovecot.Server
	prefix string
	client *imapclient.Client
}

const dovePassword = `hünter 2"\`

func newDovebox(t testing.TB, o dovecot.Options) *dovebox {
	t.Helper()
	o.Users = map[string]string{"no-reply@creteil.example": dovePassword}
	d := &dovebox{server: dovecottest.New(t, o), prefix: o.Prefix}
	d.client = d.connect(t)
	return d
}

// connect is somebody else with the same mailbox.
func (d *dovebox) connect(t testing.TB) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(d.server.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login("no-reply@creteil.example", dovePassword).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (d *dovebox) url() string { return d.server.URL("no-reply@creteil.example", dovePassword) }

func (d *dovebox) put(t testing.TB, raw []byte) {
	t.Helper()
	d.putInto(t, "INBOX", raw)
}

func (d *dovebox) putInto(t testing.TB, folder string, raw []byte) {
	t.Helper()
	cmd := d.client.Append(folder, int64(len(raw)), nil)
	_, err := cmd.Write(raw)
	if err = errors.Join(err, cmd.Close()); err == nil {
		_, err = cmd.Wait()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (d *dovebox) count(folder string) int {
	if folder != "INBOX" {
		folder = d.prefix + folder
	}
	data, err := d.client.Status(folder, &imap.StatusOptions{NumMessages: true}).Wait()
	if err != nil {
		return -1
	}
	return int(*data.NumMessages)
}

func (d *dovebox) remove(t testing.TB, folders ...string) {
	t.Helper()
	for _, f := range folders {
		if err := d.client.Delete(d.prefix + f).Wait(); err != nil && d.count(f) >= 0 {
			t.Fatal(err)
		}
	}
}

// proxy is between a worker and its server. It stands for what may happen at
// each command: fault is asked twice, before the server gets it and once the
// server has done it; on true the connection ends there, so that in the second
// case the worker never hears of it.
type proxy struct {
	addr  string
	fault func(what string) bool
}

func newProxy(t testing.TB, server string, fault func(what string) bool) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: l.Addr().String(), fault: fault}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			worker, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.pass(worker, server) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return p
}

// through is the URL with the proxy in the server's place.
func (p *proxy) through(url string) string {
	head, rest, _ := strings.Cut(url, "@127.0.0.1:")
	_, query, _ := strings.Cut(rest, "?")
	return head + "@" + p.addr + "?" + query
}

func (p *proxy) pass(worker net.Conn, addr string) {
	server, err := net.Dial("tcp", addr)
	if err != nil {
		worker.Close()
		return
	}
	var mu sync.Mutex
	commands := map[string]string{} // by tag
	end := func() { worker.Close(); server.Close() }
	var both sync.WaitGroup
	both.Go(func() {
		defer end()
		in := bufio.NewReader(worker)
		for {
			line, err := in.ReadBytes('\n')
			if tag, command, ok := bytes.Cut(bytes.TrimSpace(line), []byte(" ")); ok && bytes.HasPrefix(tag, []byte("T")) {
				what := verb(command)
				mu.Lock()
				commands[string(tag)] = what
				mu.Unlock()
				if p.fault("before " + what) {
					return
				}
			}
			if _, e := server.Write(line); e != nil || err != nil {
				return
			}
		}
	})
	both.Go(func() {
		defer end()
		in := bufio.NewReader(server)
		for {
			line, err := in.ReadBytes('\n')
			tag, _, _ := bytes.Cut(line, []byte(" "))
			mu.Lock()
			what, done := commands[string(tag)]
			mu.Unlock()
			if done && p.fault("after "+what) {
				return
			}
			if _, e := worker.Write(line); e != nil || err != nil {
				return
			}
		}
	})
	both.Wait()
}

// verb is what a command does, without a password.
func verb(command []byte) string {
	fields := strings.Fields(string(command))
	if len(fields) > 1 && fields[0] == "UID" {
		return fields[0] + " " + fields[1]
	}
	return fields[0]
}
