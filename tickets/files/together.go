package files

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cecoia.example/tickets"
)

// PutAll keeps small contents: when it returns, their bytes and names are on the
// disk. They get there together, which costs about as much as for one alone.
// After an error some may be kept.
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
	for _, folder := range []string{string(academy), filepath.Join(string(academy), incoming)} {
		if err := d.makeFolder(folder); err != nil {
			return nil, err
		}
	}
	names := make([]string, 0, len(contents))
	defer func() {
		if err != nil {
			for _, name := range names {
				err = errors.Join(err, ignoreAbsent(d.root.Remove(name)))
			}
		}
	}()
	for _, content := range contents {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		name := filepath.Join(string(academy), incoming, rand.Text())
		names = append(names, name)
		if err := d.write(name, content); err != nil {
			return nil, err
		}
		stored = append(stored, tickets.Stored{
			SHA256: sha256.Sum256(content), Size: int64(len(content)),
			MediaType: mediaType(content[:min(len(content), sniffed)]),
		})
	}
	// First the bytes: a name never stands for less than all of them.
	if err := d.syncAll(names); err != nil {
		return nil, err
	}
	folders := make([]string, len(names))
	for i, name := range names {
		folder, file := place(academy, stored[i].SHA256)
		if err := d.makeFolder(folder); err != nil {
			return nil, err
		}
		if err := d.root.Rename(name, filepath.Join(folder, file)); err != nil {
			return nil, err
		}
		folders[i] = folder
	}
	return stored, d.syncAll(folders)
}

// write makes a file, not yet durable.
func (d *Dir) write(name string, content []byte) error {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
