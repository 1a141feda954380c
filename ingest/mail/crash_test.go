package mail

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"cecoia.example/tickets"
)

// crashing stands for a process that is killed: at its step, once, everything
// the worker does fails from then on.
type crashing struct {
	tickets.Store
	tickets.Files
	step   string
	killed context.CancelFunc
}

var errKilled = errors.New("killed")

func (c *crashing) Put(ctx context.Context, a tickets.AcademyID, r io.Reader, limit int64) (tickets.Stored, error) {
	if c.step == "before the raw message is kept" {
		c.killed()
		return tickets.Stored{}, errKilled
	}
	s, err := c.Files.Put(ctx, a, r, limit)
	if c.step == "after the raw message is kept" {
		c.killed()
		return tickets.Stored{}, errKilled
	}
	return s, err
}

func (c *crashing) PutAll(ctx context.Context, a tickets.AcademyID, contents [][]byte) ([]tickets.Stored, error) {
	if c.step == "before the raw message is kept" {
		c.killed()
		return nil, errKilled
	}
	s, err := c.Files.PutAll(ctx, a, contents)
	if c.step == "after the raw message is kept" {
		c.killed()
		return nil, errKilled
	}
	return s, err
}

func (c *crashing) KeepMails(ctx context.Context, a tickets.AcademyID, mails []tickets.MailRecord) ([]bool, error) {
	if c.step == "before the decision is recorded" {
		c.killed()
		return nil, errKilled
	}
	kept, err := c.Store.KeepMails(ctx, a, mails)
	if c.step == "after the decision is recorded" {
		c.killed()
		return nil, errKilled
	}
	return kept, err
}

func TestKilledAtAnyStep(t *testing.T) {
	for _, step := range []string{
		"before the raw message is kept", "after the raw message is kept",
		"before the decision is recorded", "after the decision is recorded",
		"before the move", "during the move",
	} {
		t.Run(step, func(t *testing.T) {
			w := newWorld(t)
			box := newMailbox(t, imap.CapMove)
			box.put(t, w.reply(1, "C'est la salle 204."))

			ctx, cancel := context.WithCancel(t.Context())
			c := &crashing{Store: w.db, Files: w.files, step: step, killed: cancel}
			box.hook(func(h *hooks) {
				h.move = func() error {
					switch step {
					case "before the move":
						cancel()
						return errKilled
					case "during the move":
						cancel()
					}
					return nil
				}
			})
			o := w.options(box.url())
			o.Files = c
			o.Desk = tickets.NewDesk(tickets.Options{Store: c, Files: c})
			first, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			if err := first.Run(ctx); err != nil || ctx.Err() == nil {
				t.Fatalf("the first worker was not killed: %v", err)
			}
			box.hook(func(h *hooks) { h.move = nil })
			start(t, w.options(box.url()))
			w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 && box.count("INBOX") == 0 })
			if n := w.guidances(t); n != 1 {
				t.Errorf("%d answers", n)
			}
			if v := w.view(t); v.Draft == nil || v.Draft.Text != "C'est la salle 204." {
				t.Errorf("draft %+v", v.Draft)
			}
		})
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
	if n := w.log.count("set aside without being handled"); n != 1 {
		t.Errorf("%d log lines on it", n)
	}
}
