package main

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"cecoia.example/tickets"
)

// writtenTickets is how many tickets are made up one by one, the newest; older
// ones are the closed ones of these over again, with numbers and days of their
// own: see multiply.sql.
const writtenTickets = 10_000

// fillSettings are those of who fills a database, which must be quick and need
// not last.
const fillSettings = `SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '1GB'; SET work_mem = '256MB'`

// register makes up the tickets of so many days until last midnight, oldest
// first, their events, and the counters of their numbers.
func (f *filler) register(count, days int, now time.Time) []*table {
	register := newTable("tickets", `academy id kind day rank version
		beneficiary phone other_phone availability place entity equipment equipment_info
		private urgency theme subject request_type summary description
		requester category subcategory group_code assignee status closure cause due_at solution rating refusals
		status_action status_by status_at opened_at`)
	events := newTable("events", `academy id ticket seq action actor origin at from_status to_status text internal command fingerprint`)
	counters := newTable("day_counters", `academy day last`)

	y, m, d := now.In(f.academy.Location()).Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, f.academy.Location())
	first := midnight.AddDate(0, 0, -days)
	open := min(openTickets, count)
	var last tickets.Number
	for i := range count {
		back := count - 1 - i // how many are newer
		t := f.ticket(first.Add(midnight.Sub(first) / time.Duration(count) * time.Duration(i)))
		if every(back-open, count-open, ownTickets*19/20) || back < open && every(back, open, ownTickets/20) {
			t.Requester, t.Beneficiary = f.staff[0], f.staff[0]
		}
		if every(back-open-1, count-open, rareTickets) {
			t.Description += " C’est une faute d’" + rareWord + "."
		}
		if t.Number.Day != last.Day && last.Rank > 0 {
			counters.add(f.academy.ID, last.Day, last.Rank)
			last.Rank = 0
		}
		t.Number.Rank = last.Rank + 1
		last = t.Number
		end := tickets.StatusClosed
		if back < open {
			end = openStatuses[back%len(openStatuses)]
			t.Due = now.Add(time.Duration(float64(120*time.Hour) * (f.random.Float64() - 0.3)))
		}
		for _, e := range f.history(&t, end) {
			events.add(e.Academy, e.ID, e.Ticket, e.Seq, e.Action, e.Actor, e.Origin, e.At, e.From, e.To, e.Text, e.Internal, "", "")
		}
		register.add(t.Academy, t.ID, t.Number.Kind, t.Number.Day, t.Number.Rank, t.Version,
			t.Beneficiary, t.Phone, t.OtherPhone, t.Availability, t.Place, t.Entity, t.Equipment, t.EquipmentInfo,
			t.Private, t.Urgency, t.Theme, t.Subject, t.RequestType, t.Summary, t.Description,
			t.Requester, t.Category, t.Subcategory, t.Group, uuid.NullUUID{UUID: t.Assignee, Valid: t.Assignee != uuid.Nil},
			t.Status, t.Closure, t.Cause, t.Due, t.Solution, t.Rating, t.Refusals,
			t.StatusAction, t.StatusBy, t.StatusAt, t.OpenedAt)
	}
	counters.add(f.academy.ID, last.Day, last.Rank)
	return []*table{register, events, counters}
}

// openStatuses are where the open tickets stand, by turns.
var openStatuses = []tickets.Status{
	tickets.StatusInProgress, tickets.StatusNew, tickets.StatusInProgress, tickets.StatusWaiting, tickets.StatusInProgress, tickets.StatusNew, tickets.StatusResolved,
}

// every says whether the i-th is one of so many, spread over all of them.
func every(i, of, so int) bool {
	step := max(of/max(so, 1), 1)
	return i >= 0 && i%step == 0 && i/step < so
}

// ticket makes up a ticket as it was opened, but for its rank.
func (f *filler) ticket(at time.Time) tickets.Ticket {
	theme := f.academy.Themes[f.rank(len(f.academy.Themes))].Code
	who, entity := f.staff[f.random.IntN(len(f.staff))], f.rank(400)
	kind, group := tickets.Incident, f.groups()[0]
	if f.random.IntN(4) == 0 {
		kind = tickets.Service
	}
	if f.random.IntN(6) == 0 {
		group = f.groups()[1]
	}
	summary := f.common(subjects) + " " + f.common(faults)
	return tickets.Ticket{
		Academy: f.academy.ID, ID: f.id(at), Number: tickets.Number{Kind: kind, Day: tickets.DayOf(at, f.academy.Location())},
		Requester: who, Category: theme, Group: group, Due: at.Add(72 * time.Hour), OpenedAt: at,
		Card: tickets.Card{
			Beneficiary: who, Phone: "01 99 00 00 00", Place: fmt.Sprintf("94/CRETEIL/COLLEGE DES EXEMPLES %d", entity),
			Entity: fmt.Sprintf("EN/ETABLISSEMENT %d", entity), Private: f.random.IntN(50) == 0,
			Urgency: tickets.Urgency(1 + f.random.IntN(3)), Theme: theme, Summary: summary,
			Description: strings.Join([]string{
				summary, f.one(moments) + ", sur", f.common(f.names), f.common(f.names), "et", f.common(f.names) + ".",
				f.common(subjects), f.common(faults), "aussi.", f.one(wishes),
			}, " "),
		},
	}
}

// history makes up a ticket's life until a status, and brings the ticket there.
func (f *filler) history(t *tickets.Ticket, end tickets.Status) (life []tickets.Event) {
	agent := f.agents[f.random.IntN(len(f.agents))]
	steps := []tickets.Event{
		{Action: tickets.ActionOpen, Actor: t.Requester, To: tickets.StatusNew, Text: t.Description},
		{Action: tickets.ActionTake, Actor: agent, To: tickets.StatusInProgress},
		{Action: tickets.ActionNote, Actor: agent, To: tickets.StatusInProgress, Text: f.one(notes) + " " + f.common(f.names), Internal: true},
		{Action: tickets.ActionAsk, Actor: agent, To: tickets.StatusWaiting, Text: "Depuis quand, et sur quel poste ?"},
		{Action: tickets.ActionResolve, Actor: agent, To: tickets.StatusResolved, Text: f.one(solutions)},
		{Action: tickets.ActionValidate, Actor: t.Requester, To: tickets.StatusClosed},
	}
	noted := f.random.IntN(4) == 0
	for _, e := range steps {
		if e.Action == tickets.ActionNote && (!noted || t.Status != tickets.StatusInProgress) || e.Action == tickets.ActionAsk && end != tickets.StatusWaiting || t.Status == end && !e.Internal {
			continue
		}
		e.At = t.OpenedAt.Add(time.Duration(len(life)) * 40 * time.Minute)
		e.Academy, e.ID, e.Ticket, e.Seq, e.Origin, e.From = t.Academy, f.id(e.At), t.ID, len(life)+1, tickets.FromPortal, t.Status
		life = append(life, e)
		t.Version = e.Seq
		if e.To != e.From {
			t.Status, t.StatusAction, t.StatusBy, t.StatusAt = e.To, e.Action, e.Actor, e.At
		}
		switch e.Action {
		case tickets.ActionTake:
			t.Assignee = agent
		case tickets.ActionResolve:
			t.Solution = e.Text
		case tickets.ActionValidate:
			t.Closure, t.Rating = tickets.ClosedValidated, 1+f.random.IntN(5)
		}
	}
	return life
}

//go:embed multiply.sql
var multiplySQL string

// multiply adds so many older tickets to a register of so many days: the parts of
// multiply.sql by as many connections, after the first.
func multiply(ctx context.Context, url string, a tickets.Academy, own uuid.UUID, more, days int) error {
	args := pgx.NamedArgs{
		"academy": a.ID, "zone": a.Location().String(), "own": own, "rare": "%" + rareWord + "%", "more": more, "days": days,
	}
	parts := strings.Split(multiplySQL, "-- part\n")
	run := func(ctx context.Context, part string) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // what was written has been acknowledged
		for statement := range strings.SplitSeq(fillSettings+part, ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if _, err := conn.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol, args); err != nil {
				return fmt.Errorf("multiplying the tickets: %w: %.80s", err, statement)
			}
		}
		return nil
	}
	if err := run(ctx, parts[0]); err != nil {
		return err
	}
	together, running := errgroup.WithContext(ctx)
	for _, part := range parts[1:] {
		together.Go(func() error { return run(running, part) })
	}
	if err := together.Wait(); err != nil {
		return err
	}
	return run(ctx, `;
		DROP TABLE bench_base, bench_copies`)
}

var notes = []string{"Vu avec le fournisseur.", "Déjà arrivé la semaine dernière.", "À revoir avec les réseaux.", "Le poste n’est plus sous garantie."}
