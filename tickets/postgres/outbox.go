package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
		// The statistics of a queue are those of another moment: a plan made for a
		// few rows sorts them all. This one always walks the index of due times,
		// and stops at the limit.
		b.Queue(`SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)`)
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

// LookAnew makes due the held heads of lanes to which somebody came since: what
// asks something of its reader waits for nothing. It reads all that is held, so
// it is for now and then.
func (db *DB) LookAnew(ctx context.Context, academy tickets.AcademyID, now time.Time) error {
	if _, err := db.pool.Exec(ctx, lookAnew, academy, now); err != nil {
		return fmt.Errorf("postgres.LookAnew(%s): %w", academy, err)
	}
	return nil
}

const putOnQueue = `WITH owed AS (
		SELECT d.id FROM deliveries d
		WHERE d.academy = $1 AND d.due <= $3 AND (d.lease IS NULL OR d.lease <= $3)
			AND (d.epoch <> $2 OR d.enqueued_at <= $4) AND ` + headOfLane + `
		ORDER BY d.due, d.id LIMIT $5 FOR UPDATE OF d SKIP LOCKED)
	UPDATE deliveries d SET epoch = $2, enqueued_at = $3 FROM owed
	WHERE d.academy = $1 AND d.id = owed.id
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
		heads, err := all(ctx, tx, scanHead, `WITH ready AS (
				SELECT d.id AS ready_id FROM deliveries d
				WHERE d.academy = $1 AND d.id = ANY ($2) AND d.due <= $3 AND (d.lease IS NULL OR d.lease <= $3)
					AND `+headOfLane+`
				ORDER BY d.id FOR UPDATE OF d)
			UPDATE deliveries d SET attempts = d.attempts + 1, leases = d.leases + 1, lease = $4, held = false FROM ready
			WHERE d.academy = $1 AND d.id = ready_id
			RETURNING `+deliveryColumns+`, d.leases, d.digest`, academy, ids, now, until)
		if err != nil || len(heads) == 0 {
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

// Record keeps how attempts ended. What was delivered or suppressed or is dead
// moves to the log of the day, with what was told with it; the rest is due again
// at RetryAt (at At when that is zero) and free at once. Who waits behind a
// retry is not due earlier. A deferral is no attempt: it keeps the delivery as
// held, and until one is made what is told with it may change. A thread that a
// receipt names becomes the lane's, unless it is another ticket's.
//
// Deliveries recorded before are passed over, and so is what came of a lease
// that is not the latest, unless it ended: another worker has the delivery by
// now. It returns how many deliveries wait in the lanes that it has freed.
func (db *DB) Record(ctx context.Context, academy tickets.AcademyID, receipts []tickets.Receipt) (successors int, err error) {
	if len(receipts) == 0 {
		return 0, nil
	}
	args := receiptArgs(academy, receipts)
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue(`SELECT id FROM deliveries WHERE academy = @academy AND id = ANY (@ids) ORDER BY id FOR UPDATE`, args)
		b.Queue(keepThreads, args)
		b.Queue(keepTold, args)
		if slices.ContainsFunc(receipts, func(r tickets.Receipt) bool { return r.Outcome == tickets.Deferred }) {
			b.Queue(holdBack, args)
			b.Queue(ungather, args)
		}
		b.Queue(retryLater, args)
		b.Queue(waitBehind, args)
		b.Queue(moveToLog, args).QueryRow(func(row pgx.Row) error { return row.Scan(&successors) })
		return tx.SendBatch(ctx, &b).Close()
	})
	if err != nil {
		return 0, fmt.Errorf("postgres.Record(%s): %w", academy, err)
	}
	return successors, nil
}

// receiptArgs turns the receipts into one array per field, the latest receipt
// of each delivery.
func receiptArgs(academy tickets.AcademyID, receipts []tickets.Receipt) pgx.NamedArgs {
	latest := map[uuid.UUID]tickets.Receipt{}
	for _, r := range receipts {
		latest[r.Delivery] = r
	}
	var ids []uuid.UUID
	var leases []int
	var outcomes, errs, threads []string
	var dead, ended, digests []bool
	var at, due []time.Time
	for id, r := range latest {
		ids = append(ids, id)
		leases = append(leases, r.Lease)
		outcomes = append(outcomes, string(r.Outcome))
		errs = append(errs, storable(r.Err))
		threads = append(threads, storable(r.Thread))
		gone := r.Outcome == tickets.Delivered || r.Outcome == tickets.Suppressed
		given := !gone && (r.Dead || r.Outcome == tickets.Permanent)
		dead, ended = append(dead, given), append(ended, gone || given)
		digests = append(digests, r.Digest)
		at = append(at, r.At)
		if r.RetryAt.IsZero() {
			r.RetryAt = r.At
		}
		due = append(due, r.RetryAt)
	}
	return pgx.NamedArgs{
		"academy": academy, "ids": ids, "leases": leases, "outcomes": outcomes, "errors": errs,
		"threads": threads, "dead": dead, "ended": ended, "digests": digests, "at": at, "due": due,
	}
}

const (
	receiptRows = `unnest(@ids::uuid[], @leases::integer[], @outcomes::text[], @errors::text[], @threads::text[],
		@dead::boolean[], @ended::boolean[], @digests::boolean[], @at::timestamptz[], @due::timestamptz[])
		AS r (id, lease, outcome, error, thread, dead, ended, digest, at, due)`

	// A digest is about several tickets: it is the thread of none.
	keepThreads = `INSERT INTO threads AS old (academy, ticket, channel, recipient, ref)
		SELECT DISTINCT ON (d.ticket, d.channel, d.recipient) d.academy, d.ticket, d.channel, d.recipient, r.thread
		FROM ` + receiptRows + ` JOIN deliveries d ON d.academy = @academy AND d.id = r.id
		WHERE r.thread <> '' AND d.ticket IS NOT NULL AND NOT d.digest AND NOT EXISTS (SELECT FROM threads o
			WHERE o.academy = @academy AND o.channel = d.channel AND o.ref = r.thread)
		ORDER BY d.ticket, d.channel, d.recipient, d.seq DESC, d.id DESC
		ON CONFLICT (academy, ticket, channel, recipient) DO UPDATE SET ref = excluded.ref
		WHERE old.academy = @academy`

	retryLater = `UPDATE deliveries d
		SET due = r.due, error = r.error, lease = NULL, epoch = '', enqueued_at = NULL
		FROM ` + receiptRows + `
		WHERE d.academy = @academy AND d.id = r.id AND NOT r.ended AND r.outcome <> 'deferred'
			AND r.lease IN (0, d.leases)`

	// Who waits behind a retry is not due before it either: during an outage the
	// relay would look at each of them at every turn, for nothing.
	waitBehind = `UPDATE deliveries f SET due = d.due
		FROM ` + receiptRows + ` JOIN deliveries d ON d.academy = @academy AND d.id = r.id
		WHERE NOT r.ended AND r.outcome <> 'deferred' AND f.academy = @academy AND f.ticket = d.ticket
			AND f.channel = d.channel AND f.recipient = d.recipient AND (f.seq, f.id) > (d.seq, d.id) AND f.due < d.due`

	// The last count still sees the rows that this very statement removes: it
	// leaves them out by their ids.
	moveToLog = `WITH going AS (
			SELECT id, id AS head FROM ` + receiptRows + ` WHERE r.ended
			UNION ALL
			SELECT f.id, r.id FROM ` + receiptRows + ` JOIN deliveries f ON f.academy = @academy AND f.told_with = r.id
			WHERE r.ended),
		ended AS (
			DELETE FROM deliveries d USING going JOIN ` + receiptRows + ` ON r.id = going.head
			WHERE d.academy = @academy AND d.id = going.id
			RETURNING d.*, r.dead, r.outcome, r.error AS last_error, r.at AS ended_at),
		logged AS (
			INSERT INTO delivery_log (academy, id, cause, ticket, seq, channel, recipient, template, rule, data,
				attempts, dead, outcome, error, created_at, ended_at, told_with, trace)
			SELECT academy, id, cause, ticket, seq, channel, recipient, template, rule, data,
				attempts, dead, outcome, last_error, created_at, ended_at, told_with, trace FROM ended)
		SELECT count(*) FROM deliveries d
		WHERE d.academy = @academy AND NOT d.id = ANY (@ids) AND d.id NOT IN (SELECT id FROM ended)
			AND (d.ticket, d.channel, d.recipient) IN (SELECT ticket, channel, recipient FROM ended)`
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
