package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"cecoia.example/tickets"
)

// A page asks for three things: itself, one style sheet and one script; those of
// supervision, which few see, for a sheet of their own too. The
// sheet and the script have a hash of their content in their address, so that
// browsers may keep them for ever, and are compressed once. The icon is in the
// page.

//go:embed static
var staticFiles embed.FS

// assets are the files of static/ under their hashed names.
type assets struct {
	byName map[string]*assetFile // hashed name → file
	script string                // address
	icon   template.URL          // data: URL (RFC 2397)
	desk   string                // address of supervision.css
	sheet  []byte                // cecoia.css, before what academies add to it
}

// assetFile is content that never changes, with its compressed form.
type assetFile struct {
	mediaType   string
	hash        string
	plain, gzip []byte
}

func newAsset(mediaType string, content []byte) *assetFile {
	a := &assetFile{mediaType: mediaType, hash: contentHash(content), plain: content}
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level exists
	_, _ = w.Write(content)                               // to memory
	_ = w.Close()
	if b.Len() < len(content) {
		a.gzip = b.Bytes()
	}
	return a
}

func loadAssets() (*assets, error) {
	a := &assets{byName: map[string]*assetFile{}}
	for name, use := range map[string]func([]byte){
		"cecoia.css": func(b []byte) { a.sheet = b },
		"cecoia.js": func(b []byte) {
			f := newAsset(mime.TypeByExtension(".js"), b)
			unique := "cecoia-" + f.hash + ".js"
			a.byName[unique], a.script = f, "/static/"+unique
		},
		"supervision.css": func(b []byte) {
			f := newAsset(sheetType, b)
			unique := "supervision-" + f.hash + ".css"
			a.byName[unique], a.desk = f, "/static/"+unique
		},
		"favicon.svg": func(b []byte) {
			a.icon = template.URL("data:image/svg+xml," + url.PathEscape(strings.TrimSpace(string(b)))) //nolint:gosec // our own file
		},
	} {
		content, err := fs.ReadFile(staticFiles, path.Join("static", name))
		if err != nil {
			return nil, fmt.Errorf("asset %s: %w", name, err)
		}
		use(content)
	}
	return a, nil
}

func contentHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// static serves the script by its hashed name.
func (s *server) static(w http.ResponseWriter, r *http.Request, _ *visit) error {
	f, ok := s.assets.byName[r.PathValue("file")]
	if !ok {
		return &tickets.Error{Code: tickets.NotFound, Message: "web.page"}
	}
	f.serve(w, r)
	return nil
}

// serve sends the content, compressed for who takes that, or says that it has
// not changed.
func (a *assetFile) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Content-Type", a.mediaType)
	h.Add("Vary", "Accept-Encoding")
	content, tag := a.plain, a.hash
	if a.gzip != nil && acceptsGzip(r) {
		content, tag = a.gzip, a.hash+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// acceptsGzip says whether the client takes gzip (RFC 9110, 12.5.3).
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.ReplaceAll(weight, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.000") && q != "q=0.0" && q != "q=0.00"
		}
	}
	return false
}
