-- Finding people by name, whatever the accents. The extensions are trusted:
-- the owner of the database may create them.

CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- fold writes text as it is compared: lower case, without accents. unaccent is
-- only STABLE as its dictionary may be changed; ours is the one it came with.
CREATE FUNCTION fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT lower(unaccent('unaccent'::regdictionary, $1)) $$;
