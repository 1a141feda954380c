package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"cecoia.example/tickets"
)

//go:embed static
var staticFiles embed.FS

// assets are the files of static/ under names that hold a hash of their
// content, so that browsers may keep them for ever.
type assets struct {
	byName map[string]assetFile // hashed name → file
	hashed map[string]string    // plain name → address
}

type assetFile struct {
	content   []byte
	mediaType string
}

// forever lets browsers and proxies keep what a hash in the address names.
const forever = "public, max-age=31536000, immutable"

func loadAssets() (*assets, error) {
	a := &assets{byName: map[string]assetFile{}, hashed: map[string]string{}}
	names, err := fs.Glob(staticFiles, "static/*")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		content, err := fs.ReadFile(staticFiles, name)
		if err != nil {
			return nil, fmt.Errorf("asset %s: %w", name, err)
		}
		plain, ext := path.Base(name), path.Ext(name)
		unique := strings.TrimSuffix(plain, ext) + "-" + contentHash(content) + ext
		a.byName[unique] = assetFile{content: content, mediaType: mime.TypeByExtension(ext)}
		a.hashed[plain] = "/static/" + unique
	}
	return a, nil
}

func contentHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// static serves a file of static/ by its hashed name.
func (s *server) static(w http.ResponseWriter, r *http.Request, _ *visit) error {
	f, ok := s.assets.byName[r.PathValue("file")]
	if !ok {
		return &tickets.Error{Code: tickets.NotFound, Message: "web.page"}
	}
	serveForever(w, r, f.mediaType, f.content)
	return nil
}

func serveForever(w http.ResponseWriter, r *http.Request, mediaType string, content []byte) {
	w.Header().Set("Cache-Control", forever)
	w.Header().Set("Content-Type", mediaType)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
