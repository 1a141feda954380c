package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/prometheus/client_golang/prometheus"

	"cecoia.example/tickets"
)

// maxBatch is how many mails are read at once; maxBatchBytes how much.
const (
	maxBatch      = 200
	maxBatchBytes = 64 << 20
)

// maxStrikes is how many times a mail alone may fail before it is set aside.
const maxStrikes = 5

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
}

func (t Timeouts) withDefaults() Timeouts {
	for _, d := range []struct {
		value *time.Duration
		or    time.Duration
	}{
		{&t.Connect, 30 * time.Second}, {&t.Command, time.Minute}, {&t.Fetch, 10 * time.Minute},
		{&t.Idle, 5 * time.Minute}, {&t.RetryMin, time.Second}, {&t.RetryMax, time.Minute},
	} {
		if *d.value <= 0 {
			*d.value = d.or
		}
	}
	return t
}

// Worker reads the mailbox of one academy's no-reply address.
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
	w := &Worker{
		door: door{
			academy: o.Academy, desk: o.Desk, files: o.Files, keyring: o.Keyring,
			authServID: o.AuthServID, trust: o.TrustParticipants, ceilings: o.Ceilings,
			bounds: defaultBounds, now: o.Now, log: o.Logger, received: newReceivedCounter(o.Academy.ID),
		},
		account: account, tls: o.TLS, poll: o.Poll, timeouts: o.Timeouts.withDefaults(),
		connected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name:        "cecoia_mail_mailbox_connected",
			Help:        "1 while the mailbox of the no-reply address is open.",
			ConstLabels: prometheus.Labels{"academy": string(o.Academy.ID)},
		}),
		handled: map[imap.UID]string{}, strikes: map[imap.UID]int{}, batch: maxBatch,
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
		w.log.WarnContext(ctx, "mail: mailbox", "academy", string(w.academy.ID), "error", err, "retry_in", pause.Round(time.Millisecond).String())
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
	return nil
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
		if err := s.wait(ctx, w.poll); err != nil {
			return progress, err
		}
	}
}

// drain handles all that is in the folder.
func (w *Worker) drain(ctx context.Context, s *session) error {
	uids, err := s.pending(ctx)
	if err != nil {
		return err
	}
	w.forget(uids)
	for len(uids) > 0 {
		n := min(w.batch, len(uids))
		if err := w.handleBatch(ctx, s, uids[:n]); err != nil {
			return err
		}
		uids = uids[n:]
	}
	return nil
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

// handleBatch keeps, decides, records and moves some mails, in that order:
// killed at any step, it does the same again without a second answer.
func (w *Worker) handleBatch(ctx context.Context, s *session, uids []imap.UID) error {
	unread := slices.DeleteFunc(slices.Clone(uids), func(uid imap.UID) bool { return w.settled(ctx, uid) })
	kept, err := w.keepAll(ctx, s, unread)
	if err != nil {
		var broken *fetchError
		if errors.As(err, &broken) && ctx.Err() == nil {
			w.suspect(unread)
		}
		return err
	}
	w.batch = min(2*w.batch, maxBatch)
	if err := w.handleKept(ctx, kept); err != nil {
		return err
	}
	return w.moveHandled(ctx, s, uids)
}

// settled says whether a mail needs no reading: it was handled but could not be
// moved, or it is set aside now because it failed too often alone.
func (w *Worker) settled(ctx context.Context, uid imap.UID) bool {
	if w.handled[uid] != "" {
		return true
	}
	if w.strikes[uid] < maxStrikes {
		return false
	}
	w.log.ErrorContext(ctx, "mail: set aside without being handled: it fails each time",
		"academy", string(w.academy.ID), "mailbox", w.account.name(), "uidvalidity", w.uidValidity, "uid", uint32(uid))
	w.received.WithLabelValues("0", string(Quarantine)).Inc()
	w.handled[uid] = folderQuarantine
	return true
}

// suspect narrows a failed batch down: half as many next time, and one that
// fails alone gets a strike.
func (w *Worker) suspect(uids []imap.UID) {
	if len(uids) == 1 {
		w.strikes[uids[0]]++
	}
	w.batch = max(len(uids)/2, 1)
}

// keptMail is a mail whose raw message is kept.
type keptMail struct {
	uid    imap.UID
	raw    tickets.Stored
	header bool // only the header is: the mail is too large
}

// keepAll reads mails and keeps them among the files, each within bounds. Those
// that went meanwhile are left out.
func (w *Worker) keepAll(ctx context.Context, s *session, uids []imap.UID) ([]keptMail, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	sizes, err := s.sizes(ctx, uids)
	if err != nil {
		return nil, err
	}
	var kept []keptMail
	var whole, large []imap.UID
	bytes := int64(0)
	flush := func() error {
		if len(whole) == 0 {
			return nil
		}
		err := s.fetch(ctx, whole, 0, func(uid imap.UID, r io.Reader) error {
			raw, err := w.keep(ctx, r)
			if tickets.CodeOf(err) == tickets.Invalid { // the server told less than it sent
				large = append(large, uid)
				return nil
			}
			kept = append(kept, keptMail{uid: uid, raw: raw})
			return err
		})
		whole, bytes = nil, 0
		return err
	}
	for _, uid := range uids {
		size, there := sizes[uid]
		switch {
		case !there:
			continue
		case size > w.bounds.Message:
			large = append(large, uid)
			continue
		}
		if bytes+size > maxBatchBytes {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		whole, bytes = append(whole, uid), bytes+size
	}
	if err := flush(); err != nil {
		return nil, err
	}
	if len(large) > 0 {
		err = s.fetch(ctx, large, int64(w.bounds.Header), func(uid imap.UID, r io.Reader) error {
			raw, err := w.keep(ctx, r)
			kept = append(kept, keptMail{uid: uid, raw: raw, header: true})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for uid := range sizes { // the server left out what it said it has
		if !slices.ContainsFunc(kept, func(k keptMail) bool { return k.uid == uid }) {
			w.strikes[uid]++
		}
	}
	return kept, nil
}

// handleKept decides on kept mails. One that fails among others that do not is
// left for the next time and gets a strike; when all fail the fault is
// elsewhere, and is returned.
func (w *Worker) handleKept(ctx context.Context, kept []keptMail) error {
	const enough = 10 // failures in a row, to know that all would fail
	failed := map[imap.UID]error{}
	succeeded := 0
	for _, k := range kept {
		decision, err := w.handleOne(ctx, k)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			w.handled[k.uid] = folderOf(decision.Verdict)
			succeeded++
			continue
		}
		failed[k.uid] = err
		if succeeded == 0 && (len(failed) == enough || len(failed) == len(kept)) {
			return err
		}
	}
	for uid, err := range failed {
		w.strikes[uid]++
		w.log.WarnContext(ctx, "mail: not handled yet", "academy", string(w.academy.ID),
			"uidvalidity", w.uidValidity, "uid", uint32(uid), "failures", w.strikes[uid], "error", err)
	}
	return nil
}

// handleOne decides on one kept mail, within the time a command may take.
func (w *Worker) handleOne(ctx context.Context, k keptMail) (Decision, error) {
	ctx, cancel := context.WithTimeout(ctx, w.timeouts.Command)
	defer cancel()
	from := origin{mailbox: w.account.name(), uidValidity: w.uidValidity, uid: uint32(k.uid)}
	if !k.header {
		return w.handle(ctx, from, k.raw)
	}
	m, err := w.read(ctx, k.raw)
	if err != nil && !errors.Is(err, errUnreadable) {
		return Decision{}, err
	}
	return w.setAside(ctx, from, k.raw, m, fmt.Sprintf("more than %d MB", w.bounds.Message>>20))
}

// moveHandled moves those of the mails that were handled where they belong.
func (w *Worker) moveHandled(ctx context.Context, s *session, uids []imap.UID) error {
	folders := map[string][]imap.UID{}
	for _, uid := range uids {
		if folder := w.handled[uid]; folder != "" {
			folders[folder] = append(folders[folder], uid)
		}
	}
	for folder, uids := range folders {
		if err := s.move(ctx, uids, folder); err != nil {
			return err
		}
		for _, uid := range uids {
			delete(w.handled, uid)
			delete(w.strikes, uid)
		}
	}
	return nil
}
