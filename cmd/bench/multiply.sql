;
-- What is multiplied: the closed tickets but those that a page shows, which are
-- as many at each size. A copy is some days older, and the number of its day too.
CREATE UNLOGGED TABLE bench_base AS
SELECT id, opened_at, day, row_number() OVER (ORDER BY id) AS n FROM tickets
WHERE academy = @academy AND status = 'closed' AND requester <> @own AND description NOT LIKE @rare;
CREATE UNLOGGED TABLE bench_copies AS
SELECT b.id AS original, (lpad(to_hex((extract(epoch FROM c.at) * 1000)::bigint), 12, '0') || substr(replace(b.id::text, '-', ''), 13))::uuid AS id,
	c.at - b.opened_at AS older, to_char(to_date(b.day, 'YYMMDD') - (k * @days)::int, 'YYMMDD') AS day
FROM generate_series((@more)::bigint / (SELECT count(*) FROM bench_base) + 1, 1, -1) k
CROSS JOIN (SELECT * FROM bench_base ORDER BY id) b
CROSS JOIN LATERAL (SELECT ((b.opened_at AT TIME ZONE @zone) - k * @days * interval '1 day') AT TIME ZONE @zone AS at OFFSET 0) c
WHERE (k - 1) * (SELECT count(*) FROM bench_base) + b.n <= @more;
ANALYZE bench_copies;
-- Indexes are made at once when all is there.
UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = ANY ('{tickets, events, ticket_words}'::regclass[]);
-- part
;
INSERT INTO tickets (academy, id, kind, day, rank, version,
	beneficiary, phone, other_phone, availability, place, entity, equipment, equipment_info,
	private, urgency, theme, subject, request_type, summary, description,
	requester, category, subcategory, group_code, assignee, status, closure, cause, merged_into, due_at, solution, rating, refusals,
	status_action, status_by, status_at, opened_at)
SELECT academy, c.id, kind, c.day, rank, version,
	beneficiary, phone, other_phone, availability, place, entity, equipment, equipment_info,
	private, urgency, theme, subject, request_type, summary, description,
	requester, category, subcategory, group_code, assignee, status, closure, cause, merged_into, due_at + older, solution, rating, refusals,
	status_action, status_by, status_at + older, opened_at + older
FROM bench_copies c JOIN tickets t ON t.academy = @academy AND t.id = c.original;
REINDEX TABLE tickets;
INSERT INTO day_counters (academy, day, last) SELECT academy, day, max(rank) FROM tickets WHERE academy = @academy GROUP BY academy, day ON CONFLICT DO NOTHING;
-- part
;
INSERT INTO events (academy, id, ticket, seq, action, actor, origin, at, from_status, to_status, text, internal, command, fingerprint)
SELECT academy, (lpad(to_hex((extract(epoch FROM at + older) * 1000)::bigint), 12, '0') || substr(replace(e.id::text, '-', ''), 13))::uuid,
	c.id, seq, action, actor, origin, at + older, from_status, to_status, text, internal, command, fingerprint
FROM bench_copies c JOIN events e ON e.academy = @academy AND e.ticket = c.original;
REINDEX TABLE events;
-- part
;
INSERT INTO ticket_words (academy, ticket, words, notes)
SELECT academy, c.id, words, notes FROM bench_copies c JOIN ticket_words w ON w.academy = @academy AND w.ticket = c.original;
REINDEX TABLE ticket_words;
