-- Finding people by name, whatever the accents. The extensions are trusted:
-- the owner of the database may create them.

CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gin SCHEMA public;

-- fold writes text as it is compared: lower case, without accents, one code
-- point for what may be written with several. unaccent is only STABLE as its
-- dictionary may be changed; ours is the one it came with. The names are whole,
-- as a restored dump computes columns with an empty search_path.
CREATE FUNCTION fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, normalize($1, NFKC))) $$;

-- fold_words is fold with one space before each word and none of the rest:
-- punctuation, LIKE's wildcards among it, and invisible marks.
CREATE FUNCTION fold_words(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT rtrim(regexp_replace(' ' || public.fold($1), '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\ufeff]+', ' ', 'g')) $$;

-- What a person is found by: family name first, as the results are ordered.
ALTER TABLE people ADD COLUMN search text NOT NULL
    GENERATED ALWAYS AS (fold_words(family_name || ' ' || given_name || ' ' || split_part(email, '@', 1))) STORED;
-- No pending list: after an import it would make each search read it whole.
CREATE INDEX people_search ON people USING gin (academy, search gin_trgm_ops) WITH (fastupdate = off) WHERE active;
