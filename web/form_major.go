package web

import (
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// The first step asks whether the request is about a major incident that is being
// worked on. The answer is kept with the form; when the incident is over before
// that is sent, the request goes on by itself.

// maxOffered is how many major incidents are named.
const maxOffered = 3

// majorField asks it; nil when there is no major incident.
func majorField(f *form, v *visit, c tickets.Card, now time.Time) *field {
	majors := likelyMajors(v.majors, c.Theme)
	if i := slices.IndexFunc(majors, func(t tickets.Ticket) bool { return t.ID == c.Parent }); i >= maxOffered {
		majors[maxOffered-1] = majors[i] // what was chosen is shown
	}
	majors = majors[:min(len(majors), maxOffered)]
	if len(majors) == 0 {
		return nil
	}
	words := func(key string, t tickets.Ticket) string {
		return f.words.T(key, excerpt(t.Card), f.words.Since(t.OpenedAt, now))
	}
	out := field{Name: "parent", Kind: "radio", Label: f.words.T("web.field.parent.many")}
	if len(majors) == 1 {
		out.Label = words("web.field.parent", majors[0])
	}
	for _, t := range majors {
		o := option{Value: t.ID.String(), Label: f.words.T("web.field.parent.same"), Checked: t.ID == c.Parent}
		if len(majors) > 1 {
			o.Label = words("web.field.parent.one", t)
		}
		out.Options = append(out.Options, o)
	}
	out.Options = append(out.Options, option{ID: "parent-none", Label: f.words.T("web.field.parent.other")})
	out = f.field(out)
	return &out
}

// majorAnswer is what the form says to that question; false when it was not asked.
func majorAnswer(v *visit, f tickets.Form) (answer, bool) {
	a := answer{Label: v.words.T("web.major"), None: v.words.T("web.no"), Change: stepPath(f.ID, "parent")}
	for _, t := range v.majors {
		if t.ID == f.Card.Parent {
			a.Value = excerpt(t.Card)
		}
	}
	return a, len(v.majors) > 0
}

// chosenMajor is the major incident that was chosen; uuid.Nil for none.
func chosenMajor(in url.Values) uuid.UUID {
	id, err := uuid.Parse(in.Get("parent"))
	if err != nil {
		return uuid.Nil
	}
	return id
}
