package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
	"cecoia.example/tickets/oncall"
)

// dutyPanel is who is on duty, and the form that changes it.
type dutyPanel struct {
	Duty, Deputy, Until string
	Mine                bool // the visitor's
	Fields              []field
}

// silenceRow is a silence that lasts.
type silenceRow struct {
	Rank              int
	What, Who, Reason string
	Until             stamp
}

// dutyPanel shows who is on duty and whom it can be given to.
func (s *server) dutyPanel(v *visit, board oncall.Board) dutyPanel {
	name := func(p tickets.Person) string {
		if p.ID == uuid.Nil {
			return v.words.T("alert.duty.nobody")
		}
		return p.Name()
	}
	d := dutyPanel{Duty: name(board.Duty), Deputy: name(board.Deputy), Mine: board.Duty.ID == v.person.ID}
	if !board.Until.IsZero() {
		d.Until = v.words.T("web.supervision.duty.until", board.Until)
	}
	var people []option
	for id, p := range board.People {
		people = append(people, option{Value: id.String(), Label: p.Name()})
	}
	slices.SortFunc(people, func(a, b option) int { return strings.Compare(a.Label+a.Value, b.Label+b.Value) })
	people = slices.Insert(people, 0, option{Value: v.person.ID.String(), Label: v.words.T("web.supervision.duty.me")})
	fm := v.form(nil)
	d.Fields = []field{
		fm.field(field{Name: "person", Kind: "select", Label: v.words.T("web.supervision.duty.who"), Groups: []optionGroup{{Options: people}}}),
		fm.field(field{
			Name: "duration", ID: "duty-duration", Kind: "select", Label: v.words.T("web.supervision.duty.long"),
			Groups: []optionGroup{{Options: append([]option{{Label: v.words.T("web.supervision.duty.day")}}, lengthOptions(v.words, 4, 24, 3*24, 7*24, 14*24)...)}},
		}),
	}
	return d
}

// silenceFields are those of the form of a silence.
func silenceFields(fm *form, v *visit, typed url.Values) []field {
	rules := []option{{Label: v.words.T("web.supervision.silence.any_rule")}}
	for _, r := range tickets.AlertRules() {
		rules = append(rules, option{Value: string(r), Label: v.words.T("alert." + string(r))})
	}
	slices.SortFunc(rules[1:], func(a, b option) int { return strings.Compare(a.Label, b.Label) })
	themes := []option{{Label: v.words.T("web.supervision.silence.any_theme")}}
	for _, t := range v.academy.Themes {
		themes = append(themes, option{Value: t.Code, Label: t.Name.In(v.words.Lang)})
	}
	choose := func(name, label string, of []option) field {
		return fm.field(field{Name: name, Kind: "select", Label: v.words.T(label), Value: typed.Get(name), Groups: []optionGroup{{Options: of}}})
	}
	return []field{
		choose("what", "web.supervision.silence.rule", rules),
		choose("theme", "web.card.theme", themes),
		choose("duration", "web.supervision.silence.long", lengthOptions(v.words, 1, 4, 24, 3*24, 7*24)),
		fm.field(field{Name: "reason", Label: v.words.T("web.supervision.silence.reason"), Hint: v.words.T("web.supervision.silence.reason.hint"), Value: typed.Get("reason")}),
	}
}

// lengthOptions are lengths of time, in hours.
func lengthOptions(words locale.Printer, hours ...int) []option {
	var out []option
	for _, h := range hours {
		label := words.N("web.supervision.hours", h)
		if h >= 24 {
			label = words.N("web.supervision.days", h/24)
		}
		out = append(out, option{Value: strconv.Itoa(h), Label: label})
	}
	return out
}

// lengthOf reads a length of time in hours; zero for none.
func lengthOf(typed string) time.Duration {
	h, err := strconv.Atoi(typed)
	if err != nil || h < 0 || h > 24*366 {
		return -1
	}
	return time.Duration(h) * time.Hour
}

// silenceName says what a silence covers.
func silenceName(v *visit, q oncall.Silence) string {
	var parts []string
	if q.Rule != "" {
		parts = append(parts, v.words.T("alert."+string(q.Rule)))
	}
	if q.Theme != "" {
		parts = append(parts, v.words.Theme(v.academy, q.Theme))
	}
	return strings.Join(parts, " · ")
}

// doDuty puts somebody on duty.
func (s *server) doDuty(_ http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	to, length := v.person.ID, time.Duration(0)
	if sub.Get("do") != "take" {
		if to, err = uuid.Parse(sub.Get("person")); err != nil {
			return s.supervisionDone(r, v, invalid("person", "duty.not_of_desk"), supervisionPath, "")
		}
	}
	var until time.Time
	if typed := sub.Get("duration"); typed != "" {
		if length = lengthOf(typed); length <= 0 {
			return s.supervisionDone(r, v, invalid("duration", "duty.bounds"), supervisionPath, "")
		}
		until = s.now().Add(length)
	}
	duty, err := s.room.HandOver(r.Context(), v.caller(), to, until)
	return s.supervisionDone(r, v, err, supervisionPath, "web.supervision.done.duty", duty.Duty.Name(), duty.Until)
}

// doSilence makes a silence, or ends one.
func (s *server) doSilence(w http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	if typed := sub.Get("end"); typed != "" {
		rank, err := strconv.Atoi(typed)
		if err == nil {
			err = s.room.EndSilence(r.Context(), v.caller(), rank)
		} else {
			err = &tickets.Error{Code: tickets.NotFound, Message: "alert.silence.not_found", Args: []any{0}}
		}
		return s.supervisionDone(r, v, err, supervisionPath, "web.supervision.done.unsilenced", rank)
	}
	made, err := s.room.Silence(r.Context(), v.caller(), tickets.AlertRule(sub.Get("what")), sub.Get("theme"), lengthOf(sub.Get("duration")), sub.Get("reason"))
	if refusal(err) != nil {
		return s.showSupervision(w, r, v, sub.Values, err)
	}
	return s.supervisionDone(r, v, err, supervisionPath, "web.supervision.done.silenced", silenceName(v, made), made.Until)
}
