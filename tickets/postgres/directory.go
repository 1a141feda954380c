package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// Academies returns all the academies as last applied, a second ago at the
// latest, in the order of their ids. Nobody may change what they hold.
func (db *DB) Academies(ctx context.Context) ([]tickets.Academy, error) {
	if all, ok := db.definitions.list(); ok {
		return all, nil
	}
	out, err := all(ctx, db.pool, pgx.RowTo[tickets.Academy], `SELECT definition FROM academies ORDER BY academy`)
	if err != nil {
		return nil, fmt.Errorf("postgres.Academies: %w", err)
	}
	db.definitions.keepList(out)
	return out, nil
}

// definitionLife is how long a definition that was read is taken for the one
// that holds: each action asks for it, and a desk file is applied now and then.
// After an Apply of this process it is read anew.
const definitionLife = time.Second

// definitions are those read lately. Nobody changes them.
type definitions struct {
	mu    sync.Mutex
	kept  map[tickets.AcademyID]definition
	all   []tickets.Academy
	until time.Time // for all
}

type definition struct {
	academy tickets.Academy
	until   time.Time
}

func (d *definitions) get(id tickets.AcademyID) (tickets.Academy, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, ok := d.kept[id]
	return found.academy, ok && time.Now().Before(found.until)
}

func (d *definitions) keep(a tickets.Academy) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil {
		d.kept = map[tickets.AcademyID]definition{}
	}
	d.kept[a.ID] = definition{a, time.Now().Add(definitionLife)}
}

func (d *definitions) list() ([]tickets.Academy, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.all), time.Now().Before(d.until)
}

func (d *definitions) keepList(all []tickets.Academy) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all, d.until = slices.Clone(all), time.Now().Add(definitionLife)
}

func (d *definitions) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept, d.all, d.until = nil, nil, time.Time{}
}

// Academy returns the academy as its desk file was last applied, a second ago at
// the latest. It is shared: nobody may change it.
func (db *DB) Academy(ctx context.Context, id tickets.AcademyID) (tickets.Academy, error) {
	if a, ok := db.definitions.get(id); ok {
		return a, nil
	}
	a, err := one(ctx, db.pool, pgx.RowTo[tickets.Academy], `SELECT definition FROM academies WHERE academy = $1`, id)
	if err != nil {
		return tickets.Academy{}, fmt.Errorf("postgres.Academy(%s): %w", id, absent(err, "academy.not_found"))
	}
	db.definitions.keep(a)
	return a, nil
}

// Apply keeps the academies of a desk file, all or none, and returns those that
// are new or changed. Academies that the file no longer has stay: their tickets
// do. The caller has validated them.
func (db *DB) Apply(ctx context.Context, academies []tickets.Academy, at time.Time) (changed []tickets.AcademyID, err error) {
	var b pgx.Batch
	for _, a := range slices.SortedFunc(slices.Values(academies), func(x, y tickets.Academy) int {
		return strings.Compare(string(x.ID), string(y.ID)) // one order of locks
	}) {
		definition, err := json.Marshal(a)
		if err != nil {
			return nil, fmt.Errorf("postgres.Apply(%s): %w", a.ID, err)
		}
		b.Queue(`INSERT INTO academies (academy, definition, applied_at) VALUES ($1, $2, $3)
			ON CONFLICT (academy) DO UPDATE SET definition = excluded.definition, applied_at = excluded.applied_at
			WHERE academies.academy = $1 AND academies.definition <> excluded.definition`,
			a.ID, string(definition), at).Exec(changedRow(&changed, a.ID))
	}
	err = db.pool.SendBatch(ctx, &b).Close()
	db.definitions.forget() // whatever the outcome: it may be unknown
	if err != nil {
		return nil, fmt.Errorf("postgres.Apply: %w", err)
	}
	return changed, nil
}

// Entry is one person of a directory as imported.
type Entry struct {
	tickets.Person
	// PasswordHash is that of a local account. "" leaves the one that is there.
	PasswordHash string
}

// importChunk bounds the statements on their way to the server at once.
const importChunk = 500

// ImportPeople creates or replaces the entries of an academy's directory, by id,
// with their memberships, all or none. Entries that are there and not in the
// list stay as they are. The error names the mail address or login that two
// active people would share.
func (db *DB) ImportPeople(ctx context.Context, academy tickets.AcademyID, entries []Entry) error {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		for chunk := range slices.Chunk(entries, importChunk) {
			var b pgx.Batch
			for _, e := range chunk {
				queueEntry(&b, academy, e)
			}
			if err := tx.SendBatch(ctx, &b).Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("postgres.ImportPeople(%s): %w", academy, explainDuplicate(err))
	}
	return nil
}

func queueEntry(b *pgx.Batch, academy tickets.AcademyID, e Entry) {
	lang := e.Lang
	if lang == "" {
		lang = tickets.French
	}
	b.Queue(`INSERT INTO people (academy, id, login, email, given_name, family_name,
			function, phone, place, entity, lang, password_hash)
		VALUES ($1, $2, $3, lower($4), $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (academy, id) DO UPDATE SET
			login = excluded.login, email = excluded.email,
			given_name = excluded.given_name, family_name = excluded.family_name,
			function = excluded.function, phone = excluded.phone, place = excluded.place,
			entity = excluded.entity, lang = excluded.lang, active = true,
			password_hash = coalesce(nullif(excluded.password_hash, ''), people.password_hash)
		WHERE people.academy = $1`,
		academy, e.ID, e.Login, e.Email, e.GivenName, e.FamilyName,
		e.Function, e.Phone, e.Place, e.Entity, lang, e.PasswordHash)
	b.Queue(`DELETE FROM memberships WHERE academy = $1 AND person = $2`, academy, e.ID)
	for _, m := range e.Memberships {
		b.Queue(`INSERT INTO memberships (academy, person, group_code, role) VALUES ($1, $2, $3, $4)
			ON CONFLICT DO NOTHING`, academy, e.ID, m.Group, m.Role)
	}
}

// Person returns one active entry of the academy's directory.
func (db *DB) Person(ctx context.Context, academy tickets.AcademyID, id uuid.UUID) (tickets.Person, error) {
	p, err := one(ctx, db.pool, scanPerson,
		`SELECT `+personColumns+` FROM people p WHERE p.academy = $1 AND p.id = $2 AND p.active`, academy, id)
	if err != nil {
		return tickets.Person{}, fmt.Errorf("postgres.Person(%s, %s): %w", academy, id, absent(err, "person.not_found"))
	}
	return p, nil
}

// People returns the entries of those ids, by id; also of people who left, as
// what they did still bears their name. Unknown ids are left out.
func (db *DB) People(ctx context.Context, academy tickets.AcademyID, ids []uuid.UUID) (map[uuid.UUID]tickets.Person, error) {
	found, err := people(ctx, db.pool, academy, ids)
	if err != nil {
		return nil, fmt.Errorf("postgres.People(%s): %w", academy, err)
	}
	return found, nil
}

// Credentials returns the active person whose mail address or login is the
// identifier, whatever its case, with the hash of their password: "" when they
// have no local account. Nobody is a NotFound refusal.
func (db *DB) Credentials(ctx context.Context, academy tickets.AcademyID, identifier string) (tickets.Person, string, error) {
	type row struct {
		tickets.Person
		PasswordHash string
	}
	// Somebody's address wins over another's login of the same letters.
	r, err := one(ctx, db.pool, pgx.RowToStructByName[row], `SELECT `+personColumns+`, p.password_hash
		FROM people p WHERE p.academy = $1 AND (p.email_key = lower($2) OR p.login_key = lower($2))
		ORDER BY p.email_key IS NOT DISTINCT FROM lower($2) DESC LIMIT 1`,
		academy, storable(strings.TrimSpace(identifier)))
	if err != nil {
		return tickets.Person{}, "", fmt.Errorf("postgres.Credentials(%s): %w", academy, absent(err, "person.not_found"))
	}
	return r.Person, r.PasswordHash, nil
}
