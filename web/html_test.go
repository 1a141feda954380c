package web_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// check asserts the rules that hold on each page.
func (p *page) check() {
	p.t.Helper()
	bad := func(format string, args ...any) {
		p.t.Helper()
		p.t.Errorf("%s (%d): %s", p.path, p.status, fmt.Sprintf(format, args...))
	}
	if strings.Contains(string(p.raw), "⟦") {
		bad("words are missing: %.80s", p.raw[bytes.Index(p.raw, []byte("⟦")):])
	}
	if lang, _ := attr(p.one("html"), "lang"); lang != "fr" && lang != "en" {
		bad("lang %q", lang)
	}
	if n := len(p.all("h1")); n != 1 {
		bad("%d h1", n)
	}
	if len(p.all("title")) < 1 || words(p.all("title")[0]) == "" {
		bad("no title")
	}
	ids := map[string]bool{}
	labelled := map[string]bool{}
	for n := range p.doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id, ok := attr(n, "id"); ok {
			if ids[id] || id == "" {
				bad("id %q twice or empty", id)
			}
			ids[id] = true
		}
		if of, ok := attr(n, "for"); ok {
			labelled[of] = true
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				bad("inline %s", a.Key)
			}
		}
		if n.Data == "style" || n.Data == "script" && n.FirstChild != nil {
			bad("inline %s", n.Data)
		}
		if n.Data == "th" {
			if _, ok := attr(n, "scope"); !ok {
				bad("th without scope")
			}
		}
		if n.Data == "time" {
			if v, _ := attr(n, "datetime"); v == "" {
				bad("time without datetime")
			}
		}
	}
	for n := range p.doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, ref := range []string{"aria-describedby", "aria-labelledby"} {
			v, _ := attr(n, ref)
			for _, id := range strings.Fields(v) {
				if !ids[id] {
					bad("%s %q leads nowhere", ref, id)
				}
			}
		}
		if href, _ := attr(n, "href"); strings.HasPrefix(href, "#") && !ids[href[1:]] {
			bad("link %s leads nowhere", href)
		}
		kind, _ := attr(n, "type")
		if n.Data == "input" && kind != "hidden" || n.Data == "textarea" || n.Data == "select" {
			if id, _ := attr(n, "id"); !labelled[id] {
				bad("field %q has no label", id)
			}
		}
	}
	for _, wrong := range malformed(p.raw) {
		bad("%s", wrong)
	}
	if first := p.all("a"); len(first) == 0 || !hasClass(first[0], "skip") {
		bad("the first link does not skip to the content")
	}
	failed := p.has("#errors") // the summary on top
	if title := words(p.all("title")[0]); failed != (strings.HasPrefix(title, "Erreur : ") || strings.HasPrefix(title, "Error: ")) {
		bad("title %q", title)
	}
	for _, n := range p.all("table") {
		if inArticle(n) { // Markdown has no captions
			continue
		}
		if n.FirstChild == nil || !slices.ContainsFunc(slices.Collect(n.ChildNodes()), func(c *html.Node) bool { return c.Data == "caption" }) {
			bad("table without caption")
		}
	}
	for _, link := range []string{"/accessibilite", "/donnees-personnelles"} {
		if !p.has("a[href=" + link + "]") {
			bad("no link to %s", link)
		}
	}
	csp := p.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		bad("policy %q", csp)
	}
	if p.header.Get("Cache-Control") != "no-store" && p.status != http.StatusForbidden {
		bad("Cache-Control %q", p.header.Get("Cache-Control"))
	}
}

// inArticle says whether an element is of what somebody wrote for the knowledge
// base.
func inArticle(n *html.Node) bool {
	for up := n.Parent; up != nil; up = up.Parent {
		if hasClass(up, "article-body") {
			return true
		}
	}
	return false
}

func hasClass(n *html.Node, class string) bool {
	v, _ := attr(n, "class")
	return slices.Contains(strings.Fields(v), class)
}

// void are the elements without an end tag (HTML, section 13.1.2).
var void = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

// malformed returns what a browser would silently repair, each its own way: tags
// that do not match, an element where it may not be, text in the wrong place.
func malformed(raw []byte) []string {
	var wrong, open []string
	z := html.NewTokenizer(bytes.NewReader(raw))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); !errors.Is(err, io.EOF) {
				wrong = append(wrong, err.Error())
			}
			for _, tag := range open {
				wrong = append(wrong, "<"+tag+"> is not closed")
			}
			return wrong
		case html.StartTagToken:
			name, _ := z.TagName()
			tag := string(name)
			if slices.Contains(void, tag) {
				continue
			}
			if last := len(open) - 1; last >= 0 && open[last] == "p" && slices.Contains(closesParagraph, tag) {
				wrong = append(wrong, "<"+tag+"> inside <p>, which it ends")
			}
			if slices.Contains([]string{"a", "button", "label", "form"}, tag) && slices.Contains(open, tag) {
				wrong = append(wrong, "<"+tag+"> inside <"+tag+">")
			}
			open = append(open, tag)
		case html.EndTagToken:
			name, _ := z.TagName()
			tag := string(name)
			if len(open) == 0 || open[len(open)-1] != tag {
				wrong = append(wrong, fmt.Sprintf("</%s> where %q are open", tag, open))
				if i := slices.Index(open, tag); i >= 0 {
					open = open[:i]
				}
				continue
			}
			open = open[:len(open)-1]
		}
	}
}

// closesParagraph are the elements whose start ends an open paragraph.
var closesParagraph = []string{
	"address", "article", "aside", "blockquote", "details", "dialog", "div", "dl", "fieldset", "figure", "footer", "form",
	"h1", "h2", "h3", "h4", "header", "hr", "main", "menu", "nav", "ol", "p", "pre", "section", "table", "ul",
}

func TestMalformedPagesAreSeen(t *testing.T) {
	for page, want := range map[string]int{
		"<div><p>a</p><br><input></div>": 0,
		"<div><p>a</div>":                1,
		"<ul><li>a</ul>":                 1,
		"<p><div></div></p>":             1,
		"<a><a></a></a>":                 1,
		"<div>":                          1,
	} {
		if got := malformed([]byte(page)); len(got) != want {
			t.Errorf("%s: %q", page, got)
		}
	}
}
