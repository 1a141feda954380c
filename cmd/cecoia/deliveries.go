package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// deliveriesCommand is what an operator sees and does of what is owed. It tells
// addresses and errors, never people's words.
type deliveriesCommand struct {
	List   listDeliveries   `cmd:"" help:"Count what is owed, and list deliveries, the latest first."`
	Show   showDelivery     `cmd:"" help:"Tell all of one delivery."`
	Replay replayDeliveries `cmd:"" help:"Owe anew what was given up, under the same ids: who has it already is not told twice where the channel can know."`
}

type listDeliveries struct {
	settings `embed:""`
	Academy  tickets.AcademyID `help:"Of this academy alone."`
	State    []string          `enum:"waiting,held,failing,dead,delivered,suppressed" help:"In these states alone: waiting, held, failing, dead, delivered, suppressed. Default: waiting, held, failing and dead; with --trace, all."`
	Channel  string            `help:"By this channel alone: mail or chat."`
	Trace    string            `help:"That came of the request of this id, as a page of an error or a line of the log has it; its beginning is enough."`
	Since    time.Duration     `help:"Ended within that time, or still owed." default:"168h"`
	Limit    int               `help:"How many of each academy at most." default:"50"`
}

// Run lists deliveries.
func (c *listDeliveries) Run(ctx context.Context, out *output) error {
	q := tickets.DeliveryQuery{Channel: tickets.Channel(c.Channel), Trace: c.Trace, Since: time.Now().Add(-c.Since), Limit: c.Limit}
	for _, s := range c.State {
		q.States = append(q.States, tickets.DeliveryState(s))
	}
	if len(q.States) == 0 && c.Trace == "" {
		q.States = []tickets.DeliveryState{tickets.DeliveryWaiting, tickets.DeliveryHeld, tickets.DeliveryFailing, tickets.DeliveryDead}
	}
	return c.eachAcademy(ctx, c.Academy, func(db *postgres.DB, a tickets.Academy) error {
		counted, err := db.Backlog(ctx, a.ID, q.Since)
		if err != nil {
			return err
		}
		found, err := db.Deliveries(ctx, a.ID, q)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s:", a.ID)
		for _, b := range counted {
			fmt.Fprintf(out, " %d %s by %s since %s;", b.Count, b.State, b.Channel, b.Oldest.In(a.Location()).Format(time.DateTime))
		}
		if len(counted) == 0 {
			fmt.Fprint(out, " nothing is owed;")
		}
		fmt.Fprintf(out, " %d shown\n", len(found))
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, r := range found {
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", r.ID, r.State, r.Channel, r.Template, numberOf(r),
				latest(r).In(a.Location()).Format(time.DateTime), r.Attempts, shortened(r.Err))
		}
		return table.Flush()
	})
}

// latest is when the delivery ended, or came to be owed.
func latest(r tickets.DeliveryRecord) time.Time {
	if r.EndedAt.IsZero() {
		return r.CreatedAt
	}
	return r.EndedAt
}

func numberOf(r tickets.DeliveryRecord) string {
	if r.About.ID == uuid.Nil {
		return "-"
	}
	return r.About.Number.String()
}

// shortened keeps an error on the line of its delivery.
func shortened(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	if runes := []rune(line); len(runes) > 100 {
		line = string(runes[:100]) + "…"
	}
	return line
}

type showDelivery struct {
	settings `embed:""`
	ID       uuid.UUID `arg:"" help:"The delivery's id."`
}

// Run tells all of one delivery.
func (c *showDelivery) Run(ctx context.Context, out *output) error {
	shown := false
	err := c.eachAcademy(ctx, "", func(db *postgres.DB, a tickets.Academy) error {
		found, err := db.Deliveries(ctx, a.ID, tickets.DeliveryQuery{ID: c.ID})
		if err != nil || len(found) == 0 {
			return err
		}
		shown = true
		r := found[0]
		at := func(t time.Time) string {
			if t.IsZero() {
				return "-"
			}
			return t.In(a.Location()).Format(time.RFC3339)
		}
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, line := range [][2]string{
			{"delivery", r.ID.String()}, {"academy", string(a.ID)}, {"state", string(r.State)}, {"channel", string(r.Channel)},
			{"recipient", string(r.Recipient)}, {"ticket", numberOf(r)}, {"template", string(r.Template)}, {"rule", r.Rule},
			{"event", r.Cause.String()}, {"owed since", at(r.CreatedAt)}, {"due", at(r.Due)}, {"ended", at(r.EndedAt)},
			{"attempts", fmt.Sprint(r.Attempts)}, {"error", r.Err}, {"trace", r.Trace.ID()},
		} {
			fmt.Fprintf(table, "%s\t%s\n", line[0], line[1])
		}
		if r.With != uuid.Nil {
			fmt.Fprintf(table, "told with\t%s\n", r.With)
		}
		return table.Flush()
	})
	if err == nil && !shown {
		err = fmt.Errorf("no delivery %s: those that ended long ago are gone", c.ID)
	}
	return err
}

type replayDeliveries struct {
	settings `embed:""`
	Dead     bool              `help:"All that was given up since then, of the academy."`
	Academy  tickets.AcademyID `help:"The academy, with --dead."`
	Channel  string            `help:"With --dead: by this channel alone, mail or chat."`
	Since    time.Duration     `help:"With --dead: given up within that time." default:"168h"`
	IDs      []uuid.UUID       `arg:"" optional:"" name:"id" help:"The deliveries' ids."`
}

// Run replays deliveries; the gateway sends them within its next sweep.
func (c *replayDeliveries) Run(ctx context.Context, out *output) error {
	if c.Dead != (c.Academy != "") || c.Dead == (len(c.IDs) > 0) {
		return errors.New("name deliveries by their ids, or all dead ones of an academy by --dead --academy")
	}
	replayed := 0
	err := c.eachAcademy(ctx, c.Academy, func(db *postgres.DB, a tickets.Academy) error {
		for {
			ids := c.IDs
			if c.Dead {
				found, err := db.Deliveries(ctx, a.ID, tickets.DeliveryQuery{
					States: []tickets.DeliveryState{tickets.DeliveryDead}, Channel: tickets.Channel(c.Channel),
					Since: time.Now().Add(-c.Since), Limit: tickets.MaxDeliveries,
				})
				if err != nil {
					return err
				}
				ids = nil
				for _, r := range found {
					ids = append(ids, r.ID)
				}
			}
			n, err := db.Replay(ctx, a.ID, ids, time.Now())
			replayed += n
			if err != nil || n == 0 || !c.Dead {
				return err
			}
		}
	})
	if err != nil {
		return err
	}
	if replayed == 0 {
		return errors.New("nothing of that is dead")
	}
	_, err = fmt.Fprintf(out, "%d owed anew\n", replayed)
	return err
}

// eachAcademy does something for one academy, or for each when it is "".
func (s settings) eachAcademy(ctx context.Context, only tickets.AcademyID, do func(*postgres.DB, tickets.Academy) error) error {
	db, err := openBeside(ctx, s, s.logger())
	if err != nil {
		return err
	}
	defer db.Close()
	academies, err := db.Academies(ctx)
	if err != nil {
		return err
	}
	known := false
	for _, a := range academies {
		if only == "" || a.ID == only {
			known = true
			if err := do(db.DB, a); err != nil {
				return err
			}
		}
	}
	if !known {
		return fmt.Errorf("no academy %q: 'cecoia apply' a desk file", only)
	}
	return nil
}
