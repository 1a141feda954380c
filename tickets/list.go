package tickets

import (
	"context"
	"unicode/utf8"
)

// WithoutTheme is, in a [Query], the theme of the tickets whose requester did
// not know one and that nobody has requalified. No theme has that code.
const WithoutTheme = "-"

// MaxExport is how many tickets an export of a list has at most: what a
// spreadsheet, and whoever reads it, can bear.
const MaxExport = 50_000

// MaxQuery is how many characters of words a list may be searched for.
const MaxQuery = 100

// MaxCounted is how far the tickets of a list are counted: nobody reads on, and
// to count a whole register would take ever longer.
const MaxCounted = 1000

// Sort is a column that a list is ordered by. Ties are newest first.
type Sort string

// The columns. What has none of it comes last, whichever the direction.
const (
	SortOpened      Sort = "opened"
	SortNumber      Sort = "number"
	SortDescription Sort = "description" // the summary, or the description without one
	SortDue         Sort = "due"
	SortUrgency     Sort = "urgency" // the most urgent first
	SortStatus      Sort = "status"  // in the order of a ticket's life
	SortEntity      Sort = "entity"
	SortAuthor      Sort = "author" // the requester's family name
)

// Lists reads many tickets at once.
type Lists interface {
	// Count returns how many tickets each query finds, whatever its Limit and
	// Offset: the Total that List would say of its first page, MaxCounted and one
	// when there are more.
	Count(ctx context.Context, viewer Person, queries ...Query) ([]int, error)
	// Walk calls each with the tickets of the query in its order, a slice at a
	// time, as they all stood at one moment; q.Limit bounds how many, q.Offset
	// does not count. It says whether there were more. An error of each ends it
	// and is returned as it is.
	Walk(ctx context.Context, viewer Person, q Query, each func([]Case) error) (more bool, err error)
}

// asked returns the query as the caller may ask it, or [Errors] naming what is
// wrong in it. The scopes of the desk are for the desk: others get their own.
func (d *Desk) asked(ctx context.Context, by Caller, q Query) (Query, error) {
	switch q.Scope {
	case ScopeMine, ScopeRequested, ScopeBenefits:
	case ScopeDesk, ScopeTeam:
		if !by.Person.Agent() {
			q.Scope = ScopeMine
		}
	default:
		q.Scope = ScopeMine
	}
	var errs Errors
	if q.Theme != "" && q.Theme != WithoutTheme {
		a, err := d.Academy(ctx, by)
		if err != nil {
			return q, err
		}
		if _, ok := a.Theme(q.Theme); !ok {
			errs = append(errs, invalid("theme", "theme.unknown"))
		}
	}
	if len(q.Text) > 4*MaxQuery || utf8.RuneCountInString(q.Text) > MaxQuery {
		errs = append(errs, invalid("text", "query.too_long", MaxQuery))
	} else if text, err := cleanLine("text", q.Text); err != nil {
		errs = append(errs, err.(*Error)) //nolint:errorlint // ours, just made
	} else {
		q.Text = text
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		errs = append(errs, invalid("to", "query.period"))
	}
	if len(errs) > 0 {
		return q, errs
	}
	return q, nil
}

// List returns a page of the tickets the caller sees, or [Errors] when the query
// asks for what cannot be.
func (d *Desk) List(ctx context.Context, by Caller, q Query) (Page, error) {
	q, err := d.asked(ctx, by, q)
	if err != nil {
		return Page{}, err
	}
	return d.store.List(ctx, by.Person, q)
}

// Count returns the Total of each list, MaxCounted and one when there are more.
func (d *Desk) Count(ctx context.Context, by Caller, queries ...Query) ([]int, error) {
	asked := make([]Query, len(queries))
	for i, q := range queries {
		var err error
		if asked[i], err = d.asked(ctx, by, q); err != nil {
			return nil, err
		}
	}
	return d.store.Count(ctx, by.Person, asked...)
}

// ExportList calls each with the tickets of a list in its order, a slice at a time,
// as they all stood at one moment; at most q.Limit, [MaxExport] when 0. It says
// whether there were more.
func (d *Desk) ExportList(ctx context.Context, by Caller, q Query, each func([]Case) error) (more bool, err error) {
	if q, err = d.asked(ctx, by, q); err != nil {
		return false, err
	}
	if q.Limit <= 0 || q.Limit > MaxExport {
		q.Limit = MaxExport
	}
	return d.store.Walk(ctx, by.Person, q, each)
}
