-- What lists, searches and pickers need at a million tickets.
select 1;
