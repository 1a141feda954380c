package web

import (
	"net/http"
	"strings"

	"cecoia.example/tickets"
)

// textBody is a page of words: sections of a heading and its paragraphs.
type textBody struct {
	Heading  string
	Lead     string
	Sections []textSection
	Export   bool // with the button that exports the reader's data
	SignIn   string
}

type textSection struct {
	ID, Title  string
	Paragraphs []string
	Links      []link
}

// help explains how to be helped, and why mails cannot be answered.
func (s *server) help(w http.ResponseWriter, r *http.Request, v *visit) error {
	body := text(v, "help", "ask", "after", "follow", "close", "noreply", "practice", "keys")
	keys := &body.Sections[len(body.Sections)-1]
	keys.Links = []link{{"/preferences", v.words.T("web.footer.preferences")}}
	return s.renderText(w, r, v, body)
}

// accessibility is the accessibility statement that the law asks for.
func (s *server) accessibility(w http.ResponseWriter, r *http.Request, v *visit) error {
	body := text(v, "accessibility", "state", "done", "tested", "contact", "remedy")
	return s.withContacts(w, r, v, body, "contact", func(c tickets.Contacts) string { return c.Accessibility })
}

// privacy says which personal data are kept, why, and for how long, and lets the
// reader have theirs.
func (s *server) privacy(w http.ResponseWriter, r *http.Request, v *visit) error {
	body := text(v, "privacy", "what", "why", "who", "long", "rights", "cookies")
	if body.Export = v.signedIn; !v.signedIn {
		body.SignIn = signInPath(r.URL.Path)
	}
	return s.withContacts(w, r, v, body, "rights", func(c tickets.Contacts) string { return c.Privacy })
}

// text prepares a page of words: web.<name>.title, .lead, and for each section
// .<section>.title and .<section>.
func text(v *visit, name string, sections ...string) textBody {
	key := "web." + name + "."
	body := textBody{Heading: v.words.T(key + "title"), Lead: v.words.T(key + "lead")}
	for _, section := range sections {
		body.Sections = append(body.Sections, textSection{
			ID: section, Title: v.words.T(key + section + ".title"), Paragraphs: paragraphs(v.words.T(key + section)),
		})
	}
	return body
}

// withContacts renders the page with whom to write to in one of its sections:
// the reader's academy, or each of them for who is not signed in.
func (s *server) withContacts(w http.ResponseWriter, r *http.Request, v *visit, body textBody, section string, contact func(tickets.Contacts) string) error {
	academies := []tickets.Academy{v.academy}
	if !v.signedIn {
		var err error
		if academies, err = s.auth.Academies(r.Context()); err != nil {
			return err
		}
	}
	for i := range body.Sections {
		if body.Sections[i].ID != section {
			continue
		}
		for _, a := range academies {
			if address := contact(a.Contacts); address != "" {
				body.Sections[i].Links = append(body.Sections[i].Links, link{"mailto:" + address, a.Name + " – " + address})
			}
		}
	}
	return s.renderText(w, r, v, body)
}

func (s *server) renderText(w http.ResponseWriter, r *http.Request, v *visit, body textBody) error {
	return s.render(w, r, v, content{template: "text", title: body.Heading, body: body})
}

// paragraphs splits words at their empty lines.
func paragraphs(text string) []string { return strings.Split(text, "\n\n") }
