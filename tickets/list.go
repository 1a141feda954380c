package tickets

import "context"

// WithoutTheme is, in a [Query], the theme of the tickets whose requester did
// not know one and that nobody has requalified. No theme has that code.
const WithoutTheme = "-"

// MaxExport is how many tickets an export has at most: what a spreadsheet, and
// whoever reads it, can bear.
const MaxExport = 50_000

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
	// Offset: the Total that List would say.
	Count(ctx context.Context, viewer Person, queries ...Query) ([]int, error)
	// Walk calls each with the tickets of the query in its order, a slice at a
	// time, as they all stood at one moment; q.Limit bounds how many, q.Offset
	// does not count. It says whether there were more. An error of each ends it
	// and is returned as it is.
	Walk(ctx context.Context, viewer Person, q Query, each func([]Case) error) (more bool, err error)
}

// scoped returns the query as the caller may ask it: the scopes of the desk are
// for the desk, others get their own.
func scoped(by Caller, q Query) Query {
	switch q.Scope {
	case ScopeMine, ScopeRequested, ScopeBenefits:
	case ScopeDesk, ScopeTeam:
		if !by.Person.Agent() {
			q.Scope = ScopeMine
		}
	default:
		q.Scope = ScopeMine
	}
	return q
}

// List returns a page of the tickets the caller sees. The desk's scopes are for
// the desk: others get their own.
func (d *Desk) List(ctx context.Context, by Caller, q Query) (Page, error) {
	return d.store.List(ctx, by.Person, scoped(by, q))
}

// Count returns the Total of each list.
func (d *Desk) Count(ctx context.Context, by Caller, queries ...Query) ([]int, error) {
	asked := make([]Query, len(queries))
	for i, q := range queries {
		asked[i] = scoped(by, q)
	}
	return d.store.Count(ctx, by.Person, asked...)
}

// Export calls each with the tickets of a list in its order, a slice at a time,
// as they all stood at one moment; at most [MaxExport]. It says whether there
// were more.
func (d *Desk) Export(ctx context.Context, by Caller, q Query, each func([]Case) error) (more bool, err error) {
	q.Limit, q.Offset = MaxExport, 0
	return d.store.Walk(ctx, by.Person, scoped(by, q), each)
}
