-- When tickets should be taken and resolved, in open time, as far as it has run.
select 1;
