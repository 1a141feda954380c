package postgres

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// FindPeople implements [tickets.PeopleSearch] over the column search, which
// migrations/003_people_search.sql explains.
func (db *DB) FindPeople(ctx context.Context, academy tickets.AcademyID, words []string, limit, offset int) ([]tickets.Colleague, int, error) {
	found, total, err := db.findPeople(ctx, academy, words, limit, offset)
	if err != nil {
		return nil, 0, fmt.Errorf("postgres.FindPeople(%s): %w", academy, err)
	}
	return found, total, nil
}

func (db *DB) findPeople(ctx context.Context, academy tickets.AcademyID, words []string, limit, offset int) ([]tickets.Colleague, int, error) {
	// The database folds the words as it folded the names, then they are
	// patterns for its index: constants, so that its planner can judge them.
	var folded []string
	asked := make([]string, len(words))
	for i, w := range words {
		asked[i] = storable(w)
	}
	err := db.pool.QueryRow(ctx, `SELECT array_agg(fold_words(w)) FROM unnest($1::text[]) w`, asked).Scan(&folded)
	if err != nil {
		return nil, 0, err
	}
	where, args := `p.academy = @academy AND p.active`, pgx.NamedArgs{"academy": academy, "limit": limit, "offset": offset}
	first := ""
	for i, w := range folded {
		if w == "" {
			continue // nothing but marks
		}
		if first == "" {
			first = w
		}
		if utf8.RuneCountInString(w) > len(" ")+2 { // long enough to be looked for within words
			w = strings.TrimPrefix(w, " ")
		}
		name := fmt.Sprintf("word%d", i)
		where += ` AND p.search LIKE @` + name
		args[name] = "%" + w + "%"
	}
	if first == "" {
		return nil, 0, nil
	}
	args["first"] = first + "%"
	var found []tickets.Colleague
	var total int
	var b pgx.Batch
	b.Queue(`SELECT p.id, p.given_name, p.family_name, p.function, p.place, p.entity, p.email FROM people p
		WHERE `+where+` ORDER BY p.search LIKE @first DESC, p.search COLLATE "C", p.id LIMIT @limit OFFSET @offset`, args).
		Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, pgx.RowToStructByName[tickets.Colleague])
			return err
		})
	b.Queue(`SELECT count(*) FROM people p WHERE `+where, args).
		QueryRow(func(row pgx.Row) error { return row.Scan(&total) })
	return found, total, db.pool.SendBatch(ctx, &b).Close()
}
