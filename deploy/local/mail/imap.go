package mail

import (
	"bytes"
	"context"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/google/uuid"
)

// newIMAP returns the IMAP server: IMAP4rev1 with IDLE, MOVE and UIDPLUS, and
// passwords in the clear, which loopback allows.
func (s *Server) newIMAP() *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			if !s.enter() {
				return nil, nil, &imap.Error{Type: imap.StatusResponseTypeBye, Text: "Closing"}
			}
			return &imapSession{server: s}, nil, nil
		},
		// LIST-STATUS is left out: the UIDVALIDITY it shows could not be ours.
		Caps: imap.CapSet{
			imap.CapIMAP4rev1: {}, imap.CapNamespace: {}, imap.CapUIDPlus: {}, imap.CapMove: {},
			imap.CapESearch: {}, imap.CapSearchRes: {}, imap.CapListExtended: {}, imap.CapLiteralPlus: {},
		},
		Logger:       printfLogger{s.opts.Logger},
		InsecureAuth: true,
	})
}

// An imapSession is imapmemserver's, which serves the messages, plus what it
// lacks: letters keep their identity through every change of folder, and
// UIDVALIDITY rises from one start to the next.
type imapSession struct {
	*imapmemserver.UserSession // nil until Login
	server                     *Server
	account                    *account
	folder                     *folder // selected
}

var (
	_ imapserver.SessionIMAP4rev2   = (*imapSession)(nil)
	_ imapserver.SessionAppendLimit = (*imapSession)(nil)
)

// Close ends the session, signed in or not.
func (i *imapSession) Close() error {
	defer i.server.sessions.Done()
	return i.UserSession.Close() // accepts nil
}

// AppendLimit is the largest message APPEND takes, that of SMTP (RFC 7889).
func (i *imapSession) AppendLimit() uint32 { return maxMessageBytes }

// Login opens the mailbox of an account; the address is its user name.
func (i *imapSession) Login(username, password string) error {
	acc := i.server.signIn(username, password)
	if acc == nil {
		return imapserver.ErrAuthFailed
	}
	i.account, i.UserSession = acc, imapmemserver.NewUserSession(acc.user)
	return nil
}

// change runs one change of the account's folders.
func (i *imapSession) change(f func() error) error {
	i.account.mu.Lock()
	err := f()
	i.account.unsaved = true
	gone := i.account.forgetLocked()
	i.account.mu.Unlock()
	if i.server.spool != nil {
		i.server.spool.remove(i.account.Address, gone)
	}
	i.server.changes.tell()
	return err
}

// changeSelected is change for a command on the selected folder.
func (i *imapSession) changeSelected(f func() error) error {
	return i.change(func() error {
		if i.folder.deleted {
			return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeNonExistent, Text: "The mailbox was deleted"}
		}
		return f()
	})
}

// Select opens a folder and remembers which.
func (i *imapSession) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	i.account.mu.Lock()
	defer i.account.mu.Unlock()
	data, err := i.UserSession.Select(name, options)
	if err != nil {
		return nil, err
	}
	i.folder = i.account.folders[name]
	data.UIDValidity += i.server.validity
	return data, nil
}

// Idle tells first what came since the client asked for it, and looks again each
// second: imapmemserver tells only what comes once it listens.
func (i *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	idle, end := context.WithCancel(context.Background())
	defer end()
	go func() {
		select {
		case <-stop:
			end()
		case <-idle.Done():
		}
	}()
	for {
		if err := i.Poll(w, true); err != nil {
			return err
		}
		turn, over := context.WithTimeout(idle, time.Second)
		err := i.UserSession.Idle(w, turn.Done())
		again := err == nil && idle.Err() == nil && turn.Err() != nil
		over()
		if !again {
			return err
		}
	}
}

// Status answers with our UIDVALIDITY.
func (i *imapSession) Status(name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	data, err := i.UserSession.Status(name, options)
	if err != nil {
		return nil, err
	}
	if options.UIDValidity {
		data.UIDValidity += i.server.validity
	}
	return data, nil
}

// Create makes a folder.
func (i *imapSession) Create(name string, _ *imap.CreateOptions) error {
	return i.change(func() error { return i.account.createLocked(name) })
}

// Delete removes a folder and the letters that are nowhere else.
func (i *imapSession) Delete(name string) error {
	if name == inbox {
		return errInbox
	}
	return i.change(func() error {
		if err := i.UserSession.Delete(name); err != nil {
			return err
		}
		i.account.folders[name].deleted = true
		delete(i.account.folders, name)
		return nil
	})
}

// Rename renames a folder; who has it selected keeps it.
func (i *imapSession) Rename(from, to string, options *imap.RenameOptions) error {
	if from == inbox {
		return errInbox
	}
	return i.change(func() error {
		if err := i.UserSession.Rename(from, to, options); err != nil {
			return err
		}
		i.account.folders[folderName(to)] = i.account.folders[from]
		delete(i.account.folders, from)
		return nil
	})
}

var errInbox = &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeCannot, Text: "INBOX stays where it is"}

// Append stores a message the client brings, on disk before it is answered.
func (i *imapSession) Append(name string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	var raw bytes.Buffer
	if _, err := io.Copy(&raw, io.LimitReader(r, maxMessageBytes+1)); err != nil {
		return nil, err
	}
	if raw.Len() > maxMessageBytes {
		return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeTooBig, Text: "Message too big"}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	l := &letter{id: id.String(), raw: raw.Bytes(), received: options.Time}
	if l.received.IsZero() {
		l.received = i.server.opts.Now()
	}
	var data *imap.AppendData
	err = i.change(func() (err error) {
		if i.account.folders[name] == nil {
			return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeTryCreate, Text: "No such mailbox"}
		}
		if i.server.spool != nil {
			if err := i.server.spool.write(i.account.Address, l); err != nil {
				return err
			}
		}
		data, err = i.account.putLocked(l, name, options.Flags)
		return err
	})
	if err != nil {
		return nil, err
	}
	data.UIDValidity += i.server.validity
	return data, nil
}

// Store changes flags.
func (i *imapSession) Store(w *imapserver.FetchWriter, numSet imap.NumSet, flags *imap.StoreFlags, options *imap.StoreOptions) error {
	return i.changeSelected(func() error { return i.UserSession.Store(w, numSet, flags, options) })
}

// Expunge removes the messages flagged \Deleted, among uids unless that is nil.
func (i *imapSession) Expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	return i.changeSelected(func() error { return i.expunge(w, uids) })
}

func (i *imapSession) expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	criteria := &imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}}
	if uids != nil {
		criteria.UID = []imap.UIDSet{*uids}
	}
	deleted, err := searchUIDs(i.UserSession, criteria)
	if err != nil {
		return err
	}
	if err := i.UserSession.Expunge(w, uids); err != nil {
		return err
	}
	for _, uid := range deleted {
		delete(i.folder.letters, uid)
	}
	return nil
}

// Copy puts the same letters into another folder.
func (i *imapSession) Copy(numSet imap.NumSet, name string) (*imap.CopyData, error) {
	var data *imap.CopyData
	err := i.changeSelected(func() (err error) {
		data, err = i.copy(numSet, name)
		return err
	})
	return data, err
}

func (i *imapSession) copy(numSet imap.NumSet, name string) (*imap.CopyData, error) {
	data, err := i.UserSession.Copy(numSet, name)
	if err != nil {
		return nil, err
	}
	// Both sets rise in the order of the messages: they pair off.
	sources, _ := data.SourceUIDs.Nums()
	copies, _ := data.DestUIDs.Nums()
	for n, uid := range copies {
		i.account.folders[name].letters[uid] = i.folder.letters[sources[n]]
	}
	data.UIDValidity += i.server.validity
	return data, nil
}

// Move is COPY, then the removal of the originals, in one change: whoever looks
// sees the messages in one folder or the other. The client learns of the
// removal as of any expunge, in the poll that ends the command.
func (i *imapSession) Move(w *imapserver.MoveWriter, numSet imap.NumSet, name string) error {
	return i.changeSelected(func() error {
		data, err := i.copy(numSet, name)
		if err != nil {
			return err
		}
		if len(data.SourceUIDs) == 0 {
			return nil // nothing matched: no COPYUID (RFC 4315 §3)
		}
		if err := w.WriteCopyData(data); err != nil {
			return err
		}
		deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
		if err := i.UserSession.Store(nil, data.SourceUIDs, deleted, &imap.StoreOptions{}); err != nil {
			return err
		}
		return i.expunge(nil, &data.SourceUIDs)
	})
}

// Fetch reads messages; without PEEK it marks them as seen.
func (i *imapSession) Fetch(w *imapserver.FetchWriter, numSet imap.NumSet, options *imap.FetchOptions) error {
	marks := slices.ContainsFunc(options.BodySection, func(section *imap.FetchItemBodySection) bool { return !section.Peek })
	if !marks {
		return i.UserSession.Fetch(w, numSet, options)
	}
	return i.change(func() error { return i.UserSession.Fetch(w, numSet, options) })
}
