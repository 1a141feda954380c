package files

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncAll makes files and the folders they are in durable: by one call for the
// file system they are on, which one fsync each would make wait for the disk as
// many times.
func syncAll(in *os.Root, files, folders []string) error {
	if len(files) == 1 {
		return errors.Join(toDisk(in, files[0]), toDisk(in, folders[0]))
	}
	f, err := in.Open(files[0])
	if err != nil {
		return err
	}
	return errors.Join(os.NewSyscallError("syncfs", unix.Syncfs(int(f.Fd()))), f.Close())
}
