package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"cecoia.example/deploy/local/wait"
	"cecoia.example/ingest"
)

// Where the reply handle is of no use, the answer comes by the other way, once.
func TestALateAnswerFindsAnotherWay(t *testing.T) {
	gone := fmt.Errorf("gone: %w", ingest.ErrUndeliverable)
	for name, c := range map[string]struct {
		handle           string
		reply            error
		direct           []error // by try; nil after the last
		replies, directs int32
	}{
		"the handle works":          {"handle", nil, nil, 1, 0},
		"the handle has expired":    {"handle", gone, nil, 1, 1},
		"there is no handle":        {"", nil, nil, 0, 1},
		"the handle fails for good": {"handle", errors.New("status 500"), nil, 5, 1},
		"an outage":                 {"", nil, []error{errors.New("status 502"), errors.New("status 502")}, 0, 3},
		"nobody there":              {"", nil, []error{gone}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk()
			var replies, directs atomic.Int32
			release := make(chan struct{})
			d.execute = func(context.Context, ingest.Command) (string, error) { <-release; return "late", nil }
			g, _ := d.start(t, func(o *ingest.Options) {
				o.Reply = func(context.Context, ingest.Command, ingest.Answer) error { replies.Add(1); return d.later(c.reply) }
				o.Direct = func(_ context.Context, _ ingest.Command, a ingest.Answer) error {
					if a.Text != "late" {
						t.Errorf("answer %+v", a)
					}
					if n := int(directs.Add(1)); n <= len(c.direct) {
						return d.later(c.direct[n-1])
					}
					return nil
				}
			})
			cmd := command("c")
			cmd.Reply = c.handle
			d.timer <- time.Time{}
			wantAnswer(t, g.Submit(t.Context(), cmd), ingest.Later, "")
			close(release)
			wait.Until(t, "ended", func() bool { _, finished := d.store.state("c"); return finished })
			if r, n := replies.Load(), directs.Load(); r != c.replies || n != c.directs {
				t.Errorf("%d replies, %d messages; want %d and %d", r, n, c.replies, c.directs)
			}
		})
	}
}

// After a while the other way is given up, too: the command ends.
func TestTheOtherWayIsGivenUp(t *testing.T) {
	d := newDesk()
	var directs atomic.Int32
	release := make(chan struct{})
	d.execute = func(context.Context, ingest.Command) (string, error) { <-release; return "late", nil }
	g, _ := d.start(t, func(o *ingest.Options) {
		o.Direct = func(context.Context, ingest.Command, ingest.Answer) error {
			directs.Add(1)
			return d.later(errors.New("always"))
		}
	})
	cmd := command("c")
	cmd.Reply = ""
	d.timer <- time.Time{}
	wantAnswer(t, g.Submit(t.Context(), cmd), ingest.Later, "")
	close(release)
	wait.Until(t, "ended", func() bool { _, finished := d.store.state("c"); return finished })
	if n := directs.Load(); n != 20 {
		t.Errorf("%d tries", n)
	}
	if got := d.replied(); !slices.Equal(got, nil) {
		t.Errorf("replied %q", got)
	}
}
