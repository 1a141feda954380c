package postgres

import (
	"context"
	"fmt"

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

// byReference is the query for the ticket of a reference that the viewer sees,
// locked if lock says so.
func byReference(viewer tickets.Person, ref tickets.Ref, lock string) (sql string, args pgx.NamedArgs) {
	args = viewerArgs(viewer)
	args["rank"], args["day"], args["kind"] = ref.Rank, ref.Day, ref.Kind
	where := `academy = @academy AND rank = @rank AND ` + seen
	if !ref.Bare() {
		where += ` AND day = @day AND kind = @kind`
	}
	return `SELECT ` + ticketColumns + ` FROM tickets
		WHERE ` + where + ` ORDER BY day DESC LIMIT 1 ` + lock, args
}

// lookUp returns the ticket by its reference if the viewer sees it; else
// pgx.ErrNoRows.
func lookUp(ctx context.Context, q querier, viewer tickets.Person, ref tickets.Ref) (tickets.Ticket, error) {
	sql, args := byReference(viewer, ref, ``)
	return one(ctx, q, scanTicket, sql, args)
}

// queueLookUp is lookUp in a batch, locked if lock says so; found is not called
// when there is none.
func queueLookUp(b *pgx.Batch, viewer tickets.Person, ref tickets.Ref, lock string, found func(tickets.Ticket)) {
	sql, args := byReference(viewer, ref, lock)
	queueEach(b, scanTicket, found, sql, args)
}

// Case returns the ticket by number; a bare rank is that of the most recent day
// on which the viewer sees it. What the viewer may not see is not found.
func (db *DB) Case(ctx context.Context, viewer tickets.Person, ref tickets.Ref) (tickets.Case, error) {
	t, err := lookUp(ctx, db.pool, viewer, ref)
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
