package mail

import (
	"context"
	"slices"
	"sync"
	"time"

	"cecoia.example/tickets"
)

// alertRules say which rows of the decision table supervisors hear of, and from
// how many mails within a day.
var alertRules = []struct {
	kind  tickets.AlertRule
	rows  []int
	least int
}{
	{tickets.AlertMailLoop, []int{1}, 2}, // one that comes back is an accident
	{tickets.AlertMailHeld, []int{11}, 1},
	{tickets.AlertMailQuarantine, []int{0, 9, 10}, 1},
}

// alertPace is how often the mails are counted for an alert, in each process.
const alertPace = 10 * time.Second

// alerts remembers when each was last counted. The zero value is ready.
type alerts struct {
	mu   sync.Mutex
	last map[tickets.AlertRule]time.Time
}

// turn says whether the kind may be counted again, and notes it.
func (a *alerts) turn(kind tickets.AlertRule, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if at, ok := a.last[kind]; ok && now.Sub(at) < alertPace {
		return false
	}
	if a.last == nil {
		a.last = map[tickets.AlertRule]time.Time{}
	}
	a.last[kind] = now
	return true
}

// again gives the kind its turn back.
func (a *alerts) again(kind tickets.AlertRule) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.last, kind)
}

// alert tells supervisors of a decision that they should hear of. What fails is
// told with the next.
func (d *door) alert(ctx context.Context, decision Decision) {
	for _, r := range alertRules {
		if !slices.Contains(r.rows, decision.Row) || !d.alerts.turn(r.kind, d.now()) {
			continue
		}
		told, err := d.desk.AlertMails(ctx, d.academy.ID, r.kind, r.rows, r.least)
		if !told {
			d.alerts.again(r.kind) // the next may be the one too many
		}
		if err != nil {
			d.log.WarnContext(ctx, "mail: supervisors could not be told", "academy", string(d.academy.ID), "alert", string(r.kind), "error", err)
		}
	}
}
