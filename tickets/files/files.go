// Package files keeps the bytes of documents and of inbound mails on a disk, by
// their SHA-256, per academy: <dir>/<academy>/<ab>/<cdef…>. What is known of
// them (names, tickets, authors) is in the register; nothing of that belongs
// here, and nothing here decides who may read them.
package files

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/gabriel-vasile/mimetype"

	"cecoia.example/tickets"
)

// Dir is a folder of such files. It is safe for concurrent use, by several
// processes too. Everything in it is for its owner alone (0700, 0600).
type Dir struct {
	// root keeps every path inside the folder, whatever links are planted there.
	root *os.Root
	// durable are the folders whose names this process has brought to the disk.
	durable sync.Map // string → struct{}
}

var _ tickets.Files = (*Dir)(nil)

// Open returns the folder, made if absent. It removes what writers that were
// killed a day ago or more have left behind. Close frees it.
func Open(dir string) (*Dir, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("files.Open: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("files.Open: %w", err)
	}
	d := &Dir{root: root}
	if err := d.sweep(time.Now().Add(-abandoned)); err != nil {
		return nil, errors.Join(fmt.Errorf("files.Open: %w", err), root.Close())
	}
	mimetype.SetLimit(sniffed) // the library knows one limit per process only
	return d, nil
}

// incoming is the folder, in each academy's, of files that are being written.
const incoming = "incoming"

// abandoned is the age at which nobody writes to such a file any more.
const abandoned = 24 * time.Hour

// sweep removes the incoming files last written to before that time.
func (d *Dir) sweep(before time.Time) error {
	names, err := fs.Glob(d.root.FS(), "*/"+incoming+"/*")
	if err != nil {
		return err
	}
	for _, name := range names {
		info, err := d.root.Lstat(name)
		if err == nil && info.ModTime().Before(before) {
			err = d.root.Remove(name)
		}
		if ignoreAbsent(err) != nil {
			return err
		}
	}
	return nil
}

// Close ends the use of the folder.
func (d *Dir) Close() error { return d.root.Close() }

// sniffed is how many leading bytes tell the media type. Office documents are
// ZIP archives whose telling entries may come late.
const sniffed = 64 << 10

// academyPattern is what an academy's id looks like: no dot, no slash.
var academyPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// Put reads r to its end and keeps it: when it returns, the bytes and their name
// are on the disk. More than limit bytes is an Invalid refusal. After any error
// nothing is left of it.
func (d *Dir) Put(ctx context.Context, academy tickets.AcademyID, r io.Reader, limit int64) (tickets.Stored, error) {
	s, err := d.put(ctx, academy, r, limit)
	if err != nil {
		return tickets.Stored{}, fmt.Errorf("files.Put(%s): %w", academy, err)
	}
	return s, nil
}

func (d *Dir) put(ctx context.Context, academy tickets.AcademyID, r io.Reader, limit int64) (s tickets.Stored, err error) {
	if !academyPattern.MatchString(string(academy)) {
		return s, fmt.Errorf("not the id of an academy: %q", academy)
	}
	if err := d.makeFolder(string(academy)); err != nil {
		return s, err
	}
	if err := d.makeFolder(filepath.Join(string(academy), incoming)); err != nil {
		return s, err
	}
	name := filepath.Join(string(academy), incoming, rand.Text())
	temp, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return s, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreAbsent(d.root.Remove(name)))
		}
	}()
	s, err = receive(ctx, temp, r, limit)
	if e := temp.Close(); err == nil {
		err = e
	}
	if err != nil {
		return s, err
	}
	folder, file := place(academy, s.SHA256)
	if err := d.makeFolder(folder); err != nil {
		return s, err
	}
	if err := d.root.Rename(name, filepath.Join(folder, file)); err != nil {
		return s, err
	}
	return s, d.sync(folder)
}

// receive copies r to the file, to the disk, hashing and sniffing on the way.
func receive(ctx context.Context, to *os.File, r io.Reader, limit int64) (tickets.Stored, error) {
	hash, head := sha256.New(), prefix{max: sniffed}
	// One byte more than allowed tells too much from just enough.
	bounded := io.LimitReader(interruptible(ctx, r), limit+1)
	n, err := io.Copy(io.MultiWriter(to, hash, &head), bounded)
	if err != nil {
		return tickets.Stored{}, err
	}
	if n > limit {
		return tickets.Stored{}, &tickets.Error{Code: tickets.Invalid, Message: "document.too_large", Field: "document"}
	}
	if err := to.Sync(); err != nil {
		return tickets.Stored{}, err
	}
	s := tickets.Stored{Size: n, MediaType: mediaType(head.Bytes())}
	hash.Sum(s.SHA256[:0])
	return s, nil
}

// Open returns the bytes of that hash, or a NotFound refusal.
func (d *Dir) Open(_ context.Context, academy tickets.AcademyID, sum [32]byte) (io.ReadSeekCloser, error) {
	if !academyPattern.MatchString(string(academy)) {
		return nil, fmt.Errorf("files.Open: not the id of an academy: %q", academy)
	}
	folder, file := place(academy, sum)
	f, err := d.root.Open(filepath.Join(folder, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &tickets.Error{Code: tickets.NotFound, Message: "document.not_found"}
	}
	if err != nil {
		return nil, fmt.Errorf("files.Open(%s, %x): %w", academy, sum, err)
	}
	return f, nil
}

// place returns where a file is: its folder, and its name there.
func place(academy tickets.AcademyID, sum [32]byte) (folder, file string) {
	name := hex.EncodeToString(sum[:])
	return filepath.Join(string(academy), name[:2]), name[2:]
}

// makeFolder makes one folder, and its name durable in the one above: also when
// it is there, as whoever made it may not have come that far yet.
func (d *Dir) makeFolder(folder string) error {
	if _, done := d.durable.Load(folder); done {
		return nil
	}
	if err := d.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := d.sync(filepath.Dir(folder)); err != nil {
		return err
	}
	d.durable.Store(folder, struct{}{})
	return nil
}

// sync makes the names in a folder durable.
func (d *Dir) sync(folder string) error { return toDisk(d.root, folder) }

// toDisk makes the bytes of a file, or the names in a folder, durable.
func toDisk(in *os.Root, name string) error {
	f, err := in.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// mediaType tells what the bytes are, without parameters.
func mediaType(head []byte) string {
	name, _, _ := strings.Cut(mimetype.Detect(head).String(), ";")
	return name
}

// prefix keeps the first bytes written to it.
type prefix struct {
	bytes.Buffer
	max int
}

func (p *prefix) Write(b []byte) (int, error) {
	if room := p.max - p.Len(); room > 0 {
		p.Buffer.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

// interruptible is r until nobody waits for it any more.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	return readerFunc(func(b []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return r.Read(b)
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
