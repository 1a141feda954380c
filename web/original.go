package web

import (
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// original is a mail that the visitor's draft was made of.
type original struct {
	Href string
	At   stamp
}

func originals(words locale.Printer, t tickets.Ticket, mails []tickets.InboundMail) []original {
	var out []original
	for _, m := range mails {
		out = append(out, original{
			Href: tickets.TicketPath(t.Academy, t.Number) + "/messages/" + m.ID.String(), At: when(words, m.ReceivedAt),
		})
	}
	return out
}

// original serves a refused mail to its author, as it arrived, for download: like
// a document it is shown by no browser.
func (s *server) original(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return &tickets.Error{Code: tickets.NotFound, Message: "document.not_found"}
	}
	ref, err := s.ref(r, v)
	if err != nil {
		return err
	}
	m, content, err := s.desk.Original(r.Context(), v.caller(), ref, id)
	if err != nil {
		return err
	}
	defer content.Close()
	h := w.Header()
	h.Set("Content-Type", "message/rfc822")
	h.Set("Content-Disposition", disposition(r.PathValue("number")+".eml"))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", fmt.Sprintf(`"%x"`, m.Hash[:16]))
	http.ServeContent(w, r, "", m.ReceivedAt, content)
	return nil
}
