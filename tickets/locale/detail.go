package locale

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// Changes tells what an event set beyond its words, a line each and in the order
// of the form: "Équipe : Réseaux", "Urgence : 1 - Critique". People are those
// that the event may name, by id; an assignee that is not among them shows as a
// member of the desk. It returns nil when the event set nothing.
//
// The lines tell the ticket's theme and urgency, and people's names as they
// wrote them: a channel asks itself first what its readers may know.
func (p Printer) Changes(a tickets.Academy, d tickets.Detail, people map[uuid.UUID]tickets.Person) []string {
	var out []string
	line := func(key, value string) {
		if value != "" {
			out = append(out, p.T("detail."+key, value))
		}
	}
	if d.Group != "" {
		line("group", p.Group(a, d.Group))
	}
	name := func(id uuid.UUID) string {
		if known := people[id].Name(); known != "" {
			return known
		}
		return p.T("detail.somebody")
	}
	if d.Assignee != uuid.Nil {
		line("assignee", name(d.Assignee))
	}
	var mentioned []string
	for _, id := range d.Mentions {
		mentioned = append(mentioned, name(id))
	}
	line("mentions", strings.Join(mentioned, ", "))
	if d.Category != "" || d.Subcategory != "" {
		line("category", p.Category(a, d.Category, d.Subcategory))
	}
	if d.Urgency != 0 {
		line("urgency", p.Urgency(d.Urgency))
	}
	line("request_type", p.RequestType(a, d.RequestType))
	line("cause", p.Cause(a, d.Cause))
	if d.Rating != 0 {
		out = append(out, p.T("detail.rating", d.Rating))
	}
	line("into", d.Into)
	line("major", d.Major)
	return out
}

// Event tells in a few words what was done by whom; of what the clock did itself
// without a name.
func (p Printer) Event(a tickets.Action, who string) string {
	key := "event." + string(a)
	if !strings.Contains(words[key].FR, "%") {
		return p.T(key)
	}
	return p.T(key, who)
}

// Group returns the name of the academy's team of that code.
func (p Printer) Group(a tickets.Academy, code string) string {
	if g, ok := a.Group(code); ok {
		return g.Name.In(p.Lang)
	}
	return code
}

// Category returns the names of a theme and of its subject: "Messagerie › Boîte
// pleine"; the theme's alone when the subject is "".
func (p Printer) Category(a tickets.Academy, theme, subject string) string {
	name := p.Theme(a, theme)
	if subject == "" {
		return name
	}
	t, _ := a.Theme(theme)
	precise, ok := t.Subject(subject)
	return name + " › " + p.choice(precise, ok, subject)
}

// RequestType returns the name of the academy's type of request of that code.
func (p Printer) RequestType(a tickets.Academy, code string) string {
	c, ok := a.RequestType(code)
	return p.choice(c, ok, code)
}

// Cause returns the name of the academy's real cause of that code.
func (p Printer) Cause(a tickets.Academy, code string) string {
	c, ok := a.Cause(code)
	return p.choice(c, ok, code)
}

// choice names an entry of a list; one that the desk file has lost shows by its
// code, as old tickets keep it.
func (p Printer) choice(c tickets.Choice, found bool, code string) string {
	if !found {
		return code
	}
	return c.Name.In(p.Lang)
}

// Why says why the policy's rule of that name has somebody told, to follow
// "because".
func (p Printer) Why(rule string) string {
	if key := "why." + rule; words[key].FR != "" {
		return p.T(key)
	}
	return p.T("why.other", rule) // of another version
}

// MajorWords returns what a major incident made of a storm says of itself: its
// summary, which those read whom it strikes, and its description. theme and
// subject are those of the storm's card, as are how many tickets it has had and
// since when. Many read it: p writes in the language of the desk.
func (p Printer) MajorWords(a tickets.Academy, theme, subject string, total int, since time.Time) (summary, description string) {
	summary = p.T("major.summary.any")
	if theme != tickets.UnknownTheme {
		summary = p.T("major.summary", p.Theme(a, theme))
	}
	if subject != "" {
		summary += " (" + p.T("alert.entities", subject) + ")"
	}
	return summary, p.N("major.description", total, since)
}

// Unreachable warns the desk that no mail reaches somebody, with the telephone
// numbers to call; those that are "" are left out.
func (p Printer) Unreachable(name string, phones ...string) string {
	phones = slices.DeleteFunc(phones, func(s string) bool { return s == "" })
	if len(phones) == 0 {
		return p.T("unreachable", name)
	}
	return p.T("unreachable.phone", name, strings.Join(phones, ", "))
}

// MajorCount tells how many tickets are joined to a major incident, and how many
// of them are settled where any is: "28 demandes rattachées, 1 réglée".
func (p Printer) MajorCount(joined, settled int) string {
	said := p.N("web.major.count", joined)
	if settled > 0 {
		said += ", " + p.N("web.major.settled", settled)
	}
	return said
}

// Since says since when something is so, as one does now: "depuis 10:04" on the
// same day, "depuis le 21/11/2026 à 10:32" later.
func (p Printer) Since(t, now time.Time) string {
	if p.Date(t) == p.Date(now) {
		return p.T("major.since.today", t.In(p.loc).Format("15:04"))
	}
	return p.T("major.since", t)
}
