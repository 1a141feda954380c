package files

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncAll makes files and folders durable: by one call for the file system they
// are on, which one fsync each would make wait for the disk as many times.
func (d *Dir) syncAll(names []string) error {
	if len(names) == 1 {
		return d.sync(names[0])
	}
	f, err := d.root.Open(names[0])
	if err != nil {
		return err
	}
	return errors.Join(os.NewSyscallError("syncfs", unix.Syncfs(int(f.Fd()))), f.Close())
}
