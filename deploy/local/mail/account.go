package mail

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/google/uuid"
)

const inbox = "INBOX"

// SentFolder is where the page keeps a copy of what it sends.
const SentFolder = "Envoyés"

// A letter is one stored message of one account. It never changes.
type letter struct {
	id       string // UUIDv7: sorts by arrival
	raw      []byte
	received time.Time
}

// An account is an Account and its letters. The mailboxes IMAP serves belong to
// imapmemserver; beside them, folders knows which letter each UID is, so that
// letters can be saved, removed and shown.
type account struct {
	Account
	user *imapmemserver.User

	mu      sync.Mutex // held over each change of user's mailboxes too
	letters map[string]*letter
	folders map[string]*folder
	unsaved bool // folders or flags changed since the last save
}

// A folder is which letter each UID of a mailbox is.
type folder struct {
	letters map[imap.UID]string // UID → letter id
	deleted bool                // by a client, while another may have it selected
}

func newAccount(a Account) *account {
	a.Address = strings.ToLower(a.Address)
	acc := &account{
		Account: a,
		user:    imapmemserver.NewUser(a.Address, a.Password),
		letters: make(map[string]*letter),
		folders: make(map[string]*folder),
	}
	if err := acc.createLocked(inbox); err != nil {
		panic(err) // a new user has no folder yet
	}
	return acc
}

// createLocked makes a folder.
func (a *account) createLocked(name string) error {
	if err := a.user.Create(name, nil); err != nil {
		return err
	}
	a.folders[folderName(name)] = &folder{letters: make(map[imap.UID]string)}
	return nil
}

// folderName is the name a client means, as imapmemserver reads it: the
// delimiter may end the name of a folder that will have children.
func folderName(name string) string { return strings.TrimRight(name, "/") }

// put places a letter into a folder, made when missing.
func (a *account) put(l *letter, name string, flags []imap.Flag) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.folders[name] == nil {
		if err := a.createLocked(name); err != nil {
			return err
		}
	}
	_, err := a.putLocked(l, name, flags)
	return err
}

func (a *account) putLocked(l *letter, name string, flags []imap.Flag) (*imap.AppendData, error) {
	data, err := a.user.Append(name, literal{bytes.NewReader(l.raw)}, &imap.AppendOptions{Time: l.received, Flags: flags})
	if err != nil {
		return nil, fmt.Errorf("storing in %s of %s: %w", name, a.Address, err)
	}
	a.letters[l.id] = l
	a.folders[name].letters[data.UID] = l.id
	a.unsaved = true
	return data, nil
}

// forgetLocked drops and returns the letters that are in no folder any more.
func (a *account) forgetLocked() []string {
	kept := make(map[string]bool)
	for _, f := range a.folders {
		for _, id := range f.letters {
			kept[id] = true
		}
	}
	var gone []string
	for id := range a.letters {
		if !kept[id] {
			gone = append(gone, id)
			delete(a.letters, id)
		}
	}
	return gone
}

// A literal is bytes as IMAP's APPEND reads them.
type literal struct{ *bytes.Reader }

// Size returns the number of bytes.
func (l literal) Size() int64 { return l.Reader.Size() }

// deliver stores one message for each recipient; raw returns its bytes, which
// differ by recipient. On error nothing was delivered to anyone. It returns
// once all is on disk.
func (s *Server) deliver(recipients map[*account]string, raw func(id, recipient string) []byte) error {
	letters := make(map[*account]*letter)
	for acc, recipient := range recipients {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		l := &letter{id: id.String(), raw: raw(id.String(), recipient), received: s.opts.Now()}
		if s.spool != nil {
			if err := s.spool.write(acc.Address, l); err != nil {
				for earlier, written := range letters {
					s.spool.remove(earlier.Address, []string{written.id})
				}
				return err
			}
		}
		letters[acc] = l
	}
	for acc, l := range letters {
		if err := acc.put(l, inbox, nil); err != nil {
			// On disk, so not lost; the folder shows it after a restart.
			s.opts.Logger.Error("mail: a stored message cannot be shown", "error", err)
		}
	}
	s.changes.tell()
	return nil
}

// keep stores a message the account itself wrote, as mail programs do by IMAP.
func (s *Server) keep(acc *account, raw []byte) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	l := &letter{id: id.String(), raw: raw, received: s.opts.Now()}
	if s.spool != nil {
		if err := s.spool.write(acc.Address, l); err != nil {
			return err
		}
	}
	if err := acc.put(l, SentFolder, []imap.Flag{imap.FlagSeen}); err != nil {
		return err
	}
	s.changes.tell()
	return nil
}

// A Message is one message in a folder of a mailbox.
type Message struct {
	ID       string
	Folder   string // INBOX, or what an IMAP client made
	Raw      []byte // as IMAP serves it, with the headers stamped on delivery
	Received time.Time
}

// Messages returns the messages of all folders of a mailbox, oldest first; none
// for an unknown address. The bytes must not be changed.
func (s *Server) Messages(address string) []Message {
	acc := s.account(address)
	if acc == nil {
		return nil
	}
	acc.mu.Lock()
	defer acc.mu.Unlock()
	var all []Message
	for name, f := range acc.folders {
		for _, id := range f.letters {
			l := acc.letters[id]
			all = append(all, Message{ID: id, Folder: name, Raw: l.raw, Received: l.received})
		}
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].ID != all[j].ID {
			return all[i].ID < all[j].ID
		}
		return all[i].Folder < all[j].Folder
	})
	return all
}
