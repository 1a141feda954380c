package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"cecoia.example/tickets"
)

// This file is about the documents of a refused reply: which they are, and where
// they wait for their author.

// minInline is the size in bytes from which a picture inside the HTML is taken
// for a screenshot that the author pasted, not for a logo of their signature.
const minInline = 16 << 10

// draftDocuments says whether a mail's documents become pending ones of its
// ticket. Unlike words, which their author reads before sending, documents go
// along unseen: only a sender that somebody vouches for is believed.
func draftDocuments(j judged, trust bool) bool {
	believed := j.authentication == Authenticated || j.authentication == Unchecked && trust
	return j.message.Documents && j.facts.Participant && believed && !j.cut &&
		j.decision.Verdict != Bounce && j.decision.Verdict != Quarantine && j.decision.Row > 1
}

// attach keeps the documents of a refused reply, pending on its ticket. What the
// desk refuses is logged and left out. It returns how many were kept.
func (d *door) attach(ctx context.Context, l linked, raw tickets.Stored) (kept int, err error) {
	f, err := d.files.Open(ctx, d.academy.ID, raw.SHA256)
	if err != nil {
		return 0, fmt.Errorf("mail: opening %s: %w", hashOf(raw), err)
	}
	defer f.Close()
	caller, ticket := d.caller(l.facts.Person), l.facts.Ticket.ID
	_, _, err = walk(f, d.bounds, d.now, func(p Part) error {
		name, ok := documentName(p)
		if !ok {
			return nil
		}
		body := p.Body
		if p.Related {
			large, ok := atLeast(body, minInline)
			if !ok {
				return nil
			}
			body = large
		}
		_, err := d.desk.Attach(ctx, caller, ticket, name, uncut{body, p.Cut})
		switch {
		case err == nil:
			kept++
			return nil
		case tickets.CodeOf(err) == "", tickets.CodeOf(err) == tickets.Unavailable:
			return fmt.Errorf("mail: attaching to %s: %w", l.facts.Ticket.Number, err)
		case tickets.CodeOf(err) == tickets.Conflict: // closed: none will be taken
			d.log.InfoContext(ctx, "mail: documents refused", "hash", hashOf(raw), "error", err)
			return errStop
		}
		d.log.InfoContext(ctx, "mail: document refused", "hash", hashOf(raw), "media_type", p.MediaType, "code", string(tickets.CodeOf(err)))
		return nil
	})
	return kept, err
}

// documentName returns the name of a part that is a document, and false for
// what is text of the mail, a signature or machinery.
func documentName(p Part) (string, bool) {
	switch {
	case p.MediaType == "application/pgp-signature", strings.HasSuffix(p.MediaType, "pkcs7-signature"),
		p.MediaType == "application/ms-tnef", p.MediaType == "text/calendar" && !p.Attached:
		return "", false
	case p.FileName != "":
		return p.FileName, true
	case p.MediaType == "message/rfc822":
		return "message.eml", true
	case strings.HasPrefix(p.MediaType, "image/"):
		return "image." + strings.TrimPrefix(p.MediaType, "image/"), true
	case p.Attached:
		return "document", true
	}
	return "", false
}

// errCut says that a document could not be read to its end.
var errCut = errors.New("mail: the document is cut")

// uncut fails where its reader ends too early: what is left of a document is not
// taken for the whole.
type uncut struct {
	io.Reader
	cut func() bool
}

func (u uncut) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if errors.Is(err, io.EOF) && u.cut() {
		err = errCut
	}
	return n, err
}

// atLeast reads the first n bytes of r and returns r as a whole again, and false
// when there are fewer.
func atLeast(r io.Reader, n int) (io.Reader, bool) {
	head := make([]byte, n)
	got, err := io.ReadFull(r, head)
	if err != nil {
		return nil, false
	}
	return io.MultiReader(strings.NewReader(string(head[:got])), r), true
}
