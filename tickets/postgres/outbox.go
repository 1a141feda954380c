package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cecoia.example/tickets"
)

// The life of a delivery: its cause's transaction makes the row; Enqueue puts it
// on the queue, which may forget it; Lease gives it to a worker for a while;
// Record moves it to the log, or frees it for a later try. Until it is in the
// log, each of Enqueue and Lease finds it again.
//
// Of a lane (what one recipient is told of one ticket on one channel) only the
// first is ever enqueued and leased: its head. A worker may find that its time
// has not come: Record then keeps it as held, and who comes to the lane
// afterwards has it looked at anew. Lease gathers into the head what is told
// with it (told_with): see told.go.
//
// Who locks several rows does so in the order of their ids, and who changes what
// waits in a lane has its head locked. Only the relay skips locked ones: a
// worker must wait for the relay that has just told it of them, or their turn
// would be lost until the queue's visibility ends.

// The statistics of a queue are those of another moment: a plan made for a few
// rows reads them all again and again when there are many. So the statements
// below leave the planner no choice: rows are looked up one by one, in a lateral
// query with OFFSET 0, which is a fence, by what one index serves; what is then
// changed is named by an array of ids; and byIndex goes before. To a plan that was
// made while nothing was owed each index is as good as another: while the table is
// not small (a few hundred rows), which costs nothing to know, none is kept.
const byIndex = `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
	set_config('plan_cache_mode', CASE WHEN pg_relation_size('deliveries') > 256 * 1024 THEN 'force_custom_plan' ELSE 'auto' END, true)`

// unhurried has a transaction not wait for the disk. What is on a queue, and who
// has a lease, is worth nothing after a crash: whatever was so begins again. What
// comes of it waits, and what is written to the log is on the disk no later than
// what was written after it: once an attempt is recorded, so is its lease.
const unhurried = `SELECT set_config('synchronous_commit', 'off', true)`

// headOfLane says of deliveries AS d that none of their lane is before them, no
// other's notice tells them, and of a digest that none of it is before them.
const headOfLane = `d.told_with IS NULL
	AND (d.ticket IS NULL OR NOT EXISTS (SELECT FROM deliveries e
		WHERE e.academy = $1 AND e.ticket = d.ticket AND e.channel = d.channel AND e.recipient = d.recipient
			AND (e.seq, e.id) < (d.seq, d.id)))
	AND (NOT d.digest OR NOT EXISTS (SELECT FROM deliveries e
		WHERE e.academy = $1 AND e.channel = d.channel AND e.recipient = d.recipient AND e.digest AND e.id < d.id))`

// Enqueue marks up to limit deliveries as put on the queue of that epoch and
// calls push with them, in the order of their ids, before it commits: what push
// refuses is not marked. It takes those that are due, head of their lane, not
// leased, and not on that queue since less than visibility, the longest due
// first. It returns how many they were; push is not called with none.
func (db *DB) Enqueue(ctx context.Context, academy tickets.AcademyID, epoch string, now time.Time, visibility time.Duration, limit int, push func(context.Context, []tickets.DeliveryKey) error) (int, error) {
	if epoch == "" { // it stands for no queue at all
		return 0, fmt.Errorf("postgres.Enqueue(%s): no epoch", academy)
	}
	var keys []tickets.DeliveryKey
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue(unhurried)
		b.Queue(byIndex)
		b.Queue(`SELECT set_config('enable_sort', 'off', true)`) // it walks the index of due times, and stops at the limit
		b.Queue(putOnQueue, academy, epoch, now, now.Add(-visibility), limit).Query(func(rows pgx.Rows) (err error) {
			keys, err = pgx.CollectRows(rows, pgx.RowToStructByName[tickets.DeliveryKey])
			return err
		})
		if err := tx.SendBatch(ctx, &b).Close(); err != nil || len(keys) == 0 {
			return err
		}
		slices.SortFunc(keys, func(x, y tickets.DeliveryKey) int { return compareIDs(x.ID, y.ID) })
		return push(ctx, keys)
	})
	if err != nil {
		return 0, fmt.Errorf("postgres.Enqueue(%s): %w", academy, err)
	}
	return len(keys), nil
}

// Hasten makes due at once whatever waits, and ends leases at that time at the
// latest: for a clock that went back, by which they would wait for hours. What is
// held back for a reason is held back again when it is looked at.
func (db *DB) Hasten(ctx context.Context, academy tickets.AcademyID, now, until time.Time) error {
	if _, err := db.pool.Exec(ctx, `WITH waiting AS (
			SELECT d.id FROM deliveries d WHERE d.academy = $1 AND d.told_with IS NULL AND (d.due > $2 OR d.lease > $3 OR d.enqueued_at > $2)
			ORDER BY d.id FOR UPDATE)
		UPDATE deliveries d SET due = LEAST(d.due, $2), lease = CASE WHEN d.lease > $3 THEN $3 ELSE d.lease END, epoch = '', enqueued_at = NULL
		FROM waiting w WHERE d.academy = $1 AND d.id = w.id`, academy, now, until); err != nil {
		return fmt.Errorf("postgres.Hasten(%s): %w", academy, err)
	}
	return nil
}

// RetryNow makes due what waits on a channel to be tried again, as what kept it
// from arriving is over; what is held back for another reason stays so. It
// returns how many deliveries that is.
func (db *DB) RetryNow(ctx context.Context, academy tickets.AcademyID, ch tickets.Channel, now time.Time) (int, error) {
	tag, err := db.pool.Exec(ctx, `WITH waiting AS (
			SELECT d.id FROM deliveries d
			WHERE d.academy = $1 AND d.channel = $2 AND d.due > $3 AND d.lease IS NULL AND NOT d.held AND d.told_with IS NULL
			ORDER BY d.id FOR UPDATE)
		UPDATE deliveries d SET due = d.created_at FROM waiting w WHERE d.academy = $1 AND d.id = w.id`, academy, ch, now)
	if err != nil {
		return 0, fmt.Errorf("postgres.RetryNow(%s, %s): %w", academy, ch, err)
	}
	return int(tag.RowsAffected()), nil
}

// FreeLeases gives back what workers have: for a process that knows that it is
// the only one, as those of the one before have ended with it. What they may
// have sent is tried again under the same ids.
func (db *DB) FreeLeases(ctx context.Context, academy tickets.AcademyID) error {
	if _, err := db.pool.Exec(ctx, `UPDATE deliveries SET lease = NULL, epoch = '', enqueued_at = NULL
		WHERE academy = $1 AND lease IS NOT NULL`, academy); err != nil {
		return fmt.Errorf("postgres.FreeLeases(%s): %w", academy, err)
	}
	return nil
}

// LookAnew makes due the held heads of lanes to which somebody came since, and
// returns how many: what asks something of its reader waits for nothing.
func (db *DB) LookAnew(ctx context.Context, academy tickets.AcademyID, now time.Time) (int, error) {
	var freed int
	var b pgx.Batch
	b.Queue(byIndex)
	b.Queue(lookAnew, academy, now).Exec(func(tag pgconn.CommandTag) error { freed = int(tag.RowsAffected()); return nil })
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return 0, fmt.Errorf("postgres.LookAnew(%s): %w", academy, err)
	}
	return freed, nil
}

// putOnQueue says that seq counts from 0, as the index of due times does.
const putOnQueue = `WITH owed AS (
		SELECT d.id FROM deliveries d
		WHERE d.academy = $1 AND d.due <= $3 AND d.seq >= 0 AND (d.lease IS NULL OR d.lease <= $3)
			AND (d.epoch <> $2 OR d.enqueued_at <= $4) AND ` + headOfLane + `
		ORDER BY d.due, d.id LIMIT $5 FOR UPDATE OF d SKIP LOCKED)
	UPDATE deliveries d SET epoch = $2, enqueued_at = $3
	WHERE d.academy = $1 AND d.id = ANY (ARRAY(SELECT id FROM owed))
	RETURNING d.academy, d.id, d.channel`

func compareIDs(x, y uuid.UUID) int { return slices.Compare(x[:], y[:]) }

// Lease gives the worker those of the deliveries that are its to send now (not
// delivered, not leased, due, head of their lane), counts the attempt, keeps
// others off them until that time, and returns each with what is told with it
// and all it takes to word them, in the order of their ids.
func (db *DB) Lease(ctx context.Context, academy tickets.AcademyID, ids []uuid.UUID, now, until time.Time) ([]tickets.Notice, error) {
	definition, err := db.Academy(ctx, academy)
	if err != nil {
		return nil, fmt.Errorf("postgres.Lease(%s): %w", academy, err)
	}
	var notices []tickets.Notice
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		var heads []told
		var take pgx.Batch
		take.Queue(unhurried)
		take.Queue(byIndex)
		queueEach(&take, scanHead, func(h told) { heads = append(heads, h) }, lease, academy, slices.SortedFunc(slices.Values(ids), compareIDs), now, until)
		if err := tx.SendBatch(ctx, &take).Close(); err != nil || len(heads) == 0 {
			return err
		}
		slices.SortFunc(heads, func(x, y told) int { return compareIDs(x.head.ID, y.head.ID) })
		var b pgx.Batch
		if err := gather(ctx, tx, &b, academy, heads, now); err != nil {
			return err
		}
		notices, err = complete(ctx, tx, &b, definition, heads)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("postgres.Lease(%s): %w", academy, err)
	}
	return notices, nil
}

const lease = `WITH ready AS (
		SELECT d.id FROM unnest($2::uuid[]) AS i (id) CROSS JOIN LATERAL (SELECT d.* FROM deliveries d
			WHERE d.academy = $1 AND d.id = i.id AND d.due <= $3 AND (d.lease IS NULL OR d.lease <= $3) AND ` + headOfLane + `
			FOR UPDATE OFFSET 0) d)
	UPDATE deliveries d SET attempts = d.attempts + 1, leases = d.leases + 1, lease = $4, held = false
	WHERE d.academy = $1 AND d.id = ANY (ARRAY(SELECT id FROM ready))
	RETURNING ` + deliveryColumns + `, d.leases, d.digest`

// Record keeps how attempts ended. What was delivered or suppressed or is dead
// moves to the log of the day, with what was told with it; the rest is due again
// at RetryAt (at At when that is zero) and free at once. Who waits behind a
// retry is not due earlier, unless a late worker spares it. A deferral is no
// attempt: it keeps the delivery as held, and until one is made what is told
// with it may change. A thread that a receipt names becomes the lane's, unless
// it is another ticket's.
//
// Deliveries recorded before are passed over, and so is what came of a lease
// that is not the latest, unless it ended: another worker has the delivery by
// now. It returns how many deliveries wait in the lanes that it has freed.
func (db *DB) Record(ctx context.Context, academy tickets.AcademyID, receipts []tickets.Receipt) (successors int, err error) {
	if len(receipts) == 0 {
		return 0, nil
	}
	args, ended := receiptArgs(academy, receipts)
	var b pgx.Batch // one transaction, with one round trip
	b.Queue(byIndex)
	b.Queue(lock, args)
	b.Queue(keepThreads, args)
	if slices.ContainsFunc(receipts, func(r tickets.Receipt) bool { return r.Outcome == tickets.Deferred }) {
		b.Queue(holdBack, args)
		b.Queue(ungather, args)
	}
	if ended < len(receipts) {
		b.Queue(retryLater, args)
		b.Queue(waitBehind, args)
	}
	if ended > 0 {
		b.Queue(waitNoLonger, args)
		b.Queue(moveToLog, args).QueryRow(func(row pgx.Row) error { return row.Scan(&successors) })
	}
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return 0, fmt.Errorf("postgres.Record(%s): %w", academy, err)
	}
	return successors, nil
}

// receiptArgs turns the receipts into one array per field, the latest receipt
// of each delivery, and says how many ended.
func receiptArgs(academy tickets.AcademyID, receipts []tickets.Receipt) (args pgx.NamedArgs, gone int) {
	latest := map[uuid.UUID]tickets.Receipt{}
	for _, r := range receipts {
		latest[r.Delivery] = r
	}
	var ids, left []uuid.UUID
	var leases []int
	var outcomes, errs, threads []string
	var dead, ended, digests []bool
	var at, due []time.Time
	for _, id := range slices.SortedFunc(maps.Keys(latest), compareIDs) {
		r := latest[id]
		ids = append(ids, id)
		leases = append(leases, r.Lease)
		outcomes = append(outcomes, string(r.Outcome))
		errs = append(errs, storable(r.Err))
		threads = append(threads, storable(r.Thread))
		done := r.Outcome == tickets.Delivered || r.Outcome == tickets.Suppressed
		given := !done && (r.Dead || r.Outcome == tickets.Permanent)
		if done || given {
			left = append(left, id)
		}
		dead, ended = append(dead, given), append(ended, done || given)
		digests = append(digests, r.Digest)
		at = append(at, r.At)
		if r.RetryAt.IsZero() {
			r.RetryAt = r.At
		}
		due = append(due, r.RetryAt)
	}
	return pgx.NamedArgs{
		"academy": academy, "ids": ids, "leases": leases, "outcomes": outcomes, "errors": errs, "threads": threads,
		"dead": dead, "ended": ended, "left": left, "digests": digests, "at": at, "due": due,
	}, len(left)
}

const (
	// lock takes them in their order.
	lock = `SELECT FROM unnest(@ids::uuid[]) AS i (id) CROSS JOIN LATERAL (
		SELECT FROM deliveries d WHERE d.academy = @academy AND d.id = i.id FOR UPDATE OFFSET 0) d`

	receiptRows = `unnest(@ids::uuid[], @leases::integer[], @outcomes::text[], @errors::text[], @threads::text[],
		@dead::boolean[], @ended::boolean[], @digests::boolean[], @at::timestamptz[], @due::timestamptz[])
		AS r (id, lease, outcome, error, thread, dead, ended, digest, at, due)`

	// What is told at one time follows one receipt: the head, and what was told
	// with it.
	toldRows = receiptRows + ` CROSS JOIN LATERAL (
			SELECT d.* FROM deliveries d WHERE d.academy = @academy AND d.id = r.id
			UNION ALL
			SELECT d.* FROM deliveries d WHERE d.academy = @academy AND d.told_with = r.id OFFSET 0) d`

	// A digest is about several tickets: it is the thread of none. Guidance tells
	// nothing of a ticket: it has no event, and no number of one.
	keepThreads = `INSERT INTO threads AS old (academy, ticket, channel, recipient, ref, told_at)
		SELECT @academy, ticket, channel, recipient, max(ref), max(told)
		FROM (SELECT d.ticket, d.channel, d.recipient,
				CASE WHEN r.thread <> '' AND d.id = r.id AND NOT d.digest AND NOT EXISTS (SELECT FROM threads o
					WHERE o.academy = @academy AND o.channel = d.channel AND o.ref = r.thread) THEN r.thread END AS ref,
				CASE WHEN r.outcome = 'delivered' AND d.seq > 0 AND d.recipient LIKE 'person:%' THEN r.at END AS told
			FROM ` + toldRows + ` WHERE d.ticket IS NOT NULL) t
		WHERE ref IS NOT NULL OR told IS NOT NULL
		GROUP BY ticket, channel, recipient
		ON CONFLICT (academy, ticket, channel, recipient) DO UPDATE
		SET ref = coalesce(excluded.ref, old.ref), told_at = greatest(old.told_at, excluded.told_at)
		WHERE old.academy = @academy`

	retryLater = `UPDATE deliveries d
		SET due = r.due, error = r.error, lease = NULL, epoch = '', enqueued_at = NULL
		FROM ` + receiptRows + `
		WHERE d.academy = @academy AND d.id = ANY (@ids) AND d.id = r.id AND NOT r.ended AND r.outcome <> 'deferred'
			AND r.lease IN (0, d.leases)`

	// Who waits behind a retry is not due before it either: during an outage the
	// relay would look at each of them at every turn, for nothing.
	waitBehind = `UPDATE deliveries f SET due = (SELECT d.due FROM deliveries d
			WHERE d.academy = @academy AND d.ticket = f.ticket AND d.channel = f.channel AND d.recipient = f.recipient AND d.id = ANY (@ids)
			ORDER BY d.seq, d.id LIMIT 1)
		WHERE f.academy = @academy AND f.id = ANY (ARRAY(
			SELECT f.id FROM ` + receiptRows + `
			CROSS JOIN LATERAL (SELECT d.* FROM deliveries d WHERE d.academy = @academy AND d.id = r.id OFFSET 0) d
			CROSS JOIN LATERAL (SELECT f.id FROM deliveries f WHERE f.academy = @academy AND f.ticket = d.ticket
				AND f.channel = d.channel AND f.recipient = d.recipient AND (f.seq, f.id) > (d.seq, d.id) AND f.due < d.due OFFSET 0) f
			WHERE NOT r.ended AND r.outcome <> 'deferred' AND r.lease IN (0, d.leases)))`

	// A worker that was late ends what was to be tried again: who was to wait for
	// that waits for nothing now.
	waitNoLonger = `UPDATE deliveries f SET due = f.created_at
		WHERE f.academy = @academy AND f.id = ANY (ARRAY(
			SELECT f.id FROM ` + receiptRows + `
			CROSS JOIN LATERAL (SELECT d.* FROM deliveries d
				WHERE d.academy = @academy AND d.id = r.id AND d.due > r.at OFFSET 0) d
			CROSS JOIN LATERAL (SELECT f.id FROM deliveries f WHERE f.academy = @academy AND f.ticket = d.ticket
				AND f.channel = d.channel AND f.recipient = d.recipient AND (f.seq, f.id) > (d.seq, d.id) AND f.due = d.due OFFSET 0) f
			WHERE r.ended))`

	// The log and the last count still see the rows that this very statement
	// removes; the count leaves them out by their ids.
	moveToLog = `WITH logged AS (
			INSERT INTO delivery_log (academy, id, cause, ticket, seq, channel, recipient, template, rule, data,
				attempts, dead, outcome, error, created_at, ended_at, told_with, trace)
			SELECT d.academy, d.id, d.cause, d.ticket, d.seq, d.channel, d.recipient, d.template, d.rule, d.data,
				d.attempts, r.dead, r.outcome, r.error, d.created_at, r.at, d.told_with, d.trace
			FROM ` + toldRows + ` WHERE r.ended),
		heads AS (DELETE FROM deliveries WHERE academy = @academy AND id = ANY (@left) RETURNING id, ticket, channel, recipient),
		others AS (DELETE FROM deliveries WHERE academy = @academy AND told_with = ANY (@left) RETURNING id, ticket, channel, recipient),
		ended AS MATERIALIZED (SELECT * FROM heads UNION ALL SELECT * FROM others)
		SELECT count(*) FROM (SELECT DISTINCT ticket, channel, recipient FROM ended) e
		CROSS JOIN LATERAL (SELECT d.id FROM deliveries d
			WHERE d.academy = @academy AND d.ticket = e.ticket AND d.channel = e.channel AND d.recipient = e.recipient OFFSET 0) d
		WHERE NOT d.id = ANY (@ids) AND d.id NOT IN (SELECT id FROM ended)`
)

// ThreadTicket returns the ticket that lives at that reference on the channel
// (which ticket's card a post is), and for whom; or a NotFound refusal.
func (db *DB) ThreadTicket(ctx context.Context, academy tickets.AcademyID, ch tickets.Channel, ref string) (ticket uuid.UUID, to tickets.Recipient, err error) {
	found, err := one(ctx, db.pool, pgx.RowToStructByPos[lane],
		`SELECT ticket, channel, recipient FROM threads WHERE academy = $1 AND channel = $2 AND ref = $3`,
		academy, ch, storable(ref))
	if err != nil {
		return uuid.Nil, "", fmt.Errorf("postgres.ThreadTicket(%s, %s): %w", academy, ch, absent(err, "ticket.not_found"))
	}
	return found.Ticket, found.Recipient, nil
}
