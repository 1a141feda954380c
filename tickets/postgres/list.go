package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// The bounds on one list.
const (
	listPage  = 20  // tickets when nothing else is asked
	listMost  = 100 // tickets that a page may have
	walkSlice = 500 // tickets that Walk reads at a time
)

// columnOrder is what each column sorts by; what has none of it is NULL. Words
// are in the order of ICU's root collation, where É is an E.
var columnOrder = map[tickets.Sort][]string{
	tickets.SortOpened:      {`opened_at`},
	tickets.SortNumber:      {`day`, `rank`},
	tickets.SortDescription: {`left(coalesce(nullif(summary, ''), description), 60) COLLATE "und-x-icu"`},
	tickets.SortDue:         {`due_at`},
	tickets.SortUrgency:     {`urgency`},
	tickets.SortStatus:      {`array_position('{new,in_progress,waiting,resolved,closed}', status)`},
	tickets.SortEntity:      {`nullif(entity, '') COLLATE "und-x-icu"`},
	tickets.SortAuthor:      {`family_name COLLATE "und-x-icu"`, `given_name COLLATE "und-x-icu"`},
}

// orderOf returns the FROM and the ORDER BY of a query.
func orderOf(q tickets.Query) (from, order string) {
	from = `tickets`
	if q.Sort == tickets.SortAuthor {
		from = `tickets JOIN (SELECT id AS author, family_name, given_name FROM people WHERE academy = @academy) p
			ON author = requester`
	}
	direction := ``
	if q.Sort == "" && !q.Oldest || q.Sort != "" && q.Desc {
		direction = ` DESC`
	}
	columns, ok := columnOrder[q.Sort]
	switch {
	case !ok || q.Sort == tickets.SortOpened:
		return from, `opened_at` + direction + `, id` + direction // as the indexes have them
	}
	for _, c := range columns {
		order += c + direction + ` NULLS LAST, `
	}
	return from, order + `opened_at DESC, id DESC`
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
	fitting, err := db.fitting(ctx, viewer, q, args)
	if err != nil {
		return tickets.Page{}, err
	}
	args["limit"], args["offset"] = listPage, max(q.Offset, 0)
	if q.Limit > 0 {
		args["limit"] = min(q.Limit, listMost)
	}
	var page tickets.Page
	var found []tickets.Ticket
	var b pgx.Batch
	planned(&b)
	from, order := orderOf(q)
	// The page is found by its ids: to sort whole tickets would read them all.
	b.Queue(`SELECT `+ticketColumns+` FROM (
			SELECT id AS found, row_number() OVER () AS nth FROM (
				SELECT id FROM `+from+` WHERE `+where+fitting+` ORDER BY `+order+` LIMIT @limit OFFSET @offset) ids) page
		JOIN tickets ON academy = @academy AND id = found ORDER BY nth`, args).
		Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, scanTicket)
			return err
		})
	most := max(tickets.MaxCounted, args["offset"].(int)+args["limit"].(int)) //nolint:forcetypeassert // see above
	queueCount(&b, viewer, q, where, args, most, &page.Total)
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return tickets.Page{}, err
	}
	page.Total, page.More = min(page.Total, most), page.Total > most
	cases, err := cases(ctx, db.pool, viewer.Academy, found)
	page.Cases = cases
	return page, err
}

// queueCount counts to most, and one on when there are more.
func queueCount(b *pgx.Batch, viewer tickets.Person, q tickets.Query, where string, args pgx.NamedArgs, most int, into *int) {
	args["most"] = most + 1
	from := `tickets`
	switch {
	case !hasWords(q):
	case viewer.Agent() && (len(q.Statuses) == 0 || slices.Contains(q.Statuses, tickets.StatusClosed)):
		// By the index of words: to meet a thousand of them from ticket to ticket
		// may be to read them all.
		from = `(SELECT ticket FROM ticket_words WHERE academy = @academy AND ` + wordsOf(viewer) + ` @@ search_query(@words, @beginning) OFFSET 0) w
			JOIN tickets ON id = ticket`
	default: // there are few to look at
		where += has(viewer)
	}
	b.Queue(`SELECT count(*) FROM (SELECT FROM `+from+` WHERE `+where+` LIMIT @most) counted`, args).
		QueryRow(func(row pgx.Row) error { return row.Scan(into) })
}

// Count returns how many tickets each query finds, in one round trip; see
// [tickets.Lists].
func (db *DB) Count(ctx context.Context, viewer tickets.Person, queries ...tickets.Query) ([]int, error) {
	out := make([]int, len(queries))
	var b pgx.Batch
	planned(&b)
	for i, q := range queries {
		where, args := conditions(viewer, q)
		queueCount(&b, viewer, q, where, args, tickets.MaxCounted, &out[i])
	}
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return nil, fmt.Errorf("postgres.Count(%s): %w", viewer.Academy, err)
	}
	return out, nil
}

// Walk calls each with the tickets of the query, a slice at a time, through one
// cursor: all of them as they stood when it was opened. It holds a connection
// until it returns.
func (db *DB) Walk(ctx context.Context, viewer tickets.Person, q tickets.Query, each func([]tickets.Case) error) (more bool, err error) {
	failed := func(err error) error { return fmt.Errorf("postgres.Walk(%s): %w", viewer.Academy, err) }
	tx, err := db.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return false, failed(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // nothing was written
	where, args := conditions(viewer, q)
	if hasWords(q) {
		where += ` AND id IN (SELECT ticket FROM ticket_words WHERE academy = @academy AND ` + wordsOf(viewer) + ` @@ search_query(@words, @beginning))`
	}
	args["limit"] = q.Limit + 1
	from, order := orderOf(q)
	if _, err := tx.Exec(ctx, `DECLARE walk NO SCROLL CURSOR FOR
		SELECT `+ticketColumns+` FROM `+from+` WHERE `+where+` ORDER BY `+order+` LIMIT @limit`, args); err != nil {
		return false, failed(err)
	}
	for left := q.Limit; ; {
		found, err := all(ctx, tx, scanTicket, `FETCH `+strconv.Itoa(walkSlice)+` FROM walk`)
		if err != nil {
			return false, failed(err)
		}
		last := len(found) < walkSlice
		if more = len(found) > left; more {
			found, last = found[:left], true
		}
		left -= len(found)
		if len(found) > 0 {
			named, err := cases(ctx, tx, viewer.Academy, found)
			if err != nil {
				return false, failed(err)
			}
			if err := each(named); err != nil {
				return false, err
			}
		}
		if last {
			return more, nil
		}
	}
}

// cases completes tickets with the people they name.
func cases(ctx context.Context, q querier, academy tickets.AcademyID, found []tickets.Ticket) ([]tickets.Case, error) {
	everybody, err := people(ctx, q, academy, named(found...))
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
	restrict := func(condition, name string, value any) {
		where = append(where, condition)
		args[name] = value
	}
	switch q.Scope {
	case tickets.ScopeDesk:
		where = append(where, seen)
	case tickets.ScopeTeam:
		where = append(where, `@agent AND group_code = ANY (@groups)`)
	case tickets.ScopeRequested:
		where = append(where, `requester = @viewer`)
	case tickets.ScopeBenefits:
		where = append(where, `beneficiary = @viewer`)
	default:
		where = append(where, `(requester = @viewer OR beneficiary = @viewer)`)
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
		// Or somebody who has left the desk: see tickets.Case.Held.
		where = append(where, `(assignee IS NULL OR NOT EXISTS (
			SELECT FROM memberships m WHERE m.academy = @academy AND m.person = assignee))`)
	}
	switch q.Theme {
	case "":
	case tickets.WithoutTheme:
		restrict(`category = @theme`, "theme", tickets.UnknownTheme)
	default:
		restrict(`category = @theme`, "theme", q.Theme)
	}
	if q.Urgency != 0 {
		restrict(`urgency = @urgency`, "urgency", q.Urgency)
	}
	if !q.From.IsZero() {
		restrict(`opened_at >= @from`, "from", q.From)
	}
	if !q.To.IsZero() {
		restrict(`opened_at < @to`, "to", q.To)
	}
	if !q.DueBefore.IsZero() { // in the words of the partial index
		restrict(`status NOT IN ('resolved', 'closed') AND due_at < @due`, "due", q.DueBefore)
	}
	if hasWords(q) {
		terms := tickets.ParseSearch(storable(q.Text))
		args["words"], args["beginning"] = terms.Words, terms.Beginning
	} else if ref, err := tickets.ParseRef(q.Text); err == nil { // one ticket, by its index
		where = append(where, `kind = @refkind AND day = @refday AND rank = @refrank`)
		args["refkind"], args["refday"], args["refrank"] = ref.Kind, ref.Day, ref.Rank
	}
	return strings.Join(where, ` AND `), args
}

// hasWords says whether a query is for words, beyond its conditions; a whole
// number is none.
func hasWords(q tickets.Query) bool {
	ref, err := tickets.ParseRef(q.Text)
	return q.Text != "" && (err != nil || ref.Bare())
}

// wordsOf are the words of a row of ticket_words that the viewer may read.
func wordsOf(viewer tickets.Person) string {
	if viewer.Agent() {
		return `(words || notes)` // see search.go
	}
	return `words`
}

// has is a further condition: that the ticket has the words of a query. Each
// ticket is looked at in turn.
func has(viewer tickets.Person) string {
	return ` AND (SELECT ` + wordsOf(viewer) + ` @@ search_query(@words, @beginning) FROM ticket_words w WHERE w.academy = @academy AND w.ticket = id)`
}

// commonFrom is how many tickets of the academy a common word is in.
const commonFrom = 2000

// fitting returns what a page's predicate lacks for the words of its query, ""
// without any. Rare words are looked up in their index, once. Tickets with common
// ones are met soon enough in the order of the page: to look all up would take
// ever longer as the register grows.
func (db *DB) fitting(ctx context.Context, viewer tickets.Person, q tickets.Query, args pgx.NamedArgs) (string, error) {
	if !hasWords(q) {
		return "", nil
	}
	if !viewer.Agent() { // whose own tickets are few
		return has(viewer), nil
	}
	var hits int
	var b pgx.Batch
	planned(&b)
	b.Queue(`SELECT count(*) FROM (SELECT FROM ticket_words
			WHERE academy = @academy AND (words || notes) @@ search_query(@words, @beginning) LIMIT @common) hits`,
		pgx.NamedArgs{"academy": viewer.Academy, "words": args["words"], "beginning": args["beginning"], "common": commonFrom}).
		QueryRow(func(row pgx.Row) error { return row.Scan(&hits) })
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return "", err
	}
	if hits < commonFrom {
		return ` AND id = ANY (ARRAY(SELECT ticket FROM ticket_words
			WHERE academy = @academy AND ` + wordsOf(viewer) + ` @@ search_query(@words, @beginning)))`, nil
	}
	return has(viewer), nil
}
