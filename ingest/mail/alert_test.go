package mail

import (
	"testing"
	"time"

	"cecoia.example/tickets"
)

// Supervisors hear of what comes back, of what is held and of the quarantine,
// each once, with how many there were; of ordinary refusals they do not.
func TestSupervisorsAreTold(t *testing.T) {
	w := newWorld(t)
	addr, _ := listen(t, w.listenerOptions())
	n := 0
	send := func(fields ...string) {
		n++
		from, data := envelope(w.reply(n, "Bonjour", fields...))
		_ = submit(t, addr, from, []string{w.tokenAddress()}, data)
	}
	alerts := func() int { return w.figure(t, `SELECT count(*) FROM signals`) }
	send()
	send("Auto-Submitted: auto-replied")
	send("X-Cecoia-Loop: creteil")
	if n := alerts(); n != 0 {
		t.Errorf("%d alerts of what is usual", n)
	}
	send("Sender: somebody@creteil.example", "From: Another <another@creteil.example>") // two authors
	if got := w.figure(t, `SELECT count FROM signals WHERE rule = '`+string(tickets.AlertMailQuarantine)+`'`); got != 1 {
		t.Errorf("%d alerts of quarantine\n%s", got, w.log)
	}
	send("X-Cecoia-Loop: creteil")
	if got := w.figure(t, `SELECT count FROM signals WHERE rule = '`+string(tickets.AlertMailLoop)+`'`); got != 2 {
		t.Errorf("%d mails that came back are told", got)
	}
}

func TestEachAlertIsCountedAtItsPace(t *testing.T) {
	var a alerts
	now := time.Now()
	for _, c := range []struct {
		kind tickets.AlertRule
		wait int // seconds since the last
		want bool
	}{
		{tickets.AlertMailLoop, 0, true}, {tickets.AlertMailLoop, 9, false}, {tickets.AlertMailHeld, 0, true}, {tickets.AlertMailLoop, 1, true},
	} {
		now = now.Add(time.Duration(c.wait) * time.Second)
		if got := a.turn(c.kind, now); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
