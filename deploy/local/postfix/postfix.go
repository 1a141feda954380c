// Package postfix runs a Postfix of a test's own: Debian's programs with a
// configuration, a queue and ports of their own, on loopback. The system's
// Postfix, if any, is neither used nor touched.
package postfix

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"cecoia.example/deploy/local/child"
)

// InstallLine is the command that installs Postfix on Debian and its kin.
const InstallLine = "deploy/local/debian-packages postfix"

// ErrNotRoot is returned where this process is not root's: Postfix starts as
// root and gives its rights up in each of its programs (postfix(1)).
var ErrNotRoot = errors.New("postfix: only root starts it")

// Options say how it is configured, beyond what makes it a test's own.
type Options struct {
	Main   string            // more lines of main.cf (postconf(5)); CONFIG stands for the folder of Files
	Master string            // more lines of master.cf (master(5))
	Files  map[string]string // lookup tables and the like, by name
}

// A Server is a running Postfix.
type Server struct {
	addr    string
	process *child.Process
	remove  func() error

	mu  sync.Mutex
	log []string
}

// own makes it a test's own: it listens on loopback, asks no DNS, has no local
// users, and logs to us.
const own = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
smtp_host_lookup = native
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
maillog_file = /dev/stdout
`

// services are those of Debian's master.cf that mail passes through, without
// chroot and with our port.
const services = `127.0.0.1:%s inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
`

// Start runs a Postfix and returns once it greets.
func Start(ctx context.Context, o Options) (*Server, error) {
	if os.Getuid() != 0 {
		return nil, ErrNotRoot
	}
	binary, err := exec.LookPath("postfix")
	if err != nil {
		return nil, fmt.Errorf("postfix.Start: %w: install it by: %s", err, InstallLine)
	}
	var s *Server
	for range 3 { // somebody else may take a port that was free a moment ago
		if s, err = startIn(ctx, binary, o); !errors.Is(err, child.ErrEnded) {
			break
		}
	}
	return s, err
}

// startIn runs it in a folder of its own.
func startIn(ctx context.Context, binary string, o Options) (*Server, error) {
	dir, err := os.MkdirTemp("", "cecoia-postfix-")
	if err != nil {
		return nil, fmt.Errorf("postfix.Start: %w", err)
	}
	s := &Server{}
	if s.remove, err = child.RemoveAtEnd(dir); err != nil {
		return nil, fmt.Errorf("postfix.Start: %w", err)
	}
	if err := s.start(ctx, binary, dir, o); err != nil {
		return nil, errors.Join(fmt.Errorf("postfix.Start: %w\n%s", err, strings.Join(s.Log(), "\n")), s.remove())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, binary, dir string, o Options) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	s.addr = net.JoinHostPort("127.0.0.1", port)
	config := filepath.Join(dir, "etc")
	if err := writeConfig(dir, config, port, o); err != nil {
		return err
	}
	// "postfix start" would give it a session of its own, out of our reach.
	if out, err := exec.CommandContext(ctx, binary, "-c", config, "check").CombinedOutput(); err != nil {
		return fmt.Errorf("postfix check: %w: %s", err, out)
	}
	programs, err := exec.CommandContext(ctx, filepath.Join(filepath.Dir(binary), "postconf"), "-c", config, "-h", "daemon_directory").Output()
	if err != nil {
		return fmt.Errorf("postconf: %w", err)
	}
	master := filepath.Join(strings.TrimSpace(string(programs)), "master")
	s.process, err = child.Start(exec.Command(master, "-c", config, "-d"), child.Options{
		DeathSignal: syscall.SIGTERM, // it ends its programs
		Line: func(line string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.log = append(s.log, line)
		},
	})
	if err != nil {
		return err
	}
	if err := s.process.Ready(ctx, time.Minute, s.greets); err != nil {
		s.process.Stop(ctx, child.Step{Signal: syscall.SIGTERM, Patience: 2 * time.Second})
		return err
	}
	return nil
}

// writeConfig makes the folders as Postfix wants them: readable, and its data
// its own user's.
func writeConfig(dir, config, port string, o Options) error {
	owner, err := user.Lookup("postfix")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(owner.Uid)
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	err = errors.Join(os.Chmod(dir, 0o755), os.Mkdir(config, 0o755), os.Mkdir(filepath.Join(dir, "queue"), 0o755),
		os.Mkdir(data, 0o700), os.Chown(data, uid, -1))
	files := map[string]string{
		"main.cf":   fmt.Sprintf(own, dir) + strings.ReplaceAll(o.Main, "CONFIG", config),
		"master.cf": fmt.Sprintf(services, port) + o.Master,
	}
	for name, content := range o.Files {
		files[name] = content
	}
	for name, content := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(config, name), []byte(content), 0o644)) //nolint:gosec // as above
	}
	return err
}

// freePort returns a port of 127.0.0.1 that nobody listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// greets says whether the server greets.
func (s *Server) greets(ctx context.Context) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	hello := make([]byte, 4)
	if _, err := c.Read(hello); err != nil || string(hello) != "220 " {
		return fmt.Errorf("greeted with %q, %w", hello, err)
	}
	return nil
}

// SMTPAddr is where it takes mail.
func (s *Server) SMTPAddr() string { return s.addr }

// Log is what it has logged so far, a line each.
func (s *Server) Log() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.log...)
}

// Close ends it and removes its folder.
func (s *Server) Close(ctx context.Context) error {
	s.process.Stop(ctx, child.Step{Signal: syscall.SIGTERM, Patience: 5 * time.Second})
	return s.remove()
}
