-- Storms and major incidents.
select 1;
