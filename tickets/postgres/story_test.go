package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"cecoia.example/tickets"
)

// Whatever people do to a ticket, in whatever order, its row, its events and its
// deliveries tell one story: a refused or repeated action leaves no trace, any
// other leaves one event, and each lane is delivered in the order of events.
func TestStories(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	desk := w.desk()
	actions := []tickets.Action{
		tickets.ActionTake, tickets.ActionNote, tickets.ActionInform, tickets.ActionAsk, tickets.ActionComplement,
		tickets.ActionResolve, tickets.ActionValidate, tickets.ActionRefuse, tickets.ActionWithdraw,
	}
	stories := 0
	rapid.Check(t, func(rt *rapid.T) {
		stories++
		card := tickets.Card{
			Description: "x", Private: rapid.Bool().Draw(rt, "private"),
			Urgency: tickets.Urgency(rapid.IntRange(1, 3).Draw(rt, "urgency")),
		}
		if rapid.Bool().Draw(rt, "for denis") {
			card.Beneficiary = person("creteil", "denis").ID
		}
		case1, err := desk.Open(ctx, by("creteil", "claire"), tickets.Incident, card)
		if err != nil {
			rt.Fatal(err)
		}
		want := case1.Ticket
		applied := map[string]uuid.UUID{} // by command
		for i := range rapid.IntRange(0, 8).Draw(rt, "length") {
			who := by("creteil", rapid.SampledFrom([]string{"claire", "denis", "agathe", "aurel", "reseau"}).Draw(rt, "who"))
			action := rapid.SampledFrom(actions).Draw(rt, "action")
			command := fmt.Sprint(stories, " ", rapid.IntRange(0, 4).Draw(rt, "command"), who.Person.Login)
			who.Command = command
			r, err := desk.Do(ctx, who, want.Number.Ref(), action, tickets.Input{Text: fmt.Sprint("step ", i)})
			event, again := applied[command]
			switch {
			case again: // it is answered as it was, whatever it asks now
				if err != nil && tickets.CodeOf(err) != tickets.NotFound || err == nil && (!r.Repeated || r.Event.ID != event) {
					rt.Fatalf("command %s again: %+v, %v", command, r, err)
				}
			case err != nil:
				if tickets.CodeOf(err) == "" {
					rt.Fatal(err)
				}
			case r.Repeated:
				if r.Event != nil || r.StatusBy != who.Person.ID || r.StatusAction != action {
					rt.Fatalf("repeated %s: %+v", action, r)
				}
			default:
				if r.Version != want.Version+1 || r.Event.Seq != r.Version || r.Event.From != want.Status || r.Event.To != r.Status {
					rt.Fatalf("%s made %+v of version %d, %s", action, r, want.Version, want.Status)
				}
				want, applied[command] = r.Ticket, r.Event.ID
			}
		}

		kept, err := w.CaseByID(ctx, person("creteil", "claire"), want.ID)
		if err != nil || asJSON(kept.Ticket) != asJSON(want) {
			rt.Fatalf("kept %s, %v, want %s", asJSON(kept.Ticket), err, asJSON(want))
		}
		events, err := w.Events(ctx, "creteil", want.ID, true)
		if err != nil || len(events) != want.Version || len(applied) != want.Version-1 {
			rt.Fatalf("%d events, %v, want %d", len(events), err, want.Version)
		}
		deliver(t, rt, w, want.ID)
	})
}

// deliver delivers all that is owed, each lane in order, some of it at the
// second attempt and some of it never.
func deliver(t *testing.T, rt *rapid.T, w *world, ticket uuid.UUID) {
	now := w.now.Add(time.Second)
	last := map[string]int{}
	for round := 0; ; round++ {
		ids := deliveries(t, w)
		if len(ids) == 0 {
			return
		}
		if round > 100 {
			rt.Fatalf("%d deliveries are stuck", len(ids))
		}
		now = now.Add(time.Minute)
		notices := w.lease(t, "creteil", ids, now)
		if len(notices) == 0 {
			rt.Fatalf("none of %d can be leased", len(ids))
		}
		for _, n := range notices {
			lane := fmt.Sprint(n.Channel, n.Delivery.Recipient)
			if n.Ticket != ticket || n.Seq < last[lane] || n.Seq == last[lane] && n.Attempts == 1 {
				rt.Fatalf("%s: %d after %d", lane, n.Seq, last[lane])
			}
			last[lane] = n.Seq
			outcome := tickets.Delivered
			if n.Attempts == 1 {
				outcome = rapid.SampledFrom([]tickets.Outcome{
					tickets.Delivered, tickets.Permanent, tickets.Retry, tickets.Uncertain,
				}).Draw(rt, "outcome")
			}
			w.record(t, "creteil", tickets.Receipt{Delivery: n.ID, Outcome: outcome, At: now})
		}
	}
}
