package tickets

import (
	"context"
	"crypto/hmac"
	"encoding/binary"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/google/uuid"
)

// LinkCodeLife is how long a mailed code links an account.
const LinkCodeLife = 10 * time.Minute

// The bounds on guessing codes, and on having them mailed to others.
const (
	linkTries  = 5 // wrong codes, after which only a new one is of use
	linkCodes  = 3 // per account, and per person, in linkWindow
	linkWindow = time.Hour
)

// Applicant is an account of a channel, authenticated by it, that says whose it
// is. Command and Fingerprint are as of [Caller].
type Applicant struct {
	Academy     AcademyID
	Channel     Channel
	Account     string
	Command     string
	Fingerprint string
}

// LinkState is what became of a request to be linked.
type LinkState string

// The states of a request. Only the account's latest pending one counts, and
// only for [LinkCodeLife].
const (
	LinkPending LinkState = "pending"
	LinkSpent   LinkState = "spent" // too many wrong codes
	LinkDone    LinkState = "done"  // the account is the person's
)

// LinkRequest is a request to be linked. Its code is kept nowhere: it derives
// from the id by the master secret.
type LinkRequest struct {
	Applicant
	ID     uuid.UUID
	Person uuid.UUID // uuid.Nil when nobody got a mail; nothing else tells
	At     time.Time
	Tries  int // wrong codes
	State  LinkState
	// LastTry is the Fingerprint of the latest wrong code: the same again is no
	// other guess.
	LastTry string
}

// Linking keeps which account is whose, and the requests to be linked.
type Linking interface {
	// AddLinkRequest keeps a request, with the mail owed to the active person of
	// that address, and returns who that is. Nobody is mailed when nobody has the
	// address, or when they were mailed most codes since then: it is kept all the
	// same. A request by the same Command, or a pending one by the same
	// Fingerprint since repeated, is that one, and nothing is kept. An account
	// that made most requests since then is refused with [Conflict].
	AddLinkRequest(ctx context.Context, r LinkRequest, address string, most int, since, repeated time.Time, owed Delivery) (person uuid.UUID, err error)
	// ChangeLinkRequest locks the account's latest request, and keeps what change
	// makes of it; when that is done, the account is the person's from at on, and
	// no other's. It returns [NotFound] when there is no request, or the person
	// has left.
	ChangeLinkRequest(ctx context.Context, by Applicant, at time.Time, change func(LinkRequest) LinkRequest) error
	// Unlink makes the account of that person nobody's; absent is no error.
	Unlink(ctx context.Context, academy AcademyID, ch Channel, account string, person uuid.UUID) error
	// LinkedSince returns since when the account is that person's; the zero time
	// when that is not known.
	LinkedSince(ctx context.Context, academy AcademyID, ch Channel, account string, person uuid.UUID) (time.Time, error)
}

// LinkCode returns the code that answers a request to be linked: six digits, the
// same for the same request.
func (k *Keyring) LinkCode(academy AcademyID, request uuid.UUID) string {
	sum := mac(k.link, string(academy), string(request[:]))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(sum)%1_000_000)
}

// AskLink mails a code to the person of that address in the directory, by which
// the account can then prove to be theirs. It returns who is mailed, uuid.Nil
// for nobody: that is for the trace alone, and must never be told to whoever
// asked, who could else try out addresses. An address that is none is
// [Invalid], too many codes for this account [Conflict].
func (d *Desk) AskLink(ctx context.Context, by Applicant, address string) (uuid.UUID, error) {
	address = strings.ToLower(strings.TrimSpace(address))
	if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address || len(address) > MaxLine {
		return uuid.Nil, invalid("address", "link.address")
	}
	now := d.now()
	r := LinkRequest{Applicant: by, ID: newID(), At: now, State: LinkPending}
	person, err := d.store.AddLinkRequest(ctx, r, address, linkCodes, now.Add(-linkWindow), now.Add(-repeatWindow), Delivery{
		Academy: by.Academy, ID: newID(), Cause: r.ID, Channel: Mail,
		Template: TemplateLinkCode, Rule: "account-asks-for-code", Due: now, CreatedAt: now, Trace: TraceOf(ctx),
	})
	if err != nil {
		return uuid.Nil, err
	}
	d.committed() // whoever it was: the time it takes tells nothing
	return person, nil
}

// ConfirmLink links the account to the person who was mailed that code. Any
// other code is [Invalid] and counts; without a code that can still be used, and
// at the last wrong one, it is [Expired].
func (d *Desk) ConfirmLink(ctx context.Context, by Applicant, code string) error {
	now := d.now()
	refused := &Error{Code: Expired, Message: "link.no_code"}
	err := d.store.ChangeLinkRequest(ctx, by, now, func(r LinkRequest) LinkRequest {
		if r.State != LinkPending || !now.Before(r.At.Add(LinkCodeLife)) {
			return r
		}
		if right := hmac.Equal([]byte(code), []byte(d.keys.LinkCode(r.Academy, r.ID))); right && r.Person != uuid.Nil {
			r.State, refused = LinkDone, nil
			return r
		}
		if by.Fingerprint == "" || by.Fingerprint != r.LastTry {
			r.Tries++
			r.LastTry = by.Fingerprint
		}
		refused = invalid("code", "link.wrong", linkTries-r.Tries)
		if r.Tries >= linkTries {
			r.State, refused = LinkSpent, &Error{Code: Expired, Message: "link.spent"}
		}
		return r
	})
	switch {
	case CodeOf(err) == NotFound:
		return &Error{Code: Expired, Message: "link.no_code"}
	case err != nil:
		return err
	case refused != nil:
		return refused
	}
	return nil
}

// Unlink makes the caller's account on the channel nobody's. It has no rights
// from then on; absent is no error.
func (d *Desk) Unlink(ctx context.Context, by Caller, ch Channel, account string) error {
	return d.store.Unlink(ctx, by.Person.Academy, ch, account, by.Person.ID)
}

// LinkedSince returns since when the account is the caller's, the zero time when
// that is not known.
func (d *Desk) LinkedSince(ctx context.Context, by Caller, ch Channel, account string) (time.Time, error) {
	return d.store.LinkedSince(ctx, by.Person.Academy, ch, account, by.Person.ID)
}
