package web

import (
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// documentList is a list of documents, ready for the partial "documents".
type documentList struct {
	locale.Printer
	Rows      []documentRow
	Removable bool // by a button of the form around it
}

// Limit is how large one document may be, in bytes.
func (documentList) Limit() int { return tickets.MaxDocument }

type documentRow struct{ ID, Name, Size, Href string }

func documents(words locale.Printer, all []tickets.Attachment, removable bool) documentList {
	out := documentList{Printer: words, Removable: removable}
	for _, a := range all {
		out.Rows = append(out.Rows, documentRow{a.ID.String(), a.Name, size(words, a.Size), "/documents/" + a.ID.String()})
	}
	return out
}

// size writes a number of bytes for people: "1,4 Mo", "1.4 MB".
func size(words locale.Printer, bytes int64) string {
	switch {
	case bytes < 1000:
		return words.N("web.size.bytes", int(bytes))
	case bytes < 1_000_000:
		return words.T("web.size.kilo", (bytes+500)/1000)
	}
	n := fmt.Sprintf("%.1f", float64(bytes)/1e6)
	if words.Lang == tickets.French {
		n = strings.Replace(n, ".", ",", 1)
	}
	return words.T("web.size.mega", n)
}

// document serves a document for download. It is somebody's bytes: whatever
// they are, the browser must keep them and not show or run them.
func (s *server) document(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return &tickets.Error{Code: tickets.NotFound, Message: "document.not_found"}
	}
	a, content, err := s.desk.Document(r.Context(), v.caller(), id)
	if err != nil {
		return err
	}
	defer content.Close()
	h := w.Header()
	h.Set("Content-Type", a.MediaType)
	h.Set("Content-Disposition", disposition(a.Name))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", fmt.Sprintf(`"%x"`, a.SHA256[:16]))
	http.ServeContent(w, r, "", a.At, content)
	return nil
}

// disposition is the header that makes a browser save the document under its
// name (RFC 6266).
func disposition(name string) string {
	if d := mime.FormatMediaType("attachment", map[string]string{"filename": name}); d != "" {
		return d
	}
	return "attachment"
}
