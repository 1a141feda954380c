package web

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"cecoia.example/tickets"
)

// sheets are the style sheets, one per academy: ours, its accent, its logo, and
// what the site adds. They follow `cecoia apply` without a new start.
type sheets struct {
	base []byte              // ours and the site's own, for all
	own  func(string) []byte // the site's own for one academy
	out  *assetFile          // for who is not signed in
	mu   sync.Mutex          // guards the rest
	made map[tickets.AcademyID]madeSheet
}

// madeSheet is a sheet and what it was made of.
type madeSheet struct {
	*assetFile
	colour string
	logo   tickets.Logo
}

func newSheets(base []byte, o overrides) *sheets {
	base = append(bytes.Clone(base), o.sheet...)
	return &sheets{
		base: base, own: func(academy string) []byte { return o.academies[academy] },
		out: newAsset(sheetType, base), made: map[tickets.AcademyID]madeSheet{},
	}
}

const sheetType = "text/css; charset=utf-8"

// nobody is the academy of the sheet for who is not signed in; no academy is
// called so.
const nobody = "-"

// of returns the academy's sheet as its desk file stands.
func (s *sheets) of(a tickets.Academy) *assetFile {
	if a.ID == "" {
		return s.out
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.made[a.ID]; ok && m.colour == a.Colour && bytes.Equal(m.logo.Content, a.Logo.Content) {
		return m.assetFile
	}
	sheet := bytes.Join([][]byte{s.base, accentSheet(a.Colour), logoSheet(a.Logo), s.own(string(a.ID))}, []byte("\n"))
	m := madeSheet{assetFile: newAsset(sheetType, sheet), colour: a.Colour, logo: a.Logo}
	s.made[a.ID] = m
	return m.assetFile
}

// path returns the address of the academy's sheet.
func (s *sheets) path(a tickets.Academy) string {
	name := string(a.ID)
	if name == "" {
		name = nobody
	}
	return "/apparence/" + name + "/" + s.of(a).hash + ".css"
}

// logoSheet shows the logo beside the academy's name, as a picture that tells
// nothing the name does not. Its box has the same size whatever the picture.
func logoSheet(l tickets.Logo) []byte {
	if l.IsZero() {
		return nil
	}
	return fmt.Appendf(nil, `.brand-of::before{content:"";flex:none;width:var(--logo,2rem);height:var(--logo,2rem);background:url("data:%s;base64,%s") center/contain no-repeat}`+"\n",
		l.MediaType, base64.StdEncoding.EncodeToString(l.Content))
}

// sheet serves an academy's style sheet. When the address is of another version,
// as during an upgrade, it serves the one there is and lets nobody keep it.
func (s *server) sheet(w http.ResponseWriter, r *http.Request, _ *visit) error {
	name := r.PathValue("academy")
	found := s.sheets.out
	if name != nobody {
		academies, err := s.auth.Academies(r.Context())
		if err != nil {
			return err
		}
		found = nil
		for _, a := range academies {
			if string(a.ID) == name {
				found = s.sheets.of(a)
			}
		}
	}
	hash, css := strings.CutSuffix(r.PathValue("file"), ".css")
	if found == nil || !css {
		return &tickets.Error{Code: tickets.NotFound, Message: "web.page"}
	}
	if hash != found.hash {
		w.Header().Set("Cache-Control", "no-cache")
	}
	found.serve(w, r)
	return nil
}
