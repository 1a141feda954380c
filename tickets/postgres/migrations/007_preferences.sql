-- What each person has chosen.

SELECT 1;
