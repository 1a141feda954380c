-- What the action "note" keeps, as bare statements: the limit that the machine
-- sets to commands. bench_numbers has the tickets to choose from.
\set n random(1, :tickets)
SELECT kind, day, rank, actor FROM bench_numbers WHERE n = :n \gset
SELECT gen_random_uuid() AS event, gen_random_uuid() AS delivery \gset
BEGIN;
SELECT id AS ticket, version + 1 AS seq, group_code, requester FROM tickets
	WHERE academy = 'creteil' AND rank = :rank AND day = :day AND kind = :kind FOR NO KEY UPDATE \gset
SELECT count(*) FROM events WHERE academy = 'creteil' AND command = :event::text AND command <> '';
SELECT id, email, given_name, family_name, phone, place FROM people WHERE academy = 'creteil' AND id IN (:requester, :actor);
UPDATE tickets SET version = :seq WHERE academy = 'creteil' AND id = :ticket;
INSERT INTO events (academy, id, ticket, seq, action, actor, origin, at, from_status, to_status, text, internal, command, fingerprint)
	VALUES ('creteil', :event, :ticket, :seq, 'note', :actor, 'chat', now(), 'new', 'new', 'Rappeler le secrétariat avant midi.', true, :event::text, :delivery::text);
INSERT INTO deliveries (academy, id, cause, ticket, seq, channel, recipient, template, rule, due, created_at)
	VALUES ('creteil', :delivery, :event, :ticket, :seq, 'chat', 'group:' || :group_code, 'card', 'card-follows-ticket', now(), now());
SELECT index_event('creteil', :ticket, 'Rappeler le secrétariat avant midi.', true);
COMMIT;
