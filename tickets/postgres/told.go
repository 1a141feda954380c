package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// What is told together: at the first attempt of a head, Lease gathers into it
// what waits behind it in its lane, as far as [tickets.Together] says, and into
// the head of a digest the other lanes that wait for it. What was gathered has
// told_with, is never leased in its own right, and ends with its head. From the
// second attempt on the set is what it was: the first may have arrived.
//
// A head that is held is looked at anew as soon as somebody comes to its lane
// whom nobody looked at: Lease marks as held whom it leaves behind the head, too.

// told is a head that was leased with what its notice tells.
type told struct {
	head   tickets.Delivery
	leases int
	digest bool
	// all are in the order in which they happened, the head among them; the last
	// is the notice's own.
	all []tickets.Delivery
	// direct is how its recipient wants to be told in chat.
	direct tickets.DirectMessages
}

// delivery is what the notice is of: the latest of what it tells, under the
// identity of the head.
func (h *told) delivery() tickets.Delivery {
	d := h.all[len(h.all)-1]
	d.ID, d.Attempts, d.Due, d.CreatedAt = h.head.ID, h.head.Attempts, h.head.Due, h.head.CreatedAt
	return d
}

func scanHead(row pgx.CollectableRow) (told, error) {
	var h told
	var err error
	h.head, err = scanDelivery(row, &h.leases, &h.digest)
	h.all = []tickets.Delivery{h.head}
	return h, err
}

// follower waits behind a head, or in a lane of its digest.
type follower struct {
	tickets.Delivery
	head     uuid.UUID
	gathered bool // at an earlier attempt
	held     bool
}

func scanFollower(row pgx.CollectableRow) (follower, error) {
	var f follower
	var err error
	f.Delivery, err = scanDelivery(row, &f.head, &f.gathered, &f.held)
	return f, err
}

// wish is how a person wants to be told in chat.
type wish struct {
	Person uuid.UUID
	Direct tickets.DirectMessages
}

// followers are all that wait in the lanes of the heads, and in those of which
// the heads of digests begin theirs, in the order of their lanes. Whoever is
// locked is being changed: their digest is the next.
const followers = `WITH lanes AS MATERIALIZED (
		SELECT h.id AS head, h.ticket, h.channel, h.recipient, h.digest AND h.attempts = 1 AS digest
		FROM unnest($2::uuid[]) AS i (id) CROSS JOIN LATERAL (
			SELECT h.* FROM deliveries h WHERE h.academy = $1 AND h.id = i.id OFFSET 0) h),
	digests AS MATERIALIZED (
		SELECT h.head, g.ticket, g.channel, g.recipient
		FROM lanes h CROSS JOIN LATERAL (SELECT g.* FROM deliveries g
			WHERE g.academy = $1 AND g.channel = h.channel AND g.recipient = h.recipient AND g.digest AND g.id > h.head
				AND g.attempts = 0 AND g.due <= $3 AND g.told_with IS NULL AND (g.lease IS NULL OR g.lease <= $3)
			FOR UPDATE SKIP LOCKED OFFSET 0) g
		WHERE h.digest)
	SELECT ` + followerColumns + `, l.head, false, d.held
	FROM (SELECT head, ticket, channel, recipient FROM lanes UNION ALL SELECT * FROM digests) l
	CROSS JOIN LATERAL (SELECT d.* FROM deliveries d
		WHERE d.academy = $1 AND d.ticket = l.ticket AND d.channel = l.channel AND d.recipient = l.recipient
			AND d.id <> l.head AND d.told_with IS NULL OFFSET 0) d
	UNION ALL
	SELECT ` + followerColumns + `, d.told_with, true, d.held
	FROM lanes l CROSS JOIN LATERAL (
		SELECT d.* FROM deliveries d WHERE d.academy = $1 AND d.told_with = l.head OFFSET 0) d
	ORDER BY ticket, seq, id`

const followerColumns = `d.academy, d.id, d.cause, d.ticket, d.seq, d.channel, d.recipient, d.template, d.rule, d.data,
	d.due, d.attempts, d.created_at, d.trace`

// gather adds to each head what is told with it, and queues on b what marks that.
func gather(ctx context.Context, tx pgx.Tx, b *pgx.Batch, academy tickets.AcademyID, heads []told, now time.Time) error {
	var ids, whom []uuid.UUID
	for _, h := range heads {
		if h.head.News() {
			ids = append(ids, h.head.ID)
			person, _ := h.head.Recipient.Person()
			whom = append(whom, person)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	waiting := map[uuid.UUID][]follower{}
	var first pgx.Batch
	queueEach(&first, scanFollower, func(f follower) { waiting[f.head] = append(waiting[f.head], f) },
		followers, academy, ids, now)
	direct := map[uuid.UUID]tickets.DirectMessages{}
	queueEach(&first, pgx.RowToStructByPos[wish], func(w wish) { direct[w.Person] = w.Direct },
		`SELECT id, direct_messages FROM people WHERE academy = $1 AND id = ANY ($2)`, academy, whom)
	if err := tx.SendBatch(ctx, &first).Close(); err != nil {
		return err
	}
	var with, join, left []uuid.UUID
	for i := range heads {
		h := &heads[i]
		person, _ := h.head.Recipient.Person()
		h.direct = direct[person]
		h.gather(waiting[h.head.ID])
		for _, f := range waiting[h.head.ID] {
			switch {
			case f.gathered:
			case slices.ContainsFunc(h.all, func(d tickets.Delivery) bool { return d.ID == f.ID }):
				with, join = append(with, h.head.ID), append(join, f.ID)
			case !f.held:
				left = append(left, f.ID)
			}
		}
	}
	if len(join) > 0 {
		b.Queue(`UPDATE deliveries d SET told_with = m.head, held = false FROM unnest($2::uuid[], $3::uuid[]) AS m (id, head)
			WHERE d.academy = $1 AND d.id = ANY ($2) AND d.id = m.id`, academy, join, with)
	}
	if len(left) > 0 {
		b.Queue(`UPDATE deliveries SET held = true WHERE academy = $1 AND id = ANY ($2)`, academy, left)
	}
	return nil
}

// gather chooses among who waits, given in the order of their lanes.
func (h *told) gather(waiting []follower) {
	lanes := [][]tickets.Delivery{{h.head}}
	for _, f := range waiting {
		switch last := len(lanes) - 1; {
		case f.gathered:
			h.all = append(h.all, f.Delivery)
		case h.head.Attempts > 1:
		case f.Ticket == h.head.Ticket:
			lanes[0] = append(lanes[0], f.Delivery)
		case last > 0 && lanes[last][0].Ticket == f.Ticket:
			lanes[last] = append(lanes[last], f.Delivery)
		default:
			lanes = append(lanes, []tickets.Delivery{f.Delivery})
		}
	}
	if h.head.Attempts == 1 {
		h.all = nil
		for _, lane := range lanes {
			h.all = append(h.all, tickets.Together(lane, h.direct)...)
		}
	}
	if h.digest { // a lane is in its order already
		slices.SortFunc(h.all, func(x, y tickets.Delivery) int {
			return cmp.Or(x.CreatedAt.Compare(y.CreatedAt), compareIDs(x.ID, y.ID))
		})
	}
}

// freeHeld has what is held for that recipient on the channel looked at anew.
func freeHeld(ctx context.Context, tx pgx.Tx, academy tickets.AcademyID, ch tickets.Channel, to tickets.Recipient) error {
	_, err := tx.Exec(ctx, `UPDATE deliveries d SET due = d.created_at, held = false, digest = d.digest AND d.attempts > 0
		FROM (SELECT id FROM deliveries
			WHERE academy = $1 AND channel = $2 AND recipient = $3 AND held ORDER BY id FOR UPDATE) w
		WHERE d.academy = $1 AND d.id = w.id`, academy, ch, to)
	return err
}

const (
	// lookAnew has a held head looked at anew behind which somebody came, also one
	// that is due and waits for another digest to end. It goes by who came, if
	// anything is held at all: they are due, behind a head and so on no queue.
	lookAnew = `UPDATE deliveries h SET due = least(h.due, $2), held = false, digest = h.digest AND h.attempts > 0
		WHERE h.academy = $1 AND h.id = ANY (ARRAY(
			SELECT w.id FROM deliveries f CROSS JOIN LATERAL (SELECT w.id FROM deliveries w
				WHERE w.academy = $1 AND w.ticket = f.ticket AND w.channel = f.channel AND w.recipient = f.recipient
					AND w.held AND (w.due > $2 OR w.digest) AND w.told_with IS NULL AND (w.seq, w.id) < (f.seq, f.id)
				FOR UPDATE SKIP LOCKED OFFSET 0) w
			WHERE f.academy = $1 AND f.due <= $2 AND f.seq >= 0 AND f.told_with IS NULL AND NOT f.held AND f.epoch = ''
				AND EXISTS (SELECT FROM deliveries WHERE academy = $1 AND held)))`

	// A deferral is no attempt. What may have arrived before stays as it was.
	holdBack = `UPDATE deliveries d
		SET due = r.due, held = true, digest = CASE WHEN d.attempts > 1 THEN d.digest ELSE r.digest END,
			attempts = d.attempts - 1, lease = NULL, epoch = '', enqueued_at = NULL
		FROM ` + receiptRows + `
		WHERE d.academy = @academy AND d.id = ANY (@ids) AND d.id = r.id AND r.outcome = 'deferred' AND d.lease IS NOT NULL
			AND r.lease IN (0, d.leases)`

	ungather = `UPDATE deliveries f SET told_with = NULL, held = true
		WHERE f.academy = @academy AND f.id = ANY (ARRAY(
			SELECT f.id FROM ` + receiptRows + `
			CROSS JOIN LATERAL (SELECT d.* FROM deliveries d WHERE d.academy = @academy AND d.id = r.id OFFSET 0) d
			CROSS JOIN LATERAL (SELECT f.id FROM deliveries f WHERE f.academy = @academy AND f.told_with = d.id OFFSET 0) f
			WHERE r.outcome = 'deferred' AND d.held AND d.attempts = 0))`
)
