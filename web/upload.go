package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// The bounds on a request that carries documents, up or down.
const (
	maxUpload     = tickets.MaxDocuments*tickets.MaxDocument + maxForm // bytes
	maxUploads    = 64                                                 // at once
	maxParts      = 200
	uploadTimeout = 15 * time.Minute // 20 MB over a poor line
)

// submission is a posted form, with what became of its documents: those that
// were refused never take the rest with them.
type submission struct {
	url.Values
	refused []error
}

// readForm reads a posted form without documents. What is too large or no form
// is an error that fail knows.
func readForm(r *http.Request) (submission, error) {
	if err := r.ParseForm(); err != nil {
		return submission{}, bodyError(err)
	}
	return submission{Values: r.PostForm}, nil
}

// readUpload reads a posted form and attaches its documents to the ticket, or
// ticket to be, as they come: nothing waits in memory or on the disk.
func (s *server) readUpload(w http.ResponseWriter, r *http.Request, v *visit, ticket uuid.UUID) (submission, error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "multipart/form-data" {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		return readForm(r)
	}
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	default:
		return submission{}, &tickets.Error{Code: tickets.Unavailable, Message: "web.uploads_busy"}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	parts, err := r.MultipartReader()
	if err != nil {
		return submission{}, bodyError(err)
	}
	sub := submission{Values: url.Values{}}
	text := int64(maxForm)
	for range maxParts {
		part, err := parts.NextPart()
		if err == io.EOF { // as it is after the last boundary; a body that ends before it wraps it
			return sub, nil
		}
		if err != nil {
			return sub, bodyError(err)
		}
		if part.FormName() != "document" {
			b, err := io.ReadAll(io.LimitReader(part, text+1))
			if err != nil {
				return sub, bodyError(err)
			}
			if text -= int64(len(b)); text < 0 {
				return sub, &http.MaxBytesError{Limit: maxForm}
			}
			sub.Add(part.FormName(), string(b))
			continue
		}
		if part.FileName() == "" {
			continue // the browser's way to say that no file was chosen
		}
		if err := s.attach(r.Context(), v, ticket, part, &sub); err != nil {
			return sub, err
		}
	}
	return sub, errBody
}

// attach keeps one document, or notes its refusal.
func (s *server) attach(ctx context.Context, v *visit, ticket uuid.UUID, part *multipart.Part, sub *submission) error {
	body := &partReader{part: part}
	_, err := s.desk.Attach(ctx, v.caller(), ticket, escaped.Replace(part.FileName()), body)
	switch {
	case err == nil:
	case body.err != nil:
		return bodyError(body.err) // the line was cut: no fault of the document
	case tickets.CodeOf(err) == tickets.Invalid, tickets.CodeOf(err) == tickets.Conflict: // or the ticket was closed meanwhile
		sub.refused = append(sub.refused, err)
	case tickets.CodeOf(err) == tickets.Unavailable: // the rest can go without it
		s.log.Error("document not kept", "trace", traceID(ctx), "err", err)
		sub.refused = append(sub.refused, err)
	default:
		return fmt.Errorf("attach: %w", err)
	}
	return nil
}

// escaped reads what browsers write in the name of a file for characters that a
// header cannot have (HTML, multipart/form-data encoding algorithm).
var escaped = strings.NewReplacer("%22", `"`, "%0D", "\r", "%0A", "\n")

// partReader remembers that the body could not be read, as opposed to the
// document not being kept.
type partReader struct {
	part *multipart.Part
	err  error
}

// Read reads the part.
func (p *partReader) Read(b []byte) (int, error) {
	n, err := p.part.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		p.err = err
	}
	return n, err
}

// bodyError marks a failure to read a body as the sender's, but for its size.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fmt.Errorf("%w: %w", errBody, err)
}

// extendDeadlines gives a slow transfer more time than other requests. Writers
// without deadlines (tests) have none to extend.
func extendDeadlines(w http.ResponseWriter, until time.Time) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(until)
	_ = c.SetWriteDeadline(until)
}

// pendingDocuments are the author's documents that no event has bound yet.
func pendingDocuments(v *visit, all []tickets.Attachment) []tickets.Attachment {
	var out []tickets.Attachment
	for _, a := range all {
		if a.Event == uuid.Nil && a.Author == v.person.ID {
			out = append(out, a)
		}
	}
	return out
}
