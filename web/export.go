package web

import (
	"fmt"
	"mime"
	"net/http"
)

// export sends the visitor all that is kept of them ("Exporter mes données"), as
// it is read. A failure on the way cuts the file, so that it does not look whole.
func (s *server) export(w http.ResponseWriter, r *http.Request, v *visit) error {
	name := "cecoia-" + s.now().In(v.academy.Location()).Format("2006-01-02") + ".json"
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	sent := &sentWriter{ResponseWriter: w}
	err := s.desk.Export(r.Context(), v.caller(), sent)
	switch {
	case err == nil:
		s.log.Info("personal data exported", "trace", traceID(r.Context()), "academy", v.academy.ID, "person", v.person.ID)
		return nil
	case !sent.begun:
		h.Del("Content-Disposition")
		return fmt.Errorf("export: %w", err)
	}
	s.log.Error("export cut", "trace", traceID(r.Context()), "err", err)
	panic(http.ErrAbortHandler)
}

// sentWriter remembers that something was sent.
type sentWriter struct {
	http.ResponseWriter
	begun bool
}

// Write sends b.
func (w *sentWriter) Write(b []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(b)
}
