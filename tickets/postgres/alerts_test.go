package postgres_test

import (
	"testing"
	"time"

	"cecoia.example/tickets"
)

// What is reported again and again stands once, with its count, since the first
// time; reported anew after it had ended, it is another.
func TestSignalsStandUntilNobodyReportsThem(t *testing.T) {
	w := newWorld(t)
	ctx, desk := t.Context(), w.desk()
	alert := func(n int) {
		t.Helper()
		if err := desk.Alert(ctx, "creteil", tickets.AlertMailLoop, n); err != nil {
			t.Fatal(err)
		}
	}
	since := func() time.Time {
		t.Helper()
		s, err := w.Scene(ctx, "creteil", w.now)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Signals) != 1 {
			t.Fatalf("signals %+v", s.Signals)
		}
		return s.Signals[0].Since
	}
	alert(1)
	began := since()
	for n := 2; n <= 3; n++ {
		w.now = w.now.Add(20 * time.Minute)
		alert(n)
	}
	if !since().Equal(began) {
		t.Errorf("it stands since %s, want %s", since(), began)
	}
	if n := count(t, w, `SELECT count FROM signals WHERE rule = 'mail_loop'`); n != 3 {
		t.Errorf("count %d", n)
	}
	w.now = w.now.Add(2 * time.Hour)
	if s, err := w.Scene(ctx, "creteil", w.now); err != nil || len(s.Signals) != 0 {
		t.Errorf("it stands without reports: %+v, %v", s.Signals, err)
	}
	alert(4)
	if !since().After(began.Add(time.Hour)) {
		t.Errorf("what is reported anew is since %s", since())
	}
}

// Mails are counted over a day.
func TestAlertsOfMails(t *testing.T) {
	w := newWorld(t)
	ctx, desk := t.Context(), w.desk()
	for n := range uint32(5) {
		m := mail(n)
		m.Row = []int{10, 9, 10, 1, 12}[n]
		if n == 0 {
			m.ReceivedAt = w.now.Add(-25 * time.Hour)
		}
		must(t)(desk.RefuseMail(ctx, m, "", nil))
	}
	alert := func(rule tickets.AlertRule, least int, rows ...int) bool {
		t.Helper()
		told, err := desk.AlertMails(ctx, "creteil", rule, rows, least)
		if err != nil {
			t.Fatal(err)
		}
		return told
	}
	if alert(tickets.AlertMailLoop, 2, 1) {
		t.Error("one that comes back is an alert already")
	}
	if !alert(tickets.AlertMailQuarantine, 1, 0, 9, 10) || count(t, w, `SELECT count FROM signals WHERE rule = 'mail_quarantine'`) != 2 {
		t.Error("the quarantine is not counted")
	}
}
