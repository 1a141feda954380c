//go:build !linux

package files

// syncAll makes files and folders durable.
func (d *Dir) syncAll(names []string) error {
	done := make(map[string]bool, len(names))
	for _, name := range names {
		if done[name] {
			continue
		}
		done[name] = true
		if err := d.sync(name); err != nil {
			return err
		}
	}
	return nil
}
