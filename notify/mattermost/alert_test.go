package mattermost

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	double "cecoia.example/deploy/local/mattermost"
	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

// alertNotice is a delivery about an alert's card.
func alertNotice(t *testing.T, delivery byte, card oncall.Card) tickets.Notice {
	t.Helper()
	data, err := json.Marshal(card)
	if err != nil {
		t.Fatal(err)
	}
	return tickets.Notice{
		Academy: academy,
		Delivery: tickets.Delivery{
			Academy: "creteil", ID: id(delivery), Cause: uuid.New(), Ticket: card.Alert, Channel: tickets.Chat, Recipient: tickets.ToGroup("supervision"),
			Template: tickets.TemplateAlert, Data: data, Attempts: 1, CreatedAt: began,
		},
	}
}

// Every rule has its name and what to do, in few words, and names nobody.
func TestEachAlertHasItsCard(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	for i, rule := range tickets.AlertRules() {
		card := oncall.Card{Alert: id(byte(100 + i)), Rank: i + 1, Rule: rule, Severity: tickets.Warning, Count: 12_000, Since: began, State: oncall.StateFiring}
		if rule == tickets.AlertConsumer {
			card.Subject = "chat"
		}
		want(t, b.Send(t.Context(), alertNotice(t, byte(i+1), card)), tickets.Delivered)
		posts := s.Posts(supervision)
		if len(posts) != i+1 {
			t.Fatalf("%d posts", len(posts))
		}
		raw, err := json.Marshal(posts[i])
		if err != nil {
			t.Fatal(err)
		}
		if said := posts[i].Message; !strings.Contains(said, "12\u202f000") || strings.ContainsAny(string(raw), "⟦") || strings.Contains(string(raw), "%!") {
			t.Errorf("%s: %s", rule, raw)
		}
	}
	n := alertNotice(t, 90, oncall.Card{})
	want(t, b.Send(t.Context(), n), tickets.Permanent)
}

// The card is edited as the alert goes on, and says when it is over; what asks
// for it is a post of its own.
func TestAnAlertsCardFollowsIt(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	card := oncall.Card{Alert: id(50), Rank: 7, Rule: tickets.AlertUntaken, Theme: "", Severity: tickets.Warning, Count: 1, Total: 1, Since: began, State: oncall.StateFiring, Anew: true,
		Worst: []oncall.Worst{{Ticket: id(60), Number: tickets.Number{Kind: tickets.Incident, Day: "261121", Rank: 7}, Urgency: tickets.High, Since: began}}}
	first := b.Send(t.Context(), alertNotice(t, 1, card))
	want(t, first, tickets.Delivered)
	send := func(delivery byte, c oncall.Card) tickets.Receipt {
		n := alertNotice(t, delivery, c)
		n.Thread = first.Thread
		return b.Send(t.Context(), n)
	}
	if p := s.Posts(supervision)[0]; p.GetPriority() != nil {
		t.Error("what is no emergency has the priority of one")
	}
	card.Anew, card.Count, card.State, card.Owner, card.Until = false, 2, oncall.StateHeld, "Zoé Superviseur", began.Add(time.Hour)
	want(t, send(2, card), tickets.Delivered)
	posts := s.Posts(supervision)
	if len(posts) != 1 {
		t.Fatalf("%d posts after an edit", len(posts))
	}
	if raw, _ := json.Marshal(posts[0]); !strings.Contains(string(raw), "vue par Zoé Superviseur, jusqu’au 2") || !strings.Contains(posts[0].Message, "2 demandes · depuis le 2") ||
		strings.Contains(string(raw), "De garde") {
		t.Errorf("the card says %s", raw)
	}
	card.State, card.EndedAt = oncall.StateResolved, began.Add(2*time.Hour)
	want(t, send(3, card), tickets.Delivered)
	if posts = s.Posts(supervision); len(posts) != 1 || !strings.Contains(posts[0].Message, "terminée le 2") {
		t.Errorf("over: %d posts, %s", len(posts), posts[0].Message)
	}
	card.State, card.Anew, card.Severity = oncall.StateFiring, true, tickets.Emergency
	if r := send(4, card); r.Thread == "" || r.Thread == first.Thread {
		t.Errorf("asked for anew, it is the post %q", r.Thread)
	}
	posts = s.Posts(supervision)
	if raw, _ := json.Marshal(posts[0]); !strings.Contains(string(raw), "La suite est plus bas") || strings.Contains(string(raw), `"ack"`) {
		t.Errorf("the earlier post is left as %s", raw)
	}
	if last := posts[len(posts)-1]; last.GetPriority() == nil || *last.GetPriority().Priority != "urgent" {
		t.Error("an emergency is not posted as urgent")
	}
}

// A private ticket is counted, not named: its theme and its urgency are not for
// the channel. What is about no tickets has no total of them.
func TestAnAlertsCardKeepsPrivateTicketsOut(t *testing.T) {
	b := newBot(t, server(t, double.Options{}).URL(), Options{})
	worst := func(rank int, private bool) oncall.Worst {
		return oncall.Worst{Ticket: id(byte(60 + rank)), Number: tickets.Number{Kind: tickets.Incident, Day: "261121", Rank: rank}, Urgency: tickets.High, Since: began, Private: private}
	}
	card := oncall.Card{Alert: id(50), Rank: 7, Rule: tickets.AlertUntaken, Theme: "messagerie", Severity: tickets.Warning, Count: 2, Total: 2, Since: began, State: oncall.StateFiring}
	shown := func(c oncall.Card) string {
		raw, err := json.Marshal(b.alertPost(alertNotice(t, 1, c), c, "achannel"))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	card.Worst = []oncall.Worst{worst(7, true), worst(8, false)}
	if got := shown(card); !strings.Contains(got, "2 demandes") || !strings.Contains(got, "I261121_008") || strings.Contains(got, "I261121_007") {
		t.Errorf("one of two is private: %s", got)
	}
	card.Count, card.Worst = 1, card.Worst[:1]
	if got := shown(card); !strings.Contains(got, "une demande") || strings.Contains(got, "I261121_007") || strings.Contains(got, "À voir d’abord") {
		t.Errorf("the only one is private: %s", got)
	}
	card = oncall.Card{Alert: id(51), Rank: 8, Rule: tickets.AlertQueue, Subject: "assistance", Severity: tickets.Warning, Total: 1, Since: began, State: oncall.StateResolved, EndedAt: began}
	if got := shown(card); strings.Contains(got, "en tout") {
		t.Errorf("a queue, over: %s", got)
	}
}

// The card of a storm offers the major incident until there is one, then leads to
// it; once it is over it tells what came of it.
func TestAStormsCardLeadsToItsMajorIncident(t *testing.T) {
	b := newBot(t, server(t, double.Options{}).URL(), Options{})
	card := oncall.Card{Alert: id(50), Rank: 7, Rule: tickets.AlertStorm, Theme: "messagerie", Subject: "094", Severity: tickets.Emergency,
		Count: 37, Total: 37, Since: began, State: oncall.StateFiring}
	shown := func(c oncall.Card) string {
		raw, err := json.Marshal(b.alertPost(alertNotice(t, 1, c), c, "achannel"))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	if got := shown(card); !strings.Contains(got, `"majeur"`) || strings.Contains(got, "rattachée") {
		t.Errorf("before: %s", got)
	}
	card.Major, card.Joined, card.Settled = "I261121_009", 36, 2
	got := shown(card)
	if strings.Contains(got, `"majeur"`) || !strings.Contains(got, "/demandes/creteil/I261121_009)") || !strings.Contains(got, "36 demandes rattachées, 2 réglées") {
		t.Errorf("declared: %s", got)
	}
	card.State, card.EndedAt, card.Settled = oncall.StateResolved, began.Add(time.Hour), 36
	got = shown(card)
	for _, want := range []string{"terminée", "37 en tout", "I261121_009", "36 réglées", `"Début"`} {
		if !strings.Contains(got, want) {
			t.Errorf("over, without %s: %s", want, got)
		}
	}
	card.Rule, card.Major, card.State = tickets.AlertUntaken, "", oncall.StateFiring
	if got := shown(card); strings.Contains(got, `"majeur"`) {
		t.Errorf("of what is no storm: %s", got)
	}
}
