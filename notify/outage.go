package notify

import (
	"log/slog"
	"sync"
)

// outage logs the beginning and the end of a peer's absence, once each, however
// many calls fail in between.
type outage struct {
	what   string
	logger *slog.Logger

	mu   sync.Mutex
	away bool
}

// note takes the result of a call to the peer.
func (o *outage) note(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err != nil && !o.away:
		o.logger.Error("notify: "+o.what+" does not answer; deliveries wait", "error", err)
	case err == nil && o.away:
		o.logger.Info("notify: " + o.what + " answers again")
	}
	o.away = err != nil
}
