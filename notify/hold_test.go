package notify_test

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cecoia.example/deploy/local/wait"
	"cecoia.example/notify"
	"cecoia.example/tickets"
)

// actions are what a notice tells, in its order.
func actions(n tickets.Notice) (out []tickets.Action) {
	for _, e := range n.Earlier {
		out = append(out, e.Event.Action)
	}
	return append(out, n.Event.Action)
}

// figure reads one counter of a registry, 0 when it counted nothing yet.
func figure(t *testing.T, r *prometheus.Registry, name string, labels prometheus.Labels) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			same := f.GetName() == name
			for _, l := range m.GetLabel() {
				same = same && labels[l.GetName()] == l.GetValue()
			}
			if same {
				return m.GetCounter().GetValue() + m.GetHistogram().GetSampleSum()
			}
		}
	}
	return 0
}

// The first mail goes at once; what follows within the window is told in one
// mail when it ends, unless something asks.
func TestTheWindow(t *testing.T) {
	w := newWorld(t)
	mails := &outbox{}
	options := w.options(map[tickets.Channel]notify.Channel{tickets.Mail: mails, tickets.Chat: &outbox{}})
	registry := prometheus.NewRegistry()
	options.Registerer, options.Window = registry, time.Hour
	n, _ := run(t, options)
	d := w.desk(n.Wake)
	mail := prometheus.Labels{"channel": "mail"}
	held := func(n float64) func() bool {
		return func() bool { return figure(t, registry, "cecoia_deliveries_held_total", mail) == n }
	}
	c := open(t, d, "creteil")
	do(t, d, c, tickets.ActionTake, "")
	wait.Until(t, "the first mail", func() bool {
		return mails.count() == 1 && w.count(t, `SELECT count(*) FROM deliveries WHERE channel = 'mail'`) == 0
	})
	do(t, d, c, tickets.ActionInform, "un")
	wait.Until(t, "the second is held", held(1))
	do(t, d, c, tickets.ActionInform, "deux")
	wait.Until(t, "the third is held with it", held(2))
	w.advance(59 * time.Minute)
	if w.count(t, `SELECT count(*) FROM deliveries WHERE attempts > 0`) != 0 || mails.count() != 1 {
		t.Errorf("%d mails within the window", mails.count())
	}
	w.advance(time.Minute)
	wait.Until(t, "the window's mail", func() bool { return w.owed(t) == 0 })
	if got := mails.all(); len(got) != 2 || !slices.Equal(actions(got[1]), []tickets.Action{tickets.ActionInform, tickets.ActionInform}) || got[1].Attempts != 1 {
		t.Fatalf("told %v", got)
	}
	do(t, d, c, tickets.ActionInform, "trois")
	wait.Until(t, "it is held", held(3))
	do(t, d, c, tickets.ActionAsk, "Quel écran ?")
	wait.Until(t, "the question", func() bool { return w.owed(t) == 0 })
	if got := mails.all(); len(got) != 3 || !slices.Equal(actions(got[2]), []tickets.Action{tickets.ActionInform, tickets.ActionAsk}) {
		t.Fatalf("told %v", got)
	}
	// What was held is not late, and was not tried.
	if late := figure(t, registry, "cecoia_delivery_delay_seconds", mail); late > 60 {
		t.Errorf("%.0f s late", late)
	}
	wait.Until(t, "three attempts counted", func() bool { // just after they are recorded
		return figure(t, registry, "cecoia_delivery_attempts_total", prometheus.Labels{"channel": "mail", "outcome": "delivered"}) == 3
	})
	if tried := figure(t, registry, "cecoia_delivery_attempts_total", prometheus.Labels{"channel": "mail", "outcome": "deferred"}); tried != 0 {
		t.Errorf("%v deferrals counted as attempts", tried)
	}
	if w.logged.count("level=WARN")+w.logged.count("level=ERROR") > 0 {
		t.Errorf("holding back is no trouble: %v", w.logged.lines)
	}
}

func TestWithoutAWindowNothingWaits(t *testing.T) {
	w := newWorld(t)
	o := &outbox{}
	options := w.options(both(o))
	options.Window = -1
	n, _ := run(t, options)
	d := w.desk(n.Wake)
	c := open(t, d, "creteil")
	for range 3 {
		do(t, d, c, tickets.ActionInform, time.Now().String())
		wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	}
	o.once(t)
}

// What its recipient wants never leaves for the log, without trouble.
func TestSuppressed(t *testing.T) {
	w := newWorld(t)
	if err := w.SetDirectMessages(t.Context(), "creteil", dominique.ID, tickets.DirectMessages{
		Paces: map[tickets.Template]tickets.Pace{tickets.TemplateComplement: tickets.PaceNever},
	}); err != nil {
		t.Fatal(err)
	}
	o := &outbox{}
	options := w.options(both(o))
	registry := prometheus.NewRegistry()
	options.Registerer = registry
	n, _ := run(t, options)
	d := w.desk(n.Wake)
	c := open(t, d, "creteil")
	do(t, d, c, tickets.ActionTake, "")
	if _, err := d.Do(t.Context(), by(alix, "creteil"), c.Number.Ref(), tickets.ActionComplement, tickets.Input{Text: "Celui de gauche."}); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, "nothing is owed", func() bool { return w.owed(t) == 0 })
	for _, n := range o.all() {
		if n.Template == tickets.TemplateComplement {
			t.Error("told")
		}
	}
	if got := w.count(t, `SELECT count(*) FROM delivery_log WHERE outcome = 'suppressed' AND NOT dead AND error <> '' AND attempts = 1`); got != 1 {
		t.Errorf("%d suppressed in the log", got)
	}
	wait.Until(t, "it is counted", func() bool {
		return figure(t, registry, "cecoia_delivery_attempts_total", prometheus.Labels{"channel": "chat", "outcome": "suppressed"}) == 1
	})
	if w.logged.count("level=WARN")+w.logged.count("level=ERROR") > 0 {
		t.Errorf("a choice is no trouble: %v", w.logged.lines)
	}
}
