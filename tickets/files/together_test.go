package files_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPutAllThenOpen(t *testing.T) {
	d, path := open(t)
	for _, contents := range [][][]byte{nil, {[]byte("one")}, {[]byte("one"), []byte("two"), {}, []byte("two"), []byte("%PDF-1.7\n")}} {
		all, err := d.PutAll(t.Context(), academy, contents)
		if err != nil || len(all) != len(contents) {
			t.Fatalf("%d kept, %v", len(all), err)
		}
		for i, s := range all {
			if s.SHA256 != sha256.Sum256(contents[i]) || s.Size != int64(len(contents[i])) {
				t.Errorf("%q: %+v", contents[i], s)
			}
			f, err := d.Open(t.Context(), academy, s.SHA256)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := io.ReadAll(f); string(got) != string(contents[i]) {
				t.Errorf("read %q, want %q", got, contents[i])
			}
			f.Close()
		}
	}
	if left := stored(t, path); len(left) != 4 {
		t.Errorf("files %v, want one for each content", left)
	}
}

func TestPutAllMendsWhatAKilledWriterLeft(t *testing.T) {
	d, path := open(t)
	contents := [][]byte{[]byte("one"), []byte("two")}
	if _, err := d.PutAll(t.Context(), academy, contents); err != nil {
		t.Fatal(err)
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(contents[1]))
	if err := os.Truncate(filepath.Join(path, string(academy), sum[:2], sum[2:]), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := d.PutAll(t.Context(), academy, contents); err != nil {
		t.Fatal(err)
	}
	f, err := d.Open(t.Context(), academy, sha256.Sum256(contents[1]))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, _ := io.ReadAll(f); string(got) != "two" {
		t.Errorf("read %q", got)
	}
}

func TestPutAllLeavesNothingHalfWritten(t *testing.T) {
	d, path := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.PutAll(ctx, academy, [][]byte{[]byte("one"), []byte("two")}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := d.PutAll(t.Context(), "../elsewhere", [][]byte{[]byte("one")}); err == nil {
		t.Error("an academy that is a path was accepted")
	}
	for _, name := range stored(t, path) {
		if !strings.HasSuffix(name, "/") {
			t.Errorf("%s is left", name)
		}
	}
}
