package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"cecoia.example/deploy/example"
	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/deploy/local/redis/redistest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
	"cecoia.example/tickets/postgres"
)

// Two processes look at alerts; one dies by kill -9 just before an alert is to be
// told. The other tells it, once, and once that it is over.
func TestAlertsSurviveTheirClock(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	databaseURL := postgrestest.New(t, "cecoia", postgres.Migrate)
	db, err := postgres.Open(ctx, postgres.Options{URL: databaseURL, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	academies, err := parseDeskFile(example.Desk, example.Logos)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Apply(ctx, academies, time.Now()); err != nil {
		t.Fatal(err)
	}
	// Something to tell, found a while ago: it is told half a minute after that.
	began := time.Now().Add(-20 * time.Second)
	if err := db.Signal(ctx, "creteil", tickets.AlertMailLoop, 3, began, began.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	room := oncall.NewRoom(oncall.Options{Store: db, Now: func() time.Time { return began }})
	if _, err := room.Tick(ctx, "creteil"); err != nil {
		t.Fatal(err)
	}
	redisURL, data := redistest.New(t).URL(), t.TempDir()
	clock := func() *exec.Cmd {
		command := exec.Command(binary, "serve", "--roles", "clock")
		command.Env = append(os.Environ(), "CECOIA_DATA="+data, "CECOIA_DATABASE_URL="+databaseURL, "CECOIA_REDIS_URL="+redisURL, "CECOIA_OPS_ADDR=127.0.0.1:0")
		command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		out, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "ready ") {
			t.Fatalf("a clock says %q: %v", line, err)
		}
		return command
	}
	first := clock()
	clock()
	due := max(30*time.Second, time.Since(began))
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	count := func(sql string) (n int) {
		t.Helper()
		if err := db.Pool().QueryRow(ctx, sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	posted := func() int { return count(`SELECT count(*) FROM alert_traces WHERE what = 'posted'`) }
	eventually(t, "the alert is told", func() (bool, string) { return posted() > 0, "" })
	if late := count(`SELECT extract(epoch FROM min(at) - $$` + began.UTC().Format(time.RFC3339Nano) + `$$::timestamptz)::int FROM alert_traces WHERE what = 'posted'`); late > int(due.Seconds())+15 {
		t.Errorf("it was told %d s after it was found", late)
	}
	clock() // a third comes, and it ends
	if err := db.Signal(ctx, "creteil", tickets.AlertMailLoop, 3, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the alert is over", func() (bool, string) {
		return count(`SELECT count(*) FROM alert_traces WHERE what = 'resolved'`) == 1, ""
	})
	if n := count(`SELECT count(*) FROM deliveries WHERE template = 'alert'`); posted() != 1 || n != 2 {
		t.Errorf("posted %d times, %d tellings", posted(), n)
	}
}
