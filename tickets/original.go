package tickets

import (
	"context"
	"io"

	"github.com/google/uuid"
)

// Originals returns the mails that the caller's draft on the ticket was made of,
// oldest first: theirs alone, for as long as a draft is kept.
func (d *Desk) Originals(ctx context.Context, by Caller, ref Ref) ([]InboundMail, error) {
	c, err := d.Case(ctx, by, ref)
	if err != nil {
		return nil, err
	}
	return d.store.Originals(ctx, c.Academy, c.ID, by.Person.ID, d.now().Add(-ReplyDraftKept))
}

// Original returns one of the [Desk.Originals] as it arrived (RFC 5322), or a
// [NotFound] error. The caller closes it.
func (d *Desk) Original(ctx context.Context, by Caller, ref Ref, id uuid.UUID) (InboundMail, io.ReadSeekCloser, error) {
	originals, err := d.Originals(ctx, by, ref)
	if err != nil {
		return InboundMail{}, nil, err
	}
	for _, m := range originals {
		if m.ID == id {
			r, err := d.files.Open(ctx, m.Academy, m.Hash)
			return m, r, err
		}
	}
	return InboundMail{}, nil, notFound("document.not_found")
}
