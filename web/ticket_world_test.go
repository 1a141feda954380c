package web_test

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// newDesk is a portal whose academies have subjects, types of request, causes
// and a supervision, and whose desk has two members, alix and sacha.
func newDesk(t *testing.T) *portal {
	t.Helper()
	p := newPortal(t)
	var all []tickets.Academy
	for _, a := range []tickets.Academy{academy("creteil", "Créteil", ""), academy("paris", "Paris", "")} {
		a.Themes[0].Subjects = []tickets.Choice{
			{Code: "quota", Name: tickets.Text{FR: "Boîte pleine", EN: "Full mailbox"}},
			{Code: "envoi", Name: tickets.Text{FR: "Envoi ou réception", EN: "Sending or receiving"}},
		}
		a.RequestTypes = []tickets.Choice{
			{Code: "panne", Name: tickets.Text{FR: "Panne", EN: "Breakdown"}},
			{Code: "acces", Name: tickets.Text{FR: "Demande d’accès", EN: "Request for access"}},
		}
		a.Causes = []tickets.Choice{
			{Code: "branchement", Name: tickets.Text{FR: "Câble ou branchement", EN: "Cable or plug"}},
			{Code: "droits", Name: tickets.Text{FR: "Droits ou compte", EN: "Rights or account"}},
		}
		a.Groups = append(a.Groups, tickets.Group{Code: "supervision", Name: tickets.Text{FR: "Supervision"}, Channel: "supervision", Supervises: true})
		all = append(all, a)
		entries := []postgres.Entry{{Person: sacha(a.ID), PasswordHash: demoHash()}, {Person: lou(a.ID), PasswordHash: demoHash()}}
		if err := p.db.ImportPeople(t.Context(), a.ID, entries); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.db.Apply(t.Context(), all, noon); err != nil {
		t.Fatal(err)
	}
	return p
}

// sacha is the colleague of alix.
func sacha(a tickets.AcademyID) tickets.Person {
	p := person(a, "sacha")
	p.Memberships = []tickets.Membership{{Group: "assistance", Role: tickets.RoleAgent}}
	return p
}

// lou supervises, and is in no group that gets tickets.
func lou(a tickets.AcademyID) tickets.Person {
	p := person(a, "lou")
	p.Memberships = []tickets.Membership{{Group: "supervision", Role: tickets.RoleSupervisor}}
	return p
}

// do acts without the portal, with more than words.
func do(t *testing.T, p *portal, by tickets.Person, c tickets.Case, action tickets.Action, in tickets.Input) {
	t.Helper()
	if _, err := p.desk.Do(t.Context(), caller(by), c.Number.Ref(), action, in); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
}

// sent returns what a browser would send of the form that the button do is in:
// its fields as they stand, changed by pairs of name and value, and where to.
func (p *page) sent(do string, pairs ...string) (path string, values url.Values) {
	p.t.Helper()
	button := p.one("button[value=" + do + "]")
	f := button
	for ; f != nil && f.Data != "form"; f = f.Parent {
	}
	if f == nil {
		p.t.Fatalf("%s: the button %s is in no form", p.path, do)
	}
	values = url.Values{"do": {do}}
	for n := range f.Descendants() {
		name, named := attr(n, "name")
		if !named || n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "textarea":
			values.Set(name, strings.TrimPrefix(rawText(n), "\n"))
		case "select":
			values.Set(name, chosen(n))
		case "input":
			v, _ := attr(n, "value")
			kind, _ := attr(n, "type")
			if _, on := attr(n, "checked"); on || kind != "radio" && kind != "checkbox" {
				values.Set(name, v)
			}
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if !values.Has(pairs[i]) {
			p.t.Fatalf("%s: the form of %s has no field %s: %v", p.path, do, pairs[i], values)
		}
		values.Set(pairs[i], pairs[i+1])
	}
	path, _ = attr(f, "action")
	return path, values
}

// press sends the form that the button do is in, as the page has it.
func (b *browser) press(pg *page, do string, pairs ...string) *page {
	b.t.Helper()
	path, values := pg.sent(do, pairs...)
	return b.post(path, values)
}

func rawText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		b.WriteString(d.Data)
	}
	return b.String()
}

// chosen is the value of a select: of the option that is selected, else the first.
func chosen(n *html.Node) string {
	first, any := "", false
	for d := range n.Descendants() {
		if d.Data != "option" || d.Type != html.ElementNode {
			continue
		}
		v, _ := attr(d, "value")
		if _, on := attr(d, "selected"); on {
			return v
		}
		if !any {
			first, any = v, true
		}
	}
	return first
}

// optionOf is the value of the option of that label in the select of that id.
func (p *page) optionOf(id, label string) string {
	p.t.Helper()
	for d := range p.one("#" + id).Descendants() {
		if d.Data == "option" && words(d) == label {
			v, _ := attr(d, "value")
			return v
		}
	}
	p.t.Fatalf("%s: #%s has no option %q: %s", p.path, id, label, p.text("#"+id))
	return ""
}
