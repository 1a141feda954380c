package child

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// RemoveAtEnd removes the folder dir, with all it holds, when this process
// ends, however it ends, or earlier when remove is called; remove returns once
// the folder is gone. A shell waits for that end: it is the one thing that
// outlives a SIGKILL, and only for the time of the removal.
func RemoveAtEnd(dir string) (remove func() error, err error) {
	// Children that still write while they end make rm fail: try for 10 s.
	const script = `read -r _; n=0; until rm -rf -- "$1" 2>/dev/null || [ $n -ge 100 ]; do n=$((n+1)); sleep 0.1; done; [ ! -e "$1" ]`
	// The end of input is the signal. Our end of the pipe is a bare descriptor,
	// as the garbage collector closes an [os.File] that nobody refers to.
	var pipe [2]int
	if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("child.RemoveAtEnd %s: %w", dir, err)
	}
	signal := sync.OnceFunc(func() { _ = syscall.Close(pipe[1]) })
	stdin := os.NewFile(uintptr(pipe[0]), "pipe")
	defer stdin.Close()
	cmd := exec.Command("/bin/sh", "-c", script, "remove-at-end", dir)
	cmd.Stdin = stdin
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // spared by Ctrl-C
	if err := cmd.Start(); err != nil {
		signal()
		return nil, fmt.Errorf("child.RemoveAtEnd %s: %w", dir, err)
	}
	return sync.OnceValue(func() error {
		signal()
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("removing %s: %w", dir, err)
		}
		return nil
	}), nil
}
