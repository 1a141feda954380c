package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"cecoia.example/tickets"
)

// This file maps rows to the domain's values: one list of columns per table,
// and beside it the function that reads and the one that writes in its order.

// querier is what a pool, a connection and a transaction have in common.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// nullable writes the domain's "nobody" as NULL.
func nullable(id uuid.UUID) uuid.NullUUID {
	return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil}
}

// nullableTime writes the domain's "never" as NULL.
func nullableTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// zeroTime reads NULL as the domain's "never".
func zeroTime(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// parameters returns "$from, …, $to".
func parameters(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		if i > from {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i)
	}
	return b.String()
}

// ticketBody are the columns of a ticket after its key (academy, id).
const ticketBody = `kind, day, rank, version,
	beneficiary, phone, other_phone, availability, place, entity, equipment, equipment_info,
	private, urgency, theme, subject, request_type, summary, description,
	requester, category, subcategory, group_code, assignee, status, closure, cause, merged_into, due_at, solution, rating, refusals,
	status_action, status_by, status_at, opened_at, take_up_due, due_soon, spent, running_since,
	remind_at, lapse_at, major, parent`

const (
	ticketColumns     = `academy, id, ` + ticketBody
	ticketColumnCount = 46
)

func scanTicket(row pgx.CollectableRow) (tickets.Ticket, error) {
	var t tickets.Ticket
	var assignee, statusBy, mergedInto, parent uuid.NullUUID
	var due, takeUpDue, dueSoon, runningSince, remind, lapse *time.Time
	err := row.Scan(&t.Academy, &t.ID, &t.Number.Kind, &t.Number.Day, &t.Number.Rank, &t.Version,
		&t.Beneficiary, &t.Phone, &t.OtherPhone, &t.Availability, &t.Place, &t.Entity, &t.Equipment, &t.EquipmentInfo,
		&t.Private, &t.Urgency, &t.Theme, &t.Subject, &t.RequestType, &t.Summary, &t.Description,
		&t.Requester, &t.Category, &t.Subcategory, &t.Group, &assignee, &t.Status, &t.Closure, &t.Cause, &mergedInto, &due, &t.Solution, &t.Rating, &t.Refusals,
		&t.StatusAction, &statusBy, &t.StatusAt, &t.OpenedAt, &takeUpDue, &dueSoon, &t.Spent, &runningSince,
		&remind, &lapse, &t.Major, &parent)
	t.Assignee, t.StatusBy, t.MergedInto, t.Parent = assignee.UUID, statusBy.UUID, mergedInto.UUID, parent.UUID
	t.Due, t.TakeUpDue, t.DueSoon, t.RunningSince = zeroTime(due), zeroTime(takeUpDue), zeroTime(dueSoon), zeroTime(runningSince)
	t.RemindAt, t.LapseAt = zeroTime(remind), zeroTime(lapse)
	return t, err
}

func ticketValues(t tickets.Ticket) []any {
	return []any{
		t.Academy, t.ID, t.Number.Kind, t.Number.Day, t.Number.Rank, t.Version,
		t.Beneficiary, t.Phone, t.OtherPhone, t.Availability, t.Place, t.Entity, t.Equipment, t.EquipmentInfo,
		t.Private, t.Urgency, t.Theme, t.Subject, t.RequestType, t.Summary, t.Description,
		t.Requester, t.Category, t.Subcategory, t.Group, nullable(t.Assignee), t.Status, t.Closure, t.Cause, nullable(t.MergedInto), nullableTime(t.Due), t.Solution, t.Rating, t.Refusals,
		t.StatusAction, nullable(t.StatusBy), t.StatusAt, t.OpenedAt, nullableTime(t.TakeUpDue), nullableTime(t.DueSoon), t.Spent, nullableTime(t.RunningSince),
		nullableTime(t.RemindAt), nullableTime(t.LapseAt), t.Major, nullable(t.Parent),
	}
}

// eventColumns are those of an event.
const eventColumns = `academy, id, ticket, seq, action, actor, origin, at,
	from_status, to_status, text, detail, internal, command, fingerprint`

func scanEvent(row pgx.CollectableRow) (tickets.Event, error) { return scanEventAnd(row) }

// scanEventAnd reads those columns, and more after them.
func scanEventAnd(row pgx.CollectableRow, more ...any) (tickets.Event, error) {
	var e tickets.Event
	var actor uuid.NullUUID
	err := row.Scan(append([]any{
		&e.Academy, &e.ID, &e.Ticket, &e.Seq, &e.Action, &actor, &e.Origin, &e.At,
		&e.From, &e.To, &e.Text, &e.Detail, &e.Internal, &e.Command, &e.Fingerprint,
	}, more...)...)
	e.Actor = actor.UUID
	return e, err
}

func queueEvent(b *pgx.Batch, e tickets.Event) {
	b.Queue(`INSERT INTO events (`+eventColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		e.Academy, e.ID, e.Ticket, e.Seq, e.Action, nullable(e.Actor), e.Origin, e.At,
		e.From, e.To, e.Text, e.Detail, e.Internal, e.Command, e.Fingerprint)
}

// deliveryColumns are those of a delivery that the domain knows of.
const deliveryColumns = `academy, id, cause, ticket, seq, channel, recipient, template, rule, data, due, attempts, created_at, trace`

// scanDelivery reads those columns, and more after them.
func scanDelivery(row pgx.CollectableRow, more ...any) (tickets.Delivery, error) {
	var d tickets.Delivery
	var ticket uuid.NullUUID
	var data []byte
	err := row.Scan(append([]any{
		&d.Academy, &d.ID, &d.Cause, &ticket, &d.Seq, &d.Channel, &d.Recipient,
		&d.Template, &d.Rule, &data, &d.Due, &d.Attempts, &d.CreatedAt, &d.Trace,
	}, more...)...)
	d.Ticket, d.Data = ticket.UUID, data
	return d, err
}

func queueDelivery(b *pgx.Batch, d tickets.Delivery) {
	var data any // NULL rather than the JSON null
	if len(d.Data) > 0 {
		data = string(d.Data)
	}
	b.Queue(`INSERT INTO deliveries (`+deliveryColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		d.Academy, d.ID, d.Cause, nullable(d.Ticket), d.Seq, d.Channel, d.Recipient,
		d.Template, d.Rule, data, d.Due, d.Attempts, d.CreatedAt, d.Trace)
}

// queueDeliveries is queueDelivery of many: one statement, whatever their number.
func queueDeliveries(b *pgx.Batch, academy tickets.AcademyID, all []tickets.Delivery) {
	if len(all) == 0 {
		return
	}
	var c struct {
		ids, causes, about                             uuids
		seqs, attempts                                 []int64
		channels, recipients, templates, rules, traces []string
		data                                           []string
		due, created                                   []time.Time
	}
	for _, d := range all {
		c.ids, c.causes, c.about = append(c.ids, d.ID), append(c.causes, d.Cause), append(c.about, d.Ticket)
		c.seqs, c.attempts = append(c.seqs, int64(d.Seq)), append(c.attempts, int64(d.Attempts))
		c.channels, c.recipients = append(c.channels, string(d.Channel)), append(c.recipients, string(d.Recipient))
		c.templates, c.rules = append(c.templates, string(d.Template)), append(c.rules, d.Rule)
		c.data, c.due, c.created = append(c.data, string(d.Data)), append(c.due, d.Due), append(c.created, d.CreatedAt)
		c.traces = append(c.traces, string(d.Trace))
	}
	b.Queue(`INSERT INTO deliveries (`+deliveryColumns+`)
		SELECT $1, d.id, d.cause, d.ticket, d.seq, d.channel, d.recipient, d.template, d.rule, nullif(d.data, '')::json, d.due, d.attempts, d.created_at, d.trace
		FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
			$11::timestamptz[], $12::bigint[], $13::timestamptz[], $14::text[])
			AS d (id, cause, ticket, seq, channel, recipient, template, rule, data, due, attempts, created_at, trace)`,
		academy, c.ids, c.causes, c.about, c.seqs, c.channels, c.recipients, c.templates, c.rules, c.data, c.due, c.attempts, c.created, c.traces)
}

// uuids is an array of them as a parameter, with NULL for uuid.Nil. A plain slice
// would go through reflection and text, which costs more than all else of a long
// one.
type uuids []uuid.UUID

// Dimensions says that the ids are one row; with Index and IndexType it makes
// them a [pgtype.ArrayGetter].
func (u uuids) Dimensions() []pgtype.ArrayDimension {
	return []pgtype.ArrayDimension{{Length: int32(len(u)), LowerBound: 1}}
}

// Index returns the element of that rank.
func (u uuids) Index(i int) any { return pgtype.UUID{Bytes: u[i], Valid: u[i] != uuid.Nil} }

// IndexType returns a value of the elements' type.
func (u uuids) IndexType() any { return pgtype.UUID{} }

// personColumns are those of [tickets.Person], of people AS p.
const personColumns = `p.academy, p.id, p.login, p.email, p.given_name, p.family_name,
	p.function, p.phone, p.place, p.entity, coalesce(p.lang_chosen, p.lang) AS lang,
	(SELECT jsonb_agg(jsonb_build_object('group', m.group_code, 'role', m.role) ORDER BY m.group_code, m.role)
	 FROM memberships m WHERE m.academy = p.academy AND m.person = p.id) AS memberships`

var scanPerson = pgx.RowToStructByName[tickets.Person]

// queuePeople asks for the people of those ids, the inactive ones too: those who
// left are still named. into gets them by id.
func queuePeople(b *pgx.Batch, academy tickets.AcademyID, ids []uuid.UUID, into map[uuid.UUID]tickets.Person) {
	b.Queue(`SELECT `+personColumns+` FROM people p WHERE p.academy = $1 AND p.id = ANY($2)`, academy, ids).
		Query(func(rows pgx.Rows) error {
			people, err := pgx.CollectRows(rows, scanPerson)
			for _, p := range people {
				into[p.ID] = p
			}
			return err
		})
}

// named returns the ids of the people whom the tickets name, each once.
func named(ts ...tickets.Ticket) []uuid.UUID {
	seen := make(map[uuid.UUID]bool, 4*len(ts))
	out := make([]uuid.UUID, 0, 4*len(ts))
	for _, t := range ts {
		for _, id := range []uuid.UUID{t.Requester, t.Beneficiary, t.Assignee, t.StatusBy} {
			if id != uuid.Nil && !seen[id] {
				seen[id] = true
				out = append(out, id)
			}
		}
	}
	return out
}

// people returns the people of those ids, by id.
func people(ctx context.Context, q querier, academy tickets.AcademyID, ids []uuid.UUID) (map[uuid.UUID]tickets.Person, error) {
	out := make(map[uuid.UUID]tickets.Person, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var b pgx.Batch
	queuePeople(&b, academy, ids, out)
	return out, q.SendBatch(ctx, &b).Close()
}

// attachmentColumns are those of an attachment, of attachments AS a.
const attachmentColumns = `a.academy, a.id, a.ticket, a.event, a.author, a.name, a.media_type, a.size, a.sha256, a.at`

func scanAttachment(row pgx.CollectableRow) (tickets.Attachment, error) {
	var a tickets.Attachment
	var event uuid.NullUUID
	var sum []byte
	err := row.Scan(&a.Academy, &a.ID, &a.Ticket, &event, &a.Author, &a.Name, &a.MediaType, &a.Size, &sum, &a.At)
	a.Event = event.UUID
	copy(a.SHA256[:], sum)
	return a, err
}

// one collects the only row of a query, or pgx.ErrNoRows.
func one[T any](ctx context.Context, q querier, scan pgx.RowToFunc[T], sql string, args ...any) (T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		var zero T
		return zero, err
	}
	return pgx.CollectOneRow(rows, scan)
}

// all collects the rows of a query.
func all[T any](ctx context.Context, q querier, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// queueEach asks for rows in a batch and hands each to found.
func queueEach[T any](b *pgx.Batch, scan pgx.RowToFunc[T], found func(T), sql string, args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		all, err := pgx.CollectRows(rows, scan)
		for _, v := range all {
			found(v)
		}
		return err
	})
}

// affected reports whether a queued statement changed anything.
func affected(did *bool) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		*did = tag.RowsAffected() > 0
		return nil
	}
}

// changedRow adds id to changed when a queued statement changed its row.
func changedRow[T any](changed *[]T, id T) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() > 0 {
			*changed = append(*changed, id)
		}
		return nil
	}
}
