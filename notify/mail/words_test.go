package mail

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"cecoia.example/tickets"
)

// hostile are words that somebody hopes will break a mail, or its reader.
var hostileWords = []string{
	`<script>alert(1)</script><img src=x onerror="alert(1)">`,
	`</blockquote></td></table><a href="https://evil.example" style="position:fixed">cliquez</a><!--`,
	`"><style>*{display:none}</style>{{.Portal}}<base href="//evil.example/">`,
	"x\r\nBcc: tous@creteil.example\r\nX-Evil: 1\r\n\r\n<html>corps</html>",
	"x\nSubject: autre\rReply-To: evil@evil.example\u2028Cc: evil@evil.example",
	".\r\n.\r\nMAIL FROM:<evil@evil.example>\r\nRCPT TO:<tous@creteil.example>\r\nDATA\r\n",
	"--=_cecoia-00000000-0000-0000-0000-000000000009--\r\nContent-Type: text/html\r\n\r\n",
	"nul\x00 cloche\x07 échappe\x1b[31m retour\x08 c1\u0085\u009b31m",
	"\u202egnp.exe\u202c \u2066isolé\u2069 \u202dgauche",
	"invalide \xff\xfe\xc3\x28 fin",
	"=?utf-8?q?=0D=0ABcc:_x@evil.example?= =41=42",
	strings.Repeat("long", 5000),
	strings.Repeat("é\n", 3000),
	strings.Repeat("\n", 3000) + "après",
	"\U0001F600 Ωمرحبا שלום " + strings.Repeat("e\u0301", 400),
}

// everywhere puts the words wherever somebody's words may stand.
func everywhere(n tickets.Notice, words string) tickets.Notice {
	n.Academy.Name = "Académie " + words
	n.Academy.Causes = []tickets.Choice{{Code: "panne", Name: tickets.Text{FR: words, EN: words}}}
	n.Case.Summary, n.Case.Description, n.Case.Solution = words, words, words
	n.Case.Place, n.Case.Phone, n.Case.Equipment = words, words, words
	n.Event.Text = words
	n.Recipient.GivenName, n.Recipient.FamilyName = words, words
	for who, p := range n.Case.People {
		p.GivenName, p.FamilyName = words, words
		n.Case.People[who] = p
	}
	if n.Event.Detail.Into != "" {
		n.Event.Detail.Into = words
	}
	n.Rule, n.Thread = words, words
	for i := range n.Earlier {
		e := &n.Earlier[i]
		e.Rule, e.Event.Text, e.Case = words, words, n.Case
	}
	if n.Data != nil {
		var g tickets.Guidance
		_ = json.Unmarshal(n.Data, &g)
		g.MessageID, g.References, g.Subject, g.Quoted = words, []string{words, "a@b.example"}, words, words
		n.Data, _ = json.Marshal(g)
	}
	return n
}

// all are the mails of every kind, in both languages, about private tickets and
// others.
func all() map[string]tickets.Notice {
	out := map[string]tickets.Notice{}
	for _, lang := range []tickets.Lang{tickets.French, tickets.English} {
		for _, from := range []func(tickets.Lang) map[string]tickets.Notice{letters, guidances} {
			for name, n := range from(lang) {
				out[name+"."+string(lang)] = n
			}
			for name, n := range from(lang) {
				out[name+"_private."+string(lang)] = private(n)
			}
		}
		out["link_code."+string(lang)] = linkCode(lang)
	}
	return out
}

// Whatever people write, wherever it stands: the mail has the fields and the
// elements that it has with harmless words, and no other.
func TestHostileWordsStayWords(t *testing.T) {
	for _, words := range hostileWords {
		for name, n := range all() {
			if strings.HasSuffix(name, ".en") {
				continue // the same templates
			}
			plain := parse(t, mustCompose(t, n))
			m := mustCompose(t, everywhere(n, words))
			p := parse(t, m)
			if subject, err := p.header.Subject(); err != nil || strings.ContainsAny(subject, "\r\n\x00") || len([]rune(subject)) > 250 {
				t.Errorf("%s with %.40q: subject %q, %v", name, words, subject, err)
			}
			if got, want := fieldNames(p), fieldNames(plain); !subset(got, want) {
				t.Errorf("%s with %.40q: fields %v, want %v", name, words, got, want)
			}
			allowed := elements(t, plain.html)
			for _, ofWords := range []string{"blockquote", "br", "bdi", "span", "p"} {
				allowed[ofWords] = len(p.html)
			}
			for element, n := range elements(t, p.html) {
				if n > allowed[element] {
					t.Errorf("%s with %.40q: %d times <%s>", name, words, n, element)
				}
			}
			for _, at := range links(t, p.html) {
				if !strings.HasPrefix(at, portal.Base+"/") {
					t.Errorf("%s with %.40q: it links to %q", name, words, at)
				}
			}
			for _, body := range []string{p.text, p.html} {
				if i := strings.IndexFunc(body, func(r rune) bool {
					return unicode.IsControl(r) && r != '\n' && r != '\t' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
				}); i >= 0 {
					t.Errorf("%s with %.40q: %q is left", name, words, body[i:i+4])
				}
			}
			wellFormed(t, name, m)
		}
	}
}

// wellFormed holds a message to RFC 5322 and 2045: 7-bit, lines of 998 at most
// ended by CRLF, no header field that is none.
func wellFormed(t *testing.T, name string, m mail) {
	t.Helper()
	body := false
	for line := range bytes.SplitSeq(bytes.TrimSuffix(m.data, []byte("\r\n")), []byte("\r\n")) {
		if bytes.ContainsAny(line, "\r\n\x00") || bytes.IndexFunc(line, func(r rune) bool { return r > '~' || r < ' ' && r != '\t' }) >= 0 {
			t.Errorf("%s: a line holds what none may: %q", name, line)
		}
		// One long word, an address say, nobody can break.
		if len(line) > 998 || len(line) > 78 && bytes.Count(bytes.TrimPrefix(line, []byte(" ")), []byte(" ")) > 1 {
			t.Errorf("%s: a line of %d: %.80q…", name, len(line), line)
		}
		body = body || len(line) == 0
		if !body && !field.Match(line) {
			t.Errorf("%s: a header line %q", name, line)
		}
	}
}

var field = regexp.MustCompile(`^([A-Za-z-]+: |[ \t]).*\S`)

func fieldNames(p parsed) map[string]bool {
	names := map[string]bool{}
	for f := p.header.Fields(); f.Next(); {
		names[f.Key()] = true
	}
	return names
}

func subset(part, whole map[string]bool) bool {
	for name := range part {
		if !whole[name] {
			return false
		}
	}
	return true
}

func walk(n *html.Node, visit func(*html.Node)) {
	visit(n)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, visit)
	}
}

// elements counts the elements of a page, and apart those that do something.
func elements(t *testing.T, source string) map[string]int {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	walk(doc, func(n *html.Node) {
		if n.Type == html.ElementNode || n.Type == html.CommentNode {
			found[n.Data]++
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" {
				found[n.Data+" with "+a.Key]++
			}
		}
	})
	return found
}

func links(t *testing.T, source string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	walk(doc, func(n *html.Node) {
		for _, a := range n.Attr {
			if a.Key == "href" {
				found = append(found, a.Val)
			}
		}
	})
	return found
}

// The words are there as written, not eaten.
func TestWordsAreQuotedAsWritten(t *testing.T) {
	n := notice(tickets.TemplateAsked, "fr", "<img src=x onerror=alert(1)>\r\n.\r\nMAIL FROM:<x@x.example>")
	p := parse(t, mustCompose(t, n))
	if !strings.Contains(p.text, "> <img src=x onerror=alert(1)>\n> .\n> MAIL FROM:<x@x.example>") {
		t.Errorf("not quoted as written:\n%s", p.text)
	}
	if !strings.Contains(p.html, "&lt;img src=x onerror=alert(1)&gt;<br>.<br>") {
		t.Errorf("not shown as written:\n%s", p.html)
	}
	g := guidance("fr", tickets.Guidance{MessageID: "a>\r\nBcc: x@x.example", References: []string{"ok@x.example", "é", "b c"}, Quoted: "x"})
	h := parse(t, mustCompose(t, g)).header
	if h.Has("Bcc") || h.Has("In-Reply-To") || h.Get("References") != "<ok@x.example>" {
		t.Errorf("forged ids passed: %q %q", h.Get("In-Reply-To"), h.Get("References"))
	}
}

// What comes first is what matters: the number, the one thing to do and its
// link; and where eyes end, not to answer, and why it came.
func TestTheFirstAndTheLastLines(t *testing.T) {
	for name, n := range all() {
		p := parse(t, mustCompose(t, n))
		head := strings.Split(p.text, "\n")[:5]
		if !strings.HasPrefix(name, "link_code") {
			if first, rest := head[0], strings.Join(head[1:], "\n"); !strings.Contains(rest, portal.Base) ||
				n.Case.ID != [16]byte{} && !strings.HasPrefix(first, "I261121_007 — ") {
				t.Errorf("%s begins with\n%s", name, strings.Join(head, "\n"))
			}
			if h1, a := strings.Index(p.html, "<h1"), strings.Index(p.html, "<a "); h1 < 0 || a < h1 || a > strings.Index(p.html, p.greeting()) {
				t.Errorf("%s: the HTML does not begin with the thing to do and its link", name)
			}
		}
		for _, body := range []string{p.text, p.html} {
			stop := strings.Index(body, "ne pas répondre à ce message")
			if p.greeting() == "Hello" {
				stop = strings.Index(body, "do not reply to this message: replies")
			}
			if stop < 0 || stop < strings.LastIndex(body, "\n> ") || stop < strings.LastIndex(body, "</blockquote>") || stop < strings.Index(body, p.greeting()) {
				t.Errorf("%s does not end with the request not to answer", name)
			}
			if !strings.Contains(body, "Pourquoi ce message") && !strings.Contains(body, "Why this message?") {
				t.Errorf("%s does not say why it came", name)
			}
			if strings.Contains(body, "⟦") || strings.Contains(body, "%!") {
				t.Errorf("%s lacks words:\n%s", name, body)
			}
		}
		for _, line := range strings.Split(p.text, "\n") {
			if strings.Contains(line, "http") && !strings.HasPrefix(line, "http") {
				t.Errorf("%s: a link does not stand on its own line: %q", name, line)
			}
		}
	}
}

func (p parsed) greeting() string {
	if p.header.Get("Content-Language") == "en" {
		return "Hello"
	}
	return "Bonjour"
}

// Of several things told in one mail the one to do leads; the others follow in
// their order, each with its time, and each names its rule.
func TestSeveralThingsInOneMail(t *testing.T) {
	n := together(tickets.French)
	p := parse(t, mustCompose(t, n))
	at := 0
	for _, want := range []string{
		"Demande de précisions", "/mise-a-jour", "De quelle salle s’agit-il ?", "Avant cela",
		"21/11/2026 à 10:30", "a pris en compte", "21/11/2026 à 10:31", "Il téléphonera avant.",
	} {
		i := strings.Index(p.text[at:], want)
		if i < 0 {
			t.Fatalf("%q does not follow in\n%s", want, p.text)
		}
		at += i
	}
	if got := p.header.Get("X-Cecoia-Rule"); got != "rule-of-taken, rule-of-informed, rule-of-asked" {
		t.Errorf("X-Cecoia-Rule %q", got)
	}
	n.Earlier[0].Template = "carrier_pigeon"
	if _, err := compose(n, portal, keyring(t)); err == nil {
		t.Error("a template that is none is told")
	}
}
