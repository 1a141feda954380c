package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

// What marks a word in an excerpt: characters that no text of ours has, see
// tickets.Card.Clean, and whatever of others an excerpt is split at them alone.
const (
	markFrom = "\x02"
	markTo   = "\x03"
)

// excerptEvents is how many events of a ticket, the latest, an excerpt is looked
// for in.
const excerptEvents = 50

// Search returns a page of the tickets that the viewer sees and whose words they
// may read fit the query; see [tickets.Searches].
func (db *DB) Search(ctx context.Context, viewer tickets.Person, q tickets.SearchQuery) (tickets.SearchPage, error) {
	page, err := db.search(ctx, viewer, q)
	if err != nil {
		return tickets.SearchPage{}, fmt.Errorf("postgres.Search(%s): %w", viewer.Academy, err)
	}
	return page, nil
}

func (db *DB) search(ctx context.Context, viewer tickets.Person, q tickets.SearchQuery) (tickets.SearchPage, error) {
	terms := tickets.ParseSearch(storable(q.Text))
	var query, indexable string
	if err := db.pool.QueryRow(ctx, `SELECT search_query($1, $2)::text, querytree(search_query($1, $2))`,
		terms.Words, terms.Beginning).Scan(&query, &indexable); err != nil {
		return tickets.SearchPage{}, err
	}
	if indexable == "" || indexable == "T" { // common words alone, or only what to leave out
		return tickets.SearchPage{}, &tickets.Error{Code: tickets.Invalid, Field: "q", Message: "search.no_words"}
	}
	s := searching{terms: terms, limit: listPage, offset: max(q.Offset, 0)}
	if q.Limit > 0 {
		s.limit = min(q.Limit, listMost)
	}
	s.where, s.rank, s.args = found(viewer, q, query)
	s.wide = viewer.Agent() && (len(q.Statuses) == 0 || slices.Contains(q.Statuses, tickets.StatusClosed))
	total, err := s.count(ctx, db.pool)
	if err != nil {
		return tickets.SearchPage{}, err
	}
	page := tickets.SearchPage{Total: min(total, tickets.MaxHits), More: total > tickets.MaxHits}
	if s.offset >= page.Total {
		return page, nil
	}
	s.limit = min(s.limit, page.Total-s.offset)
	page.Hits, err = s.page(ctx, db.pool, viewer.Academy, !page.More)
	return page, err
}

// searchable are the tickets with their words.
const searchable = `tickets JOIN (SELECT academy AS at, ticket, words, notes FROM ticket_words) w ON academy = at AND id = ticket`

// found returns the predicate of a search over searchable, how well a row fits,
// and their arguments. Who is not of the desk searches what they may read and nothing
// else, so that nothing else can show, be it by an order.
func found(viewer tickets.Person, q tickets.SearchQuery, query string) (where, rank string, args pgx.NamedArgs) {
	// The number of a ticket is in its words: Text of the list's query stays empty.
	where, args = conditions(viewer, tickets.Query{Scope: q.Scope, Kind: q.Kind, Statuses: q.Statuses})
	words := wordsOf(viewer)
	args["query"] = query
	return `at = @academy AND ` + words + ` @@ @query::tsquery AND ` + where, `ts_rank(` + words + `, @query::tsquery)`, args
}

// searching is one search on its way.
type searching struct {
	terms         tickets.SearchTerms
	where, rank   string
	args          pgx.NamedArgs
	limit, offset int
	wide          bool // over the register, not over the few tickets that are open or the viewer's
}

// planned makes each execution of the batch's statements be planned for its own
// words: how common they are decides everything. Pages are a few rows out of many
// by way of an index: to read a table whole, or with helpers, never pays.
func planned(b *pgx.Batch) {
	b.Queue(`SELECT set_config('plan_cache_mode', 'force_custom_plan', true),
		set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)`)
}

// count returns how many tickets fit, or MaxHits and one when there are more: to
// count on would cost ever more, and nobody reads that far.
func (s *searching) count(ctx context.Context, q querier) (total int, err error) {
	s.args["most"] = tickets.MaxHits + 1
	var b pgx.Batch
	planned(&b)
	from := searchable
	if s.wide { // by the index of words: see queueCount
		from = `(SELECT academy AS at, ticket, words, notes FROM ticket_words WHERE academy = @academy AND (words || notes) @@ @query::tsquery OFFSET 0) w
			JOIN tickets ON academy = at AND id = ticket`
	}
	b.Queue(`SELECT count(*) FROM (SELECT FROM `+from+` WHERE `+s.where+` LIMIT @most) hits`, s.args).
		QueryRow(func(row pgx.Row) error { return row.Scan(&total) })
	return total, q.SendBatch(ctx, &b).Close()
}

// page returns one page of hits. To rank is to read what all of them say: of too
// many the newest come first.
func (s *searching) page(ctx context.Context, q querier, academy tickets.AcademyID, ranked bool) ([]tickets.Hit, error) {
	order := `opened_at DESC, id DESC`
	if ranked {
		order = s.rank + ` DESC, ` + order
	}
	s.args["limit"], s.args["offset"] = s.limit, s.offset
	var found []tickets.Ticket
	var b pgx.Batch
	planned(&b)
	b.Queue(`SELECT `+ticketColumns+` FROM (
			SELECT hit, row_number() OVER () AS nth FROM (
				SELECT id AS hit FROM `+searchable+` WHERE `+s.where+` ORDER BY `+order+` LIMIT @limit OFFSET @offset) ids) page
		JOIN tickets ON academy = @academy AND id = hit ORDER BY nth`, s.args).
		Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, scanTicket)
			return err
		})
	if err := q.SendBatch(ctx, &b).Close(); err != nil {
		return nil, err
	}
	named, err := cases(ctx, q, academy, found)
	if err != nil {
		return nil, err
	}
	excerpts, err := s.excerpts(ctx, q, academy, found)
	if err != nil {
		return nil, err
	}
	hits := make([]tickets.Hit, len(named))
	for i, c := range named {
		hits[i] = excerpts[c.ID]
		hits[i].Case = c
	}
	return hits, nil
}

// excerpts returns for each ticket the one of its texts that fits best, with the
// words marked; the notes of the desk are only for the desk. Tickets none of
// whose texts has the words are left out.
func (s *searching) excerpts(ctx context.Context, q querier, academy tickets.AcademyID, of []tickets.Ticket) (map[uuid.UUID]tickets.Hit, error) {
	ids := make([]uuid.UUID, len(of))
	for i, t := range of {
		ids[i] = t.ID
	}
	rows, err := q.Query(ctx, `WITH asked AS (SELECT search_marks($2, $3) AS marks)
		SELECT ticket, source, action, internal, at,
			CASE WHEN strpos(marked, $4) > 0 THEN marked
				ELSE ts_headline('whole', shown, marks, how) END
		FROM (
			SELECT DISTINCT ON (ticket) *, translate(text, '/<>', U&'\2044\27E8\27E9') AS shown,
				format('StartSel=%s, StopSel=%s, ', $4::text, $5::text) || CASE WHEN length(text) <= 200 THEN 'HighlightAll=true'
					ELSE 'MaxFragments=2, MaxWords=20, MinWords=10, ShortWord=2, FragmentDelimiter=" … "' END AS how
			FROM asked CROSS JOIN LATERAL (
				SELECT t.id AS ticket, 1 - n AS seq, source, text, '' AS action, false AS internal, NULL::timestamptz AS at
				FROM tickets t CROSS JOIN LATERAL (VALUES
					(1, 'summary', t.summary), (2, 'description', t.description), (3, 'equipment', t.equipment),
					(4, 'equipment_info', t.equipment_info), (5, 'entity', t.entity), (6, 'place', t.place)) AS card (n, source, text)
				WHERE t.academy = $1 AND t.id = ANY ($6)
				UNION ALL
				SELECT e.* FROM unnest($6::uuid[]) AS hit CROSS JOIN LATERAL (
					SELECT ticket, -100 - seq, 'event', text, action, internal, at FROM events
					WHERE academy = $1 AND ticket = hit AND text <> '' AND action <> 'open' AND (NOT internal OR $7)
					ORDER BY seq DESC LIMIT $8) e) texts
			WHERE text <> '' AND search_words(text) @@ marks
			ORDER BY ticket, ts_rank(search_words(text), marks) DESC, seq DESC) best
		CROSS JOIN LATERAL ts_headline('fr', shown, marks, how) AS marked`,
		academy, s.terms.Marked, s.terms.Beginning, markFrom, markTo, ids, s.args["agent"], excerptEvents)
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID]tickets.Hit{}
	var id uuid.UUID
	var hit tickets.Hit
	var at *time.Time
	var text string
	_, err = pgx.ForEachRow(rows, []any{&id, &hit.Source, &hit.Action, &hit.Internal, &at, &text}, func() error {
		hit.At = time.Time{}
		if at != nil {
			hit.At = *at
		}
		hit.Excerpt = pieces(unshown.Replace(text))
		out[id] = hit
		return nil
	})
	return out, err
}

// unshown undoes what kept an excerpt's slashes and angles from being read as
// paths and tags, whose words are none.
var unshown = strings.NewReplacer("\u2044", "/", "\u27e8", "<", "\u27e9", ">")

// pieces splits an excerpt at its marks.
func pieces(text string) []tickets.Piece {
	var out []tickets.Piece
	add := func(text string, mark bool) {
		if text != "" {
			out = append(out, tickets.Piece{Text: text, Mark: mark})
		}
	}
	for text != "" {
		before, rest, _ := strings.Cut(text, markFrom)
		add(before, false)
		word, after, _ := strings.Cut(rest, markTo)
		add(word, true)
		text = after
	}
	return out
}
