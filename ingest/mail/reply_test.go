package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"cecoia.example/tickets"
)

// The corpus: replies as mailers write them, and beside each what is new in it.
func TestNewWordsOfRealShapes(t *testing.T) {
	mails, err := filepath.Glob("testdata/replies/*.eml")
	if err != nil || len(mails) < 15 {
		t.Fatalf("%d mails, error %v", len(mails), err)
	}
	for _, path := range mails {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".eml"), func(t *testing.T) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			want, err := os.ReadFile(strings.TrimSuffix(path, ".eml") + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			m, err := Parse(f, defaultBounds, stopped)
			if err != nil {
				t.Fatal(err)
			}
			if m.Author != "ada.exemple@creteil.example" || m.Subject != "Re: [I261121_007] Demande de précisions" || len(m.Notes) > 0 {
				t.Errorf("author %q, subject %q, notes %q", m.Author, m.Subject, m.Notes)
			}
			if got := newWords(m.Text); got != strings.TrimSpace(string(want)) {
				t.Errorf("new words:\n%s\n\nwant:\n%s\n\nof:\n%s", got, want, m.Text)
			}
		})
	}
}

// What mailers add to the author's words goes, and nothing of theirs with it.
func TestWhatMailersAddIsLeftOut(t *testing.T) {
	for text, want := range map[string]string{
		"Salle 204.\n\nAssistance <no-reply@creteil.example> a écrit :\n\n> Quelle salle ?": "Salle 204.",
		"Salle 204.\n\nAlix a écrit :\n\n> Quelle salle ?":                                  "Salle 204.\n\nAlix a écrit :",
		"ada@creteil.example a écrit :\nla salle 204.":                                      "ada@creteil.example a écrit :\nla salle 204.",
		"Salle 204.\n\nEnvoyé à partir de Courrier pour Windows":                            "Salle 204.",
		"Salle 204.\n\nEnvoyé à partir de Outlook pour Android<https://aka.ms/x>":           "Salle 204.",
		"Room 204.\n\nSent from Mail for Windows":                                           "Room 204.",
		"Salle 204.\n\nTélécharger BlueMail pour Android":                                   "Salle 204.",
		"Envoyé à partir de la salle 204.":                                                  "Envoyé à partir de la salle 204.",
	} {
		if got := newWords(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNewWordsAreBounded(t *testing.T) {
	words := newWords(strings.Repeat("é", 3*tickets.MaxText))
	if n := utf8.RuneCountInString(words); n != tickets.MaxText || !strings.HasSuffix(words, "é…") {
		t.Errorf("%d characters, ending %q", n, words[len(words)-6:])
	}
	short := strings.Repeat("é", tickets.MaxText)
	if newWords(short) != short {
		t.Error("a text that fits was cut")
	}
}

func TestHTMLToText(t *testing.T) {
	for _, c := range []struct{ html, want string }{
		{"", ""},
		{"Bonjour <b>à</b>  tous", "Bonjour à tous"},
		{"<p>Un</p><p>Deux</p>", "Un\n\nDeux"},
		{"<div>Un</div><div><br></div><div>Deux</div>", "Un\n\nDeux"},
		{"<div>Un<div>Deux</div></div>", "Un\nDeux"},
		{"Un<br>Deux<br/>Trois", "Un\nDeux\nTrois"},
		{"<ul><li>Un<li>Deux</ul>", "- Un\n- Deux"},
		{"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		{"<pre>a  b\n c</pre>", "a  b\n c"},
		{"Oui<blockquote>Quoi ?<blockquote>Avant</blockquote></blockquote>Fin", "Oui\n> Quoi ?\n> > Avant\nFin"},
		{"<style>p{}</style><script>x()</script><title>t</title>Bonjour", "Bonjour"},
		{`<a href="https://portail.example/x">ici</a>, <a href="https://portail.example/">portail.example</a>, <a href="javascript:x">là</a>`, "ici <https://portail.example/x>, portail.example, là"},
		{"a &lt; b &amp;&nbsp;c", "a < b &\u00a0c"},
		{"<p>jamais <b>fermé", "jamais fermé"},
		{"<<>>&#0;&bogus;", "<<>>\uFFFD&bogus;"},
	} {
		if got := htmlToText(c.html); got != c.want {
			t.Errorf("%s:\n%q\nwant\n%q", c.html, got, c.want)
		}
	}
}
