package tickets

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Bounce is what a mail server says of addresses that a mail of ours was for:
// another's in a report (RFC 3464), our own in its session.
type Bounce struct {
	Academy    AcademyID
	Delivery   uuid.UUID // the mail: known by a signed token or by its Message-ID
	Addresses  []string  // whom it says it of, lower case; a forwarded mail has two
	Status     string    // RFC 3463: "5.1.1"
	Delayed    bool      // the server goes on trying
	Diagnostic string    // its words, one line
}

// BounceKind is how much a bounce weighs.
type BounceKind string

// The kinds, the lightest first.
const (
	BounceNone    BounceKind = ""        // the mail arrived
	BounceDelayed BounceKind = "delayed" // refused for now, or given up for that: it may arrive the next time
	BounceFailed  BounceKind = "failed"  // refused for good
	BounceGone    BounceKind = "gone"    // there is no such mailbox, or no such domain
)

// goneStatuses say that an address cannot ever be written to (RFC 3463 section
// 3.2, RFC 7505): no such mailbox, no such domain, no address at all, moved
// without a word, no mail accepted there.
var goneStatuses = []string{"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"}

// Kind returns how much the bounce weighs.
func (b Bounce) Kind() BounceKind {
	switch {
	case b.Delayed || strings.HasPrefix(b.Status, "4."):
		return BounceDelayed
	case slices.Contains(goneStatuses, b.Status):
		return BounceGone
	case strings.HasPrefix(b.Status, "5."):
		return BounceFailed
	}
	return BounceNone
}

// An address is muted at its first gone bounce, and at failed ones of bounceLimit
// mails within bounceWindow. Delays are only counted.
const (
	bounceWindow = 14 * 24 * time.Hour
	bounceLimit  = 3
)

// mutes says whether a bounce of that kind, the failed-th refusal for good
// within the window, mutes its address.
func mutes(kind BounceKind, failed int) bool {
	return kind == BounceGone || kind == BounceFailed && failed >= bounceLimit
}

// Muting says that mail no longer goes to an address, since when and why. Its
// owner ends it on the portal.
type Muting struct {
	Academy    AcademyID
	ID         uuid.UUID
	Address    string // lower case
	Status     string // of the last bounce: RFC 3463
	Diagnostic string // its words; anybody may have written them
	Since      time.Time
}

// BounceOutcome is what came of a bounce, for the log.
type BounceOutcome string

// The outcomes.
const (
	BounceMuted     BounceOutcome = "muted"   // its address gets no more mail
	BounceCounted   BounceOutcome = "counted" // it may yet
	BounceArrived   BounceOutcome = "ignored: the mail arrived"
	BounceUnknown   BounceOutcome = "ignored: no such mail"
	BounceOther     BounceOutcome = "ignored: about another address"
	BounceForgotten BounceOutcome = "ignored: the mail was sent before its reader confirmed the address"
)

// BounceTally is where an address stands once a bounce is kept.
type BounceTally struct {
	Failed int    // mails refused for good since the window began, or the address was confirmed
	Muted  Muting // zero when it is not
	All    int    // addresses of the academy that are muted
	Late   bool   // the mail was sent before the address was confirmed: the bounce is not kept
}

// Bounces keeps which addresses mail does not reach.
type Bounces interface {
	// MailedTo returns the address that the mail of that delivery is for, lower
	// case, or [NotFound] when there is no such delivery by mail.
	MailedTo(ctx context.Context, academy AcademyID, delivery uuid.UUID) (address string, err error)
	// KeepBounce keeps what was said of the address about that mail, once: the
	// heavier kind wins. It then asks mute about the failed mails since then, and
	// mutes the address by m when it says so and it is not muted yet; all under a
	// lock on the address.
	KeepBounce(ctx context.Context, m Muting, delivery uuid.UUID, kind BounceKind, since time.Time, mute func(failed int) bool) (BounceTally, error)
	// Muting returns the muting that the address is under, or [NotFound].
	Muting(ctx context.Context, academy AcademyID, address string) (Muting, error)
	// EndMuting ends the muting of that id and address by the word of that person,
	// and owes them anew, as renew makes them, the latest mails that asked for
	// their word on a ticket which still waits for it and that did not arrive, at
	// most limit. It returns how many. A muting that is over, or is not of that
	// address, is [NotFound].
	EndMuting(ctx context.Context, m Muting, by uuid.UUID, at time.Time, limit int, renew func(Delivery) Delivery) (int, error)
}

// MailBounced takes a bounce into account and says what came of it. It may be
// told the same again. Anybody can write a report: what it says is taken of the
// one address that the mail it names was written to, no other.
func (d *Desk) MailBounced(ctx context.Context, b Bounce) (BounceOutcome, error) {
	kind := b.Kind()
	if kind == BounceNone {
		return BounceArrived, nil
	}
	address, err := d.store.MailedTo(ctx, b.Academy, b.Delivery)
	switch {
	case CodeOf(err) == NotFound:
		return BounceUnknown, nil
	case err != nil:
		return "", err
	case address == "" || !slices.Contains(b.Addresses, address):
		return BounceOther, nil
	}
	now := d.now()
	m := Muting{Academy: b.Academy, ID: newID(), Address: address, Status: b.Status, Diagnostic: b.Diagnostic, Since: now}
	tally, err := d.store.KeepBounce(ctx, m, b.Delivery, kind, now.Add(-bounceWindow), func(failed int) bool { return mutes(kind, failed) })
	switch {
	case err != nil:
		return "", err
	case tally.Late:
		return BounceForgotten, nil
	case tally.Muted.ID == uuid.Nil:
		return BounceCounted, nil
	}
	if tally.Muted.ID == m.ID || now.Sub(tally.Muted.Since) < repeatWindow { // the latter when it was told before, and then cut short
		if err := d.Alert(ctx, b.Academy, AlertAddressMuted, tally.All); err != nil {
			return "", err
		}
	}
	return BounceMuted, nil
}

// MutedAddress returns the muting that an address is under, and false when it is
// under none.
func (d *Desk) MutedAddress(ctx context.Context, academy AcademyID, address string) (Muting, bool, error) {
	m, err := d.store.Muting(ctx, academy, strings.ToLower(address))
	if CodeOf(err) == NotFound {
		return Muting{}, false, nil
	}
	return m, err == nil, err
}

// Muting returns the muting that the caller's own address is under, and false
// when it is under none.
func (d *Desk) Muting(ctx context.Context, by Caller) (Muting, bool, error) {
	if by.Person.Email == "" {
		return Muting{}, false, nil
	}
	return d.MutedAddress(ctx, by.Person.Academy, by.Person.Email)
}

// Unreachable returns whom of the ticket's beneficiary and requester, the caller
// aside, no mail reaches: their address is muted, or the directory has none. Only
// the desk is told, as it can call; for others it returns nobody.
func (d *Desk) Unreachable(ctx context.Context, by Caller, c Case) ([]Person, error) {
	if !by.Person.Agent() || by.Person.Academy != c.Academy {
		return nil, nil
	}
	var out []Person
	for _, id := range slices.Compact([]uuid.UUID{c.Beneficiary, c.Requester}) {
		if id == uuid.Nil || id == by.Person.ID {
			continue
		}
		p, muted := c.Who(id), true
		if p.Email != "" {
			var err error
			if _, muted, err = d.MutedAddress(ctx, c.Academy, p.Email); err != nil {
				return nil, err
			}
		}
		if muted {
			out = append(out, p)
		}
	}
	return out, nil
}

// maxRenewed is how many mails are sent anew to who confirms their address.
const maxRenewed = 20

// ConfirmAddress takes the caller's word that mail reaches them again: the muting
// of that id ends, and the mails that wait for their word are owed anew. It
// returns how many. A muting that is over, or is another's, is [NotFound].
func (d *Desk) ConfirmAddress(ctx context.Context, by Caller, muting uuid.UUID) (renewed int, err error) {
	now := d.now()
	m := Muting{Academy: by.Person.Academy, ID: muting, Address: strings.ToLower(by.Person.Email)}
	renewed, err = d.store.EndMuting(ctx, m, by.Person.ID, now, maxRenewed, func(old Delivery) Delivery {
		old.ID, old.Attempts, old.Due, old.CreatedAt, old.Trace = newID(), 0, now, now, TraceOf(ctx)
		return old
	})
	if err == nil && renewed > 0 {
		d.committed()
	}
	return renewed, err
}
