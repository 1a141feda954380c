package postgrestest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cecoia.example/deploy/local/postgres/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func schema(calls *atomic.Int64) func(context.Context, string) error {
	return func(ctx context.Context, url string) error {
		calls.Add(1)
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, "CREATE TABLE word (w text)")
		return err
	}
}

// Each test has its own database, the schema is made once.
func TestNewIsolates(t *testing.T) {
	var calls atomic.Int64
	for i := range 2 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			conn, err := pgx.Connect(ctx, postgrestest.New(t, "words", schema(&calls)))
			if err != nil {
				t.Fatal(err)
			}
			var words int
			if err := conn.QueryRow(ctx, "INSERT INTO word VALUES ('x') RETURNING (SELECT count(*) FROM word)").Scan(&words); err != nil {
				t.Fatal(err)
			}
			if words != 0 {
				t.Errorf("another test's rows are here: %d", words)
			}
			// The connection stays open: the clone is dropped all the same.
		})
	}
	t.Cleanup(func() {
		if calls.Load() != 1 {
			t.Errorf("migrated %d times, want 1", calls.Load())
		}
	})
}

// A test process killed without a word leaves neither folder nor server.
func TestKilledProcessLeavesNothing(t *testing.T) {
	if os.Getenv("POSTGRESTEST_VICTIM") != "" {
		var calls atomic.Int64
		postgrestest.New(t, "words", schema(&calls))
		fmt.Println("up")
		select {}
	}
	temp := t.TempDir()
	// The server's user must get through the folder the test framework made.
	if err := os.Chmod(filepath.Dir(temp), 0o711); err != nil {
		t.Fatal(err)
	}
	victim := exec.Command(os.Args[0], "-test.run=^TestKilledProcessLeavesNothing$")
	victim.Env = append(os.Environ(), "POSTGRESTEST_VICTIM=1", "TMPDIR="+temp)
	output, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(output).ReadString('\n'); err != nil || line != "up\n" {
		t.Fatalf("victim said %q, %v", line, err)
	}
	folders, err := filepath.Glob(filepath.Join(temp, "cecoia-test-*", "postgres", "data"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("cluster folders: %v, %v", folders, err)
	}
	pidFile, err := os.Open(filepath.Join(folders[0], "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(pidFile, &pid); err != nil {
		t.Fatal(err)
	}
	_ = victim.Process.Kill()
	_ = victim.Wait()

	gone := func() bool {
		left, err := os.ReadDir(temp)
		return err == nil && len(left) == 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}
	deadline := time.After(time.Minute)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !gone() {
		select {
		case <-look.C:
		case <-deadline:
			left, _ := os.ReadDir(temp)
			t.Fatalf("left behind: %v, server %d", left, pid)
		}
	}
}
