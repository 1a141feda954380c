package web

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"

	"cecoia.example/tickets"
)

func TestMarkdownBecomesAPartOfAPage(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"headings begin at h2", "# Un\n\n## Deux\n\n# Trois", "<h2>Un</h2>\n<h3>Deux</h3>\n<h2>Trois</h2>\n"},
		{"and skip no level", "#### Un\n\n###### Deux\n\n## Trois", "<h2>Un</h2>\n<h3>Deux</h3>\n<h2>Trois</h2>\n"},
		{"nor go beyond h6", "# 1\n## 2\n### 3\n#### 4\n##### 5\n###### 6", "<h2>1</h2>\n<h3>2</h3>\n<h4>3</h4>\n<h5>4</h5>\n<h6>5</h6>\n<h6>6</h6>\n"},
		{"empty ones are left out", "#\n\nTexte", "<p>Texte</p>\n"},
		{"lists", "1. un\n2. deux\n   - trois", "<ol>\n<li>un</li>\n<li>deux\n<ul>\n<li>trois</li>\n</ul>\n</li>\n</ol>\n"},
		{"code", "`a<b`\n\n```sh\nrm -rf \"$x\" && <y>\n```", "<p><code>a&lt;b</code></p>\n<pre><code class=\"language-sh\">rm -rf &quot;$x&quot; &amp;&amp; &lt;y&gt;\n</code></pre>\n"},
		{"tables have scopes and a box with a name", "# Quotas\n\n| Qui | |\n|:--|--:|\n| Tous | 2 |", "<h2>Quotas</h2>\n<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"Quotas\">\n<table>\n<thead>\n<tr>\n<th scope=\"col\">Qui</th>\n<th scope=\"col\">–</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>Tous</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>\n</div>\n"},
		{"links", `[aide](https://aide.example/?a=1&b=2 "le guide")`, `<p><a href="https://aide.example/?a=1&amp;b=2" title="le guide" rel="nofollow noopener">aide</a></p>` + "\n"},
		{"bare addresses", "https://aide.example/x et <mailto:aide@creteil.example>", `<p><a href="https://aide.example/x" rel="nofollow noopener">https://aide.example/x</a> et <a href="mailto:aide@creteil.example" rel="nofollow noopener">mailto:aide@creteil.example</a></p>` + "\n"},
		{"images are their words", "![le schéma](https://ailleurs.example/x.png)", "<p>le schéma</p>\n"},
		{"HTML is words", "<b>gras</b>\n\n<div onclick=\"x\">\nbloc\n</div>", "<p>&lt;b&gt;gras&lt;/b&gt;</p>\n<p>&lt;div onclick=&quot;x&quot;&gt;\nbloc\n&lt;/div&gt;</p>\n"},
	} {
		got, err := markdown("Titre", c.in)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\ngot  %q\nwant %q", c.name, err, got, c.want)
		}
	}
}

// hostile is Markdown that tries to be more than words.
var hostile = []string{
	"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<!-- --><script>x</script>", "<![CDATA[<script>x</script>]]>", "<?php x ?>", "<!DOCTYPE x>",
	"a <script>alert(1)</script> b", "a <a href=\"javascript:alert(1)\">b</a>", "<iframe src=//x>", "<style>*{display:none}</style>", "<form action=/deconnexion method=post><button>x</button></form>",
	"[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\tscript:alert(1))", "[x](&#106;avascript:alert(1))", "[x](&#x6A;avascript&colon;alert(1))", "[x](javascript&#58;alert(1))",
	"[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](data:image/png;base64,xxxx)", "[x](vbscript:x)", "[x](file:///etc/passwd)", "[x](//ailleurs.example)", "[x](/deconnexion)", "[x](#content)", "[x](ftp://x.example/)",
	"[x](<javascript:alert(1)>)", "[x][r]\n\n[r]: javascript:alert(1)", "[x][r]\n\n[r]: <java&NewLine;script:alert(1)>", "[x](https://moi@ailleurs.example)", "[x](https:ailleurs.example)", "[x](\\javascript:alert(1))",
	"<javascript:alert(1)>", "<data:text/html,x>", "<x-evil:run>", "ftp://x.example",
	"![x](javascript:alert(1))", "![x\" onerror=\"alert(1)](https://x.example/y.png)", "[![x](javascript:a)](javascript:b)", "[a](https://x.example \"\\\" onmouseover=alert(1) x=\\\"\")",
	"# <script>x</script>\n\n| a |\n|--|\n| <b>b</b> |", "# \" onmouseover=\"alert(1)\n\n| a |\n|--|\n| b |", "```\" onload=\"x\n<script>x</script>\n```", "```x\" onclick=\"y\ncode\n```",
	"{{.}} {{template \"x\"}}", "\u202e<script>x</script>\u202c", "a\x00b<script\x00>", "&lt;script&gt;x&lt;/script&gt;", "caf\xe9 <script>",
	"<a\nhref='javascript:x'\n>y</a>", "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>", "[a]: https://x.example 'y\"><script>z</script>'\n\n[a]",
}

// What goldmark and tame let through is only ever these elements and attributes.
func TestHostileMarkdownStaysWords(t *testing.T) {
	allowed := map[string]string{
		"html": "", "head": "", "body": "", "p": "", "h2": "", "h3": "", "h4": "", "h5": "", "h6": "", "ul": "", "ol": "start", "li": "", "blockquote": "",
		"pre": "", "code": "class", "em": "", "strong": "", "del": "", "br": "", "hr": "", "table": "", "div": "class role tabindex aria-label", "thead": "", "tbody": "", "tr": "", "th": "scope", "td": "", "a": "href rel title",
	}
	for _, in := range append(hostile, strings.Join(hostile, "\n\n"), strings.Join(hostile, " ")) {
		out, err := markdown(`Un "titre" <b>`, in)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := html.Parse(strings.NewReader(string(out)))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			switch n.Type {
			case html.CommentNode, html.DoctypeNode:
				t.Errorf("%q makes %q", in, out)
			case html.ElementNode:
				attributes, ok := allowed[n.Data]
				if !ok {
					t.Errorf("%q makes <%s>: %q", in, n.Data, out)
				}
				for _, a := range n.Attr {
					if !strings.Contains(" "+attributes+" ", " "+a.Key+" ") {
						t.Errorf("%q makes %s=%q: %q", in, a.Key, a.Val, out)
					}
					safe := strings.HasPrefix(a.Val, "https://x.example") || strings.HasPrefix(a.Val, "http://") || strings.HasPrefix(a.Val, "mailto:")
					if a.Key == "href" && !safe {
						t.Errorf("%q leads to %q", in, a.Val)
					}
				}
			}
		}
	}
}

// processorTime is what this process has used: a busy machine takes longer.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// Markdown made to be slow is not, at the longest that an article may be.
func TestMarkdownIsBounded(t *testing.T) {
	for name, unit := range map[string]string{
		"quotations": ">", "lists": "- ", "brackets": "[", "images": "![", "links": "[a](", "stars": "*a ", "underscores": "_a__", "backticks": "`a``", "tags": "<a ", "comments": "<!--", "tables": "|", "tildes": "~~a",
		"indents": "\n    - ", "rows": "a|b\n-|-\n", "entities": "&#1;", "addresses": "https://a.example/ ", "parentheses": "(", "references": "[a]: b\n", "quotation in list": "> - ",
	} {
		source := strings.Repeat(unit, tickets.MaxArticle/len(unit))
		begun := processorTime(t)
		if _, err := markdown("Titre", source); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := processorTime(t) - begun; took > 10*time.Second {
			t.Errorf("%s: %s", name, took)
		} else if testing.Verbose() {
			t.Logf("%s: %s", name, took)
		}
	}
}
