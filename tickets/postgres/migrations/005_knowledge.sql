-- The knowledge base. Readers see the published revision of an article while
-- later ones are written; revisions and steps are appended, never changed.

CREATE TABLE articles (
    academy      text NOT NULL REFERENCES academies (academy),
    id           uuid NOT NULL,
    number       integer NOT NULL CHECK (number > 0), -- people say KB12
    state        text NOT NULL CHECK (state IN ('draft', 'review', 'published', 'archived')), -- of the latest revision
    latest       integer NOT NULL CHECK (latest > 0),
    published    integer, -- what readers see; NULL: nothing
    published_at timestamptz,
    source       uuid, -- the ticket it was drafted from
    PRIMARY KEY (academy, id),
    CONSTRAINT articles_number_key UNIQUE (academy, number),
    CONSTRAINT articles_published CHECK ((published IS NULL) = (published_at IS NULL) AND published <= latest),
    FOREIGN KEY (academy, source) REFERENCES tickets (academy, id)
);
CREATE INDEX articles_source ON articles (academy, source) WHERE source IS NOT NULL;

CREATE TABLE article_revisions (
    academy  text NOT NULL,
    article  uuid NOT NULL,
    rev      integer NOT NULL CHECK (rev > 0),
    theme    text NOT NULL,
    subject  text NOT NULL,
    lang     text NOT NULL CHECK (lang IN ('fr', 'en')),
    audience text NOT NULL CHECK (audience IN ('everyone', 'desk')),
    title    text NOT NULL CHECK (title <> ''),
    summary  text NOT NULL,
    body     text NOT NULL, -- Markdown
    author   uuid NOT NULL,
    at       timestamptz NOT NULL,
    -- Between slashes and angles are words, not a path or a tag: see search_words.
    search   tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector(CASE lang WHEN 'en' THEN 'pg_catalog.english'::regconfig ELSE 'public.fr'::regconfig END, translate(title, '/<>', '   ')), 'A')
        || setweight(to_tsvector(CASE lang WHEN 'en' THEN 'pg_catalog.english'::regconfig ELSE 'public.fr'::regconfig END, translate(summary, '/<>', '   ')), 'B')
        || to_tsvector(CASE lang WHEN 'en' THEN 'pg_catalog.english'::regconfig ELSE 'public.fr'::regconfig END, translate(body, '/<>', '   '))) STORED,
    PRIMARY KEY (academy, article, rev),
    FOREIGN KEY (academy, article) REFERENCES articles (academy, id),
    FOREIGN KEY (academy, author) REFERENCES people (academy, id)
);
CREATE INDEX article_revisions_search ON article_revisions USING gin (academy, search);
ALTER TABLE articles
    ADD FOREIGN KEY (academy, id, latest) REFERENCES article_revisions (academy, article, rev) DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (academy, id, published) REFERENCES article_revisions (academy, article, rev);

-- Who did what to which revision, when.
CREATE TABLE article_steps (
    academy text NOT NULL,
    article uuid NOT NULL,
    seq     integer NOT NULL CHECK (seq > 0),
    action  text NOT NULL CHECK (action IN ('write', 'submit', 'publish', 'return', 'archive')),
    rev     integer NOT NULL,
    actor   uuid NOT NULL,
    at      timestamptz NOT NULL,
    reason  text NOT NULL,
    PRIMARY KEY (academy, article, seq),
    FOREIGN KEY (academy, article, rev) REFERENCES article_revisions (academy, article, rev),
    FOREIGN KEY (academy, actor) REFERENCES people (academy, id)
);

-- Four eyes are worth something only if what they read stays as it is.
CREATE FUNCTION articles_are_appended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('cecoia.retention', true) = 'on' THEN
        RETURN CASE TG_OP WHEN 'UPDATE' THEN NEW ELSE OLD END;
    END IF;
    RAISE EXCEPTION 'what was written or done to an article stays: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'Only retention may: set cecoia.retention to on for the transaction.';
END $$;
CREATE TRIGGER article_revisions_are_appended BEFORE UPDATE OR DELETE ON article_revisions
    FOR EACH ROW EXECUTE FUNCTION articles_are_appended();
CREATE TRIGGER article_steps_are_appended BEFORE UPDATE OR DELETE ON article_steps
    FOR EACH ROW EXECUTE FUNCTION articles_are_appended();

-- "Was this article useful to you?": one answer a person, the latest.
CREATE TABLE article_votes (
    academy text NOT NULL,
    article uuid NOT NULL,
    person  uuid NOT NULL,
    vote    text NOT NULL CHECK (vote IN ('yes', 'no')),
    at      timestamptz NOT NULL,
    PRIMARY KEY (academy, article, person),
    FOREIGN KEY (academy, article) REFERENCES articles (academy, id),
    FOREIGN KEY (academy, person) REFERENCES people (academy, id) ON DELETE CASCADE
);
