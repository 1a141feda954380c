package ingest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cecoia.example/deploy/local/redis/redistest"
	"cecoia.example/deploy/local/wait"
	"cecoia.example/ingest"
)

func TestAnswersInTimeLeaveNothingBehind(t *testing.T) {
	server := redistest.New(t)
	d := newDesk()
	a, _ := d.start(t, onRedis(t, server.URL()))
	b, _ := d.start(t, onRedis(t, server.URL()))
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			g := []*ingest.Gateway{a, b}[i%2]
			c := command(fmt.Sprint("c", i))
			if got := g.Submit(t.Context(), c); got.How != ingest.Done || got.Text != "done: "+c.Text {
				t.Errorf("answer %+v", got)
			}
			if n := d.times(c.ID); n != 1 {
				t.Errorf("executed %d times", n)
			}
		})
	}
	all.Wait()
	nothingLeft(t, client(t, server.URL()))
	if len(d.store.kept) != 0 || len(d.replied()) != 0 {
		t.Errorf("kept %v, replied %v", d.store.kept, d.replied())
	}
}

// The answer goes to the process that waits, here one that only submits.
func TestAnAnswerReachesAnotherProcess(t *testing.T) {
	server := redistest.New(t)
	d, other := newDesk(), newDesk()
	d.execute = func(context.Context, ingest.Command) (string, error) { return "by the other", nil }
	release := make(chan struct{})
	other.execute = func(_ context.Context, c ingest.Command) (string, error) {
		if c.ID == "hold" {
			<-release
		}
		return "here", nil
	}
	hold := make(chan ingest.Answer, 1)
	g, _ := other.start(t, func(o *ingest.Options) {
		onRedis(t, server.URL())(o)
		o.Workers = 1
	})
	go func() { hold <- g.Submit(context.Background(), command("hold")) }()
	wait.Until(t, "its one worker is busy", func() bool { return other.times("hold") == 1 })
	d.start(t, onRedis(t, server.URL()))
	wantAnswer(t, g.Submit(t.Context(), command("c")), ingest.Done, "by the other")
	close(release)
	wantAnswer(t, <-hold, ingest.Done, "here")
}

func TestALateAnswerIsPromisedOnlyOnceKept(t *testing.T) {
	for name, withRedis := range map[string]bool{"by Redis": true, "directly": false} {
		t.Run(name, func(t *testing.T) {
			d := newDesk()
			release := make(chan struct{})
			d.execute = func(context.Context, ingest.Command) (string, error) { <-release; return "late", nil }
			g, _ := d.start(t, func(o *ingest.Options) {
				if withRedis {
					onRedis(t, redistest.New(t).URL())(o)
				}
			})
			d.timer <- time.Time{}
			wantAnswer(t, g.Submit(t.Context(), command("c")), ingest.Later, "")
			if there, finished := d.store.state("c"); !there || finished {
				t.Errorf("when the person is told: kept %t, ended %t", there, finished)
			}
			close(release)
			wait.Until(t, "the command is ended", func() bool { _, finished := d.store.state("c"); return finished })
			if got := d.replied(); !slices.Equal(got, []string{"c done late"}) {
				t.Errorf("replied %q", got)
			}
		})
	}
}

func TestAnAnswerThatComesWhileKeepingIsInTime(t *testing.T) {
	d := newDesk()
	release := make(chan struct{})
	d.execute = func(context.Context, ingest.Command) (string, error) { <-release; return "just in time", nil }
	g, stop := d.start(t, nil)
	d.store.accept = func() {
		close(release)
		stop() // it waits until the answer is handed over
	}
	d.timer <- time.Time{}
	wantAnswer(t, g.Submit(t.Context(), command("c")), ingest.Done, "just in time")
	if there, finished := d.store.state("c"); !there || !finished || len(d.replied()) != 0 {
		t.Errorf("kept %t, ended %t, replied %q", there, finished, d.replied())
	}
}

func TestWhatCannotBeKeptIsNotAccepted(t *testing.T) {
	d := newDesk()
	d.store.fail = errors.New("no database")
	release := make(chan struct{})
	d.execute = func(context.Context, ingest.Command) (string, error) { <-release; return "after all", nil }
	g, _ := d.start(t, nil)
	d.timer <- time.Time{}
	wantAnswer(t, g.Submit(t.Context(), command("c")), ingest.NotAccepted, "")
	close(release) // it was executed nevertheless: the person is told
	wait.Until(t, "the late answer", func() bool { return slices.Equal(d.replied(), []string{"c done after all"}) })
}

func TestWithoutRedisCommandsAreExecutedDirectly(t *testing.T) {
	server := redistest.New(t)
	var there atomic.Bool
	d := newDesk()
	g, _ := d.start(t, func(o *ingest.Options) {
		onRedis(t, server.URL())(o)
		o.Redis.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if !there.Load() {
				return nil, syscall.ECONNREFUSED
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
	})
	wantAnswer(t, g.Submit(t.Context(), command("before")), ingest.Done, "done: text of before")

	there.Store(true)
	c := client(t, server.URL())
	wait.Until(t, "commands go through Redis once it is there", func() bool {
		wantAnswer(t, g.Submit(t.Context(), command("with")), ingest.Done, "done: text of with")
		added, err := c.XInfoStream(t.Context(), "cecoia:commands").Result()
		return err == nil && added.LastGeneratedID != "0-0"
	})
	// Killed while a command is executed: the answer does not need it.
	started, release := make(chan struct{}), make(chan struct{})
	d.execute = func(context.Context, ingest.Command) (string, error) {
		close(started)
		<-release
		return "through", nil
	}
	answer := make(chan ingest.Answer, 1)
	go func() { answer <- g.Submit(context.Background(), command("during")) }()
	<-started
	server.Kill()
	<-server.Done()
	close(release)
	wantAnswer(t, <-answer, ingest.Done, "through")
	d.execute = nil
	wantAnswer(t, g.Submit(t.Context(), command("after")), ingest.Done, "done: text of after")
}

// add puts a command on the stream, as the process of that id would.
func add(t *testing.T, c *goredis.Client, process string, command ingest.Command) {
	t.Helper()
	payload, err := json.Marshal(command)
	if err != nil {
		t.Fatal(err)
	}
	values := []any{"command", payload, "token", "token", "process", process}
	if err := c.XAdd(t.Context(), &goredis.XAddArgs{Stream: "cecoia:commands", Values: values}).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestAWorkerKilledBeforeAcknowledgingIsReplaced(t *testing.T) {
	server := redistest.New(t)
	c := client(t, server.URL())
	if err := c.XGroupCreateMkStream(t.Context(), "cecoia:commands", "workers", "0").Err(); err != nil {
		t.Fatal(err)
	}
	add(t, c, "killed-process", command("c"))
	read, err := c.XReadGroup(t.Context(), &goredis.XReadGroupArgs{Group: "workers", Consumer: "killed-process", Streams: []string{"cecoia:commands", ">"}}).Result()
	if err != nil || len(read) != 1 {
		t.Fatalf("read %v, %v", read, err)
	}
	// An hour ago, as far as the server knows.
	if err := c.Do(t.Context(), "XCLAIM", "cecoia:commands", "workers", "killed-process", 0, read[0].Messages[0].ID, "IDLE", time.Hour.Milliseconds()).Err(); err != nil {
		t.Fatal(err)
	}
	d := newDesk()
	d.start(t, onRedis(t, server.URL()))
	nothingLeft(t, c)
	if got := d.replied(); !slices.Equal(got, []string{"c done done: text of c"}) {
		t.Errorf("replied %q: nobody waits any more, so the handle is the way", got)
	}
}

func TestAnUnreadableEntryIsDropped(t *testing.T) {
	server := redistest.New(t)
	c := client(t, server.URL())
	if err := c.XAdd(t.Context(), &goredis.XAddArgs{Stream: "cecoia:commands", Values: []any{"command", "{"}}).Err(); err != nil {
		t.Fatal(err)
	}
	d := newDesk()
	g, _ := d.start(t, onRedis(t, server.URL()))
	wantAnswer(t, g.Submit(t.Context(), command("c")), ingest.Done, "done: text of c")
	nothingLeft(t, c)
}

func TestWhatRedisForgetsIsExecutedAgain(t *testing.T) {
	server := redistest.New(t)
	c := client(t, server.URL())
	d := newDesk()
	release := make(chan struct{})
	d.execute = func(_ context.Context, c ingest.Command) (string, error) {
		if c.ID == "slow" {
			<-release
		}
		return "did " + c.ID, nil
	}
	g, _ := d.start(t, func(o *ingest.Options) { onRedis(t, server.URL())(o); o.Workers = 1 })
	slow := make(chan ingest.Answer, 1)
	go func() { slow <- g.Submit(context.Background(), command("slow")) }()
	wait.Until(t, "the worker is busy", func() bool { return d.times("slow") == 1 })
	lost := make(chan ingest.Answer, 1)
	go func() { lost <- g.Submit(context.Background(), command("lost")) }()
	wait.Until(t, "the second command waits", func() bool {
		n, err := c.XLen(t.Context(), "cecoia:commands").Result()
		return err == nil && n == 2
	})
	if err := c.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	close(release)
	wantAnswer(t, <-slow, ingest.Done, "did slow")
	d.timer <- time.Time{}
	wantAnswer(t, <-lost, ingest.Later, "")
	d.clock.advance(2 * time.Minute)
	wait.Until(t, "the sweep has done it", func() bool { _, finished := d.store.state("lost"); return finished })
	if got := d.replied(); !slices.Equal(got, []string{"lost done did lost"}) {
		t.Errorf("replied %q", got)
	}
	// The group was forgotten too: it is there again.
	wantAnswer(t, g.Submit(t.Context(), command("next")), ingest.Done, "did next")
	nothingLeft(t, c)
}

// A process killed after its promise: the next one keeps it.
func TestKeptCommandsSurviveTheProcess(t *testing.T) {
	d := newDesk()
	c := command("c")
	payload, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.AcceptCommand(t.Context(), "creteil", "c", payload, time.Now().Add(-2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	var tries atomic.Int32
	d.execute = func(context.Context, ingest.Command) (string, error) {
		if tries.Add(1) <= 2 { // the database comes back only later
			return "", d.later(errors.New("no database"))
		}
		return "kept", nil
	}
	d.start(t, nil)
	wait.Until(t, "ended", func() bool { _, finished := d.store.state("c"); return finished })
	if got := d.replied(); !slices.Equal(got, []string{"c done kept"}) {
		t.Errorf("replied %q", got)
	}
}

func TestRepliesAreTriedAFewTimes(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		tries int
	}{
		"undeliverable":  {fmt.Errorf("gone: %w", ingest.ErrUndeliverable), 1},
		"always failing": {errors.New("status 500"), 5},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk()
			d.reply = func() error { return c.err }
			release := make(chan struct{})
			d.execute = func(context.Context, ingest.Command) (string, error) { <-release; return "late", nil }
			g, _ := d.start(t, nil)
			d.timer <- time.Time{}
			wantAnswer(t, g.Submit(t.Context(), command("c")), ingest.Later, "")
			close(release)
			wait.Until(t, "ended", func() bool { _, finished := d.store.state("c"); return finished })
			if got := len(d.replied()); got != c.tries {
				t.Errorf("%d tries, want %d", got, c.tries)
			}
			if strings.Contains(d.log.String(), "secret-handle") {
				t.Error("the reply handle is in the log")
			}
		})
	}
}

func TestAPanicIsAnAnswerWithAnIncident(t *testing.T) {
	d := newDesk()
	d.execute = func(context.Context, ingest.Command) (string, error) { panic("boom") }
	g, _ := d.start(t, onRedis(t, redistest.New(t).URL()))
	got := g.Submit(t.Context(), command("c"))
	if got.How != ingest.Failed || got.Incident == "" || !strings.Contains(d.log.String(), got.Incident) {
		t.Errorf("answer %+v, log %s", got, d.log)
	}
	if strings.Contains(d.log.String(), "text of c") {
		t.Error("the person's words are in the log")
	}
}

// More commands at once than slots: the others wait for one, and are refused
// only when none became free in time.
func TestWithoutRedisCommandsWaitForASlot(t *testing.T) {
	d := newDesk()
	started, release, timers := make(chan struct{}, 2), make(chan struct{}), make(chan chan time.Time, 3)
	d.execute = func(context.Context, ingest.Command) (string, error) {
		started <- struct{}{}
		<-release
		return "done", nil
	}
	g, _ := d.start(t, func(o *ingest.Options) {
		o.Workers = 1
		o.After = func(time.Duration) <-chan time.Time { c := make(chan time.Time, 1); timers <- c; return c }
	})
	submit := func(id string) (<-chan ingest.Answer, chan<- time.Time) {
		answer := make(chan ingest.Answer, 1)
		go func() { answer <- g.Submit(context.Background(), command(id)) }()
		return answer, <-timers
	}
	first, _ := submit("first")
	<-started
	second, _ := submit("second")
	third, late := submit("third")
	late <- time.Now()
	wantAnswer(t, <-third, ingest.NotAccepted, "")
	close(release)
	wantAnswer(t, <-first, ingest.Done, "done")
	wantAnswer(t, <-second, ingest.Done, "done")
	if d.times("third") != 0 {
		t.Error("what was not accepted is executed")
	}
}

func TestAfterItsEndNothingIsAccepted(t *testing.T) {
	d := newDesk()
	g, stop := d.start(t, nil)
	stop()
	wantAnswer(t, g.Submit(t.Context(), command("c")), ingest.NotAccepted, "")
	if d.times("c") != 0 {
		t.Error("executed nevertheless")
	}
}

func TestFingerprint(t *testing.T) {
	c := command("one")
	same := c
	same.ID, same.Reply, same.ReceivedAt = "two", "other", time.Time{}
	if c.Fingerprint() != same.Fingerprint() {
		t.Error("the same words by the same person differ")
	}
	for name, change := range map[string]func(*ingest.Command){
		"academy": func(c *ingest.Command) { c.Academy = "paris" },
		"account": func(c *ingest.Command) { c.Account += "x" },
		"place":   func(c *ingest.Command) { c.Place = "x" },
		"thread":  func(c *ingest.Command) { c.Thread = "x" },
		"text":    func(c *ingest.Command) { c.Text += " " },
	} {
		other := c
		change(&other)
		if c.Fingerprint() == other.Fingerprint() {
			t.Errorf("another %s is not told apart", name)
		}
	}
}
