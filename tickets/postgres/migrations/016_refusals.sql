-- Inbound mails and reply drafts, as cheap as a refusal needs them.

-- The worker has just read the ticket and the person that a draft names, as
-- those of an inbound mail and a delivery. To check it again would lock a row of
-- each and write it to the log, for every refused reply.
ALTER TABLE reply_drafts
    DROP CONSTRAINT reply_drafts_academy_ticket_fkey,
    DROP CONSTRAINT reply_drafts_academy_person_fkey;

-- A person's words still go with them.
CREATE FUNCTION remove_reply_drafts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM reply_drafts WHERE academy = OLD.academy AND person = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER people_reply_drafts AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION remove_reply_drafts();
