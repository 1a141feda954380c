package web

import (
	"net/url"
	"strings"

	"cecoia.example/tickets"
)

// requestStep is "Votre demande": the description and the documents.
var requestStep = &step{
	slug: "/demande", title: "web.form.request",
	names:     []string{"description", "document"},
	documents: true,
	apply:     func(_ *visit, c *tickets.Card, in url.Values) { c.Description = in.Get("description") },
	fields: func(f *form, _ *visit, draft tickets.Form) []field {
		return []field{f.field(field{
			Name: "description", Kind: "textarea", Rows: 9, Value: draft.Card.Description,
			Limit: tickets.MaxText, Hint: f.words.T("web.field.description.hint"),
		})}
	},
	needs: func(c tickets.Card) error {
		if strings.TrimSpace(c.Description) == "" {
			return invalid("description", "description.missing")
		}
		return nil
	},
}
