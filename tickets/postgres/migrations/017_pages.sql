-- What lists need at a million tickets: an index in the order of each page that
-- would otherwise sort, or read, the whole register.
CREATE INDEX tickets_category ON tickets (academy, category, opened_at, id);
CREATE INDEX tickets_entity ON tickets (academy, (nullif(entity, '') COLLATE "und-x-icu"), opened_at DESC, id DESC);
