package postgres_test

import (
	"testing"
	"time"

	"cecoia.example/tickets"
)

// What comes in a burst is one post with its count; a next hour has its own.
func TestAlertsAreToldOnceAnHour(t *testing.T) {
	w := newWorld(t)
	ctx, desk := t.Context(), w.desk()
	alert := func(n int) {
		t.Helper()
		if err := desk.Alert(ctx, "creteil", tickets.AlertMailLoop, n); err != nil {
			t.Fatal(err)
		}
	}
	for n := 1; n <= 3; n++ {
		alert(n)
	}
	if n := count(t, w, `SELECT count(*) FROM deliveries WHERE rule = 'alert-mail_loop'`); n != 1 {
		t.Fatalf("%d alerts owed", n)
	}
	if n := count(t, w, `SELECT (data->>'count')::int FROM deliveries WHERE rule = 'alert-mail_loop' AND ticket IS NULL AND template = 'alert' AND recipient = 'group:supervision'`); n != 3 {
		t.Errorf("count %d", n)
	}
	// Told: it is in the log, and this hour tells no more.
	if _, err := w.Pool().Exec(ctx, `WITH gone AS (DELETE FROM deliveries WHERE rule = 'alert-mail_loop' RETURNING *)
		INSERT INTO delivery_log (academy, id, cause, seq, channel, recipient, template, rule, attempts, dead, outcome, error, created_at, ended_at)
		SELECT academy, id, cause, seq, channel, recipient, template, rule, 1, false, 'delivered', '', created_at, $1 FROM gone`, w.now); err != nil {
		t.Fatal(err)
	}
	alert(4)
	if n := count(t, w, `SELECT count(*) FROM deliveries WHERE rule = 'alert-mail_loop'`); n != 0 {
		t.Errorf("told twice within the hour")
	}
	w.now = w.now.Add(time.Hour)
	alert(5)
	if err := desk.Alert(ctx, "creteil", tickets.AlertAddressMuted, 1); err != nil {
		t.Fatal(err)
	}
	if n := count(t, w, `SELECT count(*) FROM deliveries WHERE template = 'alert'`); n != 2 {
		t.Errorf("%d alerts owed in the next hour", n)
	}
}

// Mails are counted over a day; quarantine is told once a day, after a while.
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
	alert := func(kind tickets.AlertRule, least int, rows ...int) {
		t.Helper()
		if _, err := desk.AlertMails(ctx, "creteil", kind, rows, least); err != nil {
			t.Fatal(err)
		}
	}
	alert(tickets.AlertMailLoop, 2, 1)
	if n := count(t, w, `SELECT count(*) FROM deliveries WHERE template = 'alert'`); n != 0 {
		t.Error("one that comes back is an alert already")
	}
	alert(tickets.AlertMailQuarantine, 1, 0, 9, 10)
	if n := count(t, w, `SELECT (data->>'count')::int FROM deliveries WHERE rule = 'alert-mail_quarantine' AND due > created_at + interval '59 minutes'`); n != 2 {
		t.Errorf("count %d", n)
	}
	w.now = w.now.Add(3 * time.Hour)
	alert(tickets.AlertMailQuarantine, 1, 0, 9, 10)
	if n := count(t, w, `SELECT count(*) FROM deliveries WHERE template = 'alert'`); n != 1 {
		t.Errorf("%d alerts of a day's quarantine", n)
	}
}
