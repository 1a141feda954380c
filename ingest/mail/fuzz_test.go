package mail

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
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
		m, err := Parse(strings.NewReader(string(raw)), b, time.Now)
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
		if _, _, err := walk(strings.NewReader(string(raw)), b, time.Now, func(p Part) error {
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
		m, err := Parse(strings.NewReader(raw.String()+"\r\n"), defaultBounds, time.Now)
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
