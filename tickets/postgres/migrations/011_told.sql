-- What is held back, and what is told together.

ALTER TABLE deliveries
    ADD COLUMN held      boolean NOT NULL DEFAULT false, -- it was looked at, and waits
    ADD COLUMN digest    boolean NOT NULL DEFAULT false, -- for what else its recipient has so
    ADD COLUMN told_with uuid,                           -- the delivery whose notice tells it
    ADD COLUMN leases    integer NOT NULL DEFAULT 0;     -- times a worker had it; attempts leaves out those it was held back
UPDATE deliveries SET leases = attempts;

-- What another's notice tells is nothing to look for.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (academy, due, id) WHERE told_with IS NULL;
CREATE INDEX deliveries_told_with ON deliveries (academy, told_with) WHERE told_with IS NOT NULL;
CREATE INDEX deliveries_held ON deliveries (academy, channel, recipient) WHERE held;
CREATE INDEX deliveries_digest ON deliveries (academy, channel, recipient, id) WHERE digest;

ALTER TABLE delivery_log
    ADD COLUMN told_with uuid,
    DROP CONSTRAINT delivery_log_outcome_check,
    ADD CONSTRAINT delivery_log_outcome_check CHECK (outcome IN ('delivered', 'permanent', 'retry', 'uncertain', 'suppressed'));

-- When the ticket's recipient was last told there; a channel may tell without a
-- thread.
ALTER TABLE threads
    ADD COLUMN told_at timestamptz,
    ALTER COLUMN ref DROP NOT NULL;
