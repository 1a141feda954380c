-- Alerts, who saw them, who is on duty.
select 1;
