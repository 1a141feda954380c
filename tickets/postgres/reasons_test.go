package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"cecoia.example/tickets"
)

func TestWhys(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	c, other := w.open(t, "creteil", tickets.Card{}), w.open(t, "creteil", tickets.Card{})
	agathe := person("creteil", "agathe")
	for _, about := range []tickets.Case{c, other} {
		must(t)(w.desk().Do(ctx, by("creteil", "sylvie"), about.Number.Ref(), tickets.ActionAssign, tickets.Input{Assignee: agathe.ID}))
	}
	told := func(to tickets.Recipient, limit int) string {
		whys, err := w.Whys(ctx, "creteil", c.ID, tickets.Chat, to, limit)
		must(t)(nil, err)
		var out []string
		for _, y := range whys {
			out = append(out, fmt.Sprintf("%s %s %s by %s, told %v", y.Template, y.Rule, y.Action, y.Actor.String()[:4], !y.Told.IsZero()))
			if y.At.IsZero() {
				t.Errorf("%+v: when?", y)
			}
		}
		return strings.Join(out, "\n")
	}
	sylvie, claire := person("creteil", "sylvie").ID.String()[:4], person("creteil", "claire").ID.String()[:4]
	hers := tickets.ToPerson(agathe.ID)
	same(t, "waiting", told(hers, 5), "assigned assignee-hears-assignment assign by "+sylvie+", told false")

	// Delivered; then another waits, and a third was given up.
	now := w.now
	record := func(outcome tickets.Outcome) {
		now = w.now.Add(5)
		for _, n := range w.lease(t, "creteil", deliveries(t, w), now) {
			if n.Case.ID == c.ID && n.Delivery.Recipient == hers {
				w.record(t, "creteil", tickets.Receipt{Delivery: n.ID, Outcome: outcome, Dead: outcome != tickets.Delivered, At: now})
			}
		}
	}
	record(tickets.Delivered)
	w.do(t, by("creteil", "claire"), c, tickets.ActionComplement, "Poste 12.")
	record(tickets.Permanent)
	w.do(t, by("creteil", "claire"), c, tickets.ActionComplement, "Poste 13.")
	same(t, "told, given up, waiting", told(hers, 5), "assigned assignee-hears-assignment assign by "+sylvie+", told true\n"+
		"complement assignee-hears-complement complement by "+claire+", told false")
	same(t, "the latest", told(hers, 1), "complement assignee-hears-complement complement by "+claire+", told false")
	if got := strings.Count(told(tickets.ToGroup("desk"), 10), "card-follows-ticket"); got != 4 {
		t.Errorf("the card: %d", got)
	}
	same(t, "another's", told(tickets.ToPerson(person("creteil", "aurel").ID), 5), "")
	whys, err := w.Whys(ctx, "paris", c.ID, tickets.Chat, hers, 5)
	must(t)(nil, err)
	if len(whys) != 0 {
		t.Errorf("another academy's: %+v", whys)
	}

	// Through the desk: one's own, or a group's, of what one may see.
	desk := w.desk()
	ask := func(login string, to tickets.Recipient) error {
		_, err := desk.Whys(ctx, by("creteil", login), c.ID, to, 5)
		return err
	}
	must(t)(nil, ask("agathe", hers))
	must(t)(nil, ask("aurel", tickets.ToGroup("desk")))
	code(t, "somebody else's", ask("aurel", hers), tickets.Forbidden)
	code(t, "of staff", ask("claire", tickets.ToGroup("desk")), tickets.Forbidden)
	private := w.open(t, "creteil", tickets.Card{Private: true})
	_, err = desk.Whys(ctx, by("creteil", "reseau"), private.ID, tickets.ToGroup("desk"), 5)
	code(t, "of a private ticket", err, tickets.NotFound)
}
