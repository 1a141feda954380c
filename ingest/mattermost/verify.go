package mattermost

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"

	"cecoia.example/tickets"
)

const (
	// maxBody is the longest request in bytes. A message of Mattermost has at
	// most 16,383 characters, each up to 12 bytes in a form, beside what it
	// mentions.
	maxBody = 1 << 20
	// freeBody is how much of a request anybody may have read at any time; the
	// rest of longer ones is read maxLong at a time, so that they fill no memory.
	freeBody = 64 << 10
	maxLong  = 16
	// maxDrained is how much of a longer body is read and dropped, so that the
	// sender gets to read why it is refused.
	maxDrained = 8 << 20
	// readWithin is how long Mattermost may take to read the answer.
	readWithin = 10 * time.Second
)

// guard keeps out whoever is not Mattermost by their address, and whoever takes
// too long: to send a request, or to read its answer.
func (s *Commands) guard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.allowed(r) {
			s.refuse(r, "address is not allowed")
			http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
			return
		}
		c := http.NewResponseController(w)
		_ = c.SetReadDeadline(time.Now().Add(s.bodyTimeout)) // without one, the listener's own bounds hold
		_ = c.SetWriteDeadline(time.Now().Add(s.bodyTimeout + readWithin))
		h.ServeHTTP(w, r)
	})
}

var errTooLong = errors.New("body too long")

// readBody reads a request's body of that media type.
func (s *Commands) readBody(r *http.Request, mediaType string) ([]byte, error) {
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != mediaType {
		return nil, fmt.Errorf("content type %.60q is not %s", r.Header.Get("Content-Type"), mediaType)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, freeBody))
	if err == nil && len(body) == freeBody {
		select {
		case s.long <- struct{}{}:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		defer func() { <-s.long }()
		var rest []byte
		rest, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1-freeBody))
		body = append(body, rest...)
	}
	if err != nil {
		return nil, err
	}
	if len(body) > maxBody {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxDrained))
		return nil, errTooLong
	}
	return body, nil
}

// academyOf returns the academy whose token the request has, in the header (as
// Token, or Bearer behind an outgoing OAuth connection) or in the form. Every
// token is compared, in constant time.
func (s *Commands) academyOf(r *http.Request, form string) (tickets.AcademyID, bool) {
	given := []string{form}
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok &&
		(strings.EqualFold(scheme, "Token") || strings.EqualFold(scheme, "Bearer")) {
		given = append(given, strings.TrimSpace(token))
	}
	var found tickets.AcademyID
	for academy, tokens := range s.Tokens {
		for _, token := range tokens {
			want := sha256.Sum256([]byte(token))
			for _, g := range given {
				got := sha256.Sum256([]byte(g))
				if subtle.ConstantTimeCompare(got[:], want[:]) == 1 && token != "" {
					found = academy
				}
			}
		}
	}
	return found, found != ""
}

// idPattern is an id of Mattermost: of a user, a channel, a post.
var idPattern = regexp.MustCompile(`^[a-z0-9]{26}$`)

// replyPattern is the path of a response_url; before it, Mattermost may live
// below a path of its own.
var replyPattern = regexp.MustCompile(`/hooks/commands/([A-Za-z0-9]{1,64})$`)

// hint returns an id that is only a hint, or "".
func hint(id string) string {
	if idPattern.MatchString(id) {
		return id
	}
	return ""
}
