-- Full-text search of tickets, and favourites.

-- French without accents. Stop words go first, while they still have theirs.
CREATE TEXT SEARCH DICTIONARY french_stop (TEMPLATE = pg_catalog.simple, STOPWORDS = french, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION fr (COPY = pg_catalog.french);
ALTER TEXT SEARCH CONFIGURATION fr
    ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part
    WITH french_stop, unaccent, french_stem;
-- The same words whole, for beginnings of words: a stemmer makes of "réinit"
-- what begins thousands of others.
CREATE TEXT SEARCH CONFIGURATION whole (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION whole
    ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part
    WITH unaccent, simple;

-- search_words is what a text is found by: its stems, and after them its words
-- whole. Between slashes and angles are words, not a path or a tag: 94/CRETEIL.
-- It is plpgsql, as is what calls it, so that plans are made once a session.
CREATE FUNCTION search_words(said text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF said = '' THEN
        RETURN ''::tsvector;
    END IF;
    said := translate(said, '/<>', '   ');
    RETURN to_tsvector('public.fr', said) || to_tsvector('public.whole', said);
END $$;

-- search_marks is any of the words to mark in an excerpt, as search_query has them.
CREATE FUNCTION search_marks(words text, beginning text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT string_agg(mark, ' | ')::tsquery FROM (
        SELECT quote_literal(stem) || CASE WHEN stem ~ '^[a-z]{4,}$' THEN
            ' | ' || CASE WHEN stem LIKE '%e' THEN left(stem, -1) ELSE stem || 'e' END ELSE '' END AS mark
        FROM unnest(tsvector_to_array(to_tsvector('public.fr', translate(words || ' ' || beginning, '/<>', '   ')))) AS stem
        UNION ALL
        SELECT quote_literal(public.fold(beginning)) || ':*' WHERE beginning <> '') marks
$$;

-- search_query reads words as websearch_to_tsquery does, then one that may be
-- the beginning of a longer one, of letters and digits; '' for none. Without
-- its accents "bloquée" has another stem than "bloqué": either finds both.
CREATE FUNCTION search_query(words text, beginning text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    asked tsquery := websearch_to_tsquery('public.fr', translate(words, '/<>', '   '));
    stem  text;
BEGIN
    FOREACH stem IN ARRAY tsvector_to_array(to_tsvector('public.fr', translate(words, '/<>', '   '))) LOOP
        IF stem ~ '^[a-z]{4,}$' THEN
            asked := ts_rewrite(asked, stem::tsquery,
                (stem || ' | ' || CASE WHEN stem LIKE '%e' THEN left(stem, -1) ELSE stem || 'e' END)::tsquery);
        END IF;
    END LOOP;
    IF numnode(websearch_to_tsquery('public.fr', beginning)) > 0 THEN -- and no common word
        asked := asked && public.search_marks('', beginning);
    END IF;
    RETURN asked;
END $$;

-- What each ticket is found by. Members of the desk search words and notes,
-- others only words: what they may not read changes neither what they find nor
-- in which order.
CREATE TABLE ticket_words (
    academy text NOT NULL,
    ticket  uuid NOT NULL,
    words   tsvector NOT NULL, -- the card, and what was said
    notes   tsvector NOT NULL, -- who asked, and what was said within the desk
    PRIMARY KEY (academy, ticket),
    FOREIGN KEY (academy, ticket) REFERENCES tickets (academy, id) ON DELETE CASCADE
);
CREATE INDEX ticket_words_search ON ticket_words USING gin (academy, (words || notes)) WITH (gin_pending_list_limit = 512);

-- index_ticket makes the words of a ticket anew. The description is the text of
-- its opening, and the solution that of its resolution. Of a very long story the
-- latest part is searched: a tsvector has at most 1 MB.
CREATE FUNCTION index_ticket(text, uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_words (academy, ticket, words, notes)
    SELECT t.academy, t.id,
        setweight(search_words(t.kind || t.day || '_' || lpad(t.rank::text, greatest(3, length(t.rank::text)), '0') || ' ' || t.summary), 'A')
            || setweight(search_words(t.description), 'B')
            || setweight(search_words(concat_ws(' ', t.place, t.entity, t.equipment, t.equipment_info)), 'C')
            || search_words(left(coalesce(e.said, ''), 20000)),
        search_words(who.names || left(coalesce(e.noted, ''), 20000))
    FROM tickets t CROSS JOIN LATERAL (
        SELECT string_agg(concat_ws(' ', given_name, family_name, ''), '') AS names
        FROM people WHERE academy = $1 AND id IN (t.requester, t.beneficiary)) who CROSS JOIN LATERAL (
        SELECT string_agg(text, ' ' ORDER BY seq DESC) FILTER (WHERE NOT internal) AS said,
               string_agg(text, ' ' ORDER BY seq DESC) FILTER (WHERE internal) AS noted
        FROM events WHERE academy = $1 AND ticket = $2 AND text <> '' AND action <> 'open') e
    WHERE t.academy = $1 AND t.id = $2
    ON CONFLICT (academy, ticket) DO UPDATE SET words = excluded.words, notes = excluded.notes
    WHERE ticket_words.academy = $1;
END $$;
SELECT count(index_ticket(academy, id)) FROM tickets; -- those that are there already

-- What each person has starred: tickets, and searches by their address.
CREATE TABLE favourites (
    academy text NOT NULL,
    id      uuid NOT NULL,
    person  uuid NOT NULL,
    ticket  uuid,
    address text CHECK (address <> ''),
    label   text NOT NULL, -- of a search
    at      timestamptz NOT NULL,
    PRIMARY KEY (academy, id),
    CONSTRAINT favourites_one_thing CHECK ((ticket IS NULL) <> (address IS NULL)),
    FOREIGN KEY (academy, person) REFERENCES people (academy, id) ON DELETE CASCADE,
    FOREIGN KEY (academy, ticket) REFERENCES tickets (academy, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX favourites_ticket_key ON favourites (academy, person, ticket) WHERE ticket IS NOT NULL;
CREATE UNIQUE INDEX favourites_address_key ON favourites (academy, person, address) WHERE address IS NOT NULL;
CREATE INDEX favourites_ticket ON favourites (academy, ticket) WHERE ticket IS NOT NULL; -- for the cascade
