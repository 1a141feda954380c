package dovecot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Deliver puts mails, whose lines end in \n, into a user's INBOX as a local
// delivery agent does: one file each.
func (s *Server) Deliver(user string, mails ...[]byte) error {
	box := s.Mailbox(user)
	for _, folder := range []string{box, filepath.Join(box, "cur"), filepath.Join(box, "new"), filepath.Join(box, "tmp")} {
		switch err := os.Mkdir(folder, 0o700); {
		case errors.Is(err, os.ErrExist):
			continue
		case err != nil:
			return fmt.Errorf("dovecot.Deliver: %w", err)
		}
		if err := s.Give(folder); err != nil {
			return fmt.Errorf("dovecot.Deliver: %w", err)
		}
	}
	now := time.Now()
	for i, mail := range mails {
		// No name comes twice, as Dovecot takes the second for the first moved
		// back. S and W are the sizes on the disk and on the wire.
		name := fmt.Sprintf("%d.M%dP%dQ%d.bench,S=%d,W=%d", now.Unix(), now.Nanosecond()/1000, os.Getpid(), i,
			len(mail), len(mail)+bytes.Count(mail, []byte("\n")))
		path := filepath.Join(box, "new", name)
		if err := os.WriteFile(path, mail, 0o600); err != nil {
			return fmt.Errorf("dovecot.Deliver: %w", err)
		}
		if err := s.Give(path); err != nil {
			return fmt.Errorf("dovecot.Deliver: %w", err)
		}
	}
	return nil
}

// HasMail says whether there is a mail in a user's INBOX.
func (s *Server) HasMail(user string) (bool, error) {
	for _, folder := range []string{"new", "cur"} {
		f, err := os.Open(filepath.Join(s.Mailbox(user), folder))
		if err != nil {
			return false, fmt.Errorf("dovecot.HasMail: %w", err)
		}
		names, err := f.Readdirnames(1)
		f.Close()
		if err != nil && !errors.Is(err, io.EOF) {
			return false, fmt.Errorf("dovecot.HasMail: %w", err)
		}
		if len(names) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// Keep removes all but the first n mails of a user's folder, if it is there.
func (s *Server) Keep(user, password, folder string, n int) error {
	if err := s.keep(user, password, folder, n); err != nil {
		return fmt.Errorf("dovecot.Keep(%s): %w", folder, err)
	}
	return nil
}

func (s *Server) keep(user, password, folder string, n int) error {
	c, err := imapclient.DialInsecure(s.addr, nil)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // everything was answered
	if err := c.Login(user, password).Wait(); err != nil {
		return err
	}
	found, err := c.List("", folder, nil).Collect()
	if err != nil || len(found) == 0 {
		return err
	}
	selected, err := c.Select(folder, nil).Wait()
	if err != nil || int(selected.NumMessages) <= n {
		return err
	}
	var others imap.SeqSet
	others.AddRange(uint32(n)+1, selected.NumMessages)
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := c.Store(others, deleted, nil).Close(); err != nil {
		return err
	}
	return c.Expunge().Close()
}

// FetchAndMove reads all mails of a user's INBOX, so many at once, and moves
// them to a folder that is there, without looking at any: what a client can do
// at best.
func (s *Server) FetchAndMove(ctx context.Context, user, password, folder string, atOnce int) error {
	if err := s.fetchAndMove(ctx, user, password, folder, atOnce); err != nil {
		return fmt.Errorf("dovecot.FetchAndMove: %w", err)
	}
	return nil
}

func (s *Server) fetchAndMove(ctx context.Context, user, password, folder string, atOnce int) error {
	c, err := imapclient.DialInsecure(s.addr, nil)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // everything was answered
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if err := c.Login(user, password).Wait(); err != nil {
		return err
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		return err
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	if err != nil {
		return err
	}
	for uids := found.AllUIDs(); len(uids) > 0; uids = uids[min(atOnce, len(uids)):] {
		set := imap.UIDSetNum(uids[:min(atOnce, len(uids))]...)
		err := discard(c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}}))
		if err != nil {
			return err
		}
		if _, err := c.Move(set, folder).Wait(); err != nil {
			return err
		}
	}
	return nil
}

// discard reads mails to their ends.
func discard(cmd *imapclient.FetchCommand) error {
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		for item := m.Next(); item != nil; item = m.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
				if _, err := io.Copy(io.Discard, body.Literal); err != nil {
					return err
				}
			}
		}
	}
	return cmd.Close()
}
