package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"cecoia.example/deploy/local/child"
)

// InstallLine is the command that installs redis-server on Debian and its kin.
const InstallLine = "apt-get install -y redis-server"

// A MissingError says that redis-server is not installed; its text is the
// command that installs it.
type MissingError struct{}

func (*MissingError) Error() string { return InstallLine }

// A Server is a running redis-server without persistence: what it held is gone
// when it ends, the worst case its users must survive.
type Server struct {
	process *child.Process
	network string // unix or tcp
	addr    string
	remove  func() error // removes the folder
}

// StartServer runs redis-server and returns once it answers. Without the
// binary the error is a *MissingError; that of a port in use names the address.
func StartServer(ctx context.Context, opts Options) (*Server, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, &MissingError{}
	}
	dir, err := os.MkdirTemp("", "cecoia-redis-") // private, and short enough for a socket's name
	if err != nil {
		return nil, fmt.Errorf("redis.StartServer: %w", err)
	}
	s := &Server{}
	if s.remove, err = child.RemoveAtEnd(dir); err != nil {
		return nil, fmt.Errorf("redis.StartServer: %w", err)
	}
	arguments := []string{"--dir", dir, "--save", "", "--appendonly", "no", "--daemonize", "no"}
	if opts.Addr == "" {
		s.network, s.addr = "unix", filepath.Join(dir, "redis.sock")
		arguments = append(arguments, "--port", "0", "--unixsocket", s.addr, "--unixsocketperm", "700")
	} else {
		s.network, s.addr = "tcp", opts.Addr
		host, port, err := net.SplitHostPort(opts.Addr)
		if err == nil {
			err = free(opts.Addr)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("redis.StartServer: listening on %s: %w", opts.Addr, err), s.remove())
		}
		arguments = append(arguments, "--bind", host, "--port", port)
	}
	s.process, err = child.Start(exec.Command(binary, arguments...), child.Options{
		Line: func(line string) { opts.Logger.Debug("redis", "message", line) },
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("redis.StartServer: %w", err), s.remove())
	}
	if err := s.process.Ready(ctx, time.Minute, s.ping); err != nil {
		s.process.Kill()
		return nil, errors.Join(fmt.Errorf("redis.StartServer: %w", err), s.remove())
	}
	return s, nil
}

// free reports why addr cannot be listened on: redis-server says so only in
// its log, and another server there would answer in its place.
func free(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return listener.Close()
}

// ping says whether the server answers a PING.
func (s *Server) ping(ctx context.Context) error {
	conn, err := new(net.Dialer).DialContext(ctx, s.network, s.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer := make([]byte, len("+PONG"))
	if _, err := conn.Read(answer); err != nil {
		return err
	}
	if string(answer) != "+PONG" {
		return fmt.Errorf("PING answered %q", answer)
	}
	return nil
}

// URL returns the address as go-redis' ParseURL reads it.
func (s *Server) URL() string {
	if s.network == "unix" {
		return (&url.URL{Scheme: "unix", Path: s.addr}).String()
	}
	return (&url.URL{Scheme: "redis", Host: s.addr, Path: "/0"}).String()
}

// Done is closed when the server has ended, stopped or not.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Kill ends the server with SIGKILL, as a crash would, and returns when it is
// gone. To bring it back, start another one on the same Addr. Stop is still to
// be called, for the folder.
func (s *Server) Kill() { s.process.Kill() }

// Stop ends the server and removes its folder. It is called once; it returns
// with no child left.
func (s *Server) Stop(ctx context.Context) error {
	s.process.Stop(ctx, child.Step{Signal: syscall.SIGTERM, Patience: 2 * time.Second})
	return s.remove()
}
