package files_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/files"
)

const academy tickets.AcademyID = "creteil"

func open(t *testing.T) (*files.Dir, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "documents")
	d, err := files.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d, path
}

// stored returns the files there are, relative to the folder.
func stored(t *testing.T, path string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if e.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", p, info.Mode().Perm(), want)
		}
		if !e.IsDir() {
			rel, err := filepath.Rel(path, p)
			out = append(out, rel)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPutThenOpen(t *testing.T) {
	d, path := open(t)
	body := "L’imprimante du CDI ne répond plus.\n"
	sum := sha256.Sum256([]byte(body))
	for range 2 { // the same bytes twice are one file
		s, err := d.Put(t.Context(), academy, strings.NewReader(body), 1000)
		if err != nil {
			t.Fatal(err)
		}
		want := tickets.Stored{SHA256: sum, Size: int64(len(body)), MediaType: "text/plain"}
		if s != want {
			t.Errorf("Put = %+v, want %+v", s, want)
		}
	}
	name := fmt.Sprintf("%x", sum)
	want := filepath.Join("creteil", name[:2], name[2:])
	if got := stored(t, path); len(got) != 1 || got[0] != want {
		t.Errorf("on disk: %v, want only %s", got, want)
	}

	r, err := d.Open(t.Context(), academy, sum)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Seek(2, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != body[2:] {
		t.Errorf("read %q, %v", got, err)
	}

	for what, err := range map[string]error{
		"another academy's": openError(d, "paris", sum),
		"an absent one":     openError(d, academy, [32]byte{1}),
	} {
		if tickets.CodeOf(err) != tickets.NotFound {
			t.Errorf("opening %s: %v, want NotFound", what, err)
		}
	}
}

func openError(d *files.Dir, academy tickets.AcademyID, sum [32]byte) error {
	_, err := d.Open(context.Background(), academy, sum)
	return err
}

func TestPutLimit(t *testing.T) {
	d, path := open(t)
	if s, err := d.Put(t.Context(), academy, strings.NewReader("12345"), 5); err != nil || s.Size != 5 {
		t.Errorf("exactly the limit: %+v, %v", s, err)
	}
	before := len(stored(t, path))
	var endless endless
	_, err := d.Put(t.Context(), academy, &endless, 100_000)
	var refusal *tickets.Error
	if !errors.As(err, &refusal) || refusal.Code != tickets.Invalid || refusal.Message != "document.too_large" {
		t.Errorf("over the limit: %v", err)
	}
	if endless > 200_000 {
		t.Errorf("read %d bytes to refuse more than 100000", endless)
	}
	if got := stored(t, path); len(got) != before {
		t.Errorf("left behind: %v", got)
	}
}

// endless counts what is read of it.
type endless int

func (e *endless) Read(b []byte) (int, error) { *e += endless(len(b)); return len(b), nil }

// A write that fails half-way is a plain error and leaves nothing.
func TestPutWithoutRoom(t *testing.T) {
	d, path := open(t)
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 64 << 10, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	_, err := d.Put(t.Context(), academy, strings.NewReader(strings.Repeat("x", 1<<20)), 2<<20)
	if e := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); e != nil {
		t.Fatal(e)
	}
	if !errors.Is(err, syscall.EFBIG) || tickets.CodeOf(err) != "" {
		t.Errorf("Put = %v, want a plain error", err)
	}
	if got := stored(t, path); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestPutInterrupted(t *testing.T) {
	d, path := open(t)
	broken := io.MultiReader(strings.NewReader("half of it"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := d.Put(t.Context(), academy, broken, 1000); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken upload: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Put(ctx, academy, strings.NewReader("late"), 1000); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits: %v", err)
	}
	if got := stored(t, path); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestAcademyIsNoPath(t *testing.T) {
	d, path := open(t)
	for _, id := range []tickets.AcademyID{"", ".", "..", "../creteil", "creteil/../paris", "/etc", "Créteil", `a\b`, "a\x00b"} {
		if _, err := d.Put(t.Context(), id, strings.NewReader("x"), 10); err == nil {
			t.Errorf("Put accepted the academy %q", id)
		}
		if err := openError(d, id, [32]byte{}); err == nil {
			t.Errorf("Open accepted the academy %q", id)
		}
	}
	// Not even a link planted in the folder leads out of it.
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(path, "paris")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Put(t.Context(), "paris", strings.NewReader("x"), 10); err == nil {
		t.Error("Put followed a link out of the folder")
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 0 {
		t.Errorf("outside: %v, %v", left, err)
	}
}

func TestMediaTypes(t *testing.T) {
	d, _ := open(t)
	for want, body := range map[string][]byte{
		"text/plain":                  []byte("Bonjour,\nrien ne va.\n"),
		"application/pdf":             []byte("%PDF-1.7\n%âãÏÓ\n"),
		"image/png":                   []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
		"image/jpeg":                  {0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0},
		"text/html":                   []byte("<!DOCTYPE html><html><script>alert(1)</script>"),
		"image/svg+xml":               []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>`),
		"application/zip":             archive(t, "notes.txt"),
		"application/x-7z-compressed": []byte("7z\xbc\xaf\x27\x1c\x00\x04"),
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document": archive(t, "[Content_Types].xml", "_rels/.rels", "word/document.xml"),
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       archive(t, "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"),
		"application/vnd.oasis.opendocument.text":                                 opendocument(t, "application/vnd.oasis.opendocument.text"),
		"application/vnd.oasis.opendocument.spreadsheet":                          opendocument(t, "application/vnd.oasis.opendocument.spreadsheet"),
	} {
		s, err := d.Put(t.Context(), academy, bytes.NewReader(body), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if s.MediaType != want {
			t.Errorf("%s was taken for %s", want, s.MediaType)
		}
	}
}

// archive is a ZIP whose first entries are long enough that the telling one
// comes after the first 4096 bytes.
func archive(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		e, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = e.Write(bytes.Repeat([]byte("<a/>"), 1500))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func opendocument(t *testing.T, mediaType string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	e, err := w.CreateRaw(&zip.FileHeader{
		Name: "mimetype", Method: zip.Store,
		CompressedSize64: uint64(len(mediaType)), UncompressedSize64: uint64(len(mediaType)),
	})
	if err == nil {
		_, err = io.WriteString(e, mediaType)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestConcurrentPutsOfTheSameBytes(t *testing.T) {
	d, path := open(t)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := d.Put(t.Context(), academy, strings.NewReader("the same"), 100); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := stored(t, path); len(got) != 1 {
		t.Errorf("on disk: %v", got)
	}
}

// What a killed writer left is removed a day later, not what another writes now.
func TestOpenSweeps(t *testing.T) {
	d, path := open(t)
	if _, err := d.Put(t.Context(), academy, strings.NewReader("kept"), 100); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{"old": 25 * time.Hour, "young": time.Hour} {
		file := filepath.Join(path, "creteil", "incoming", name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	again, err := files.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	got := strings.Join(stored(t, path), " ")
	if strings.Contains(got, "old") || !strings.Contains(got, "young") || len(stored(t, path)) != 2 {
		t.Errorf("after sweeping: %s", got)
	}
}
