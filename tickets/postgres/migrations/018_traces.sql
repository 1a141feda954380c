-- The trace of the request that a delivery came of: it leads from what a person
-- saw to what was sent, in the log and in traces. '' when there is none.
ALTER TABLE deliveries ADD COLUMN trace text NOT NULL DEFAULT '';
ALTER TABLE delivery_log ADD COLUMN trace text NOT NULL DEFAULT '';

-- The queue is mostly empty, and a planner that has seen it so holds every index
-- that fits at all for as good as any other. So each kind of question has one
-- index that fits: ids the primary key, lanes this one, and what is due a third,
-- for the relay alone, which says what is always so, that seq counts from 0.
DROP INDEX deliveries_lane, deliveries_due;
CREATE INDEX deliveries_lane ON deliveries (ticket, channel, recipient, seq);
CREATE INDEX deliveries_due ON deliveries (academy, due, id) WHERE told_with IS NULL AND seq >= 0;
-- A row is enqueued and leased on its way: there is room on its page for both,
-- so that no index is touched. What is gone makes room again at once.
ALTER TABLE deliveries SET (fillfactor = 35, autovacuum_vacuum_cost_delay = 0);
