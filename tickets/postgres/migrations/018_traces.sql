-- The trace that a delivery belongs to.
select 1;
