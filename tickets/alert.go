package tickets

import (
	"context"
	"time"
)

// Alerts keeps what parts of the gateway report to supervisors beyond tickets;
// tickets/oncall tells it.
type Alerts interface {
	// Signal keeps that a rule was reported with a count: it stands until then,
	// and since now unless it stood already. Until now is no more.
	Signal(ctx context.Context, academy AcademyID, rule AlertRule, count int, now, until time.Time) error
	// CountMails counts the inbound mails since then that one of these rows of
	// the decision table decided on, and that were not answered.
	CountMails(ctx context.Context, academy AcademyID, rows []int, since time.Time) (int, error)
}

// signalled is how long a report stands without another. Spam comes every day:
// what is quarantined is told once a day. The bot's account is looked at all the
// time: who has not seen it refused for minutes has stopped looking.
func (r AlertRule) signalled() time.Duration {
	switch r {
	case AlertMailQuarantine:
		return 24 * time.Hour
	case AlertBot:
		return 3 * time.Minute
	}
	return time.Hour
}

// Alert reports that something about no ticket has happened count times by now
// (at any scale that the rule's words suit: the caller counts). It may be called
// at each occurrence: supervisors have one card that follows.
func (d *Desk) Alert(ctx context.Context, academy AcademyID, rule AlertRule, count int) error {
	now := d.now()
	return d.store.Signal(ctx, academy, rule, count, now, now.Add(rule.signalled()))
}

// AlertOver reports that what [Desk.Alert] reported is so no more. What nobody
// reported is no error.
func (d *Desk) AlertOver(ctx context.Context, academy AcademyID, rule AlertRule) error {
	now := d.now()
	return d.store.Signal(ctx, academy, rule, 0, now, now)
}

// AlertMails is [Desk.Alert] with the count of the last day's mails that one of
// these rows of the decision table decided on. It returns false, and reports
// nothing, while there are fewer than least.
func (d *Desk) AlertMails(ctx context.Context, academy AcademyID, rule AlertRule, rows []int, least int) (bool, error) {
	n, err := d.store.CountMails(ctx, academy, rows, d.now().Add(-24*time.Hour))
	if err != nil || n < least {
		return false, err
	}
	return true, d.Alert(ctx, academy, rule, n)
}
