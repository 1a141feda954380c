-- When the desk's members were last told what waits for them.
CREATE TABLE roundups (
    academy text NOT NULL,
    at      timestamptz NOT NULL, -- the time of the roundup
    PRIMARY KEY (academy)
);
