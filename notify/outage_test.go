package notify

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// Calls that are under way when a peer goes away, or comes back, end in any order:
// neither is told twice for that.
func TestALateResultIsNoNews(t *testing.T) {
	var said strings.Builder
	o := outage{what: "the peer", logger: slog.New(slog.NewTextHandler(&said, nil))}
	refused := errors.New("refused")
	early := time.Now()
	o.note(early, nil)
	o.note(early, refused) // it is away
	o.note(early, nil)     // answered before that
	late := time.Now()
	o.note(late, refused)
	o.note(time.Now(), nil) // it is back
	o.note(late, refused)   // refused before that
	o.note(time.Now(), nil)
	if got := said.String(); strings.Count(got, "does not answer") != 1 || strings.Count(got, "answers again") != 1 {
		t.Errorf("said\n%s", got)
	}
	o.note(time.Now(), refused)
	if got := strings.Count(said.String(), "does not answer"); got != 2 {
		t.Errorf("the second absence: said %d times", got)
	}
}
