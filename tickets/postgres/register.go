package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// NextRank reserves and returns the day's next rank, from 1; gaps are normal.
//
// The counter has a transaction of its own, so that nobody waits for another's
// ticket, and does not wait for the disk: what is made with the number (a form,
// a ticket) is written after it to the same log, so that a number that outlives
// a crash implies that its counter does.
func (db *DB) NextRank(ctx context.Context, academy tickets.AcademyID, day tickets.Day) (int, error) {
	rank, err := db.nextRank(ctx, academy, day, `SELECT 0`)
	if err != nil {
		return 0, fmt.Errorf("postgres.NextRank(%s, %s): %w", academy, day, err)
	}
	return rank, nil
}

// rankAboveAll is NextRank past every ticket that is there: what a counter that
// lags behind its tickets needs, as after somebody restored a part of the data.
func (db *DB) rankAboveAll(ctx context.Context, academy tickets.AcademyID, day tickets.Day) (int, error) {
	return db.nextRank(ctx, academy, day,
		`SELECT coalesce(max(rank), 0) FROM tickets WHERE academy = $1 AND day = $2`)
}

// nextRank takes the rank after the counter's, and after that of floor, a query
// over $1, the academy, and $2, the day.
func (db *DB) nextRank(ctx context.Context, academy tickets.AcademyID, day tickets.Day, floor string) (int, error) {
	var rank int
	var b pgx.Batch // one round trip, one implicit transaction
	b.Queue(unhurried)
	b.Queue(`INSERT INTO day_counters (academy, day, last) VALUES ($1, $2, (`+floor+`) + 1)
		ON CONFLICT (academy, day) DO UPDATE SET last = greatest(day_counters.last + 1, excluded.last)
		WHERE day_counters.academy = $1
		RETURNING last`, academy, day).
		QueryRow(func(row pgx.Row) error { return row.Scan(&rank) })
	return rank, db.pool.SendBatch(ctx, &b).Close()
}

// Create keeps a new ticket with its first event and the deliveries owed, binds
// its author's pending documents to the event, and ends the form of the same id.
//
// When a ticket of that id is there already, or one that the same command made,
// it changes nothing and returns that one. When the ticket's number is taken by
// another, which only a damaged counter can bring about, it is given the next
// free one, once: the case returned has it.
func (db *DB) Create(ctx context.Context, t tickets.Ticket, e tickets.Event, owed []tickets.Delivery) (tickets.Case, error) {
	c, err := db.create(ctx, t, e, owed)
	if violates(err, "tickets_pkey") || violates(err, "tickets_number_key") || violates(err, "events_command_key") {
		made, lookup := db.made(ctx, t, e)
		if !errors.Is(lookup, pgx.ErrNoRows) {
			c, err = made, lookup
		} else if violates(err, "tickets_number_key") {
			if t.Number.Rank, err = db.rankAboveAll(ctx, t.Academy, t.Number.Day); err == nil {
				c, err = db.create(ctx, t, e, owed)
			}
		}
	}
	if err != nil {
		return tickets.Case{}, fmt.Errorf("postgres.Create(%s, %s): %w", t.Academy, t.Number, err)
	}
	return c, nil
}

// create is one attempt: one round trip, one implicit transaction.
func (db *DB) create(ctx context.Context, t tickets.Ticket, e tickets.Event, owed []tickets.Delivery) (tickets.Case, error) {
	var b pgx.Batch
	b.Queue(`INSERT INTO tickets (`+ticketColumns+`) VALUES (`+ticketParameters+`)`, ticketValues(t)...)
	queueEvent(&b, e)
	for _, d := range owed {
		queueDelivery(&b, d)
	}
	queueBinding(&b, e)
	queueWords(&b, e)
	b.Queue(`DELETE FROM forms WHERE academy = $1 AND id = $2`, t.Academy, t.ID)
	who := map[uuid.UUID]tickets.Person{}
	queuePeople(&b, t.Academy, named(t), who)
	err := db.pool.SendBatch(ctx, &b).Close()
	return tickets.Case{Ticket: t, People: who}, err
}

// made returns what an earlier attempt to create t by e made, or pgx.ErrNoRows.
func (db *DB) made(ctx context.Context, t tickets.Ticket, e tickets.Event) (tickets.Case, error) {
	found, err := one(ctx, db.pool, scanTicket, `SELECT `+ticketColumns+` FROM tickets
		WHERE academy = $1 AND id IN ($2, (
			SELECT ticket FROM events WHERE academy = $1 AND command = $3 AND command <> '' AND actor = $4 AND seq = 1))
		ORDER BY id <> $2 LIMIT 1`, t.Academy, t.ID, e.Command, nullable(e.Actor))
	if err != nil {
		return tickets.Case{}, err
	}
	who, err := people(ctx, db.pool, t.Academy, named(found))
	return tickets.Case{Ticket: found, People: who}, err
}

var (
	ticketParameters     = parameters(1, ticketColumnCount)
	ticketBodyParameters = parameters(3, ticketColumnCount)
)

// queueBinding binds the pending documents of the event's actor to it.
func queueBinding(b *pgx.Batch, e tickets.Event) {
	b.Queue(`UPDATE attachments SET event = $1 WHERE academy = $2 AND ticket = $3 AND author = $4 AND event IS NULL`,
		e.ID, e.Academy, e.Ticket, nullable(e.Actor))
}

// queueWords makes the ticket's words for search, or adds those of the event.
func queueWords(b *pgx.Batch, e tickets.Event) {
	switch {
	case e.Seq == 1:
		b.Queue(`SELECT index_ticket($1, $2)`, e.Academy, e.Ticket)
	case e.Text != "":
		b.Queue(`SELECT index_event($1, $2, $3, $4)`, e.Academy, e.Ticket, e.Text, e.Internal)
	}
}

// Update locks the ticket that the viewer sees by that reference, calls change
// with the case as it stands, and keeps what it returns in the same
// transaction; see [tickets.Register]. Errors of change are returned as they
// are.
//
// A command, or the same words within the attempt's window, count whichever
// ticket they were applied to: a bare rank means another one after midnight.
func (db *DB) Update(ctx context.Context, ref tickets.Ref, by tickets.Attempt, change tickets.Change) (tickets.Result, error) {
	u := update{attempt: by, ref: ref, change: change}
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error { return u.run(ctx, tx) })
	if violates(err, "events_command_key") {
		// The same command was applied to another ticket meanwhile, so that the
		// lock did not keep the two apart. Now it is there to be found.
		u = update{attempt: by, ref: ref, change: change}
		err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error { return u.run(ctx, tx) })
	}
	if u.refusal != nil {
		return tickets.Result{}, u.refusal
	}
	if err != nil {
		return tickets.Result{}, fmt.Errorf("postgres.Update(%s, %s): %w", by.Viewer.Academy, ref, err)
	}
	return u.result, nil
}

// update is one call of Update on its way.
type update struct {
	attempt tickets.Attempt
	ref     tickets.Ref
	change  tickets.Change

	result  tickets.Result
	refusal error // of change
}

func (u *update) run(ctx context.Context, tx pgx.Tx) error {
	into, err := u.lockInto(ctx, tx)
	if err != nil {
		return err
	}
	before, done, err := u.lock(ctx, tx)
	if done || err != nil {
		return err
	}
	who, err := people(ctx, tx, before.Academy, named(before))
	if err != nil {
		return err
	}
	after, event, owed, err := u.change(tickets.Case{Ticket: before, People: maps.Clone(who)}, into)
	if err != nil {
		u.refusal = err
		return err
	}
	if event == nil {
		u.result = tickets.Result{Case: tickets.Case{Ticket: before, People: who}, Repeated: true}
		return nil
	}
	c, err := u.write(ctx, tx, before, after, *event, owed)
	u.result = tickets.Result{Case: c, Event: event}
	return err
}

// lock locks the ticket and returns it as it stands then, or says that the
// attempt was applied before, with the result filled in: to that ticket as it is
// now, whichever it is. What was applied is looked for once the lock is there:
// whoever waited for it may have waited for their own repetition.
func (u *update) lock(ctx context.Context, tx pgx.Tx) (t tickets.Ticket, repeated bool, err error) {
	var b pgx.Batch
	found := pgx.ErrNoRows
	queueLookUp(&b, u.attempt.Viewer, u.ref, `FOR NO KEY UPDATE`, func(locked tickets.Ticket) { t, found = locked, nil })
	var before *tickets.Event
	u.queueApplied(&b, func(e tickets.Event) {
		if before == nil {
			before = &e
		}
	})
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return t, false, err
	}
	if before == nil {
		return t, false, absent(found, "ticket.not_found")
	}
	c, err := caseByID(ctx, tx, u.attempt.Viewer, before.Ticket)
	if err != nil {
		return t, false, absent(err, "ticket.not_found")
	}
	u.result = tickets.Result{Case: c, Event: before, Repeated: true}
	return t, true, nil
}

// lockInto locks both tickets of an attempt that names another one, and returns
// the other as it stands then; zero when the viewer sees no such ticket. They are
// locked in the order of their ids: of two attempts that cross, one waits for the
// other and sees what it did.
func (u *update) lockInto(ctx context.Context, tx pgx.Tx) (tickets.Ticket, error) {
	if u.attempt.Into.Rank == 0 {
		return tickets.Ticket{}, nil
	}
	viewer := u.attempt.Viewer
	var ids []uuid.UUID
	for _, ref := range []tickets.Ref{u.ref, u.attempt.Into} {
		t, err := lookUp(ctx, tx, viewer, ref)
		if errors.Is(err, pgx.ErrNoRows) {
			return tickets.Ticket{}, nil
		}
		if err != nil {
			return tickets.Ticket{}, err
		}
		ids = append(ids, t.ID)
	}
	if _, err := tx.Exec(ctx, `SELECT FROM tickets WHERE academy = $1 AND id = ANY ($2) ORDER BY id FOR NO KEY UPDATE`,
		viewer.Academy, ids); err != nil {
		return tickets.Ticket{}, err
	}
	into, err := caseByID(ctx, tx, viewer, ids[1])
	if errors.Is(err, pgx.ErrNoRows) {
		return tickets.Ticket{}, nil
	}
	return into.Ticket, err
}

// write keeps what a change made of a ticket and returns the case as it is then.
func (u *update) write(ctx context.Context, tx pgx.Tx, before, after tickets.Ticket, e tickets.Event, owed []tickets.Delivery) (tickets.Case, error) {
	var b pgx.Batch
	written := false
	b.Queue(`UPDATE tickets SET (`+ticketBody+`) = (`+ticketBodyParameters+`) WHERE academy = $1 AND id = $2`,
		ticketValues(after)...).Exec(affected(&written))
	queueEvent(&b, e)
	for _, d := range owed {
		queueDelivery(&b, d)
	}
	queueBinding(&b, e)
	queueWords(&b, e)
	if !u.attempt.Draft.IsZero() {
		b.Queue(`DELETE FROM reply_drafts WHERE academy = $1 AND ticket = $2 AND person = $3 AND created_at <= $4`,
			e.Academy, e.Ticket, nullable(e.Actor), u.attempt.Draft)
	}
	who := map[uuid.UUID]tickets.Person{}
	queuePeople(&b, after.Academy, named(after), who)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return tickets.Case{}, err
	}
	if !written {
		return tickets.Case{}, fmt.Errorf("the change made another ticket of %s", before.ID)
	}
	return tickets.Case{Ticket: after, People: who}, nil
}

// queueApplied asks for the events of earlier identical attempts, that of the
// command first.
func (u *update) queueApplied(b *pgx.Batch, found func(tickets.Event)) {
	by := u.attempt
	args := pgx.NamedArgs{
		"academy": by.Viewer.Academy, "actor": nullable(by.Viewer.ID),
		"command": by.Command, "fingerprint": by.Fingerprint, "since": by.Since,
	}
	if by.Command != "" {
		queueEach(b, scanEvent, found, `SELECT `+eventColumns+` FROM events
			WHERE academy = @academy AND actor = @actor AND command = @command AND command <> ''`, args)
	}
	if by.Fingerprint != "" {
		queueEach(b, scanEvent, found, `SELECT `+eventColumns+` FROM events
			WHERE academy = @academy AND actor = @actor AND fingerprint = @fingerprint AND fingerprint <> '' AND at >= @since
			ORDER BY at DESC LIMIT 1`, args)
	}
}
