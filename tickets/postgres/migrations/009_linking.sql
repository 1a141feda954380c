-- Linking an account of a channel by a code mailed to a directory address.

ALTER TABLE accounts ADD COLUMN linked_at timestamptz; -- NULL: it was not noted

-- Each request for a code. The code is kept nowhere: it derives from the id.
CREATE TABLE link_requests (
    academy     text NOT NULL REFERENCES academies (academy),
    id          uuid NOT NULL,
    channel     text NOT NULL CHECK (channel IN ('mail', 'chat')),
    account     text NOT NULL CHECK (account <> ''), -- that asked
    person      uuid, -- who was mailed; NULL: nobody has that address, or they had too many
    at          timestamptz NOT NULL,
    tries       integer NOT NULL CHECK (tries >= 0), -- wrong codes
    state       text NOT NULL CHECK (state IN ('pending', 'spent', 'done')),
    last_try    text NOT NULL, -- the fingerprint of the latest wrong code
    command     text NOT NULL,
    fingerprint text NOT NULL,
    PRIMARY KEY (academy, id),
    FOREIGN KEY (academy, person) REFERENCES people (academy, id) ON DELETE CASCADE
);
CREATE INDEX link_requests_account ON link_requests (academy, channel, account, at);
CREATE INDEX link_requests_person ON link_requests (academy, person, at) WHERE person IS NOT NULL;
CREATE INDEX link_requests_age ON link_requests (academy, at);
