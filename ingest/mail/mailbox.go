package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Where mails go once they are handled, below the mailbox's own prefix.
const (
	folderRefused    = "Refusés"
	folderQuarantine = "Quarantaine"
	folderAutomatic  = "Automatiques"
	folderBounces    = "Rebonds"
)

// folderOf returns the folder of a verdict.
func folderOf(v Verdict) string {
	switch v {
	case File, Silent:
		return folderAutomatic
	case Bounce:
		return folderBounces
	case Quarantine:
		return folderQuarantine
	}
	return folderRefused
}

// pending returns the mails in the folder, oldest first.
func (s *session) pending(ctx context.Context) (uids []imap.UID, err error) {
	err = s.within(ctx, s.timeouts.Command, func() error {
		found, err := s.client.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
		uids = found.AllUIDs()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("mail: looking for mails: %w", err)
	}
	slices.Sort(uids)
	return uids, nil
}

// sizes returns the sizes in bytes of those mails that are still there. Nothing
// else is asked for with them: go-imap gives up on a connection over one
// malformed BODYSTRUCTURE.
func (s *session) sizes(ctx context.Context, uids []imap.UID) (map[imap.UID]int64, error) {
	sizes := map[imap.UID]int64{}
	err := s.within(ctx, s.timeouts.Command, func() error {
		fetched, err := s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
		for _, m := range fetched {
			sizes[m.UID] = m.RFC822Size
		}
		return err
	})
	if err != nil {
		return nil, &fetchError{err}
	}
	return sizes, nil
}

// fetch reads mails without marking them as read: whole, or when first is not 0
// that many bytes of them. It calls each with every one that is still there, as
// it comes, with its size. An error of each ends it and is returned as it is.
func (s *session) fetch(ctx context.Context, uids []imap.UID, first int64, each func(imap.UID, io.Reader, int64) error) error {
	section := &imap.FetchItemBodySection{Peek: true}
	if first > 0 {
		section.Partial = &imap.SectionPartial{Size: first}
	}
	var stopped error
	err := s.within(ctx, s.timeouts.Fetch, func() error {
		cmd := s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		for m := cmd.Next(); m != nil && stopped == nil; m = cmd.Next() {
			var uid imap.UID
			for item := m.Next(); item != nil; item = m.Next() {
				switch item := item.(type) {
				case imapclient.FetchItemDataUID:
					uid = item.UID
				case imapclient.FetchItemDataBodySection:
					if item.Literal == nil || uid == 0 || stopped != nil {
						continue
					}
					mail := literal{Reader: item.Literal, left: item.Literal.Size()}
					stopped = each(uid, &mail, item.Literal.Size())
					if mail.broken != nil {
						// go-imap must not be asked for more of it: its own
						// reader has the connection again.
						s.conn.Close()
						stopped = nil
						return mail.broken
					}
					if stopped != nil {
						// What is left of the batch may be long: not worth reading.
						s.conn.Close()
					}
				}
			}
		}
		return notGone(cmd.Close())
	})
	if stopped != nil {
		return stopped
	}
	if err != nil {
		return &fetchError{err}
	}
	return nil
}

// notGone leaves out that some mails are gone: who asked looks at what came.
func notGone(err error) error {
	var refused *imap.Error
	if errors.As(err, &refused) && refused.Code == "EXPUNGEISSUED" { // RFC 5530
		return nil
	}
	return err
}

// literal is a mail on its way. go-imap ends it without an error when the
// connection ends within it: here that is one.
type literal struct {
	io.Reader
	left   int64
	broken error
}

func (l *literal) Read(p []byte) (int, error) {
	if l.broken != nil {
		return 0, l.broken
	}
	n, err := l.Reader.Read(p)
	l.left -= int64(n)
	if err != nil && l.left > 0 {
		l.broken = fmt.Errorf("the connection ended within a mail: %w", err)
		return n, l.broken
	}
	return n, err
}

// fetchError is a failure to read a batch: one of its mails may be what breaks
// the server's answer, or the client that reads it.
type fetchError struct{ err error }

func (e *fetchError) Error() string { return "mail: reading mails: " + e.err.Error() }
func (e *fetchError) Unwrap() error { return e.err }

// move puts mails into a folder. Without MOVE it copies first and removes only
// what was copied: go-imap's own fallback would remove what was not.
func (s *session) move(ctx context.Context, uids []imap.UID, folder string) error {
	err := s.within(ctx, s.timeouts.Command, func() error {
		err := s.moveNow(uids, s.name(folder))
		var refused *imap.Error
		if errors.As(err, &refused) && refused.Code == imap.ResponseCodeTryCreate { // somebody removed it
			if err := s.create(s.name(folder)); err != nil {
				return err
			}
			err = s.moveNow(uids, s.name(folder))
		}
		return notGone(err)
	})
	if err != nil {
		return fmt.Errorf("mail: moving %d mails to %s: %w", len(uids), folder, err)
	}
	return nil
}

func (s *session) moveNow(uids []imap.UID, folder string) error {
	set := imap.UIDSetNum(uids...)
	if s.client.Caps().Has(imap.CapMove) {
		_, err := s.client.Move(set, folder).Wait()
		return err
	}
	if _, err := s.client.Copy(set, folder).Wait(); err != nil {
		return err
	}
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := s.client.Store(set, deleted, nil).Close(); err != nil {
		return err
	}
	return s.client.UIDExpunge(set).Close()
}

// wait returns when the server tells of new mail, when limit has passed, or with
// the reason for which the session is over. Servers without IDLE are polled.
func (s *session) wait(ctx context.Context, limit time.Duration) error {
	timer := time.NewTimer(min(limit, s.timeouts.Idle))
	defer timer.Stop()
	var idle *imapclient.IdleCommand
	if s.client.Caps().Has(imap.CapIdle) {
		err := s.within(ctx, s.timeouts.Command, func() (err error) {
			idle, err = s.client.Idle()
			return err
		})
		if err != nil {
			return fmt.Errorf("mail: IDLE: %w", err)
		}
	}
	var over error
	select {
	case <-s.news:
	case <-timer.C:
	case <-s.client.Closed():
		over = errors.New("mail: the server closed the connection")
	case <-ctx.Done():
		over = ctx.Err()
	}
	if over != nil {
		s.conn.Close() // so that ending IDLE waits for nothing
	}
	if idle == nil {
		return over
	}
	err := s.within(ctx, s.timeouts.Command, func() error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
	switch {
	case over != nil:
		return over
	case err != nil:
		return fmt.Errorf("mail: ending IDLE: %w", err)
	}
	return nil
}
