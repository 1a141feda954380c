//go:build unix && !linux

package child

import "syscall"

// setDeathSignal does nothing: outside Linux a child outlives a killed parent,
// and its package finds and stops it at the next start.
func setDeathSignal(*syscall.SysProcAttr, syscall.Signal) {}
