package web

import (
	"net/url"

	"cecoia.example/tickets"
)

// detailsStep is "Complément d'informations": what the request is about, and
// when to reach its author.
var detailsStep = &step{
	slug: "/complement", title: "web.form.details",
	names: []string{"theme", "request_type", "availability", "other_phone", "summary"},
	apply: func(v *visit, c *tickets.Card, in url.Values) {
		before := c.Theme
		c.Theme, c.RequestType, c.Availability = in.Get("theme"), in.Get("request_type"), in.Get("availability")
		c.OtherPhone, c.Summary = in.Get("other_phone"), in.Get("summary")
		// A precise subject is one of its theme's, as that is now.
		theme, _ := v.academy.Theme(c.Theme)
		if _, ok := theme.Subject(c.Subject); !ok || c.Theme != before {
			c.Subject = ""
		}
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
		fields := []field{f.field(field{Name: "theme", Kind: "radio", Options: themes, Hint: f.words.T("web.field.theme.hint")})}
		if len(v.academy.RequestTypes) > 0 {
			fields = append(fields, f.field(field{
				Name: "request_type", Kind: "radio", Options: choices(f, "request_type", v.academy.RequestTypes, c.RequestType),
			}))
		}
		return append(fields,
			f.optional(field{Name: "availability", Value: c.Availability, Hint: f.words.T("web.field.availability.hint")}),
			f.optional(field{Name: "other_phone", Kind: "tel", Value: c.OtherPhone}),
			f.optional(field{Name: "summary", Value: c.Summary, Hint: f.words.T("web.field.summary.hint")}),
		)
	},
}
