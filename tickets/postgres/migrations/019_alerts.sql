-- Alerts: what rules found, what supervisors were told, who answers for it.

-- What a rule found, once for its id: that of rule, ticket or subject, level and
-- deadline. No foreign keys: it outlasts what it is about.
CREATE TABLE firings (
    academy    text NOT NULL,
    id         uuid NOT NULL,
    rule       text NOT NULL CHECK (rule <> ''),
    ticket     uuid,
    subject    text NOT NULL,
    level      integer NOT NULL CHECK (level > 0),
    deadline   timestamptz,
    severity   smallint NOT NULL CHECK (severity BETWEEN 1 AND 3),
    theme      text NOT NULL,
    group_code text NOT NULL,
    since      timestamptz NOT NULL,
    count      integer NOT NULL,
    low        boolean NOT NULL,
    alert      uuid,
    fired_at   timestamptz NOT NULL,
    ended_at   timestamptz, -- NULL: it stands
    PRIMARY KEY (academy, id)
) WITH (fillfactor = 70);
CREATE INDEX firings_standing ON firings (academy) WHERE ended_at IS NULL;
CREATE INDEX firings_ticket ON firings (academy, ticket) WHERE ticket IS NOT NULL;

CREATE TABLE alerts (
    academy    text NOT NULL,
    id         uuid NOT NULL,
    rank       integer NOT NULL CHECK (rank > 0),
    rule       text NOT NULL CHECK (rule <> ''),
    theme      text NOT NULL,
    subject    text NOT NULL,
    severity   smallint NOT NULL CHECK (severity BETWEEN 1 AND 3),
    opened_at  timestamptz NOT NULL,
    ended_at   timestamptz, -- NULL: it stands
    total      integer NOT NULL,
    revision   integer NOT NULL,
    posted_at  timestamptz,
    edited_at  timestamptz,
    told       jsonb NOT NULL,
    step       smallint NOT NULL CHECK (step BETWEEN 0 AND 3),
    next_at    timestamptz,
    hold       text NOT NULL CHECK (hold IN ('', 'acknowledged', 'snoozed')),
    owner      uuid,
    held_until timestamptz,
    major      uuid,
    PRIMARY KEY (academy, id),
    CONSTRAINT alerts_rank_key UNIQUE (academy, rank)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX alerts_standing_key ON alerts (academy, rule, theme, subject) WHERE ended_at IS NULL;
CREATE INDEX alerts_ended ON alerts (academy, ended_at) WHERE ended_at IS NOT NULL;

-- What happened to an alert: appended, never changed.
CREATE TABLE alert_traces (
    academy text NOT NULL,
    alert   uuid NOT NULL,
    seq     bigint GENERATED ALWAYS AS IDENTITY,
    at      timestamptz NOT NULL,
    what    text NOT NULL CHECK (what <> ''),
    actor   uuid, -- NULL: the clock
    detail  text NOT NULL,
    PRIMARY KEY (academy, alert, seq)
);

CREATE TABLE silences (
    academy    text NOT NULL,
    id         uuid NOT NULL,
    rank       integer NOT NULL CHECK (rank > 0),
    rule       text NOT NULL,
    theme      text NOT NULL,
    actor      uuid NOT NULL,
    reason     text NOT NULL CHECK (reason <> ''),
    begins_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    PRIMARY KEY (academy, id),
    CONSTRAINT silences_rank_key UNIQUE (academy, rank),
    CONSTRAINT silences_are_of_something CHECK (rule <> '' OR theme <> '')
);
CREATE INDEX silences_end ON silences (academy, ends_at);

-- Who is on duty in place of the rota's.
CREATE TABLE duty_turns (
    academy   text NOT NULL,
    id        uuid NOT NULL,
    person    uuid NOT NULL,
    actor     uuid NOT NULL,
    begins_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (academy, id)
);
CREATE INDEX duty_turns_end ON duty_turns (academy, ends_at);

-- What other parts report; it stands until it was not reported for a while.
CREATE TABLE signals (
    academy text NOT NULL,
    rule    text NOT NULL CHECK (rule <> ''),
    count   integer NOT NULL,
    since   timestamptz NOT NULL,
    until   timestamptz NOT NULL,
    PRIMARY KEY (academy, rule)
);

-- A delivery's ticket, and a thread's, may be an alert.
ALTER TABLE threads DROP CONSTRAINT threads_academy_ticket_fkey;

-- Which tickets were opened again, for who looks every few seconds.
CREATE INDEX events_reopened ON events (academy, at, ticket) WHERE action = 'reopen';
