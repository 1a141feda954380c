package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus"

	"cecoia.example/tickets"
)

// ListenerOptions are what a [Listener] is made of.
type ListenerOptions struct {
	Academies []tickets.Academy // required: mail to their addresses is taken
	Desk      *tickets.Desk     // required
	Files     tickets.Files     // required: keeps raw messages
	Keyring   *tickets.Keyring  // required: knows our reply tokens
	Portal    tickets.Portal    // required: the refusal links to it
	// AuthServID is that of [Options], by academy; none when nil. Whoever may
	// connect (Allow) is trusted to remove such fields that come from elsewhere.
	AuthServID        func(tickets.AcademyID) string
	TrustParticipants bool // see [Options]

	// Allow are the networks of the mail servers that may connect; this
	// machine's own when empty.
	Allow []netip.Prefix
	// Hostname is how it presents itself; "localhost" when "".
	Hostname string
	// TLS offers STARTTLS; not offered when nil.
	TLS *tls.Config

	Connections     int // at once; 100 when 0
	ConnectionsEach int // at once of one address; 50 when 0
	MailsPerMinute  int // of one address; 600 when 0
	Parallel        int // mails that are decided on at once; 4 when 0
	// Timeout is how long a client may take for a command or for a mail as a
	// whole (RFC 5321, section 4.5.3.2.7); 5 min when 0.
	Timeout time.Duration

	Now        func() time.Time      // time.Now when nil
	Logger     *slog.Logger          // gets one line a mail; none when nil
	Registerer prometheus.Registerer // gets the metrics; none when nil
}

func (o ListenerOptions) withDefaults() ListenerOptions {
	for _, n := range []struct {
		value *int
		or    int
	}{{&o.Connections, 100}, {&o.ConnectionsEach, 50}, {&o.MailsPerMinute, 600}, {&o.Parallel, 4}} {
		if *n.value <= 0 {
			*n.value = n.or
		}
	}
	if len(o.Allow) == 0 {
		o.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	if o.Hostname == "" {
		o.Hostname = "localhost"
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.AuthServID == nil {
		o.AuthServID = func(tickets.AcademyID) string { return "" }
	}
	return o
}

// Bounds of one session beyond those of the options.
const (
	maxRecipients = 20      // of one mail
	maxStrangers  = 20      // refused recipients, then the session ends
	maxTrace      = 8 << 10 // bytes that we write above a mail
)

// Listener is the no-reply door within the SMTP session: it refuses people's
// replies while their own server still holds them, so that this server tells
// them, with one line and a link. Nothing is ever sent from here.
//
// What it says after DATA follows the verdict of the same table that decides in
// the mailbox:
//
//   - Answer: 550 5.7.1 with the link. The sender's server reports it to them; as
//     it does a mail of more than MaxMessage bytes, which is 552.
//   - every other verdict: 250, the mail is filed. A refusal would make some
//     server write a report, in answer to a machine (rows 1 to 8: RFC 3834,
//     section 2) or to a sender that nobody vouches for (rows 9 and 10), who may
//     not have written at all: the site's server has accepted the mail before it
//     hands it over, so its report would be backscatter.
//
// Mail to the bounce address is never refused. 250 and 550 are said only once
// the mail is kept and the decision recorded; until then it is 451, and the
// other server keeps the mail and tries again.
//
// Row 11 holds back guidance mails when there were too many. None is sent by
// this door, so none counts: it refuses as often as it is written to.
type Listener struct {
	options  ListenerOptions
	doors    []*door
	deciding chan struct{} // a place for each mail that may be decided on at once
	replies  *prometheus.CounterVec
}

// NewListener returns a listener, or an error naming the option at fault.
func NewListener(o ListenerOptions) (*Listener, error) {
	if len(o.Academies) == 0 || o.Desk == nil || o.Files == nil || o.Keyring == nil || o.Portal.Base == "" {
		return nil, errors.New("mail.NewListener: Academies, Desk, Files, Keyring and Portal are required")
	}
	o = o.withDefaults()
	l := &Listener{
		options: o, deciding: make(chan struct{}, o.Parallel),
		replies: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cecoia_mail_smtpd_replies_total",
			Help: "Mails offered in SMTP sessions, by the code they were answered with.",
		}, []string{"code"}),
	}
	bounds := defaultBounds
	bounds.Message += maxTrace
	for _, a := range o.Academies {
		for _, bounces := range []bool{false, true} {
			address := "no-reply"
			if bounces {
				address = "bounce"
			}
			d := &door{
				academy: a, desk: o.Desk, files: o.Files, keyring: o.Keyring, authServID: o.AuthServID(a.ID),
				trust: o.TrustParticipants, bounds: bounds, now: o.Now, log: o.Logger, session: true, bounces: bounces,
				received: newReceivedCounter(a.ID, address),
			}
			if err := register(o.Registerer, &d.received); err != nil {
				return nil, fmt.Errorf("mail.NewListener(%s): %w", a.ID, err)
			}
			l.doors = append(l.doors, d)
		}
	}
	if o.Registerer != nil {
		if err := o.Registerer.Register(l.replies); err != nil {
			return nil, fmt.Errorf("mail.NewListener: %w", err)
		}
	}
	return l, nil
}

// register registers the counter, or puts the one of the academy's other door in
// its place: they count together.
func register(r prometheus.Registerer, c **prometheus.CounterVec) error {
	if r == nil {
		return nil
	}
	err := r.Register(*c)
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		*c, err = already.ExistingCollector.(*prometheus.CounterVec), nil
	}
	return err
}

// closingTime is how long mails that are being recorded have to end.
const closingTime = 5 * time.Second

// Serve answers on the listener until ctx ends, then closes it and returns nil;
// or an error when it cannot accept connections any more.
func (l *Listener) Serve(ctx context.Context, on net.Listener) error {
	gate := newGate(on, l.options)
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return l.newSession(context.WithoutCancel(ctx), c), nil
	}))
	server.Domain = l.options.Hostname
	server.TLSConfig = l.options.TLS
	server.ReadTimeout, server.WriteTimeout = l.options.Timeout, time.Minute
	// MaxMessageBytes stays unset: told of a limit, the other server would refuse a
	// larger mail by itself, in words of its own and without our link.
	server.MaxRecipients = maxRecipients
	server.EnableSMTPUTF8 = true
	server.ErrorLog = slog.NewLogLogger(l.options.Logger.Handler(), slog.LevelDebug)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(gate) }()
	select {
	case err := <-ended:
		gate.cut()
		return fmt.Errorf("mail: SMTP on %s: %w", on.Addr(), err)
	case <-ctx.Done():
	}
	gate.lastCall()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		l.options.Logger.WarnContext(ctx, "mail: SMTP sessions were cut", "error", err)
	}
	_ = on.Close() // Shutdown does only if the server has begun
	gate.cut()
	return <-ended
}

// doorOf returns the door that an address belongs to, nil when it is none of
// ours.
func (l *Listener) doorOf(address string) *door {
	base, _ := splitToken(address)
	for _, d := range l.doors {
		own := d.academy.NoReply
		if d.bounces {
			own = d.academy.Bounce
		}
		if strings.EqualFold(base, own) {
			return d
		}
	}
	return nil
}
