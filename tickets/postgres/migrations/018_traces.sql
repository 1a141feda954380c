-- The trace of the request that a delivery came of: it leads from what a person
-- saw to what was sent, in the log and in traces. '' when there is none.
ALTER TABLE deliveries ADD COLUMN trace text NOT NULL DEFAULT '';
ALTER TABLE delivery_log ADD COLUMN trace text NOT NULL DEFAULT '';
