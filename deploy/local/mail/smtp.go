package mail

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// maxMessageBytes is the largest message accepted: 25 MB of documents in
// base64, and some words.
const maxMessageBytes = 35 << 20

// newSMTP returns the SMTP server: for local recipients only, with or without
// AUTH, in the clear, which loopback allows.
func (s *Server) newSMTP() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		if !s.enter() {
			return nil, errClosing
		}
		return &smtpSession{server: s, conn: c}, nil
	}))
	server.Domain = s.opts.Hostname
	server.MaxMessageBytes = maxMessageBytes
	server.MaxRecipients = 100
	server.AllowInsecureAuth = true
	server.EnableSMTPUTF8 = true
	server.ReadTimeout = 5 * time.Minute
	server.WriteTimeout = time.Minute
	server.ErrorLog = printfLogger{s.opts.Logger}
	return server
}

// An smtpSession is one connection, and the message it is giving.
type smtpSession struct {
	server *Server
	conn   *smtp.Conn
	user   *account // nil without AUTH

	from       string
	recipients map[*account]string // the first recipient that led to each account
	unknown    []string            // recipients to be reported, with Options.AcceptUnknown

	mu    sync.Mutex // held while a message is judged and stored
	ended bool
}

var _ smtp.AuthSession = (*smtpSession)(nil)

// AuthMechanisms lists PLAIN alone.
func (m *smtpSession) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth checks the password of an account.
func (m *smtpSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(identity, username, password string) error {
		acc := m.server.signIn(username, password)
		if acc == nil || (identity != "" && !strings.EqualFold(identity, username)) {
			return smtp.ErrAuthFailed
		}
		m.user = acc
		return nil
	}), nil
}

// Reset forgets the message being given.
func (m *smtpSession) Reset() { m.from, m.recipients, m.unknown = "", nil, nil }

// Logout is called by the connection's end, and by Close of the server from
// another goroutine: it waits for a message being stored.
func (m *smtpSession) Logout() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
	m.server.sessions.Done()
	return nil
}

// Mail takes any sender: From is what is checked, once it is known.
func (m *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	m.Reset()
	m.from = from
	return nil
}

// Rcpt takes the addresses of accounts, with or without a +detail, and unknown
// ones where Options says so; it relays nothing.
func (m *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	acc := m.server.account(to)
	if acc == nil && m.server.opts.AcceptUnknown && m.server.serves(to) && len(m.unknown) < maxUnknown {
		m.unknown = append(m.unknown, to)
		return nil
	}
	if acc == nil {
		m.server.opts.Logger.Debug("mail: unknown recipient refused", "recipient", to)
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1},
			Message: fmt.Sprintf("<%s>: Recipient address rejected: User unknown", to)}
	}
	if m.recipients == nil {
		m.recipients = make(map[*account]string)
	}
	if _, already := m.recipients[acc]; !already {
		m.recipients[acc] = to
	}
	return nil
}

// Data stores the message, or meets the fault a test has set. Without error it
// returns once the message would survive a SIGKILL.
func (m *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err // an SMTPError when the message is too big
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended {
		return errClosing
	}
	fault, changed := m.server.faults.next()
	switch fault {
	case Answer421:
		return errClosing
	case Answer450:
		return errBusy
	case Answer550:
		return errRejected
	case Hang:
		select {
		case <-changed:
			return errBusy
		case <-m.server.closing:
			return errClosing
		}
	case Drop:
		return m.cut()
	case NoFault, DropStored:
	}
	if err := m.accept(raw); err != nil {
		return err
	}
	if fault == DropStored {
		return m.cut()
	}
	return nil
}

// cut ends the connection without an answer.
func (m *smtpSession) cut() error {
	return errors.Join(errClosing, m.conn.Conn().Close())
}

// accept checks the message and delivers it.
func (m *smtpSession) accept(raw []byte) error {
	h := readHeader(raw)
	if h.received > 50 { // RFC 5321 §6.3: at least 100 is usual, half is plenty on one machine
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 4, 6}, Message: "Routing loop detected"}
	}
	if m.user != nil && baseAddress(h.from) != m.user.Address {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1},
			Message: fmt.Sprintf("From must be your own address, <%s>", m.user.Address)}
	}
	host, _, err := net.SplitHostPort(m.conn.Conn().RemoteAddr().String())
	if err != nil {
		host = "unknown"
	}
	trusted := m.server.opts.TrustNetwork && m.server.accounts[baseAddress(h.from)] != nil && strings.EqualFold(m.from, h.from)
	e := envelope{
		authenticated: m.user != nil, trusted: trusted, from: m.from, headerFrom: h.from,
		helo: m.conn.Hostname(), client: host, server: m.server.opts.Hostname, at: m.server.opts.Now(),
	}
	body := withoutForgedFields(raw, m.server.opts.Hostname)
	err = m.server.deliver(m.recipients, func(id, recipient string) []byte {
		return append(e.stamp(id, recipient), body...)
	})
	if err == nil && len(m.unknown) > 0 {
		err = m.server.report(m.from, m.unknown, raw)
	}
	if err != nil {
		m.server.opts.Logger.Error("mail: a message was not stored", "error", err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Local error, try again later"}
	}
	return nil
}

// printfLogger passes what go-smtp and go-imap report on, at level debug: on
// loopback it is clients that went away.
type printfLogger struct{ logger *slog.Logger }

// Printf logs one line.
func (l printfLogger) Printf(format string, v ...any) {
	l.logger.Debug("mail: " + strings.TrimSpace(fmt.Sprintf(format, v...)))
}

// Println logs one line.
func (l printfLogger) Println(v ...any) { l.Printf("%s", fmt.Sprintln(v...)) }
