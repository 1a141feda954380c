package ingest_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cecoia.example/deploy/local/wait"
	"cecoia.example/ingest"
)

// What every process hears is done by one of them, and answered by a message.
func TestWhatSeveralProcessesTakeIsDoneOnce(t *testing.T) {
	d := newDesk()
	var told atomic.Int32
	direct := func(o *ingest.Options) {
		o.Direct = func(_ context.Context, _ ingest.Command, a ingest.Answer) error {
			if a.How != ingest.Done || a.Text != "done: text of c" {
				t.Errorf("told %+v", a)
			}
			told.Add(1)
			return nil
		}
	}
	one, _ := d.start(t, direct)
	two, _ := d.start(t, direct)
	c := command("c")
	c.Reply = ""
	for i, g := range []*ingest.Gateway{one, two, one} {
		if first, err := g.Take(t.Context(), c); err != nil || first != (i == 0) {
			t.Errorf("taken %d: first %t, %v", i, first, err)
		}
	}
	wait.Until(t, "ended", func() bool { _, finished := d.store.state("c"); return finished })
	if first, err := two.Take(t.Context(), c); err != nil || first {
		t.Errorf("taken after its end: first %t, %v", first, err)
	}
	if told.Load() != 1 || d.times("c") != 1 {
		t.Errorf("done %d times, told %d times", d.times("c"), told.Load())
	}
}

// Who writes "prendre 12" and then "résoudre 12" means them in this order.
func TestWhatOneAuthorWritesIsDoneInItsOrder(t *testing.T) {
	d := newDesk()
	var mu sync.Mutex
	var order []string
	release := make(chan struct{})
	g, _ := d.start(t, func(o *ingest.Options) {
		o.Execute = func(_ context.Context, c ingest.Command) (string, error) {
			if c.ID == "a" {
				<-release
			}
			mu.Lock()
			defer mu.Unlock()
			order = append(order, c.ID)
			return "", nil
		}
		o.Direct = func(context.Context, ingest.Command, ingest.Answer) error { return nil }
	})
	take := func(id, account string) {
		c := command(id)
		c.Account, c.Reply = account, ""
		if _, err := g.Take(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"a", "b", "c"} {
		take(id, "alix")
	}
	take("other", "noa")
	wait.Until(t, "the other's is done meanwhile", func() bool { _, finished := d.store.state("other"); return finished })
	close(release)
	wait.Until(t, "all are done", func() bool { _, finished := d.store.state("c"); return finished })
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(order, []string{"other", "a", "b", "c"}) {
		t.Errorf("done %v", order)
	}
}

// What is taken while nothing runs any more is done by the next process; what
// cannot be kept is not taken.
func TestWhatIsTakenSurvivesTheProcess(t *testing.T) {
	d := newDesk()
	told := make(chan string, 10)
	direct := func(o *ingest.Options) {
		o.Direct = func(_ context.Context, c ingest.Command, _ ingest.Answer) error { told <- c.ID; return nil }
	}
	ending, stop := d.start(t, direct)
	stop()
	c := command("c")
	c.Reply = ""
	if first, err := ending.Take(t.Context(), c); err != nil || !first {
		t.Fatalf("first %t, %v", first, err)
	}
	d.clock.advance(2 * time.Minute)
	g, _ := d.start(t, direct)
	if got := <-told; got != "c" {
		t.Errorf("told %s", got)
	}
	d.store.mu.Lock()
	d.store.fail = errors.New("no database")
	d.store.mu.Unlock()
	if _, err := g.Take(t.Context(), command("d")); err == nil {
		t.Error("taken without being kept")
	}
}
