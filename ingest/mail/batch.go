package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/emersion/go-imap/v2"

	"cecoia.example/tickets"
)

// maxBatch is how many mails are read at once; maxBatchBytes how much.
const (
	maxBatch      = 200
	maxBatchBytes = 64 << 20
)

// maxStrikes is how many times a mail alone may fail before it is set aside.
const maxStrikes = 5

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
