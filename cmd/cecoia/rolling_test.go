package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cecoia.example/deploy/example"
	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/deploy/local/redis/redistest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// ingester is a `cecoia serve --roles ingest` that is stopped and started again.
type ingester struct {
	t       *testing.T
	hooks   string
	env     []string
	command *exec.Cmd
}

func (i *ingester) start() {
	i.t.Helper()
	i.command = exec.Command(binary, "serve", "--roles", "ingest")
	i.command.Env = append(append(os.Environ(), i.env...), "CECOIA_HOOKS_ADDR="+i.hooks, "CECOIA_OPS_ADDR=127.0.0.1:0")
	i.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr := &lockedBuffer{}
	i.command.Stderr = stderr
	out, err := i.command.StdoutPipe()
	if err != nil {
		i.t.Fatal(err)
	}
	if err := i.command.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() {
		if i.t.Failed() {
			i.t.Logf("ingester on %s:\n%s", i.hooks, tail(stderr.String(), 4000))
		}
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "ready ") {
		i.t.Fatalf("an ingester says %q: %v\n%s", line, err, stderr)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
}

// stop sends the signal and waits for the end.
func (i *ingester) stop(s syscall.Signal) {
	i.t.Helper()
	if err := i.command.Process.Signal(s); err != nil {
		i.t.Fatal(err)
	}
	if err := i.command.Wait(); err != nil && s == syscall.SIGTERM {
		i.t.Errorf("an ingester that was asked to end: %v", err)
	}
}

// Two processes take commands; one is killed, Redis forgets everything, the
// other is replaced as a deployment does. People type again what they get no
// answer to. Every command that anybody was told is done is done, once.
func TestARollingRestartLosesAndDoublesNoCommand(t *testing.T) {
	t.Parallel()
	database := postgrestest.New(t, "cecoia", postgres.Migrate)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: database, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	academies, err := parseDeskFile(example.Desk, example.Logos)
	if err != nil {
		t.Fatal(err)
	}
	people, err := parsePeople(strings.NewReader(string(example.People)))
	if err != nil {
		t.Fatal(err)
	}
	if err := seedDemo(t.Context(), db, academies, people); err != nil {
		t.Fatal(err)
	}
	agent, _, err := db.Credentials(t.Context(), "creteil", "agent@creteil.example")
	if err != nil {
		t.Fatal(err)
	}
	redis := redistest.New(t)
	env := []string{
		"CECOIA_DATA=" + t.TempDir(), "CECOIA_DATABASE_URL=" + database, "CECOIA_REDIS_URL=" + redis.URL(),
		"CECOIA_SECRET_KEY=une clé de trente-deux octets au moins", "CECOIA_SLASH_TOKEN_CRETEIL=un-jeton", "CECOIA_COMMANDS_PER_MINUTE=-1",
	}
	var both [2]*ingester
	for n := range both {
		both[n] = &ingester{t: t, env: env, hooks: freeAddress(t)}
		both[n].start()
	}

	// The load: each person notes on a ticket of theirs, one note after the other.
	var acknowledged, typedAgain, later atomic.Int64
	done := make(chan struct{})
	var load sync.WaitGroup
	client := &http.Client{Timeout: 10 * time.Second}
	note := func(n int, text string) (said string) {
		form := url.Values{
			"user_id": {mattermost.UserID(chatName(agent))}, "text": {text}, "trigger_id": {fmt.Sprint(time.Now().UnixNano(), text)},
			"response_url": {""},
		}
		req, err := http.NewRequest(http.MethodPost, "http://"+both[n%2].hooks+"/mattermost/command", strings.NewReader(form.Encode()))
		if err != nil {
			t.Error(err)
			return ""
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", "Token un-jeton")
		resp, err := client.Do(req)
		if err != nil {
			return "" // it is away, or was killed before it answered
		}
		defer resp.Body.Close()
		var answer chatAnswer
		if json.NewDecoder(resp.Body).Decode(&answer) != nil {
			return ""
		}
		return answer.Text
	}
	desk := tickets.NewDesk(tickets.Options{Store: db})
	const typists = 6
	var typed [typists]int // notes acknowledged
	for typist := range typists {
		cs, err := desk.Open(t.Context(), tickets.Caller{Person: agent, Origin: tickets.FromChat}, tickets.Incident, tickets.Card{Description: "Essai", Theme: academies[0].Themes[0].Code})
		if err != nil {
			t.Fatal(err)
		}
		load.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				words := fmt.Sprintf("note %s mot-%d-%d", cs.Number, typist, i)
				for again := 0; ; again++ {
					said := note(typist+again, words)
					if strings.Contains(said, "mot-") || strings.Contains(said, "bien enregistrée") || strings.Contains(said, "bien enregistré") {
						if !strings.Contains(said, "mot-") {
							later.Add(1)
						}
						break
					}
					typedAgain.Add(1)
					select {
					case <-time.After(20 * time.Millisecond):
					case <-t.Context().Done():
						return
					}
				}
				typed[typist]++
				acknowledged.Add(1)
			}
		})
	}
	during := func(what string, do func()) {
		t.Helper()
		before := acknowledged.Load()
		eventually(t, "commands before "+what, func() (bool, string) { return acknowledged.Load() > before+30, "" })
		do()
		t.Logf("%s after %d commands", what, acknowledged.Load())
	}
	during("kill -9", func() { both[0].stop(syscall.SIGKILL) })
	during("its return", func() { both[0].start() })
	during("a flush of Redis", func() { flush(t, redis.URL()) })
	during("an orderly end", func() { both[1].stop(syscall.SIGTERM) })
	during("its replacement", func() { both[1].start() })
	during("the end", func() { close(done) })
	load.Wait()

	want := 0
	for _, n := range typed {
		want += n
	}
	deadline := time.Now().Add(time.Minute) // what a killed process had begun is taken over after 15 s
	for {
		var all, once, waiting int
		if err := db.Pool().QueryRow(t.Context(), `SELECT count(*), count(DISTINCT text), (SELECT count(*) FROM commands WHERE academy = 'creteil' AND NOT finished)
			FROM events WHERE academy = 'creteil' AND action = 'note'`).Scan(&all, &once, &waiting); err != nil {
			t.Fatal(err)
		}
		if all != once {
			t.Fatalf("%d notes of %d are doubled", all-once, all)
		}
		if once == want && waiting == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d notes of %d are there, %d commands wait", once, want, waiting)
		}
		<-time.After(50 * time.Millisecond)
	}
	t.Logf("%d commands, %d typed again, %d answered later", want, typedAgain.Load(), later.Load())
	both[0].stop(syscall.SIGTERM)
	both[1].stop(syscall.SIGTERM)
}

// flush makes Redis forget everything.
func flush(t *testing.T, address string) {
	t.Helper()
	o, err := goredis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	c := goredis.NewClient(o)
	defer c.Close()
	if err := c.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}
