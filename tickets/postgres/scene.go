package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

// The bounds of a scene: an academy has some hundred open tickets, a bad day
// some thousand.
const (
	maxWatched = 20_000
	maxRecent  = 5_000
)

// scene reads what supervision knows of an academy at that time, in two round
// trips.
func scene(ctx context.Context, q querier, academy tickets.Academy, now time.Time) (oncall.Scene, error) {
	s := oncall.Scene{Academy: academy, Now: now, Desk: map[uuid.UUID]tickets.Person{}, Linked: map[uuid.UUID]bool{}, Majors: map[uuid.UUID]oncall.Major{}}
	storm := academy.OnCall.WithDefaults().Storm
	var b pgx.Batch
	queueEach(&b, scanSeen, func(w oncall.Watched) { s.Tickets = append(s.Tickets, w) }, watched,
		academy.ID, now, maxWatched+1, academy.OnCall.Rule(tickets.AlertRefused).Least, now.Add(-reopenedWithin), now.Add(-deadWithin))
	queueEach(&b, func(row pgx.CollectableRow) (tickets.Ticket, error) { return scanWatched(row) },
		func(t tickets.Ticket) { s.Recent = append(s.Recent, t) },
		`SELECT `+watchedColumns+` FROM tickets t WHERE t.academy = $1 AND t.opened_at > $2 AND t.opened_at <= $3 ORDER BY t.opened_at, t.id LIMIT $4`,
		academy.ID, now.Add(-max(storm.Within, storm.Quiet)), now, maxRecent)
	queueEach(&b, pgx.RowToStructByPos[oncall.Signal], func(g oncall.Signal) { s.Signals = append(s.Signals, g) },
		`SELECT rule, count, since, until FROM signals WHERE academy = $1 AND until > $2 ORDER BY rule`, academy.ID, now)
	queueEach(&b, pgx.RowToStructByPos[oncall.Queue], func(u oncall.Queue) { s.Queues = append(s.Queues, u) }, queues,
		academy.ID, now, workingGroups(academy))
	queueEach(&b, func(row pgx.CollectableRow) (l oncall.Line, err error) {
		var oldest *time.Time
		err = row.Scan(&l.Channel, &l.Pending, &oldest)
		l.Oldest = timeOf(oldest)
		return l, err
	}, func(l oncall.Line) { s.Lines = append(s.Lines, l) }, lines, academy.ID, now, idAt(now.Add(-time.Hour)))
	queueEach(&b, scanAlert, func(a oncall.Alert) { s.Alerts = append(s.Alerts, a) },
		`SELECT `+alertColumns+` FROM alerts WHERE academy = $1 AND ended_at IS NULL ORDER BY rank`, academy.ID)
	b.Queue(`SELECT t.parent, count(*), count(*) FILTER (WHERE t.status IN ('resolved', 'closed')) FROM tickets t
		WHERE t.academy = $1 AND t.parent IN (SELECT major FROM alerts a WHERE a.academy = $1 AND a.ended_at IS NULL) GROUP BY t.parent`, academy.ID).
		Query(func(rows pgx.Rows) error {
			var id uuid.UUID
			var m oncall.Major
			_, err := pgx.ForEachRow(rows, []any{&id, &m.Joined, &m.Settled}, func() error { s.Majors[id] = m; return nil })
			return err
		})
	queueEach(&b, scanSilence, func(q oncall.Silence) { s.Silences = append(s.Silences, q) },
		`SELECT `+silenceColumns+` FROM silences WHERE academy = $1 AND ends_at > $2 ORDER BY rank`, academy.ID, now)
	queueRoster(&b, &s)
	queueEach(&b, pgx.RowTo[uuid.UUID], func(id uuid.UUID) { s.Linked[id] = true },
		`SELECT a.person FROM accounts a WHERE a.academy = $1 AND a.channel = 'chat'
			AND EXISTS (SELECT FROM memberships m WHERE m.academy = $1 AND m.person = a.person)`, academy.ID)
	b.Queue(`SELECT coalesce((SELECT max(rank) FROM alerts WHERE academy = $1), 0),
		coalesce((SELECT max(rank) FROM silences WHERE academy = $1), 0)`, academy.ID).
		QueryRow(func(row pgx.Row) error { return row.Scan(&s.LastAlert, &s.LastSilence) })
	var told *time.Time
	b.Queue(`SELECT max(at) FROM roundups WHERE academy = $1`, academy.ID).
		QueryRow(func(row pgx.Row) error { return row.Scan(&told) })
	if err := q.SendBatch(ctx, &b).Close(); err != nil {
		return oncall.Scene{}, err
	}
	if s.Partial = len(s.Tickets) > maxWatched; s.Partial {
		s.Tickets = s.Tickets[:maxWatched]
	}
	seen := make([]uuid.UUID, len(s.Tickets))
	for i, w := range s.Tickets {
		seen[i] = w.ID
	}
	var err error
	if s.RoundupAt = oncall.RoundupDue(academy, now, timeOf(told)); !s.RoundupAt.IsZero() {
		if s.Loads, err = all(ctx, q, scanLoad, loads, academy.ID, now, now.Add(-unvalidatedAfter)); err != nil {
			return oncall.Scene{}, err
		}
	}
	s.Firings, err = all(ctx, q, scanFiring, `SELECT `+firingColumns+` FROM firings WHERE academy = $1 AND ended_at IS NULL
		UNION ALL SELECT `+firingColumns+` FROM firings WHERE academy = $1 AND ticket = ANY ($2) AND ended_at IS NOT NULL
		UNION ALL SELECT `+firingColumns+` FROM firings WHERE academy = $1 AND ticket IS NULL AND ended_at > $3`,
		academy.ID, seen, now.Add(-generalWithin))
	return s, err
}

// generalWithin is how long it is known that what is about no ticket fired: more
// than a day, as a queue that grows is told once in it.
const generalWithin = 26 * time.Hour

// unvalidatedAfter is how long a resolution may wait for a word before roundups
// count it.
const unvalidatedAfter = 3 * 24 * time.Hour

// loads counts what waits, by group and assignee. $2 is now, $3 since when a
// resolution waits for long.
const loads = `SELECT t.group_code, t.assignee,
		count(*) FILTER (WHERE t.status = 'new'),
		count(*) FILTER (WHERE t.status = 'in_progress'),
		count(*) FILTER (WHERE t.status = 'waiting'),
		count(*) FILTER (WHERE t.due_at <= $2 AND t.status IN ('new', 'in_progress')),
		count(*) FILTER (WHERE t.status = 'in_progress' AND t.status_action = 'refuse'),
		count(*) FILTER (WHERE t.status = 'resolved' AND t.status_at <= $3),
		min(t.opened_at) FILTER (WHERE t.status IN ('new', 'in_progress'))
	FROM tickets t WHERE t.academy = $1 AND t.status <> 'closed' GROUP BY t.group_code, t.assignee`

func scanLoad(row pgx.CollectableRow) (l oncall.Load, err error) {
	var assignee uuid.NullUUID
	var oldest *time.Time
	err = row.Scan(&l.Group, &assignee, &l.New, &l.InProgress, &l.Waiting, &l.Overdue, &l.Refused, &l.Unvalidated, &oldest)
	l.Assignee, l.Oldest = assignee.UUID, timeOf(oldest)
	return l, err
}

// queueRoster asks for who is of the desk, and for the turns of duty of now.
func queueRoster(b *pgx.Batch, s *oncall.Scene) {
	queueEach(b, scanTurn, func(t oncall.Turn) { s.Turns = append(s.Turns, t) },
		`SELECT `+turnColumns+` FROM duty_turns WHERE academy = $1 AND ends_at > $2 AND begins_at <= $2 ORDER BY at`, s.Academy.ID, s.Now)
	queueEach(b, scanPerson, func(p tickets.Person) { s.Desk[p.ID] = p },
		`SELECT `+personColumns+` FROM people p WHERE p.academy = $1 AND p.active
			AND EXISTS (SELECT FROM memberships m WHERE m.academy = $1 AND m.person = p.id)`, s.Academy.ID)
}

// How far back reopenings count, and dead deliveries.
const (
	reopenedWithin = 90 * 24 * time.Hour
	deadWithin     = 24 * time.Hour
)

// watched finds the tickets that a rule may speak of; each part has an index of
// its own. $1 academy, $2 now, $3 limit, $4 refusals, $5 since when reopenings
// count, $6 dead deliveries.
const watched = `WITH reopened AS (
		SELECT e.ticket, count(*) AS times FROM events e
		WHERE e.academy = $1 AND e.action = 'reopen' AND e.at > $5 GROUP BY e.ticket HAVING count(*) > 1),
	dead AS (
		SELECT l.ticket, min(l.ended_at) AS since FROM delivery_log l
		WHERE l.academy = $1 AND l.dead AND l.ended_at > $6 AND l.ticket IS NOT NULL GROUP BY l.ticket),
	unreachable AS (
		SELECT t.id AS ticket FROM tickets t JOIN people p ON p.academy = $1 AND p.id = t.beneficiary
			JOIN mutings m ON m.academy = $1 AND m.address = lower(p.email) AND m.ended_at IS NULL
		WHERE t.academy = $1 AND t.status <> 'closed' AND t.urgency <= 2),
	which AS (
		SELECT t.id FROM tickets t WHERE t.academy = $1 AND t.status IN ('new', 'in_progress')
			AND least(t.take_up_due, t.due_soon, t.due_at) <= $2
		UNION SELECT t.id FROM tickets t WHERE t.academy = $1 AND t.status <> 'closed' AND (t.urgency = 1 OR t.refusals >= $4)
		UNION SELECT ticket FROM reopened
		UNION SELECT ticket FROM dead
		UNION SELECT ticket FROM unreachable)
	SELECT ` + watchedColumns + `, coalesce(reopened.times, 0), unreachable.ticket IS NOT NULL, dead.since
	FROM which JOIN tickets t ON t.academy = $1 AND t.id = which.id AND t.status <> 'closed'
		LEFT JOIN reopened ON reopened.ticket = t.id
		LEFT JOIN dead ON dead.ticket = t.id
		LEFT JOIN unreachable ON unreachable.ticket = t.id
	ORDER BY t.urgency, t.opened_at, t.id LIMIT $3`

func scanSeen(row pgx.CollectableRow) (w oncall.Watched, err error) {
	var dead *time.Time
	w.Ticket, err = scanWatched(row, &w.Reopenings, &w.Unreachable, &dead)
	w.Dead = timeOf(dead)
	return w, err
}

// queues counts what waits for the groups, and what came within the last hour
// beside the same hour of the four weeks before. $3 are the groups.
const queues = `SELECT g.code,
		(SELECT count(*) FROM tickets t WHERE t.academy = $1 AND t.group_code = g.code AND t.status = 'new'),
		(SELECT count(*) FROM tickets t WHERE t.academy = $1 AND t.group_code = g.code AND t.opened_at > $2::timestamptz - interval '1 hour' AND t.opened_at <= $2),
		(SELECT sum(w.opened) / 4.0 FROM generate_series(1, 4) AS ago (weeks) CROSS JOIN LATERAL (
			SELECT count(*) AS opened FROM tickets t WHERE t.academy = $1 AND t.group_code = g.code
				AND t.opened_at > $2::timestamptz - interval '1 hour' - ago.weeks * interval '7 days'
				AND t.opened_at <= $2::timestamptz - ago.weeks * interval '7 days') w)::float8
	FROM unnest($3::text[]) AS g (code)`

// lines counts what could be sent on each channel, and since when the oldest
// could: what was never tried, since it was due; what was, where nothing at all
// was delivered on the channel for two minutes. $3 is the first id of an hour ago.
const lines = `SELECT w.channel, w.waiting, CASE WHEN w.tried IS NULL OR EXISTS (SELECT FROM delivery_log l
			WHERE l.academy = $1 AND l.id >= $3 AND l.channel = w.channel AND l.outcome = 'delivered'
				AND l.ended_at > $2::timestamptz - interval '2 minutes')
		THEN w.untried ELSE least(w.untried, w.tried) END
	FROM (SELECT d.channel, count(*) AS waiting, min(d.due) FILTER (WHERE d.attempts = 0) AS untried,
			min(greatest(d.created_at, d.due - interval '1 hour')) FILTER (WHERE d.attempts > 0) AS tried
		FROM deliveries d WHERE d.academy = $1 AND d.told_with IS NULL AND NOT d.digest AND (d.due <= $2 OR d.attempts > 2)
		GROUP BY d.channel) w`

// workingGroups returns the codes of the groups that tickets are with.
func workingGroups(a tickets.Academy) []string {
	var out []string
	for _, g := range a.Groups {
		if !g.Supervises {
			out = append(out, g.Code)
		}
	}
	return out
}

// idAt returns the least UUIDv7 (RFC 9562) of a moment.
func idAt(t time.Time) uuid.UUID {
	var id uuid.UUID
	ms := t.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	id[6] = 0x70
	return id
}
