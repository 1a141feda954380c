// Package locale holds every word that people read, in French and English, and
// writes dates, ages, plurals and refusals as each language does.
//
// The words stand in tables, one Go file per area (desk, portal, mail, cards,
// chat). Tests prove that each key has both languages and the same arguments in
// both, that something asks for it, and that none is asked for that is not there.
//
// French puts a no-break space before a colon and inside guillemets, and a
// narrow one before ; ? and !, so that no line begins with them.
//
// What must not live here: decisions about who is told what.
package locale

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"strconv"
	"strings"
	"time"

	"cecoia.example/tickets"
)

// table maps a key to its text in both languages. The texts are formats of
// package fmt; arguments are always strings, so the verb is %s or %[n]s.
type table map[string]tickets.Text

// words is every table in one.
var words = func() table {
	all := table{}
	for _, t := range []table{deskWords, portalWords, mailWords, chatWords, chatVerbWords, cardWords, frameWords, knowledgeWords, ticketWords, formWords, listWords, searchWords, linkingWords, dialogWords, alertWords, smtpdWords, directWords, whyWords, bounceWords, roundupWords, supervisionWords, majorWords} {
		maps.Copy(all, t)
	}
	return all
}()

// Printer writes for one reader: in their language, at their academy's hour.
type Printer struct {
	Lang tickets.Lang
	loc  *time.Location
}

// For returns a printer; any language but English is French.
func For(lang tickets.Lang, loc *time.Location) Printer {
	if lang != tickets.English {
		lang = tickets.French
	}
	if loc == nil {
		loc = time.UTC
	}
	return Printer{Lang: lang, loc: loc}
}

// T returns the text of a key with its arguments, each written for the reader:
// times as [Printer.When] does, statuses and other named values by name. An
// unknown key shows as ⟦key⟧, which a test would find first.
func (p Printer) T(key string, args ...any) string {
	text, ok := words[key]
	if !ok {
		return "⟦" + key + "⟧"
	}
	if len(args) == 0 {
		return text.In(p.Lang)
	}
	shown := make([]any, len(args))
	for i, a := range args {
		shown[i] = p.show(a)
	}
	return fmt.Sprintf(text.In(p.Lang), shown...)
}

func (p Printer) show(a any) string {
	switch v := a.(type) {
	case string:
		return v
	case int:
		return p.Number(v)
	case time.Time:
		return p.When(v)
	case tickets.Status:
		return p.Status(v)
	case tickets.Urgency:
		return p.Urgency(v)
	}
	return fmt.Sprint(a)
}

// N returns the text of key.one or key.other as the language's plural rule for
// n says (French counts zero as one), with n as the first argument.
func (p Printer) N(key string, n int, args ...any) string {
	form := ".other"
	if n == 1 || n == 0 && p.Lang == tickets.French {
		form = ".one"
	}
	if key += form; !strings.Contains(words[key].In(p.Lang), "%") { // "one" may say it in letters
		return p.T(key)
	}
	return p.T(key, append([]any{n}, args...)...)
}

// Number writes a count as the language does, its thousands apart: "10 000",
// "10,000". Four digits stay together.
func (p Printer) Number(n int) string {
	s := strconv.Itoa(n)
	if n > -10_000 && n < 10_000 {
		return s
	}
	separator := "\u202f"
	if p.Lang == tickets.English {
		separator = ","
	}
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + separator + s[i:]
	}
	return s
}

// Status returns the status's name: "En cours".
func (p Printer) Status(s tickets.Status) string { return p.T("status." + string(s)) }

// State returns the ticket's status, with the reason when it is closed:
// "Clôturé (validé)".
func (p Printer) State(t tickets.Ticket) string {
	if t.Status != tickets.StatusClosed || t.Closure == "" {
		return p.Status(t.Status)
	}
	return p.Status(t.Status) + " (" + p.T("closure."+string(t.Closure)) + ")"
}

// Urgency returns the urgency as people knew it: "3 - Faible".
func (p Printer) Urgency(u tickets.Urgency) string { return p.T(fmt.Sprintf("urgency.%d", u)) }

// Kind returns the kind's name: "Incident".
func (p Printer) Kind(k tickets.Kind) string { return p.T("kind." + string(k)) }

// Theme returns the name of the academy's theme, or "Je ne sais pas".
func (p Printer) Theme(a tickets.Academy, code string) string {
	if t, ok := a.Theme(code); ok {
		return t.Name.In(p.Lang)
	}
	if code == tickets.UnknownTheme {
		return p.T("theme.none")
	}
	return code
}

// Date writes a local day: "21/11/2026", "21 Nov 2026".
func (p Printer) Date(t time.Time) string {
	if p.Lang == tickets.English {
		return t.In(p.loc).Format("2 Jan 2006")
	}
	return t.In(p.loc).Format("02/01/2006")
}

// When writes a local moment to the minute: "21/11/2026 à 10:32".
func (p Printer) When(t time.Time) string {
	if p.Lang == tickets.English {
		return p.Date(t) + " at " + t.In(p.loc).Format("15:04")
	}
	return p.Date(t) + " à " + t.In(p.loc).Format("15:04")
}

// Age writes a duration in its largest fitting unit: "12 min", "3 h", "2 j".
func (p Printer) Age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return p.T("age.now")
	case d < time.Hour:
		return p.T("age.minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return p.T("age.hours", int(d.Hours()))
	}
	return p.T("age.days", int(d.Hours()/24))
}

// Error writes a refusal for its reader. What is no refusal is an internal
// failure: people read that it was not their fault, never what it was.
func (p Printer) Error(err error) string {
	var many tickets.Errors
	if errors.As(err, &many) {
		lines := make([]string, len(many))
		for i, e := range many {
			lines[i] = p.T("error."+e.Message, e.Args...)
		}
		return strings.Join(lines, " ")
	}
	var one *tickets.Error
	if errors.As(err, &one) {
		return p.T("error."+one.Message, one.Args...)
	}
	return p.T("error.internal")
}

// FieldErrors returns the refusals of a form in order, with their fields.
func (p Printer) FieldErrors(err error) []FieldError {
	var many tickets.Errors
	if !errors.As(err, &many) {
		var one *tickets.Error
		if !errors.As(err, &one) {
			return []FieldError{{Text: p.Error(err)}}
		}
		many = tickets.Errors{one}
	}
	out := make([]FieldError, len(many))
	for i, e := range many {
		out[i] = FieldError{Field: e.Field, Text: p.T("error."+e.Message, e.Args...)}
	}
	return out
}

// FieldError is a refusal written for its reader; Field is "" when it is about
// no field.
type FieldError struct{ Field, Text string }

// AlertAbout says what of the academy an alert of a rule is about, "" for nothing
// more than the rule: a theme, and of a storm the entities; a channel or a group.
func (p Printer) AlertAbout(a tickets.Academy, rule, theme, subject string) string {
	switch tickets.AlertRule(rule) {
	case tickets.AlertConsumer:
		return p.T("alert.channel." + subject)
	case tickets.AlertQueue:
		return p.Group(a, subject)
	case tickets.AlertStorm:
		if subject == "" {
			return p.Theme(a, theme)
		}
		return p.Theme(a, theme) + " · " + p.T("alert.entities", subject)
	}
	if tickets.AlertRule(rule).AboutTickets() {
		return p.Theme(a, theme)
	}
	return ""
}

// Waiting says what waits in a line, "" for nothing: the figures of a round-up by
// their names, and since when the oldest waits (zero: not said).
func (p Printer) Waiting(counts iter.Seq2[string, int], oldest time.Time) string {
	var parts []string
	for name, n := range counts {
		parts = append(parts, p.N("roundup."+name, n))
	}
	if !oldest.IsZero() {
		parts = append(parts, p.T("roundup.oldest", oldest))
	}
	return strings.Join(parts, " · ")
}
