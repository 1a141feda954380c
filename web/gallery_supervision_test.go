package web_test

import (
	"time"

	"github.com/chromedp/chromedp"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

// supervisionExhibits are the pages of who answers for the desk.
func supervisionExhibits(h *hall) []exhibit {
	dominique, camille, alix, sam := person("creteil", "dominique"), person("creteil", "camille"), person("creteil", "alix"), sacha("creteil")
	themes := []string{"messagerie", "poste", ""}
	for i := range 46 {
		by := []tickets.Person{dominique, camille}[i%2]
		c := h.open(h.t, by, tickets.Incident, tickets.Card{
			Description: "Panne", Urgency: tickets.Urgency(1 + (i+2)%3), Theme: themes[i%3], Private: i%9 == 0,
		})
		h.pass(time.Duration(3+i%17) * time.Minute)
		if i%8 != 7 {
			h.do(h.t, []tickets.Person{alix, sam}[i%2], c, tickets.ActionTake, "")
			h.pass(time.Duration(20+i%5*30) * time.Minute)
		}
		if i%3 != 2 && i%8 != 7 {
			h.do(h.t, alix, c, tickets.ActionResolve, "Câble rebranché.")
			h.pass(40 * time.Minute)
			if i%12 == 0 {
				h.do(h.t, by, c, tickets.ActionRefuse, "Toujours en panne.")
			}
		}
		h.pass(11 * time.Hour)
	}
	h.exec(`UPDATE tickets SET due_at = status_at + interval '2 hours' WHERE status = 'in_progress' AND rank % 2 = 0`)
	h.exec(`INSERT INTO inbound_mails (academy, id, mailbox, uidvalidity, uid, hash, message_id, sender, row, verdict, received_at)
		SELECT 'creteil', gen_random_uuid(), '', 0, 0, sha256(convert_to(n::text, 'UTF8')), n::text, 'x@creteil.example', 12, 'answer', $1::timestamptz - n * interval '31 hours'
		FROM generate_series(1, 14) AS n`, h.clock())
	h.exec(`WITH going AS (DELETE FROM deliveries WHERE (academy, id) IN (SELECT academy, id FROM deliveries WHERE academy = 'creteil' AND channel = 'mail' ORDER BY id LIMIT 6) RETURNING *)
		INSERT INTO delivery_log (academy, id, cause, ticket, seq, channel, recipient, template, rule, data, attempts, dead, outcome, error, created_at, ended_at, trace)
		SELECT academy, id, cause, ticket, seq, channel, recipient, template, rule, data, 9, true, 'retry', '451 4.3.0 mail server temporarily rejected message: greylisted, try again in 300 seconds', created_at, $1, trace FROM going`, h.clock())
	h.pass(12 * time.Hour) // to a morning of the week
	h.tick()
	h.pass(2 * time.Minute)
	h.tick()
	louBy := caller(lou("creteil"))
	if _, err := h.room.Silence(h.t.Context(), louBy, tickets.AlertReopened, "poste", 4*time.Hour, "Les postes de la salle 12 sont remplacés cette semaine."); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.room.HandOver(h.t.Context(), louBy, sam.ID, time.Time{}); err != nil {
		h.t.Fatal(err)
	}
	board, err := h.room.Board(h.t.Context(), louBy)
	if err != nil || len(board.Alerts) < 2 {
		h.t.Fatalf("%d alerts, %v", len(board.Alerts), err)
	}
	if _, err := h.room.Acknowledge(h.t.Context(), louBy, oncall.Ref{ID: board.Alerts[0].Alert}); err != nil {
		h.t.Fatal(err)
	}
	return []exhibit{
		{name: "supervision", as: "lou", path: "/supervision"},
		{name: "supervision-on-duty", as: "sacha", path: "/supervision"},
		{name: "supervision-forbidden", as: "alix", path: "/supervision"},
		{name: "supervision-alert", as: "lou", path: "/supervision/alertes/" + board.Alerts[0].Alert.String()},
		{name: "supervision-seen", as: "lou", path: "/supervision", then: func(c *chromium) {
			c.submit(`article:last-of-type button[value=ack]`)
		}},
		{name: "supervision-silence-refused", as: "lou", path: "/supervision", then: func(c *chromium) {
			c.do("open", chromedp.Click(`section[aria-labelledby=silences] summary`))
			c.submit(`section[aria-labelledby=silences] details button`)
		}},
		{name: "supervision-trends", as: "lou", path: "/supervision/tendances"},
		{name: "supervision-trends-week", as: "lou", path: "/supervision/tendances?jours=7&groupe=assistance"},
		{name: "supervision-trends-refused", as: "lou", path: "/supervision/tendances?du=2026-12-01&au=2026-11-01"},
		{name: "supervision-sending", as: "lou", path: "/supervision/envois"},
		{name: "supervision-sent", as: "lou", path: "/supervision/envois", then: func(c *chromium) { c.submit("main form button.main") }},
	}
}

// tick looks at what has become due, as the clock does.
func (h *hall) tick() {
	h.t.Helper()
	if _, err := h.room.Tick(h.t.Context(), "creteil"); err != nil {
		h.t.Fatal(err)
	}
}
