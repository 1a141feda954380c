package web

import (
	"net/url"

	"cecoia.example/tickets"
)

// subjectStep is "Préciser le sujet": the precise subject within the theme, asked
// where the theme has any.
var subjectStep = &step{
	slug: "/sujet", title: "web.form.subject", submit: "web.form.subject.choose",
	names:  []string{"subject"},
	within: detailsStep,
	skipped: func(v *visit, c tickets.Card) bool {
		theme, _ := v.academy.Theme(c.Theme)
		return len(theme.Subjects) == 0
	},
	apply: func(_ *visit, c *tickets.Card, in url.Values) { c.Subject = in.Get("subject") },
	fields: func(f *form, v *visit, draft tickets.Form) []field {
		theme, _ := v.academy.Theme(draft.Card.Theme)
		return []field{f.field(field{
			Name: "subject", Kind: "radio",
			Label:   f.words.T("web.field.subject", theme.Name.In(f.words.Lang)),
			Options: choices(f, "subject", theme.Subjects, draft.Card.Subject),
		})}
	},
}

// choices are radio buttons for a list, "Je ne sais pas" last.
func choices(f *form, name string, among []tickets.Choice, chosen string) []option {
	out := make([]option, 0, len(among)+1)
	for _, c := range among {
		out = append(out, option{Value: c.Code, Label: c.Name.In(f.words.Lang), Checked: c.Code == chosen})
	}
	return append(out, option{ID: name + "-none", Label: f.words.T("web.form.no_type"), Checked: chosen == ""})
}
