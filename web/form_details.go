package web

import (
	"net/url"

	"cecoia.example/tickets"
)

// detailsStep is "Complément d'informations": what the request is about, and
// when to reach its author.
var detailsStep = &step{
	slug: "/complement", title: "web.form.details",
	names: []string{"theme", "availability", "other_phone", "summary"},
	apply: func(c *tickets.Card, in url.Values) {
		c.Theme, c.Availability = in.Get("theme"), in.Get("availability")
		c.OtherPhone, c.Summary = in.Get("other_phone"), in.Get("summary")
	},
	fields: func(f *form, v *visit, draft tickets.Form) []field {
		c := draft.Card
		themes := make([]option, 0, len(v.academy.Themes)+1)
		for _, t := range v.academy.Themes {
			themes = append(themes, option{Value: t.Code, Label: t.Name.In(f.words.Lang), Checked: t.Code == c.Theme})
		}
		themes = append(themes, option{
			ID: "theme-none", Value: tickets.UnknownTheme, Label: f.words.T("theme.none"), Checked: c.Theme == tickets.UnknownTheme,
		})
		return []field{
			f.field(field{Name: "theme", Kind: "radio", Options: themes}),
			f.optional(field{Name: "availability", Value: c.Availability, Hint: f.words.T("web.field.availability.hint")}),
			f.optional(field{Name: "other_phone", Kind: "tel", Value: c.OtherPhone}),
			f.optional(field{Name: "summary", Value: c.Summary, Hint: f.words.T("web.field.summary.hint")}),
		}
	},
}
