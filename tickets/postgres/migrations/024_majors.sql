-- Major incidents and what is joined to them; how long a resolution waits for a
-- word.

ALTER TABLE tickets
    ADD COLUMN remind_at timestamptz, -- NULL: nobody is to be reminded
    ADD COLUMN lapse_at  timestamptz, -- NULL: silence does not close it
    ADD COLUMN major     boolean NOT NULL DEFAULT false,
    ADD COLUMN parent    uuid, -- the major incident; NULL for none
    ADD COLUMN followed  integer NOT NULL DEFAULT 0, -- the last event of its parent that it followed
    ADD CONSTRAINT tickets_parent_fkey FOREIGN KEY (academy, parent) REFERENCES tickets;

CREATE INDEX tickets_major ON tickets (academy, opened_at) WHERE major AND status <> 'closed';
CREATE INDEX tickets_joined ON tickets (academy, parent, opened_at) WHERE parent IS NOT NULL;
CREATE INDEX tickets_following ON tickets (academy, id) WHERE parent IS NOT NULL AND status <> 'closed';
CREATE INDEX alerts_major ON alerts (academy, major) WHERE major IS NOT NULL;
CREATE INDEX firings_alert ON firings (academy, alert);
CREATE INDEX tickets_unanswered ON tickets (academy, least(remind_at, lapse_at)) WHERE status = 'resolved' AND lapse_at IS NOT NULL;
