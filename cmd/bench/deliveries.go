package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/notify"
	"cecoia.example/tickets"
)

const (
	// deliveryGoal is what a burst is to reach of the bare client's rate.
	deliveryGoal = 0.6
	// typicalGoal and slowestGoal are what the gateway may add to the time of one
	// SMTP transaction, in ms: at the middle, and for the slowest of a hundred.
	typicalGoal, slowestGoal = 4, 20
	// readyGoal is how soon a gateway is to be ready, in ms; idleGoal and loadGoal
	// are how much memory it may be at rest and at work, in MB.
	readyGoal, idleGoal, loadGoal = 300, 40, 128
	// mailsPerPost is how many times smaller a burst in the chat is than one by
	// mail: a post takes as long as several mails.
	mailsPerPost = 4
	// settle is how long a gateway that has just started gets to come to rest.
	settle = 2 * time.Second
)

// deliveries measures what a gateway of its own process sends, from the commit
// that owes it to its acceptance: how much of a burst a second, by mail and in
// the chat, and how soon each at a steady rate. Beside it bare clients send the
// same mails and posts to the same servers. And how soon the gateway is ready,
// and how much memory it is.
func deliveries(ctx context.Context, b *bench) error {
	g, err := b.openGateway(ctx, 3*b.Burst/2+openTickets) // a few are private or of other groups, the newest not taken
	if err != nil {
		return err
	}
	defer g.close()
	if _, err := g.db.Pool().Exec(ctx, tell); err != nil {
		return err
	}
	var ready, idle, own []float64
	for range b.Rounds {
		if err := g.stop(ctx); err != nil {
			return err
		}
		took, err := g.start(ctx)
		if err != nil {
			return err
		}
		select {
		case <-time.After(min(settle, 10*b.Turn)):
		case <-ctx.Done():
			return ctx.Err()
		}
		m, err := g.resident()
		if err != nil {
			return err
		}
		ready, idle, own = append(ready, milliseconds(took)), append(idle, m.now), append(own, m.own)
	}
	bell := notify.NewBell(g.redis, b.log)
	ringing, stop := context.WithCancel(ctx)
	rung := make(chan struct{})
	go func() { defer close(rung); _ = bell.Run(ringing) }()
	defer func() { stop(); <-rung }()

	mails, err := g.mailBurst(ctx, b, bell)
	if err != nil {
		return fmt.Errorf("burst by mail: %w", err)
	}
	latencies, err := g.mailLatency(ctx, b, bell)
	if err != nil {
		return fmt.Errorf("latency: %w", err)
	}
	posts, err := g.postBurst(ctx, b, bell)
	if err != nil {
		return fmt.Errorf("burst in the chat: %w", err)
	}
	loaded, err := g.resident()
	if err != nil {
		return err
	}
	b.rows = append(append(b.rows, mails), latencies...)
	b.rows = append(b.rows, posts,
		newRow("resident memory, idle", "MB", median(idle), 0).below(idleGoal),
		newRow("resident memory, idle, its own program left out", "MB", median(own), 0),
		newRow("resident memory, at the deliveries' loads", "MB", loaded.most, 0).below(loadGoal),
		newRow("start to /readyz", "ms", median(ready), 0).below(readyGoal))
	return nil
}

// mailBurst measures how many mails of a burst a second are accepted from its
// commit on.
func (g *gateway) mailBurst(ctx context.Context, b *bench, bell *notify.Bell) (row, error) {
	owed, err := g.owe(ctx, b.Burst, tickets.ActionTake, func(requester uuid.UUID) tickets.Delivery {
		return tickets.Delivery{Channel: tickets.Mail, Recipient: tickets.ToPerson(requester), Template: tickets.TemplateTaken, Rule: "requester-hears-take-up"}
	})
	if err != nil {
		return row{}, err
	}
	pool, err := dialBare(g.sink.addr, sendAtOnce)
	if err != nil {
		return row{}, err
	}
	defer pool.close() //nolint:errcheck // nothing is on its way
	var figures, limits []float64
	for round := range b.Rounds + 1 {
		figure, err := g.burst(ctx, owed, bell, g.sink.expect(b.Burst))
		if err != nil {
			return row{}, err
		}
		all := g.sink.expect(b.Burst)
		began := time.Now()
		if err := pool.burst(g.sink.latest(), b.Burst); err != nil {
			return row{}, err
		}
		if err := all(ctx); err != nil {
			return row{}, err
		}
		if limit := perSecondSince(b.Burst, began); round > 0 { // connections open, statements get prepared
			figures, limits = append(figures, figure), append(limits, limit)
		}
	}
	g.sink.expect(0)
	return newRow(fmt.Sprintf("commit to accepted by mail, burst of %d", b.Burst), "1/s", median(figures), median(limits)).atLeast(deliveryGoal), nil
}

// postBurst is [gateway.mailBurst] for the cards of new tickets in the chat.
func (g *gateway) postBurst(ctx context.Context, b *bench, bell *notify.Bell) (row, error) {
	count := max(b.Burst/mailsPerPost, 1)
	desk := g.academy.Desk()
	owed, err := g.owe(ctx, count, tickets.ActionOpen, func(uuid.UUID) tickets.Delivery {
		return tickets.Delivery{Channel: tickets.Chat, Recipient: tickets.ToGroup(desk.Code), Template: tickets.TemplateCard, Rule: "card-follows-ticket"}
	})
	if err != nil {
		return row{}, err
	}
	channel := mattermost.ChannelID(g.academy.Team, desk.Channel)
	var figures, limits []float64
	for round := range b.Rounds + 1 {
		figure, err := g.burst(ctx, owed, bell, g.posted(channel, count))
		if err != nil {
			return row{}, err
		}
		began := time.Now()
		if err := g.chat.Repost(ctx, botToken, channel, count, sendAtOnce); err != nil {
			return row{}, err
		}
		if limit := perSecondSince(count, began); round > 0 {
			figures, limits = append(figures, figure), append(limits, limit)
		}
	}
	return newRow(fmt.Sprintf("commit to posted in the chat, burst of %d", count), "1/s", median(figures), median(limits)).atLeast(deliveryGoal), nil
}

// posted returns a func that waits until the channel has so many posts more than
// now.
func (g *gateway) posted(channel string, count int) func(context.Context) error {
	until := g.chat.Posted(channel) + count
	return func(ctx context.Context) error {
		look := time.NewTicker(time.Millisecond)
		defer look.Stop()
		for g.chat.Posted(channel) < until {
			select {
			case <-look.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
}

// owe chooses so many tickets of the desk in which that action happened, one event
// each, and returns what is owed for them.
func (g *gateway) owe(ctx context.Context, count int, action tickets.Action, what func(requester uuid.UUID) tickets.Delivery) ([]tickets.Delivery, error) {
	rows, err := g.db.Pool().Query(ctx, `SELECT e.id, e.ticket, e.seq, t.requester FROM events e
		JOIN tickets t ON t.academy = e.academy AND t.id = e.ticket
		WHERE e.academy = $1 AND e.action = $2 AND t.group_code = $3 AND NOT t.private ORDER BY e.id LIMIT $4`,
		g.academy.ID, action, g.academy.Desk().Code, count)
	if err != nil {
		return nil, err
	}
	var owed []tickets.Delivery
	var cause, ticket, requester uuid.UUID
	var seq int
	_, err = pgx.ForEachRow(rows, []any{&cause, &ticket, &seq, &requester}, func() error {
		d := what(requester)
		d.Academy, d.Cause, d.Ticket, d.Seq = g.academy.ID, cause, ticket, seq
		owed = append(owed, d)
		return nil
	})
	if err == nil && len(owed) != count {
		err = fmt.Errorf("only %d tickets had the action %s, not %d", len(owed), action, count)
	}
	return owed, err
}

// tell makes up that every ticket has been told of before, by mail and in the
// chat.
const tell = `INSERT INTO threads (academy, ticket, channel, recipient, ref, told_at)
	SELECT academy, id, 'mail', 'person:' || requester, 'mail.' || id, opened_at FROM tickets
	UNION ALL
	SELECT academy, id, 'chat', 'group:' || group_code, 'post.' || id, NULL FROM tickets`

// burst owes deliveries in one transaction, and returns how many a second were
// accepted from its commit on.
func (g *gateway) burst(ctx context.Context, owed []tickets.Delivery, bell *notify.Bell, accepted func(context.Context) error) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := g.forget(ctx, owed); err != nil {
		return 0, err
	}
	tx, err := g.db.Pool().Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // after the commit there is nothing to undo
	now := time.Now().Truncate(time.Microsecond)  // as the database keeps it
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"deliveries"},
		[]string{"academy", "id", "cause", "ticket", "seq", "channel", "recipient", "template", "rule", "due", "created_at"},
		pgx.CopyFromSlice(len(owed), func(i int) ([]any, error) {
			d := owed[i]
			id, err := uuid.NewV7()
			return []any{d.Academy, id, d.Cause, d.Ticket, d.Seq, d.Channel, d.Recipient, d.Template, d.Rule, now, now}, err
		})); err != nil {
		return 0, err
	}
	if err := tx.Commit(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	bell.Wake()
	if err := accepted(ctx); err != nil {
		return 0, err
	}
	figure := perSecondSince(len(owed), began)
	return figure, g.settled(ctx, len(owed), now)
}

// forget has what is told of those tickets next be the first of each.
func (g *gateway) forget(ctx context.Context, owed []tickets.Delivery) error {
	about := make([]uuid.UUID, len(owed))
	for i, d := range owed {
		about[i] = d.Ticket
	}
	if _, err := g.db.Pool().Exec(ctx, `DELETE FROM threads WHERE academy = $1 AND ticket = ANY ($2)`, g.academy.ID, about); err != nil {
		return err
	}
	for _, statement := range []string{`VACUUM (ANALYZE) deliveries`, `VACUUM (ANALYZE) threads`, `CHECKPOINT`} {
		if _, err := g.db.Pool().Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// settled waits until nothing is owed, and says whether each delivery that came
// to be owed at that moment arrived, at the first attempt.
func (g *gateway) settled(ctx context.Context, count int, since time.Time) error {
	for {
		var owed, delivered int
		if err := g.db.Pool().QueryRow(ctx, `SELECT (SELECT count(*) FROM deliveries),
			(SELECT count(*) FROM delivery_log WHERE created_at = $1 AND outcome = 'delivered' AND attempts = 1)`, since).Scan(&owed, &delivered); err != nil {
			return err
		}
		if owed == 0 && delivered != count {
			return fmt.Errorf("of %d deliveries %d were delivered at once", count, delivered)
		}
		if owed == 0 {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d deliveries are still owed: %w", owed, ctx.Err())
		}
	}
}

// mailLatency measures how soon after the commit that opens a ticket for another
// person the mail about it is accepted, one after the other and at a steady rate,
// while the card of each is posted. Beside it the same mails are sent at the same
// rate and that is all.
func (g *gateway) mailLatency(ctx context.Context, b *bench, bell *notify.Bell) ([]row, error) {
	people, err := g.db.Agents(ctx, g.academy.ID, "")
	if err != nil {
		return nil, err
	}
	beneficiaries, err := g.requesters(ctx)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var took []time.Duration
	open := func(ctx context.Context) error {
		var committed time.Time
		desk := tickets.NewDesk(tickets.Options{Store: g.db, Committed: func() { committed = time.Now(); bell.Wake() }})
		opened, err := desk.Open(ctx, tickets.Caller{Person: people[rand.N(len(people))], Origin: tickets.FromPortal}, tickets.Incident, tickets.Card{ //nolint:gosec // which one keeps no secret
			Beneficiary: beneficiaries[rand.N(len(beneficiaries))], Phone: "01 99 00 00 00", Place: "94/CRETEIL/COLLEGE DES EXEMPLES/SALLE 7", Entity: "0940100Y", //nolint:gosec // nor does this one
			Urgency: tickets.High, Theme: "messagerie", Description: "La messagerie refuse le mot de passe depuis ce matin, en salle des professeurs aussi. Merci d’avance.",
		})
		if err != nil {
			return err
		}
		accepted, err := g.sink.await(ctx, opened.Number.String())
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		took = append(took, accepted.Sub(committed))
		return nil
	}
	pool, err := dialBare(g.sink.addr, 1)
	if err != nil {
		return nil, err
	}
	defer pool.close()                                      //nolint:errcheck // nothing is on its way
	if _, err := sustain(ctx, 5*b.Turn, open); err != nil { // statements get prepared
		return nil, err
	}
	took = took[:0]
	if _, err := turn(ctx, 1, 10*b.Turn, open); err != nil {
		return nil, err
	}
	alone := latencyOf(took)
	var figures, limits []latency
	for range b.Rounds {
		took = took[:0]
		if _, err := sustain(ctx, 20*b.Turn, open); err != nil {
			return nil, err
		}
		figures = append(figures, latencyOf(took))
		mail := g.sink.latest()
		took = took[:0]
		if _, err := sustain(ctx, 20*b.Turn, func(context.Context) error {
			mu.Lock() // one connection
			defer mu.Unlock()
			began := time.Now()
			err := pool.transact(0, mail)
			took = append(took, time.Since(began))
			return err
		}); err != nil {
			return nil, err
		}
		limits = append(limits, latencyOf(took))
	}
	figure, limit := medians(figures), medians(limits)
	const name = "commit to accepted by mail, "
	rate := fmt.Sprintf("at %d/s, ", steadyRate)
	return []row{
		newRow(name+"one after the other, p50", "ms", milliseconds(alone.p50), milliseconds(limit.p50)),
		newRow(name+"one after the other, p99", "ms", milliseconds(alone.p99), milliseconds(limit.p99)),
		newRow(name+rate+"p50", "ms", milliseconds(figure.p50), milliseconds(limit.p50)).within(typicalGoal),
		newRow(name+rate+"p99", "ms", milliseconds(figure.p99), milliseconds(limit.p99)).within(slowestGoal),
	}, nil
}

// requesters are people who have opened tickets.
func (g *gateway) requesters(ctx context.Context) ([]uuid.UUID, error) {
	rows, err := g.db.Pool().Query(ctx, `SELECT DISTINCT requester FROM tickets WHERE academy = $1 LIMIT 1000`, g.academy.ID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}
