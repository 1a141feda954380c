package postgres

import (
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// SearchForTest returns the statement that counts the hits of a search.
func SearchForTest(viewer tickets.Person, q tickets.SearchQuery, query string) (string, pgx.NamedArgs) {
	where, _, args := found(viewer, q, query)
	return `SELECT count(*) FROM (SELECT FROM ` + searchable + ` WHERE ` + where + ` LIMIT 2001) hits`, args
}
