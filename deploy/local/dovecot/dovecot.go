// Package dovecot runs Debian's Dovecot as a child process, for tests, drills
// and the bench: a real IMAP server with its own configuration and folder, as
// an ordinary user, on loopback. It neither reads nor touches what the system's
// own Dovecot has.
//
// What the gateway does with a mailbox is ingest/mail; nothing of it belongs
// here.
package dovecot

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cecoia.example/deploy/local/child"
)

// InstallLine is the command that installs Dovecot on Debian and its kin.
const InstallLine = "apt-get install -y --no-install-recommends dovecot-imapd"

// A MissingError says that Dovecot is not installed; its text is the command
// that installs it.
type MissingError struct{}

func (*MissingError) Error() string { return InstallLine }

// Options say what server it is.
type Options struct {
	// Users are those who may sign in, with their passwords (no colon in a
	// name, no line break in either). Each has one mailbox, empty at first.
	Users map[string]string
	// Capabilities are what the server says it can do, once signed in. Default:
	// all that Dovecot can.
	Capabilities string
	// Prefix and Separator are those of the folders' names: "INBOX." and ".".
	// Default: none and "/".
	Prefix, Separator string
	// Quota bounds each mailbox, in kilobytes. Default: no bound.
	Quota int
	// TLS offers encryption, with a certificate of the server's own making: see
	// [Server.Roots]. Dovecot asks nobody on loopback to use it.
	TLS bool
	// Logger receives what the server reports. Default: discarded.
	Logger *slog.Logger
}

// A Server is a running Dovecot.
type Server struct {
	process *child.Process
	dir     string
	addr    string
	tlsAddr string
	roots   *x509.CertPool
	uid     int
	gid     int
	user    string // who runs it, by name: Dovecot takes no numbers
	group   string
	remove  func() error // removes the folder
}

// Start runs a Dovecot and returns once it greets. Without the binary the error
// is a *MissingError.
func Start(ctx context.Context, o Options) (s *Server, err error) {
	for range 3 { // somebody else may take a port that was free a moment ago
		if s, err = start(ctx, o); !errors.Is(err, child.ErrEnded) {
			break
		}
	}
	return s, err
}

func start(ctx context.Context, o Options) (_ *Server, err error) {
	binary, err := lookPath()
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	dir, err := os.MkdirTemp("", "cecoia-dovecot-") // short enough for a socket's name
	if err != nil {
		return nil, fmt.Errorf("dovecot.Start: %w", err)
	}
	s := &Server{dir: dir}
	if s.remove, err = child.RemoveAtEnd(dir); err != nil {
		return nil, fmt.Errorf("dovecot.Start: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("dovecot.Start: %w", err), s.remove())
		}
	}()
	cmd := exec.Command(binary, "-F", "-c", filepath.Join(dir, "dovecot.conf"))
	if err := s.chooseUser(cmd); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, o); err != nil {
		return nil, err
	}
	s.process, err = child.Start(cmd, child.Options{
		DeathSignal: syscall.SIGTERM, // the master then ends the others
		Line:        func(line string) { o.Logger.Debug("dovecot", "message", line) },
	})
	if err != nil {
		return nil, err
	}
	if err := s.process.Ready(ctx, time.Minute, s.greets); err != nil {
		s.process.Kill()
		return nil, err
	}
	return s, nil
}

// lookPath finds the binary, which is in a folder that ordinary users do not
// have in their path.
func lookPath() (string, error) {
	if path, err := exec.LookPath("dovecot"); err == nil {
		return path, nil
	}
	if path, err := exec.LookPath("/usr/sbin/dovecot"); err == nil {
		return path, nil
	}
	return "", &MissingError{}
}

// chooseUser decides who runs the server: as root nobody but the user that the
// package made for it.
func (s *Server) chooseUser(cmd *exec.Cmd) error {
	u, err := user.Current()
	if err == nil && u.Uid == "0" {
		u, err = user.Lookup("dovecot")
	}
	if err != nil {
		return err
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		return err
	}
	s.user, s.group = u.Username, g.Name
	if s.uid, err = strconv.Atoi(u.Uid); err != nil {
		return err
	}
	if s.gid, err = strconv.Atoi(u.Gid); err != nil {
		return err
	}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(s.uid), Gid: uint32(s.gid)}}
	}
	return nil
}

// prepare writes all that the server reads.
func (s *Server) prepare(ctx context.Context, o Options) (err error) {
	if s.addr, err = free(ctx); err != nil {
		return err
	}
	if s.tlsAddr, err = free(ctx); err != nil {
		return err
	}
	own := []string{s.dir}
	for _, folder := range []string{"run", "state", "mail"} {
		path := filepath.Join(s.dir, folder)
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
		own = append(own, path)
	}
	files := map[string]string{}
	if o.TLS {
		certificate, key, err := certificate()
		if err != nil {
			return err
		}
		s.roots = x509.NewCertPool()
		s.roots.AppendCertsFromPEM([]byte(certificate))
		files["cert.pem"], files["key.pem"] = certificate, key
	}
	var users strings.Builder
	for name, password := range o.Users {
		fmt.Fprintf(&users, "%s:{PLAIN}%s::::::\n", name, password)
	}
	files["users"] = users.String()
	if files["dovecot.conf"], err = s.configuration(o); err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(s.dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
		own = append(own, path)
	}
	for _, path := range own {
		if err := s.Give(path); err != nil {
			return err
		}
	}
	return nil
}

// free returns a loopback address that nobody listens on: Dovecot cannot be told
// to choose one.
func free(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// certificate makes a key and a certificate for 127.0.0.1 that it signs itself.
func certificate() (cert, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		return "", "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), nil
}

// greets says whether the server greets.
func (s *Server) greets(ctx context.Context) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "* OK ") {
		err = fmt.Errorf("greeted by %q", line)
	}
	return err
}

// Addr is where it listens: for STARTTLS, or in the clear without TLS.
func (s *Server) Addr() string { return s.addr }

// TLSAddr is where it listens for connections that begin with TLS.
func (s *Server) TLSAddr() string { return s.tlsAddr }

// Roots are what its certificate is verified by; nil without TLS.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Mailbox is the folder of a user's mails, a Maildir++.
func (s *Server) Mailbox(user string) string { return filepath.Join(s.dir, "mail", user) }

// Give hands a file or a folder to the server's user.
func (s *Server) Give(path string) error { return os.Lchown(path, s.uid, s.gid) }

// URL is the user's mailbox as the worker of ingest/mail reads it, in the clear.
func (s *Server) URL(name, password string) string {
	u := url.URL{Scheme: "imap", User: url.UserPassword(name, password), Host: s.addr, RawQuery: "tls=none"}
	return u.String()
}

// Stop ends the server and removes its folder. It is called once; it returns
// with no child left.
func (s *Server) Stop(ctx context.Context) error {
	s.process.Stop(ctx, child.Step{Signal: syscall.SIGTERM, Patience: 5 * time.Second})
	return s.remove()
}
