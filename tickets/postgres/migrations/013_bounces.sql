-- Addresses that mail does not reach.

-- What a mail server said of an address about one mail, the heaviest of it.
-- There are no more rows than mails sent; the clock removes the old ones.
CREATE TABLE bounces (
    academy    text NOT NULL REFERENCES academies (academy),
    address    text NOT NULL CHECK (address <> ''), -- lower case
    delivery   uuid NOT NULL, -- the mail
    kind       text NOT NULL CHECK (kind IN ('delayed', 'failed', 'gone')),
    status     text NOT NULL, -- RFC 3463
    diagnostic text NOT NULL, -- the server's words, or whoever's wrote the report
    at         timestamptz NOT NULL,
    PRIMARY KEY (academy, address, delivery)
);
CREATE INDEX bounces_age ON bounces (academy, at);

-- Since when mail no longer goes to an address; and who said that it may again,
-- which ended it.
CREATE TABLE mutings (
    academy    text NOT NULL REFERENCES academies (academy),
    id         uuid NOT NULL,
    address    text NOT NULL CHECK (address <> ''), -- lower case
    status     text NOT NULL, -- of the bounce that was too much
    diagnostic text NOT NULL,
    since      timestamptz NOT NULL,
    ended_at   timestamptz, -- NULL: it lasts
    ended_by   uuid,
    PRIMARY KEY (academy, id),
    FOREIGN KEY (academy, ended_by) REFERENCES people (academy, id),
    CONSTRAINT mutings_ended_by_somebody CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX mutings_lasting_key ON mutings (academy, address) WHERE ended_at IS NULL;
CREATE INDEX mutings_address ON mutings (academy, address, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX mutings_age ON mutings (academy, ended_at) WHERE ended_at IS NOT NULL;
