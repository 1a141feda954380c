package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cecoia.example/tickets"
)

// PutAll keeps small contents: when it returns, their bytes and names are on the
// disk. They get there together, which costs about as much as for one alone.
// What their media types are is not looked at. After an error, or when the
// process is killed, some may be kept, and one may be there in part: nobody was
// told of it, and whoever keeps it the next time replaces it. A name that is
// there already is never written to.
func (d *Dir) PutAll(ctx context.Context, academy tickets.AcademyID, contents [][]byte) ([]tickets.Stored, error) {
	stored, err := d.putAll(ctx, academy, contents)
	if err != nil {
		return nil, fmt.Errorf("files.PutAll(%s, %d): %w", academy, len(contents), err)
	}
	return stored, nil
}

func (d *Dir) putAll(ctx context.Context, academy tickets.AcademyID, contents [][]byte) (stored []tickets.Stored, err error) {
	if len(contents) == 0 {
		return nil, nil
	}
	if !academyPattern.MatchString(string(academy)) {
		return nil, fmt.Errorf("not the id of an academy: %q", academy)
	}
	if err := d.makeFolder(string(academy)); err != nil {
		return nil, err
	}
	// A path is walked from its root at each call, folder by folder: the nearer
	// the root, the better.
	root, err := d.root.OpenRoot(string(academy))
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	names, folders := make([]string, len(contents)), make([]string, len(contents))
	for i, content := range contents {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s := tickets.Stored{SHA256: sha256.Sum256(content), Size: int64(len(content))}
		folder, file := place(academy, s.SHA256)
		if err := d.makeFolder(folder); err != nil {
			return nil, err
		}
		folders[i] = filepath.Base(folder)
		names[i] = filepath.Join(folders[i], file)
		err := write(root, names[i], content)
		if errors.Is(err, fs.ErrExist) {
			var whole bool
			if whole, err = holds(root, names[i], content); err == nil && !whole { // a writer was killed
				_, err = d.put(ctx, academy, bytes.NewReader(content), s.Size)
			}
		}
		if err != nil {
			return nil, err
		}
		stored = append(stored, s)
	}
	return stored, syncAll(root, names, folders)
}

// write makes a file that is not there yet; its bytes are not durable.
func write(in *os.Root, name string, content []byte) error {
	f, err := in.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// holds says whether a file is that content, whole.
func holds(in *os.Root, name string, content []byte) (bool, error) {
	f, err := in.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	there, err := io.ReadAll(io.LimitReader(f, int64(len(content))+1))
	return bytes.Equal(there, content), err
}
