package web

import (
	"net/http"
	"net/url"
	"slices"

	"cecoia.example/tickets"
)

// supervisionPath is the page of who answers for the desk; the others of
// supervision are below it.
const supervisionPath = "/supervision"

// supervisionTabs are the pages of supervision.
var supervisionTabs = []struct{ path, key string }{
	{supervisionPath, "web.supervision.now"},
	{supervisionPath + "/tendances", "web.supervision.trends"},
	{supervisionPath + "/envois", "web.supervision.sending"},
}

// tabsOf are the pages of supervision, as one of them shows them.
func tabsOf(v *visit, current string) []choice {
	var out []choice
	for _, t := range supervisionTabs {
		out = append(out, choice{link{t.path, v.words.T(t.key)}, t.path == current})
	}
	return out
}

// supervises says whether alerts are the visitor's business. A page is never
// lost because nobody can tell.
func (s *server) supervises(r *http.Request, v *visit) bool {
	if s.room == nil || !v.person.Agent() {
		return false
	}
	does, err := s.room.Answers(r.Context(), v.person)
	if err != nil {
		s.log.Warn("whether the visitor is on duty is not known", "trace", traceID(r.Context()), "err", err)
	}
	return does
}

// supervised is a handler for who answers for the desk alone. Their pages have a
// style sheet more than the others.
func supervised(handle handler) handler {
	return func(s *server, w http.ResponseWriter, r *http.Request, v *visit) error {
		if s.room == nil {
			return &tickets.Error{Code: tickets.NotFound, Message: "web.page"}
		}
		does, err := s.room.Answers(r.Context(), v.person)
		if err == nil && !does {
			err = &tickets.Error{Code: tickets.Forbidden, Message: "alert.forbidden"}
		}
		if err != nil {
			return err
		}
		v.supervising = true
		return handle(s, w, r, v)
	}
}

type supervisionBody struct {
	Tabs     []choice
	Counts   []standingCount
	Groups   []standingGroup
	Alerts   []alertCard
	Silences []silenceRow
	Duty     dutyPanel
	Silence  []field // of the form that makes one
	Open     bool    // that form was refused
}

// standingCount is a figure of the desk, with what is to be known beside it.
type standingCount struct {
	ID, Label, Value, Hint string
	Wrong                  bool
}

// standingGroup is how a group's tickets stand: by theme, and in all.
type standingGroup struct {
	standingRow
	Themes []standingRow
}

type standingRow struct {
	Name                                     string
	New, InProgress, Waiting, Resolved, Late int
	Oldest                                   string
}

// supervision shows how the desk stands now, its alerts, and who is on duty.
func (s *server) supervision(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.showSupervision(w, r, v, nil, nil)
}

// showSupervision shows the page again with what was typed in the form of a
// silence and why it was refused; nil for none.
func (s *server) showSupervision(w http.ResponseWriter, r *http.Request, v *visit, typed url.Values, refused error) error {
	board, err := s.room.Board(r.Context(), v.caller())
	if err != nil {
		return err
	}
	standings, err := s.desk.Standings(r.Context(), v.caller())
	if err != nil {
		return err
	}
	body := supervisionBody{Tabs: tabsOf(v, supervisionPath), Duty: s.dutyPanel(v, board), Open: refused != nil}
	body.Groups, body.Counts = s.standings(v, standings)
	for _, card := range board.Alerts {
		body.Alerts = append(body.Alerts, alertCardOf(v, card))
	}
	for _, q := range board.Silences {
		body.Silences = append(body.Silences, silenceRow{
			Rank: q.Rank, What: silenceName(v, q), Who: board.People[q.By].Name(), Reason: q.Reason, Until: when(v.words, q.Until),
		})
	}
	fm := v.form(refused)
	body.Silence = silenceFields(fm, v, typed)
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "supervision", title: v.words.T("web.supervision.title"),
		problems: fm.problems(nil), body: body,
	})
}

// standings are the tickets of the desk by group and theme, and in all.
func (s *server) standings(v *visit, all []tickets.Standing) ([]standingGroup, []standingCount) {
	var groups []standingGroup
	var total tickets.Standing
	row := func(name string, t tickets.Standing) standingRow {
		out := standingRow{Name: name, New: t.New, InProgress: t.InProgress, Waiting: t.Waiting, Resolved: t.Resolved, Late: t.Late}
		if !t.Oldest.IsZero() {
			out.Oldest = v.words.Age(s.now().Sub(t.Oldest))
		}
		return out
	}
	for of := range slices.Values(v.academy.Groups) {
		var sum tickets.Standing
		var g standingGroup
		for _, t := range all {
			if t.Group == of.Code {
				sum = together(sum, t)
				g.Themes = append(g.Themes, row(v.words.Theme(v.academy, t.Theme), t))
			}
		}
		if len(g.Themes) > 0 || !of.Supervises {
			g.standingRow = row(of.Name.In(v.words.Lang), sum)
			groups = append(groups, g)
			total = together(total, sum)
		}
	}
	in := row("", total)
	count := func(name string, n int, hint string) standingCount {
		return standingCount{ID: "standing-" + name, Label: v.words.T("web.supervision.standing." + name), Value: v.words.Number(n), Hint: hint}
	}
	oldest := ""
	if in.Oldest != "" {
		oldest = v.words.T("web.supervision.oldest", in.Oldest)
	}
	late := count("late", in.Late, "")
	late.Wrong = in.Late > 0
	return groups, []standingCount{
		count("new", in.New, oldest), count("in_progress", in.InProgress, ""), late,
		count("waiting", in.Waiting, ""), count("resolved", in.Resolved, ""),
	}
}

// together adds two standings up.
func together(a, b tickets.Standing) tickets.Standing {
	if a.Oldest.IsZero() || !b.Oldest.IsZero() && b.Oldest.Before(a.Oldest) {
		a.Oldest = b.Oldest
	}
	a.New, a.InProgress, a.Waiting, a.Resolved, a.Late = a.New+b.New, a.InProgress+b.InProgress, a.Waiting+b.Waiting, a.Resolved+b.Resolved, a.Late+b.Late
	return a
}
