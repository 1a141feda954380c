-- What opening a ticket keeps, as bare statements: the limit that the machine
-- sets to it. The number comes first, in a transaction of its own that does not
-- wait for the disk.
\set n random(1, :people)
SELECT id AS person FROM bench_people WHERE n = :n \gset
SELECT gen_random_uuid() AS ticket, gen_random_uuid() AS event, gen_random_uuid() AS delivery \gset
BEGIN;
SET LOCAL synchronous_commit = off;
INSERT INTO day_counters (academy, day, last) VALUES ('creteil', :day, 1)
	ON CONFLICT (academy, day) DO UPDATE SET last = day_counters.last + 1 RETURNING last AS rank \gset
COMMIT;
BEGIN;
INSERT INTO tickets (academy, id, kind, day, rank, version,
		beneficiary, phone, other_phone, availability, place, entity, equipment, equipment_info,
		private, urgency, theme, subject, request_type, summary, description,
		requester, category, subcategory, group_code, status, closure, cause, due_at, solution, rating, refusals,
		status_action, status_by, status_at, opened_at, take_up_due, due_soon, spent, running_since)
	VALUES ('creteil', :ticket, 'I', :day, :rank, 1, :person, '01 99 00 00 00', '', '', '94/CRETEIL/COLLEGE DES EXEMPLES/SALLE 7', '0940100Y', '', '',
		false, 2, 'messagerie', '', '', 'La messagerie refuse le mot de passe', 'La messagerie refuse le mot de passe depuis ce matin, en salle des professeurs aussi. Merci d’avance.',
		:person, 'messagerie', '', 'assistance', 'new', '', '', now() + interval '3 days', '', 0, 0, 'open', :person, now(), now(), now() + interval '10 minutes', now() + interval '2 days', '0', now());
INSERT INTO events (academy, id, ticket, seq, action, actor, origin, at, from_status, to_status, text, internal, command, fingerprint)
	VALUES ('creteil', :event, :ticket, 1, 'open', :person, 'portal', now(), '', 'new',
		'La messagerie refuse le mot de passe depuis ce matin, en salle des professeurs aussi. Merci d’avance.', false, '', '');
INSERT INTO deliveries (academy, id, cause, ticket, seq, channel, recipient, template, rule, due, created_at)
	VALUES ('creteil', :delivery, :event, :ticket, 1, 'chat', 'group:' || 'assistance', 'card', 'card-follows-ticket', now(), now());
UPDATE attachments SET event = :event WHERE academy = 'creteil' AND ticket = :ticket AND author = :person AND event IS NULL;
SELECT index_ticket('creteil', :ticket);
DELETE FROM forms WHERE academy = 'creteil' AND id = :ticket;
SELECT id, login, email, given_name, family_name, function, phone, place, entity,
	(SELECT jsonb_agg(jsonb_build_object('group', group_code, 'role', role)) FROM memberships m WHERE m.academy = 'creteil' AND m.person = p.id)
	FROM people p WHERE academy = 'creteil' AND id = :person;
COMMIT;
