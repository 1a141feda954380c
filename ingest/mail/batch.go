package mail

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/emersion/go-imap/v2"

	"cecoia.example/tickets"
)

// maxBatch is how many mails are read at once; maxBatchBytes how much.
const (
	maxBatch      = 200
	maxBatchBytes = 64 << 20
)

// What of a batch is held in memory until it is kept: mails of at most maxSmall
// bytes, maxSmalls bytes in all. The others go to the files as they come.
const (
	maxSmall  = 64 << 10
	maxSmalls = 4 << 20
)

// beginning is how many bytes are read of a mail that is too large: its header,
// and as a rule what its author wrote.
const beginning = 1 << 20

// maxStrikes is how many times a mail alone may fail before it is set aside.
const maxStrikes = 5

// batch is some mails on their way through the door. They are kept, decided,
// recorded and moved, in that order: killed at any step, the next worker does
// the same again without a second answer.
type batch struct {
	arrivals []arrival
	size     int // of what is in memory
	done     chan struct{}
	outcomes []outcome // of the arrivals, once done is closed
	err      error     // none of them could be handled, likely for no fault of theirs
}

// outcome is where a mail belongs, or why it is not handled yet.
type outcome struct {
	folder string
	err    error
}

// maxPending is how many batches are kept, decided and recorded while the next is
// read: they wait for the disk and for each other, the server does not. When
// there are that many, maxMoved of them are moved at once: each command costs the
// server as much as it has to bring to its disk, however many mails it names.
const (
	maxPending = 6
	maxMoved   = 3
)

// drain handles all that is in the folder.
func (w *Worker) drain(ctx context.Context, s *session) error {
	uids, err := s.pending(ctx)
	if err != nil {
		return err
	}
	w.forget(uids)
	var settled, unread []imap.UID
	for _, uid := range uids {
		if w.settled(ctx, uid) {
			settled = append(settled, uid)
		} else {
			unread = append(unread, uid)
		}
	}
	for some := range slices.Chunk(settled, maxBatch) {
		if err := w.moveHandled(ctx, s, some); err != nil {
			return err
		}
	}
	var pending []*batch // read, and not moved yet, in their order
	before := make(chan struct{})
	close(before)
	for len(unread) > 0 {
		n := min(w.batch, len(unread))
		next, failed := w.readBatch(ctx, s, unread[:n])
		if failed != nil {
			w.settle(ctx, pending...) // what is handled must not be handled again
			return failed
		}
		go next.handle(ctx, w, before)
		before, unread, pending = next.done, unread[n:], append(pending, next)
		if len(pending) == maxPending {
			if pending, err = w.finish(ctx, s, pending); err != nil {
				return err
			}
		}
	}
	for len(pending) > 0 {
		if pending, err = w.finish(ctx, s, pending); err != nil {
			return err
		}
	}
	return nil
}

// readBatch reads mails. Those that went meanwhile are left out.
func (w *Worker) readBatch(ctx context.Context, s *session, uids []imap.UID) (*batch, error) {
	b := &batch{done: make(chan struct{})}
	err := w.fetchAll(ctx, s, b, uids)
	var broken *fetchError
	switch {
	case err == nil:
		w.batch = min(2*w.batch, maxBatch)
	case errors.As(err, &broken) && ctx.Err() == nil:
		w.suspect(uids)
	}
	return b, err
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

// fetchAll reads mails into the batch, each within bounds.
func (w *Worker) fetchAll(ctx context.Context, s *session, b *batch, uids []imap.UID) error {
	if len(uids) == 0 {
		return nil
	}
	sizes, err := s.sizes(ctx, uids)
	if err != nil {
		return err
	}
	var whole, large []imap.UID
	bytes := int64(0)
	flush := func() error {
		if len(whole) == 0 {
			return nil
		}
		err := s.fetch(ctx, whole, 0, func(uid imap.UID, r io.Reader, size int64) error {
			err := w.take(ctx, b, uid, r, size)
			if tickets.CodeOf(err) == tickets.Invalid { // the server told less than it sent
				large = append(large, uid)
				return nil
			}
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
				return err
			}
		}
		whole, bytes = append(whole, uid), bytes+size
	}
	if err := flush(); err != nil {
		return err
	}
	if len(large) > 0 {
		err = s.fetch(ctx, large, min(beginning, w.bounds.Message), func(uid imap.UID, r io.Reader, _ int64) error {
			raw, err := w.keep(ctx, r)
			b.arrivals = append(b.arrivals, arrival{from: w.origin(uid), raw: raw, cut: true})
			return err
		})
		if err != nil {
			return err
		}
	}
	for uid := range sizes { // the server left out what it said it has
		if !slices.ContainsFunc(b.arrivals, func(a arrival) bool { return a.from.uid == uint32(uid) }) {
			w.strikes[uid]++
		}
	}
	return nil
}

// take takes a mail as it comes: into memory when it is small, else to the files.
func (w *Worker) take(ctx context.Context, b *batch, uid imap.UID, r io.Reader, size int64) error {
	a := arrival{from: w.origin(uid)}
	var err error
	if size <= min(maxSmall, w.bounds.Message) && b.size+int(size) <= maxSmalls {
		a.small = make([]byte, size)
		_, err = io.ReadFull(r, a.small)
		b.size += int(size)
	} else {
		a.raw, err = w.keep(ctx, r)
	}
	if err == nil {
		b.arrivals = append(b.arrivals, a)
	}
	return err
}

func (w *Worker) origin(uid imap.UID) origin {
	return origin{mailbox: w.account.name(), uidValidity: w.uidValidity, uid: uint32(uid)}
}

// handle keeps and reads the batch, and then decides on it. When that fails it
// goes through the mails one by one: one that fails among others that do not is
// left for the next time; when all fail the fault is elsewhere. It touches
// nothing of the worker that changes, as that reads the next batch meanwhile.
// It decides once the batch before is decided on, whose answers count.
func (b *batch) handle(ctx context.Context, w *Worker, before <-chan struct{}) {
	defer close(b.done)
	read, err := w.prepare(ctx, b.arrivals)
	for i := range b.arrivals {
		b.arrivals[i].small = nil // kept, or to be read again
	}
	<-before
	b.outcomes = make([]outcome, len(b.arrivals))
	if b.err = err; err != nil || len(read) == 0 {
		return
	}
	decisions, err := w.handleAll(ctx, read)
	if err == nil {
		for i, d := range decisions {
			b.outcomes[i].folder = folderOf(d.Verdict)
		}
		return
	}
	const enough = 10 // failures in a row, to know that all would fail
	failed, succeeded := 0, 0
	for i := range read {
		decisions, err := w.handleAll(ctx, read[i:i+1])
		switch {
		case ctx.Err() != nil:
			b.err = ctx.Err()
			return
		case err == nil:
			b.outcomes[i].folder = folderOf(decisions[0].Verdict)
			succeeded++
			continue
		}
		b.outcomes[i].err = err
		failed++
		if succeeded == 0 && (failed == enough || failed == len(read)) {
			b.err = err
			return
		}
	}
}

// settle waits for batches and takes note of what became of their mails.
func (w *Worker) settle(ctx context.Context, batches ...*batch) {
	for _, b := range batches {
		<-b.done
		for i, o := range b.outcomes {
			a := b.arrivals[i]
			uid := imap.UID(a.from.uid)
			switch {
			case o.folder != "":
				w.handled[uid] = o.folder
			case o.err != nil && b.err == nil:
				w.strikes[uid]++
				w.log.WarnContext(ctx, "mail: not handled yet", "academy", string(w.academy.ID),
					"uidvalidity", w.uidValidity, "uid", a.from.uid, "failures", w.strikes[uid], "error", o.err)
			}
		}
	}
}

// finish settles the first batches, at most maxMoved, moves their mails where they
// belong, and returns the others. After an error all are settled; what was
// handled and not moved is moved at the next look.
func (w *Worker) finish(ctx context.Context, s *session, batches []*batch) ([]*batch, error) {
	first, rest := batches[:min(maxMoved, len(batches))], batches[min(maxMoved, len(batches)):]
	w.settle(ctx, first...)
	var uids []imap.UID
	for _, b := range first {
		if b.err != nil {
			w.settle(ctx, rest...)
			return nil, b.err
		}
		for _, a := range b.arrivals {
			uids = append(uids, imap.UID(a.from.uid))
		}
	}
	if err := w.moveHandled(ctx, s, uids); err != nil {
		w.settle(ctx, rest...)
		return nil, err
	}
	return rest, nil
}

// moveHandled moves those of the mails that were handled where they belong. A
// server that refuses keeps them where they are: they are tried again at the
// next look, and hold up no others.
func (w *Worker) moveHandled(ctx context.Context, s *session, uids []imap.UID) error {
	folders := map[string][]imap.UID{}
	for _, uid := range uids {
		if folder := w.handled[uid]; folder != "" {
			folders[folder] = append(folders[folder], uid)
		}
	}
	for folder, uids := range folders {
		err := s.move(ctx, uids, folder)
		var refused *imap.Error
		switch {
		case errors.As(err, &refused):
			w.moveRefused(ctx, folder, refused)
			continue
		case err != nil:
			return err
		}
		w.unmoved[folder] = ""
		for _, uid := range uids {
			delete(w.handled, uid)
			delete(w.strikes, uid)
		}
	}
	return nil
}

// moveRefused logs that a folder takes no mails, once for each reason. Its words
// tell one from another: Dovecot adds the time that it took to refuse.
func (w *Worker) moveRefused(ctx context.Context, folder string, reason *imap.Error) {
	why := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, reason.Error())
	if w.unmoved[folder] == why {
		return
	}
	w.unmoved[folder] = why
	w.log.ErrorContext(ctx, "mail: handled mails stay where they are: the server refuses to move them; make room or repair the folder",
		"academy", string(w.academy.ID), "mailbox", w.account.name(), "folder", folder, "error", reason)
}
