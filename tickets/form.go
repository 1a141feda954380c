package tickets

import (
	"context"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// The bounds on documents.
const (
	MaxDocument  = 20 << 20 // bytes in one document
	MaxDocuments = 20       // pending documents on one ticket by one author
)

// allowedMedia are the media types (RFC 6838) accepted as documents, as sniffed
// from the bytes. No HTML, SVG or script: a browser would run them.
var allowedMedia = []string{
	"text/plain", "text/csv", "text/rtf", "application/rtf", "application/pdf",
	"image/png", "image/jpeg", "image/gif", "image/webp", "image/heic", "image/heif", "image/tiff", "image/bmp",
	"application/zip", "application/x-7z-compressed", "application/gzip",
	"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
	"application/vnd.oasis.opendocument.presentation", "application/vnd.oasis.opendocument.graphics",
	"audio/mpeg", "audio/ogg", "audio/wav", "video/mp4", "video/webm", "video/quicktime", "message/rfc822",
}

// StartForm returns the caller's unsent form of that kind, or opens one: the
// number is reserved, the card filled in from the directory.
func (d *Desk) StartForm(ctx context.Context, by Caller, kind Kind) (Form, error) {
	if !kind.Valid() {
		return Form{}, invalid("kind", "kind.unknown")
	}
	f, err := d.store.LatestForm(ctx, by.Person.Academy, by.Person.ID, kind)
	if err == nil || CodeOf(err) != NotFound {
		return f, err
	}
	a, err := d.store.Academy(ctx, by.Person.Academy)
	if err != nil {
		return Form{}, err
	}
	n, err := d.reserve(ctx, a, kind)
	if err != nil {
		return Form{}, err
	}
	f = Form{
		Academy: a.ID, ID: newID(), Kind: kind, Number: n, Author: by.Person.ID,
		Card: Card{
			Beneficiary: by.Person.ID, Phone: by.Person.Phone,
			Place: by.Person.Place, Entity: by.Person.Entity, Urgency: Low,
		},
		UpdatedAt: d.now(),
	}
	return f, d.store.SaveForm(ctx, f)
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
// one of each kind, the most recently changed first.
func (d *Desk) UnsentForms(ctx context.Context, by Caller) ([]Form, error) {
	var out []Form
	for _, kind := range []Kind{Incident, Service} {
		f, err := d.store.LatestForm(ctx, by.Person.Academy, by.Person.ID, kind)
		if CodeOf(err) == NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Form) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	return out, nil
}

// SaveForm keeps what the form holds so far, complete or not. It keeps nothing
// and returns [Errors] when a field is unacceptable: the page shows what was
// typed again.
func (d *Desk) SaveForm(ctx context.Context, by Caller, f Form) error {
	a, err := d.store.Academy(ctx, by.Person.Academy)
	if err != nil {
		return err
	}
	before, _, err := d.Form(ctx, by, f.ID)
	if err != nil {
		return err
	}
	card, err := f.Card.Clean(a, false)
	if err != nil {
		return err
	}
	before.Card, before.UpdatedAt = card, d.now()
	return d.store.SaveForm(ctx, before)
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
	return d.create(ctx, a, by, f.ID, f.Number, f.Card)
}

// Attach keeps a document, pending until its author's next words on the ticket
// or the sending of the form of that id. The media type is that of the bytes,
// whatever the name says.
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
	name, err := cleanLine("document", name)
	if err != nil || strings.Trim(name, "./") == "" {
		return Attachment{}, invalid("document", "document.name")
	}
	stored, err := d.files.Put(ctx, academy, r, MaxDocument)
	if err != nil {
		return Attachment{}, err
	}
	if stored.Size == 0 {
		return Attachment{}, invalid("document", "document.empty", name)
	}
	if !slices.Contains(allowedMedia, stored.MediaType) {
		return Attachment{}, invalid("document", "document.type", name)
	}
	a := Attachment{
		Academy: academy, ID: newID(), Ticket: ticket, Author: by.Person.ID, Name: name,
		MediaType: stored.MediaType, Size: stored.Size, SHA256: stored.SHA256, At: d.now(),
	}
	return a, d.store.AddAttachment(ctx, a, MaxDocuments)
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
