package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cecoia.example/deploy/local/child"
)

// An InUseError says that another living process runs the server of a folder.
type InUseError struct {
	Dir string
	URL string // of the database, as [Server.URL] has it, for who may join it
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("the folder %s is in use by another process", e.Dir)
}

// home is the folder of one server, locked by this process.
type home struct {
	dir    string
	data   string // the cluster
	socket string // folder of the Unix socket
	lock   *os.File
	// uid and gid run the server; credential is nil when they are our own.
	uid, gid   int
	credential *syscall.Credential
}

// openHome creates the folder when missing, takes its lock and hands it to the
// user that will run the server.
func openHome(dir string) (*home, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, err
	}
	h := &home{dir: dir, data: filepath.Join(dir, "data")}
	if err := h.chooseUser(); err != nil {
		return nil, err
	}
	h.socket = h.socketFolder()
	// Locked before anything is changed. The kernel frees it when we die.
	h.lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(h.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = h.lock.Close() // never written
		return nil, &InUseError{Dir: dir, URL: address(h.socket, name)}
	}
	if err := h.own(); err != nil {
		_ = h.lock.Close() // never written
		return nil, err
	}
	return h, nil
}

// chooseUser decides who runs the server. PostgreSQL refuses root: then the
// owner of the folder does, else the user postgres, else nobody.
func (h *home) chooseUser() error {
	h.uid, h.gid = os.Geteuid(), os.Getegid()
	if h.uid != 0 {
		return nil
	}
	for _, dir := range []string{h.data, h.dir} {
		info, err := os.Stat(dir)
		if err != nil {
			continue // not made yet
		}
		if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
			h.uid, h.gid = int(owner.Uid), int(owner.Gid)
			break
		}
	}
	for _, candidate := range []string{"postgres", "nobody"} {
		if h.uid != 0 {
			break
		}
		u, err := user.Lookup(candidate)
		if err != nil {
			continue
		}
		if h.uid, err = strconv.Atoi(u.Uid); err != nil {
			return fmt.Errorf("user %s: %w", candidate, err)
		}
		if h.gid, err = strconv.Atoi(u.Gid); err != nil {
			return fmt.Errorf("user %s: %w", candidate, err)
		}
	}
	if h.uid == 0 {
		return errors.New("PostgreSQL refuses to run as root, and this machine has neither a user postgres nor nobody")
	}
	h.credential = &syscall.Credential{Uid: uint32(h.uid), Gid: uint32(h.gid)}
	return nil
}

// own makes the folder and that of the socket private to the server's user.
func (h *home) own() error {
	if err := h.claim(h.dir); err != nil {
		return err
	}
	if err := h.traversable(); err != nil {
		return err
	}
	if err := os.Mkdir(h.socket, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return h.claim(h.socket)
}

// socketFolder returns where the socket is, below the folder if its name fits.
func (h *home) socketFolder() string {
	inside := filepath.Join(h.dir, "run")
	if fitsSocket(inside) {
		return inside
	}
	// A name derived from the folder: found again at each start, so a killed
	// process leaves no more than one.
	sum := sha256.Sum256([]byte(h.dir))
	unique := fmt.Sprintf("cecoia-pg-%d-%x", h.uid, sum[:8])
	if outside := filepath.Join(os.TempDir(), unique); fitsSocket(outside) {
		return outside
	}
	return filepath.Join("/tmp", unique)
}

// fitsSocket reports whether a socket in dir has a name the kernel accepts
// (sun_path: 107 bytes) and PostgreSQL too (a comma separates folders).
func fitsSocket(dir string) bool {
	return len(filepath.Join(dir, ".s.PGSQL.5432")) <= 107 && !strings.ContainsAny(dir, `,"'`)
}

// claim gives dir to the server's user alone. Someone else's folder, or a link
// put in its place, is refused: anybody can write to the temporary folder.
func (h *home) claim(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != h.uid {
		if h.credential == nil || (owner.Uid != 0) {
			return fmt.Errorf("the folder %s belongs to uid %d; the database server runs as uid %d", dir, owner.Uid, h.uid)
		}
		if err := os.Lchown(dir, h.uid, h.gid); err != nil {
			return err
		}
	}
	return os.Chmod(dir, 0o700)
}

// traversable checks, when another user runs the server, that this user can
// reach the folder: PostgreSQL's own message would name the wrong folder.
func (h *home) traversable() error {
	if h.credential == nil {
		return nil
	}
	for dir := filepath.Dir(h.dir); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		owner, ok := info.Sys().(*syscall.Stat_t)
		needed := os.FileMode(0o001)
		switch {
		case ok && int(owner.Uid) == h.uid:
			needed = 0o100
		case ok && int(owner.Gid) == h.gid:
			needed = 0o010
		}
		if info.Mode()&needed == 0 {
			return fmt.Errorf("the database server runs as uid %d, which cannot enter %s: choose another data folder, or run: chmod o+x %s", h.uid, dir, dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// prepare makes cmd run as the server's user, in its folder, with a bare
// environment (PGDATA, PGOPTIONS and the like must not leak in).
func (h *home) prepare(cmd *exec.Cmd) {
	cmd.Dir = h.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC", "HOME=" + h.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: h.credential}
}

// initialise makes the cluster when there is none. It is built beside its
// place and renamed, so that a kill in between leaves no half cluster.
func (h *home) initialise(ctx context.Context, binaries string, fsync bool) error {
	if _, err := os.Stat(h.data); err == nil {
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	unfinished := h.data + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	arguments := []string{"-D", unfinished, "-U", name, "--encoding=UTF8", "--locale=C.UTF-8",
		// Who reaches the socket, in a folder of mode 0700, is already trusted.
		"--auth=trust", "--no-instructions"}
	if !fsync {
		arguments = append(arguments, "--no-sync")
	}
	cmd := exec.Command(filepath.Join(binaries, "initdb"), arguments...)
	h.prepare(cmd)
	var said []string
	initdb, err := child.Start(cmd, child.Options{Line: func(line string) { said = append(said, line) }})
	if err != nil {
		return err
	}
	select {
	case <-initdb.Done():
	case <-ctx.Done():
		initdb.Kill()
		return fmt.Errorf("initdb in %s: %w", h.dir, ctx.Err())
	}
	if err := initdb.Err(); err != nil {
		return fmt.Errorf("initdb in %s: %w: %s", h.dir, err, strings.Join(said, "; "))
	}
	if err := os.Rename(unfinished, h.data); err != nil {
		return err
	}
	if !fsync {
		return nil
	}
	return syncDir(h.dir)
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// stopPrevious ends the server of a process that was killed before it could:
// its death signal should have, it may still be at it. The lock is ours, so
// whatever runs in the cluster's folder has lost its master.
func (h *home) stopPrevious(ctx context.Context) error {
	if _, err := os.Stat("/proc/self/cwd"); err != nil {
		return nil // PostgreSQL's own check of its postmaster.pid must do
	}
	pidFile := filepath.Join(h.data, "postmaster.pid")
	content, err := os.ReadFile(pidFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		pid = 0 // cut short by a crash: whoever wrote it is found by its folder
	}
	const patience = 10 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	retry := time.NewTicker(10 * time.Millisecond)
	defer retry.Stop()
	for round := 0; ; round++ {
		running := runningIn(h.data)
		if len(running) == 0 {
			break
		}
		for _, p := range running {
			if p == pid && round%100 == 0 { // at once, then each second
				// Gone in between is what we want.
				_ = syscall.Kill(pid, syscall.SIGQUIT)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("processes %v of an earlier server still run in %s: %w", running, h.data, ctx.Err())
		case <-retry.C:
		}
	}
	// Left over, it would stop the next server if its number had been given to
	// another process meanwhile.
	if err := os.Remove(pidFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	stale := filepath.Join(h.socket, ".s.PGSQL.5432.lock")
	if err := os.Remove(stale); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// runningIn returns the processes whose working folder is dir: PostgreSQL's
// all have the cluster's. It needs /proc; elsewhere it finds none.
func runningIn(dir string) []int {
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return nil
	}
	var pids []int
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != dir {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
