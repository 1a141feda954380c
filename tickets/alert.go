package tickets

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// pace says how often a kind is told at most, and how long it waits first, so
// that what comes in a burst is told once, with its count.
func (r AlertRule) pace() (period, wait time.Duration) {
	if r == AlertMailQuarantine { // spam comes every day: nothing in it is urgent
		return 24 * time.Hour, time.Hour
	}
	return time.Hour, 30 * time.Second
}

// Alert is the Data of a [TemplateAlert] delivery without a ticket.
type Alert struct {
	Kind  AlertRule `json:"kind"`
	Count int       `json:"count"` // how many there are of it by now
}

// Alerts keeps what supervisors are to be told beyond tickets.
type Alerts interface {
	// OweAlert keeps a delivery unless one of the same (Cause, Channel,
	// Recipient) was ever owed; while that one waits, it gets the new Data. It
	// returns whether the delivery is new.
	OweAlert(ctx context.Context, owed Delivery) (bool, error)
	// CountMails counts the inbound mails since then that one of these rows of
	// the decision table decided on, and that were not answered.
	CountMails(ctx context.Context, academy AcademyID, rows []int, since time.Time) (int, error)
}

// Alert tells the academy's supervisors in their channel that something has
// happened count times by now (at any scale that the kind's words suit: the
// caller counts). It may be called at each occurrence: there is at most one
// post per kind and clock hour (of quarantine: and day). Nothing happens where no
// group supervises.
func (d *Desk) Alert(ctx context.Context, academy AcademyID, kind AlertRule, count int) error {
	a, err := d.store.Academy(ctx, academy)
	if err != nil {
		return err
	}
	group, ok := a.Supervision()
	if !ok {
		return nil
	}
	data, err := json.Marshal(Alert{Kind: kind, Count: count})
	if err != nil {
		return err
	}
	now := d.now()
	period, wait := kind.pace()
	// The cause has no event: it stands for the kind within the hour.
	cause := uuid.NewSHA1(uuid.NameSpaceURL, []byte("alert "+string(academy)+" "+string(kind)+" "+now.UTC().Truncate(period).Format(time.RFC3339)))
	first, err := d.store.OweAlert(ctx, Delivery{
		Academy: academy, ID: newID(), Cause: cause, Channel: Chat, Recipient: ToGroup(group.Code),
		Template: TemplateAlert, Rule: "alert-" + string(kind), Data: data, Due: now.Add(wait), CreatedAt: now, Trace: TraceOf(ctx),
	})
	if err != nil {
		return err
	}
	if first {
		d.committed()
	}
	return nil
}

// AlertMails is [Desk.Alert] with the count of the last day's mails that one of
// these rows of the decision table decided on. It returns false, and tells
// nothing, while there are fewer than least.
func (d *Desk) AlertMails(ctx context.Context, academy AcademyID, kind AlertRule, rows []int, least int) (bool, error) {
	n, err := d.store.CountMails(ctx, academy, rows, d.now().Add(-24*time.Hour))
	if err != nil || n < least {
		return false, err
	}
	return true, d.Alert(ctx, academy, kind, n)
}
