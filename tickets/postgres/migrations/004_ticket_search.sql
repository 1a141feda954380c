-- Full-text search of tickets, and favourites.

SELECT 1;
