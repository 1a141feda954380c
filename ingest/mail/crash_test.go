package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"cecoia.example/tickets"
)

// steps number all that a worker does to others: commands to the mail server,
// and what it asks of the register and the files, each before and after. At one
// of them the worker is killed: nothing it does from then on succeeds.
type steps struct {
	mu    sync.Mutex
	left  int
	at    string // where it was killed
	kill  context.CancelFunc
	trace []string
}

var errKilled = errors.New("killed")

// fail says whether the worker is dead, as of this step or one before.
func (s *steps) fail(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trace = append(s.trace, what)
	if s.left--; s.left == 0 {
		s.at = what
		s.kill()
	}
	return s.left <= 0
}

// killed are the register and the files of a worker that is killed.
type killed struct {
	tickets.Store
	tickets.Files
	*steps
}

func (k killed) Put(ctx context.Context, a tickets.AcademyID, r io.Reader, limit int64) (s tickets.Stored, err error) {
	err = k.around("keeping", func() error { s, err = k.Files.Put(ctx, a, r, limit); return err })
	return s, err
}

func (k killed) PutAll(ctx context.Context, a tickets.AcademyID, contents [][]byte) (s []tickets.Stored, err error) {
	err = k.around("keeping", func() error { s, err = k.Files.PutAll(context.WithoutCancel(ctx), a, contents); return err })
	return s, err
}

func (k killed) MailFacts(ctx context.Context, a tickets.AcademyID, asked []tickets.MailQuestion, now time.Time) (f []tickets.MailFacts, err error) {
	err = k.around("asking for facts", func() error { f, err = k.Store.MailFacts(ctx, a, asked, now); return err })
	return f, err
}

func (k killed) KeepMails(ctx context.Context, a tickets.AcademyID, mails []tickets.MailRecord) (kept []bool, err error) {
	err = k.around("recording", func() error { kept, err = k.Store.KeepMails(context.WithoutCancel(ctx), a, mails); return err })
	return kept, err
}

func (k killed) around(what string, do func() error) error {
	if k.fail("before " + what) {
		return errKilled
	}
	err := do()
	if k.fail("after " + what) {
		return errKilled
	}
	return err
}

// A worker that is killed, at whatever step, neither loses the raw mail nor
// answers twice: the next one ends what it began.
func TestKilledAtEachStep(t *testing.T) {
	onBothServers(t, func(t *testing.T, w *world, box postbox) {
		var at []string
		for n := 1; ; n++ {
			box.remove(t, folderRefused, folderQuarantine, folderAutomatic, folderBounces)
			raw := w.replyToNew(t, n)
			box.put(t, raw)

			ctx, cancel := context.WithCancel(t.Context())
			s := &steps{left: n, kill: cancel}
			k := killed{w.db, w.files, s}
			p := newProxy(t, serverOf(t, box.url()), s.fail)
			o := w.options(p.through(box.url()))
			o.Files, o.Desk, o.Ceilings = k, tickets.NewDesk(tickets.Options{Store: k, Files: k}), Ceilings{Day: 1000, Hour: 1000}
			o.Poll = time.Hour
			first, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- first.Run(ctx) }()
			w.eventually(t, "the worker is killed, or through", func() bool { return s.ended() })
			step, alive := s.killedAt()
			cancel()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			o = w.options(box.url())
			o.Ceilings = Ceilings{Day: 1000, Hour: 1000}
			stop := start(t, o)
			w.eventually(t, "the mail is filed, killed "+step, func() bool { return box.count(folderRefused) == 1 && box.count("INBOX") == 0 })
			stop()
			w.answeredOnce(t, raw, "killed "+step)
			if t.Failed() || alive {
				break
			}
			at = append(at, step)
		}
		for _, step := range []string{"before SELECT", "after UID FETCH", "after keeping", "before recording", "after recording", "before UID MOVE", "after UID MOVE"} {
			if !slices.Contains(at, step) {
				t.Errorf("never killed %s, but %s", step, strings.Join(at, ", "))
			}
		}
	})
}

// ended says whether the worker is dead, or has done all there was to do.
func (s *steps) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left <= 0 || slices.Contains(s.trace, "after UID MOVE")
}

// killedAt is the step at which the worker was killed, if it was: one that is
// through is still stepping, as it says goodbye.
func (s *steps) killedAt() (step string, alive bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at, s.left > 0
}

// serverOf is the server of a mailbox's URL.
func serverOf(t testing.TB, url string) string {
	t.Helper()
	a, err := parseAccount(url)
	if err != nil {
		t.Fatal(err)
	}
	return a.address
}

// replyToNew is the n-th reply of Ada's, to a ticket that is new.
func (w *world) replyToNew(t testing.TB, n int) []byte {
	t.Helper()
	var err error
	w.ticket, err = w.desk.Open(t.Context(), tickets.Caller{Person: w.ada, Origin: tickets.FromPortal}, tickets.Incident,
		tickets.Card{Beneficiary: w.ada.ID, Description: "L'écran reste noir."})
	if err != nil {
		t.Fatal(err)
	}
	return w.reply(n, "C'est la salle 204.")
}

// answeredOnce checks that a reply to the newest ticket was answered once, and
// that its words and the raw message are kept.
func (w *world) answeredOnce(t testing.TB, raw []byte, when string) {
	t.Helper()
	if n := w.figure(t, "SELECT count(*) FROM deliveries WHERE template = 'guidance' AND ticket = $1", w.ticket.ID); n != 1 {
		t.Errorf("%s: %d answers", when, n)
	}
	if v := w.view(t); v.Draft == nil || v.Draft.Text != "C'est la salle 204." {
		t.Errorf("%s: draft %+v", when, v.Draft)
	}
	f, err := w.files.Open(t.Context(), testAcademy.ID, sha256.Sum256(raw))
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	defer f.Close()
	if kept, err := io.ReadAll(f); err != nil || !bytes.Equal(kept, raw) {
		t.Errorf("%s: kept %q, %v", when, kept, err)
	}
}

// failing is a register that fails now and then.
type failing struct {
	tickets.Store
	fail func(tickets.InboundMail) bool
}

func (f *failing) KeepMails(ctx context.Context, a tickets.AcademyID, mails []tickets.MailRecord) ([]bool, error) {
	if slices.ContainsFunc(mails, func(r tickets.MailRecord) bool { return f.fail(r.Mail) }) {
		return nil, errors.New("register: refused")
	}
	return f.Store.KeepMails(ctx, a, mails)
}

func TestRegisterAway(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	for i := range 5 {
		box.put(t, w.reply(i, "Texte"))
	}
	var tries atomic.Int32
	o := w.options(box.url())
	o.Desk = tickets.NewDesk(tickets.Options{Store: &failing{w.db, func(tickets.InboundMail) bool { return tries.Add(1) < 40 }}, Files: w.files})
	start(t, o)
	w.eventually(t, "the mails are filed", func() bool { return box.count(folderRefused) == 5 })
	if n := box.count(folderQuarantine); n != 0 {
		t.Errorf("%d mails set aside for a fault that was not theirs", n)
	}
}

func TestAMailTheRegisterRefusesDoesNotBlockTheOthers(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	o := w.options(box.url())
	o.Poll = 10 * time.Millisecond
	o.Desk = tickets.NewDesk(tickets.Options{Store: &failing{w.db, func(m tickets.InboundMail) bool { return m.MessageID == "reply-0@creteil.example" }}, Files: w.files})
	start(t, o)
	for i := range 40 {
		box.put(t, w.reply(i, "Texte"))
		w.eventually(t, "the others pass", func() bool { return i == 0 || box.count(folderRefused) >= i })
		if box.count(folderQuarantine) == 1 {
			return
		}
	}
	t.Errorf("never set aside\n%s", w.log)
}

// A mail whose reading breaks the connection is found among others and set
// aside; the others are handled.
func TestPoisonIsIsolated(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	for i := range 30 {
		box.put(t, w.reply(i, "Texte"))
	}
	const poison = 17
	box.hook(func(h *hooks) {
		h.fetch = func(set imap.NumSet, o *imap.FetchOptions) error {
			if uids, ok := set.(imap.UIDSet); ok && len(o.BodySection) > 0 && uids.Contains(poison) {
				panic("a malformed message") // the server cuts the connection
			}
			return nil
		}
	})
	o := w.options(box.url())
	o.Ceilings = Ceilings{Day: 1000, Hour: 1000}
	start(t, o)
	w.eventually(t, "all but one are handled", func() bool {
		return box.count(folderRefused) == 29 && box.count(folderQuarantine) == 1 && box.count("INBOX") == 0
	})
	w.eventually(t, "one log line on it", func() bool { return w.log.count("set aside without being handled") == 1 })
}
