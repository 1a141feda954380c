//go:build !linux

package files

import (
	"os"
	"slices"
)

// syncAll makes files and the folders they are in durable.
func syncAll(in *os.Root, files, folders []string) error {
	done := map[string]bool{}
	for _, name := range slices.Concat(files, folders) {
		if done[name] {
			continue
		}
		done[name] = true
		if err := toDisk(in, name); err != nil {
			return err
		}
	}
	return nil
}
