-- The rest of the actions: assign, release, requalify, close, reopen, merge.

ALTER TABLE tickets
    ADD COLUMN subject     text NOT NULL DEFAULT '', -- within the theme, as chosen
    ADD COLUMN subcategory text NOT NULL DEFAULT '', -- within the category, as requalified
    ADD COLUMN cause       text NOT NULL DEFAULT '',
    ADD COLUMN merged_into uuid,
    ADD COLUMN due_at      timestamptz, -- when it should be resolved; NULL: nothing says so
    ADD FOREIGN KEY (academy, merged_into) REFERENCES tickets (academy, id);
CREATE INDEX tickets_merged_into ON tickets (academy, merged_into) WHERE merged_into IS NOT NULL;

-- What an action set beyond its words.
ALTER TABLE events ADD COLUMN detail jsonb NOT NULL DEFAULT '{}';
