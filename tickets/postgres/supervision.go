package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// stateOfOwed is the state of a row of deliveries: only a failed attempt leaves
// its error there.
const stateOfOwed = `CASE WHEN held THEN 'held' WHEN error <> '' THEN 'failing' ELSE 'waiting' END`

// Backlog counts the deliveries owed, and those given up since then, by channel
// and state.
func (db *DB) Backlog(ctx context.Context, academy tickets.AcademyID, since time.Time) ([]tickets.Backlog, error) {
	// What is not due yet is not late; what failed is, whenever it is due again.
	out, err := all(ctx, db.pool, pgx.RowToStructByName[tickets.Backlog], `
		SELECT channel, `+stateOfOwed+` AS state, count(*) AS count,
			min(CASE WHEN error <> '' THEN created_at ELSE greatest(created_at, due) END) AS oldest
		FROM deliveries WHERE academy = $1 GROUP BY channel, state
		UNION ALL
		SELECT channel, 'dead', count(*), min(ended_at) FROM delivery_log
		WHERE academy = $1 AND dead AND ended_at >= $2 GROUP BY channel
		ORDER BY channel, state`, academy, since)
	if err != nil {
		return nil, fmt.Errorf("postgres.Backlog(%s): %w", academy, err)
	}
	return out, nil
}

// owedRecords and endedRecords read the two tables as delivery records. Data stays
// where it is.
const (
	owedRecords = `SELECT academy, id, cause, ticket, seq, channel, recipient, template, rule, NULL::json AS data, due, attempts, created_at, trace,
			` + stateOfOwed + ` AS state, error, NULL::timestamptz AS ended_at, told_with
		FROM deliveries WHERE academy = @academy`
	endedRecords = `SELECT academy, id, cause, ticket, seq, channel, recipient, template, rule, NULL::json AS data, ended_at AS due, attempts, created_at, trace,
			CASE WHEN dead THEN 'dead' ELSE outcome END AS state, error, ended_at, told_with
		FROM delivery_log WHERE academy = @academy AND ended_at >= @since`
)

// Deliveries returns those asked for, the latest first: by when they ended, or
// came to be owed.
func (db *DB) Deliveries(ctx context.Context, academy tickets.AcademyID, q tickets.DeliveryQuery) ([]tickets.DeliveryRecord, error) {
	args := pgx.NamedArgs{
		"academy": academy, "since": q.Since, "id": q.ID, "channel": q.Channel, "ticket": q.Ticket,
		"trace": "00-" + strings.NewReplacer("%", "", "_", "", `\`, "").Replace(storable(q.Trace)) + "%",
		"limit": min(max(q.Limit, 0), tickets.MaxDeliveries), "states": q.States,
	}
	if q.Limit <= 0 {
		args["limit"] = 50
	}
	var where strings.Builder
	for condition, given := range map[string]bool{
		` AND id = @id`: q.ID != uuid.Nil, ` AND channel = @channel`: q.Channel != "",
		` AND ticket = @ticket`: q.Ticket != uuid.Nil, ` AND trace LIKE @trace`: q.Trace != "",
	} {
		if given {
			where.WriteString(condition)
		}
	}
	owed, ended, dead := len(q.States) == 0, len(q.States) == 0, true
	for _, s := range q.States {
		gone := s == tickets.DeliveryDead || s == tickets.DeliveryDelivered || s == tickets.DeliverySuppressed
		owed, ended, dead = owed || !gone, ended || gone, dead && s == tickets.DeliveryDead
	}
	var tables []string
	if owed {
		tables = append(tables, owedRecords+where.String())
	}
	if ended && dead && len(q.States) > 0 { // there is an index of them
		where.WriteString(` AND dead`)
	}
	if ended {
		tables = append(tables, endedRecords+where.String())
	}
	union := strings.Join(tables, ` UNION ALL `)
	sql := `SELECT * FROM (` + union + `) d WHERE d.academy = @academy`
	if len(q.States) > 0 {
		sql += ` AND d.state = ANY (@states)`
	}
	found, err := all(ctx, db.pool, scanRecord, sql+` ORDER BY coalesce(ended_at, created_at) DESC, id DESC LIMIT @limit`, args)
	if err == nil {
		err = db.tellTickets(ctx, academy, found)
	}
	if err != nil {
		return nil, fmt.Errorf("postgres.Deliveries(%s): %w", academy, err)
	}
	return found, nil
}

func scanRecord(row pgx.CollectableRow) (tickets.DeliveryRecord, error) {
	var r tickets.DeliveryRecord
	var ended *time.Time
	var with uuid.NullUUID
	var err error
	r.Delivery, err = scanDelivery(row, &r.State, &r.Err, &ended, &with)
	r.With = with.UUID
	if ended != nil {
		r.EndedAt = *ended
	}
	return r, err
}

// tellTickets adds to each record the ticket that it is about.
func (db *DB) tellTickets(ctx context.Context, academy tickets.AcademyID, records []tickets.DeliveryRecord) error {
	var ids []uuid.UUID
	for _, r := range records {
		if r.Ticket != uuid.Nil {
			ids = append(ids, r.Ticket)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := all(ctx, db.pool, scanTicket, `SELECT `+ticketColumns+` FROM tickets WHERE academy = $1 AND id = ANY ($2)`, academy, ids)
	byID := map[uuid.UUID]tickets.Ticket{}
	for _, t := range found {
		byID[t.ID] = t
	}
	for i := range records {
		records[i].About = byID[records[i].Ticket]
	}
	return err
}

// givenUp is the head of what one dead notice told: all of it ended at once.
type givenUp struct {
	Head    uuid.UUID
	EndedAt time.Time
}

// Replay moves those of the deliveries that are dead, and what their notices told
// with them, from the log back to what is owed, due now. They count one attempt,
// so that whoever sends them looks first whether they arrived, and tells what
// they told then. What somebody was owed anew meanwhile stays where it is.
//
// They come back at the head of their lanes. Who waits there comes after them;
// who is being sent there is awaited.
func (db *DB) Replay(ctx context.Context, academy tickets.AcademyID, ids []uuid.UUID, now time.Time) (int, error) {
	var count int
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		heads, err := all(ctx, tx, pgx.RowToStructByPos[givenUp], `SELECT DISTINCT coalesce(told_with, id), ended_at FROM delivery_log
			WHERE academy = $1 AND id = ANY ($2) AND dead`, academy, ids)
		if err != nil || len(heads) == 0 {
			return err
		}
		args := pgx.NamedArgs{"academy": academy, "now": now}
		var of []uuid.UUID
		var ended []time.Time
		for _, h := range heads {
			of, ended = append(of, h.Head), append(ended, h.EndedAt)
		}
		args["heads"], args["ended"] = of, ended
		var b pgx.Batch
		b.Queue(`WITH `+members+` SELECT FROM deliveries d WHERE d.academy = @academy
			AND (d.ticket, d.channel, d.recipient) IN (SELECT ticket, channel, recipient FROM members) ORDER BY d.id FOR UPDATE`, args)
		b.Queue(`WITH `+members+`,
			going AS (
				DELETE FROM delivery_log l USING members m WHERE l.academy = @academy AND l.id = m.id AND l.ended_at = m.ended_at
				RETURNING l.*, m.head),
			behind AS (
				UPDATE deliveries d SET due = greatest(d.due, @now::timestamptz + interval '1 second')
				WHERE d.academy = @academy AND (d.lease IS NULL OR d.lease <= @now::timestamptz)
					AND (d.ticket, d.channel, d.recipient) IN (SELECT ticket, channel, recipient FROM going)),
			owed AS (
				INSERT INTO deliveries (academy, id, cause, ticket, seq, channel, recipient, template, rule, data,
					due, attempts, leases, created_at, trace, told_with, digest)
				SELECT academy, id, cause, ticket, seq, channel, recipient, template, rule, data,
					greatest(@now::timestamptz, (SELECT max(d.lease) FROM deliveries d WHERE d.academy = @academy AND d.ticket = g.ticket
						AND d.channel = g.channel AND d.recipient = g.recipient)),
					least(attempts, 1), attempts, created_at, trace, told_with,
					told_with IS NULL AND (SELECT count(DISTINCT o.ticket) > 1 FROM going o WHERE o.head = g.head)
				FROM going g)
			SELECT count(DISTINCT head) FROM going`, args).QueryRow(func(row pgx.Row) error { return row.Scan(&count) })
		return tx.SendBatch(ctx, &b).Close()
	})
	if err != nil {
		return 0, fmt.Errorf("postgres.Replay(%s): %w", academy, err)
	}
	return count, nil
}

// members are what dead notices told. A notice of which something is owed anew,
// under the same cause, is left out as a whole.
const members = `told AS (
		SELECT l.id, l.ended_at, h.head, l.ticket, l.channel, l.recipient,
			EXISTS (SELECT FROM deliveries d WHERE d.academy = @academy AND d.cause = l.cause
				AND d.channel = l.channel AND d.recipient = l.recipient) AS anew
		FROM unnest(@heads::uuid[], @ended::timestamptz[]) AS h (head, ended_at)
		JOIN delivery_log l ON l.academy = @academy AND l.dead AND l.ended_at = h.ended_at AND (l.id = h.head OR l.told_with = h.head)),
	members AS (
		SELECT * FROM told t WHERE NOT EXISTS (SELECT FROM told o WHERE o.head = t.head AND o.anew))`
