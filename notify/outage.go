package notify

import (
	"log/slog"
	"sync"
	"time"
)

// outage logs the beginning and the end of a peer's absence, once each, however
// many calls fail in between.
type outage struct {
	what   string
	logger *slog.Logger

	mu    sync.Mutex
	away  bool
	since time.Time // it came to be away, or back
}

// note takes the result of a call to the peer that began then. One that began
// before the peer went away, or was back, says nothing of it as it is now.
func (o *outage) note(began time.Time, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away == (err != nil) || began.Before(o.since) {
		return
	}
	if err != nil {
		o.logger.Error("notify: "+o.what+" does not answer; deliveries wait", "error", err)
	} else {
		o.logger.Info("notify: " + o.what + " answers again")
	}
	o.away, o.since = err != nil, time.Now()
}
