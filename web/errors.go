package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"cecoia.example/tickets"
)

// movedError says that what was asked for is now at another address.
type movedError struct{ to string }

// Error names the address, for logs.
func (e *movedError) Error() string { return "web: moved to " + e.to }

// errBody is a posted body that cannot be read: cut half-way, or not a form.
var errBody = errors.New("web: unreadable body")

// statuses maps the domain's refusals to HTTP.
var statuses = map[tickets.Code]int{
	tickets.NotFound:    http.StatusNotFound,
	tickets.Forbidden:   http.StatusForbidden,
	tickets.Conflict:    http.StatusConflict,
	tickets.Invalid:     http.StatusUnprocessableEntity,
	tickets.Expired:     http.StatusGone,
	tickets.Unavailable: http.StatusServiceUnavailable,
}

// fail renders the error that a handler returned. Refusals are told in their
// own words; anything else is logged once, with the id that the page shows.
func (s *server) fail(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	var moved *movedError
	var tooLarge *http.MaxBytesError
	switch status := statuses[tickets.CodeOf(err)]; {
	case errors.As(err, &moved):
		http.Redirect(w, r, moved.to, http.StatusSeeOther)
	case status == http.StatusServiceUnavailable:
		s.log.Warn("unavailable", "trace", traceID(r.Context()), "path", r.URL.Path, "err", err)
		w.Header().Set("Retry-After", "30")
		s.renderError(w, r, v, status, v.words.Error(err))
	case status != 0:
		s.renderError(w, r, v, status, v.words.Error(err))
	case errors.As(err, &tooLarge):
		s.renderError(w, r, v, http.StatusRequestEntityTooLarge, v.words.T("web.error.too_large"))
	case errors.Is(err, errBody):
		s.renderError(w, r, v, http.StatusBadRequest, v.words.T("web.error.body"))
	case r.Context().Err() != nil && !errors.Is(r.Context().Err(), context.DeadlineExceeded):
		// The visitor left: there is nobody to tell, and nothing went wrong.
	case s.away(err), errors.Is(err, context.DeadlineExceeded):
		s.log.Error("request not served in time", "trace", traceID(r.Context()), "method", r.Method, "path", r.URL.Path, "err", err)
		w.Header().Set("Retry-After", "30")
		s.renderError(w, r, v, http.StatusServiceUnavailable, v.words.T("web.error.away"))
	default:
		s.log.Error("request failed", "trace", traceID(r.Context()), "method", r.Method, "path", r.URL.Path, "err", err)
		s.renderError(w, r, v, http.StatusInternalServerError, v.words.T("error.internal"))
	}
}

type errorBody struct {
	Heading, Text, RequestID string
	Remedies                 []link
}

// renderError writes the page of an error; it needs no database.
func (s *server) renderError(w http.ResponseWriter, r *http.Request, v *visit, status int, text string) {
	heading := v.words.T("web.error." + strconv.Itoa(status))
	body := errorBody{Heading: heading, Text: text, RequestID: tickets.TraceOf(r.Context()).Short()}
	add := func(href, key string) { body.Remedies = append(body.Remedies, link{href, v.words.T(key)}) }
	back := s.pageOf(r) // where the form was
	switch status {
	case http.StatusGone:
		add("/incidents/nouveau", "web.nav.new.I")
		add("/incidents", "web.nav.list.I")
	case http.StatusNotFound:
		add("/incidents", "web.nav.list.I")
		add("/services", "web.nav.list.S")
		add("/aide", "web.nav.help")
	case http.StatusConflict:
		add(back, "web.error.reload")
	case http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge,
		http.StatusUnprocessableEntity:
		if back != "/" && (back != r.URL.RequestURI() || r.Method != http.MethodGet) {
			add(back, "web.error.back")
		}
	case http.StatusInternalServerError, http.StatusServiceUnavailable:
		if r.Method == http.MethodGet {
			add(r.URL.RequestURI(), "web.error.again")
		} else {
			add(back, "web.error.back")
		}
	}
	body.Remedies = append(body.Remedies, link{"/", v.words.T("web.error.home")})
	err := s.render(w, r, v, content{status: status, template: "error", title: heading, body: body})
	if err != nil {
		s.log.Error("error page", "trace", traceID(r.Context()), "err", err)
		http.Error(w, text, status)
	}
}
