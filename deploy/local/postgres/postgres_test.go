package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cecoia.example/deploy/local/wait"
)

// folder returns a folder that the server's user can reach.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, opts Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop(context.Background()) })
	return s
}

func execute(t *testing.T, s *Server, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func assertGone(t *testing.T, pid int, data string) {
	t.Helper()
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is still there: %v", pid, err)
	}
	if left := runningIn(data); len(left) != 0 {
		t.Errorf("processes %v still run in %s", left, data)
	}
}

func TestStopKeepsDataAndLeavesNothing(t *testing.T) {
	defer wait.NothingRuns(t)
	opts := Options{Dir: folder(t), Fsync: true}
	s := start(t, opts)
	execute(t, s, "CREATE TABLE kept AS SELECT 'été' AS word")
	// An open session does not hold the stop back.
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	s.Stop(t.Context())
	s.Stop(t.Context())
	conn.Close(context.Background()) // the server is gone
	assertGone(t, s.PID(), filepath.Join(opts.Dir, "data"))

	again := start(t, opts)
	execute(t, again, "INSERT INTO kept VALUES ('hiver')")
	again.Stop(t.Context())
}

func TestStopWithEndedContextStillLeavesNothing(t *testing.T) {
	opts := Options{Dir: folder(t)}
	s := start(t, opts)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Stop(ctx)
	// SIGKILL gives the postmaster no time to end its own: they notice.
	deadline := time.After(30 * time.Second)
	for len(runningIn(filepath.Join(opts.Dir, "data"))) > 0 {
		select {
		case <-deadline:
			t.Fatal("children left")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestClusterSettings(t *testing.T) {
	s := start(t, Options{Dir: folder(t), Fsync: true, MaxConnections: 33})
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for setting, want := range map[string]string{
		"listen_addresses": "", "server_encoding": "UTF8", "lc_collate": "C.UTF-8",
		"fsync": "on", "synchronous_commit": "on", "max_connections": "33", "TimeZone": "UTC",
	} {
		var got string
		if err := conn.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	var user, database string
	if err := conn.QueryRow(t.Context(), "SELECT current_user, current_database()").Scan(&user, &database); err != nil {
		t.Fatal(err)
	}
	if user != "cecoia" || database != "cecoia" {
		t.Errorf("signed in as %s on %s", user, database)
	}
}

// The parent is killed by SIGKILL: its server ends, and the next start on the
// same folder finds every commit.
func TestParentKilled(t *testing.T) {
	if dir := os.Getenv("POSTGRES_VICTIM_DIR"); dir != "" {
		s, err := Start(t.Context(), Options{Dir: dir, Fsync: true})
		if err != nil {
			t.Fatal(err)
		}
		execute(t, s, "CREATE TABLE kept AS SELECT 1 AS n")
		fmt.Println(s.PID())
		select {}
	}
	dir := folder(t)
	victim := exec.Command(os.Args[0], "-test.run=^TestParentKilled$")
	victim.Env = append(os.Environ(), "POSTGRES_VICTIM_DIR="+dir)
	output, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(line, &pid); err != nil {
		t.Fatalf("victim said %q", line)
	}
	_ = victim.Process.Kill()
	_ = victim.Wait()

	s := start(t, Options{Dir: dir, Fsync: true}) // at once: the old server may still be ending
	execute(t, s, "INSERT INTO kept VALUES (2)")
	if s.PID() == pid {
		t.Error("the old server goes on")
	}
	if running := runningIn(filepath.Join(dir, "data")); slices.Contains(running, pid) {
		t.Errorf("old server %d still runs beside %v", pid, running)
	}
}

// A server that goes on without its master is stopped first: where the kernel
// sends no death signal, it would stand in the way for ever.
func TestPreviousServerStillRuns(t *testing.T) {
	opts := Options{Dir: folder(t), Fsync: true}
	previous := start(t, opts)
	execute(t, previous, "CREATE TABLE kept AS SELECT 1 AS n")
	if err := previous.lock.Close(); err != nil { // as the death of its process does
		t.Fatal(err)
	}
	s := start(t, opts)
	execute(t, s, "INSERT INTO kept VALUES (2)")
	select {
	case <-previous.Done(): // which is told a moment after it has ended
	case <-time.After(30 * time.Second):
		t.Error("the previous server goes on")
	}
}

// A postmaster.pid whose number now belongs to another process is no obstacle.
func TestStalePidFile(t *testing.T) {
	opts := Options{Dir: folder(t)}
	start(t, opts).Stop(t.Context())
	for _, content := range []string{fmt.Sprintf("%d\n%s/data\n", os.Getpid(), opts.Dir), "", "garbage"} {
		if err := os.WriteFile(filepath.Join(opts.Dir, "data", "postmaster.pid"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Start(t.Context(), opts)
		if err != nil {
			t.Fatalf("with %q: %v", content, err)
		}
		s.Stop(t.Context())
	}
}

// An initdb cut short is done again.
func TestUnfinishedInitdb(t *testing.T) {
	dir := folder(t)
	if err := os.Mkdir(filepath.Join(dir, "data.new"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data.new", "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	execute(t, start(t, Options{Dir: dir}), "SELECT 1")
}

func TestLongPath(t *testing.T) {
	dir := filepath.Join(folder(t), strings.Repeat("long", 30))
	s := start(t, Options{Dir: dir})
	execute(t, s, "SELECT 1")
	s.Stop(t.Context())
	if _, err := os.Stat(s.socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's folder %s is left: %v", s.socket, err)
	}
}

func TestFolderInUse(t *testing.T) {
	opts := Options{Dir: folder(t)}
	running := start(t, opts)
	_, err := Start(t.Context(), opts)
	var inUse *InUseError
	if !errors.As(err, &inUse) || !strings.Contains(err.Error(), opts.Dir) || inUse.URL != running.URL() {
		t.Errorf("error %v, want one that names %s and leads to it", err, opts.Dir)
	}
}

func TestUntraversableFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		return // only root runs the server as somebody else
	}
	dir := t.TempDir() // below a folder of mode 0700
	if err := os.Chmod(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: filepath.Join(dir, "pg")})
	if err == nil || !strings.Contains(err.Error(), "chmod o+x "+filepath.Dir(dir)) {
		t.Errorf("error %v, want the remedy", err)
	}
}

func TestMissingBinaries(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := findBinariesIn(filepath.Join(t.TempDir(), "*", "bin"))
	var missing *MissingError
	if !errors.As(err, &missing) || err.Error() != "apt-get install -y postgresql" {
		t.Errorf("error %v", err)
	}
}

func TestNewestBinaries(t *testing.T) {
	root := t.TempDir()
	for _, version := range []string{"9.6", "15", "8.4"} {
		bin := filepath.Join(root, version, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, program := range []string{"initdb", "postgres"} {
			if err := os.WriteFile(filepath.Join(bin, program), nil, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := findBinariesIn(filepath.Join(root, "*", "bin"))
	if want := filepath.Join(root, "15", "bin"); err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

func TestBrokenClusterSaysSo(t *testing.T) {
	opts := Options{Dir: folder(t)}
	start(t, opts).Stop(t.Context())
	if err := os.Remove(filepath.Join(opts.Dir, "data", "global", "pg_control")); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), opts); err == nil || !strings.Contains(err.Error(), opts.Dir) {
		t.Errorf("error %v, want one that names the folder", err)
	}
}
