package mattermost

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	double "cecoia.example/deploy/local/mattermost"
	"cecoia.example/tickets"
)

// An alert about no ticket says how many, what to do, and names nobody.
func TestGeneralAlerts(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	notice := func(delivery byte, kind tickets.AlertRule, count int) tickets.Notice {
		data, err := json.Marshal(tickets.Alert{Kind: kind, Count: count})
		if err != nil {
			t.Fatal(err)
		}
		n := alert(tickets.Notice{Academy: academy})
		n.Delivery = tickets.Delivery{
			Academy: "creteil", ID: id(delivery), Cause: uuid.New(), Channel: tickets.Chat, Recipient: n.Delivery.Recipient,
			Template: tickets.TemplateAlert, Data: data, Attempts: 1, CreatedAt: began,
		}
		return n
	}
	for i, c := range []struct {
		kind   tickets.AlertRule
		count  int
		prefix string
	}{
		{tickets.AlertMailLoop, 2, "⚠️ 2 messages de Cecoia sont revenus"},
		{tickets.AlertMailHeld, 1, "⚠️ Une réponse refusée"},
		{tickets.AlertMailQuarantine, 12_000, "⚠️ 12\u202f000 messages"},
		{tickets.AlertAddressMuted, 1, "⚠️ Une adresse ne reçoit plus"},
	} {
		want(t, b.Send(t.Context(), notice(byte(i+1), c.kind, c.count)), tickets.Delivered)
		posts := s.Posts(supervision)
		if len(posts) != i+1 {
			t.Fatalf("%d posts", len(posts))
		}
		said := posts[i].Message
		if !strings.HasPrefix(said, c.prefix) || !strings.Contains(said, "\n\n") || strings.ContainsAny(said, "⟦%@") {
			t.Errorf("%s: %s", c.kind, said)
		}
	}
	want(t, b.Send(t.Context(), notice(9, "unheard_of", 1)), tickets.Permanent)
}
