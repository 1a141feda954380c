-- The figures of a period. Events and inbound mails are appended in the order of
-- time: what a block holds tells where to look, for next to nothing at each insert.

CREATE INDEX events_at ON events USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX inbound_mails_at ON inbound_mails USING brin (received_at) WITH (pages_per_range = 32, autosummarize = on);
