-- What a command did to alerts, silences and duty, by which it is known when it
-- is delivered again.
ALTER TABLE alert_traces ADD COLUMN command text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX alert_traces_command_key ON alert_traces (academy, command) WHERE command <> '';

ALTER TABLE silences ADD COLUMN command text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX silences_command_key ON silences (academy, command) WHERE command <> '';

ALTER TABLE duty_turns ADD COLUMN command text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX duty_turns_command_key ON duty_turns (academy, command) WHERE command <> '';

-- What is about no ticket, and was so lately: it may not fire again.
CREATE INDEX firings_general ON firings (academy, ended_at) WHERE ticket IS NULL;
