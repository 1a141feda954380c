package web

import (
	"net/url"
	"strconv"

	"cecoia.example/tickets"
)

// placeStep is "Vous et le lieu": the identity card, filled in from the
// directory and editable.
var placeStep = &step{
	slug: "", title: "web.form.place",
	names: []string{"phone", "place", "entity", "equipment", "equipment_info", "private", "urgency", "parent"},
	apply: func(_ *visit, c *tickets.Card, in url.Values) {
		c.Phone, c.Place, c.Entity = in.Get("phone"), in.Get("place"), in.Get("entity")
		c.Equipment, c.EquipmentInfo = in.Get("equipment"), in.Get("equipment_info")
		c.Private, c.Parent = in.Get("private") != "", chosenMajor(in)
		// What is no number is no urgency: the domain refuses it by name.
		n, err := strconv.Atoi(in.Get("urgency"))
		if err != nil {
			n = -1
		}
		c.Urgency = tickets.Urgency(n)
	},
	fields: func(f *form, v *visit, draft tickets.Form) []field {
		c := draft.Card
		urgencies := make([]option, 0, 3)
		for _, u := range []tickets.Urgency{tickets.Critical, tickets.High, tickets.Low} {
			n := strconv.Itoa(int(u))
			urgencies = append(urgencies, option{
				Value: n, Label: f.words.Urgency(u), Hint: f.words.T("web.field.urgency.hint." + n), Checked: c.Urgency == u,
			})
		}
		phone := field{Name: "phone", Kind: "tel", Value: c.Phone, Autocomplete: "tel"}
		if c.Beneficiary != v.person.ID { // the browser would fill in the visitor's own
			phone.Autocomplete, phone.Hint = "off", f.words.T("web.for.phone")
		}
		return []field{
			f.optional(phone),
			f.optional(field{Name: "place", Value: c.Place, Hint: f.words.T("web.field.place.hint")}),
			f.optional(field{Name: "entity", Value: c.Entity, Hint: f.words.T("web.field.entity.hint")}),
			f.optional(field{Name: "equipment", Value: c.Equipment, Hint: f.words.T("web.field.equipment.hint")}),
			f.optional(field{Name: "equipment_info", Value: c.EquipmentInfo, Hint: f.words.T("web.field.equipment_info.hint")}),
			f.field(field{Name: "urgency", Kind: "radio", Options: urgencies}),
			f.field(field{
				Name: "private", Kind: "checkbox", Checked: c.Private,
				Label: f.words.T("web.card.private." + string(draft.Kind)), Hint: f.words.T("web.field.private.hint"),
			}),
		}
	},
}
