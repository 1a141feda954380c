package web

import (
	"net/http"
	"strings"
)

// textBody is a page of words alone: sections of a heading and its paragraphs.
type textBody struct {
	Heading  string
	Lead     string
	Sections []textSection
}

type textSection struct {
	Title      string
	Paragraphs []string
}

// help explains how to be helped, and why mails cannot be answered.
func (s *server) help(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.text(w, r, v, "help", "ask", "follow", "close", "noreply", "practice")
}

// accessibility is the accessibility statement that the law asks for.
func (s *server) accessibility(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.text(w, r, v, "accessibility", "state", "done", "contact", "remedy")
}

// privacy says which personal data are kept, why, and for how long.
func (s *server) privacy(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.text(w, r, v, "privacy", "what", "why", "who", "long", "rights", "cookies")
}

// text renders a page of words: web.<name>.title, .lead, and for each section
// .<section>.title and .<section>.
func (s *server) text(w http.ResponseWriter, r *http.Request, v *visit, name string, sections ...string) error {
	key := "web." + name + "."
	body := textBody{Heading: v.words.T(key + "title"), Lead: v.words.T(key + "lead")}
	for _, section := range sections {
		body.Sections = append(body.Sections, textSection{
			Title: v.words.T(key + section + ".title"), Paragraphs: paragraphs(v.words.T(key + section)),
		})
	}
	return s.render(w, r, v, content{template: "text", title: body.Heading, body: body})
}

// paragraphs splits words at their empty lines.
func paragraphs(text string) []string { return strings.Split(text, "\n\n") }
