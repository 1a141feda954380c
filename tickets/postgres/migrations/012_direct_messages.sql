-- How each member of the desk wants to be told in chat, whatever the directory
-- imports: {} is of everything, at once.
ALTER TABLE people ADD COLUMN direct_messages jsonb NOT NULL DEFAULT '{}';
