package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// lane is one recipient's view of one ticket on one channel.
type lane struct {
	Ticket    uuid.UUID
	Channel   tickets.Channel
	Recipient tickets.Recipient
}

func laneOf(d tickets.Delivery) lane { return lane{d.Ticket, d.Channel, d.Recipient} }

// accountKey is a person on a channel.
type accountKey struct {
	Channel tickets.Channel
	Person  uuid.UUID
}

// place is where a lane lives on its channel, and when it was last told of.
type place struct {
	ref  string
	told time.Time
}

// complete makes notices of what was leased of an academy, with two round trips
// for all of it; b is done in the first.
func complete(ctx context.Context, tx pgx.Tx, b *pgx.Batch, definition tickets.Academy, leased []told) ([]tickets.Notice, error) {
	var causes, about, whom []uuid.UUID
	for _, l := range leased {
		for _, d := range l.all {
			causes = append(causes, d.Cause)
			if d.Ticket != uuid.Nil {
				about = append(about, d.Ticket)
			}
		}
		if id, ok := l.head.Recipient.Person(); ok {
			whom = append(whom, id)
		}
	}
	academy := definition.ID
	cases := map[uuid.UUID]tickets.Ticket{}
	events := map[uuid.UUID]tickets.Event{}
	threads := map[lane]place{}
	accounts := map[accountKey]string{}
	b.Queue(`SELECT `+ticketColumns+` FROM tickets WHERE academy = $1 AND id = ANY ($2)`, academy, about).
		Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, scanTicket)
			for _, t := range found {
				cases[t.ID] = t
			}
			return err
		})
	b.Queue(`SELECT `+eventColumns+` FROM events WHERE academy = $1 AND id = ANY ($2)`, academy, causes).
		Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, scanEvent)
			for _, e := range found {
				events[e.ID] = e
			}
			return err
		})
	b.Queue(`SELECT ticket, channel, recipient, coalesce(ref, ''), told_at FROM threads WHERE academy = $1 AND ticket = ANY ($2)`, academy, about).
		Query(func(rows pgx.Rows) error {
			var l lane
			var p place
			var told *time.Time
			_, err := pgx.ForEachRow(rows, []any{&l.Ticket, &l.Channel, &l.Recipient, &p.ref, &told}, func() error {
				if p.told = (time.Time{}); told != nil {
					p.told = *told
				}
				threads[l] = p
				return nil
			})
			return err
		})
	b.Queue(`SELECT channel, person, account FROM accounts WHERE academy = $1 AND person = ANY ($2)`, academy, whom).
		Query(func(rows pgx.Rows) error {
			var k accountKey
			var account string
			_, err := pgx.ForEachRow(rows, []any{&k.Channel, &k.Person, &account}, func() error {
				accounts[k] = account
				return nil
			})
			return err
		})
	muted := queueMuted(b, academy, leased, whom)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}

	for _, t := range cases {
		whom = append(whom, named(t)...)
	}
	for _, e := range events {
		whom = append(whom, e.Actor)
		whom = append(whom, e.Detail.Named()...)
	}
	everybody, err := people(ctx, tx, academy, whom)
	if err != nil {
		return nil, err
	}
	describe := func(d tickets.Delivery) (c tickets.Case, e tickets.Event) {
		e = events[d.Cause]
		if t, ok := cases[d.Ticket]; ok {
			c = caseOf(t, everybody)
			for _, id := range append(e.Detail.Named(), e.Actor) {
				if p, ok := everybody[id]; ok {
					c.People[id] = p
				}
			}
		}
		return c, e
	}
	notices := make([]tickets.Notice, len(leased))
	for i, l := range leased {
		last := len(l.all) - 1
		n := tickets.Notice{
			Delivery: l.delivery(), Academy: definition, Elsewhere: map[tickets.Recipient]string{},
			Lease: l.leases, Digest: l.digest, Direct: l.direct,
		}
		n.Case, n.Event = describe(n.Delivery)
		for _, d := range l.all[:last] {
			c, e := describe(d)
			n.Earlier = append(n.Earlier, tickets.Told{Template: d.Template, Rule: d.Rule, Case: c, Event: e, Trace: d.Trace})
		}
		for ln, p := range threads {
			switch {
			case ln == laneOf(n.Delivery):
				n.Thread, n.Told = p.ref, p.told
			case ln.Ticket == n.Ticket && ln.Channel == n.Channel && p.ref != "":
				n.Elsewhere[ln.Recipient] = p.ref
			}
		}
		if l.digest {
			n.Thread = ""
		}
		if id, ok := l.head.Recipient.Person(); ok {
			n.Recipient, n.Account = everybody[id], accounts[accountKey{l.head.Channel, id}]
		}
		if n.Channel == tickets.Mail {
			address, bare := l.head.Recipient.Address()
			if !bare {
				address = n.Recipient.Email
			}
			n.Muted = muted[strings.ToLower(address)]
		}
		notices[i] = n
	}
	return notices, nil
}
