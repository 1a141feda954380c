package mail

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"cecoia.example/tickets"
)

// clean fails the test unless s is what a person's words may be.
func clean(t *testing.T, what, s string, newlines bool) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("%s is not UTF-8: %q", what, s)
	}
	for _, r := range s {
		if unicode.IsControl(r) && (!newlines || r != '\n' && r != '\t') {
			t.Fatalf("%s holds %U", what, r)
		}
	}
}

// FuzzParse: whatever the bytes, there is a message of clean, bounded texts.
func FuzzParse(f *testing.F) {
	f.Add([]byte(nested))
	f.Add([]byte(plainReply + "\nBonjour"))
	f.Add(towers(30))
	f.Add([]byte("From x\nContent-Type: multipart/mixed; boundary=\"b\n\n--b\r--b--\n--b\n\xff=\x00"))
	mails, err := filepath.Glob("testdata/replies/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range mails {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	b := defaultBounds
	b.Header, b.Parts = 8<<10, 50
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Parse(strings.NewReader(string(raw)), b, stopped)
		if err != nil {
			t.Fatal(err)
		}
		clean(t, "text", m.Text, true)
		clean(t, "subject", m.Subject, false)
		words := newWords(m.Text)
		clean(t, "words", words, true)
		if n := utf8.RuneCountInString(words); n > tickets.MaxText {
			t.Fatalf("%d characters", n)
		}
		size := 0
		if _, _, err := walk(strings.NewReader(string(raw)), b, stopped, func(p Part) error {
			clean(t, "file name", p.FileName, false)
			buf := make([]byte, 512)
			for {
				n, err := p.Body.Read(buf)
				size += n
				if err != nil {
					return nil
				}
				if size > 4*len(raw)+64 {
					t.Fatal("more comes out than went in")
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzHeader: addresses and identifiers taken from a header can be written into
// another one.
func FuzzHeader(f *testing.F) {
	for _, v := range []string{
		"Ada <ada@creteil.example>", "\"a\\\"b\" <x@y>, <z@w>", "groupe: a@b.example, c@d.example;", "<>", "(c (d) <a@b>) <e@f>", "=?utf-8?q?=C3=A9?= <a@b>", "=?x?b?!?= a@b",
		"<a@b> <c> no (x", "mx.creteil.example; dmarc=pass (x;y) header.from=\"a;b\"", "No (comment); x=\"y;z\"",
	} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		v = strings.NewReplacer("\r", "", "\n", "").Replace(v)
		var raw strings.Builder
		for _, name := range []string{"From", "Return-Path", "To", "References", "In-Reply-To", "Message-ID", "Subject", "Authentication-Results", "Auto-Submitted", "X-Auto-Response-Suppress"} {
			raw.WriteString(name + ": " + v + "\r\n")
		}
		m, err := Parse(strings.NewReader(raw.String()+"\r\n"), defaultBounds, stopped)
		if err != nil {
			t.Fatal(err)
		}
		path, _ := returnPath(m.Header)
		for _, a := range append([]string{m.Author, path}, m.Recipients...) {
			clean(t, "address", a, false)
			if a != "" && (strings.ContainsAny(a, " <>,;\"") || strings.Count(a, "@") != 1 || a != strings.ToLower(a)) {
				t.Fatalf("address %q", a)
			}
		}
		for _, id := range slices.Concat(m.References, m.InReplyTo, []string{m.ID}) {
			if strings.IndexFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) >= 0 || len(id) > 250 {
				t.Fatalf("identifier %q", id)
			}
		}
		e := Evidence{Message: m, Academy: testAcademy, Authentication: authenticate(m.Header, "mx.creteil.example", "creteil.example")}
		if d := classify(e); d.Row < 1 || d.Row > len(table) || d.Reason == "" || d != classify(e) {
			t.Fatalf("decision %+v", d)
		}
	})
}

// FuzzClassify: whatever a header says, one row decides, and guidance is owed
// only to one readable author who wrote to us, and of whom no field says that
// they are a machine.
func FuzzClassify(f *testing.F) {
	for _, h := range []string{
		"", "Return-Path: <>", "Return-Path: <MAILER-DAEMON>", "Auto-Submitted: no; x=y (z)", "Auto-Submitted: auto-replied",
		"X-Auto-Response-Suppress: OOF, DR", "Precedence: (x) list", "List-Id: <x>", "From: a@b.example, c@d.example",
		"Sender: owner-x@creteil.example", "To: no-reply+abc@creteil.example", "X-Cecoia-Loop: x", "X-POST-MessageClass: 9; autoresponder",
		"Authentication-Results: mx.creteil.example; dmarc=fail", "Content-Type: multipart/report; boundary=x\nResent-To: no-reply@creteil.example",
		"Delivered-To: Autoresponder\nFrom: =?utf-8?q?=C3=A9?= <x@creteil.example>", "From: \"a <b@c.example>\" <x@creteil.example>", "from : x\n folded",
	} {
		f.Add(h, true)
	}
	f.Fuzz(func(t *testing.T, header string, above bool) {
		raw := plainReply + header
		if above {
			raw = header + "\n" + plainReply
		}
		m, err := Parse(strings.NewReader(raw+"\n\nBonjour\n"), defaultBounds, stopped)
		if err != nil {
			t.Fatal(err)
		}
		e := Evidence{Message: m, Academy: testAcademy, Authentication: authenticate(m.Header, "mx.creteil.example", domainOf(m.Author))}
		got := classify(e)
		if got.Row < 1 || got.Row > len(table) || got.Reason == "" || got != classify(e) {
			t.Fatalf("%+v", got)
		}
		if got.Verdict != Answer {
			return
		}
		path, _ := returnPath(m.Header)
		switch {
		case m.Author == "", path != "" && !aligned(domainOf(path), domainOf(m.Author)), e.Authentication != Authenticated:
			t.Fatalf("answered to %q, returned to %q, %s", m.Author, path, e.Authentication)
		case m.Header.Has(tickets.LoopHeader), m.Header.Has("List-Id"), m.Header.Has("X-Autoreply"), ours(testAcademy, m.Author):
			t.Fatal("a machine is answered")
		case !slices.ContainsFunc(m.Recipients, func(to string) bool { return ours(testAcademy, to) }):
			t.Fatal("it was not written to us")
		}
	})
}

// FuzzEnvelope: what a client says in its session never becomes more than two
// header fields, and only our own addresses are taken.
func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{"ada@creteil.example", "", "no-reply+x@creteil.example", "\"a b\"@c.example", "a@b\r\nX: y", "<a@b>", "é@é.example", "bounce@CRETEIL.example"} {
		f.Add(s, s)
	}
	l := &Listener{doors: []*door{{academy: testAcademy}, {academy: testAcademy, bounces: true}}}
	f.Fuzz(func(t *testing.T, from, to string) {
		s := &smtpSession{Listener: l, from: plausible(from)}
		d := l.doorOf(plausible(to))
		if d == nil {
			return
		}
		s.to = []string{plausible(to)}
		if base, _ := splitToken(s.to[0]); base != testAcademy.NoReply && base != testAcademy.Bounce {
			t.Fatalf("%q is taken", to)
		}
		m, err := Parse(strings.NewReader(s.trace()+"\r\n"), defaultBounds, stopped)
		if err != nil || m.Header.Len() != 2 || len(m.Recipients) != 1 || m.Recipients[0] != s.to[0] {
			t.Fatalf("%q: %v, %q", s.trace(), err, m.Recipients)
		}
		if path, present := returnPath(m.Header); !present || path != s.from {
			t.Fatalf("from %q: %q, %v", from, path, present)
		}
	})
}

// FuzzNewWords: what a person wrote is never longer than what they sent, holds
// nothing that they did not, and is there whenever something was.
func FuzzNewWords(f *testing.F) {
	for _, s := range []string{
		"Bonjour\n\nLe 21/11/2026 à 10:12, X a écrit :\n> oui\n", "-- \nAda", "--\nx\n--\ny", "De : x\nEnvoyé : y\nObjet : z\n", "> tout\n> cité", "Envoyé de mon iPhone", "a\n\n\n\nb",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words := newWords(text)
		clean(t, "words", words, true)
		cleaned := strings.Trim(cleanText(text), "\n")
		if len(words) > len(cleaned)+len("…") {
			t.Fatalf("%q grows to %q", text, words)
		}
		if strings.HasSuffix(words, "…") {
			return // cut, perhaps
		}
		at := 0
		for line := range strings.SplitSeq(words, "\n") {
			i := strings.Index(cleaned[at:], line)
			if i < 0 {
				t.Fatalf("%q is not in %q", line, cleaned)
			}
			at += i + len(line)
		}
	})
}
