package postgres

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

const (
	firingColumns = `academy, id, rule, ticket, subject, level, deadline, severity, theme, group_code,
		since, count, low, alert, fired_at, ended_at`
	firingColumnCount = 16

	alertColumns = `academy, id, rank, rule, theme, subject, severity, opened_at, ended_at, total,
		revision, posted_at, edited_at, told, step, next_at, hold, owner, held_until, major`
	alertColumnCount = 20

	silenceColumns = `academy, id, rank, rule, theme, actor, reason, begins_at, ends_at`
	turnColumns    = `academy, id, person, actor, begins_at, ends_at, at`

	// watchedColumns are those of a ticket that the rules of alerts read; its
	// parent while that is worked on.
	watchedColumns = `t.academy, t.id, t.kind, t.day, t.rank, t.private, t.urgency, t.entity, t.beneficiary, t.category, t.group_code,
		t.assignee, t.status, t.refusals, t.take_up_due, t.due_soon, t.due_at, t.status_at, t.opened_at,
		(SELECT m.id FROM tickets m WHERE m.academy = t.academy AND m.id = t.parent AND m.status NOT IN ('resolved', 'closed')), t.major`
)

func scanFiring(row pgx.CollectableRow) (oncall.Firing, error) {
	var f oncall.Firing
	var ticket, alert uuid.NullUUID
	var deadline, ended *time.Time
	err := row.Scan(&f.Academy, &f.ID, &f.Rule, &ticket, &f.Subject, &f.Level, &deadline, &f.Severity, &f.Theme, &f.Group,
		&f.Since, &f.Count, &f.Low, &alert, &f.FiredAt, &ended)
	f.Ticket, f.Alert, f.Deadline, f.EndedAt = ticket.UUID, alert.UUID, timeOf(deadline), timeOf(ended)
	return f, err
}

func firingValues(f oncall.Firing) []any {
	return []any{
		f.Academy, f.ID, f.Rule, nullable(f.Ticket), f.Subject, f.Level, nullableTime(f.Deadline), int(f.Severity), f.Theme, f.Group,
		f.Since, f.Count, f.Low, nullable(f.Alert), f.FiredAt, nullableTime(f.EndedAt),
	}
}

func scanAlert(row pgx.CollectableRow) (oncall.Alert, error) {
	var a oncall.Alert
	var owner, major uuid.NullUUID
	var ended, posted, edited, next, until *time.Time
	var told []byte
	err := row.Scan(&a.Academy, &a.ID, &a.Rank, &a.Rule, &a.Theme, &a.Subject, &a.Severity, &a.OpenedAt, &ended, &a.Total,
		&a.Revision, &posted, &edited, &told, &a.Step, &next, &a.Hold, &owner, &until, &major)
	if err == nil {
		err = json.Unmarshal(told, &a.Told)
	}
	a.Owner, a.Major = owner.UUID, major.UUID
	a.EndedAt, a.PostedAt, a.EditedAt, a.NextAt, a.Until = timeOf(ended), timeOf(posted), timeOf(edited), timeOf(next), timeOf(until)
	return a, err
}

func alertValues(a oncall.Alert, told []byte) []any {
	return []any{
		a.Academy, a.ID, a.Rank, a.Rule, a.Theme, a.Subject, int(a.Severity), a.OpenedAt, nullableTime(a.EndedAt), a.Total,
		a.Revision, nullableTime(a.PostedAt), nullableTime(a.EditedAt), string(told), int(a.Step), nullableTime(a.NextAt), a.Hold,
		nullable(a.Owner), nullableTime(a.Until), nullable(a.Major),
	}
}

func scanSilence(row pgx.CollectableRow) (s oncall.Silence, err error) {
	err = row.Scan(&s.Academy, &s.ID, &s.Rank, &s.Rule, &s.Theme, &s.By, &s.Reason, &s.From, &s.Until)
	return s, err
}

func scanTurn(row pgx.CollectableRow) (t oncall.Turn, err error) {
	err = row.Scan(&t.Academy, &t.ID, &t.Person, &t.By, &t.From, &t.Until, &t.At)
	return t, err
}

// scanWatched reads the watched columns, and more after them.
func scanWatched(row pgx.CollectableRow, more ...any) (tickets.Ticket, error) {
	var t tickets.Ticket
	var assignee, parent uuid.NullUUID
	var takeUp, soon, due *time.Time
	err := row.Scan(append([]any{
		&t.Academy, &t.ID, &t.Number.Kind, &t.Number.Day, &t.Number.Rank, &t.Private, &t.Urgency, &t.Entity, &t.Beneficiary, &t.Category, &t.Group,
		&assignee, &t.Status, &t.Refusals, &takeUp, &soon, &due, &t.StatusAt, &t.OpenedAt, &parent, &t.Major,
	}, more...)...)
	t.Assignee, t.Parent = assignee.UUID, parent.UUID
	t.TakeUpDue, t.DueSoon, t.Due = timeOf(takeUp), timeOf(soon), timeOf(due)
	return t, err
}

// timeOf reads NULL as the domain's "never".
func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
