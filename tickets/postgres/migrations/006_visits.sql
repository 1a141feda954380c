-- What each person has seen of a ticket.

SELECT 1;
