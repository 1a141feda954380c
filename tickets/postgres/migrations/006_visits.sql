-- What each person has seen of a ticket: what came later is news to them. A
-- visit lasts a while, so that the news do not vanish as the page is read; what
-- had been seen before it stays in seen_before.

CREATE TABLE visits (
    academy     text NOT NULL,
    person      uuid NOT NULL,
    ticket      uuid NOT NULL,
    seq         integer NOT NULL CHECK (seq >= 0), -- of the last event seen
    seen_before integer NOT NULL CHECK (seen_before BETWEEN 0 AND seq), -- when the visit began
    at          timestamptz NOT NULL, -- when the visit began
    PRIMARY KEY (academy, person, ticket),
    FOREIGN KEY (academy, person) REFERENCES people (academy, id) ON DELETE CASCADE,
    FOREIGN KEY (academy, ticket) REFERENCES tickets (academy, id) ON DELETE CASCADE
);
CREATE INDEX visits_ticket ON visits (academy, ticket); -- for the cascade
