-- What each person has chosen.

-- The language goes before that of the directory, whatever it imports.
ALTER TABLE people ADD COLUMN lang_chosen text CHECK (lang_chosen IN ('fr', 'en')); -- NULL: nothing chosen
