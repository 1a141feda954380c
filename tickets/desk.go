package tickets

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"
)

// repeatWindow is how long the same words by the same person count as one
// command typed twice.
const repeatWindow = 60 * time.Second

// Desk is the one door to the tickets: it acts and reads with the permissions
// of the caller. It is safe for concurrent use.
type Desk struct {
	store     Store
	files     Files
	keys      *Keyring
	now       func() time.Time
	hours     func(a Academy, group string) OpenTime
	onDuty    func(ctx context.Context, p Person) (bool, error)
	committed func()
}

// Options are what a Desk is made of.
type Options struct {
	Store Store // required
	Files Files // required where documents are handled
	// Keyring is required where accounts are linked.
	Keyring *Keyring
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Calendar returns when a group is there; deadlines are in its open time. No
	// ticket has any when nil.
	Calendar func(a Academy, group string) OpenTime
	// OnDuty says whether somebody who does not supervise answers for the desk now,
	// and so may look at it as who supervises does. Nobody when nil.
	OnDuty func(ctx context.Context, p Person) (bool, error)
	// Committed is called after each change that may owe deliveries, to wake
	// whoever sends them; it must not block. Nothing when nil.
	Committed func()
}

// NewDesk returns a desk over a store.
func NewDesk(o Options) *Desk {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Committed == nil {
		o.Committed = func() {}
	}
	if o.OnDuty == nil {
		o.OnDuty = func(context.Context, Person) (bool, error) { return false, nil }
	}
	return &Desk{
		store: o.Store, files: o.Files, keys: o.Keyring, now: o.Now,
		hours: o.Calendar, onDuty: o.OnDuty, committed: o.Committed,
	}
}

// Caller is who asks, and through which door.
type Caller struct {
	Person Person
	Origin Origin
	// Command is the command's id: it is applied once, whatever is delivered
	// again. "" when the door has none.
	Command string
	// Fingerprint identifies the same words by the same person: a second time
	// within a minute is the same command. "" when the door does not tell.
	Fingerprint string
}

// newID returns a UUIDv7 (RFC 9562): its order is that of time, nearly.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// Academy returns the caller's academy.
func (d *Desk) Academy(ctx context.Context, by Caller) (Academy, error) {
	return d.store.Academy(ctx, by.Person.Academy)
}

// Open makes a ticket from a card in one step, as the chat does; elsewhere people
// go through a form, which shows the number first. Where the card of somebody
// else says nothing, their telephone, place and entity are the directory's.
func (d *Desk) Open(ctx context.Context, by Caller, kind Kind, card Card) (Case, error) {
	return d.open(ctx, by, newID(), kind, card, false)
}

// open makes a ticket of that id, a major incident or not.
func (d *Desk) open(ctx context.Context, by Caller, id uuid.UUID, kind Kind, card Card, major bool) (Case, error) {
	a, err := d.store.Academy(ctx, by.Person.Academy)
	if err != nil {
		return Case{}, err
	}
	if card.Beneficiary != uuid.Nil && card.Beneficiary != by.Person.ID {
		known, err := d.store.People(ctx, a.ID, []uuid.UUID{card.Beneficiary})
		if err != nil {
			return Case{}, err
		}
		if p, ok := known[card.Beneficiary]; ok {
			card = card.handTo(by.Person, Person{}, p)
		}
	}
	n, err := d.reserve(ctx, a, kind)
	if err != nil {
		return Case{}, err
	}
	return d.create(ctx, a, by, id, n, card, major)
}

// OpenFrom is [Desk.Open] for what makes one ticket, whoever asks and however
// often: source names it, as the id of a message. It returns the ticket that is
// there already, which the caller may not be one to see.
func (d *Desk) OpenFrom(ctx context.Context, by Caller, source string, kind Kind, card Card) (Case, error) {
	return d.open(ctx, by, sourceID(by.Person.Academy, source), kind, card, false)
}

// CaseFrom returns the ticket that was opened from the source.
func (d *Desk) CaseFrom(ctx context.Context, by Caller, source string) (Case, error) {
	return d.store.CaseByID(ctx, by.Person, sourceID(by.Person.Academy, source))
}

// sourceID is the id of the ticket that a source makes (UUIDv5, RFC 9562).
func sourceID(a AcademyID, source string) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("ticket of "+string(a)+" from "+source))
}

func (d *Desk) reserve(ctx context.Context, a Academy, kind Kind) (Number, error) {
	if !kind.Valid() {
		return Number{}, invalid("kind", "kind.unknown")
	}
	day := DayOf(d.now(), a.Location())
	rank, err := d.store.NextRank(ctx, a.ID, day)
	return Number{Kind: kind, Day: day, Rank: rank}, err
}

func (d *Desk) create(ctx context.Context, a Academy, by Caller, id uuid.UUID, n Number, card Card, major bool) (Case, error) {
	card, err := card.Clean(a, true)
	if err != nil {
		return Case{}, err
	}
	if card.Beneficiary != uuid.Nil && card.Beneficiary != by.Person.ID {
		if _, err := d.store.Person(ctx, a.ID, card.Beneficiary); err != nil {
			if CodeOf(err) == NotFound {
				return Case{}, invalid("beneficiary", "beneficiary.unknown")
			}
			return Case{}, err
		}
	}
	parent, err := d.majorOf(ctx, a.ID, card)
	if err != nil {
		return Case{}, err
	}
	card.Parent = parent.ID
	now := d.now()
	t, e := open(a, id, n, card, by.Person, now)
	if t.Major = major; parent.Major {
		e.Detail.Major = parent.Number.String()
	}
	t = timing{a, d.hours}.after(Ticket{}, t, e.At)
	e.Origin, e.Command, e.Fingerprint = by.Origin, by.Command, by.Fingerprint
	owed := d.complete(ctx, e, expand(a, Case{Ticket: t}, *e))
	c, err := d.store.Create(ctx, t, *e, owed)
	if err != nil {
		return Case{}, err
	}
	d.committed()
	return c, nil
}

// complete gives the event its id, and the deliveries theirs and the trace.
func (d *Desk) complete(ctx context.Context, e *Event, owed []Delivery) []Delivery {
	e.ID = newID()
	for i := range owed {
		owed[i].ID, owed[i].Cause = newID(), e.ID
		owed[i].Due, owed[i].CreatedAt = e.At, e.At
		owed[i].Trace = TraceOf(ctx)
	}
	return owed
}

// Do applies an action to a ticket. It returns the case as it stands after, or
// an [Error]: [NotFound] when the caller may not know of the ticket, [Forbidden]
// when the action is not theirs, [Conflict] when it no longer fits (who did
// what, when), [Invalid] for missing or unacceptable words. The same action
// repeated by the same person is a success marked Repeated.
func (d *Desk) Do(ctx context.Context, by Caller, ref Ref, action Action, in Input) (Result, error) {
	a, err := d.store.Academy(ctx, by.Person.Academy)
	if err != nil {
		return Result{}, err
	}
	now := d.now()
	try, err := d.lookUp(ctx, by, action, in)
	if err != nil {
		return Result{}, err
	}
	try.now = now
	attempt := Attempt{
		Viewer: by.Person, Command: by.Command,
		Fingerprint: by.Fingerprint, Since: now.Add(-repeatWindow), Draft: in.Draft,
	}
	if action == ActionMerge || action == ActionJoin {
		attempt.Into = in.Into
	}
	res, err := d.store.Update(ctx, ref, attempt, func(c Case, into Ticket) (Ticket, *Event, []Delivery, error) {
		try.into = into
		t, e, err := act(a, c, try)
		if err != nil || e == nil {
			return c.Ticket, nil, nil, err
		}
		g := timing{a, d.hours}
		t = g.awaits(g.after(c.Ticket, t, e.At), *e)
		e.Origin, e.Command, e.Fingerprint = by.Origin, by.Command, by.Fingerprint
		after := Case{Ticket: t, People: c.People}
		return t, e, d.complete(ctx, e, expand(a, after, *e)), nil
	})
	if err != nil {
		return Result{}, named(err, ref)
	}
	if !res.Repeated {
		d.committed()
	}
	return res, nil
}

// lookUp completes an action with what its input names.
func (d *Desk) lookUp(ctx context.Context, by Caller, action Action, in Input) (attempted, error) {
	try := attempted{action: action, in: in, by: by.Person}
	if action == ActionAssign && in.Assignee != uuid.Nil {
		p, err := d.store.Person(ctx, by.Person.Academy, in.Assignee)
		if CodeOf(err) == NotFound {
			return try, invalid("assignee", "person.not_found")
		}
		if err != nil {
			return try, err
		}
		try.assignee = p
	}
	if action == ActionNote && (len(in.Mentions) > 0 || strings.Contains(in.Text, "@")) {
		agents, err := d.store.Agents(ctx, by.Person.Academy, "")
		if err != nil {
			return try, err
		}
		try.named = mentioned(agents, in)
	}
	return try, nil
}

// View is a ticket as one person may see it. Its People are those that the
// ticket and its events name.
type View struct {
	Case
	Events      []Event
	Attachments []Attachment
	Actions     []Action    // what the viewer may do now
	Draft       *ReplyDraft // the viewer's own refused reply, nil when there is none

	viewer uuid.UUID
	visit  Visit // the viewer's latest before this one
	since  int   // the last event that the viewer had seen; see News
}

// View returns the ticket with its timeline, or [NotFound] when the caller may
// not know of it. Internal events are only for the desk.
func (d *Desk) View(ctx context.Context, by Caller, ref Ref) (View, error) {
	c, err := d.Case(ctx, by, ref)
	if err != nil {
		return View{}, err
	}
	now := d.now()
	v := View{Case: c, Actions: Actions(c, by.Person, now), viewer: by.Person.ID}
	if v.visit, err = d.store.Visit(ctx, c.Academy, c.ID, by.Person.ID); err != nil {
		return View{}, err
	}
	v.since = v.visit.since(c, by.Person, now)
	if v.Events, err = d.store.Events(ctx, c.Academy, c.ID, by.Person.Agent()); err != nil {
		return View{}, err
	}
	var more []uuid.UUID
	for _, e := range v.Events {
		for _, id := range append(e.Detail.Named(), e.Actor) {
			if _, named := v.People[id]; !named && id != uuid.Nil {
				more = append(more, id)
			}
		}
	}
	others, err := d.store.People(ctx, c.Academy, more)
	if err != nil {
		return View{}, err
	}
	maps.Copy(v.People, others)
	if v.Attachments, err = d.store.Attachments(ctx, c.Academy, c.ID, by.Person.ID); err != nil {
		return View{}, err
	}
	draft, err := d.store.ReplyDraft(ctx, c.Academy, c.ID, by.Person.ID, now)
	switch {
	case err == nil:
		v.Draft = &draft
	case CodeOf(err) != NotFound:
		return View{}, err
	}
	return v, nil
}

// Case returns the ticket alone, or [NotFound] when the caller may not know of it.
func (d *Desk) Case(ctx context.Context, by Caller, ref Ref) (Case, error) {
	c, err := d.store.Case(ctx, by.Person, ref)
	return c, named(err, ref)
}

// named gives the refusal of a ticket the number that was asked for.
func named(err error, ref Ref) error {
	if CodeOf(err) == NotFound {
		return notFound("ticket.no_such", ref.String())
	}
	return err
}

// CaseByID is Case by the ticket's id.
func (d *Desk) CaseByID(ctx context.Context, by Caller, id uuid.UUID) (Case, error) {
	return d.store.CaseByID(ctx, by.Person, id)
}

// Counters counts what concerns the caller as requester or beneficiary.
func (d *Desk) Counters(ctx context.Context, by Caller) (Counters, error) {
	return d.store.Counters(ctx, by.Person)
}
