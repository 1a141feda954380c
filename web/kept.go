package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/web/auth"
)

// When somebody sends a form after their session has ended, what they typed is
// not lost: it is kept for an hour in the session of the sign-in page, and the
// page they were on shows it again once they have signed in. So are the words of
// an update whose documents were cut half-way. Nothing is sent for them, and who
// may not see the page does not see the words.

// The bounds on what is kept.
const (
	maxKept  = 100_000 // bytes, names included
	keptFor  = time.Hour
	maxStray = 24 << 20 // bytes that are read of a form with documents to find its words
)

// keepWords keeps what a stranger posted and leads to the sign-in page.
func (s *server) keepWords(w http.ResponseWriter, r *http.Request, v *visit) {
	to := s.pageOf(r)
	typed := typedWords(w, r)
	kept := auth.Kept{Path: to, Form: typed.Encode(), At: s.now()}
	if len(typed) > 0 && s.auth.Keep(r.Context(), s.auth.ClientAddress(r), kept) {
		s.auth.Warn(r.Context(), v.words.T("web.signin.ended"))
	}
	http.Redirect(w, r, signInPath(to), http.StatusSeeOther)
}

// pageOf returns the address of the page that a form was sent from: its own
// where that can be shown, else where the browser says it was, else the first.
func (s *server) pageOf(r *http.Request) string {
	probe := func(u *url.URL) bool {
		_, pattern := s.mux.Handler(&http.Request{Method: http.MethodGet, URL: u, Host: r.Host})
		return pattern != "/" && pattern != ""
	}
	if probe(r.URL) {
		return localPath(r.URL.RequestURI())
	}
	if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host && probe(from) {
		return localPath(from.RequestURI())
	}
	return "/"
}

// typedWords reads the fields of a posted form, without documents, passwords
// and what the page itself put there. It returns none when they are too many, or
// when they cannot be read.
func typedWords(w http.ResponseWriter, r *http.Request) url.Values {
	var typed url.Values
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && media == "multipart/form-data" {
		r.Body = http.MaxBytesReader(w, r.Body, maxStray)
		typed = textParts(r)
	} else {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if r.ParseForm() != nil {
			return nil
		}
		typed = r.PostForm
	}
	return keepable(typed)
}

// keepable leaves out what is not kept; it returns none when there is too much.
func keepable(typed url.Values) url.Values {
	for name := range typed {
		if name == "" || name == "do" || name == "command" || name == "return" || strings.Contains(strings.ToLower(name), "password") {
			delete(typed, name)
		}
	}
	if len(typed.Encode()) > maxKept {
		return nil
	}
	return typed
}

// keepCut keeps the words of a form that came half-way: they came before its
// documents.
func (s *server) keepCut(r *http.Request, sub submission) {
	if typed := keepable(sub.Values); typed.Get("text") != "" {
		s.auth.KeepOwn(r.Context(), auth.Kept{Path: localPath(r.URL.RequestURI()), Form: typed.Encode(), At: s.now(), Cut: true})
	}
}

// textParts reads the fields of a form with documents, which it passes over. A
// body that is cut gives what came of it.
func textParts(r *http.Request) url.Values {
	typed := url.Values{}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil
	}
	left := int64(maxKept)
	for range maxParts {
		part, err := parts.NextPart()
		if err != nil {
			if errors.Is(err, multipart.ErrMessageTooLarge) {
				return nil
			}
			return typed
		}
		if part.FileName() != "" || part.FormName() == "document" {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(part, left+1))
		if left -= int64(len(b)); err != nil || left < 0 {
			return nil
		}
		typed.Add(part.FormName(), string(b))
	}
	return typed
}

// keptWords gives the visit what was kept for the page that it asks for; sending
// the page's form ends it.
func (s *server) keptWords(r *http.Request, v *visit) {
	k, ok := s.auth.Kept(r.Context())
	if !ok {
		return
	}
	here := k.Path == r.URL.RequestURI()
	if here && r.Method == http.MethodPost || s.now().Sub(k.At) > keptFor {
		s.auth.ForgetKept(r.Context())
		return
	}
	if !here {
		return
	}
	if typed, err := url.ParseQuery(k.Form); err == nil {
		v.kept, v.cut = typed, k.Cut
	}
}

// notTheirs forgets the words when who signed in may not see their page: they
// were somebody else's.
func (s *server) notTheirs(r *http.Request, v *visit, err error) {
	if code := tickets.CodeOf(err); v.kept != nil && (code == tickets.NotFound || code == tickets.Forbidden || code == tickets.Expired) {
		s.auth.ForgetKept(r.Context())
	}
}

// restore puts the kept words into a field.
func (f *form) restore(x *field) {
	if f.kept == nil || x.Kind == "file" || x.Kind == "password" {
		return
	}
	values, there := f.kept[x.Name]
	switch {
	case x.Kind == "checkbox":
		x.Checked, x.Kept = there, there
	case !there:
		return
	case len(x.Options) > 0:
		x.Options = slices.Clone(x.Options)
		for i := range x.Options {
			x.Options[i].Checked = slices.Contains(values, x.Options[i].Value)
		}
		x.Kept = true
	default:
		x.Value, x.Kept = values[0], values[0] != ""
	}
	f.visit.restored = f.visit.restored || x.Kept
}
