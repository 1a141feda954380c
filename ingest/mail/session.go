package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// patientConn gives a deadline to reads that have none: go-imap waits for ever
// for an answer that does not come, and only closing the connection frees it.
type patientConn struct {
	net.Conn
	patience time.Duration
}

// SetReadDeadline sets t, or now plus the connection's patience when t is zero.
func (c *patientConn) SetReadDeadline(t time.Time) error {
	if t.IsZero() {
		t = time.Now().Add(c.patience)
	}
	return c.Conn.SetReadDeadline(t)
}

// session is one connection to the mailbox, with the folder selected. It is not
// safe for concurrent use.
type session struct {
	client      *imapclient.Client
	conn        net.Conn
	timeouts    Timeouts
	uidValidity uint32
	prefix      string        // of the account's folders: "" or "INBOX."
	separator   string        // between a folder and those within it: "/" or "."
	news        chan struct{} // the server told of new mail
}

// open connects, signs in, selects the folder and makes the others. Everything
// ends with the session's close.
func open(ctx context.Context, a account, config *tls.Config, t Timeouts) (*session, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, t.Connect, fmt.Errorf("no answer within %s", t.Connect))
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", a.address)
	if err != nil {
		return nil, fmt.Errorf("mail: connecting: %w", err)
	}
	s := &session{timeouts: t, news: make(chan struct{}, 1)}
	s.conn = &patientConn{Conn: raw, patience: t.Idle + t.Command}
	if err := s.watch(ctx, func() error { return s.begin(ctx, a, config) }); err != nil {
		s.close()
		return nil, fmt.Errorf("mail: opening %s: %w", a.name(), err)
	}
	return s, nil
}

// begin does what open promises on a fresh connection.
func (s *session) begin(ctx context.Context, a account, config *tls.Config) (err error) {
	if config == nil {
		config = &tls.Config{}
	}
	config = config.Clone()
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	if config.ServerName == "" {
		config.ServerName = a.host
	}
	options := &imapclient.Options{
		TLSConfig: config,
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Mailbox: func(data *imapclient.UnilateralDataMailbox) {
				if data.NumMessages != nil {
					select {
					case s.news <- struct{}{}:
					default:
					}
				}
			},
		},
	}
	switch a.security {
	case implicitTLS:
		secured := tls.Client(s.conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return err
		}
		s.client = imapclient.New(secured, options)
	case startTLS:
		if s.client, err = imapclient.NewStartTLS(s.conn, options); err != nil {
			return err
		}
	default:
		s.client = imapclient.New(s.conn, options)
	}
	if err := s.client.WaitGreeting(); err != nil {
		return err
	}
	if err := s.signIn(a); err != nil {
		return err
	}
	caps := s.client.Caps()
	if !caps.Has(imap.CapMove) && !caps.Has(imap.CapUIDPlus) {
		return errNoMove
	}
	if err := s.nameSpace(); err != nil {
		return err
	}
	for _, folder := range []string{folderRefused, folderQuarantine, folderAutomatic, folderBounces} {
		if err := s.create(s.name(folder)); err != nil {
			return err
		}
	}
	selected, err := s.client.Select(s.name(a.folder), nil).Wait()
	if err != nil {
		return fmt.Errorf("selecting %s: %w", s.name(a.folder), err)
	}
	if selected.UIDValidity == 0 {
		return errors.New("the server gives no UIDVALIDITY: mails could not be told apart")
	}
	s.uidValidity = selected.UIDValidity
	return nil
}

// errNoMove ends a connection before anything is touched.
var errNoMove = errors.New("the server offers neither MOVE (RFC 6851) nor UIDPLUS (RFC 4315), so mails could not be moved safely: " +
	"enable one of them, or put the mailbox on a server that has it")

// signInError is a refusal of the user or the password.
type signInError struct{ err error }

func (e *signInError) Error() string {
	return "signing in was refused: check the user and the password in CECOIA_IMAP_URL: " + e.err.Error()
}
func (e *signInError) Unwrap() error { return e.err }

// signIn signs in. That the server is too busy to know is not a refusal
// (RFC 5530).
func (s *session) signIn(a account) error {
	err := s.client.Login(a.user, a.password).Wait()
	var refused *imap.Error
	if errors.As(err, &refused) && refused.Type == imap.StatusResponseTypeNo && refused.Code != imap.ResponseCodeUnavailable &&
		refused.Code != imap.ResponseCodeInUse && refused.Code != imap.ResponseCodeServerBug && refused.Code != imap.ResponseCodeLimit {
		return &signInError{err}
	}
	if err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	return nil
}

// nameSpace finds out how the account's folders are named: below which prefix,
// and what is between a folder and those within it.
func (s *session) nameSpace() error {
	s.separator = "/"
	if s.client.Caps().Has(imap.CapNamespace) {
		ns, err := s.client.Namespace().Wait()
		if err != nil {
			return fmt.Errorf("asking for the namespace: %w", err)
		}
		if len(ns.Personal) > 0 {
			s.prefix = ns.Personal[0].Prefix
			if ns.Personal[0].Delim != 0 {
				s.separator = string(ns.Personal[0].Delim)
			}
		}
		return nil
	}
	root, err := s.client.List("", "", nil).Collect() // RFC 3501, section 6.3.8
	if err != nil {
		return fmt.Errorf("asking for the separator: %w", err)
	}
	if len(root) > 0 && root[0].Delim != 0 {
		s.separator = string(root[0].Delim)
	}
	return nil
}

// name returns the server's name of a folder that is written as in the mailbox's
// URL: with slashes, and without the prefix or with it.
func (s *session) name(folder string) string {
	if strings.EqualFold(folder, "INBOX") {
		return folder
	}
	folder = strings.ReplaceAll(folder, "/", s.separator)
	if strings.HasPrefix(folder, s.prefix) {
		return folder
	}
	return s.prefix + folder
}

// create makes a folder unless it is there.
func (s *session) create(folder string) error {
	found, err := s.client.List("", folder, nil).Collect()
	if err != nil {
		return fmt.Errorf("listing %s: %w", folder, err)
	}
	if len(found) > 0 {
		return nil
	}
	err = s.client.Create(folder, nil).Wait()
	refused, ok := errors.AsType[*imap.Error](err)
	if meanwhile := ok && refused.Code == imap.ResponseCodeAlreadyExists; err != nil && !meanwhile {
		return fmt.Errorf("creating %s: %w", folder, err)
	}
	_ = s.client.Subscribe(folder).Wait() // for those who look with a mail program
	return nil
}

// close ends the connection at once and returns when nothing of it runs.
func (s *session) close() {
	if s.client == nil {
		s.conn.Close()
		return
	}
	_ = s.client.Close() // it repeats why the connection ended, if it had
}

// watch runs f and cuts the connection when ctx ends before f does.
func (s *session) watch(ctx context.Context, f func() error) error {
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	err := f()
	if !stop() && err != nil {
		return context.Cause(ctx)
	}
	return err
}

// within runs f and cuts the connection when f takes longer than limit.
func (s *session) within(ctx context.Context, limit time.Duration, f func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %s", limit))
	defer cancel()
	return s.watch(ctx, f)
}
