package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// seen is [tickets.Person.SeesTicket] as a predicate over tickets: the parties
// always; the desk too, but a private ticket only from within its group.
const seen = `(@viewer IN (requester, beneficiary) OR (@agent AND (NOT private OR group_code = ANY (@groups))))`

// viewerArgs are the arguments of seen, and the academy that bounds all.
func viewerArgs(viewer tickets.Person) pgx.NamedArgs {
	return pgx.NamedArgs{
		"academy": viewer.Academy, "viewer": viewer.ID, "agent": viewer.Agent(), "groups": viewer.Groups(),
	}
}

// lookUp returns the ticket by its reference if the viewer sees it, locked if
// lock says so; else pgx.ErrNoRows.
func lookUp(ctx context.Context, q querier, viewer tickets.Person, ref tickets.Ref, lock string) (tickets.Ticket, error) {
	args := viewerArgs(viewer)
	args["rank"], args["day"], args["kind"] = ref.Rank, ref.Day, ref.Kind
	where := `academy = @academy AND rank = @rank AND ` + seen
	if !ref.Bare() {
		where += ` AND day = @day AND kind = @kind`
	}
	return one(ctx, q, scanTicket, `SELECT `+ticketColumns+` FROM tickets
		WHERE `+where+` ORDER BY day DESC LIMIT 1 `+lock, args)
}

// Case returns the ticket by number; a bare rank is that of the most recent day
// on which the viewer sees it. What the viewer may not see is not found.
func (db *DB) Case(ctx context.Context, viewer tickets.Person, ref tickets.Ref) (tickets.Case, error) {
	t, err := lookUp(ctx, db.pool, viewer, ref, "")
	if err != nil {
		return tickets.Case{}, fmt.Errorf("postgres.Case(%s, %s): %w", viewer.Academy, ref, absent(err, "ticket.not_found"))
	}
	who, err := people(ctx, db.pool, t.Academy, named(t))
	if err != nil {
		return tickets.Case{}, fmt.Errorf("postgres.Case(%s, %s): %w", viewer.Academy, ref, err)
	}
	return tickets.Case{Ticket: t, People: who}, nil
}

// CaseByID is Case by the ticket's id.
func (db *DB) CaseByID(ctx context.Context, viewer tickets.Person, id uuid.UUID) (tickets.Case, error) {
	c, err := caseByID(ctx, db.pool, viewer, id)
	if err != nil {
		return tickets.Case{}, fmt.Errorf("postgres.CaseByID(%s, %s): %w", viewer.Academy, id, absent(err, "ticket.not_found"))
	}
	return c, nil
}

func caseByID(ctx context.Context, q querier, viewer tickets.Person, id uuid.UUID) (tickets.Case, error) {
	args := viewerArgs(viewer)
	args["id"] = id
	t, err := one(ctx, q, scanTicket,
		`SELECT `+ticketColumns+` FROM tickets WHERE academy = @academy AND id = @id AND `+seen, args)
	if err != nil {
		return tickets.Case{}, err
	}
	who, err := people(ctx, q, t.Academy, named(t))
	return tickets.Case{Ticket: t, People: who}, err
}

// Events returns the ticket's events in order, internal ones only when asked.
// It checks no permission.
func (db *DB) Events(ctx context.Context, academy tickets.AcademyID, ticket uuid.UUID, internal bool) ([]tickets.Event, error) {
	out, err := all(ctx, db.pool, scanEvent, `SELECT `+eventColumns+` FROM events
		WHERE academy = $1 AND ticket = $2 AND (NOT internal OR $3) ORDER BY seq`, academy, ticket, internal)
	if err != nil {
		return nil, fmt.Errorf("postgres.Events(%s, %s): %w", academy, ticket, err)
	}
	return out, nil
}

// List returns a page of the tickets that the viewer sees.
func (db *DB) List(ctx context.Context, viewer tickets.Person, q tickets.Query) (tickets.Page, error) {
	page, err := db.list(ctx, viewer, q)
	if err != nil {
		return tickets.Page{}, fmt.Errorf("postgres.List(%s): %w", viewer.Academy, err)
	}
	return page, nil
}

func (db *DB) list(ctx context.Context, viewer tickets.Person, q tickets.Query) (tickets.Page, error) {
	where, args := conditions(viewer, q)
	order := `opened_at DESC, id DESC`
	if q.Oldest {
		order = `opened_at, id`
	}
	args["limit"], args["offset"] = 20, max(q.Offset, 0)
	if q.Limit > 0 {
		args["limit"] = min(q.Limit, 100)
	}
	var page tickets.Page
	var found []tickets.Ticket
	var b pgx.Batch
	b.Queue(`SELECT `+ticketColumns+` FROM tickets WHERE `+where+` ORDER BY `+order+` LIMIT @limit OFFSET @offset`, args).
		Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, scanTicket)
			return err
		})
	b.Queue(`SELECT count(*) FROM tickets WHERE `+where, args).
		QueryRow(func(row pgx.Row) error { return row.Scan(&page.Total) })
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return tickets.Page{}, err
	}
	cases, err := db.cases(ctx, viewer.Academy, found)
	page.Cases = cases
	return page, err
}

// cases completes tickets with the people they name.
func (db *DB) cases(ctx context.Context, academy tickets.AcademyID, found []tickets.Ticket) ([]tickets.Case, error) {
	everybody, err := people(ctx, db.pool, academy, named(found...))
	if err != nil {
		return nil, err
	}
	out := make([]tickets.Case, len(found))
	for i, t := range found {
		out[i] = caseOf(t, everybody)
	}
	return out, nil
}

// caseOf picks the people whom the ticket names out of many.
func caseOf(t tickets.Ticket, among map[uuid.UUID]tickets.Person) tickets.Case {
	c := tickets.Case{Ticket: t, People: map[uuid.UUID]tickets.Person{}}
	for _, id := range named(t) {
		if p, ok := among[id]; ok {
			c.People[id] = p
		}
	}
	return c
}

// conditions returns the predicate of a query and its arguments. Only what
// restricts is in it, so that each shape of query gets a plan of its own.
func conditions(viewer tickets.Person, q tickets.Query) (string, pgx.NamedArgs) {
	args := viewerArgs(viewer)
	where := []string{`academy = @academy`}
	if q.Scope == tickets.ScopeDesk {
		where = append(where, seen)
	} else {
		where = append(where, `(requester = @viewer OR beneficiary = @viewer)`)
	}
	restrict := func(condition, name string, value any) {
		where = append(where, condition)
		args[name] = value
	}
	if q.Kind != "" {
		restrict(`kind = @kind`, "kind", q.Kind)
	}
	if len(q.Statuses) > 0 {
		restrict(`status = ANY (@statuses)`, "statuses", q.Statuses)
		if !slices.Contains(q.Statuses, tickets.StatusClosed) {
			where = append(where, `status <> 'closed'`) // so that the partial index serves
		}
	}
	if q.Group != "" {
		restrict(`group_code = @group`, "group", q.Group)
	}
	if q.Assignee != uuid.Nil {
		restrict(`assignee = @assignee`, "assignee", q.Assignee)
	}
	if q.Unassigned {
		where = append(where, `assignee IS NULL`)
	}
	return strings.Join(where, ` AND `), args
}

// Counters counts what concerns the viewer as requester or beneficiary.
func (db *DB) Counters(ctx context.Context, viewer tickets.Person) (tickets.Counters, error) {
	c, err := one(ctx, db.pool, pgx.RowToStructByName[tickets.Counters], `SELECT
			count(*) FILTER (WHERE status = 'resolved') AS validations,
			count(*) FILTER (WHERE kind = 'I') AS incidents,
			count(*) FILTER (WHERE kind = 'S') AS services
		FROM tickets
		WHERE academy = $1 AND status <> 'closed' AND (requester = $2 OR beneficiary = $2)`, viewer.Academy, viewer.ID)
	if err != nil {
		return tickets.Counters{}, fmt.Errorf("postgres.Counters(%s, %s): %w", viewer.Academy, viewer.ID, err)
	}
	return c, nil
}
