package mail

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// gate lets connections in to the SMTP listener, within its limits. Who is kept
// out is told why in one line, by a reply that a mail server understands.
type gate struct {
	net.Listener
	allow       []netip.Prefix
	total, each int // connections at once
	perMinute   int // mails, of one address

	mu      sync.Mutex
	open    map[*guarded]bool
	clients map[netip.Addr]*client
	closing bool
}

// client is an address that is connected, or was a short while ago.
type client struct {
	connections int
	mails       *rate.Limiter
	left        time.Time
}

// clientKept is how long an address is remembered after its last connection: as
// long as its rate is counted.
const clientKept = time.Minute

func newGate(l net.Listener, o ListenerOptions) *gate {
	return &gate{
		Listener: l, allow: o.Allow, total: o.Connections, each: o.ConnectionsEach, perMinute: o.MailsPerMinute,
		open: map[*guarded]bool{}, clients: map[netip.Addr]*client{},
	}
}

// Accept returns the next connection that may come in.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		guarded, refusal := g.admit(c)
		if refusal == "" {
			return guarded, nil
		}
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = fmt.Fprintf(c, "%s\r\n", refusal)
		_ = c.Close()
	}
}

// admit counts a connection in, or says why it may not come in.
func (g *gate) admit(c net.Conn) (in *guarded, refusal string) {
	address := addressOf(c)
	g.mu.Lock()
	defer g.mu.Unlock()
	allowed := false
	for _, p := range g.allow {
		allowed = allowed || p.Contains(address)
	}
	g.forget()
	of := g.clients[address]
	switch {
	case !allowed:
		return nil, "554 5.7.1 Only the mail servers named in CECOIA_SMTPD_ALLOW are let in here"
	case g.closing:
		return nil, "421 4.3.2 Closing, try again later"
	case len(g.open) >= g.total:
		return nil, "421 4.3.2 Too many connections, try again later"
	case of != nil && of.connections >= g.each:
		return nil, "421 4.7.0 Too many connections from your address, try again later"
	case of == nil:
		of = &client{mails: rate.NewLimiter(rate.Every(time.Minute/time.Duration(g.perMinute)), g.perMinute)}
		g.clients[address] = of
	}
	of.connections++
	in = &guarded{Conn: c, gate: g, client: of, peer: address}
	g.open[in] = true
	return in, ""
}

// forget drops the addresses that have been gone for a while.
func (g *gate) forget() {
	for address, c := range g.clients {
		if c.connections == 0 && time.Since(c.left) > clientKept {
			delete(g.clients, address)
		}
	}
}

// addressOf is the other side's address, the zero one when it has none.
func addressOf(c net.Conn) netip.Addr {
	a, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}

// lastCall lets nobody in any more and ends the wait for commands: what is being
// recorded is answered, nothing more is read.
func (g *gate) lastCall() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closing = true
	for c := range g.open {
		_ = c.Conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// cut ends every connection.
func (g *gate) cut() {
	g.mu.Lock()
	var left []*guarded
	for c := range g.open {
		left = append(left, c)
	}
	g.mu.Unlock()
	for _, c := range left {
		_ = c.Close()
	}
}

// guarded is a connection that the gate has counted in.
type guarded struct {
	net.Conn
	gate   *gate
	client *client
	peer   netip.Addr
	ended  atomic.Bool // the other side sends nothing more
	gone   sync.Once
}

// Read is the connection's, and notes its end.
func (c *guarded) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.ended.Store(true)
	}
	return n, err
}

// SetReadDeadline is the connection's, until the last call.
func (c *guarded) SetReadDeadline(t time.Time) error {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	if c.gate.closing {
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}

// Close closes the connection and gives its place back.
func (c *guarded) Close() error {
	c.gone.Do(func() {
		c.gate.mu.Lock()
		defer c.gate.mu.Unlock()
		delete(c.gate.open, c)
		c.client.connections--
		c.client.left = time.Now()
	})
	return c.Conn.Close()
}
