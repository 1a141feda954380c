-- Supervisors' and agents' digests.
select 1;
