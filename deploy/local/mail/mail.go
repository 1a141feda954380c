// Package mail is the mail server of the demo and of the tests: SMTP in,
// mailboxes by IMAP and on a web page, all in this process and on loopback.
//
// It stands for the site's mail server, so it knows nothing of tickets: it
// accepts, stamps and stores messages as Postfix and Dovecot would, refuses
// unknown recipients or returns what they were sent (Options.AcceptUnknown),
// relays nothing, and fails on demand (Fail).
//
// # What survives
//
// With Options.Dir, a message answered 250 survives a SIGKILL: it is on disk,
// synced, before the answer. Folders and flags are saved 100 ms after they
// change, so a SIGKILL may bring a message just moved back to INBOX, never lose
// one. UIDs are not kept: each start gives every mailbox a higher UIDVALIDITY,
// as RFC 9051 §2.3.1.1 asks of such a server.
package mail

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	netmail "net/mail"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-smtp"
)

// AuthServID is the default of Options.Hostname, and so the authserv-id (RFC
// 8601 §2.5) whose Authentication-Results a reader of these mailboxes trusts.
const AuthServID = "mail.example"

// An Account is a mailbox and the person (or address of the service) it is of.
type Account struct {
	// Address is local-part@domain. Mail to local-part+anything@domain, the
	// subaddresses of RFC 5233, lands here too. Case does not count.
	Address string
	// Password opens SMTP AUTH and IMAP LOGIN.
	Password string
	// Name is the display name in From. Default: none.
	Name string
	// Group is the heading under which the page lists the mailbox. Default:
	// the domain.
	Group string
}

// Options says what a Server serves, and where.
type Options struct {
	// SMTPAddr, IMAPAddr and PageAddr are loopback addresses. Default
	// 127.0.0.1:0, a free port.
	SMTPAddr, IMAPAddr, PageAddr string
	// Dir keeps the messages. Default: none, they live in memory only.
	Dir string
	// Accounts are the mailboxes; any other recipient is refused.
	Accounts []Account
	// TrustNetwork vouches for mail whose envelope sender and one From are the
	// same account here, even when its client did not sign in: what a site does
	// for the hosts of its own network. Everything here is on loopback, so
	// anyone on this machine may then write as anyone: for a demo.
	TrustNetwork bool
	// AcceptUnknown takes mail for addresses that are nobody's, in the domains of
	// the accounts, and then reports to its sender that it cannot be delivered
	// (RFC 3464): what a site does whose mail comes in by a relay that does not
	// know the mailboxes. Else they are refused at once.
	AcceptUnknown bool
	// Hostname is the server's name in its greetings and in the headers it
	// stamps, its authserv-id in particular. Default AuthServID.
	Hostname string
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// Location is the time zone of the page. Default time.Local.
	Location *time.Location
	// Logger receives one line per failure of the server itself, and the
	// refusals at level debug. Default: discarded.
	Logger *slog.Logger
}

// A Server is a running mail server.
type Server struct {
	opts     Options
	spool    *spool // nil without Options.Dir
	accounts map[string]*account
	order    []*account // as given
	// validity is added to the UIDVALIDITY of the mailboxes in memory, which
	// count from 1 at each start.
	validity uint32
	faults   faults
	changes  broadcast

	smtp      *smtp.Server
	imap      *imapserver.Server
	page      *http.Server
	listeners []net.Listener // SMTP, IMAP, page
	serving   sync.WaitGroup // listeners, and the saving of folders
	sessions  sync.WaitGroup // SMTP and IMAP sessions, see enter
	mu        sync.Mutex     // guards the closing of closing
	closing   chan struct{}
	close     sync.Once
}

// Start loads the mailboxes and serves them. The error of a port in use names
// the address. Cancelling ctx abandons the start only; see Close.
func Start(ctx context.Context, opts Options) (*Server, error) {
	for _, addr := range []*string{&opts.SMTPAddr, &opts.IMAPAddr, &opts.PageAddr} {
		if *addr == "" {
			*addr = "127.0.0.1:0"
		}
	}
	if opts.Hostname == "" {
		opts.Hostname = AuthServID
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Location == nil {
		opts.Location = time.Local
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		opts:     opts,
		accounts: make(map[string]*account),
		closing:  make(chan struct{}),
		changes:  broadcast{changed: make(chan struct{})},
		faults:   faults{changed: make(chan struct{})},
		validity: uint32(opts.Now().Unix()),
	}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("mail.Start: %w", err)
	}
	if err := s.serve(ctx); err != nil {
		return nil, fmt.Errorf("mail.Start: %w", err)
	}
	return s, nil
}

// load makes the accounts and reads back what the spool holds.
func (s *Server) load() (err error) {
	if s.opts.Dir != "" {
		if s.spool, s.validity, err = openSpool(s.opts.Dir, s.validity); err != nil {
			return err
		}
	}
	for _, a := range s.opts.Accounts {
		parsed, err := netmail.ParseAddress(a.Address)
		if err != nil || parsed.Address != a.Address || strings.Contains(a.Address, "+") || strings.Contains(a.Address, "/") {
			return fmt.Errorf("account address %q is not a plain address", a.Address)
		}
		acc := newAccount(a)
		if _, double := s.accounts[acc.Address]; double {
			return fmt.Errorf("account %s is given twice", acc.Address)
		}
		if s.spool != nil {
			if err := s.spool.restore(acc); err != nil {
				return err
			}
		}
		s.accounts[acc.Address] = acc
		s.order = append(s.order, acc)
	}
	return nil
}

// serve opens the three doors, all or none.
func (s *Server) serve(ctx context.Context) error {
	for _, addr := range []string{s.opts.SMTPAddr, s.opts.IMAPAddr, s.opts.PageAddr} {
		listener, err := listen(ctx, addr)
		if err != nil {
			for _, l := range s.listeners {
				err = errors.Join(err, l.Close())
			}
			return err
		}
		s.listeners = append(s.listeners, listener)
	}
	s.smtp, s.imap, s.page = s.newSMTP(), s.newIMAP(), s.newPage()
	for i, serve := range []func(net.Listener) error{s.smtp.Serve, s.imap.Serve, s.page.Serve} {
		listener := &awaited{Listener: s.listeners[i], accepting: make(chan struct{})}
		s.serving.Go(func() {
			err := serve(listener)
			select {
			case <-s.closing:
			default:
				s.opts.Logger.Error("mail: a listener ended", "addr", listener.Addr().String(), "error", err)
			}
		})
		<-listener.accepting
	}
	if s.spool != nil {
		s.serving.Go(s.saveFolders)
	}
	return nil
}

// listen listens on a loopback address: accounts with known passwords and mail
// without a password have no business on a network.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() {
		return nil, fmt.Errorf("listening on %s: this server listens on loopback only", addr)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", addr, err)
	}
	return listener, nil
}

// An awaited listener tells when its server has begun to serve it: closed
// before that, go-smtp and go-imap would go on for ever.
type awaited struct {
	net.Listener
	once      sync.Once
	accepting chan struct{}
}

// Accept waits for the next connection.
func (a *awaited) Accept() (net.Conn, error) {
	a.once.Do(func() { close(a.accepting) })
	return a.Listener.Accept()
}

// SMTPAddr returns the host:port of the SMTP server.
func (s *Server) SMTPAddr() string { return s.listeners[0].Addr().String() }

// IMAPAddr returns the host:port of the IMAP server.
func (s *Server) IMAPAddr() string { return s.listeners[1].Addr().String() }

// PageURL returns the address of the web page, without a slash at its end.
func (s *Server) PageURL() string { return "http://" + s.listeners[2].Addr().String() }

// Close cuts every connection, saves the folders and returns once nothing runs
// any more, or ctx ends. A second call does nothing.
func (s *Server) Close(ctx context.Context) error {
	var err error
	s.close.Do(func() {
		s.mu.Lock()
		close(s.closing)
		s.mu.Unlock()
		// Shutdown would wait for senders that keep their connection open. A
		// message cut off was not answered 250: its sender has it still.
		err = errors.Join(s.smtp.Close(), s.imap.Close(), s.page.Shutdown(ctx))
		ended := make(chan struct{})
		go func() {
			s.sessions.Wait()
			s.serving.Wait()
			close(ended)
		}()
		select {
		case <-ended:
		case <-ctx.Done():
			err = errors.Join(err, ctx.Err())
		}
	})
	return err
}

// enter counts a session in, unless the server is closing. Its end calls
// s.sessions.Done.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closing:
		return false
	default:
		s.sessions.Add(1)
		return true
	}
}

// account returns the account that receives mail for address, or nil.
func (s *Server) account(address string) *account {
	return s.accounts[baseAddress(address)]
}

// signIn returns the account of address if password opens it, or nil.
func (s *Server) signIn(address, password string) *account {
	acc := s.accounts[strings.ToLower(address)]
	if acc == nil || subtle.ConstantTimeCompare([]byte(acc.Password), []byte(password)) != 1 {
		return nil
	}
	return acc
}

// baseAddress lower-cases an address and takes its +detail away.
func baseAddress(address string) string {
	address = strings.ToLower(address)
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	local, _, _ := strings.Cut(address[:at], "+")
	return local + address[at:]
}

// A broadcast tells any number of waiters that something changed.
type broadcast struct {
	mu      sync.Mutex
	changed chan struct{} // closed at the next change
	count   int
}

func (b *broadcast) tell() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	close(b.changed)
	b.changed = make(chan struct{})
}

// next returns a channel closed at the next change, and the number so far.
func (b *broadcast) next() (<-chan struct{}, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed, b.count
}
