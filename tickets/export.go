package tickets

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/google/uuid"
)

// Export writes all that is kept of the caller as one JSON object: their entry
// in the directory, how they want to be told in chat, whether mail reaches them,
// what they starred, the forms they have not sent, and the tickets that they
// requested or benefit from, with what they may read there: no internal events.
// It reads and writes ticket by ticket; an error leaves the object unfinished.
func (d *Desk) Export(ctx context.Context, by Caller, w io.Writer) error {
	a, err := d.store.Academy(ctx, by.Person.Academy)
	if err != nil {
		return err
	}
	forms, err := d.UnsentForms(ctx, by)
	if err != nil {
		return err
	}
	starred, err := d.Favourites(ctx, by, 0)
	if err != nil {
		return err
	}
	direct, err := d.store.DirectMessages(ctx, a.ID, by.Person.ID)
	if err != nil {
		return err
	}
	e := exportWriter{w: w}
	e.text(`{"exported_at":`).value(d.now().UTC())
	e.text(`,"academy":`).value(a.Name)
	e.text(`,"person":`).value(by.Person)
	e.text(`,"direct_messages":`).value(direct)
	if muted, ok, err := d.Muting(ctx, by); err != nil {
		return err
	} else if ok {
		e.text(`,"address_without_mail":`).value(exportedMuting{muted.Address, muted.Since, muted.Status, muted.Diagnostic})
	}
	e.text(`,"favourites":[`)
	for i, f := range starred {
		out := exportedFavourite{Address: f.Address, Label: f.Label, At: f.At}
		if f.Ticket != uuid.Nil {
			out.Ticket = f.Case.Number.String()
		}
		e.comma(i).value(out)
	}
	e.text(`],"forms":[`)
	for i, f := range forms {
		_, documents, err := d.Form(ctx, by, f.ID)
		if err != nil && CodeOf(err) != Expired { // sent meanwhile: it is a ticket now
			return err
		}
		e.comma(i).value(exportedForm{Number: f.Number.String(), Card: f.Card, ChangedAt: f.UpdatedAt, Documents: exportDocuments(documents, uuid.Nil)})
	}
	e.text(`],"tickets":[`)
	for n := 0; e.err == nil; {
		// The oldest first: a ticket that comes meanwhile moves no other.
		page, err := d.store.List(ctx, by.Person, Query{Scope: ScopeMine, Oldest: true, Limit: 100, Offset: n})
		if err != nil {
			return err
		}
		for _, c := range page.Cases {
			t, err := d.exportTicket(ctx, by, c)
			if err != nil {
				return err
			}
			e.comma(n).value(t)
			n++
		}
		if len(page.Cases) == 0 || !page.More && n >= page.Total {
			break
		}
	}
	e.text("]}\n")
	return e.err
}

type exportedMuting struct {
	Address string    `json:"address"`
	Since   time.Time `json:"since"`
	Status  string    `json:"status"` // RFC 3463
	Words   string    `json:"words"`  // of the mail server, or of whoever wrote its report
}

type exportedFavourite struct {
	Ticket  string    `json:"ticket,omitempty"`
	Address string    `json:"address,omitempty"` // of a search
	Label   string    `json:"label,omitempty"`
	At      time.Time `json:"at"`
}

type exportedForm struct {
	Number    string             `json:"number"`
	Card      Card               `json:"card"`
	ChangedAt time.Time          `json:"changed_at"`
	Documents []exportedDocument `json:"documents"`
}

type exportedTicket struct {
	Number    string             `json:"number"`
	Kind      Kind               `json:"kind"`
	Status    Status             `json:"status"`
	Closure   Closure            `json:"closure,omitempty"`
	OpenedAt  time.Time          `json:"opened_at"`
	Requester string             `json:"requester"`
	For       string             `json:"beneficiary_name"`
	Card      Card               `json:"card"`
	Solution  string             `json:"solution,omitempty"`
	Rating    int                `json:"rating,omitempty"`
	Events    []exportedEvent    `json:"events"`
	Draft     *exportedDraft     `json:"refused_reply,omitempty"`
	Pending   []exportedDocument `json:"documents_not_sent,omitempty"`
}

type exportedDraft struct {
	Text      string    `json:"text"`
	At        time.Time `json:"at"`
	KeptUntil time.Time `json:"kept_until"`
}

type exportedEvent struct {
	At        time.Time          `json:"at"`
	Action    Action             `json:"action"`
	By        string             `json:"by"`
	Origin    Origin             `json:"origin"`
	Status    Status             `json:"status"`
	Text      string             `json:"text,omitempty"`
	Documents []exportedDocument `json:"documents,omitempty"`
}

type exportedDocument struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name"`
	MediaType string    `json:"media_type"`
	Size      int64     `json:"size"` // bytes
	At        time.Time `json:"at"`
}

func (d *Desk) exportTicket(ctx context.Context, by Caller, c Case) (exportedTicket, error) {
	// As one who asks for help, also when the caller is of the desk.
	as := by
	as.Person.Memberships = nil
	v, err := d.View(ctx, as, c.Number.Ref())
	if err != nil {
		return exportedTicket{}, err
	}
	t := exportedTicket{
		Number: v.Number.String(), Kind: v.Number.Kind, Status: v.Status, Closure: v.Closure, OpenedAt: v.OpenedAt,
		Requester: v.Who(v.Requester).Name(), For: v.Who(v.Beneficiary).Name(), Card: v.Card,
		Solution: v.Solution, Rating: v.Rating, Pending: exportDocuments(v.Attachments, uuid.Nil),
	}
	if v.Draft != nil {
		t.Draft = &exportedDraft{Text: v.Draft.Text, At: v.Draft.CreatedAt, KeptUntil: v.Draft.ExpiresAt}
	}
	for _, e := range v.Events {
		t.Events = append(t.Events, exportedEvent{
			At: e.At, Action: e.Action, By: v.Who(e.Actor).Name(), Origin: e.Origin, Status: e.To, Text: e.Text,
			Documents: exportDocuments(v.Attachments, e.ID),
		})
	}
	return t, nil
}

// exportDocuments lists the documents of an event; uuid.Nil is for those that no
// event has bound yet.
func exportDocuments(all []Attachment, event uuid.UUID) []exportedDocument {
	var out []exportedDocument
	for _, a := range all {
		if a.Event == event {
			out = append(out, exportedDocument{ID: a.ID, Name: a.Name, MediaType: a.MediaType, Size: a.Size, At: a.At})
		}
	}
	return out
}

// exportWriter writes JSON in parts, and nothing more after an error.
type exportWriter struct {
	w   io.Writer
	err error
}

func (e *exportWriter) text(s string) *exportWriter {
	if e.err == nil {
		_, e.err = io.WriteString(e.w, s)
	}
	return e
}

func (e *exportWriter) comma(i int) *exportWriter {
	if i > 0 {
		e.text(",")
	}
	return e.text("\n")
}

func (e *exportWriter) value(v any) {
	if e.err == nil {
		e.err = json.NewEncoder(e.w).Encode(v)
	}
}
