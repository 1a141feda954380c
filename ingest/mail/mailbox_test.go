package mail

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

// A server that hangs, once, is left and tried again.
func TestHangingServerIsLeft(t *testing.T) {
	for _, c := range []struct {
		name string
		hang func(h *hooks, hangs func() bool)
	}{
		{"IDLE", func(h *hooks, hangs func() bool) {
			h.idle = func(stop <-chan struct{}) {
				if !hangs() {
					<-stop
				}
			}
		}},
		{"FETCH", func(h *hooks, hangs func() bool) {
			h.fetch = func(imap.NumSet, *imap.FetchOptions) error { hangs(); return nil }
		}},
		{"MOVE", func(h *hooks, hangs func() bool) { h.move = func() error { hangs(); return nil } }},
		{"greeting", func(h *hooks, _ func() bool) {
			var first atomic.Bool
			h.conn = func(c net.Conn) net.Conn {
				if first.CompareAndSwap(false, true) {
					return &mute{c}
				}
				return c
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			box := newMailbox(t, imap.CapMove)
			end := make(chan struct{})
			t.Cleanup(func() { close(end) })
			var first atomic.Bool
			hangs := func() bool {
				hang := first.CompareAndSwap(false, true)
				if hang {
					<-end
				}
				return hang
			}
			box.hook(func(h *hooks) { c.hang(h, hangs) })
			o := w.options(box.url())
			o.Timeouts.Connect, o.Timeouts.Command, o.Timeouts.Fetch = time.Second, time.Second, time.Second
			box.put(t, w.reply(1, "Un"))
			start(t, o)
			w.eventually(t, "the worker leaves", func() bool { return w.log.count("no answer within 1s") > 0 })
			box.put(t, w.reply(2, "Deux"))
			w.eventually(t, "the mails are filed", func() bool { return box.count(folderRefused) == 2 })
			if n := w.guidances(t); n != 1 {
				t.Errorf("%d answers", n)
			}
		})
	}
}

// mute is a connection whose peer never says a word.
type mute struct{ net.Conn }

func (m *mute) Write(p []byte) (int, error) { return len(p), nil }

// Connections that break anywhere lose nothing and double nothing.
func TestBrokenConnections(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	var budget atomic.Int64
	box.hook(func(h *hooks) {
		h.conn = func(c net.Conn) net.Conn { return &cutAfter{Conn: c, left: budget.Add(137)} }
	})
	const mails = 20
	for i := range mails {
		box.put(t, w.reply(i, fmt.Sprint("Texte ", i)))
	}
	o := w.options(box.url())
	o.Ceilings = Ceilings{Day: 1000, Hour: 1000}
	start(t, o)
	w.eventually(t, "the mails are filed", func() bool { return box.count(folderRefused)+box.count(folderQuarantine) == mails })
	if n := w.figure(t, "SELECT count(*) FROM inbound_mails"); n+box.count(folderQuarantine) != mails || w.guidances(t) != 1 {
		t.Errorf("%d records, %d set aside, %d answers", n, box.count(folderQuarantine), w.guidances(t))
	}
}

// cutAfter breaks once the server has written some bytes.
type cutAfter struct {
	net.Conn
	left int64
}

func (c *cutAfter) Write(p []byte) (int, error) {
	if int64(len(p)) > c.left {
		n, _ := c.Conn.Write(p[:c.left])
		c.Close()
		return n, net.ErrClosed
	}
	c.left -= int64(len(p))
	return c.Conn.Write(p)
}

func TestRenumberedMailbox(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	start(t, w.options(box.url()))
	raw := w.reply(1, "Un")
	box.put(t, raw)
	w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 })

	if err := errors.Join(box.user.Delete("INBOX"), box.user.Create("INBOX", nil)); err != nil {
		t.Fatal(err)
	}
	box.put(t, raw)                // UID 1 again, the same mail
	box.put(t, w.reply(2, "Deux")) // and one that is new
	box.cut()
	w.eventually(t, "the mails are filed", func() bool { return box.count(folderRefused) == 3 })
	if n := w.figure(t, "SELECT count(*) FROM inbound_mails"); n != 2 || w.guidances(t) != 1 {
		t.Errorf("%d records, %d answers", n, w.guidances(t))
	}
	if w.log.count("the mailbox was renumbered") != 1 {
		t.Error("nothing in the log")
	}
}

func TestWithoutMove(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapUIDPlus)
	start(t, w.options(box.url()))
	box.put(t, w.reply(1, "Un"))
	w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == 1 && box.count("INBOX") == 0 })
}

func TestWithoutMoveAndUIDPlusNothingIsTouched(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t)
	box.put(t, w.reply(1, "Un"))
	start(t, w.options(box.url()))
	w.eventually(t, "the worker says so", func() bool { return w.log.count("neither MOVE (RFC 6851) nor UIDPLUS (RFC 4315)") > 0 })
	if box.count("INBOX") != 1 || w.guidances(t) != 0 {
		t.Error("something happened")
	}
}

// Mails that the server refuses to move hold up no others, are answered once, and
// are moved as soon as they can be.
func TestRefusedMovesHoldNothingUp(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	var took atomic.Int32
	box.hook(func(h *hooks) {
		h.move = func() error {
			// As Dovecot tells it.
			return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeNoPerm, Text: fmt.Sprintf("read-only (0.00%d + 0.000 secs)", took.Add(1))}
		}
	})
	const mails = maxBatch + 50
	for i := range mails {
		box.put(t, w.reply(i, fmt.Sprint("Texte ", i)))
	}
	o := w.options(box.url())
	o.Poll = 20 * time.Millisecond
	start(t, o)
	w.eventually(t, "all are handled", func() bool { return w.figure(t, "SELECT count(*) FROM inbound_mails") == mails })
	w.eventually(t, "the log says why they stay", func() bool { return w.log.count("the server refuses to move them") == 1 })
	box.hook(func(h *hooks) { h.move = nil })
	w.eventually(t, "they are filed", func() bool { return box.count(folderRefused) == mails && box.count("INBOX") == 0 })
	if n := w.guidances(t); n != 1 || w.log.count("the server refuses to move them") != 1 {
		t.Errorf("%d answers, said %d times", n, w.log.count("the server refuses to move them"))
	}
}

// New mail wakes the worker; the poll is far away.
func TestIdleWakes(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	o := w.options(box.url())
	o.Poll = time.Hour
	o.Timeouts.Idle = 200 * time.Millisecond // what the in-memory server forgets to tell is found then
	start(t, o)
	for i := range 3 {
		box.put(t, w.reply(i, fmt.Sprint(i)))
		w.eventually(t, "the mail is filed", func() bool { return box.count(folderRefused) == i+1 })
	}
}

func TestManyMailsAtOnce(t *testing.T) {
	w := newWorld(t)
	box := newMailbox(t, imap.CapMove)
	const mails = 450 // more than two batches
	for i := range mails {
		box.put(t, w.reply(i, fmt.Sprint("Texte ", i)))
	}
	var moves atomic.Int32
	box.hook(func(h *hooks) { h.move = func() error { moves.Add(1); return nil } })
	start(t, w.options(box.url()))
	w.eventually(t, "the mails are filed", func() bool { return box.count(folderRefused) == mails })
	if w.guidances(t) != 1 || moves.Load() > 3 { // several batches may move together
		t.Errorf("%d answers, %d moves", w.guidances(t), moves.Load())
	}
}
