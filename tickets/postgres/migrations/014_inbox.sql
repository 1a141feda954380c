-- What came to the no-reply address is looked for by its author, who may read
-- it again, and what was not answered is counted by its row, for the supervisors.
CREATE INDEX inbound_mails_author ON inbound_mails (academy, ticket, person) WHERE ticket IS NOT NULL AND person IS NOT NULL;
CREATE INDEX inbound_mails_row ON inbound_mails (academy, row, received_at) WHERE verdict <> 'answer';
