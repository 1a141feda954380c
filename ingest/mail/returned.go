package mail

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// This file is about what comes back: all that reaches the bounce address, and
// the reports that reach the no-reply address all the same. What they say is
// taken into account; nothing of it is ever answered.

// classifyReturned decides what becomes of a mail to the bounce address, by the
// decision table's own tests and under their numbers. A report is one that says
// of whom, before anything else it may look like; what a machine answered
// otherwise is filed, the note of who is away above all; what a person wrote
// there was not asked for.
func classifyReturned(e Evidence, r Report) Decision {
	saysOfWhom := func(Evidence) string {
		if len(r.Recipients) == 0 {
			return ""
		}
		return "a report on delivery"
	}
	for _, try := range []struct {
		rank int
		row
	}{
		{1, row{File, fromOurselves}},
		{2, row{Bounce, saysOfWhom}},
		{3, row{File, isAutoSubmitted}},
		{4, row{File, isAutoreply}},
		{5, row{File, isBulk}},
		{2, row{Bounce, isReport}},
	} {
		if reason := try.test(e); reason != "" {
			return Decision{Row: try.rank, Verdict: try.verdict, Reason: reason}
		}
	}
	return Decision{Row: 8, Verdict: Silent, Reason: "no report"}
}

// readReport reads the report that a kept message may be.
func (d *door) readReport(a arrival, open func() (io.ReadCloser, error)) (Report, error) {
	f, err := open()
	if err != nil {
		return Report{}, fmt.Errorf("mail: opening %s: %w", hashOf(a.raw), err)
	}
	defer f.Close()
	return ParseReport(f, d.bounds, d.now)
}

// returnedMailOf returns which mail of ours a report is about: by our signed
// token in the address that it was sent to, else by a Message-ID of ours. Both
// are known only to who got that mail, or carried it.
func (d *door) returnedMailOf(m Message, r Report) (delivery uuid.UUID, link string) {
	for _, to := range m.Recipients {
		if base, token := splitToken(to); token != "" && strings.EqualFold(base, d.academy.Bounce) {
			if id, ok := d.keyring.ParseBounceToken(d.academy.ID, token); ok {
				return id, "token"
			}
		}
	}
	for _, id := range r.Originals {
		if delivery, _, ok := tickets.ParseMessageID(id, d.academy.MailDomain()); ok {
			return delivery, "message-id"
		}
	}
	return uuid.Nil, ""
}

// returned takes a report into account. It may be called again for the same.
func (d *door) returned(ctx context.Context, j judged) error {
	delivery, link := d.returnedMailOf(j.message, j.returnedAs)
	log := func(outcome tickets.BounceOutcome, status string) {
		d.log.InfoContext(ctx, "mail: returned", "academy", string(d.academy.ID), "hash", hashOf(j.raw),
			"delivery", delivery, "link", link, "status", status, "outcome", string(outcome))
	}
	if delivery == uuid.Nil || len(j.returnedAs.Recipients) == 0 {
		log(tickets.BounceUnknown, "")
		return nil
	}
	for _, to := range j.returnedAs.Recipients {
		named := slices.DeleteFunc([]string{to.Address, to.Original}, func(s string) bool { return s == "" })
		b := tickets.Bounce{
			Academy: d.academy.ID, Delivery: delivery, Addresses: named,
			Status: to.Status, Delayed: to.Action == "delayed", Diagnostic: to.Diagnostic,
		}
		switch to.Action {
		case "delivered", "relayed", "expanded":
			b.Status = ""
		}
		outcome, err := d.desk.MailBounced(ctx, b)
		if err != nil {
			return fmt.Errorf("mail: a bounce of %s: %w", delivery, err)
		}
		log(outcome, to.Status)
	}
	return nil
}
