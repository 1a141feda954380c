-- When tickets should be taken and resolved, in open time, as far as it has run.

ALTER TABLE tickets
    ADD COLUMN take_up_due   timestamptz,
    ADD COLUMN due_soon      timestamptz,
    ADD COLUMN spent         interval NOT NULL DEFAULT '0', -- of open time, before running_since
    ADD COLUMN running_since timestamptz; -- NULL: the stopwatch stands still

-- Tickets that are open already keep when they are due, and have run since they
-- were opened or opened again; those that wait for their requester start when
-- they go on. `cecoia apply --reopen-deadlines` computes them from their events.
UPDATE tickets t SET running_since = coalesce(
        (SELECT max(e.at) FROM events e WHERE e.academy = t.academy AND e.ticket = t.id AND e.action IN ('reopen', 'unmerge')),
        t.opened_at)
    WHERE t.status IN ('new', 'in_progress');
UPDATE tickets SET due_at = NULL WHERE status IN ('waiting', 'resolved') AND due_at IS NOT NULL;

-- Which tickets are late in anything, for who looks every few seconds: one index
-- for the three, as least() ignores NULL.
CREATE INDEX tickets_late ON tickets (academy, least(take_up_due, due_soon, due_at))
    WHERE status IN ('new', 'in_progress');
