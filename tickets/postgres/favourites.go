package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// AddFavourite keeps a favourite. What its person has starred already stays as
// it is; with max or more favourites already it refuses with [tickets.Invalid].
func (db *DB) AddFavourite(ctx context.Context, f tickets.Favourite, max int) error {
	var there bool
	var b pgx.Batch
	// One at a time per person: the count holds until the end.
	b.Queue(`SELECT pg_advisory_xact_lock(hashtextextended('favourites ' || $1 || ' ' || $2, 0))`,
		string(f.Academy), f.Person.String())
	b.Queue(`INSERT INTO favourites (academy, id, person, ticket, address, label, at)
		SELECT $1, $2, $3, $4, nullif($5, ''), $6, $7
		WHERE (SELECT count(*) FROM favourites WHERE academy = $1 AND person = $3) < $8
		ON CONFLICT DO NOTHING`,
		f.Academy, f.ID, f.Person, nullable(f.Ticket), f.Address, f.Label, f.At, max)
	b.Queue(`SELECT EXISTS (SELECT FROM favourites WHERE academy = $1 AND person = $2 AND `+starred+`)`,
		f.Academy, f.Person, nullable(f.Ticket), f.Address).
		QueryRow(func(row pgx.Row) error { return row.Scan(&there) })
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("postgres.AddFavourite(%s, %s): %w", f.Academy, f.Person, err)
	}
	if !there {
		return &tickets.Error{Code: tickets.Invalid, Message: "favourite.too_many", Args: []any{max}}
	}
	return nil
}

// starred is the favourite of that ticket, $3, or else of that address, $4.
const starred = `(ticket = $3 OR $3 IS NULL AND address = $4)`

// RenameFavourite gives a search of that person another label.
func (db *DB) RenameFavourite(ctx context.Context, academy tickets.AcademyID, person, id uuid.UUID, label string) error {
	tag, err := db.pool.Exec(ctx, `UPDATE favourites SET label = $4
		WHERE academy = $1 AND person = $2 AND id = $3 AND address IS NOT NULL`, academy, person, id, label)
	if err == nil && tag.RowsAffected() == 0 {
		err = absent(pgx.ErrNoRows, "favourite.not_found")
	}
	if err != nil {
		return fmt.Errorf("postgres.RenameFavourite(%s, %s): %w", academy, id, err)
	}
	return nil
}

// DropFavourite forgets that person's favourite of the ticket, or else of the
// address; absent is no error.
func (db *DB) DropFavourite(ctx context.Context, academy tickets.AcademyID, person, ticket uuid.UUID, address string) error {
	if _, err := db.pool.Exec(ctx, `DELETE FROM favourites WHERE academy = $1 AND person = $2 AND `+starred,
		academy, person, nullable(ticket), address); err != nil {
		return fmt.Errorf("postgres.DropFavourite(%s, %s): %w", academy, person, err)
	}
	return nil
}

// Starred says whether the person has starred that ticket, or else that address.
func (db *DB) Starred(ctx context.Context, academy tickets.AcademyID, person, ticket uuid.UUID, address string) (bool, error) {
	there, err := one(ctx, db.pool, pgx.RowTo[bool],
		`SELECT EXISTS (SELECT FROM favourites WHERE academy = $1 AND person = $2 AND `+starred+`)`,
		academy, person, nullable(ticket), address)
	if err != nil {
		return false, fmt.Errorf("postgres.Starred(%s, %s): %w", academy, person, err)
	}
	return there, nil
}

// Favourites returns the viewer's favourites, the latest first, at most limit of
// them; tickets that they see no more are left out.
func (db *DB) Favourites(ctx context.Context, viewer tickets.Person, limit int) ([]tickets.Favourite, error) {
	out, err := db.favourites(ctx, viewer, limit)
	if err != nil {
		return nil, fmt.Errorf("postgres.Favourites(%s, %s): %w", viewer.Academy, viewer.ID, err)
	}
	return out, nil
}

func (db *DB) favourites(ctx context.Context, viewer tickets.Person, limit int) ([]tickets.Favourite, error) {
	args := viewerArgs(viewer)
	args["limit"] = limit
	out, err := all(ctx, db.pool, scanFavourite, `SELECT academy, id, person, ticket, coalesce(address, ''), label, at FROM favourites f
		WHERE academy = @academy AND person = @viewer AND (ticket IS NULL OR EXISTS (
			SELECT FROM tickets WHERE academy = @academy AND id = f.ticket AND `+seen+`))
		ORDER BY at DESC, id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	var starred []uuid.UUID
	for _, f := range out {
		if f.Ticket != uuid.Nil {
			starred = append(starred, f.Ticket)
		}
	}
	found, err := all(ctx, db.pool, scanTicket,
		`SELECT `+ticketColumns+` FROM tickets WHERE academy = $1 AND id = ANY ($2)`, viewer.Academy, starred)
	if err != nil {
		return nil, err
	}
	named, err := cases(ctx, db.pool, viewer.Academy, found)
	if err != nil {
		return nil, err
	}
	byID := map[uuid.UUID]tickets.Case{}
	for _, c := range named {
		byID[c.ID] = c
	}
	for i := range out {
		out[i].Case = byID[out[i].Ticket]
	}
	return out, nil
}

func scanFavourite(row pgx.CollectableRow) (tickets.Favourite, error) {
	var f tickets.Favourite
	var ticket uuid.NullUUID
	err := row.Scan(&f.Academy, &f.ID, &f.Person, &ticket, &f.Address, &f.Label, &f.At)
	f.Ticket = ticket.UUID
	return f, err
}
