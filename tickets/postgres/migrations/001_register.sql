-- The register of Cecoia. Every primary key, unique constraint and foreign key
-- carries the academy, and no lock spans academies, so that the schema
-- distributes by academy as it is; a test reads the catalogue and proves it.
-- Identifiers are UUIDv7 made by the application; times are given by it, too.
--
-- A migration is never edited once it has been released: add the next number.

CREATE TABLE academies (
    academy    text PRIMARY KEY CHECK (academy ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    definition jsonb NOT NULL, -- its section of the desk file
    applied_at timestamptz NOT NULL
);

CREATE TABLE people (
    academy       text NOT NULL REFERENCES academies (academy),
    id            uuid NOT NULL,
    login         text NOT NULL DEFAULT '',
    email         text NOT NULL DEFAULT '',
    given_name    text NOT NULL DEFAULT '',
    family_name   text NOT NULL DEFAULT '',
    function      text NOT NULL DEFAULT '',
    phone         text NOT NULL DEFAULT '',
    place         text NOT NULL DEFAULT '',
    entity        text NOT NULL DEFAULT '',
    lang          text NOT NULL DEFAULT 'fr' CHECK (lang IN ('fr', 'en')),
    password_hash text NOT NULL DEFAULT '', -- '' for those who sign in elsewhere
    active        boolean NOT NULL DEFAULT true,
    -- What people sign in with, without case. Only the active claim theirs, and
    -- an import may hand an address from one person to another: deferred.
    login_key     text GENERATED ALWAYS AS (CASE WHEN active THEN nullif(lower(login), '') END) STORED,
    email_key     text GENERATED ALWAYS AS (CASE WHEN active THEN nullif(lower(email), '') END) STORED,
    PRIMARY KEY (academy, id),
    CONSTRAINT people_login_key UNIQUE (academy, login_key) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT people_email_key UNIQUE (academy, email_key) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE memberships (
    academy    text NOT NULL,
    person     uuid NOT NULL,
    group_code text NOT NULL, -- a group of the academy's definition
    role       text NOT NULL CHECK (role IN ('agent', 'supervisor')),
    PRIMARY KEY (academy, person, group_code, role),
    FOREIGN KEY (academy, person) REFERENCES people (academy, id) ON DELETE CASCADE
);

-- Who a person is on a channel, once they have proved it.
CREATE TABLE accounts (
    academy text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('mail', 'chat')),
    person  uuid NOT NULL,
    account text NOT NULL CHECK (account <> ''),
    PRIMARY KEY (academy, channel, person),
    CONSTRAINT accounts_account_key UNIQUE (academy, channel, account),
    FOREIGN KEY (academy, person) REFERENCES people (academy, id) ON DELETE CASCADE
);

-- The last rank reserved of each day, for both kinds of ticket. One row takes
-- all the updates of its day: room on its page keeps them there (HOT).
CREATE TABLE day_counters (
    academy text NOT NULL REFERENCES academies (academy),
    day     text NOT NULL CHECK (day ~ '^[0-9]{6}$'), -- yymmdd
    last    integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (academy, day)
) WITH (fillfactor = 10);

CREATE TABLE tickets (
    academy        text NOT NULL,
    id             uuid NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('I', 'S')),
    day            text NOT NULL CHECK (day ~ '^[0-9]{6}$'), -- yymmdd
    rank           integer NOT NULL CHECK (rank > 0),
    version        integer NOT NULL CHECK (version > 0), -- the number of its events
    beneficiary    uuid NOT NULL,
    phone          text NOT NULL,
    other_phone    text NOT NULL,
    availability   text NOT NULL,
    place          text NOT NULL,
    entity         text NOT NULL,
    equipment      text NOT NULL,
    equipment_info text NOT NULL,
    private        boolean NOT NULL,
    urgency        smallint NOT NULL CHECK (urgency BETWEEN 1 AND 3),
    theme          text NOT NULL,
    request_type   text NOT NULL,
    summary        text NOT NULL,
    description    text NOT NULL,
    requester      uuid NOT NULL,
    category       text NOT NULL,
    group_code     text NOT NULL CHECK (group_code <> ''),
    assignee       uuid,
    status         text NOT NULL CHECK (status IN ('new', 'in_progress', 'waiting', 'resolved', 'closed')),
    closure        text NOT NULL CHECK (closure IN ('', 'validated', 'withdrawn', 'desk', 'silence', 'duplicate')),
    solution       text NOT NULL,
    rating         smallint NOT NULL CHECK (rating BETWEEN 0 AND 5),
    refusals       integer NOT NULL CHECK (refusals >= 0),
    status_action  text NOT NULL CHECK (status_action <> ''),
    status_by      uuid, -- NULL: nobody, the clock
    status_at      timestamptz NOT NULL,
    opened_at      timestamptz NOT NULL,
    PRIMARY KEY (academy, id),
    -- The guard of numbers. In this order it also finds a bare rank's latest day.
    CONSTRAINT tickets_number_key UNIQUE (academy, rank, day),
    CONSTRAINT tickets_closed_for_a_reason CHECK ((status = 'closed') = (closure <> '')),
    FOREIGN KEY (academy, requester) REFERENCES people (academy, id),
    FOREIGN KEY (academy, beneficiary) REFERENCES people (academy, id),
    FOREIGN KEY (academy, assignee) REFERENCES people (academy, id)
);
CREATE INDEX tickets_requester ON tickets (academy, requester, opened_at);
CREATE INDEX tickets_beneficiary ON tickets (academy, beneficiary, opened_at);
CREATE INDEX tickets_opened ON tickets (academy, opened_at, id);
CREATE INDEX tickets_desk ON tickets (academy, group_code, status, opened_at) WHERE status <> 'closed';
CREATE INDEX tickets_assignee ON tickets (academy, assignee, opened_at) WHERE assignee IS NOT NULL;

-- The trace that counts as proof: appended, never changed.
CREATE TABLE events (
    academy     text NOT NULL,
    id          uuid NOT NULL,
    ticket      uuid NOT NULL,
    seq         integer NOT NULL CHECK (seq > 0),
    action      text NOT NULL CHECK (action <> ''),
    actor       uuid, -- NULL: nobody, the clock
    origin      text NOT NULL CHECK (origin IN ('portal', 'chat', 'mail', 'clock')),
    at          timestamptz NOT NULL,
    from_status text NOT NULL CHECK (from_status IN ('', 'new', 'in_progress', 'waiting', 'resolved', 'closed')),
    to_status   text NOT NULL CHECK (to_status IN ('new', 'in_progress', 'waiting', 'resolved', 'closed')),
    text        text NOT NULL,
    internal    boolean NOT NULL,
    command     text NOT NULL,
    fingerprint text NOT NULL,
    PRIMARY KEY (academy, id),
    CONSTRAINT events_seq_key UNIQUE (academy, ticket, seq),
    FOREIGN KEY (academy, ticket) REFERENCES tickets (academy, id),
    FOREIGN KEY (academy, actor) REFERENCES people (academy, id)
);
CREATE UNIQUE INDEX events_command_key ON events (academy, command) WHERE command <> '';
CREATE INDEX events_fingerprint ON events (academy, fingerprint, at) WHERE fingerprint <> '';

CREATE FUNCTION events_are_proof() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('cecoia.retention', true) = 'on' THEN
        RETURN CASE TG_OP WHEN 'UPDATE' THEN NEW ELSE OLD END;
    END IF;
    RAISE EXCEPTION 'events are proof: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'Only retention may: set cecoia.retention to on for the transaction.';
END $$;
CREATE TRIGGER events_are_proof BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_are_proof();
CREATE TRIGGER events_are_proof_truncate BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_proof();

-- What is still to be delivered, and nothing else: the table stays small. It
-- has no foreign keys: its rows are made in their cause's own transaction.
-- A lane is (academy, ticket, channel, recipient), in the order of (seq, id); a
-- row without a ticket is a lane of its own.
CREATE TABLE deliveries (
    academy     text NOT NULL,
    id          uuid NOT NULL,
    cause       uuid NOT NULL, -- an event or an inbound mail
    ticket      uuid,
    seq         integer NOT NULL,
    channel     text NOT NULL CHECK (channel IN ('mail', 'chat')),
    recipient   text NOT NULL CHECK (recipient ~ '^(person|group|address):.'),
    template    text NOT NULL CHECK (template <> ''),
    rule        text NOT NULL,
    data        json, -- as given: jsonb would refuse \u0000
    due         timestamptz NOT NULL,
    attempts    integer NOT NULL DEFAULT 0,
    error       text NOT NULL DEFAULT '', -- of the latest attempt
    epoch       text NOT NULL DEFAULT '', -- of the queue it was put on; '' when on none
    enqueued_at timestamptz,
    lease       timestamptz, -- a worker has it until then
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (academy, id),
    CONSTRAINT deliveries_cause_key UNIQUE (academy, cause, channel, recipient)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
CREATE INDEX deliveries_lane ON deliveries (academy, ticket, channel, recipient, seq, id) WHERE ticket IS NOT NULL;
CREATE INDEX deliveries_due ON deliveries (academy, due, id);

-- What was delivered, and what never will be, by the UTC day it ended.
-- DB.EnsurePartitions makes the days; the default takes what finds none.
CREATE TABLE delivery_log (
    academy    text NOT NULL,
    id         uuid NOT NULL,
    cause      uuid NOT NULL,
    ticket     uuid,
    seq        integer NOT NULL,
    channel    text NOT NULL,
    recipient  text NOT NULL,
    template   text NOT NULL,
    rule       text NOT NULL,
    data       json,
    attempts   integer NOT NULL,
    dead       boolean NOT NULL,
    outcome    text NOT NULL CHECK (outcome IN ('delivered', 'permanent', 'retry', 'uncertain')),
    error      text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at   timestamptz NOT NULL,
    PRIMARY KEY (academy, id, ended_at)
) PARTITION BY RANGE (ended_at);
CREATE INDEX delivery_log_ticket ON delivery_log (academy, ticket) WHERE ticket IS NOT NULL;
CREATE INDEX delivery_log_cause ON delivery_log (academy, cause);
CREATE INDEX delivery_log_dead ON delivery_log (academy, ended_at) WHERE dead;
CREATE TABLE delivery_log_default PARTITION OF delivery_log DEFAULT;

-- Where a ticket lives on a channel for a recipient: a post, a first mail.
CREATE TABLE threads (
    academy   text NOT NULL,
    ticket    uuid NOT NULL,
    channel   text NOT NULL CHECK (channel IN ('mail', 'chat')),
    recipient text NOT NULL,
    ref       text NOT NULL CHECK (ref <> ''),
    PRIMARY KEY (academy, ticket, channel, recipient),
    CONSTRAINT threads_ref_key UNIQUE (academy, channel, ref),
    FOREIGN KEY (academy, ticket) REFERENCES tickets (academy, id)
);

-- What reached the no-reply address and what was decided of it. No foreign keys:
-- it records what was said of any person and ticket, known or not.
CREATE TABLE inbound_mails (
    academy     text NOT NULL,
    id          uuid NOT NULL,
    mailbox     text NOT NULL, -- '' when it came by SMTP
    uidvalidity bigint NOT NULL,
    uid         bigint NOT NULL,
    hash        bytea NOT NULL CHECK (length(hash) = 32),
    message_id  text NOT NULL,
    sender      text NOT NULL,
    person      uuid,
    ticket      uuid,
    row         integer NOT NULL,
    verdict     text NOT NULL,
    received_at timestamptz NOT NULL,
    guided_at   timestamptz, -- when guidance came to be owed to the sender
    PRIMARY KEY (academy, id)
);
CREATE UNIQUE INDEX inbound_mails_uid_key ON inbound_mails (academy, mailbox, uidvalidity, uid) WHERE mailbox <> '';
CREATE INDEX inbound_mails_hash ON inbound_mails (academy, hash, received_at);
CREATE INDEX inbound_mails_guided ON inbound_mails (academy, guided_at, sender) WHERE guided_at IS NOT NULL;

-- The words of refused replies, each its author's alone.
CREATE TABLE reply_drafts (
    academy    text NOT NULL,
    ticket     uuid NOT NULL,
    person     uuid NOT NULL,
    text       text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (academy, ticket, person),
    FOREIGN KEY (academy, ticket) REFERENCES tickets (academy, id),
    FOREIGN KEY (academy, person) REFERENCES people (academy, id) ON DELETE CASCADE
);
CREATE INDEX reply_drafts_expiry ON reply_drafts (academy, expires_at);

-- Tickets being written. The id is that of the ticket to be.
CREATE TABLE forms (
    academy    text NOT NULL,
    id         uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('I', 'S')),
    day        text NOT NULL CHECK (day ~ '^[0-9]{6}$'),
    rank       integer NOT NULL CHECK (rank > 0),
    author     uuid NOT NULL,
    card       jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (academy, id),
    FOREIGN KEY (academy, author) REFERENCES people (academy, id) ON DELETE CASCADE
);
CREATE INDEX forms_author ON forms (academy, author, kind, updated_at);
CREATE INDEX forms_age ON forms (academy, updated_at);

-- Documents; their bytes are files named by their hash. The ticket may still be
-- a form: no foreign key.
CREATE TABLE attachments (
    academy    text NOT NULL,
    id         uuid NOT NULL,
    ticket     uuid NOT NULL,
    event      uuid, -- NULL while pending
    author     uuid NOT NULL,
    name       text NOT NULL,
    media_type text NOT NULL,
    size       bigint NOT NULL CHECK (size >= 0),
    sha256     bytea NOT NULL CHECK (length(sha256) = 32),
    at         timestamptz NOT NULL,
    PRIMARY KEY (academy, id),
    FOREIGN KEY (academy, event) REFERENCES events (academy, id),
    FOREIGN KEY (academy, author) REFERENCES people (academy, id)
);
CREATE INDEX attachments_ticket ON attachments (academy, ticket, at);
CREATE INDEX attachments_event ON attachments (academy, event) WHERE event IS NOT NULL;
CREATE INDEX attachments_pending ON attachments (academy, at) WHERE event IS NULL;

-- Commands accepted from the chat and not yet known to be done, whatever the
-- queue forgets. Done ones stay for a while, without their words.
CREATE TABLE commands (
    academy     text NOT NULL REFERENCES academies (academy),
    id          text NOT NULL CHECK (id <> ''),
    payload     bytea NOT NULL,
    accepted_at timestamptz NOT NULL,
    finished    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (academy, id)
);
CREATE INDEX commands_unfinished ON commands (academy, accepted_at) WHERE NOT finished;

-- Sessions of the portal, as github.com/alexedwards/scs/pgxstore wants them. A
-- session is looked up before its academy is known: the one exception.
CREATE TABLE sessions (
    token  text PRIMARY KEY,
    data   bytea NOT NULL,
    expiry timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);
