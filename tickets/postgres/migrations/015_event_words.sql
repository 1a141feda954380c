-- index_event adds what an event says to the words of its ticket: what was said
-- before is not read again. The words of a very long story are made anew, as
-- index_ticket keeps but its latest part.
CREATE FUNCTION index_event(text, uuid, said text, internal boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    added tsvector := search_words(left(said, 20000));
BEGIN
    UPDATE ticket_words SET
        words = CASE WHEN internal THEN words ELSE words || added END,
        notes = CASE WHEN internal THEN notes || added ELSE notes END
    WHERE academy = $1 AND ticket = $2 AND length(words) + length(notes) < 5000; -- different words
    IF NOT FOUND THEN
        PERFORM index_ticket($1, $2);
    END IF;
END $$;
