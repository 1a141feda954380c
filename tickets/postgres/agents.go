package postgres

import (
	"context"
	"fmt"

	"cecoia.example/tickets"
)

// Agents returns the active members of that group of the academy, or of all its
// groups when it is "", by family name then given name.
func (db *DB) Agents(ctx context.Context, academy tickets.AcademyID, group string) ([]tickets.Person, error) {
	out, err := all(ctx, db.pool, scanPerson, `SELECT `+personColumns+` FROM people p
		WHERE p.academy = $1 AND p.active AND EXISTS (
			SELECT FROM memberships m WHERE m.academy = $1 AND m.person = p.id AND ($2 = '' OR m.group_code = $2))
		ORDER BY lower(p.family_name), lower(p.given_name), p.id`, academy, group)
	if err != nil {
		return nil, fmt.Errorf("postgres.Agents(%s, %s): %w", academy, group, err)
	}
	return out, nil
}
