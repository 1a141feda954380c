package mail

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlToText reduces HTML to the text a person reads: paragraphs and breaks as
// lines, quotes behind "> ", items behind "- ", the address of a link when its
// words do not say it. Markup, however broken, never fails.
func htmlToText(s string) string {
	w := htmlWriter{}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return strings.TrimSpace(blankRuns.ReplaceAllString(w.out.String()+w.line.String(), "\n\n"))
		case html.TextToken:
			w.text(html.UnescapeString(string(z.Raw())))
		case html.StartTagToken, html.SelfClosingTagToken:
			name, attributes := z.TagName()
			href := ""
			for attributes {
				var k, v []byte
				k, v, attributes = z.TagAttr()
				if string(k) == "href" {
					href = string(v)
				}
			}
			w.open(atom.Lookup(name), href, kind == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := z.TagName()
			w.close(atom.Lookup(name))
		}
	}
}

// blankRuns are empty lines, quoted or not, too many in a row.
var blankRuns = regexp.MustCompile(`\n(?:(?:> ?)*\n){2,}`)

type htmlWriter struct {
	out    strings.Builder
	line   strings.Builder
	hidden int    // depth of elements whose text nobody reads
	pre    int    // depth of elements that keep white space
	quote  int    // depth of blockquotes
	space  bool   // white space is owed before the next word
	href   string // of the link being read
	anchor strings.Builder
}

func isHidden(a atom.Atom) bool {
	switch a {
	case atom.Style, atom.Script, atom.Title:
		return true
	}
	return false
}

func isBlock(a atom.Atom) bool {
	switch a {
	case atom.P, atom.Div, atom.Table, atom.Tr, atom.Ul, atom.Ol, atom.Li, atom.Dl, atom.Dt, atom.Dd,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre, atom.Hr,
		atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address, atom.Center, atom.Form, atom.Body:
		return true
	}
	return false
}

// isSpaced says whether an empty line sets the element apart.
func isSpaced(a atom.Atom) bool {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre:
		return true
	}
	return false
}

// maxQuote bounds the depth of quotes shown, and so the length of prefixes.
const maxQuote = 10

func (w *htmlWriter) prefix() string { return strings.Repeat("> ", min(w.quote, maxQuote)) }

// endLine ends the current line if anything is on it.
func (w *htmlWriter) endLine() {
	if w.line.Len() > 0 {
		w.breakLine()
	}
	w.space = false
}

func (w *htmlWriter) breakLine() {
	line := w.line.String()
	if isBlank(line) { // a no-break space keeps a paragraph from collapsing
		line = ""
	}
	w.out.WriteString(strings.TrimRight(w.prefix()+line, " "))
	w.out.WriteByte('\n')
	w.line.Reset()
	w.space = false
}

func (w *htmlWriter) open(a atom.Atom, href string, empty bool) {
	switch {
	case isHidden(a):
		if !empty {
			w.hidden++
		}
		return
	case w.hidden > 0:
		return
	case a == atom.Br:
		w.breakLine()
		return
	case a == atom.Td || a == atom.Th:
		w.space = true
	case a == atom.A:
		w.href = href
		w.anchor.Reset()
	}
	if !isBlock(a) {
		return
	}
	w.endLine()
	switch a {
	case atom.Blockquote:
		w.quote++
	case atom.Pre:
		w.pre++
	case atom.Li:
		w.line.WriteString("- ")
	}
}

func (w *htmlWriter) close(a atom.Atom) {
	switch {
	case isHidden(a):
		w.hidden = max(w.hidden-1, 0)
		return
	case w.hidden > 0:
		return
	case a == atom.A:
		if strings.HasPrefix(w.href, "http") && len(w.href) < 2000 && w.anchor.Len() > 0 &&
			!strings.Contains(w.href, strings.TrimSpace(w.anchor.String())) {
			w.text(" <" + w.href + ">")
		}
		w.href = ""
		return
	}
	if !isBlock(a) {
		return
	}
	w.endLine()
	switch a {
	case atom.Blockquote:
		w.quote = max(w.quote-1, 0)
	case atom.Pre:
		w.pre = max(w.pre-1, 0)
	}
	if isSpaced(a) {
		w.breakLine()
	}
}

func (w *htmlWriter) text(s string) {
	if w.hidden > 0 {
		return
	}
	if w.href != "" {
		w.anchor.WriteString(s)
	}
	if w.pre > 0 {
		lines := strings.Split(cleanText(s), "\n")
		for _, l := range lines[:len(lines)-1] {
			w.line.WriteString(l)
			w.breakLine()
		}
		w.line.WriteString(lines[len(lines)-1])
		return
	}
	for i, word := range strings.FieldsFunc(cleanText(s), isHTMLSpace) {
		if (i > 0 || w.space || isHTMLSpace(rune(s[0]))) && w.line.Len() > 0 && !strings.HasSuffix(w.line.String(), " ") {
			w.line.WriteByte(' ')
		}
		w.space = false
		w.line.WriteString(word)
	}
	if s != "" && isHTMLSpace(rune(s[len(s)-1])) {
		w.space = true
	}
}

// isHTMLSpace is white space that HTML collapses; a no-break space is none.
func isHTMLSpace(r rune) bool {
	return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f'
}
