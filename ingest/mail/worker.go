package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/prometheus/client_golang/prometheus"

	"cecoia.example/tickets"
)

// Options are what a [Worker] is made of.
type Options struct {
	Academy tickets.Academy // required: its addresses are ours
	// URL is the mailbox of the no-reply address (required):
	// imaps://user:password@host[:993][/folder], imap://… for STARTTLS,
	// imap://…?tls=none for a connection in the clear. The folder is INBOX when
	// left out; every mail in it is handled and moved out of it.
	URL     string
	Desk    *tickets.Desk    // required
	Files   tickets.Files    // required: keeps raw messages
	Keyring *tickets.Keyring // required: knows our reply tokens
	// Bounces says that the mailbox is that of the academy's bounce address: what
	// is in it is read as reports on mails of ours, and never answered.
	Bounces bool
	// AuthServID is the authserv-id under which the site's mail server writes
	// Authentication-Results (RFC 8601). It must remove those that come from
	// elsewhere with that name. "" when it writes none.
	AuthServID string
	// TrustParticipants answers participants of the ticket even when the
	// site's server did not write who it authenticated. Off by default: a
	// forged sender would get mail they did not cause.
	TrustParticipants bool
	// Ceilings bound the answers; see there for the defaults.
	Ceilings Ceilings
	// Poll is how often mails are looked for without being told; 30 s when 0.
	Poll time.Duration
	// Timeouts bound the connection; see there for the defaults.
	Timeouts Timeouts
	// TLS is for servers whose certificate the system does not know; nil for
	// the system's own trust.
	TLS *tls.Config
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Logger gets one line a mail; none when nil.
	Logger *slog.Logger
	// Registerer gets the metrics; none when nil.
	Registerer prometheus.Registerer
}

// Timeouts bound what a server may take, and how soon it is tried again.
type Timeouts struct {
	Connect time.Duration // until signed in and selected; 30 s when 0
	Command time.Duration // for an answer; 1 min when 0
	Fetch   time.Duration // for a batch of mails; 10 min when 0
	Idle    time.Duration // of one IDLE, which then is renewed; 5 min when 0
	// RetryMin and RetryMax bound the wait before the next connection, which
	// doubles from one to the next; 1 s and 1 min when 0.
	RetryMin, RetryMax time.Duration
	// Refused is the wait after the user or the password was refused, so that
	// trying does not lock the account; 15 min when 0.
	Refused time.Duration
}

func (t Timeouts) withDefaults() Timeouts {
	for _, d := range []struct {
		value *time.Duration
		or    time.Duration
	}{
		{&t.Connect, 30 * time.Second}, {&t.Command, time.Minute}, {&t.Fetch, 10 * time.Minute},
		{&t.Idle, 5 * time.Minute}, {&t.RetryMin, time.Second}, {&t.RetryMax, time.Minute},
		{&t.Refused, 15 * time.Minute},
	} {
		if *d.value <= 0 {
			*d.value = d.or
		}
	}
	return t
}

// Worker reads the mailbox of one academy's no-reply address, or of its bounce
// address.
type Worker struct {
	door
	account   account
	tls       *tls.Config
	poll      time.Duration
	timeouts  Timeouts
	connected prometheus.Gauge

	// What outlives a connection. Only Run's goroutine touches it.
	uidValidity uint32
	handled     map[imap.UID]string // handled, not moved yet → its folder
	strikes     map[imap.UID]int    // failures of a mail alone
	trouble     string              // why the last connection ended; "" once mails are handled again
	unmoved     map[string]string   // folder → why the server moves nothing there
	batch       int                 // how many to read at once; halved by failures
}

// New returns a worker, or an error naming the option at fault. It does not
// connect yet.
func New(o Options) (*Worker, error) {
	if o.Desk == nil || o.Files == nil || o.Keyring == nil || o.Academy.NoReply == "" {
		return nil, errors.New("mail.New: Academy, Desk, Files and Keyring are required")
	}
	account, err := parseAccount(o.URL)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Poll <= 0 {
		o.Poll = 30 * time.Second
	}
	address := "no-reply"
	if o.Bounces {
		address = "bounce"
	}
	w := &Worker{
		door: door{
			academy: o.Academy, desk: o.Desk, files: o.Files, keyring: o.Keyring,
			authServID: o.AuthServID, trust: o.TrustParticipants, ceilings: o.Ceilings,
			patience: o.Timeouts.withDefaults().Command, bounds: defaultBounds, now: o.Now, log: o.Logger, bounces: o.Bounces,
			received: newReceivedCounter(o.Academy.ID, address),
		},
		account: account, tls: o.TLS, poll: o.Poll, timeouts: o.Timeouts.withDefaults(),
		connected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name:        "cecoia_mail_mailbox_connected",
			Help:        "1 while the mailbox of that address (no-reply, bounce) is open.",
			ConstLabels: prometheus.Labels{"academy": string(o.Academy.ID), "address": address},
		}),
		handled: map[imap.UID]string{}, strikes: map[imap.UID]int{}, unmoved: map[string]string{}, batch: maxBatch,
	}
	if o.Registerer != nil {
		for _, c := range []prometheus.Collector{w.received, w.connected} {
			if err := o.Registerer.Register(c); err != nil {
				return nil, fmt.Errorf("mail.New(%s): %w", o.Academy.ID, err)
			}
		}
	}
	return w, nil
}

// Run handles the mailbox's mails until ctx ends, and then returns nil. Whatever
// fails is logged and tried again: a mail leaves the folder only once it is
// kept, decided and recorded.
func (w *Worker) Run(ctx context.Context) error {
	wait := time.Duration(0)
	for ctx.Err() == nil {
		progress, err := w.connection(ctx)
		if ctx.Err() != nil {
			break
		}
		if progress {
			wait = 0
		}
		wait = min(max(2*wait, w.timeouts.RetryMin), w.timeouts.RetryMax)
		pause := wait/2 + rand.N(wait) //nolint:gosec // spreads reconnections, guards nothing
		var refused *signInError
		if errors.As(err, &refused) {
			pause = max(pause, w.timeouts.Refused)
		}
		w.fails(ctx, err, pause)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
	return nil
}

// fails logs why a connection ended: once, as long as the reason is the same.
func (w *Worker) fails(ctx context.Context, err error, pause time.Duration) {
	reason := err.Error()
	var network *net.OpError
	if errors.As(err, &network) { // the rest names a port, another each time
		reason = network.Op + ": " + network.Err.Error()
	}
	level := slog.LevelDebug
	if reason != w.trouble {
		level = slog.LevelWarn
	}
	w.trouble = reason
	w.log.Log(ctx, level, "mail: mailbox", "academy", string(w.academy.ID), "error", err, "retry_in", pause.Round(time.Millisecond).String())
}

// connection runs one session until something fails. progress says whether the
// next one may come soon: mails could be handled, or a broken one is being
// narrowed down.
func (w *Worker) connection(ctx context.Context) (progress bool, err error) {
	s, err := open(ctx, w.account, w.tls, w.timeouts)
	if err != nil {
		return false, err
	}
	defer s.close()
	w.connected.Set(1)
	defer w.connected.Set(0)
	if s.uidValidity != w.uidValidity {
		if w.uidValidity != 0 {
			w.log.WarnContext(ctx, "mail: the mailbox was renumbered",
				"academy", string(w.academy.ID), "before", w.uidValidity, "uidvalidity", s.uidValidity)
		}
		// UIDs mean other mails now; what was handled is known by its content.
		w.uidValidity = s.uidValidity
		clear(w.handled)
		clear(w.strikes)
	}
	for {
		if err := w.drain(ctx, s); err != nil {
			var broken *fetchError
			return progress || errors.As(err, &broken), err
		}
		progress = true
		if w.trouble != "" {
			w.trouble = ""
			w.log.InfoContext(ctx, "mail: the mailbox is read again", "academy", string(w.academy.ID))
		}
		if err := s.wait(ctx, w.poll); err != nil {
			return progress, err
		}
	}
}

// forget drops what is remembered of mails that are gone.
func (w *Worker) forget(present []imap.UID) {
	there := make(map[imap.UID]bool, len(present))
	for _, uid := range present {
		there[uid] = true
	}
	maps.DeleteFunc(w.handled, func(uid imap.UID, _ string) bool { return !there[uid] })
	maps.DeleteFunc(w.strikes, func(uid imap.UID, _ int) bool { return !there[uid] })
}
