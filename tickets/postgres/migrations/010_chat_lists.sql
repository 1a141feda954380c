-- The page after the list that a person saw last in the chat: "suite" may be
-- executed by another process than the list was.
CREATE TABLE chat_lists (
    academy text NOT NULL,
    person  uuid NOT NULL,
    next    text NOT NULL, -- how to type it; '' when that was the last page
    at      timestamptz NOT NULL,
    PRIMARY KEY (academy, person),
    FOREIGN KEY (academy, person) REFERENCES people (academy, id) ON DELETE CASCADE
);
