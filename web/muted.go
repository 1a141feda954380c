package web

import (
	"net/http"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// mutedPath is where the banner's button leads.
const mutedPath = "/adresse"

// muted is the banner, on every page, of who cannot be written to.
type muted struct {
	Muting             uuid.UUID
	Title, Why, Detail string
}

// mutedBanner returns the banner of the visitor, nil for who can be written to.
// A page is never lost for it.
func (s *server) mutedBanner(r *http.Request, v *visit) *muted {
	m, ok, err := s.desk.Muting(r.Context(), v.caller())
	if err != nil {
		s.log.Warn("whether the visitor can be written to is not known", "trace", traceID(r.Context()), "err", err)
	}
	if !ok {
		return nil
	}
	return &muted{
		Muting: m.ID, Title: v.words.T("web.muted.title", m.Address), Why: whyMuted(v.words, m),
		Detail: v.words.T("web.muted.since", m.Since),
	}
}

// unreachable says whom of the ticket no mail reaches, and how to call them.
func (s *server) unreachable(r *http.Request, v *visit, c tickets.Case) (lines []string, err error) {
	if !c.Open() {
		return nil, nil
	}
	people, err := s.desk.Unreachable(r.Context(), v.caller(), c)
	for _, p := range people {
		lines = append(lines, v.words.Unreachable(p.Name(), c.Phones(p.ID)...))
	}
	return lines, err
}

// whyMuted says in words what the mail server's status means. Its own words are
// not shown: anybody may have written them.
func whyMuted(words locale.Printer, m tickets.Muting) string {
	switch m.Status {
	case "5.1.2":
		return words.T("web.muted.why.domain")
	case "5.2.1":
		return words.T("web.muted.why.disabled")
	case "5.2.2":
		return words.T("web.muted.why.full")
	}
	if (tickets.Bounce{Status: m.Status}).Kind() == tickets.BounceGone {
		return words.T("web.muted.why.gone")
	}
	return words.T("web.muted.why.refused")
}

// doAddress takes the visitor's word that their address works again, and leads
// back to the page they were on. The banner's own muting is ended, no later one.
func (s *server) doAddress(_ http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	id, _ := uuid.Parse(sub.Get("muting")) // none is one that is over
	renewed, err := s.desk.ConfirmAddress(r.Context(), v.caller(), id)
	switch {
	case tickets.CodeOf(err) == tickets.NotFound:
		s.auth.Flash(r.Context(), v.words.T("web.muted.over"))
	case err != nil:
		return err
	default:
		s.log.Info("audit: mail address confirmed", "trace", traceID(r.Context()), "academy", v.academy.ID,
			"person", v.person.ID, "muting", id, "mails_anew", renewed)
		said := v.words.T("web.muted.done", v.person.Email)
		if renewed > 0 {
			said += " " + v.words.N("web.muted.renewed", renewed)
		}
		s.auth.Flash(r.Context(), said)
	}
	return &movedError{localPath(sub.Get("return"))}
}
