package locale

import (
	"time"

	"cecoia.example/tickets"
)

// majorWords are the words of major incidents: what one says of itself, and what
// the portal shows of them.
var majorWords = table{
	// What the desk calls one that it makes of a storm. Those whom it strikes read
	// the summary; the desk reads both.
	"major.summary":           {FR: "%s : incident en cours", EN: "%s: incident in progress"},
	"major.summary.any":       {FR: "Incident en cours", EN: "Incident in progress"},
	"major.description.one":   {FR: "Une demande depuis le %[2]s.", EN: "One request since %[2]s."},
	"major.description.other": {FR: "%[1]s demandes semblables depuis le %[2]s.", EN: "%[1]s similar requests since %[2]s."},
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
