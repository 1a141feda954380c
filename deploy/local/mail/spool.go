package mail

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// A spool keeps letters on disk, a folder per account: <id>.eml for each
// letter, synced before SMTP answers 250, and folders.json, which says where
// each of them is. A letter folders.json does not know is in INBOX.
type spool struct{ dir string }

const foldersFile = "folders.json"

// savedFolders is the content of folders.json: folder → its letters in order.
type savedFolders map[string][]savedLetter

type savedLetter struct {
	ID    string      `json:"id"`
	Flags []imap.Flag `json:"flags,omitempty"`
}

// openSpool creates dir when missing and returns the base of this start's
// UIDVALIDITY: at least least, and above any that an earlier start gave.
func openSpool(dir string, least uint32) (*spool, uint32, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, 0, err
	}
	// One start may give this many, one per folder made; no demo does.
	const perStart = 1 << 16
	file := filepath.Join(dir, "uidvalidity")
	validity := least
	content, err := os.ReadFile(file)
	if err == nil {
		last, err := strconv.ParseUint(strings.TrimSpace(string(content)), 10, 32)
		if err != nil {
			return nil, 0, fmt.Errorf("reading %s: %w", file, err)
		}
		validity = max(validity, uint32(last)+perStart)
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, 0, err
	}
	s := &spool{dir: dir}
	if err := s.writeFile(file, fmt.Appendln(nil, validity), time.Time{}); err != nil {
		return nil, 0, err
	}
	return s, validity, nil
}

// account returns the folder of an account. An address holds no slash.
func (s *spool) account(address string) string { return filepath.Join(s.dir, address) }

func (s *spool) file(address, id string) string {
	return filepath.Join(s.account(address), id+".eml")
}

// write puts a letter on disk and returns once it would survive a crash.
func (s *spool) write(address string, l *letter) error {
	return s.writeFile(s.file(address, l.id), l.raw, l.received)
}

// remove deletes letters nobody can see any more.
func (s *spool) remove(address string, ids []string) {
	for _, id := range ids {
		// One that stays comes back to INBOX at the next start: seen, not lost.
		_ = os.Remove(s.file(address, id))
	}
}

// writeFile replaces a file at once and durably.
func (s *spool) writeFile(path string, content []byte, modified time.Time) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil && !modified.IsZero() {
		err = os.Chtimes(f.Name(), modified, modified)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) {
		err = nil // this file system has no sync of folders
	}
	return errors.Join(err, f.Close())
}

// restore reads an account back.
func (s *spool) restore(acc *account) error {
	dir := s.account(acc.Address)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	letters := make(map[string]*letter)
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if strings.HasPrefix(entry.Name(), ".new-") { // never acknowledged
			if err := os.Remove(path); err != nil {
				return err
			}
			continue
		}
		id, isLetter := strings.CutSuffix(entry.Name(), ".eml")
		if !isLetter {
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		letters[id] = &letter{id: id, raw: raw, received: info.ModTime()}
	}
	folders, err := s.readFolders(dir)
	if err != nil {
		return err
	}
	return acc.restore(letters, folders)
}

func (s *spool) readFolders(dir string) (savedFolders, error) {
	content, err := os.ReadFile(filepath.Join(dir, foldersFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var folders savedFolders
	if err := json.Unmarshal(content, &folders); err != nil {
		return nil, fmt.Errorf("reading %s in %s: %w", foldersFile, dir, err)
	}
	return folders, nil
}

// restore places the letters where folders says, the others in INBOX.
func (a *account) restore(letters map[string]*letter, folders savedFolders) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	placed := make(map[string]bool)
	for name, saved := range folders {
		if a.folders[name] == nil {
			if err := a.createLocked(name); err != nil {
				return fmt.Errorf("folder %s of %s: %w", name, a.Address, err)
			}
		}
		for _, entry := range saved {
			l := letters[entry.ID]
			if l == nil {
				continue // expunged just before a crash
			}
			placed[entry.ID] = true
			if _, err := a.putLocked(l, name, entry.Flags); err != nil {
				return err
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(letters)) {
		if placed[id] {
			continue
		}
		if _, err := a.putLocked(letters[id], inbox, nil); err != nil {
			return err
		}
	}
	return nil
}

// saveFolders saves the accounts that changed, soon after they did, until the
// server closes.
func (s *Server) saveFolders() {
	const delay = 100 * time.Millisecond
	timer := time.NewTimer(delay)
	defer timer.Stop()
	for {
		select {
		case <-s.closing:
			s.sessions.Wait() // no change comes after the last save
			s.saveUnsaved()
			return
		case <-timer.C:
			s.saveUnsaved()
			timer.Reset(delay)
		}
	}
}

func (s *Server) saveUnsaved() {
	for _, acc := range s.order {
		folders, err := acc.takeUnsaved()
		if err == nil && folders != nil {
			err = s.spool.writeFolders(acc.Address, folders)
		}
		if err != nil {
			acc.mu.Lock()
			again := acc.unsaved
			acc.unsaved = true // tried again
			acc.mu.Unlock()
			if !again {
				s.opts.Logger.Error("mail: folders are not saved", "address", acc.Address, "error", err)
			}
		}
	}
}

func (s *spool) writeFolders(address string, folders savedFolders) error {
	var content bytes.Buffer
	if err := json.NewEncoder(&content).Encode(folders); err != nil {
		return err
	}
	return s.writeFile(filepath.Join(s.account(address), foldersFile), content.Bytes(), time.Time{})
}

// takeUnsaved returns what to save, nil when nothing changed.
func (a *account) takeUnsaved() (savedFolders, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.unsaved {
		return nil, nil
	}
	folders := make(savedFolders)
	for name, f := range a.folders {
		flags, err := a.flagsLocked(name)
		if err != nil {
			return nil, err
		}
		saved := make([]savedLetter, 0, len(f.letters))
		for _, uid := range slices.Sorted(maps.Keys(f.letters)) {
			saved = append(saved, savedLetter{ID: f.letters[uid], Flags: flags[uid]})
		}
		folders[name] = saved
	}
	a.unsaved = false
	return folders, nil
}

// flagsLocked returns the flags of each message of a folder. imapmemserver
// tells them by SEARCH only; keywords, which clients invent, are not asked for.
func (a *account) flagsLocked(name string) (map[imap.UID][]imap.Flag, error) {
	view := imapmemserver.NewUserSession(a.user)
	if _, err := view.Select(name, &imap.SelectOptions{}); err != nil {
		return nil, fmt.Errorf("reading the flags of %s: %w", name, err)
	}
	defer view.Close() //nolint:errcheck // it returns nil
	flags := make(map[imap.UID][]imap.Flag)
	for _, flag := range []imap.Flag{imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagDraft} {
		uids, err := searchUIDs(view, &imap.SearchCriteria{Flag: []imap.Flag{flag}})
		if err != nil {
			return nil, fmt.Errorf("reading the flags of %s: %w", name, err)
		}
		for _, uid := range uids {
			flags[uid] = append(flags[uid], flag)
		}
	}
	return flags, nil
}

// searchUIDs runs a SEARCH in a session's selected folder.
func searchUIDs(view *imapmemserver.UserSession, criteria *imap.SearchCriteria) ([]imap.UID, error) {
	found, err := view.Search(imapserver.NumKindUID, criteria, &imap.SearchOptions{})
	if err != nil {
		return nil, err
	}
	set, ok := found.All.(imap.UIDSet)
	if !ok {
		return nil, nil
	}
	uids, _ := set.Nums() // static: it comes from real messages
	return uids, nil
}
