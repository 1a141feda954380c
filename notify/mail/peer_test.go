package mail

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// peer is a mail server that does as it is told.
type peer struct {
	addr string
	pool *x509.CertPool

	mu         sync.Mutex
	sessions   int
	now, most  int      // sessions open now, and at once at most
	mechanisms []string // of AUTH; default PLAIN
	signedIn   []string // mechanism and user
	passwords  []string // that are right; default "right"
	got        []string // messages accepted
	from       []string
	names      []string // of EHLO
	// rcpt and data answer the next commands, in order; then all is well.
	rcpt, data []error
	hangUp     bool // cut the connection after a message was stored, before the answer
	conns      []net.Conn
}

type peerSession struct {
	*peer
	conn *smtp.Conn
}

func (p *peer) next(list *[]error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(*list) == 0 {
		return nil
	}
	err := (*list)[0]
	*list = (*list)[1:]
	return err
}

func (s peerSession) AuthMechanisms() []string {
	if s.mechanisms != nil {
		return s.mechanisms
	}
	return []string{sasl.Plain}
}

func (s peerSession) Auth(mechanism string) (sasl.Server, error) {
	if !slices.Contains(s.AuthMechanisms(), mechanism) {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	check := func(username, password string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if right := s.passwords; password != "right" && !slices.Contains(right, password) {
			return smtp.ErrAuthFailed
		}
		s.signedIn = append(s.signedIn, mechanism+" "+username)
		return nil
	}
	switch mechanism {
	case "LOGIN":
		return &loginServer{check: check}, nil
	case "XOAUTH2":
		return &xoauth2Server{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, username, password string) error { return check(username, password) }), nil
}

// loginServer asks in words of its own, and takes no answer beforehand.
type loginServer struct {
	check   func(username, password string) error
	answers []string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil && len(l.answers) == 0:
		return []byte("User Name\x00"), false, nil
	case response == nil:
		return nil, false, errors.New("nothing was said")
	}
	if l.answers = append(l.answers, string(response)); len(l.answers) == 1 {
		return []byte("Mot de passe ?"), false, nil
	}
	return nil, true, l.check(l.answers[0], l.answers[1])
}

// xoauth2Server tells why it refuses in a challenge, and refuses when that is
// answered, as Google's and Microsoft's do.
type xoauth2Server struct {
	check  func(username, token string) error
	failed error
}

func (x *xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	if x.failed != nil {
		if len(response) > 0 {
			return nil, true, errors.New("the answer to the reason must be empty")
		}
		return nil, true, x.failed
	}
	user, rest, _ := strings.Cut(strings.TrimPrefix(string(response), "user="), "\x01auth=Bearer ")
	token, ok := strings.CutSuffix(rest, "\x01\x01")
	if !ok {
		return nil, true, errors.New("malformed")
	}
	if x.failed = x.check(user, token); x.failed != nil {
		return []byte(`{"status":"400","schemes":"Bearer"}`), false, nil
	}
	return nil, true, nil
}

func (s peerSession) Mail(from string, _ *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from = append(s.from, from)
	return nil
}
func (s peerSession) Rcpt(string, *smtp.RcptOptions) error { return s.next(&s.rcpt) }
func (s peerSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.next(&s.data); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, string(b))
	if s.hangUp {
		s.hangUp = false
		return errors.Join(s.conn.Conn().Close(), errors.New("gone"))
	}
	return nil
}
func (s peerSession) Reset() {}
func (s peerSession) Logout() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
	return nil
}

// newPeer starts a peer; with TLS it offers STARTTLS, its certificate is in pool.
func newPeer(t testing.TB, withTLS bool) *peer {
	t.Helper()
	p := &peer{}
	var config *tls.Config
	if withTLS {
		var certificate tls.Certificate
		certificate, p.pool = selfSigned(t, nil)
		config = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	p.serve(t, listen(t), config)
	return p
}

// serve answers on the listener until the test ends.
func (p *peer) serve(t testing.TB, l net.Listener, config *tls.Config) {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sessions++
		p.now++
		p.most = max(p.most, p.now)
		p.conns = append(p.conns, c.Conn())
		p.names = append(p.names, c.Hostname())
		return peerSession{p, c}, nil
	}))
	server.Domain = "localhost"
	server.ErrorLog = quiet{}
	server.AllowInsecureAuth = config == nil
	server.TLSConfig = config
	p.addr = l.Addr().String()
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	// The listener first: a server closed before it began to serve knows none.
	t.Cleanup(func() { _ = l.Close(); _ = server.Close(); <-done })
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// deaf returns an address that is ours and that nobody listens on, until open is
// called.
func deaf(t testing.TB) (addr string, open func() net.Listener) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	socket := os.NewFile(uintptr(fd), "deaf")
	t.Cleanup(func() { _ = socket.Close() })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port), func() net.Listener {
		t.Helper()
		if err := syscall.Listen(fd, syscall.SOMAXCONN); err != nil {
			t.Fatal(err)
		}
		l, err := net.FileListener(socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
}

// selfSigned makes a certificate of 127.0.0.1, or of what change makes of it, and
// the pool that trusts it.
func selfSigned(t testing.TB, change func(*x509.Certificate)) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// hostile answers each connection as talk says; the count of connections before
// it is given too. Its end closes the connection.
func hostile(t *testing.T, talk func(c net.Conn, r *bufio.Reader, nth int)) (addr string) {
	t.Helper()
	l := listen(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	all.Go(func() {
		for nth := 0; ; nth++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				talk(c, bufio.NewReader(c), nth)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return l.Addr().String()
}

// say writes lines to the client.
func say(c net.Conn, lines ...string) {
	_, _ = io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n")
}

// hear reads the client's next line, "" when it has left.
func hear(r *bufio.Reader) string {
	line, err := r.ReadString('\n')
	if err != nil {
		return ""
	}
	return strings.TrimRight(line, "\r\n")
}

// hearMessage reads the client's message to its final dot, and false when it
// has left before.
func hearMessage(r *bufio.Reader) (string, bool) {
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return b.String(), false
		}
		if line == ".\r\n" {
			return b.String(), true
		}
		b.WriteString(line)
	}
}

// silence says nothing until the client has left.
func silence(r *bufio.Reader) { _, _ = io.Copy(io.Discard, r) }

// polite says each line after the client's next, the first as the greeting. A
// 354 is followed by the message. Then it is silent.
func polite(c net.Conn, r *bufio.Reader, lines ...string) {
	for i, line := range lines {
		if i > 0 && strings.HasPrefix(lines[i-1], "354") {
			if _, whole := hearMessage(r); !whole {
				return
			}
		} else if i > 0 && hear(r) == "" {
			return
		}
		say(c, line)
	}
	silence(r)
}

// scripted is a server that is polite in the same way to everybody.
func scripted(t *testing.T, lines ...string) (url string) {
	return "smtp://" + hostile(t, func(c net.Conn, r *bufio.Reader, _ int) { polite(c, r, lines...) }) + "?tls=none"
}

// refusal is an answer of a server's.
func refusal(code int, text string) error { return &smtp.SMTPError{Code: code, Message: text} }

// takeMessage is the dialogue up to the end of a message, which is not answered.
func takeMessage(c net.Conn, r *bufio.Reader) {
	for _, line := range []string{"220 hello", "250 hello", "250 ok", "250 ok"} {
		say(c, line)
		hear(r)
	}
	say(c, "354 go on")
	hearMessage(r)
}
