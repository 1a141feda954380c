package tickets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The bounds on documents.
const (
	MaxDocument  = 20_000_000 // bytes in one document: "20 Mo", which count by thousands
	MaxDocuments = 20         // pending documents on one ticket by one author
)

// MaxForms bounds how many forms one person may have begun and not sent.
const MaxForms = 10

// StartForm returns an empty form of that kind: the number is reserved, the card
// filled in from the directory. One that the caller opened before and left as it
// was is as good as a new one. It is a [Conflict] to begin more than [MaxForms].
func (d *Desk) StartForm(ctx context.Context, by Caller, kind Kind) (Form, error) {
	if !kind.Valid() {
		return Form{}, invalid("kind", "kind.unknown")
	}
	begun, empty, err := d.forms(ctx, by)
	if err != nil {
		return Form{}, err
	}
	if i := slices.IndexFunc(empty, func(f Form) bool { return f.Kind == kind }); i >= 0 {
		return empty[i], nil
	}
	if len(begun) >= MaxForms {
		return Form{}, &Error{Code: Conflict, Message: "form.too_many", Args: []any{MaxForms}}
	}
	a, err := d.store.Academy(ctx, by.Person.Academy)
	if err != nil {
		return Form{}, err
	}
	n, err := d.reserve(ctx, a, kind)
	if err != nil {
		return Form{}, err
	}
	f := Form{
		Academy: a.ID, ID: newID(), Kind: kind, Number: n, Author: by.Person.ID,
		Card: Card{
			Beneficiary: by.Person.ID, Phone: by.Person.Phone,
			Place: by.Person.Place, Entity: by.Person.Entity, Urgency: Low,
		},
		UpdatedAt: d.now().Truncate(time.Microsecond),
	}
	return f, d.store.SaveForm(ctx, f, time.Time{})
}

// Form returns one of the caller's unsent forms, or an [Expired] error.
func (d *Desk) Form(ctx context.Context, by Caller, id uuid.UUID) (Form, []Attachment, error) {
	f, err := d.store.Form(ctx, by.Person.Academy, by.Person.ID, id)
	if CodeOf(err) == NotFound {
		return Form{}, nil, &Error{Code: Expired, Message: "form.expired"}
	}
	if err != nil {
		return Form{}, nil, err
	}
	docs, err := d.store.Attachments(ctx, f.Academy, f.ID, by.Person.ID)
	return f, docs, err
}

// UnsentForms returns the forms that the caller has begun and not sent, at most
// [MaxForms], the most recently changed first. One that was opened and left as
// it was is none.
func (d *Desk) UnsentForms(ctx context.Context, by Caller) ([]Form, error) {
	begun, _, err := d.forms(ctx, by)
	return begun, err
}

// forms returns the caller's forms, those with something of theirs apart from
// those without.
func (d *Desk) forms(ctx context.Context, by Caller) (begun, empty []Form, err error) {
	all, err := d.store.Forms(ctx, by.Person.Academy, by.Person.ID, 2*MaxForms)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range all {
		if f.blank() {
			docs, err := d.store.Attachments(ctx, f.Academy, f.ID, f.Author)
			if err != nil {
				return nil, nil, err
			}
			if len(docs) == 0 {
				empty = append(empty, f)
				continue
			}
		}
		begun = append(begun, f)
	}
	return begun[:min(len(begun), MaxForms)], empty, nil
}

// blank says whether nothing was written in the form but perhaps another
// telephone or place: those come from the directory.
func (f Form) blank() bool {
	c := f.Card
	c.Phone, c.Place, c.Entity = "", "", ""
	return c == Card{Beneficiary: f.Author, Urgency: Low}
}

// SaveForm keeps what the form holds so far, complete or not. It keeps nothing
// and returns [Errors] when a field is unacceptable: the page shows what was
// typed again. It is a [Conflict] when the form was changed since f was read:
// its UpdatedAt tells.
func (d *Desk) SaveForm(ctx context.Context, by Caller, f Form) error {
	a, err := d.store.Academy(ctx, by.Person.Academy)
	if err != nil {
		return err
	}
	before, err := d.store.Form(ctx, by.Person.Academy, by.Person.ID, f.ID)
	if CodeOf(err) == NotFound {
		return &Error{Code: Expired, Message: "form.expired"}
	}
	if err != nil {
		return err
	}
	card, err := f.Card.Clean(a, false)
	if err = fresh(err, before.Card, a); err != nil {
		return err
	}
	seen := f.UpdatedAt
	before.Card, before.UpdatedAt = card, d.now().Truncate(time.Microsecond)
	if !before.UpdatedAt.After(seen) { // each version has a time of its own
		before.UpdatedAt = seen.Add(time.Microsecond)
	}
	return d.store.SaveForm(ctx, before, seen)
}

// fresh leaves out of the refusals of a card those that the card before has,
// too: the desk file changed since. They keep nobody from going on, and are told
// when the form is sent.
func fresh(err error, before Card, a Academy) error {
	var now, old Errors
	if !errors.As(err, &now) {
		return err
	}
	_, stale := before.Clean(a, false)
	errors.As(stale, &old)
	now = slices.DeleteFunc(now, func(e *Error) bool {
		return slices.ContainsFunc(old, func(o *Error) bool { return o.Field == e.Field })
	})
	if len(now) == 0 {
		return nil
	}
	return now
}

// DropForm forgets one of the caller's unsent forms ("Annuler").
func (d *Desk) DropForm(ctx context.Context, by Caller, id uuid.UUID) error {
	return d.store.DropForm(ctx, by.Person.Academy, by.Person.ID, id)
}

// Send makes a ticket of the form. Sent twice, it is one ticket, returned twice.
func (d *Desk) Send(ctx context.Context, by Caller, id uuid.UUID) (Case, error) {
	f, _, err := d.Form(ctx, by, id)
	if CodeOf(err) == Expired {
		if c, e := d.store.CaseByID(ctx, by.Person, id); e == nil && c.Requester == by.Person.ID {
			return c, nil
		}
	}
	if err != nil {
		return Case{}, err
	}
	a, err := d.store.Academy(ctx, by.Person.Academy)
	if err != nil {
		return Case{}, err
	}
	return d.create(ctx, a, by, f.ID, f.Number, f.Card, false)
}

// Attach keeps a document, pending until its author's next words on the ticket
// or the sending of the form of that id; one that is pending already is kept
// once. The media type is that of the bytes, whatever the name says.
func (d *Desk) Attach(ctx context.Context, by Caller, ticket uuid.UUID, name string, r io.Reader) (Attachment, error) {
	academy := by.Person.Academy
	if _, err := d.store.Form(ctx, academy, by.Person.ID, ticket); CodeOf(err) == NotFound {
		c, err := d.store.CaseByID(ctx, by.Person, ticket)
		if err != nil {
			return Attachment{}, err
		}
		if !c.Open() {
			return Attachment{}, c.conflict()
		}
	} else if err != nil {
		return Attachment{}, err
	}
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name, err := cleanLine("document", shortened(name))
	if err != nil || strings.Trim(name, "./") == "" {
		return Attachment{}, invalid("document", "document.name")
	}
	stored, err := d.files.Put(ctx, academy, r, MaxDocument)
	if e := (*Error)(nil); errors.As(err, &e) && e.Message == "document.too_large" {
		return Attachment{}, invalid("document", "document.too_large", name)
	}
	if err != nil && ctx.Err() == nil { // a disk that is full, for one
		return Attachment{}, fmt.Errorf("%w: %w", &Error{Code: Unavailable, Message: "document.not_kept", Field: "document", Args: []any{name}}, err)
	}
	if err != nil {
		return Attachment{}, err
	}
	if stored.Size == 0 {
		return Attachment{}, invalid("document", "document.empty", name)
	}
	extensions, ok := allowedMedia[stored.MediaType]
	if !ok {
		return Attachment{}, invalid("document", "document.type", name)
	}
	name = truthful(name, extensions)
	return d.store.AddAttachment(ctx, Attachment{
		Academy: academy, ID: newID(), Ticket: ticket, Author: by.Person.ID, Name: name,
		MediaType: stored.MediaType, Size: stored.Size, SHA256: stored.SHA256, At: d.now(),
	}, MaxDocuments)
}

// Detach forgets one of the caller's pending documents.
func (d *Desk) Detach(ctx context.Context, by Caller, id uuid.UUID) error {
	return d.store.DropAttachment(ctx, by.Person.Academy, by.Person.ID, id)
}

// Document opens an attachment that the caller may see: one that the ticket's
// page would list for them.
func (d *Desk) Document(ctx context.Context, by Caller, id uuid.UUID) (Attachment, io.ReadSeekCloser, error) {
	a, err := d.store.Attachment(ctx, by.Person.Academy, id)
	if err != nil {
		return Attachment{}, nil, err
	}
	if a.Event != uuid.Nil {
		if _, err := d.store.CaseByID(ctx, by.Person, a.Ticket); err != nil {
			return Attachment{}, nil, err
		}
	}
	listed, err := d.store.Attachments(ctx, a.Academy, a.Ticket, by.Person.ID)
	if err != nil {
		return Attachment{}, nil, err
	}
	if !slices.ContainsFunc(listed, func(l Attachment) bool { return l.ID == id }) {
		return Attachment{}, nil, notFound("document.not_found")
	}
	r, err := d.files.Open(ctx, a.Academy, a.SHA256)
	return a, r, err
}
