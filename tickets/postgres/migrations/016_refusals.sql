-- Inbound mails and reply drafts, as cheap as a refusal needs them.
select 1;
